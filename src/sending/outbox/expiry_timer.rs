//! Waits for the age limits of posted requests.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::sending::interaction_types::Interaction;

/// The time of a request's limit, and its ticket.
pub(crate) type ExpiryKey = (Instant, u64);

/// The age limits of the queued requests, and the thread that waits for them.
#[derive(Debug, Default)]
pub(crate) struct ExpiryTimer {
    state: Mutex<ExpiryState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct ExpiryState {
    /// The requests with a limit, by the time of their limit and their ticket.
    due: BTreeMap<ExpiryKey, Arc<Interaction>>,
    thread: Option<JoinHandle<()>>,
    is_closed: bool,
}

impl ExpiryTimer {
    /// Blocks until a request reaches its limit. Returns `None` after the close.
    pub fn wait_for_due(&self) -> Option<(u64, Arc<Interaction>)> {
        let mut state = self.lock();
        loop {
            if state.is_closed {
                return None;
            }
            let now = Instant::now();
            let next = state.due.first_key_value().map(|((due, _), _)| *due);
            let remaining = match next {
                Some(due) if due <= now => {
                    let ((_, ticket), interaction) = state.due.pop_first()?;
                    return Some((ticket, interaction));
                }
                Some(due) => due - now,
                None => Duration::MAX,
            };
            state = self
                .changed
                .wait_timeout(state, remaining)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Waits for the limit of a request, in addition to others.
    pub fn insert(&self, key: ExpiryKey, interaction: Arc<Interaction>) {
        let mut state = self.lock();
        if state.is_closed {
            return;
        }
        state.due.insert(key, interaction);
        let is_first = state.due.first_key_value().map(|(first, _)| *first) == Some(key);
        drop(state);
        if is_first {
            self.changed.notify_one();
        }
    }

    /// Stops waiting for the limit of a request.
    pub fn remove(&self, key: ExpiryKey) {
        let removed = self.lock().due.remove(&key);
        drop(removed);
    }

    /// Starts the thread with `spawn`, if it does not run yet.
    pub fn start_thread(
        &self,
        spawn: impl FnOnce() -> io::Result<JoinHandle<()>>,
    ) -> io::Result<()> {
        let mut state = self.lock();
        if state.thread.is_none() && !state.is_closed {
            state.thread = Some(spawn()?);
        }
        Ok(())
    }

    /// Ends the waiting. Requests that are in the outbox stay there.
    pub fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        let due = std::mem::take(&mut state.due);
        drop(state);
        self.changed.notify_all();
        drop(due);
    }

    /// Returns the thread, so that its end can be awaited.
    pub fn take_thread(&self) -> Option<JoinHandle<()>> {
        self.lock().thread.take()
    }

    fn lock(&self) -> MutexGuard<'_, ExpiryState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
