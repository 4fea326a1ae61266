//! Whether the peer's kernel has refused what was written last: then no program there has read a byte of it.
//!
//! A server that closes an idle connection just as a request is written to it is the usual case. Its kernel answers what
//! arrives for a closed socket with a reset. The order of things on this side proves it:
//!
//! 1. the peer has acknowledged what was written before, and no byte of what was written last;
//! 2. the peer's end of the connection (FIN) has come;
//! 3. after that, and within about a round trip, comes a reset without ACK. By RFC 9293 (3.10.7.1) that is the answer to bytes
//!    for a connection that nobody has any more.
//!
//! A reset alone proves nothing, and neither does one after the end: a program may end its own direction, read a request that
//! the kernel has not acknowledged yet, and then reset the connection. But such a reset carries an ACK. A filter on the socket
//! drops it, and the kernel counts what filters drop: so it is known, also where a reset without ACK follows because our
//! acknowledgement of the end has found nobody. See docs/src/decisions/0031.

use std::net::TcpStream;

/// Whether the peer, whose end has been read from `stream`, has refused all that was written after the first `before` bytes.
/// Waits for its reset: for one round trip or two and 5 ms, and for no more than 100 ms. `false` where that is not proved.
#[cfg(target_os = "linux")]
pub fn is_proved(stream: &TcpStream, before: u64) -> bool {
    linux::is_proved(stream, before)
}

/// Other systems do not tell what was acknowledged.
#[cfg(not(target_os = "linux"))]
pub fn is_proved(_: &TcpStream, _: u64) -> bool {
    false
}

#[cfg(target_os = "linux")]
mod linux {
    use std::net::TcpStream;
    use std::os::fd::AsRawFd;
    use std::time::{Duration, Instant};

    const LEAST_WAIT: Duration = Duration::from_millis(5);
    const LONGEST_WAIT: Duration = Duration::from_millis(100);

    /// What `struct tcp_info` of linux/tcp.h begins with, up to `tcpi_segs_in`. The C library's has fewer fields.
    #[repr(C)]
    #[derive(Default)]
    struct TcpInfo {
        state: u8,
        flags: [u8; 7],
        before_rtt: [u32; 15],
        rtt_microseconds: u32,
        after_rtt: [u32; 8],
        pacing_rates: [u64; 2],
        bytes_acked: u64,
        bytes_received: u64,
        segments_out: u32,
        segments_in: u32,
    }

    // Of include/net/tcp_states.h.
    const ESTABLISHED: u8 = 1;
    const CLOSE: u8 = 7;
    const CLOSE_WAIT: u8 = 8;

    pub fn is_proved(stream: &TcpStream, before: u64) -> bool {
        // Counted before the filter is there: what it drops from its first moment on shows.
        let (Some(dropped), Some(at_first)) = (dropped(stream), info(stream)) else {
            return false;
        };
        if !drop_resets_with_ack(stream) {
            return false;
        }
        let begun = Instant::now();
        // A reset that came before the filter may have been any.
        let Some(first) = open(stream, before) else {
            return false;
        };
        let rtt = Duration::from_micros(first.rtt_microseconds.into());
        let wait = (LEAST_WAIT + 2 * rtt).min(LONGEST_WAIT);
        while let Some(left) = wait.checked_sub(begun.elapsed()) {
            wait_for_reset(stream, left);
            match info(stream) {
                Some(info) if is_unacknowledged(&info, before) => match info.state {
                    // The error is another one where the reset came before the peer's end, or after we had closed ourselves.
                    CLOSE => {
                        let error = stream.take_error().ok().flatten();
                        let is_after_the_end =
                            error.is_some_and(|error| error.raw_os_error() == Some(libc::EPIPE));
                        return is_after_the_end
                            && self::dropped(stream).is_some_and(|now| {
                                all_went_past_the_filter(
                                    &at_first,
                                    &info,
                                    now.wrapping_sub(dropped),
                                )
                            });
                    }
                    ESTABLISHED | CLOSE_WAIT => {}
                    _ => return false,
                },
                _ => return false,
            }
        }
        false
    }

    /// The connection's state, where it is no reset yet and nothing was acknowledged.
    fn open(stream: &TcpStream, before: u64) -> Option<TcpInfo> {
        // TLS has an end of its own, which may be read before that of TCP.
        info(stream).filter(|info| {
            is_unacknowledged(info, before) && matches!(info.state, CLOSE_WAIT | ESTABLISHED)
        })
    }

    /// Whether what was written first is acknowledged, and nothing else. The SYN counts as a byte.
    ///
    /// Less is acknowledged where a kernel does not count, or where what was written before has not arrived.
    fn is_unacknowledged(info: &TcpInfo, before: u64) -> bool {
        info.bytes_acked == before + 1
    }

    /// Has the kernel drop segments for this socket that have both RST and ACK. False where it does not let us.
    fn drop_resets_with_ack(stream: &TcpStream) -> bool {
        const FLAGS: u32 = 13;
        const RST_AND_ACK: u32 = 0x14;
        const WHOLE: u32 = u32::MAX;
        let instruction = |code: u32, if_true: u8, k: u32| libc::sock_filter {
            // The codes have 16 bits.
            code: code as u16,
            jt: if_true,
            jf: 0,
            k,
        };
        // The socket's filter sees a segment from its TCP header on.
        let mut program = [
            instruction(libc::BPF_LD | libc::BPF_B | libc::BPF_ABS, 0, FLAGS),
            instruction(libc::BPF_ALU | libc::BPF_AND | libc::BPF_K, 0, RST_AND_ACK),
            instruction(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 1, RST_AND_ACK),
            instruction(libc::BPF_RET | libc::BPF_K, 0, WHOLE),
            instruction(libc::BPF_RET | libc::BPF_K, 0, 0),
        ];
        let filter = libc::sock_fprog {
            len: program.len() as u16,
            filter: program.as_mut_ptr(),
        };
        // SAFETY: the value is a `sock_fprog` of the length that is said, which points to as many instructions as it says; all
        // live through the call, which copies them. The descriptor is open, for `stream` is.
        let status = unsafe {
            libc::setsockopt(
                stream.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_ATTACH_FILTER,
                (&raw const filter).cast(),
                std::mem::size_of::<libc::sock_fprog>() as libc::socklen_t,
            )
        };
        status == 0
    }

    fn info(stream: &TcpStream) -> Option<TcpInfo> {
        let mut info = TcpInfo::default();
        let whole = std::mem::size_of::<TcpInfo>() as libc::socklen_t;
        let mut length = whole;
        // SAFETY: the value is a structure of integers of the length that is said; both live through the call, and the
        // descriptor is open, for `stream` is.
        let status = unsafe {
            libc::getsockopt(
                stream.as_raw_fd(),
                libc::IPPROTO_TCP,
                libc::TCP_INFO,
                (&raw mut info).cast(),
                &raw mut length,
            )
        };
        // An old kernel has fewer fields.
        (status == 0 && length == whole).then_some(info)
    }

    /// Whether none of the segments that were dropped was dropped by the filter.
    ///
    /// A reset that answers what was written before the last bytes of the peer had come is dropped too, and asked for again
    /// (RFC 5961). But it was counted as received, which what the filter drops is not. After the peer's end there comes nothing
    /// but resets, and the last of them is the one that was not dropped.
    fn all_went_past_the_filter(first: &TcpInfo, last: &TcpInfo, dropped: u32) -> bool {
        let received = last.segments_in.wrapping_sub(first.segments_in);
        dropped == 0 || first.state == CLOSE_WAIT && received == dropped + 1
    }

    /// How many segments for this socket the kernel has dropped.
    fn dropped(stream: &TcpStream) -> Option<u32> {
        // Of linux/sock_diag.h.
        const DROPS: usize = 8;
        let mut values = [0u32; DROPS + 1];
        let whole = std::mem::size_of_val(&values) as libc::socklen_t;
        let mut length = whole;
        // SAFETY: the value is an array of integers of the length that is said; both live through the call, and the descriptor
        // is open, for `stream` is.
        let status = unsafe {
            libc::getsockopt(
                stream.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_MEMINFO,
                values.as_mut_ptr().cast(),
                &raw mut length,
            )
        };
        (status == 0 && length == whole).then_some(values[DROPS])
    }

    /// Returns when the connection is reset, or after `patience`, rounded up to milliseconds; or before, by a signal.
    fn wait_for_reset(stream: &TcpStream, patience: Duration) {
        let mut watched = libc::pollfd {
            fd: stream.as_raw_fd(),
            // A reset is reported whether it is asked for or not, and the peer's end only where it is.
            events: 0,
            revents: 0,
        };
        let milliseconds = i32::try_from(patience.as_millis()).unwrap_or(i32::MAX) + 1;
        // SAFETY: one `pollfd`, as said, which lives through the call; its descriptor is open, for `stream` is.
        unsafe { libc::poll(&raw mut watched, 1, milliseconds) };
    }
}
