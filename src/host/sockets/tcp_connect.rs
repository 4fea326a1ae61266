//! Connects on Unix with a timeout, in two steps. Between them, the caller can register the socket for an abort.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::interrupt;

/// Starts to connect. A shutdown of the socket aborts that.
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
pub fn finish(socket: &TcpStream, timeout: Duration) -> io::Result<()> {
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
