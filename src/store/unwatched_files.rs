//! The files of an open store on systems where a file that is open can't be removed or replaced, or where nobody looks.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use crate::store::database::Database;
use crate::store::location::Location;

/// What has become of a store's files. Here nobody looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// The database file has no name any more, or another one.
    Removed,
    /// The log alone has none.
    LogRemoved,
    /// Another file has the name of one of them, or somebody else has written to one.
    Replaced,
}

/// The files of a store that is open.
#[derive(Debug)]
pub struct OpenFiles;

impl OpenFiles {
    /// Those that a connection has just opened.
    pub fn new(_: &Location, _: File) -> io::Result<Self> {
        Ok(OpenFiles)
    }

    /// Looks at nothing.
    pub fn check_written(&mut self) -> Result<(), Changed> {
        Ok(())
    }

    /// Notes nothing.
    pub fn remember(&mut self) {}
}

impl Database {
    /// Looks at nothing.
    pub(crate) fn make_usable(&mut self) -> Result<(), Changed> {
        Ok(())
    }
}

/// Makes a file, or opens the one that is there.
pub fn create_or_open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
}
