//! Whether the files that a store writes to are still those that its path leads to.
//!
//! A file that was removed or replaced while it is open can be written to, and what is written is gone when it is closed. Another
//! SQLite that opens the store and closes it again removes the log. So each commit looks before and after, by the names in the
//! folder and by what stands at the beginning of both files. That costs a few system calls without waiting.

use std::ffi::{CString, OsStr};
use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::host::stat_at::stat_at;
use crate::store::location::Location;

/// As much of the beginning of a database, and of a log, as changes whenever somebody else writes there.
const DATABASE_HEADER: usize = 100;
const LOG_HEADER: usize = 32;

/// What has become of a store's files.
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
pub struct OpenFiles {
    folder: File,
    database: OpenFile<DATABASE_HEADER>,
    log: OpenFile<LOG_HEADER>,
}

/// One of them. It stays open for as long as SQLite has it open, for closing it drops SQLite's own locks.
#[derive(Debug)]
struct OpenFile<const HEADER: usize> {
    file: File,
    name: CString,
    device: u64,
    inode: u64,
    known: Option<Known<HEADER>>,
}

impl OpenFiles {
    /// Those that a connection has just opened; `database` was opened before.
    pub fn new(location: &Location, database: File) -> io::Result<Self> {
        let log = location.beside("-wal");
        let opened = open(&log, OpenOptions::new().read(true))?;
        let mut files = OpenFiles {
            folder: open(&location.folder, OpenOptions::new().read(true))?,
            database: OpenFile::new(database, &location.database)?,
            log: OpenFile::new(opened, &log)?,
        };
        files.remember();
        Ok(files)
    }

    /// Looks before something is written: all must be as it was after what was written last.
    pub fn check(&self) -> Result<(), Changed> {
        let (database, log) = self.look()?;
        if self.database.is_as_known(database) && self.log.is_as_known(log) {
            Ok(())
        } else {
            Err(Changed::Replaced)
        }
    }

    /// Looks after something was written, and notes what stands there now.
    pub fn check_written(&mut self) -> Result<(), Changed> {
        let (database, log) = self.look()?;
        let header = self.log.header(log.size).ok_or(Changed::Replaced)?;
        // Where somebody has cut the log off meanwhile, what was written last stands behind a hole.
        let has_shrunk = self
            .log
            .known
            .is_some_and(|known| log.size < known.written.size);
        if has_shrunk || log.size > 0 && header[..4] == [0; 4] {
            return Err(Changed::Replaced);
        }
        self.log.known = Some(Known {
            written: log,
            header,
        });
        if self.database.known.map(|known| known.written) != Some(database) {
            self.database.known = self.database.know(database);
        }
        Ok(())
    }

    /// The folder that they are in.
    pub fn folder(&self) -> &File {
        &self.folder
    }

    /// Notes what stands there now.
    pub fn remember(&mut self) {
        self.database.known = self.database.know_now();
        self.log.known = self.log.know_now();
    }

    /// Whether all that was written can still be read from the files that are open, whatever their names are.
    pub fn hold_everything(&self) -> bool {
        let known = |known: Option<Written>| known.map_or(0, |written| written.size);
        let database = known(self.database.known.map(|known| known.written));
        known(Written::now(&self.database.file)) >= database
            && Written::now(&self.log.file).is_some_and(|now| self.log.is_as_known(now))
    }

    /// Whether the name of the log is that of the open one.
    pub fn log_has_its_name(&self) -> bool {
        matches!(self.log.look(&self.folder), Name::Its(_))
    }

    /// When both were written to, and how large they are, where both have their names.
    fn look(&self) -> Result<(Written, Written), Changed> {
        let database = match self.database.look(&self.folder) {
            Name::Its(written) => written,
            Name::Anothers => return Err(Changed::Replaced),
            Name::Nobodys => return Err(Changed::Removed),
        };
        match self.log.look(&self.folder) {
            Name::Its(log) => Ok((database, log)),
            Name::Anothers => Err(Changed::Replaced),
            Name::Nobodys => Err(Changed::LogRemoved),
        }
    }
}

/// How large a file is, and when it was last written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Written {
    size: u64,
    modified: (i64, i64),
}

impl Written {
    fn now(file: &File) -> Option<Self> {
        let found = file.metadata().ok()?;
        Some(Written {
            size: found.len(),
            modified: (found.mtime(), found.mtime_nsec()),
        })
    }
}

/// What stood in a file after what was written last.
#[derive(Clone, Copy, Debug)]
struct Known<const HEADER: usize> {
    written: Written,
    header: [u8; HEADER],
}

/// What a name in the folder leads to.
enum Name {
    /// The file that is open.
    Its(Written),
    Anothers,
    Nobodys,
}

impl<const HEADER: usize> OpenFile<HEADER> {
    fn new(file: File, path: &Path) -> io::Result<Self> {
        let found = file.metadata()?;
        let name = path.file_name().unwrap_or(OsStr::new(""));
        Ok(OpenFile {
            name: CString::new(name.as_bytes())?,
            device: found.dev(),
            inode: found.ino(),
            file,
            known: None,
        })
    }

    fn look(&self, folder: &File) -> Name {
        match stat_at(folder, &self.name) {
            Ok(found) if (found.device, found.inode) == (self.device, self.inode) => {
                Name::Its(Written {
                    size: found.size,
                    modified: found.modified,
                })
            }
            Ok(_) => Name::Anothers,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Name::Nobodys,
            // A process that has given up its rights may not look there, and still sees whether the file has any name.
            Err(_) => match (self.file.metadata(), Written::now(&self.file)) {
                (Ok(found), Some(written)) if found.nlink() > 0 => Name::Its(written),
                _ => Name::Nobodys,
            },
        }
    }

    /// Whether nobody has written to it. Where its time has changed, its beginning decides: some file systems write the time
    /// late.
    fn is_as_known(&self, now: Written) -> bool {
        self.known.is_some_and(|known| {
            now == known.written
                || now.size == known.written.size && self.header(now.size) == Some(known.header)
        })
    }

    fn know_now(&self) -> Option<Known<HEADER>> {
        self.know(Written::now(&self.file)?)
    }

    fn know(&self, written: Written) -> Option<Known<HEADER>> {
        let header = self.header(written.size)?;
        Some(Known { written, header })
    }

    /// The first bytes of a file of this size; `None` where they can't be read.
    fn header(&self, size: u64) -> Option<[u8; HEADER]> {
        let mut header = [0; HEADER];
        if size >= HEADER as u64 {
            self.file.read_exact_at(&mut header, 0).ok()?;
        }
        Some(header)
    }
}

/// Makes a file for its owner alone, or opens the one that is there.
pub fn create_or_open(path: &Path) -> io::Result<File> {
    match create_private(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            open(path, OpenOptions::new().read(true).write(true))
        }
        made => made,
    }
}

/// Makes a file that its owner alone may read and write, whatever the process's umask is.
pub fn create_private(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

/// Opens a file or a folder, follows no link, and does not wait for anybody at the other end of a pipe.
pub fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    options
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)
}
