//! A thread that need not be waited for longer than one wants.

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Instant;

use super::thread;

/// A thread that can be left to end in its own time.
#[derive(Debug)]
pub struct Leavable {
    thread: JoinHandle<()>,
    /// Hangs up when the thread is over.
    over: mpsc::Receiver<()>,
}

impl Leavable {
    /// Starts one, as [`thread::spawn`] does.
    pub fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<Self> {
        let (lives, over) = mpsc::channel();
        let thread = thread::spawn(name, move || {
            let _lives: mpsc::Sender<()> = lives;
            body();
        })?;
        Ok(Leavable { thread, over })
    }

    /// Waits for the thread to end, unless it is the calling one; from `deadline` on it is left to end in its own time.
    pub fn join(self, deadline: Instant) {
        if thread::is_this(&self.thread) {
            return;
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if self.over.recv_timeout(left) == Err(RecvTimeoutError::Disconnected) {
            thread::join(self.thread);
        }
    }
}
