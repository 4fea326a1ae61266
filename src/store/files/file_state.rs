//! The state of an open file: its size, its time, and whether it still has its name.

use std::fs::File;

use crate::host::files::file_status::{FileStatus, file_status};

/// The size of a file, and the time of its last write in seconds and nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileVersion {
    pub size: u64,
    pub modified: (i64, i64),
}

impl FileVersion {
    /// Returns the version of an open file, or `None` if the system call fails.
    pub fn now(file: &File) -> Option<Self> {
        file_status(file).ok().map(FileVersion::from)
    }
}

impl From<FileStatus> for FileVersion {
    fn from(found: FileStatus) -> Self {
        FileVersion {
            size: found.size,
            modified: found.modified,
        }
    }
}

/// The file to which a name in the folder refers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// The open file.
    Open(FileVersion),
    /// Another file.
    #[cfg_attr(windows, allow(dead_code, reason = "an open file keeps its name"))]
    Other,
    Missing,
}

impl Link {
    /// Returns the link of a file whose name can't be read: any name counts.
    pub fn of_open_file(file: &File) -> Self {
        match file_status(file) {
            Ok(found) if found.links > 0 => Link::Open(found.into()),
            _ => Link::Missing,
        }
    }
}
