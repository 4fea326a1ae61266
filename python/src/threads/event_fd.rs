//! A file descriptor that is readable after `set`, until `clear`.

#[cfg(target_os = "linux")]
pub use omnize::Wake as EventFd;

#[cfg(not(target_os = "linux"))]
pub use socket_pair::EventFd;

/// For systems without `eventfd`.
#[cfg(not(target_os = "linux"))]
mod socket_pair {
    use std::io::{self, Read, Write};
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;

    pub struct EventFd {
        writer: UnixStream,
        reader: UnixStream,
    }

    impl EventFd {
        pub fn new() -> io::Result<Self> {
            let (writer, reader) = UnixStream::pair()?;
            writer.set_nonblocking(true)?;
            reader.set_nonblocking(true)?;
            Ok(EventFd { writer, reader })
        }

        pub fn set(&self) {
            // Fails only if the buffer is full. Then the descriptor is already readable.
            let _ = (&self.writer).write(&[0]);
        }

        pub fn clear(&self) {
            // Fails if there is nothing to read.
            let _ = (&self.reader).read(&mut [0; 16]);
        }

        pub fn descriptor(&self) -> i64 {
            i64::from(self.reader.as_raw_fd())
        }
    }
}
