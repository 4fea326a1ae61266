//! Carries the results of commits from the store's thread to the connections that wait for them.
//!
//! Waking the listener costs the store's thread a system call. Therefore only the first result of a batch wakes it.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, oneshot};

use crate::error::Result;

/// Results that are not forwarded yet.
#[derive(Debug, Default)]
pub struct CommitWaiters {
    results: Mutex<Vec<(Waiter, Result<()>)>>,
    arrived: Notify,
}

/// A connection that waits for a result.
type Waiter = oneshot::Sender<Result<()>>;

impl CommitWaiters {
    /// Returns the callback for the store, and the channel of the result.
    pub fn register(
        self: &Arc<Self>,
    ) -> (
        impl FnOnce(Result<()>) + Send + 'static,
        oneshot::Receiver<Result<()>>,
    ) {
        let (waiter, result) = oneshot::channel();
        let waiters = self.clone();
        let complete = move |result| {
            let mut results = waiters
                .results
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            results.push((waiter, result));
            let is_first = results.len() == 1;
            drop(results);
            if is_first {
                waiters.arrived.notify_one();
            }
        };
        (complete, result)
    }

    /// Forwards results, forever.
    pub async fn forward(self: Arc<Self>) {
        loop {
            self.arrived.notified().await;
            let results =
                std::mem::take(&mut *self.results.lock().unwrap_or_else(PoisonError::into_inner));
            for (waiter, result) in results {
                // The send fails if the connection was closed.
                let _ = waiter.send(result);
            }
        }
    }
}
