//! What an event loop waits for: calls that threads of the pool have ended, and a descriptor that is readable while there
//! are any.

use std::collections::HashMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use omnize::error::Error;
use omnize::status::Status;

use crate::account_queries::Answer;
use crate::event_fd::Bell;
use crate::thread_pool::{Job, Worker};

/// What a call has ended with.
pub type Outcome = Result<Value, Error>;

/// What a call gives.
pub enum Value {
    /// Nothing.
    Nothing,
    /// The ticket of a posted request.
    Ticket(u64),
    /// What the service has answered.
    Answer(Answer),
    /// How many events and requests were left.
    Left(usize, usize),
}

#[derive(Default)]
struct Calls {
    ended: Vec<(u64, Outcome)>,
    /// Calls that have not ended, and whether somebody waits for each still.
    open: HashMap<u64, bool>,
}

/// Calls that have ended, by the numbers that they were given.
pub struct CompletionQueue {
    calls: Mutex<Calls>,
    /// Rung by whoever ends a call, and heard by the loop.
    bell: Bell,
}

impl CompletionQueue {
    /// Nothing has ended yet.
    ///
    /// # Errors
    /// There are no descriptors.
    pub fn new() -> io::Result<Self> {
        Ok(CompletionQueue {
            calls: Mutex::default(),
            bell: Bell::new()?,
        })
    }

    /// A job that makes the call of this number and tells of its end; one that nobody waits for any more is not made.
    pub fn job(
        self: &Arc<Self>,
        number: u64,
        call: impl FnOnce() -> Outcome + Send + 'static,
    ) -> Job {
        let open = PendingCall::new(self, number);
        Box::new(move |worker| {
            if open.is_wanted() {
                open.make(worker, call);
            }
        })
    }

    /// As [`job`](Self::job), of a call that is made whoever waits.
    pub fn sure_job(
        self: &Arc<Self>,
        number: u64,
        call: impl FnOnce() -> Outcome + Send + 'static,
    ) -> Job {
        let open = PendingCall::new(self, number);
        Box::new(move |worker| open.make(worker, call))
    }

    /// The call of this number has ended.
    fn tell(&self, number: u64, outcome: Outcome) {
        let mut calls = self.lock();
        calls.ended.push((number, outcome));
        let is_first = calls.ended.len() == 1;
        // Who is woken takes the lock next.
        drop(calls);
        if is_first {
            self.bell.set();
        }
    }

    /// Takes what has ended since.
    pub fn take(&self) -> Vec<(u64, Outcome)> {
        // Before what has ended is taken, so that what ends later rings anew.
        self.bell.clear();
        std::mem::take(&mut self.lock().ended)
    }

    /// Nobody waits for the call of this number any more: it is not to begin, if it has not.
    pub fn cancel(&self, number: u64) {
        if let Some(wanted) = self.lock().open.get_mut(&number) {
            *wanted = false;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Readable while something has ended that was not taken.
    pub fn descriptor(&self) -> i64 {
        self.bell.descriptor()
    }
}

/// A call that has not ended.
struct PendingCall {
    done: Arc<CompletionQueue>,
    number: u64,
}

impl PendingCall {
    fn new(done: &Arc<CompletionQueue>, number: u64) -> Self {
        done.lock().open.insert(number, true);
        PendingCall {
            done: done.clone(),
            number,
        }
    }

    fn is_wanted(&self) -> bool {
        self.done.lock().open.get(&self.number) == Some(&true)
    }

    fn make(&self, worker: &Worker<'_>, call: impl FnOnce() -> Outcome) {
        // Who waits for a call that panics is not to wait for ever.
        let outcome = catch_unwind(AssertUnwindSafe(call))
            .unwrap_or_else(|_| Err(Error::new(Status::Panic, Status::Panic.text())));
        worker.comes();
        self.done.tell(self.number, outcome);
    }
}

impl Drop for PendingCall {
    fn drop(&mut self) {
        self.done.lock().open.remove(&self.number);
    }
}
