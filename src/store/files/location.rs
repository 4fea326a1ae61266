//! The path of a store. The option `store` is a plain file name: SQLite's special names and URIs are not supported.

use std::fs::{self, FileType};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::store::open_error;
use crate::store::open_error::unusable;

/// The limit for symbolic links, as in Linux.
const MAX_LINKS: usize = 40;

const NOT_A_FOLDER: &str = "its folder is a file; name another";

/// The absolute path of a database file, without symbolic links. So all names of one file share one lock file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The database file.
    pub database: PathBuf,
    /// Its folder.
    pub folder: PathBuf,
}

impl Location {
    /// Resolves the symbolic links of a path. Its folder must exist; the file need not.
    ///
    /// # Errors
    /// [`Status::Store`](crate::status::Status::Store) if the folder is missing or the path is not a regular file.
    pub fn resolve(path: &Path) -> Result<Self> {
        let mut at = path.to_owned();
        for _ in 0..MAX_LINKS {
            let location = Location::resolve_folder(path, &at)?;
            let Ok(found) = fs::symlink_metadata(&location.database) else {
                return Ok(location);
            };
            let kind = found.file_type();
            if !kind.is_symlink() {
                return match file_type_error(kind) {
                    Some(reason) => Err(unusable(path, reason)),
                    None => Ok(location),
                };
            }
            let target = fs::read_link(&location.database)
                .map_err(|error| open_error::from_io(path, &location.database, &error))?;
            at = location.folder.join(target);
        }
        Err(unusable(
            path,
            "its symbolic links form a loop; name a file",
        ))
    }

    /// Resolves the symbolic links of the folder only. `named` is the path for messages.
    fn resolve_folder(named: &Path, path: &Path) -> Result<Self> {
        let is_folder = path.as_os_str().as_encoded_bytes().ends_with(b"/");
        let (Some(name), false) = (path.file_name(), is_folder) else {
            return Err(unusable(named, "it is a folder; name a file in it"));
        };
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let folder = canonicalize(folder).map_err(|error| match error.kind() {
            ErrorKind::NotFound => unusable(
                named,
                "its folder does not exist; create it, or name another",
            ),
            ErrorKind::NotADirectory => unusable(named, NOT_A_FOLDER),
            _ => open_error::from_io(named, folder, &error),
        })?;
        if !folder.is_dir() {
            return Err(unusable(named, NOT_A_FOLDER));
        }
        Ok(Location {
            database: folder.join(name),
            folder,
        })
    }

    /// Returns the path of the copy that a repair writes. It stays after a crash only.
    pub fn unfinished_copy(&self) -> PathBuf {
        self.with_suffix("-unfinished")
    }

    /// Returns the path with a suffix, for example `-wal`.
    pub fn with_suffix(&self, suffix: &str) -> PathBuf {
        let mut name = self.database.clone().into_os_string();
        name.push(suffix);
        name.into()
    }
}

#[cfg(unix)]
fn canonicalize(folder: &Path) -> std::io::Result<PathBuf> {
    fs::canonicalize(folder)
}

/// On this system, canonical paths have a form that SQLite does not accept.
#[cfg(not(unix))]
fn canonicalize(folder: &Path) -> std::io::Result<PathBuf> {
    fs::metadata(folder)?;
    std::path::absolute(folder)
}

/// Returns the message for a path that is not a regular file.
fn file_type_error(kind: FileType) -> Option<&'static str> {
    if kind.is_file() {
        return None;
    }
    if kind.is_dir() {
        return Some("it is a folder; name a file in it");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return Some("it is a named pipe (FIFO); name a file, or one that does not exist yet");
        }
        if kind.is_socket() {
            return Some("it is a socket; name a file, or one that does not exist yet");
        }
        if kind.is_char_device() || kind.is_block_device() {
            return Some("it is a device; name a file, or one that does not exist yet");
        }
    }
    Some("it is not a file; name a file, or one that does not exist yet")
}
