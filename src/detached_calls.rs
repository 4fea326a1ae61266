//! Calls of the operating system that have no timeout of their own: name resolution, the verification of certificates, and the
//! search for a proxy on Windows. Each runs on a thread of its own, so that the caller can stop waiting.

use std::fmt;
use std::io;
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use crate::{host, interrupt};

/// The reason why a call returned no result.
#[derive(Debug)]
pub(crate) enum CallError {
    /// It did not end in time. Its thread continues.
    Timeout,
    /// The interrupt hook ended the wait, the client was closed, or there is no thread for the call.
    Io(io::Error),
}

/// The calls of one client in progress.
#[derive(Debug, Default)]
pub(crate) struct DetachedCalls(Mutex<PendingCalls>);

#[derive(Debug, Default)]
struct PendingCalls {
    waiting: Vec<Weak<dyn EndWait>>,
    shut_down: bool,
}

/// Ends the wait for a call.
trait EndWait: fmt::Debug + Send + Sync {
    fn end_wait(&self);
}

/// Passes the result of a call to the caller, or the end of the wait.
struct ResultSender<T>(SyncSender<Option<T>>);

impl<T> fmt::Debug for ResultSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResultSender")
    }
}

impl<T: Send> EndWait for ResultSender<T> {
    fn end_wait(&self) {
        // If the channel is full, the call ended first.
        let _ = self.0.try_send(None);
    }
}

impl DetachedCalls {
    /// Runs `call` on a thread with this name, and blocks until its end, for at most `timeout`. The interrupt hook and
    /// [`shut_down`](Self::shut_down) end the wait.
    pub fn run<T: Send + 'static>(
        &self,
        thread_name: &str,
        timeout: Duration,
        call: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, CallError> {
        let deadline = Instant::now() + timeout;
        let (sender, receiver) = mpsc::sync_channel(1);
        let sender = Arc::new(ResultSender(sender));
        self.register(Arc::downgrade(&sender) as Weak<dyn EndWait>)?;
        host::thread::spawn(thread_name, move || {
            let result = call();
            // Fails after a timeout, because the receiver is gone.
            let _ = sender.0.try_send(Some(result));
        })
        .map_err(CallError::Io)?;
        loop {
            let remaining = deadline.saturating_duration_since(Instant::now());
            let slice = interrupt::wait_slice(remaining);
            match receiver.recv_timeout(slice) {
                Ok(Some(result)) => return Ok(result),
                Ok(None) => return Err(CallError::Io(closed())),
                Err(RecvTimeoutError::Timeout) if slice < remaining => {}
                Err(_) => return Err(CallError::Timeout),
            }
            if interrupt::should_interrupt() {
                return Err(CallError::Io(interrupt::interrupted_error()));
            }
        }
    }

    /// Ends every wait. Later calls fail.
    pub fn shut_down(&self) {
        let waiting = {
            let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            pending.shut_down = true;
            std::mem::take(&mut pending.waiting)
        };
        for call in waiting.iter().filter_map(Weak::upgrade) {
            call.end_wait();
        }
    }

    fn register(&self, call: Weak<dyn EndWait>) -> Result<(), CallError> {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if pending.shut_down {
            return Err(CallError::Io(closed()));
        }
        pending.waiting.retain(|call| call.strong_count() > 0);
        pending.waiting.push(call);
        Ok(())
    }
}

fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the client was closed")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(600);

    /// Returns a call that ends when the sender is dropped.
    fn held() -> (mpsc::Sender<()>, impl FnOnce() + Send + 'static) {
        let (release, released) = mpsc::channel::<()>();
        (release, move || {
            let _ = released.recv();
        })
    }

    #[test]
    fn a_call_returns_its_result() {
        let calls = DetachedCalls::default();
        assert_eq!(calls.run("omnize-test", LONG, || 7).unwrap(), 7);
    }

    #[test]
    fn a_call_that_hangs_ends_at_the_timeout() {
        let (_release, call) = held();
        let calls = DetachedCalls::default();
        let result = calls.run("omnize-test", Duration::from_millis(20), call);
        assert!(matches!(result, Err(CallError::Timeout)), "{result:?}");
    }

    #[test]
    fn the_interrupt_hook_ends_a_call_that_hangs() {
        let (_release, call) = held();
        let calls = DetachedCalls::default();
        let run = || calls.run("omnize-test", LONG, call);
        let result = interrupt::with_hook(|| true, run);
        assert!(matches!(result, Err(CallError::Io(_))), "{result:?}");
    }

    #[test]
    fn shut_down_ends_a_call_that_hangs_and_later_ones() {
        let (_release, call) = held();
        let calls = Arc::new(DetachedCalls::default());
        let (started, has_started) = mpsc::channel();
        let waiting = calls.clone();
        let thread = std::thread::spawn(move || {
            waiting.run("omnize-test", LONG, move || {
                started.send(()).unwrap();
                call();
            })
        });
        has_started.recv().unwrap();
        calls.shut_down();
        for result in [
            thread.join().unwrap(),
            calls.run("omnize-test", LONG, || ()),
        ] {
            let Err(CallError::Io(error)) = result else {
                panic!("{result:?}");
            };
            assert_eq!(error.kind(), io::ErrorKind::NotConnected);
        }
    }
}
