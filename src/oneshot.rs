//! Receiver for what another thread tells.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crate::error::{Error, Result};
use crate::status::Status;

/// One outcome that is waited for.
#[derive(Debug)]
pub struct Receiver<T>(Arc<Place<T>>);

/// Where it is left.
#[derive(Debug)]
struct Place<T> {
    told: Mutex<Option<Result<T>>>,
    changed: Condvar,
}

impl<T: Send + 'static> Receiver<T> {
    /// Nothing has been told yet.
    pub fn new() -> Self {
        Receiver(Arc::new(Place {
            told: Mutex::new(None),
            changed: Condvar::new(),
        }))
    }

    /// What the outcome is told by. Where it is dropped instead, that is an outcome too, so that nobody waits for ever.
    pub fn teller(&self) -> impl FnOnce(Result<T>) + Send + 'static {
        let mut teller = Sender(Some(self.0.clone()));
        move |outcome| teller.tell(outcome)
    }

    /// Waits until it was told.
    ///
    /// # Errors
    /// What was told; [`Status::Panic`]: whoever was to tell it has met a defect.
    pub fn wait(self) -> Result<T> {
        let mut told = self.0.told.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(outcome) = told.take() {
                return outcome;
            }
            told = self
                .0
                .changed
                .wait(told)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Who is to tell, and where, until he has.
struct Sender<T>(Option<Arc<Place<T>>>);

impl<T> Sender<T> {
    fn tell(&mut self, outcome: Result<T>) {
        let Some(place) = self.0.take() else { return };
        *place.told.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        place.changed.notify_one();
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.tell(Err(Error::new(
            Status::Panic,
            "the thread that was waited for has met a defect of the library; please report this",
        )));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_heard() {
        let waiting = Receiver::new();
        let tell = waiting.teller();
        std::thread::spawn(move || tell(Ok(7)));
        assert_eq!(waiting.wait().unwrap(), 7);
    }

    #[test]
    fn nobody_waits_for_one_who_has_met_his_end() {
        let waiting = Receiver::<u64>::new();
        let tell = waiting.teller();
        let thread = std::thread::spawn(move || {
            let _tell = tell;
            panic!("before it has told");
        });
        assert_eq!(waiting.wait().unwrap_err().status(), Status::Panic);
        assert!(thread.join().is_err());
    }
}
