//! Finds out whether a name still refers to the file that was opened under it.

use std::ffi::{CString, OsStr};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::host::files::file_status::{file_status, file_status_at};
use crate::host::files::private_file::open;
use crate::store::files::file_state::Link;

/// The open folder of a store.
#[derive(Debug)]
pub(crate) struct Folder(File);

impl Folder {
    /// Opens a folder.
    pub fn open(path: &Path) -> io::Result<Self> {
        open(path, OpenOptions::new().read(true)).map(Folder)
    }

    /// Writes the names of its files to the disk.
    pub fn sync(&self) -> io::Result<()> {
        self.0.sync_all()
    }
}

/// The name of an open file, and its identity.
#[derive(Debug)]
pub(crate) struct FileLink {
    name: CString,
    device: u64,
    inode: u64,
}

impl FileLink {
    /// Creates the link of a file that was opened with this path.
    pub fn new(file: &File, path: &Path) -> io::Result<Self> {
        let found = file_status(file)?;
        let name = path.file_name().unwrap_or(OsStr::new(""));
        Ok(FileLink {
            name: CString::new(name.as_bytes())?,
            device: found.device,
            inode: found.inode,
        })
    }

    /// Finds the file to which the name refers. `file` is the open file.
    pub fn find(&self, file: &File, folder: &Folder) -> Link {
        match file_status_at(&folder.0, &self.name) {
            Ok(found) if (found.device, found.inode) == (self.device, self.inode) => {
                Link::Open(found.into())
            }
            Ok(_) => Link::Other,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Link::Missing,
            // This process dropped its permissions for the folder. It can still see whether the file has any name.
            Err(_) => Link::of_open_file(file),
        }
    }
}

/// Opens the write-ahead log after SQLite did.
pub fn open_log(path: &Path) -> io::Result<File> {
    open(path, OpenOptions::new().read(true))
}
