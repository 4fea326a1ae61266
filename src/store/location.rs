//! Where a store's files are. The option `store` is a file name and nothing else: SQLite's special names and its URIs have no
//! meaning here.

use std::fs::{self, FileType};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::store::open_error;
use crate::store::open_error::failed;

/// As many links as a system follows before it takes them for a circle.
const MOST_LINKS: usize = 40;

const NO_FOLDER: &str = "what should be its folder is a file; name another";

/// The absolute path of a database file, and of those beside it. It leads through no link, so that all names of one file
/// have the same lock file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The database file.
    pub database: PathBuf,
    /// The folder that it is in.
    pub folder: PathBuf,
}

impl Location {
    /// Follows the links of a path. The file need not be there, but its folder must, and the file must be one that can hold a
    /// database.
    ///
    /// # Errors
    /// [`Status::Store`](crate::status::Status::Store), with what stands there instead.
    pub fn find(path: &Path) -> Result<Self> {
        let mut at = path.to_owned();
        for _ in 0..MOST_LINKS {
            let location = Location::in_folder(path, &at)?;
            let Ok(found) = fs::symlink_metadata(&location.database) else {
                return Ok(location);
            };
            let kind = found.file_type();
            if !kind.is_symlink() {
                return match other_than_a_file(kind) {
                    Some(what) => Err(failed(path, what)),
                    None => Ok(location),
                };
            }
            let target = fs::read_link(&location.database)
                .map_err(|error| open_error::io(path, &location.database, &error))?;
            at = location.folder.join(target);
        }
        Err(failed(path, "its links lead in a circle; name a file"))
    }

    /// Follows the links of a path's folder alone.
    fn in_folder(named: &Path, at: &Path) -> Result<Self> {
        let is_folder = at.as_os_str().as_encoded_bytes().ends_with(b"/");
        let (Some(name), false) = (at.file_name(), is_folder) else {
            return Err(failed(named, "it is a folder; name a file in it"));
        };
        let folder = match at.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let folder = canonical(folder).map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                failed(named, "its folder is not there; make it, or name another")
            }
            ErrorKind::NotADirectory => failed(named, NO_FOLDER),
            _ => open_error::io(named, folder, &error),
        })?;
        if !folder.is_dir() {
            return Err(failed(named, NO_FOLDER));
        }
        Ok(Location {
            database: folder.join(name),
            folder,
        })
    }

    /// The file whose name has this at its end.
    pub fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.database.clone().into_os_string();
        name.push(suffix);
        name.into()
    }
}

#[cfg(unix)]
fn canonical(folder: &Path) -> std::io::Result<PathBuf> {
    fs::canonicalize(folder)
}

/// Where canonical paths have a form that SQLite does not take.
#[cfg(not(unix))]
fn canonical(folder: &Path) -> std::io::Result<PathBuf> {
    fs::metadata(folder)?;
    std::path::absolute(folder)
}

/// What it is that is no file, and what to do.
fn other_than_a_file(kind: FileType) -> Option<&'static str> {
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
            return Some("it is a named pipe (FIFO); name a file, or one that is not there yet");
        }
        if kind.is_socket() {
            return Some("it is a socket; name a file, or one that is not there yet");
        }
        if kind.is_char_device() || kind.is_block_device() {
            return Some("it is a device; name a file, or one that is not there yet");
        }
    }
    Some("it is no file; name a file, or one that is not there yet")
}
