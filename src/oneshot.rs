//! A channel for one result between two threads.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crate::error::{Error, Result};
use crate::status::Status;

/// The receiving side.
#[derive(Debug)]
pub struct Receiver<T>(Arc<Slot<T>>);

/// The shared place of the result.
#[derive(Debug)]
struct Slot<T> {
    result: Mutex<Option<Result<T>>>,
    changed: Condvar,
}

impl<T: Send + 'static> Receiver<T> {
    /// Creates a channel without a result.
    pub fn new() -> Self {
        Receiver(Arc::new(Slot {
            result: Mutex::new(None),
            changed: Condvar::new(),
        }))
    }

    /// Returns the sender. If it is dropped unused, the receiver gets an error, so [`wait`](Self::wait) never blocks forever.
    pub fn sender(&self) -> impl FnOnce(Result<T>) + Send + 'static {
        let mut sender = Sender(Some(self.0.clone()));
        move |result| sender.send(result)
    }

    /// Blocks until the result was sent.
    ///
    /// # Errors
    /// The error that was sent; [`Status::Panic`]: the sender was dropped by a panic.
    pub fn wait(self) -> Result<T> {
        let mut slot = self.0.result.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(result) = slot.take() {
                return result;
            }
            slot = self
                .0
                .changed
                .wait(slot)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// The sending side; empty after the result was sent.
struct Sender<T>(Option<Arc<Slot<T>>>);

impl<T> Sender<T> {
    fn send(&mut self, result: Result<T>) {
        let Some(slot) = self.0.take() else { return };
        *slot.result.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        slot.changed.notify_one();
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.send(Err(Error::new(
            Status::Panic,
            "a thread of the library panicked before it returned a result; please report this",
        )));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sent_result_is_received() {
        let receiver = Receiver::new();
        let send = receiver.sender();
        std::thread::spawn(move || send(Ok(7)));
        assert_eq!(receiver.wait().unwrap(), 7);
    }

    #[test]
    fn dropped_sender_wakes_the_receiver_with_an_error() {
        let receiver = Receiver::<u64>::new();
        let send = receiver.sender();
        let thread = std::thread::spawn(move || {
            let _send = send;
            panic!("before it sends");
        });
        assert_eq!(receiver.wait().unwrap_err().status(), Status::Panic);
        assert!(thread.join().is_err());
    }
}
