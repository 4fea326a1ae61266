//! Blocking calls, without blocking Python's main thread or an event loop.
//!
//! A call of a `Client` blocks the caller: [`interruptible`] lets the main thread run signal handlers in the meantime. A call of
//! an `AsyncClient` becomes a job of [`completions`], which a thread of a [pool](thread_pool) runs; a [queue](job_queue) keeps
//! the jobs of one conversation in order. When the job is done, its result waits in the completion queue, and the
//! [descriptor](wake_descriptor) that the event loop watches becomes readable. [`fork_generation`] counts forks, because the threads
//! of a parent do not exist in its children.

pub mod completions;
pub mod fork_generation;
pub mod interruptible;
pub mod job_queue;
#[cfg(windows)]
pub mod socket_pair;
pub mod thread_pool;
pub mod wake_descriptor;
