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
pub enum Op {
    /// An event.
    Keep(Record),
    /// The event of this number is to go.
    Forget(u64),
    /// A posted request.
    Post(String),
    /// The request of this ticket is about to leave.
    Leave(u64),
    /// The request of this ticket has not left after all.
    Stay(u64),
    /// The request of this ticket is to go, and its outcome to come.
    Settle(u64, Record),
}

/// Something to write, and who is to be told.
struct Job {
    op: Op,
    kept: Option<Kept>,
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
    pub fn push(&self, op: Op, kept: Option<Kept>) {
        let mut state = self.lock();
        if state.closed {
            drop(state);
            if let Some(kept) = kept {
                kept(Err(Error::new(Status::Closed, Status::Closed.text())));
            }
            return;
        }
        state.urgent |= kept.is_some();
        state.jobs.push(Job { op, kept });
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
    // What nobody waits for is written with the next commit where one has failed.
    let mut unwritten: Vec<Job> = Vec::new();
    while let Some(jobs) = queue.take() {
        unwritten.extend(jobs);
        match write(&mut database, &unwritten) {
            Ok(numbers) => {
                for (job, number) in unwritten.drain(..).zip(numbers) {
                    if let Some(kept) = job.kept {
                        kept(Ok(number));
                    }
                }
            }
            Err(error) => {
                log::error!("the store can't be written to: {error}");
                let (waited_for, rest) = unwritten.into_iter().partition(|job| job.kept.is_some());
                unwritten = rest;
                refuse(waited_for, &error);
            }
        }
    }
}

fn refuse(jobs: Vec<Job>, error: &rusqlite::Error) {
    for kept in jobs.into_iter().filter_map(|job| job.kept) {
        let message =
            format!("the store can't be written to: {error}; make room, or check the disk");
        kept(Err(Error::new(Status::Store, message).retryable(true)));
    }
}

fn write(database: &mut Database, jobs: &[Job]) -> rusqlite::Result<Vec<u64>> {
    let change = database.begin()?;
    let mut numbers = Vec::with_capacity(jobs.len());
    for job in jobs {
        numbers.push(match &job.op {
            Op::Keep(record) => change.keep(record)?,
            Op::Forget(number) => change.forget(*number).map(|()| *number)?,
            Op::Post(content) => change.post(content)?,
            Op::Leave(ticket) => change.leave(*ticket).map(|()| *ticket)?,
            Op::Stay(ticket) => change.stay(*ticket).map(|()| *ticket)?,
            Op::Settle(ticket, outcome) => {
                change.unpost(*ticket)?;
                change.keep(outcome)?
            }
        });
    }
    change.commit()?;
    Ok(numbers)
}
