//! A thread that runs code of the application, its log's callback, and so may never end: it need not be waited for longer than
//! one wants.

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Instant;

use super::thread;

/// A thread.
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn is_waited_for_until_it_ends_or_the_time_is_over() {
        let begun = Instant::now();
        let minute = begun + Duration::from_secs(60);
        Leavable::spawn("ends", || {}).unwrap().join(minute);
        let (release, released) = mpsc::channel::<()>();
        let held = Leavable::spawn("held", move || {
            let _ = released.recv();
        })
        .unwrap();
        held.join(Instant::now() + Duration::from_millis(20));
        assert!(begun.elapsed() < Duration::from_secs(30));
        drop(release);
    }
}
