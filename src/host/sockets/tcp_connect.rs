//! Connects with a timeout, in two steps. Between them, the caller can register the socket for an abort.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use crate::interrupt;

/// Starts to connect. A shutdown of the socket aborts that.
#[cfg(unix)]
pub fn begin(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    match socket.connect(&address.into()) {
        // After a signal, connecting continues.
        Err(error)
            if error.raw_os_error() != Some(libc::EINPROGRESS)
                && error.kind() != io::ErrorKind::Interrupted =>
        {
            Err(error)
        }
        _ => Ok(socket.into()),
    }
}

/// Waits for the connection, for at most `timeout` or until the interrupt hook ends the wait.
#[cfg(unix)]
pub fn finish(socket: &TcpStream, _: SocketAddr, timeout: Duration) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    use std::time::Instant;

    let deadline = Instant::now() + timeout;
    loop {
        let remaining = deadline.saturating_duration_since(Instant::now());
        let slice = interrupt::wait_slice(remaining);
        // Rounded up, so that the wait never ends early. A very long wait is split.
        let milliseconds = i32::try_from(slice.as_millis() + 1).unwrap_or(i32::MAX);
        let mut watched = libc::pollfd {
            fd: socket.as_raw_fd(),
            events: libc::POLLOUT,
            revents: 0,
        };
        // SAFETY: one `pollfd`, as said, which lives through the call; its descriptor is open, for `socket` is.
        match unsafe { libc::poll(&raw mut watched, 1, milliseconds) } {
            0 if remaining.is_zero() => return Err(io::ErrorKind::TimedOut.into()),
            1.. => break,
            _ if interrupt::should_interrupt() => return Err(interrupt::interrupted_error()),
            _ => {}
        }
    }
    // A socket that was shut down may have no error, but it has no peer.
    if let Some(error) = socket.take_error()? {
        return Err(error);
    }
    socket.peer_addr()?;
    socket.set_nonblocking(false)
}

/// Creates the socket. On this system, `finish` cannot be aborted.
#[cfg(not(unix))]
pub fn begin(address: SocketAddr) -> io::Result<TcpStream> {
    Ok(Socket::new(Domain::for_address(address), Type::STREAM, None)?.into())
}

/// Connects within `timeout`. The interrupt hook is not called.
#[cfg(not(unix))]
pub fn finish(socket: &TcpStream, address: SocketAddr, timeout: Duration) -> io::Result<()> {
    socket2::SockRef::from(socket).connect_timeout(&address.into(), timeout)
}

#[cfg(test)]
mod tests {
    use std::net::{Shutdown, TcpListener};
    use std::time::Instant;

    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(20);

    /// Returns a listener with a full queue, which accepts no further connection, and the connections in the queue.
    fn full_listener() -> (Socket, SocketAddr, Vec<TcpStream>) {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
        listener.bind(&any.into()).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap().as_socket().unwrap();
        let queued = (0..16).map(|_| begin(address).unwrap()).collect();
        (listener, address, queued)
    }

    #[test]
    fn connects() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let socket = begin(address).unwrap();
        finish(&socket, address, TIMEOUT).unwrap();
        assert_eq!(socket.peer_addr().unwrap(), address);
    }

    #[test]
    fn reports_a_refused_connection() {
        let address = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let refused = begin(address).and_then(|socket| finish(&socket, address, TIMEOUT));
        assert_eq!(
            refused.unwrap_err().kind(),
            io::ErrorKind::ConnectionRefused
        );
    }

    #[test]
    fn fails_after_the_timeout() {
        let (_listener, address, _queued) = full_listener();
        let socket = begin(address).unwrap();
        let begun = Instant::now();
        let error = finish(&socket, address, Duration::from_millis(50)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() >= Duration::from_millis(50));
    }

    #[test]
    #[cfg(unix)]
    fn the_interrupt_hook_ends_the_wait() {
        let (_listener, address, _queued) = full_listener();
        let socket = begin(address).unwrap();
        let begun = Instant::now();
        let ended = interrupt::with_hook(|| true, || finish(&socket, address, TIMEOUT));
        ended.unwrap_err();
        assert!(begun.elapsed() < TIMEOUT);
    }

    #[test]
    #[cfg(unix)]
    fn a_shutdown_ends_the_wait() {
        let (_listener, address, _queued) = full_listener();
        let socket = begin(address).unwrap();
        std::thread::scope(|scope| {
            let finishing = scope.spawn(|| finish(&socket, address, Duration::from_secs(600)));
            // Before or during the wait.
            let _ = socket.shutdown(Shutdown::Both);
            finishing.join().unwrap().unwrap_err();
        });
    }
}
