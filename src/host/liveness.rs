//! Whether an idle connection is still good, in one system call.

use std::net::TcpStream;

/// Whether nothing has happened on `stream` since it went idle: the peer has neither closed it nor sent anything. What
/// comes unasked on an idle connection (a 408, say) would be taken for the next answer.
#[cfg(unix)]
pub fn is_quiet(stream: &TcpStream) -> bool {
    use std::os::fd::AsRawFd;

    let mut byte = 0u8;
    // SAFETY: the buffer is one byte long, as said, and lives through the call; the descriptor is open, for `stream` is.
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

/// Whether nothing has happened on `stream` since it went idle. Here it takes three calls.
#[cfg(not(unix))]
pub fn is_quiet(stream: &TcpStream) -> bool {
    let quiet = stream.set_nonblocking(true).is_ok()
        && stream
            .peek(&mut [0])
            .is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
    stream.set_nonblocking(false).is_ok() && quiet
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;

    use super::*;

    fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (near, listener.accept().unwrap().0)
    }

    /// Waits until something can be read: a byte, or the end.
    fn settle(stream: &TcpStream) {
        stream.peek(&mut [0]).unwrap();
    }

    #[test]
    fn an_untouched_connection_is_quiet() {
        let (near, _far) = pair();
        assert!(is_quiet(&near));
    }

    #[test]
    fn a_closed_connection_is_not() {
        let (near, far) = pair();
        drop(far);
        settle(&near);
        assert!(!is_quiet(&near));
    }

    #[test]
    fn unasked_bytes_are_noticed_and_left_in_place() {
        let (near, mut far) = pair();
        far.write_all(b"x").unwrap();
        settle(&near);
        assert!(!is_quiet(&near));
        assert_eq!(near.peek(&mut [0]).unwrap(), 1);
    }
}
