//! The lock of one client on a store. It is on a separate lock file, which no other program opens.
//!
//! SQLite's own lock is a POSIX lock: the process loses it if any of its code opens and closes the database. The lock file is
//! never removed, because another client may have locked it already.

use std::ffi::{CString, OsStr};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::error::Result;
use crate::host::file_lock::FileLock;
use crate::host::file_status::file_status_at;
use crate::store::files::location::Location;
use crate::store::files::open_files::{create_or_open, open};
use crate::store::open_error;
use crate::store::open_error::{IN_USE, unusable};

/// The lock on a store. Its drop releases the lock.
#[derive(Debug)]
pub struct StoreLock {
    lock: FileLock,
    name: CString,
    device: u64,
    inode: u64,
}

impl StoreLock {
    /// Locks the store at this location. `named` is the path for messages.
    ///
    /// # Errors
    /// [`Status::Store`](crate::status::Status::Store) if another client has the lock or the lock file cannot be created.
    pub fn acquire(named: &Path, location: &Location) -> Result<Self> {
        let path = location.with_suffix("-lock");
        let name = path.file_name().unwrap_or(OsStr::new(""));
        let name = CString::new(name.as_bytes())
            .map_err(|error| open_error::from_io(named, &path, &error.into()))?;
        loop {
            let lock = FileLock::acquire(|| create_or_open(&path))
                .map_err(|error| open_error::from_io(named, &path, &error))?;
            let lock = lock.ok_or_else(|| unusable(named, IN_USE))?;
            let folder = open(&location.folder, OpenOptions::new().read(true))
                .map_err(|error| open_error::from_io(named, &location.folder, &error))?;
            let found = lock.file().map(File::metadata).transpose();
            let Some(found) = found.map_err(|error| open_error::from_io(named, &path, &error))?
            else {
                return Err(unusable(named, IN_USE));
            };
            let lock = StoreLock {
                lock,
                name: name.clone(),
                device: found.dev(),
                inode: found.ino(),
            };
            // It may have been removed before it was locked, and another client may have created a new one.
            if lock.is_in_place(&folder) {
                return Ok(lock);
            }
        }
    }

    /// Returns whether the locked file still has its name, so that another client would try to lock it.
    pub fn is_in_place(&self, folder: &File) -> bool {
        match file_status_at(folder, &self.name) {
            Ok(found) => (found.device, found.inode) == (self.device, self.inode),
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            // This process dropped its permissions for the folder.
            Err(_) => {
                let locked = self.lock.file().map(File::metadata);
                locked.is_some_and(|found| found.is_ok_and(|found| found.nlink() > 0))
            }
        }
    }
}
