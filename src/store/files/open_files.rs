//! Detects changes of an open store's files by other programs.
//!
//! Data that is written to a removed file is lost when the file is closed, and another SQLite removes the log when it closes the
//! store. So each commit checks before it writes that the files have their names, sizes and times, and after it that the log has
//! its name. This costs one system call for each check, which does not block. If only a time differs, the contents decide: backup
//! programs set times, and some file systems update the time of the client's own write later.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::host::files::file_access::read_exact_at;
use crate::store::files::file_link::{FileLink, Folder, open_log};
use crate::store::files::file_state::{FileVersion, Link};
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
    folder: Folder,
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
    link: FileLink,
    last: Option<Snapshot<HEADER>>,
}

impl OpenFiles {
    /// Creates the value after a connection opened the files. `database` was opened before.
    pub fn new(location: &Location, database: File) -> io::Result<Self> {
        let log = location.with_suffix("-wal");
        let opened = open_log(&log)?;
        let mut files = OpenFiles {
            pages: PageChecksums::read(&database)?,
            folder: Folder::open(&location.folder)?,
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
        let (database, log) = self.versions()?;
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
        // With the earlier versions, so that a write during the comparison is detected later.
        self.log.last = self.log.snapshot(log);
        self.record_database(Some(database), &logged);
        Ok(())
    }

    /// Checks the log after a write, and records its new state. The next write checks the rest: the open files still contain
    /// all data then.
    pub fn check_after_write(&mut self) -> Result<(), FileChange> {
        let version = self.log_version()?;
        // If reading fails, the next check compares the contents.
        let last = self.log.last.take().ok_or(FileChange::Replaced)?;
        let has_grown = version.size > last.version.size;
        let header = match has_grown || self.is_log_restarting {
            true => self.log.header(version.size).ok_or(FileChange::Replaced)?,
            false => last.header,
        };
        // If another program truncated the log before the write, the log has a hole now.
        if version.size < last.version.size || version.size > 0 && header[..4] == [0; 4] {
            self.log.last = Some(last);
            return Err(FileChange::Replaced);
        }
        // A commit without changes writes nothing, so the next one may still begin a new log.
        self.is_log_restarting &= !has_grown && header == last.header;
        self.log.last = Some(Snapshot { version, header });
        Ok(())
    }

    /// Returns their folder.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Records the current state of the database, after this client wrote the log into it.
    pub fn record_checkpoint(&mut self) {
        self.is_log_restarting = true;
        // If reading fails, the next check compares the contents.
        match LogPages::read(&self.log.file) {
            Ok(logged) => self.record_database(FileVersion::now(&self.database.file), &logged),
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
        let size = FileVersion::now(&self.log.file)?.size;
        if let Some(last) = self.log.last
            && (size != last.version.size || self.log.header(size) != Some(last.header))
        {
            return None;
        }
        let logged = LogPages::read(&self.log.file).ok()?;
        (logged.frames == frames).then_some(logged)
    }

    /// Records a state of the database in which only pages of the log have changed.
    fn record_database(&mut self, version: Option<FileVersion>, logged: &LogPages) {
        let updated = self.pages.update(&self.database.file, logged.numbers());
        self.database.last = match (version, updated) {
            (Some(version), Ok(())) => self.database.snapshot(version),
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
        matches!(self.log.find_link(&self.folder), Link::Open(_))
    }

    /// Returns the versions of the database and of the log, if both have their names.
    fn versions(&self) -> Result<(FileVersion, FileVersion), FileChange> {
        let database = match self.database.find_link(&self.folder) {
            Link::Open(version) => version,
            Link::Other => return Err(FileChange::Replaced),
            Link::Missing => return Err(FileChange::Removed),
        };
        Ok((database, self.log_version()?))
    }

    /// Returns the version of the log, if it has its name.
    fn log_version(&self) -> Result<FileVersion, FileChange> {
        match self.log.find_link(&self.folder) {
            Link::Open(log) => Ok(log),
            Link::Other => Err(FileChange::Replaced),
            Link::Missing => Err(FileChange::LogRemoved),
        }
    }
}

/// The state of a file after the last write.
#[derive(Clone, Copy, Debug)]
struct Snapshot<const HEADER: usize> {
    version: FileVersion,
    header: [u8; HEADER],
}

impl<const HEADER: usize> OpenFile<HEADER> {
    fn new(file: File, path: &Path) -> io::Result<Self> {
        Ok(OpenFile {
            link: FileLink::new(&file, path)?,
            file,
            last: None,
        })
    }

    fn find_link(&self, folder: &Folder) -> Link {
        self.link.find(&self.file, folder)
    }

    /// Returns whether no other program wrote to the file. If its time differs slightly, the first bytes decide: to read all on a
    /// file system that updates the time late would take long.
    fn is_unchanged(&self, now: FileVersion) -> bool {
        self.last.is_some_and(|last| {
            now == last.version
                || now.size == last.version.size
                    && now.modified.0.abs_diff(last.version.modified.0) < LATE_SECONDS
                    && self.header(now.size) == Some(last.header)
        })
    }

    fn current_snapshot(&self) -> Option<Snapshot<HEADER>> {
        self.snapshot(FileVersion::now(&self.file)?)
    }

    fn snapshot(&self, version: FileVersion) -> Option<Snapshot<HEADER>> {
        let header = self.header(version.size)?;
        Some(Snapshot { version, header })
    }

    /// Reads the first bytes of a file with this size; zeros if the file is shorter. Returns `None` if reading fails.
    fn header(&self, size: u64) -> Option<[u8; HEADER]> {
        let mut header = [0; HEADER];
        if size >= HEADER as u64 {
            read_exact_at(&self.file, &mut header, 0).ok()?;
        }
        Some(header)
    }
}
