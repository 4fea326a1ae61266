//! The files of a store: the database, the write-ahead log (`-wal`) and the lock file (`-lock`).
//!
//! `location.rs` resolves the path of the option `store`, `store_lock.rs` locks the store for one client, and
//! `open_files.rs` detects files that another program removed, replaced or wrote to.
//!
//! `log_pages.rs` and `page_checksums.rs` decide whether the contents are those that this client wrote. On other systems than Unix, `no_store_lock.rs` and `no_file_checks.rs` take the places of `store_lock.rs` and `open_files.rs`.

pub(crate) mod location;
#[cfg(unix)]
mod log_pages;
#[cfg(unix)]
pub(crate) mod open_files;
#[cfg(not(unix))]
#[path = "no_file_checks.rs"]
pub(crate) mod open_files;
#[cfg(unix)]
mod page_checksums;
#[cfg(unix)]
pub(crate) mod store_lock;
#[cfg(not(unix))]
#[path = "no_store_lock.rs"]
pub(crate) mod store_lock;
