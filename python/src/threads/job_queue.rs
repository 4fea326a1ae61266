//! Jobs that run one after the other, in the order in which they were submitted.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::threads::thread_pool::{Job, Pool, Worker, run_job_catching_panics};

/// An ordered queue of jobs. The jobs may run on different pools.
#[derive(Default)]
pub struct JobQueue {
    state: Mutex<JobQueueState>,
}

#[derive(Default)]
struct JobQueueState {
    /// Each job with the pool that runs it.
    jobs: VecDeque<(Arc<Pool>, Job)>,
    /// Whether a thread runs a job, or is about to.
    busy: bool,
}

impl JobQueue {
    /// Submits a job. A thread of `pool` runs it after all jobs that were submitted before.
    ///
    /// # Errors
    /// As [`Pool::submit`]. Then the job never runs.
    pub fn submit(self: &Arc<Self>, pool: &Arc<Pool>, job: Job) -> io::Result<()> {
        if pool.is_of_parent() {
            return pool.submit(job);
        }
        let mut state = self.lock();
        let is_first = !state.busy;
        if is_first {
            pool.ensure_worker()?;
            state.busy = true;
        }
        state.jobs.push_back((pool.clone(), job));
        // The woken thread takes the lock first.
        drop(state);
        if is_first {
            pool.push(self.next_job());
        }
        Ok(())
    }

    /// Returns whether all jobs are done.
    pub fn is_idle(&self) -> bool {
        !self.lock().busy
    }

    /// Returns a pool job that runs the next job of the queue.
    fn next_job(self: &Arc<Self>) -> Job {
        let queue = self.clone();
        Box::new(move |worker| queue.run_next(worker))
    }

    /// Runs one job, and submits the next one to its pool.
    fn run_next(self: &Arc<Self>, worker: &Worker<'_>) {
        loop {
            let next = self.lock().jobs.pop_front();
            if let Some((_, job)) = next {
                run_job_catching_panics(job, worker);
            }
            let mut state = self.lock();
            let Some((pool, _)) = state.jobs.front() else {
                state.busy = false;
                return;
            };
            let pool = pool.clone();
            drop(state);
            if pool.submit(self.next_job()).is_ok() {
                return;
            }
            // That pool has no thread, so this thread continues.
            worker.mark_busy();
        }
    }

    fn lock(&self) -> MutexGuard<'_, JobQueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
