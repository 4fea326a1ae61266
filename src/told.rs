//! Waiting for what another thread tells.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Hands `start` something to tell the outcome by, and waits until it was told. Whoever is handed it must use it.
pub fn wait<T: Send + 'static>(start: impl FnOnce(Box<dyn FnOnce(T) + Send>)) -> T {
    let outcome = Arc::new((Mutex::new(None), Condvar::new()));
    let told = outcome.clone();
    start(Box::new(move |result| {
        *told.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        told.1.notify_one();
    }));
    let mut result = outcome.0.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        if let Some(result) = result.take() {
            return result;
        }
        result = outcome
            .1
            .wait(result)
            .unwrap_or_else(PoisonError::into_inner);
    }
}
