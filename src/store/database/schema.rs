//! The tables of a store, and the migration of a file of an earlier version.

use rusqlite::{Connection, Result};

/// SQLite's `application_id` ("Omnz"). It distinguishes a store from other databases.
const APPLICATION_ID: i32 = 0x4F6D_6E7A;

/// SQLite's `user_version`. Version 1 had neither `interactions` nor `aside`. Version 2 had neither `posted_at` nor
/// `account`. Version 3 had neither `current_department` nor `ended_references`.
const SCHEMA_VERSION: i32 = 4;

/// The first version with the table `account`.
const FIRST_WITH_ACCOUNT: i32 = 3;
/// The first version with the column `current_department` of `interactions`.
const FIRST_WITH_CURRENT_DEPARTMENT: i32 = 4;
/// The first version with the table `interactions`.
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
        since_ms INTEGER NOT NULL,
        current_department TEXT
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
    );
    CREATE TABLE IF NOT EXISTS ended_references (
        reference TEXT PRIMARY KEY,
        ticket INTEGER NOT NULL,
        digest BLOB NOT NULL,
        ended_at INTEGER NOT NULL
    ) WITHOUT ROWID;";

/// The schema of a file before the migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DetectedSchema {
    version: i32,
    is_new: bool,
}

impl DetectedSchema {
    /// Detects the schema. Returns `None` if another program or a later version wrote the file.
    pub fn detect(connection: &Connection) -> Result<Option<Self>> {
        let version: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let application_id: i32 =
            connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        let is_new = tables == 0 && version == 0;
        let is_store = application_id == APPLICATION_ID && (1..=SCHEMA_VERSION).contains(&version);
        Ok((is_new || is_store).then_some(DetectedSchema { version, is_new }))
    }

    /// Returns whether the file has a table of its account.
    pub fn has_account(self) -> bool {
        self.version >= FIRST_WITH_ACCOUNT
    }

    /// Returns whether an earlier version wrote the file, without a table of interactions.
    pub fn lacks_interactions(self) -> bool {
        !self.is_new && self.version < FIRST_WITH_INTERACTIONS
    }

    /// Creates the missing tables and columns. Must run in a transaction.
    pub fn migrate(self, connection: &Connection) -> Result<()> {
        connection.execute_batch(TABLES)?;
        if !self.is_new && self.version < FIRST_WITH_ACCOUNT {
            connection.execute_batch("ALTER TABLE outbox ADD COLUMN posted_at INTEGER")?;
        }
        if (FIRST_WITH_INTERACTIONS..FIRST_WITH_CURRENT_DEPARTMENT).contains(&self.version) {
            connection
                .execute_batch("ALTER TABLE interactions ADD COLUMN current_department TEXT")?;
        }
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        connection.pragma_update(None, "user_version", SCHEMA_VERSION)
    }
}
