//! The path of a store. The option `store` is a plain file name: SQLite's special names and URIs are not supported.

use std::fs::{self, FileType};
use std::io::ErrorKind;
use std::path::{Path, PathBuf, is_separator};

use crate::error::Result;
use crate::store::files::path_rules;
use crate::store::open_error;
use crate::store::open_error::unusable;

/// The limit for symbolic links, as in Linux.
const MAX_LINKS: usize = 40;

const A_FOLDER: &str = "it is a folder; name a file in it";
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
            path_rules::check_path(&at).map_err(|reason| unusable(path, reason))?;
            let location = Location::resolve_folder(path, &at)?;
            let Ok(found) = fs::symlink_metadata(&location.database) else {
                return location.check_folder(path);
            };
            let kind = found.file_type();
            if !kind.is_symlink() {
                return match file_type_error(kind) {
                    Some(reason) => Err(unusable(path, reason)),
                    None => location.check_folder(path),
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
        let last = path.as_os_str().as_encoded_bytes().last();
        let is_folder = last.is_some_and(|last| is_separator((*last).into()));
        let (Some(name), false) = (path.file_name(), is_folder) else {
            return Err(unusable(named, A_FOLDER));
        };
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let folder = path_rules::canonicalize(folder).map_err(|error| match error.kind() {
            ErrorKind::NotFound => unusable(
                named,
                format!(
                    "its folder does not exist; create it, or name another{}",
                    path_rules::missing_folder_advice(named)
                ),
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

    /// Fails if the folder can't contain a store. `named` is the path for messages.
    fn check_folder(self, named: &Path) -> Result<Self> {
        path_rules::check_folder(named, &self.folder).map_err(|reason| unusable(named, reason))?;
        Ok(self)
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

/// Returns the message for a path that is not a regular file.
fn file_type_error(kind: FileType) -> Option<String> {
    if kind.is_file() {
        return None;
    }
    if kind.is_dir() {
        return Some(A_FOLDER.to_owned());
    }
    let kind = path_rules::special_file(kind);
    Some(format!(
        "it is {kind}; name a file, or one that does not exist yet"
    ))
}
