//! What the network does to one request.

use std::time::Duration;

use super::random::Random;

/// One request's fate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It goes through, and its answer comes back.
    None,
    /// The connection is closed before anything is read from it.
    CloseAtOnce,
    /// The connection is reset when this many bytes of the request were read.
    ResetRequest(usize),
    /// The request goes through late, but in time.
    Delay(Duration),
    /// The request is read, and the connection is closed.
    HalfClose,
    /// Something that is no HTTP comes back; the service has the request where it says so.
    Garbage { forwarded: bool },
    /// The proxy itself answers, with this HTTP status and this Retry-After; the service has nothing.
    Refuse(u16, Option<u32>),
    /// The service has the request, and its answer comes a byte at a time, with this pause between two.
    Drip(Duration),
    /// The service has the request, and its answer never comes back, while the connection stays open.
    Swallow,
    /// The service has the request, and the connection is reset when this many bytes of the answer were written.
    ResetAnswer(usize),
    /// The service has the request, and its answer comes twice in one packet.
    TwoAnswers,
}

impl Fault {
    /// Most requests have none.
    pub fn choose(random: &mut Random) -> Fault {
        let milliseconds = |number: usize| Duration::from_millis(number as u64);
        match random.below(250) {
            0..2 => Fault::CloseAtOnce,
            2..4 => Fault::ResetRequest(random.below(400)),
            4..8 => Fault::Delay(milliseconds(random.below(200))),
            8..10 => Fault::HalfClose,
            10..12 => Fault::Garbage {
                forwarded: random.below(2) == 0,
            },
            12..14 => Fault::Refuse(429, None),
            14..16 => Fault::Refuse(500, None),
            16..18 => Fault::Refuse(503, None),
            18..20 => Fault::Refuse(503, Some(random.below(2) as u32)),
            20..22 => Fault::Drip(milliseconds(1 + random.below(10))),
            22 => Fault::Swallow,
            23..26 => Fault::ResetAnswer(random.below(150)),
            26..29 => Fault::TwoAnswers,
            _ => Fault::None,
        }
    }
}
