//! The lock that one client has on a store: on a file beside it, which nothing else has a reason to open.
//!
//! SQLite's own lock is one of POSIX, and any code of the process loses it for all by opening the database and closing it
//! again. The lock file stays when the store is closed: to remove it safely, each client would have to look twice.

use std::ffi::{CString, OsStr};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::error::Result;
use crate::host::file_lock::FileLock;
use crate::host::stat_at::stat_at;
use crate::store::location::Location;
use crate::store::open_error;
use crate::store::open_error::{IN_USE, failed};
use crate::store::open_files::{create_or_open, open};

/// The lock on a store, until it is dropped.
#[derive(Debug)]
pub struct StoreLock {
    lock: FileLock,
    name: CString,
    device: u64,
    inode: u64,
}

impl StoreLock {
    /// Locks the store at this location; `named` is how the application calls it.
    ///
    /// # Errors
    /// [`Status::Store`](crate::status::Status::Store): another client has it, or there can be no lock file.
    pub fn acquire(named: &Path, location: &Location) -> Result<Self> {
        let path = location.beside("-lock");
        let name = path.file_name().unwrap_or(OsStr::new(""));
        let name = CString::new(name.as_bytes())
            .map_err(|error| open_error::io(named, &path, &error.into()))?;
        loop {
            let lock = FileLock::acquire(|| create_or_open(&path))
                .map_err(|error| open_error::io(named, &path, &error))?;
            let lock = lock.ok_or_else(|| failed(named, IN_USE))?;
            let folder = open(&location.folder, OpenOptions::new().read(true))
                .map_err(|error| open_error::io(named, &location.folder, &error))?;
            let found = lock.file().map(File::metadata).transpose();
            let Some(found) = found.map_err(|error| open_error::io(named, &path, &error))? else {
                return Err(failed(named, IN_USE));
            };
            let lock = StoreLock {
                lock,
                name: name.clone(),
                device: found.dev(),
                inode: found.ino(),
            };
            // Somebody may have removed it between opening and locking, and another client have a new one.
            if lock.is_in_place(&folder) {
                return Ok(lock);
            }
        }
    }

    /// Whether the file that is locked is still the one that another client would try to lock.
    pub fn is_in_place(&self, folder: &File) -> bool {
        match stat_at(folder, &self.name) {
            Ok(found) => (found.device, found.inode) == (self.device, self.inode),
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            // This process has given up the rights to look there.
            Err(_) => {
                let locked = self.lock.file().map(File::metadata);
                locked.is_some_and(|found| found.is_ok_and(|found| found.nlink() > 0))
            }
        }
    }
}
