//! Writes to the store on a thread of its own.
//!
//! `commit_queue.rs` collects operations of all threads, `writer_thread.rs` writes them in one transaction, and
//! `commit_callback.rs` reports the result of each operation.

pub(crate) mod commit_callback;
pub(crate) mod commit_queue;
pub(crate) mod writer_thread;
