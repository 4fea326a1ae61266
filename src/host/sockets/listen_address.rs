//! Reserves the address of a listener for this process.

use std::io;

use socket2::Socket;

/// Sets the option of a socket before it is bound. A restart must not wait until the connections of the earlier process expire.
#[cfg(unix)]
pub fn reserve(socket: &Socket) -> io::Result<()> {
    socket.set_reuse_address(true)
}

/// Sets the option of a socket before it is bound. Without it, another process could bind the same address and receive the
/// triggers.
#[cfg(windows)]
pub fn reserve(socket: &Socket) -> io::Result<()> {
    use std::os::windows::io::AsRawSocket;

    use windows_sys::Win32::Networking::WinSock::{
        SO_EXCLUSIVEADDRUSE, SOCKET, SOCKET_ERROR, SOL_SOCKET, WSAGetLastError, setsockopt,
    };

    let yes = 1i32;
    // SAFETY: the value is an `int` of the given length, which outlives the call; `socket` keeps its handle open.
    let result = unsafe {
        setsockopt(
            socket.as_raw_socket() as SOCKET,
            SOL_SOCKET,
            SO_EXCLUSIVEADDRUSE,
            (&raw const yes).cast(),
            size_of::<i32>() as i32,
        )
    };
    if result == SOCKET_ERROR {
        // SAFETY: it has no arguments.
        return Err(io::Error::from_raw_os_error(unsafe { WSAGetLastError() }));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use socket2::{Domain, Type};

    use super::*;

    /// Returns a socket that shares its address, if the system allows that.
    fn bind(address: SocketAddr, prepare: impl Fn(&Socket)) -> io::Result<Socket> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        prepare(&socket);
        socket.bind(&address.into())?;
        socket.listen(1)?;
        Ok(socket)
    }

    #[test]
    fn another_socket_cannot_bind_a_reserved_address() {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let first = bind(any, |socket| reserve(socket).unwrap()).unwrap();
        let address = first.local_addr().unwrap().as_socket().unwrap();
        for share in [true, false] {
            let second = bind(address, |socket| socket.set_reuse_address(share).unwrap());
            let kind = second.unwrap_err().kind();
            assert!(
                matches!(
                    kind,
                    io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied
                ),
                "{kind:?}"
            );
        }
    }
}
