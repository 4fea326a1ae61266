//! Threads that run blocking calls for event loops, and the close of a client for Python's main thread.
//!
//! These threads never run Python code.

use std::cell::Cell;
use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::threads::fork_generation;

/// The limit of concurrent requests of one client. Further requests wait for a thread.
const MAX_REQUESTS: usize = 64;

/// The limit of concurrent writes to the store: delivered triggers and posted requests.
const MAX_WRITES: usize = 16;

/// How long an idle thread waits for a job before it ends.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10);

/// A function that a thread of a pool runs once.
pub type Job = Box<dyn FnOnce(&Worker<'_>) + Send>;

/// The pools of one client. They are separate, so that short jobs do not wait for long ones.
pub struct Pools {
    /// For requests, which wait for the service.
    pub requests: Arc<Pool>,
    /// For writes, which wait for the disk.
    pub writes: Arc<Pool>,
    /// For the close of the client.
    pub closing: Arc<Pool>,
}

impl Pools {
    /// Returns pools without threads.
    pub fn new() -> Self {
        Pools {
            requests: Arc::new(Pool::new(MAX_REQUESTS)),
            writes: Arc::new(Pool::new(MAX_WRITES)),
            closing: Arc::new(Pool::new(1)),
        }
    }

    /// Ends the threads after the queued jobs.
    pub fn close(&self) {
        self.requests.close();
        self.writes.close();
        self.closing.close();
    }
}

/// Threads that start on demand and end after ten idle seconds.
pub struct Pool {
    max_threads: usize,
    state: Mutex<PoolState>,
    changed: Condvar,
    /// The fork generation in which the pool was created.
    generation: u64,
}

#[derive(Default)]
struct PoolState {
    jobs: VecDeque<Job>,
    /// The number of jobs that are about to be pushed.
    reserved: usize,
    threads: usize,
    /// Threads that wait for a job.
    idle: usize,
    /// Threads that are about to take the next job.
    almost_idle: usize,
    closed: bool,
}

impl Pool {
    /// Returns a pool that starts at most `max_threads` threads.
    pub fn new(max_threads: usize) -> Self {
        Pool {
            max_threads,
            state: Mutex::default(),
            changed: Condvar::new(),
            generation: fork_generation::current(),
        }
    }

    /// Submits a job. In a forked child, which has none of the parent's threads, runs it at once: there, the core rejects every
    /// call.
    ///
    /// # Errors
    /// The operating system refused a thread, and the pool has none.
    pub fn submit(self: &Arc<Self>, job: Job) -> io::Result<()> {
        if self.is_of_parent() {
            job(&Worker::default());
            return Ok(());
        }
        self.ensure_worker()?;
        self.push(job);
        Ok(())
    }

    /// Ensures that there is a thread for one more job. The caller must [push](Self::push) the job after it.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub fn ensure_worker(self: &Arc<Self>) -> io::Result<()> {
        let mut state = self.lock();
        let wanted = state.jobs.len() + state.reserved;
        if state.idle + state.almost_idle <= wanted && state.threads < self.max_threads {
            let pool = self.clone();
            match omnize::spawn_thread("omnize-call", move || pool.run_worker()) {
                Ok(_) => state.threads += 1,
                Err(error) if state.threads == 0 => return Err(error),
                // The existing threads run it later.
                Err(_) => {}
            }
        }
        state.reserved += 1;
        Ok(())
    }

    /// Pushes a job after [`ensure_worker`](Self::ensure_worker).
    pub fn push(&self, job: Job) {
        let mut state = self.lock();
        state.reserved -= 1;
        state.jobs.push_back(job);
        let is_noticed = state.jobs.len() <= state.almost_idle;
        drop(state);
        if !is_noticed {
            self.changed.notify_one();
        }
    }

    /// Ends the threads after the queued jobs.
    pub fn close(&self) {
        if self.is_of_parent() {
            return;
        }
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Returns whether the pool was created by a parent of this process.
    pub fn is_of_parent(&self) -> bool {
        self.generation != fork_generation::current()
    }

    fn run_worker(&self) {
        let worker = Worker {
            pool: Some(self),
            is_almost_idle: Cell::new(false),
        };
        while let Some(job) = self.next(&worker) {
            run_job_catching_panics(job, &worker);
        }
    }

    fn next(&self, worker: &Worker<'_>) -> Option<Job> {
        let mut state = self.lock();
        state.almost_idle -= usize::from(worker.is_almost_idle.take());
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if state.closed && state.reserved == 0 {
                state.threads -= 1;
                return None;
            }
            state.idle += 1;
            let (woken, waited) = self
                .changed
                .wait_timeout(state, IDLE_TIMEOUT)
                .unwrap_or_else(PoisonError::into_inner);
            state = woken;
            state.idle -= 1;
            if waited.timed_out() && state.jobs.is_empty() && state.reserved == 0 {
                state.threads -= 1;
                return None;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, PoolState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs a job. Catches a panic, which the panic hook reports, so that the thread survives it.
pub fn run_job_catching_panics(job: Job, worker: &Worker<'_>) {
    let _ = catch_unwind(AssertUnwindSafe(|| job(worker)));
}

/// The thread that runs a job.
#[derive(Default)]
pub struct Worker<'a> {
    /// The pool of the thread; `None` if the caller of `submit` runs the job.
    pool: Option<&'a Pool>,
    /// Whether the pool counts the thread as almost idle.
    is_almost_idle: Cell<bool>,
}

impl Worker<'_> {
    /// Marks the thread as almost idle: its job is done, except that its result must be reported. If the receiver of the
    /// result submits the next job at once, no other thread is woken for it.
    pub fn mark_almost_idle(&self) {
        if let Some(pool) = self.pool
            && !self.is_almost_idle.replace(true)
        {
            pool.lock().almost_idle += 1;
        }
    }

    /// Withdraws [`mark_almost_idle`](Self::mark_almost_idle): the thread runs another job first.
    pub fn mark_busy(&self) {
        if let Some(pool) = self.pool
            && self.is_almost_idle.take()
        {
            pool.lock().almost_idle -= 1;
            pool.changed.notify_one();
        }
    }
}
