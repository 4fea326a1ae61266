//! Checks in one system call whether an idle connection is still usable.

use std::net::TcpStream;

/// Returns whether the peer has neither closed an idle connection nor sent anything. Unexpected bytes, for example a 408, would
/// be parsed as the next response.
#[cfg(unix)]
pub fn is_idle(stream: &TcpStream) -> bool {
    use std::os::fd::AsRawFd;

    let mut byte = 0u8;
    // SAFETY: the buffer has the given size and outlives the call; `stream` keeps the descriptor open.
    let received = unsafe {
        libc::recv(
            stream.as_raw_fd(),
            (&raw mut byte).cast(),
            1,
            libc::MSG_PEEK | libc::MSG_DONTWAIT,
        )
    };
    received == -1 && std::io::Error::last_os_error().kind() == std::io::ErrorKind::WouldBlock
}

/// Returns whether the peer has neither closed an idle connection nor sent anything. The socket must not block.
#[cfg(windows)]
pub fn is_idle(stream: &TcpStream) -> bool {
    stream
        .peek(&mut [0])
        .is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;

    use super::*;
    use crate::host::sockets::AbortableStream;

    fn pair() -> (AbortableStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let far = listener.accept().unwrap().0;
        (AbortableStream::new(near).unwrap(), far)
    }

    /// Waits until a byte or the end is readable.
    fn wait_readable(stream: &AbortableStream) {
        while is_idle(stream.tcp()) {
            std::thread::yield_now();
        }
    }

    #[test]
    fn an_untouched_connection_is_idle() {
        let (near, _far) = pair();
        assert!(is_idle(near.tcp()));
    }

    #[test]
    fn a_closed_connection_is_not_idle() {
        let (near, far) = pair();
        drop(far);
        wait_readable(&near);
        assert!(!is_idle(near.tcp()));
    }

    #[test]
    fn unexpected_bytes_are_detected_and_not_consumed() {
        let (near, mut far) = pair();
        far.write_all(b"x").unwrap();
        wait_readable(&near);
        assert!(!is_idle(near.tcp()));
        assert_eq!(near.tcp().peek(&mut [0]).unwrap(), 1);
    }
}
