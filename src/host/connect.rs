//! Connecting with a bound, in two steps: in between, the socket can be handed to whoever may want to break it off.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use crate::interrupt;

/// Begins to connect. Shutting the socket down breaks that off.
#[cfg(unix)]
pub fn begin(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    match socket.connect(&address.into()) {
        // A signal that comes here stops nothing: the connection is being made.
        Err(error)
            if error.raw_os_error() != Some(libc::EINPROGRESS)
                && error.kind() != io::ErrorKind::Interrupted =>
        {
            Err(error)
        }
        _ => Ok(socket.into()),
    }
}

/// Waits up to `timeout` for the connection, if the caller's hook does not end that wait.
#[cfg(unix)]
pub fn finish(socket: &TcpStream, _: SocketAddr, timeout: Duration) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    use std::time::Instant;

    let deadline = Instant::now() + timeout;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let slice = interrupt::wait_slice(left);
        // Rounded up, so that it never ends early; a wait that is too long for the call is taken in parts.
        let milliseconds = i32::try_from(slice.as_millis() + 1).unwrap_or(i32::MAX);
        let mut watched = libc::pollfd {
            fd: socket.as_raw_fd(),
            events: libc::POLLOUT,
            revents: 0,
        };
        // SAFETY: one `pollfd`, as said, which lives through the call; its descriptor is open, for `socket` is.
        match unsafe { libc::poll(&raw mut watched, 1, milliseconds) } {
            0 if left.is_zero() => return Err(io::ErrorKind::TimedOut.into()),
            1.. => break,
            _ if interrupt::should_interrupt() => return Err(interrupt::interrupted_error()),
            _ => {}
        }
    }
    // One that was shut down meanwhile has an error or not, as the system likes; a peer it has not.
    if let Some(error) = socket.take_error()? {
        return Err(error);
    }
    socket.peer_addr()?;
    socket.set_nonblocking(false)
}

/// Makes the socket. Here nothing can break off what `finish` does.
#[cfg(not(unix))]
pub fn begin(address: SocketAddr) -> io::Result<TcpStream> {
    Ok(Socket::new(Domain::for_address(address), Type::STREAM, None)?.into())
}

/// Connects within `timeout`. The caller's hook is not asked.
#[cfg(not(unix))]
pub fn finish(socket: &TcpStream, address: SocketAddr, timeout: Duration) -> io::Result<()> {
    socket2::SockRef::from(socket).connect_timeout(&address.into(), timeout)
}

#[cfg(test)]
mod tests {
    use std::net::{Shutdown, TcpListener};
    use std::time::Instant;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    /// A listener whose queue is full, so that the kernel answers no further connection; and what fills it.
    fn unanswering() -> (Socket, SocketAddr, Vec<TcpStream>) {
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
        finish(&socket, address, PATIENCE).unwrap();
        assert_eq!(socket.peer_addr().unwrap(), address);
    }

    #[test]
    fn tells_a_refusal() {
        let address = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let refused = begin(address).and_then(|socket| finish(&socket, address, PATIENCE));
        assert_eq!(
            refused.unwrap_err().kind(),
            io::ErrorKind::ConnectionRefused
        );
    }

    #[test]
    fn gives_up_in_time() {
        let (_listener, address, _queued) = unanswering();
        let socket = begin(address).unwrap();
        let begun = Instant::now();
        let error = finish(&socket, address, Duration::from_millis(50)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() >= Duration::from_millis(50));
    }

    #[test]
    #[cfg(unix)]
    fn the_callers_hook_ends_it() {
        let (_listener, address, _queued) = unanswering();
        let socket = begin(address).unwrap();
        let begun = Instant::now();
        let ended = interrupt::with_hook(|| true, || finish(&socket, address, PATIENCE));
        ended.unwrap_err();
        assert!(begun.elapsed() < PATIENCE);
    }

    #[test]
    #[cfg(unix)]
    fn can_be_broken_off() {
        let (_listener, address, _queued) = unanswering();
        let socket = begin(address).unwrap();
        std::thread::scope(|scope| {
            let finishing = scope.spawn(|| finish(&socket, address, Duration::from_secs(600)));
            // Before or while it waits: both end it.
            let _ = socket.shutdown(Shutdown::Both);
            finishing.join().unwrap().unwrap_err();
        });
    }
}
