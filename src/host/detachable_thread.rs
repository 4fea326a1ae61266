//! A thread that can be joined with a deadline. It may never end, because it runs the log callback of the application.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use crate::host::thread;

/// A thread that can be joined with a deadline.
#[derive(Debug)]
pub struct DetachableThread {
    thread: JoinHandle<()>,
    ended: Arc<Ended>,
}

/// Whether the thread has ended. Not a channel: it would allocate a thread handle that leak checkers report.
#[derive(Debug, Default)]
struct Ended(Mutex<bool>, Condvar);

impl DetachableThread {
    /// Spawns a thread, as [`thread::spawn`] does.
    pub fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<Self> {
        let ended = Arc::new(Ended::default());
        let guard = EndGuard(ended.clone());
        let thread = thread::spawn(name, move || {
            let _guard = guard;
            body();
        })?;
        Ok(DetachableThread { thread, ended })
    }

    /// Joins the thread, unless it is the calling one. Detaches it at `deadline`.
    pub fn join(self, deadline: Instant) {
        if thread::is_this(&self.thread) {
            return;
        }
        let remaining = deadline.saturating_duration_since(Instant::now());
        let Ended(has_ended, changed) = &*self.ended;
        let has_ended = has_ended.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = changed.wait_timeout_while(has_ended, remaining, |has_ended| !*has_ended);
        let has_ended = *waited.unwrap_or_else(PoisonError::into_inner).0;
        if has_ended {
            thread::join(self.thread);
        }
    }
}

/// Records the end of the thread, also after a panic.
struct EndGuard(Arc<Ended>);

impl Drop for EndGuard {
    fn drop(&mut self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.1.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn join_returns_at_the_end_or_at_the_deadline() {
        let begun = Instant::now();
        let minute = begun + Duration::from_secs(60);
        DetachableThread::spawn("ends", || {}).unwrap().join(minute);
        let (release, released) = mpsc::channel::<()>();
        let held = DetachableThread::spawn("held", move || {
            let _ = released.recv();
        })
        .unwrap();
        held.join(Instant::now() + Duration::from_millis(20));
        assert!(begun.elapsed() < Duration::from_secs(30));
        drop(release);
    }
}
