//! The tables of a store, and how a file of an earlier version becomes one of this.

use rusqlite::{Connection, Result};

/// Says which program made the file ("Omnz"), so that another database is not taken for a store.
const APPLICATION_ID: i32 = 0x4F6D_6E7A;

/// The version of the tables. The first had no interactions, and set nothing aside; the second did not note when a request
/// was posted, nor whose the store is.
const VERSION: i32 = 3;

/// The first version that notes whose the store is.
const FIRST_WITH_ACCOUNT: i32 = 3;
/// The first version that knows the open interactions.
const FIRST_WITH_INTERACTIONS: i32 = 2;

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS inbox (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        kind INTEGER NOT NULL,
        received_at INTEGER NOT NULL,
        content_type TEXT,
        body BLOB NOT NULL
    );
    CREATE TABLE IF NOT EXISTS outbox (
        ticket INTEGER PRIMARY KEY AUTOINCREMENT,
        leaving INTEGER NOT NULL,
        content TEXT NOT NULL,
        posted_at INTEGER
    );
    CREATE TABLE IF NOT EXISTS interactions (
        client_id TEXT PRIMARY KEY,
        department TEXT NOT NULL,
        state INTEGER NOT NULL,
        bot_id TEXT,
        hash TEXT,
        external_id TEXT,
        since_ms INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS aside (
        place TEXT NOT NULL,
        number,
        received_at,
        content_type,
        content
    );
    CREATE TABLE IF NOT EXISTS account (
        salt BLOB NOT NULL,
        tag BLOB NOT NULL
    );";

/// What a file is, before anything is written to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    version: i32,
    is_new: bool,
}

impl Found {
    /// Looks into a file; `None` where it is another program's, or a later version's.
    pub fn read(connection: &Connection) -> Result<Option<Self>> {
        let version: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let made_by: i32 =
            connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        let is_new = tables == 0 && version == 0;
        let is_store = made_by == APPLICATION_ID && (1..=VERSION).contains(&version);
        Ok((is_new || is_store).then_some(Found { version, is_new }))
    }

    /// Whether it notes whose it is.
    pub fn notes_account(self) -> bool {
        self.version >= FIRST_WITH_ACCOUNT
    }

    /// Whether an earlier version wrote it, which knew no interactions.
    pub fn knew_no_interactions(self) -> bool {
        !self.is_new && self.version < FIRST_WITH_INTERACTIONS
    }

    /// Makes the tables that are missing, within a transaction.
    pub fn migrate(self, connection: &Connection) -> Result<()> {
        connection.execute_batch(TABLES)?;
        if !self.is_new && self.version < FIRST_WITH_ACCOUNT {
            connection.execute_batch("ALTER TABLE outbox ADD COLUMN posted_at INTEGER")?;
        }
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        connection.pragma_update(None, "user_version", VERSION)
    }
}
