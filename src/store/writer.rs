//! The thread that writes. While one commit is on its way to the disk, what comes meanwhile gathers for the next.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::database::Database;
use super::{Kept, Page, Record};
use crate::error::Error;
use crate::status::Status;

/// How long what nobody waits for may wait for company: it is in no hurry, for forgetting late means at the worst that a
/// record comes again, flagged.
const UNHURRIED: Duration = Duration::from_millis(20);

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

/// What is written in one commit.
#[derive(Default)]
struct Batch {
    jobs: Vec<Job>,
    /// Where interactions are; `None` where one is over. What was noted of one before is out of date.
    pages: HashMap<Arc<str>, Option<Page>>,
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.jobs.is_empty() && self.pages.is_empty()
    }

    /// Adds what came later.
    fn extend(&mut self, later: Batch) {
        self.jobs.extend(later.jobs);
        self.pages.extend(later.pages);
    }
}

#[derive(Default)]
struct State {
    batch: Batch,
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
        state.batch.jobs.push(Job { op, kept });
        drop(state);
        self.changed.notify_one();
    }

    /// Adds where an interaction is. A commit that is made anyway takes it along.
    pub fn note(&self, client_id: Arc<str>, page: Option<Page>) {
        let mut state = self.lock();
        if state.closed {
            return;
        }
        let was_empty = state.batch.is_empty();
        state.batch.pages.insert(client_id, page);
        drop(state);
        if was_empty {
            self.changed.notify_one();
        }
    }

    /// Takes no more.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_one();
    }

    /// Waits for something to write and takes it all; `None` when there is nothing and nothing will come.
    fn take(&self) -> Option<Batch> {
        let mut state = self.lock();
        while state.batch.is_empty() && !state.closed {
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if !state.urgent && !state.closed {
            state = self
                .changed
                .wait_timeout_while(state, UNHURRIED, |state| !state.urgent && !state.closed)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        state.urgent = false;
        let batch = std::mem::take(&mut state.batch);
        (!batch.is_empty()).then_some(batch)
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

/// Writes until the queue is closed and empty. Calls `all_told` when all have been told of a commit.
pub fn run(mut database: Database, queue: &Queue, all_told: impl Fn()) {
    // What nobody waits for is written with the next commit where one has failed.
    let mut unwritten = Batch::default();
    while let Some(batch) = queue.take() {
        unwritten.extend(batch);
        match write(&mut database, &unwritten) {
            Ok(numbers) => {
                let written = std::mem::take(&mut unwritten);
                for (job, number) in written.jobs.into_iter().zip(numbers) {
                    if let Some(kept) = job.kept {
                        kept(Ok(number));
                    }
                }
                all_told();
            }
            Err(error) => {
                log::error!("the store can't be written to: {error}");
                let jobs = std::mem::take(&mut unwritten.jobs);
                let (waited_for, rest) = jobs.into_iter().partition(|job| job.kept.is_some());
                unwritten.jobs = rest;
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

fn write(database: &mut Database, batch: &Batch) -> rusqlite::Result<Vec<u64>> {
    let change = database.begin()?;
    let mut numbers = Vec::with_capacity(batch.jobs.len());
    for (client_id, page) in &batch.pages {
        change.note(client_id, page.as_ref())?;
    }
    for job in &batch.jobs {
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
