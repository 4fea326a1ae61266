//! Finds out whether an open file still has a name.
//!
//! On this system, other programs can't remove or rename the files of an open store, or its folder: SQLite and this library open
//! them without sharing that. So only files on a disk that disappeared have no name.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use crate::store::files::file_state::Link;

/// The folder of a store. Nothing can move it.
#[derive(Debug)]
pub(crate) struct Folder;

impl Folder {
    /// Opens nothing.
    pub fn open(_: &Path) -> io::Result<Self> {
        Ok(Folder)
    }

    /// Does nothing. This system has no call that writes the names of files to the disk; NTFS logs their changes.
    pub fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

/// The name of an open file. It can't change.
#[derive(Debug)]
pub(crate) struct FileLink;

impl FileLink {
    /// Creates the link of an open file.
    pub fn new(_: &File, _: &Path) -> io::Result<Self> {
        Ok(FileLink)
    }

    /// Finds the file to which the name refers. `file` is the open file.
    pub fn find(&self, file: &File, _: &Folder) -> Link {
        Link::of_open_file(file)
    }
}

/// Opens the write-ahead log after SQLite did. SQLite may remove it when it closes the store, although this file is open.
pub fn open_log(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(path)
}
