//! What became of triggers that go to disk first, on its way from the store's thread to the connections that wait for it.
//!
//! To wake the listener costs the store's thread a system call. So the first of many wakes it, and the others come along.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, oneshot};

use crate::error::Result;

/// What is on its way.
#[derive(Debug, Default)]
pub struct CommitWaiters {
    outcomes: Mutex<Vec<(Connection, Result<()>)>>,
    arrived: Notify,
}

/// A connection that waits.
type Connection = oneshot::Sender<Result<()>>;

impl CommitWaiters {
    /// What an outcome is told by, and where it arrives.
    pub fn awaited(
        self: &Arc<Self>,
    ) -> (
        impl FnOnce(Result<()>) + Send + 'static,
        oneshot::Receiver<Result<()>>,
    ) {
        let (connection, outcome) = oneshot::channel();
        let kept = self.clone();
        let tell = move |outcome| {
            let mut outcomes = kept.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
            outcomes.push((connection, outcome));
            let is_first = outcomes.len() == 1;
            drop(outcomes);
            if is_first {
                kept.arrived.notify_one();
            }
        };
        (tell, outcome)
    }

    /// Passes on what arrives, for ever.
    pub async fn pass_on(self: Arc<Self>) {
        loop {
            self.arrived.notified().await;
            let outcomes =
                std::mem::take(&mut *self.outcomes.lock().unwrap_or_else(PoisonError::into_inner));
            for (connection, outcome) in outcomes {
                // Nobody waits any more where the connection was ended.
                let _ = connection.send(outcome);
            }
        }
    }
}
