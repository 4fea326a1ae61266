//! Detects that the peer's kernel refused the last written bytes, so that no program of the peer has read them.
//!
//! The usual case: a server closes an idle connection while a request is written to it. Its kernel responds with a reset to
//! bytes for a closed socket. This sequence proves a refusal:
//!
//! 1. The peer has acknowledged all earlier bytes, and none of the last ones.
//! 2. The peer has ended its direction of the connection (FIN).
//! 3. Then, within about a round trip, a reset without ACK arrives. By RFC 9293 (3.10.7.1), it is the response to bytes for a
//!    connection that does not exist.
//!
//! A reset with ACK proves nothing: a program may end its direction, read a request that is not acknowledged yet, and then
//! reset the connection. A filter on the socket drops such resets, and the kernel counts dropped segments. So a dropped reset is
//! known even if a reset without ACK follows. See docs/src/decisions/0031.

use std::net::TcpStream;

/// Returns whether the peer certainly refused all bytes after the first `before` bytes. The peer's end must have been read.
///
/// Blocks until the reset arrives, for at most two round trips and 5 ms, and never more than 100 ms.
#[cfg(target_os = "linux")]
pub fn is_proven(stream: &TcpStream, before: u64) -> bool {
    linux::is_proven(stream, before)
}

/// Returns `false`. Other systems do not report the number of acknowledged bytes.
#[cfg(not(target_os = "linux"))]
pub fn is_proven(_: &TcpStream, _: u64) -> bool {
    false
}

#[cfg(target_os = "linux")]
mod linux {
    use std::net::TcpStream;
    use std::os::fd::AsRawFd;
    use std::time::{Duration, Instant};

    const MIN_WAIT: Duration = Duration::from_millis(5);
    const MAX_WAIT: Duration = Duration::from_millis(100);

    /// The start of `struct tcp_info` of linux/tcp.h, up to `tcpi_segs_in`. The C library's struct has fewer fields.
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

    pub fn is_proven(stream: &TcpStream, before: u64) -> bool {
        // Counted before the filter is attached, so that all segments that it drops are counted.
        let (Some(dropped), Some(at_start)) = (dropped(stream), info(stream)) else {
            return false;
        };
        if !drop_resets_with_ack(stream) {
            return false;
        }
        let begun = Instant::now();
        // A reset before the filter may have had an ACK.
        let Some(first) = open_info(stream, before) else {
            return false;
        };
        let rtt = Duration::from_micros(first.rtt_microseconds.into());
        let wait = (MIN_WAIT + 2 * rtt).min(MAX_WAIT);
        while let Some(remaining) = wait.checked_sub(begun.elapsed()) {
            wait_for_reset(stream, remaining);
            match info(stream) {
                Some(info) if is_unacknowledged(&info, before) => match info.state {
                    // The error differs if the reset arrived before the peer's end, or after this side closed.
                    CLOSE => {
                        let error = stream.take_error().ok().flatten();
                        let is_after_the_end =
                            error.is_some_and(|error| error.raw_os_error() == Some(libc::EPIPE));
                        return is_after_the_end
                            && self::dropped(stream).is_some_and(|now| {
                                is_nothing_filtered(&at_start, &info, now.wrapping_sub(dropped))
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

    /// Returns the connection's state, if there was no reset and none of the last bytes is acknowledged.
    fn open_info(stream: &TcpStream, before: u64) -> Option<TcpInfo> {
        // The end of TLS may be read before that of TCP.
        info(stream).filter(|info| {
            is_unacknowledged(info, before) && matches!(info.state, CLOSE_WAIT | ESTABLISHED)
        })
    }

    /// Returns whether exactly the first `before` bytes are acknowledged. The SYN counts as a byte.
    fn is_unacknowledged(info: &TcpInfo, before: u64) -> bool {
        info.bytes_acked == before + 1
    }

    /// Attaches a filter that drops segments with both RST and ACK. Returns whether the kernel allowed it.
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
        // SAFETY: the value is a `sock_fprog` with its length, and points to as many instructions as it says. All outlive the
        // call, which copies them. `stream` keeps the descriptor open.
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
        // SAFETY: the value is a structure of integers with its length. Both outlive the call, and `stream` keeps the descriptor
        // open.
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

    /// Returns whether the filter dropped no segment.
    ///
    /// The kernel also drops a reset with an old sequence number, and requests another one (RFC 5961). It counts such a reset as
    /// received, unlike a filtered one. After the peer's end only resets arrive, and the last one is not dropped.
    fn is_nothing_filtered(first: &TcpInfo, last: &TcpInfo, dropped: u32) -> bool {
        let received = last.segments_in.wrapping_sub(first.segments_in);
        dropped == 0 || first.state == CLOSE_WAIT && received == dropped + 1
    }

    /// Returns the number of segments for this socket that the kernel dropped.
    fn dropped(stream: &TcpStream) -> Option<u32> {
        // Of linux/sock_diag.h.
        const DROPS: usize = 8;
        let mut values = [0u32; DROPS + 1];
        let whole = std::mem::size_of_val(&values) as libc::socklen_t;
        let mut length = whole;
        // SAFETY: the value is an array of integers with its length. Both outlive the call, and `stream` keeps the descriptor
        // open.
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

    /// Waits for a reset, for at most `timeout` rounded up to milliseconds. A signal ends the wait early.
    fn wait_for_reset(stream: &TcpStream, timeout: Duration) {
        let mut watched = libc::pollfd {
            fd: stream.as_raw_fd(),
            // A reset is always reported, the peer's end only if requested.
            events: 0,
            revents: 0,
        };
        let milliseconds = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX) + 1;
        // SAFETY: one `pollfd`, which outlives the call; `stream` keeps its descriptor open.
        unsafe { libc::poll(&raw mut watched, 1, milliseconds) };
    }
}
