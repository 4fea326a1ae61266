//! The thread that writes. While one commit is on its way to the disk, what comes meanwhile gathers for the next.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::error::Error;
use crate::status::Status;
use crate::store::database::Database;
use crate::store::write_error::WriteError;
use crate::store::{CommitCallback, InteractionRow, Record, Row};

/// How long what nobody waits for may wait for company: it is in no hurry, for forgetting late means at the worst that a
/// record comes again, flagged.
const GROUP_COMMIT_DELAY: Duration = Duration::from_millis(20);

/// How long to wait before what could not be written, and is to be written all the same, is tried again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

thread_local! {
    /// Whether this is a thread that writes.
    static WRITES: Cell<bool> = const { Cell::new(false) };
}

/// Whether the calling thread is a store's own.
pub fn is_this_thread() -> bool {
    WRITES.get()
}

/// Something to write.
pub enum Op {
    /// An event.
    Keep(Record),
    /// The event of this number is to go.
    Forget(u64),
    /// The outcome of the request of this ticket is to go, which could not be written at once.
    ForgetOutcome(u64),
    /// What can't be read is to go where it is not read again.
    SetAside(Row),
    /// A request, and when it was posted.
    Post(String, i64),
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
    kept: Option<CommitCallback>,
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
    pages: HashMap<Arc<str>, Option<InteractionRow>>,
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
    /// Whether somebody waits to be told, and whether it is time to write for them.
    is_awaited: bool,
    urgent: bool,
    rest: IdleState,
    closed: bool,
    /// Whether the thread that writes has met its end by a defect.
    has_ended: bool,
}

/// What the thread that writes does while it has nothing to write. To wake it costs a system call and two changes of
/// threads.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum IdleState {
    /// It does not rest, and will look by itself.
    #[default]
    None,
    /// It lets what is in no hurry gather, and will look by itself soon.
    Short,
    /// It sleeps until it is woken.
    Long,
}

impl Queue {
    /// Adds a job. One that somebody waits for is written after the next [`hurry`](Self::hurry).
    pub fn push(&self, op: Op, kept: Option<CommitCallback>) {
        let mut state = self.lock();
        if state.closed {
            let has_ended = state.has_ended;
            drop(state);
            // Where the thread has met its end, `kept` says so by itself.
            if let Some(kept) = kept.filter(|_| !has_ended) {
                kept.tell(Err(Error::new(Status::Closed, Status::Closed.text())));
            }
            return;
        }
        let is_awaited = kept.is_some();
        state.is_awaited |= is_awaited;
        state.batch.jobs.push(Job { op, kept });
        if !is_awaited {
            self.wake(state, IdleState::Long);
        }
    }

    /// Has what somebody waits for written now.
    pub fn hurry(&self) {
        let mut state = self.lock();
        if state.is_awaited {
            state.urgent = true;
            self.wake(state, IdleState::Short);
        }
    }

    /// Wakes the thread that writes, where it rests at least so deeply.
    fn wake(&self, state: MutexGuard<'_, State>, from: IdleState) {
        let rest = state.rest;
        drop(state);
        if rest == IdleState::Long || rest == from {
            self.changed.notify_one();
        }
    }

    /// Adds where an interaction is. A commit that is made anyway takes it along.
    pub fn note(&self, client_id: Arc<str>, page: Option<InteractionRow>) {
        let mut state = self.lock();
        if state.closed {
            return;
        }
        state.batch.pages.insert(client_id, page);
        self.wake(state, IdleState::Long);
    }

    /// The thread that writes has met its end by a defect. Whoever still waits is told.
    fn end(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.has_ended = true;
        let left = std::mem::take(&mut state.batch);
        drop(state);
        drop(left);
    }

    /// Takes no more.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_one();
    }

    /// Waits for something to write and takes it all; `None` when there is nothing and nothing will come. Where something is
    /// to be tried again, it is not waited for long, and there may be nothing.
    fn take(&self, try_again: bool) -> Option<Batch> {
        let mut state = self.rest_shortly(self.lock());
        while state.batch.is_empty() && !state.closed {
            let bound = if try_again {
                AGAIN_AFTER
            } else {
                Duration::MAX
            };
            state = self.rest(state, IdleState::Long, bound, |state| {
                state.batch.is_empty()
            });
            if try_again && state.batch.is_empty() {
                break;
            }
            state = self.rest_shortly(state);
        }
        (state.urgent, state.is_awaited) = (false, false);
        let batch = std::mem::take(&mut state.batch);
        (try_again && !state.closed || !batch.is_empty()).then_some(batch)
    }

    /// Lets what is in no hurry gather.
    fn rest_shortly<'a>(&'a self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.rest(state, IdleState::Short, GROUP_COMMIT_DELAY, |state| {
            !state.urgent
        })
    }

    /// Rests for so long at the most, while this holds and the queue is not closed.
    fn rest<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        rest: IdleState,
        bound: Duration,
        holds: impl Fn(&State) -> bool,
    ) -> MutexGuard<'a, State> {
        state.rest = rest;
        let rested = self
            .changed
            .wait_timeout_while(state, bound, |state| holds(state) && !state.closed);
        let mut state = rested.unwrap_or_else(PoisonError::into_inner).0;
        state.rest = IdleState::None;
        state
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

/// Writes until the queue is closed and empty. Calls `all_told` when all have been told of a commit, or that there was none.
pub fn run(database: Database, queue: &Queue, all_told: Box<dyn Fn() + Send>) {
    WRITES.set(true);
    let end = End { queue, all_told };
    let mut writer = Writer {
        database,
        unwritten: Batch::default(),
        late: HashMap::new(),
        fails: false,
    };
    while let Some(batch) = queue.take(!writer.unwritten.is_empty()) {
        writer.write(batch, &end.all_told);
    }
    if !writer.unwritten.is_empty() {
        writer.write(Batch::default(), &end.all_told);
    }
    writer.database.close();
}

/// Tells that the thread has panicked.
struct End<'a> {
    queue: &'a Queue,
    all_told: Box<dyn Fn() + Send>,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.queue.end();
            (self.all_told)();
        }
    }
}

struct Writer {
    database: Database,
    /// What nobody waits for, and what is to be written all the same: it comes with the next commit where one has failed.
    unwritten: Batch,
    /// The numbers of outcomes that were written late, when nobody waited for them any more, by ticket.
    late: HashMap<u64, u64>,
    /// Whether the last commit has failed.
    fails: bool,
}

impl Writer {
    /// Writes what could not be written before, and this, and tells those who wait.
    fn write(&mut self, batch: Batch, all_told: &dyn Fn()) {
        self.unwritten.extend(batch);
        match self.commit() {
            Ok(numbers) => {
                let written = std::mem::take(&mut self.unwritten);
                for (job, number) in written.jobs.into_iter().zip(numbers) {
                    match (job.kept, job.op) {
                        (Some(kept), _) => kept.tell(Ok(number)),
                        (None, Op::Settle(ticket, _)) => drop(self.late.insert(ticket, number)),
                        (None, Op::ForgetOutcome(ticket)) => drop(self.late.remove(&ticket)),
                        _ => {}
                    }
                }
                all_told();
                if std::mem::take(&mut self.fails) {
                    log::info!("the store can be written to again");
                }
            }
            Err(error) => {
                for job in std::mem::take(&mut self.unwritten.jobs) {
                    self.put_off(job, &error);
                }
                all_told();
                // When those who wait have been told, for the callback of the log may take its time.
                if !std::mem::replace(&mut self.fails, true) {
                    log::error!("the store can't be written to: {error}");
                }
            }
        }
    }

    /// Who waits for a job is told that it could not be done. What has to be done all the same is done later.
    fn put_off(&mut self, job: Job, error: &WriteError) {
        let is_asked_for = job.kept.is_some();
        if let Some(kept) = job.kept {
            let message = format!("the store can't be written to: {error}");
            kept.tell(Err(Error::new(Status::Store, message).with_retryable(true)));
        }
        // A request that has ended must not be found again after the next start as one that has not.
        if !is_asked_for || matches!(job.op, Op::Settle(..)) {
            let later = Job { kept: None, ..job };
            self.unwritten.jobs.push(later);
        }
    }

    fn commit(&mut self) -> Result<Vec<u64>, WriteError> {
        let mut written = Written::default();
        let committed = self.write_batch(&mut written);
        match &committed {
            Ok(()) => {}
            // It is on disk, where nobody may find it again.
            Err(WriteError::Files(_)) if written.is_committed => {
                self.database.undo(&mut written.records, &written.tickets);
            }
            Err(_) => self.database.rolled_back(),
        }
        committed.map(|()| written.numbers)
    }

    fn write_batch(&mut self, written: &mut Written) -> Result<(), WriteError> {
        let change = self.database.begin()?;
        written.numbers.reserve(self.unwritten.jobs.len());
        for (client_id, page) in &self.unwritten.pages {
            change.note(client_id, page.as_ref())?;
        }
        let mut settled_now = HashMap::new();
        let mut records = change.records();
        let mut forgotten = Vec::new();
        for job in &self.unwritten.jobs {
            let number = match &job.op {
                Op::Keep(record) => written.record(records.keep(record)?),
                Op::Forget(number) => {
                    forgotten.push(*number);
                    *number
                }
                Op::ForgetOutcome(ticket) => {
                    let number = settled_now.get(ticket).or_else(|| self.late.get(ticket));
                    forgotten.extend(number);
                    0
                }
                Op::SetAside(row) => change.set_aside(row).map(|()| 0)?,
                Op::Post(content, posted_at) => {
                    let ticket = change.post(content, *posted_at)?;
                    written.tickets.push(ticket);
                    ticket
                }
                Op::Leave(ticket) => change.leave(*ticket).map(|()| *ticket)?,
                Op::Stay(ticket) => change.stay(*ticket).map(|()| *ticket)?,
                Op::Settle(ticket, outcome) => {
                    change.unpost(*ticket)?;
                    let number = written.record(records.keep(outcome)?);
                    if job.kept.is_none() {
                        settled_now.insert(*ticket, number);
                    }
                    number
                }
            };
            written.numbers.push(number);
        }
        drop(records);
        change.forget(&mut forgotten)?;
        written.is_committed = true;
        change.commit()
    }
}

/// What a commit has written.
#[derive(Default)]
struct Written {
    /// What each job is told.
    numbers: Vec<u64>,
    /// The records and the posted requests that are new.
    records: Vec<u64>,
    tickets: Vec<u64>,
    /// Whether it came as far as the commit.
    is_committed: bool,
}

impl Written {
    fn record(&mut self, number: u64) -> u64 {
        self.records.push(number);
        number
    }
}
