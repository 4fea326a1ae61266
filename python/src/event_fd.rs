//! A descriptor that is readable from when it is rung until it is silenced.

#[cfg(target_os = "linux")]
pub use omnize::Wake as Bell;

#[cfg(not(target_os = "linux"))]
pub use pair::Bell;

/// Where the core has no descriptor of one system call each.
#[cfg(not(target_os = "linux"))]
mod pair {
    use std::io::{self, Read, Write};
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;

    pub struct Bell(UnixStream, UnixStream);

    impl Bell {
        pub fn new() -> io::Result<Self> {
            let (rung, heard) = UnixStream::pair()?;
            rung.set_nonblocking(true)?;
            heard.set_nonblocking(true)?;
            Ok(Bell(rung, heard))
        }

        pub fn set(&self) {
            // It fails only where it is full, and then it is readable already.
            let _ = (&self.0).write(&[0]);
        }

        pub fn clear(&self) {
            // It fails where there is nothing to read.
            let _ = (&self.1).read(&mut [0; 16]);
        }

        pub fn descriptor(&self) -> i64 {
            i64::from(self.1.as_raw_fd())
        }
    }
}
