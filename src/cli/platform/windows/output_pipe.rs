//! The standard output of the command, read without blocking.

use crate::host::processes::overlapped_reader::{OverlappedReader, ReadinessEvent};
use std::io::{self, Read};
use tokio::process::ChildStdout;

/// The read end of the pipe. A read fails with `WouldBlock` if the pipe is empty, and returns 0 at the end of the output.
pub struct OutputPipe(OverlappedReader);

/// A reference to the event of the pipe, for the thread that waits for output.
pub struct OutputWatcher(ReadinessEvent);

impl OutputPipe {
    pub fn new(stdout: ChildStdout) -> io::Result<OutputPipe> {
        Ok(OutputPipe(OverlappedReader::new(
            stdout.into_owned_handle()?,
        )?))
    }

    pub fn watcher(&self) -> io::Result<OutputWatcher> {
        Ok(OutputWatcher(self.0.readiness()?))
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
        self.0.wait()
    }
}
