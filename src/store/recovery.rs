//! What is done when the files of an open store are no longer those that its path leads to.
//!
//! Whoever waits for the commit that finds it is told so at once. The next commit tries to mend it: from the files that are
//! still open, all that was in the store can be read, though they have no name any more.

use std::fs;
use std::io;

use crate::store::database::{Database, Opened, connect};
use crate::store::open_files::{Changed, create_private};
use crate::store::store_lock::StoreLock;

impl Database {
    /// Sees to it that what is written now can be found again.
    pub(crate) fn make_usable(&mut self) -> Result<(), Changed> {
        if self.changed.is_some() {
            self.mend()?;
            self.changed = None;
        }
        let checked = self.check();
        self.changed = checked.err();
        checked
    }

    fn check(&mut self) -> Result<(), Changed> {
        let opened = self.opened.as_ref().ok_or(Changed::Replaced)?;
        opened.files.check()?;
        if !self.lock.is_in_place(opened.files.folder()) {
            // Somebody has removed the lock file alone. Another client may have a new one.
            self.lock =
                StoreLock::acquire(&self.named, &self.location).map_err(|_| Changed::Replaced)?;
        }
        Ok(())
    }

    fn mend(&mut self) -> Result<(), Changed> {
        let Some(opened) = &self.opened else {
            return self.reopen();
        };
        let Err(changed) = opened.files.check() else {
            // It is where it was.
            return Ok(());
        };
        if changed == Changed::Replaced || !opened.files.hold_everything() {
            return Err(Changed::Replaced);
        }
        if !self.lock.is_in_place(opened.files.folder()) {
            self.lock =
                StoreLock::acquire(&self.named, &self.location).map_err(|_| Changed::Replaced)?;
        }
        match changed {
            Changed::Removed => self.write_copy(opened).map_err(|_| changed)?,
            _ => write_log_into_database(opened).map_err(|_| changed)?,
        }
        self.reopen()
    }

    /// Lets go of the files that are open, and opens those that the path leads to.
    fn reopen(&mut self) -> Result<(), Changed> {
        if let Some(opened) = self.opened.take() {
            opened.leave_files_alone();
        }
        let (opened, _) =
            connect(&self.named, &self.location, &self.account).map_err(|_| Changed::Replaced)?;
        self.opened = Some(opened);
        Ok(())
    }

    /// Writes all that the store holds into a new file, and gives it the name.
    fn write_copy(&self, opened: &Opened) -> io::Result<()> {
        let log = self.location.beside("-wal");
        if opened.files.log_has_its_name() {
            // What stands in it is in the copy.
            fs::remove_file(&log)?;
        }
        for other in [&log, &self.location.beside("-journal")] {
            if fs::symlink_metadata(other).is_ok() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
        }
        let copy = self.location.beside("-copy");
        // One that an earlier run did not finish.
        let _ = fs::remove_file(&copy);
        let file = create_private(&copy)?;
        let path = copy.to_str().ok_or(io::ErrorKind::InvalidFilename)?;
        let written = opened
            .connection
            .execute("VACUUM INTO ?1", [path])
            .map_err(io::Error::other)
            .and_then(|_| file.sync_all())
            .and_then(|()| match fs::symlink_metadata(&self.location.database) {
                Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
                Err(_) => fs::rename(&copy, &self.location.database),
            })
            .and_then(|()| opened.files.folder().sync_all());
        if written.is_err() {
            let _ = fs::remove_file(&copy);
        }
        written
    }
}

/// Writes what stands in the log that has no name any more into the database.
fn write_log_into_database(opened: &Opened) -> rusqlite::Result<()> {
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
