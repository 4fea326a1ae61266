//! The lock of one client on a store. It is on a separate lock file, which no other program opens.
//!
//! SQLite's own lock is a POSIX lock: the process loses it if any of its code opens and closes the database. The lock file is
//! never removed, because another client may have locked it already.

use std::io;
use std::path::Path;

use crate::error::Result;
use crate::host::files::file_lock::FileLock;
use crate::host::files::private_file::create_or_open;
use crate::store::files::file_link::{FileLink, Folder};
use crate::store::files::file_state::Link;
use crate::store::files::location::Location;
use crate::store::open_error;
use crate::store::open_error::{IN_USE, unusable};

/// The lock on a store. Its drop releases the lock.
#[derive(Debug)]
pub struct StoreLock {
    lock: FileLock,
    link: FileLink,
}

impl StoreLock {
    /// Locks the store at this location. `named` is the path for messages.
    ///
    /// # Errors
    /// [`Status::Store`](crate::status::Status::Store) if another client has the lock or the lock file cannot be created.
    pub fn acquire(named: &Path, location: &Location) -> Result<Self> {
        let path = location.with_suffix("-lock");
        let io_error = |file: &Path, error: &io::Error| open_error::from_io(named, file, error);
        loop {
            let lock = FileLock::acquire(|| create_or_open(&path))
                .map_err(|error| io_error(&path, &error))?;
            let lock = lock.ok_or_else(|| unusable(named, IN_USE))?;
            let folder = Folder::open(&location.folder)
                .map_err(|error| io_error(&location.folder, &error))?;
            let link = lock.file().map(|file| FileLink::new(file, &path));
            let link = link.ok_or_else(|| unusable(named, IN_USE))?;
            let lock = StoreLock {
                lock,
                link: link.map_err(|error| io_error(&path, &error))?,
            };
            // It may have been removed before it was locked, and another client may have created a new one.
            if lock.is_in_place(&folder) {
                return Ok(lock);
            }
        }
    }

    /// Returns whether the locked file still has its name, so that another client would try to lock it.
    pub fn is_in_place(&self, folder: &Folder) -> bool {
        let link = |file| self.link.find(file, folder);
        matches!(self.lock.file().map(link), Some(Link::Open(_)))
    }
}
