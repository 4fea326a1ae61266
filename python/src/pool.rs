//! Threads that make requests for those who must not block: the main thread, which has to see to signals, and event loops.
//!
//! None of them ever runs Python.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::waiting::forks;

/// As many requests as one client makes at once. Others wait for a thread.
const MOST_THREADS: usize = 64;

/// How long a thread waits for more to do before it ends.
const IDLE: Duration = Duration::from_secs(10);

/// Something to do.
pub type Job = Box<dyn FnOnce() + Send>;

/// The threads of one client. They start when there is something to do, and end when there is nothing for a while.
pub struct Pool {
    state: Mutex<State>,
    changed: Condvar,
    /// In which generation of forked processes it was made.
    forks: u64,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
    closed: bool,
}

impl Pool {
    /// A pool without threads.
    pub fn new() -> Self {
        Pool {
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
            job();
            return Ok(());
        }
        let mut state = self.lock();
        if state.idle <= state.jobs.len() && state.threads < MOST_THREADS {
            let pool = self.clone();
            match omnize::spawn_thread("omnize-call", move || pool.work()) {
                Ok(_) => state.threads += 1,
                Err(error) if state.threads == 0 => return Err(error),
                // Those there are do it, later.
                Err(_) => {}
            }
        }
        state.jobs.push_back(job);
        drop(state);
        self.changed.notify_one();
        Ok(())
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
        while let Some(job) = self.next() {
            job();
        }
    }

    fn next(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if state.closed {
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
            if waited.timed_out() && state.jobs.is_empty() {
                state.threads -= 1;
                return None;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Jobs that are done one after the other, in the order in which they were submitted.
#[derive(Default)]
pub struct Queue {
    state: Mutex<QueueState>,
}

#[derive(Default)]
struct QueueState {
    jobs: VecDeque<Job>,
    busy: bool,
}

impl Queue {
    /// Has a thread of `pool` do this behind what was submitted before.
    ///
    /// # Errors
    /// As [`Pool::submit`].
    pub fn submit(self: &Arc<Self>, pool: &Arc<Pool>, job: Job) -> io::Result<()> {
        if pool.is_of_parent() {
            return pool.submit(job);
        }
        let mut state = self.lock();
        state.jobs.push_back(job);
        if state.busy {
            return Ok(());
        }
        state.busy = true;
        drop(state);
        let begun = self.go_on(pool);
        if begun.is_err() {
            let mut state = self.lock();
            state.busy = false;
            state.jobs.clear();
        }
        begun
    }

    fn go_on(self: &Arc<Self>, pool: &Arc<Pool>) -> io::Result<()> {
        let (queue, threads) = (self.clone(), pool.clone());
        pool.submit(Box::new(move || {
            let job = queue.lock().jobs.pop_front();
            if let Some(job) = job {
                job();
            }
            let is_over = {
                let mut state = queue.lock();
                state.busy = !state.jobs.is_empty();
                !state.busy
            };
            if !is_over {
                // This thread is one that can do it, so there is no failing.
                let _ = queue.go_on(&threads);
            }
        }))
    }

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
