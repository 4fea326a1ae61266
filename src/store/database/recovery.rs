//! Recovery of the files of an open store that another program removed or replaced.
//!
//! The commit that detects the change fails. The next commit repairs the store: the open files still contain all data,
//! although they have no names. If another program wrote to them, nothing is repaired: a write of old pages would damage the
//! database.

use std::fs;
use std::io;
use std::path::Path;

use rusqlite::Connection;

use crate::host::files::file_access::retry;
use crate::host::files::private_file::create_private;
use crate::store::database::Database;
use crate::store::database::checkpoint::count_frames;
use crate::store::database::connection::{OpenConnection, connect};
use crate::store::files::open_files::{FileChange, OpenContents};
use crate::store::files::store_lock::StoreLock;

impl Database {
    /// Checks the files before a write, and repairs a change that an earlier call detected.
    pub(super) fn ensure_usable(&mut self) -> Result<(), FileChange> {
        if self.changed.is_some() {
            self.repair()?;
            self.changed = None;
        }
        let checked = self.find_change();
        self.changed = checked.err();
        checked
    }

    /// Checks the files. Replaces a lock file that was removed.
    pub(super) fn find_change(&mut self) -> Result<(), FileChange> {
        let opened = self.opened.as_mut().ok_or(FileChange::Replaced)?;
        check_before_write(opened)?;
        if !self.lock.is_in_place(opened.files.folder()) {
            // The lock file was removed. Another client may have created a new one.
            self.lock = StoreLock::acquire(&self.named, &self.location)
                .map_err(|_| FileChange::Replaced)?;
        }
        Ok(())
    }

    fn repair(&mut self) -> Result<(), FileChange> {
        let Some(opened) = &mut self.opened else {
            return self.reopen();
        };
        let Err(changed) = check_before_write(opened) else {
            // The files have their names again.
            return Ok(());
        };
        let contents = opened
            .files
            .compare_contents(committed_frames(&opened.connection));
        if changed == FileChange::Replaced || contents == OpenContents::Changed {
            return Err(FileChange::Replaced);
        }
        if !self.lock.is_in_place(opened.files.folder()) {
            self.lock = StoreLock::acquire(&self.named, &self.location)
                .map_err(|_| FileChange::Replaced)?;
        }
        match (changed, contents) {
            (FileChange::Removed, _) => {
                let opened = self.opened.as_ref().ok_or(changed)?;
                self.write_copy(opened).map_err(|_| changed)?;
            }
            (_, OpenContents::Unchanged) => checkpoint_log(opened).map_err(|_| {
                // The checkpoint may have written a part of the pages.
                opened.files.record_checkpoint();
                changed
            })?,
            // The database has all pages of the log already.
            _ => {}
        }
        self.reopen()
    }

    /// Closes the open files, and opens those that the path refers to now.
    fn reopen(&mut self) -> Result<(), FileChange> {
        if let Some(opened) = self.opened.take() {
            opened.disable_cleanup();
        }
        let (opened, _) = connect(&self.named, &self.location, &self.account)
            .map_err(|_| FileChange::Replaced)?;
        self.opened = Some(opened);
        Ok(())
    }

    /// Writes all data into a new file, and renames it into place.
    fn write_copy(&self, opened: &OpenConnection) -> io::Result<()> {
        let copy = self.location.unfinished_copy();
        let file = create_private(&copy)?;
        let path = copy.to_str().ok_or(io::ErrorKind::InvalidFilename)?;
        let written = opened
            .connection
            .execute("VACUUM INTO ?1", [path])
            .map_err(io::Error::other)
            .and_then(|_| file.sync_all());
        // On Windows, an open file can't be renamed.
        drop(file);
        let written = written
            .and_then(|()| self.rename_into_place(&copy, opened))
            .and_then(|()| opened.files.folder().sync());
        if written.is_err() {
            let _ = retry(|| fs::remove_file(&copy));
        }
        written
    }

    /// Renames a complete copy. The log is removed only now: if writing the copy fails, the log still belongs to the database,
    /// which may get its name back.
    fn rename_into_place(&self, copy: &Path, opened: &OpenConnection) -> io::Result<()> {
        let log = self.location.with_suffix("-wal");
        for other in [
            &self.location.database,
            &self.location.with_suffix("-journal"),
        ] {
            require_missing(other)?;
        }
        if opened.files.is_log_linked() {
            // The copy contains the data of the log.
            retry(|| fs::remove_file(&log))?;
        }
        require_missing(&log)?;
        retry(|| fs::rename(copy, &self.location.database))
    }
}

fn require_missing(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
        Err(_) => Ok(()),
    }
}

fn check_before_write(opened: &mut OpenConnection) -> Result<(), FileChange> {
    let connection = &opened.connection;
    opened
        .files
        .check_before_write(|| committed_frames(connection))
}

fn committed_frames(connection: &Connection) -> Option<u64> {
    count_frames(connection).ok()?.try_into().ok()
}

/// Writes the content of the removed log into the database.
fn checkpoint_log(opened: &OpenConnection) -> rusqlite::Result<()> {
    opened
        .connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
            row.get::<_, i64>(0)
        })
        .and_then(|busy| match busy {
            0 => Ok(()),
            _ => Err(rusqlite::Error::InvalidQuery),
        })
}
