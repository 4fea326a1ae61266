//! The thread that writes. While one commit is on its way to the disk, what comes meanwhile gathers for the next.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::database::Database;
use super::{Kept, Record};
use crate::error::Error;
use crate::status::Status;

/// How long forgetting alone may wait for company: it is in no hurry, for forgetting late means at the worst that a
/// record comes again, flagged.
const FORGET_WITHIN: Duration = Duration::from_millis(20);

/// Something to write.
pub enum Job {
    /// A record, and who is to be told.
    Keep(Record, Kept),
    /// The number of a record that is to go.
    Forget(u64),
}

/// What is to be written.
#[derive(Default)]
pub struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    jobs: Vec<Job>,
    /// Whether somebody waits to be told.
    urgent: bool,
    closed: bool,
}

impl Queue {
    /// Adds a job.
    pub fn push(&self, job: Job) {
        let mut state = self.lock();
        if state.closed {
            drop(state);
            if let Job::Keep(_, kept) = job {
                kept(Err(Error::new(Status::Closed, Status::Closed.text())));
            }
            return;
        }
        state.urgent |= matches!(job, Job::Keep(..));
        state.jobs.push(job);
        drop(state);
        self.changed.notify_one();
    }

    /// Takes no more.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_one();
    }

    /// Waits for jobs and takes them all; `None` when there are none and none will come.
    fn take(&self) -> Option<Vec<Job>> {
        let mut state = self.lock();
        while state.jobs.is_empty() && !state.closed {
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if !state.urgent && !state.closed {
            state = self
                .changed
                .wait_timeout_while(state, FORGET_WITHIN, |state| !state.urgent && !state.closed)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        state.urgent = false;
        let jobs = std::mem::take(&mut state.jobs);
        (!jobs.is_empty()).then_some(jobs)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}

/// Writes until the queue is closed and empty.
pub fn run(mut database: Database, queue: &Queue) {
    let mut unforgotten = Vec::new();
    while let Some(jobs) = queue.take() {
        let mut records = Vec::new();
        for job in jobs {
            match job {
                Job::Keep(record, kept) => records.push((record, kept)),
                Job::Forget(number) => unforgotten.push(number),
            }
        }
        match write(&mut database, &records, &unforgotten) {
            Ok(numbers) => {
                unforgotten.clear();
                for ((_, kept), number) in records.into_iter().zip(numbers) {
                    kept(Ok(number));
                }
            }
            // What is to be forgotten stays for the next time.
            Err(error) => {
                log::error!("the store can't be written to: {error}");
                for (_, kept) in records {
                    let message = format!(
                        "the store can't be written to: {error}; make room, or check the disk"
                    );
                    kept(Err(Error::new(Status::Store, message).retryable(true)));
                }
            }
        }
    }
}

fn write(
    database: &mut Database,
    records: &[(Record, Kept)],
    unforgotten: &[u64],
) -> rusqlite::Result<Vec<u64>> {
    let change = database.begin()?;
    let mut numbers = Vec::with_capacity(records.len());
    for (record, _) in records {
        numbers.push(change.keep(record)?);
    }
    for number in unforgotten {
        change.forget(*number)?;
    }
    change.commit()?;
    Ok(numbers)
}
