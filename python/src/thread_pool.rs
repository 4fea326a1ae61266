//! Threads for those who must not block: event loops, and the main thread where it closes a client, for it has to see to
//! signals.
//!
//! None of them ever runs Python.

use std::cell::Cell;
use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::interruptible::forks;

/// As many requests as one client makes at once. Others wait for a thread.
const MOST_REQUESTS: usize = 64;

/// As many deliveries and posts as wait for the disk at once.
const MOST_WRITES: usize = 16;

/// How long a thread waits for more to do before it ends.
const IDLE: Duration = Duration::from_secs(10);

/// Something to do.
pub type Job = Box<dyn FnOnce(&Worker<'_>) + Send>;

/// The threads of one client: what ends soon is not to wait behind what does not.
pub struct Pools {
    /// For what waits for the service.
    pub requests: Arc<Pool>,
    /// For what waits for the disk of a store.
    pub writes: Arc<Pool>,
    /// For closing.
    pub closing: Arc<Pool>,
}

impl Pools {
    /// Pools without threads.
    pub fn new() -> Self {
        Pools {
            requests: Arc::new(Pool::new(MOST_REQUESTS)),
            writes: Arc::new(Pool::new(MOST_WRITES)),
            closing: Arc::new(Pool::new(1)),
        }
    }

    /// Lets the threads end when they have done what there is to do.
    pub fn close(&self) {
        self.requests.close();
        self.writes.close();
        self.closing.close();
    }
}

/// Threads that start when there is something to do, and end when there is nothing for a while.
pub struct Pool {
    most: usize,
    state: Mutex<State>,
    changed: Condvar,
    /// In which generation of forked processes it was made.
    forks: u64,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    /// How many more are about to be added.
    promised: usize,
    threads: usize,
    /// Threads that wait.
    idle: usize,
    /// Threads that are about to look for the next job.
    coming: usize,
    closed: bool,
}

impl Pool {
    /// A pool without threads, which is to have so many at the most.
    pub fn new(most: usize) -> Self {
        Pool {
            most,
            state: Mutex::default(),
            changed: Condvar::new(),
            forks: forks(),
        }
    }

    /// Has a thread do this. In a child of a fork, where the threads stayed behind in the parent, it is done at once: all
    /// that is left to do there is to be refused.
    ///
    /// # Errors
    /// The operating system gives no thread, and there is none yet.
    pub fn submit(self: &Arc<Self>, job: Job) -> io::Result<()> {
        if self.is_of_parent() {
            job(&Worker::default());
            return Ok(());
        }
        self.staff()?;
        self.add(job);
        Ok(())
    }

    /// Sees to it that there is a thread for one more job, which is to be [added](Self::add) then.
    fn staff(self: &Arc<Self>) -> io::Result<()> {
        let mut state = self.lock();
        let wanted = state.jobs.len() + state.promised;
        if state.idle + state.coming <= wanted && state.threads < self.most {
            let pool = self.clone();
            match omnize::spawn_thread("omnize-call", move || pool.work()) {
                Ok(_) => state.threads += 1,
                Err(error) if state.threads == 0 => return Err(error),
                // Those there are do it, later.
                Err(_) => {}
            }
        }
        state.promised += 1;
        Ok(())
    }

    /// Has a thread do this, which there is.
    fn add(&self, job: Job) {
        let mut state = self.lock();
        state.promised -= 1;
        state.jobs.push_back(job);
        let is_seen = state.jobs.len() <= state.coming;
        drop(state);
        if !is_seen {
            self.changed.notify_one();
        }
    }

    /// Lets the threads end when they have done what there is to do.
    pub fn close(&self) {
        if self.is_of_parent() {
            return;
        }
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Whether this process was forked from the one that the pool is of.
    pub fn is_of_parent(&self) -> bool {
        self.forks != forks()
    }

    fn work(&self) {
        let worker = Worker {
            pool: Some(self),
            comes: Cell::new(false),
        };
        while let Some(job) = self.next(&worker) {
            survive(job, &worker);
        }
    }

    fn next(&self, worker: &Worker<'_>) -> Option<Job> {
        let mut state = self.lock();
        state.coming -= usize::from(worker.comes.take());
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if state.closed && state.promised == 0 {
                state.threads -= 1;
                return None;
            }
            state.idle += 1;
            let (woken, waited) = self
                .changed
                .wait_timeout(state, IDLE)
                .unwrap_or_else(PoisonError::into_inner);
            state = woken;
            state.idle -= 1;
            if waited.timed_out() && state.jobs.is_empty() && state.promised == 0 {
                state.threads -= 1;
                return None;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does the job. A panic, which the hook reports, is to cost no more than that job.
fn survive(job: Job, worker: &Worker<'_>) {
    let _ = catch_unwind(AssertUnwindSafe(|| job(worker)));
}

/// The thread that does a job.
#[derive(Default)]
pub struct Worker<'a> {
    /// Whose it is; none where the job is done by who submits it.
    pool: Option<&'a Pool>,
    /// Whether it is counted as one that looks for the next job.
    comes: Cell<bool>,
}

impl Worker<'_> {
    /// The job is as good as done, and only its end is still to be told. Who is told may have the next job at once, and no
    /// thread needs to be woken for that.
    pub fn comes(&self) {
        if let Some(pool) = self.pool
            && !self.comes.replace(true)
        {
            pool.lock().coming += 1;
        }
    }

    /// It does another job first.
    fn stays(&self) {
        if let Some(pool) = self.pool
            && self.comes.take()
        {
            pool.lock().coming -= 1;
            pool.changed.notify_one();
        }
    }
}

/// Jobs that are done one after the other, in the order in which they were submitted.
#[derive(Default)]
pub struct Queue {
    state: Mutex<QueueState>,
}

#[derive(Default)]
struct QueueState {
    /// Each with the pool that is to do it.
    jobs: VecDeque<(Arc<Pool>, Job)>,
    /// Whether a thread does one, or is about to.
    busy: bool,
}

impl Queue {
    /// Has a thread of `pool` do this behind what was submitted before.
    ///
    /// # Errors
    /// As [`Pool::submit`]; it is not done then.
    pub fn submit(self: &Arc<Self>, pool: &Arc<Pool>, job: Job) -> io::Result<()> {
        if pool.is_of_parent() {
            return pool.submit(job);
        }
        let mut state = self.lock();
        let is_first = !state.busy;
        if is_first {
            pool.staff()?;
            state.busy = true;
        }
        state.jobs.push_back((pool.clone(), job));
        // The thread that is woken takes the lock first of all.
        drop(state);
        if is_first {
            pool.add(self.turn());
        }
        Ok(())
    }

    /// Whether all that was submitted is done.
    pub fn is_idle(&self) -> bool {
        !self.lock().busy
    }

    /// The next job of the queue, as one of a pool.
    fn turn(self: &Arc<Self>) -> Job {
        let queue = self.clone();
        Box::new(move |worker| queue.work(worker))
    }

    /// Does one job, and has a thread of the next one's pool go on.
    fn work(self: &Arc<Self>, worker: &Worker<'_>) {
        loop {
            let next = self.lock().jobs.pop_front();
            if let Some((_, job)) = next {
                survive(job, worker);
            }
            let mut state = self.lock();
            let Some((pool, _)) = state.jobs.front() else {
                state.busy = false;
                return;
            };
            let pool = pool.clone();
            drop(state);
            if pool.submit(self.turn()).is_ok() {
                return;
            }
            // That pool got no thread, but here is one.
            worker.stays();
        }
    }

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
