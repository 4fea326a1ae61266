//! Writes the log into the database, between commits.
//!
//! SQLite would do it within a commit. Here it happens only after the files were checked, so that old pages never overwrite
//! those of another program, and the database's time changes only with a checkpoint.

use rusqlite::{Connection, Result as SqlResult};

use crate::store::database::Database;

/// The number of frames in the log from which it is written into the database. SQLite's default.
const CHECKPOINT_FRAMES: i64 = 1000;
/// The number of commits between two counts of the frames.
const COMMITS_BETWEEN_COUNTS: u32 = 8;

impl Database {
    /// Writes the log into the database if it is long. A failed checkpoint is repeated later, and loses nothing.
    pub fn checkpoint_if_due(&mut self) {
        self.uncounted_commits += 1;
        if self.uncounted_commits < COMMITS_BETWEEN_COUNTS {
            return;
        }
        self.uncounted_commits = 0;
        // The next commit reports a change of the files.
        if !self.has_many_frames().unwrap_or(false) || self.find_change().is_err() {
            return;
        }
        if let Some(opened) = &mut self.opened {
            let written = opened
                .connection
                .prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")
                .and_then(|mut statement| statement.query_row([], |_| Ok(())));
            if written.is_err() {
                log::debug!("the store's log was not written into its database; this is repeated");
            }
            opened.files.record_checkpoint();
        }
    }

    fn has_many_frames(&self) -> SqlResult<bool> {
        Ok(count_frames(self.connection()?)? >= CHECKPOINT_FRAMES)
    }
}

/// Returns the number of committed frames in the log, from the memory of the connection.
pub(super) fn count_frames(connection: &Connection) -> SqlResult<i64> {
    let mut statement = connection.prepare_cached("PRAGMA wal_checkpoint(NOOP)")?;
    statement.query_row([], |row| row.get(1))
}
