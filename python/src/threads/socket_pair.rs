//! The wake descriptor on Windows: two connected sockets, because `select` and Python's event loops accept nothing else.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::windows::io::AsRawSocket;

pub struct SocketPair {
    writer: TcpStream,
    reader: TcpStream,
}

impl SocketPair {
    /// Creates a descriptor that is not readable.
    ///
    /// # Errors
    /// Windows refused a socket or a connection of the loopback interface.
    pub fn new() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let writer = TcpStream::connect(listener.local_addr()?)?;
        let reader = accept_from(&listener, &writer)?;
        writer.set_nodelay(true)?;
        writer.set_nonblocking(true)?;
        reader.set_nonblocking(true)?;
        Ok(SocketPair { writer, reader })
    }

    /// Makes it readable.
    pub fn set(&self) {
        // Fails only if the buffer is full. Then the descriptor is already readable.
        let _ = (&self.writer).write(&[0]);
    }

    /// Makes it not readable.
    pub fn clear(&self) {
        // Fails if there is nothing to read.
        let _ = (&self.reader).read(&mut [0; 16]);
    }

    /// Returns the descriptor's number. Always contains a value, as the type of other systems.
    pub fn descriptor(&self) -> Option<i64> {
        i64::try_from(self.reader.as_raw_socket()).ok()
    }
}

/// Accepts the connection of `writer`. Another program may have connected first.
fn accept_from(listener: &TcpListener, writer: &TcpStream) -> io::Result<TcpStream> {
    let own_address = writer.local_addr()?;
    loop {
        let (reader, peer) = listener.accept()?;
        if peer == own_address {
            return Ok(reader);
        }
    }
}
