//! The files of an open store, on systems on which open files cannot be removed, or on which nothing checks them.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use crate::store::files::location::Location;

/// A change of the files by another program. It is never detected on this system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileChange {
    /// The database file was removed or renamed.
    Removed,
    /// Only the write-ahead log was removed.
    LogRemoved,
    /// A file was replaced, or another program wrote to it.
    Replaced,
}

/// The files of an open store.
#[derive(Debug)]
pub struct OpenFiles;

impl OpenFiles {
    /// Creates the value after a connection opened the files.
    pub fn new(_: &Location, _: File) -> io::Result<Self> {
        Ok(OpenFiles)
    }

    /// Checks nothing.
    pub fn check_after_write(&mut self) -> Result<(), FileChange> {
        Ok(())
    }

    /// Records nothing.
    pub fn record_checkpoint(&mut self) {}

    /// Records nothing.
    pub fn record_log_state(&mut self) {}
}

/// Creates a file, or opens the existing one.
pub fn create_or_open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
}
