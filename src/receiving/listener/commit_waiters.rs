//! What became of triggers that go to disk first, on its way from the store's thread to the connections that wait for it.
//!
//! To wake the listener costs the store's thread a system call. So the first of many wakes it, and the others come along.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, oneshot};

use crate::error::Result;

/// What is on its way.
#[derive(Debug, Default)]
pub struct CommitWaiters {
    results: Mutex<Vec<(Waiter, Result<()>)>>,
    arrived: Notify,
}

/// A waiter that waits.
type Waiter = oneshot::Sender<Result<()>>;

impl CommitWaiters {
    /// What an result is told by, and where it arrives.
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

    /// Passes on what arrives, for ever.
    pub async fn forward(self: Arc<Self>) {
        loop {
            self.arrived.notified().await;
            let results =
                std::mem::take(&mut *self.results.lock().unwrap_or_else(PoisonError::into_inner));
            for (waiter, result) in results {
                // Nobody waits any more where the waiter was ended.
                let _ = waiter.send(result);
            }
        }
    }
}
