//! A thread that runs code of the application, its log's callback, and so may never end: it need not be waited for longer than
//! one wants.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use crate::host::thread;

/// A thread.
#[derive(Debug)]
pub struct DetachableThread {
    thread: JoinHandle<()>,
    over: Arc<Over>,
}

/// Whether it is over. A channel would touch the standard library's handle of the host's thread that waits, which leak
/// checkers then report.
#[derive(Debug, Default)]
struct Over(Mutex<bool>, Condvar);

impl DetachableThread {
    /// Starts one, as [`thread::spawn`] does.
    pub fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<Self> {
        let over = Arc::new(Over::default());
        let end = End(over.clone());
        let thread = thread::spawn(name, move || {
            let _end = end;
            body();
        })?;
        Ok(DetachableThread { thread, over })
    }

    /// Waits for the thread to end, unless it is the calling one; from `deadline` on it is left to end in its own time.
    pub fn join(self, deadline: Instant) {
        if thread::is_this(&self.thread) {
            return;
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let Over(over, changed) = &*self.over;
        let over = over.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = changed.wait_timeout_while(over, left, |over| !*over);
        let is_over = *waited.unwrap_or_else(PoisonError::into_inner).0;
        if is_over {
            thread::join(self.thread);
        }
    }
}

/// Tells that the thread is over, also where it has panicked.
struct End(Arc<Over>);

impl Drop for End {
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
    fn is_waited_for_until_it_ends_or_the_time_is_over() {
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
