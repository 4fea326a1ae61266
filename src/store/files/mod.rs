//! The files of a store: the database, the write-ahead log (`-wal`) and the lock file (`-lock`).
//!
//! `location.rs` resolves the path of the option `store` by the rules of the system (`path_rules.rs`). `store_lock.rs` locks the
//! store for one client. `open_files.rs` detects files that another program removed, replaced or wrote to.
//!
//! `file_link.rs` and `file_state.rs` read the state of a file. `log_pages.rs` and `page_checksums.rs` decide whether the contents
//! are those that this client wrote. `vfs.rs` contains the differences of SQLite between systems. `windows/` contains the files
//! for Windows, with the same items.

#[cfg_attr(windows, path = "windows/file_link.rs")]
mod file_link;
mod file_state;
pub(crate) mod location;
mod log_pages;
pub(crate) mod open_files;
mod page_checksums;
#[cfg_attr(windows, path = "windows/path_rules.rs")]
pub(crate) mod path_rules;
pub(crate) mod store_lock;
#[cfg_attr(windows, path = "windows/vfs.rs")]
pub(crate) mod vfs;
