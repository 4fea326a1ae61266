//! Detects changes of an open store's files by other programs.
//!
//! Data that is written to a removed file is lost when the file is closed, and another SQLite removes the log when it closes the
//! store. So each commit checks before it writes that the files have their names, sizes and times, and after it that the log has
//! its name. This costs one system call for each check, which does not block. If only a time differs, the contents decide: backup
//! programs set times, and some file systems update the time of the client's own write later.

use std::ffi::{CString, OsStr};
use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::host::file_status::file_status_at;
use crate::store::files::location::Location;
use crate::store::files::log_pages::LogPages;
use crate::store::files::page_checksums::PageChecksums;

/// The number of first bytes that change with each write of another program, in the database and in the log.
const DATABASE_HEADER: usize = 100;
const LOG_HEADER: usize = 32;

/// How late a file system may update the time of a write, in seconds.
const LATE_SECONDS: u64 = 5;

/// A change of the files by another program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileChange {
    /// The database file was removed or renamed.
    Removed,
    /// Only the write-ahead log was removed.
    LogRemoved,
    /// A file was replaced, or another program wrote to it.
    Replaced,
}

/// The contents of the open files, with or without their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenContents {
    /// The files are as this client wrote them.
    Unchanged,
    /// Another program copied the log into the database, and wrote nothing else to the same pages.
    Checkpointed,
    /// Another program wrote to the files.
    Changed,
}

/// The files of an open store.
#[derive(Debug)]
pub struct OpenFiles {
    folder: File,
    database: OpenFile<DATABASE_HEADER>,
    log: OpenFile<LOG_HEADER>,
    pages: PageChecksums,
    /// Whether the next write may change the header of the log.
    is_log_restarting: bool,
}

/// One file. It stays open as long as SQLite has it open, because closing it drops SQLite's own locks.
#[derive(Debug)]
struct OpenFile<const HEADER: usize> {
    file: File,
    name: CString,
    device: u64,
    inode: u64,
    last: Option<Snapshot<HEADER>>,
}

impl OpenFiles {
    /// Creates the value after a connection opened the files. `database` was opened before.
    pub fn new(location: &Location, database: File) -> io::Result<Self> {
        let log = location.with_suffix("-wal");
        let opened = open(&log, OpenOptions::new().read(true))?;
        let mut files = OpenFiles {
            pages: PageChecksums::read(&database)?,
            folder: open(&location.folder, OpenOptions::new().read(true))?,
            database: OpenFile::new(database, &location.database)?,
            log: OpenFile::new(opened, &log)?,
            is_log_restarting: true,
        };
        files.record_checkpoint();
        files.record_log_state();
        Ok(files)
    }

    /// Checks before a write that the files are unchanged since the last one.
    ///
    /// If a time differs or the last state is unknown, this reads the contents. `count_frames` returns SQLite's number of
    /// committed frames in the log.
    pub fn check_before_write(
        &mut self,
        count_frames: impl FnOnce() -> Option<u64>,
    ) -> Result<(), FileChange> {
        let (database, log) = self.stamps()?;
        if self.database.is_unchanged(database) && self.log.is_unchanged(log) {
            return Ok(());
        }
        let logged = count_frames().and_then(|frames| self.own_log_pages(frames));
        let logged = logged.ok_or(FileChange::Replaced)?;
        match self
            .pages
            .match_files(&self.database.file, &self.log.file, &logged)
        {
            Ok(true) => {}
            _ => return Err(FileChange::Replaced),
        }
        // With the earlier stamps, so that a write during the comparison is detected later.
        self.log.last = self.log.snapshot(log);
        self.record_database(Some(database), &logged);
        Ok(())
    }

    /// Checks the log after a write, and records its new state. The next write checks the rest: the open files still contain
    /// all data then.
    pub fn check_after_write(&mut self) -> Result<(), FileChange> {
        let stamp = self.log_stamp()?;
        // If reading fails, the next check compares the contents.
        let last = self.log.last.take().ok_or(FileChange::Replaced)?;
        let has_grown = stamp.size > last.stamp.size;
        let header = match has_grown || self.is_log_restarting {
            true => self.log.header(stamp.size).ok_or(FileChange::Replaced)?,
            false => last.header,
        };
        // If another program truncated the log before the write, the log has a hole now.
        if stamp.size < last.stamp.size || stamp.size > 0 && header[..4] == [0; 4] {
            self.log.last = Some(last);
            return Err(FileChange::Replaced);
        }
        // A commit without changes writes nothing, so the next one may still begin a new log.
        self.is_log_restarting &= !has_grown && header == last.header;
        self.log.last = Some(Snapshot { stamp, header });
        Ok(())
    }

    /// Returns their folder.
    pub fn folder(&self) -> &File {
        &self.folder
    }

    /// Records the current state of the database, after this client wrote the log into it.
    pub fn record_checkpoint(&mut self) {
        self.is_log_restarting = true;
        // If reading fails, the next check compares the contents.
        match LogPages::read(&self.log.file) {
            Ok(logged) => self.record_database(FileStamp::now(&self.database.file), &logged),
            Err(_) => self.database.last = None,
        }
    }

    /// Records the current state of the log, after this client wrote to it.
    pub fn record_log_state(&mut self) {
        self.log.last = self.log.current_snapshot();
    }

    /// Compares the open files with what this client wrote to them. They may have lost their names. `frames` is SQLite's
    /// number of committed frames in the log.
    pub fn compare_contents(&self, frames: Option<u64>) -> OpenContents {
        let Some(logged) = frames.and_then(|frames| self.own_log_pages(frames)) else {
            return OpenContents::Changed;
        };
        let (database, log) = (&self.database.file, &self.log.file);
        if let Ok(true) = logged.are_in_database(log, database) {
            return OpenContents::Checkpointed;
        }
        match self.pages.match_files(database, log, &logged) {
            Ok(true) => OpenContents::Unchanged,
            _ => OpenContents::Changed,
        }
    }

    /// Returns the pages of the open log, if all its transactions are those of this client.
    fn own_log_pages(&self, frames: u64) -> Option<LogPages> {
        let size = FileStamp::now(&self.log.file)?.size;
        if let Some(last) = self.log.last
            && (size != last.stamp.size || self.log.header(size) != Some(last.header))
        {
            return None;
        }
        let logged = LogPages::read(&self.log.file).ok()?;
        (logged.frames == frames).then_some(logged)
    }

    /// Records a state of the database in which only pages of the log have changed.
    fn record_database(&mut self, stamp: Option<FileStamp>, logged: &LogPages) {
        let updated = self.pages.update(&self.database.file, logged.numbers());
        self.database.last = match (stamp, updated) {
            (Some(stamp), Ok(())) => self.database.snapshot(stamp),
            _ => None,
        };
    }

    /// Uses another open file for the checks of the database, and returns the earlier one.
    #[cfg(test)]
    pub fn exchange_database(&mut self, file: File) -> File {
        std::mem::replace(&mut self.database.file, file)
    }

    /// Uses another open file for the checks of the log, and returns the earlier one.
    #[cfg(test)]
    pub fn exchange_log(&mut self, file: File) -> File {
        std::mem::replace(&mut self.log.file, file)
    }

    /// Returns whether the name of the log refers to the open log.
    pub fn is_log_linked(&self) -> bool {
        matches!(self.log.link(&self.folder), Link::Open(_))
    }

    /// Returns the stamps of the database and of the log, if both have their names.
    fn stamps(&self) -> Result<(FileStamp, FileStamp), FileChange> {
        let database = match self.database.link(&self.folder) {
            Link::Open(stamp) => stamp,
            Link::Other => return Err(FileChange::Replaced),
            Link::Missing => return Err(FileChange::Removed),
        };
        Ok((database, self.log_stamp()?))
    }

    /// Returns the stamp of the log, if it has its name.
    fn log_stamp(&self) -> Result<FileStamp, FileChange> {
        match self.log.link(&self.folder) {
            Link::Open(log) => Ok(log),
            Link::Other => Err(FileChange::Replaced),
            Link::Missing => Err(FileChange::LogRemoved),
        }
    }
}

/// The size of a file, and the time of its last write in seconds and nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileStamp {
    size: u64,
    modified: (i64, i64),
}

impl FileStamp {
    fn now(file: &File) -> Option<Self> {
        let found = file.metadata().ok()?;
        Some(FileStamp {
            size: found.len(),
            modified: (found.mtime(), found.mtime_nsec()),
        })
    }
}

/// The state of a file after the last write.
#[derive(Clone, Copy, Debug)]
struct Snapshot<const HEADER: usize> {
    stamp: FileStamp,
    header: [u8; HEADER],
}

/// The file to which a name in the folder refers.
enum Link {
    /// The open file.
    Open(FileStamp),
    /// Another file.
    Other,
    Missing,
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
            last: None,
        })
    }

    fn link(&self, folder: &File) -> Link {
        match file_status_at(folder, &self.name) {
            Ok(found) if (found.device, found.inode) == (self.device, self.inode) => {
                Link::Open(FileStamp {
                    size: found.size,
                    modified: found.modified,
                })
            }
            Ok(_) => Link::Other,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Link::Missing,
            // A process without permissions for the folder can still see whether the file has any name.
            Err(_) => match (self.file.metadata(), FileStamp::now(&self.file)) {
                (Ok(found), Some(stamp)) if found.nlink() > 0 => Link::Open(stamp),
                _ => Link::Missing,
            },
        }
    }

    /// Returns whether no other program wrote to the file. If its time differs slightly, the first bytes decide: to read all on a
    /// file system that updates the time late would take long.
    fn is_unchanged(&self, now: FileStamp) -> bool {
        self.last.is_some_and(|last| {
            now == last.stamp
                || now.size == last.stamp.size
                    && now.modified.0.abs_diff(last.stamp.modified.0) < LATE_SECONDS
                    && self.header(now.size) == Some(last.header)
        })
    }

    fn current_snapshot(&self) -> Option<Snapshot<HEADER>> {
        self.snapshot(FileStamp::now(&self.file)?)
    }

    fn snapshot(&self, stamp: FileStamp) -> Option<Snapshot<HEADER>> {
        let header = self.header(stamp.size)?;
        Some(Snapshot { stamp, header })
    }

    /// Reads the first bytes of a file with this size; zeros if the file is shorter. Returns `None` if reading fails.
    fn header(&self, size: u64) -> Option<[u8; HEADER]> {
        let mut header = [0; HEADER];
        if size >= HEADER as u64 {
            self.file.read_exact_at(&mut header, 0).ok()?;
        }
        Some(header)
    }
}

/// Creates a file that only its owner may access, or opens the existing one.
pub fn create_or_open(path: &Path) -> io::Result<File> {
    match create_private(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            open(path, OpenOptions::new().read(true).write(true))
        }
        created => created,
    }
}

/// Creates a file that only its owner may read and write, with any umask of the process.
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

/// Opens a file or a folder. Follows no symbolic link, and does not block on a named pipe.
pub fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    options
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)
}
