//! Allocates the numbers of records. A number is never reused, even if its record was deleted.
//!
//! To store the last number in each commit would write a second page. Therefore ids are reserved in blocks, and after a crash
//! the unused ids of a block are skipped.

use std::cell::Cell;

use rusqlite::{Connection, Result};

/// The number of ids that are reserved at once.
const ID_BLOCK_SIZE: i64 = 10_000;

/// The ids of one store.
#[derive(Debug)]
pub struct IdAllocator {
    last: Cell<i64>,
    /// The last id of the reserved block on disk.
    reserved: Cell<i64>,
}

/// The last id of the reserved block after a transaction.
#[derive(Debug)]
pub struct ReservedBlock(Cell<i64>);

impl IdAllocator {
    /// Reads the last used id from the file.
    pub fn read(connection: &Connection) -> Result<Self> {
        let last: i64 = connection.query_row(
            "SELECT max((SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'inbox'),
                        (SELECT ifnull(max(number), 0) FROM inbox))",
            [],
            |row| row.get(0),
        )?;
        Ok(IdAllocator {
            last: Cell::new(last),
            reserved: Cell::new(last),
        })
    }

    /// Returns the reserved block for a transaction that begins.
    pub fn reserved_block(&self) -> ReservedBlock {
        ReservedBlock(self.reserved.clone())
    }

    /// Returns the next id in a transaction, and reserves a new block if necessary.
    pub fn allocate(&self, transaction: &Connection, block: &ReservedBlock) -> Result<i64> {
        let number = self.last.get() + 1;
        if number > block.0.get() {
            let last = number + ID_BLOCK_SIZE;
            let updated = write(transaction, last)?;
            if updated == 0 {
                let first = "INSERT INTO sqlite_sequence (name, seq) VALUES ('inbox', ?1)";
                transaction.execute(first, [last])?;
            }
            block.0.set(last);
        }
        self.last.set(number);
        Ok(number)
    }

    /// Records that the transaction with this block was committed.
    pub fn commit_reservation(&self, block: &ReservedBlock) {
        self.reserved.set(block.0.get());
    }

    /// Releases the unused ids of the block, so that the next process continues without a gap.
    pub fn release_unused(&self, connection: &Connection) -> Result<()> {
        let last = self.last.get();
        if self.reserved.replace(last) == last {
            return Ok(());
        }
        write(connection, last).map(drop)
    }
}

/// Stores the last id of the block. Returns the number of updated rows, 0 or 1.
fn write(connection: &Connection, last: i64) -> Result<usize> {
    connection.execute(
        "UPDATE sqlite_sequence SET seq = ?1 WHERE name = 'inbox'",
        [last],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::database::Database;
    use crate::store::{Account, Record, RecordKind};
    use crate::wire::Dialect;

    fn record() -> Record {
        Record {
            kind: RecordKind::Trigger,
            received_at: 7,
            content_type: None,
            body: (*b"x").into(),
        }
    }

    fn open(path: &std::path::Path) -> Database {
        let account = Account::new(&"t".into(), Dialect::Rest, "localhost", false);
        Database::open(path, account).unwrap()
    }

    /// Inserts records, commits, and deletes them. Returns their numbers.
    fn insert(database: &mut Database, count: usize) -> Vec<u64> {
        let transaction = database.begin().unwrap();
        let mut records = transaction.record_writer();
        let mut numbers: Vec<_> = (0..count)
            .map(|_| records.insert(&record()).unwrap())
            .collect();
        drop(records);
        transaction.commit().unwrap();
        let given = numbers.clone();
        let transaction = database.begin().unwrap();
        transaction.delete_records(&mut numbers).unwrap();
        transaction.commit().unwrap();
        assert!(database.read_recovered_state().unwrap().records.is_empty());
        given
    }

    #[test]
    fn ids_of_deleted_records_are_not_reused() {
        let path = std::env::temp_dir().join(format!("omnize-{}-numbers.db", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let mut database = open(&path);
        assert_eq!(insert(&mut database, 3), [1, 2, 3]);
        let more = usize::try_from(ID_BLOCK_SIZE).unwrap() + 5;
        assert_eq!(insert(&mut database, more).last(), Some(&(more as u64 + 3)));
        let last = *insert(&mut database, 1).last().unwrap();

        // Like a crash.
        drop(database);
        let mut database = open(&path);
        let after_crash = insert(&mut database, 1)[0];
        assert!(after_crash > last, "{after_crash} after {last}");
        database.close();
        let mut database = open(&path);
        assert_eq!(insert(&mut database, 1), [after_crash + 1]);
        drop(database);
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn id_block_is_reserved_after_a_rollback() {
        let path = std::env::temp_dir().join(format!("omnize-{}-undone.db", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let mut database = open(&path);
        let transaction = database.begin().unwrap();
        assert_eq!(transaction.record_writer().insert(&record()).unwrap(), 1);
        drop(transaction);
        let given = insert(&mut database, 1)[0];
        assert_eq!(given, 2);
        drop(database);
        let mut database = open(&path);
        assert!(insert(&mut database, 1)[0] > given);
        drop(database);
        std::fs::remove_file(&path).unwrap();
    }
}
