//! Waiting for what another thread tells.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// One outcome that is waited for.
#[derive(Debug)]
pub struct Waiting<T>(Arc<(Mutex<Option<T>>, Condvar)>);

impl<T: Send + 'static> Waiting<T> {
    /// Nothing has been told yet.
    pub fn new() -> Self {
        Waiting(Arc::new((Mutex::new(None), Condvar::new())))
    }

    /// What the outcome is told by. Whoever is handed it must use it.
    pub fn teller(&self) -> impl FnOnce(T) + Send + 'static {
        let told = self.0.clone();
        move |outcome| {
            *told.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
            told.1.notify_one();
        }
    }

    /// Waits until it was told.
    pub fn wait(self) -> T {
        let (told, changed) = &*self.0;
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(outcome) = told.take() {
                return outcome;
            }
            told = changed.wait(told).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
