//! The faults of the network for one request.

use std::time::Duration;

use super::random::Random;

/// The fault that one request gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// None: the request and its response pass.
    None,
    /// The proxy closes the connection before it reads anything.
    CloseAtOnce,
    /// The proxy resets the connection after it read this many bytes of the request.
    ResetRequest(usize),
    /// The request passes late, but in time.
    Delay(Duration),
    /// The proxy reads the request, and closes the connection.
    HalfClose,
    /// The proxy responds with bytes that are not HTTP. `forwarded`: the service received the request.
    Garbage { forwarded: bool },
    /// The proxy itself responds with this HTTP status and this Retry-After. The service received nothing.
    Reject(u16, Option<u32>),
    /// The service received the request. The response comes byte by byte, with this pause between two bytes.
    SlowResponse(Duration),
    /// The service received the request. The response never comes, and the connection stays open.
    NoResponse,
    /// The service received the request. The proxy resets the connection after it wrote this many bytes of the
    /// response.
    ResetResponse(usize),
    /// The service received the request. The response comes twice in one packet.
    TwoResponses,
}

impl Fault {
    /// Chooses a fault. Most requests get none.
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
            12..14 => Fault::Reject(429, None),
            14..16 => Fault::Reject(500, None),
            16..18 => Fault::Reject(503, None),
            18..20 => Fault::Reject(503, Some(random.below(2) as u32)),
            20..22 => Fault::SlowResponse(milliseconds(1 + random.below(10))),
            22 => Fault::NoResponse,
            23..26 => Fault::ResetResponse(random.below(150)),
            26..29 => Fault::TwoResponses,
            _ => Fault::None,
        }
    }
}
