//! The standard output of the command, read without blocking.

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use tokio::process::ChildStdout;

/// The read end of the pipe. A read fails with `WouldBlock` if the pipe is empty, and returns 0 at the end of the output.
pub struct OutputPipe(File);

/// A second reference to the pipe, for the thread that waits for output.
pub struct OutputWatcher(OwnedFd);

impl OutputPipe {
    pub fn new(stdout: ChildStdout) -> io::Result<OutputPipe> {
        OutputPipe::from_descriptor(stdout.into_owned_fd()?)
    }

    pub fn from_descriptor(pipe: OwnedFd) -> io::Result<OutputPipe> {
        fcntl_setfl(&pipe, fcntl_getfl(&pipe)? | OFlags::NONBLOCK)?;
        Ok(OutputPipe(File::from(pipe)))
    }

    pub fn watcher(&self) -> io::Result<OutputWatcher> {
        Ok(OutputWatcher(self.0.try_clone()?.into()))
    }
}

impl Read for OutputPipe {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.read(bytes)
    }
}

impl OutputWatcher {
    /// Blocks until the pipe has output or has ended. Reads nothing.
    pub fn wait(&self) -> io::Result<()> {
        loop {
            match poll(&mut [PollFd::new(&self.0, PollFlags::IN)], None) {
                Ok(_) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
