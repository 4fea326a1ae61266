//! What an event loop waits for: calls that threads of the pool have ended, and a descriptor that is readable while there
//! are any.

use std::collections::HashSet;
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, MutexGuard, PoisonError};

use omnize::error::Error;

use crate::question::Answer;

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
    /// Calls that nobody waits for any more, and that may not have begun.
    cancelled: HashSet<u64>,
}

/// Calls that have ended, by the numbers that they were given.
pub struct Done {
    calls: Mutex<Calls>,
    /// Written to by whoever ends a call, and read by the loop.
    ends: (UnixStream, UnixStream),
}

impl Done {
    /// Nothing has ended yet.
    ///
    /// # Errors
    /// There are no descriptors.
    pub fn new() -> io::Result<Self> {
        let ends = UnixStream::pair()?;
        ends.0.set_nonblocking(true)?;
        ends.1.set_nonblocking(true)?;
        Ok(Done {
            calls: Mutex::default(),
            ends,
        })
    }

    /// The call of this number has ended.
    pub fn tell(&self, number: u64, outcome: Outcome) {
        let mut calls = self.lock();
        calls.ended.push((number, outcome));
        if calls.ended.len() == 1 {
            // It fails only where it is full, and then it is readable already.
            let _ = (&self.ends.0).write(&[0]);
        }
    }

    /// Takes what has ended since.
    pub fn take(&self) -> Vec<(u64, Outcome)> {
        let mut calls = self.lock();
        // It fails where there is nothing to read.
        let _ = (&self.ends.1).read(&mut [0; 16]);
        let ended = std::mem::take(&mut calls.ended);
        for (number, _) in &ended {
            calls.cancelled.remove(number);
        }
        ended
    }

    /// Nobody waits for the call of this number any more: it is not to begin, if it has not.
    pub fn cancel(&self, number: u64) {
        self.lock().cancelled.insert(number);
    }

    /// Whether the call of this number is to begin.
    pub fn may_begin(&self, number: u64) -> bool {
        !self.lock().cancelled.remove(&number)
    }

    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Readable while something has ended that was not taken.
    pub fn descriptor(&self) -> i32 {
        self.ends.1.as_raw_fd()
    }
}
