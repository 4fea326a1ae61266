//! The numbers of records, of which none is ever given twice, whatever is left of those that were given.
//!
//! To write down the last one with each commit would double what a commit writes. So the file says that numbers up to a bound
//! are used, and a run after a crash goes on behind it.

use std::cell::Cell;

use rusqlite::{Connection, Result};

/// How many are set aside at once.
const ID_BLOCK_SIZE: i64 = 10_000;

/// The numbers of one store.
#[derive(Debug)]
pub struct IdAllocator {
    last: Cell<i64>,
    /// Up to where they are set aside on disk.
    bound: Cell<i64>,
}

/// Up to where they are set aside once a change has happened.
#[derive(Debug)]
pub struct Bound(Cell<i64>);

impl IdAllocator {
    /// Those behind what the file says was used.
    pub fn read(connection: &Connection) -> Result<Self> {
        let last: i64 = connection.query_row(
            "SELECT max((SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'inbox'),
                        (SELECT ifnull(max(number), 0) FROM inbox))",
            [],
            |row| row.get(0),
        )?;
        Ok(IdAllocator {
            last: Cell::new(last),
            bound: Cell::new(last),
        })
    }

    /// The bound for a change that begins.
    pub fn bound(&self) -> Bound {
        Bound(self.bound.clone())
    }

    /// The next number, for a change under way.
    pub fn next(&self, change: &Connection, bound: &Bound) -> Result<i64> {
        let number = self.last.get() + 1;
        if number > bound.0.get() {
            let new = number + ID_BLOCK_SIZE;
            let written = write(change, new)?;
            if written == 0 {
                let first = "INSERT INTO sqlite_sequence (name, seq) VALUES ('inbox', ?1)";
                change.execute(first, [new])?;
            }
            bound.0.set(new);
        }
        self.last.set(number);
        Ok(number)
    }

    /// The change with this bound has happened.
    pub fn are_set_aside(&self, bound: &Bound) {
        self.bound.set(bound.0.get());
    }

    /// Gives back those that are set aside, so that a later run goes on without a gap. Where that fails, there is one.
    pub fn give_back(&self, connection: &Connection) -> Result<()> {
        let last = self.last.get();
        if self.bound.replace(last) == last {
            return Ok(());
        }
        write(connection, last).map(drop)
    }
}

/// Writes up to where numbers are used. How many places there were to write it to.
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

    /// Keeps so many records, commits, and forgets them; their numbers.
    fn keep(database: &mut Database, count: usize) -> Vec<u64> {
        let change = database.begin().unwrap();
        let mut records = change.records();
        let mut numbers: Vec<_> = (0..count)
            .map(|_| records.keep(&record()).unwrap())
            .collect();
        drop(records);
        change.commit().unwrap();
        let given = numbers.clone();
        let change = database.begin().unwrap();
        change.forget(&mut numbers).unwrap();
        change.commit().unwrap();
        assert!(database.leftovers().unwrap().records.is_empty());
        given
    }

    #[test]
    fn no_number_is_given_twice_though_nothing_is_left_of_those_that_were() {
        let path = std::env::temp_dir().join(format!("omnize-{}-numbers.db", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let mut database = open(&path);
        assert_eq!(keep(&mut database, 3), [1, 2, 3]);
        let more = usize::try_from(ID_BLOCK_SIZE).unwrap() + 5;
        assert_eq!(keep(&mut database, more).last(), Some(&(more as u64 + 3)));
        let last = *keep(&mut database, 1).last().unwrap();

        // As after a crash.
        drop(database);
        let mut database = open(&path);
        let after_crash = keep(&mut database, 1)[0];
        assert!(after_crash > last, "{after_crash} after {last}");
        database.close();
        let mut database = open(&path);
        assert_eq!(keep(&mut database, 1), [after_crash + 1]);
        drop(database);
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn what_was_set_aside_by_a_change_that_did_not_happen_is_set_aside_again() {
        let path = std::env::temp_dir().join(format!("omnize-{}-undone.db", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let mut database = open(&path);
        let change = database.begin().unwrap();
        assert_eq!(change.records().keep(&record()).unwrap(), 1);
        drop(change);
        let given = keep(&mut database, 1)[0];
        assert_eq!(given, 2);
        drop(database);
        let mut database = open(&path);
        assert!(keep(&mut database, 1)[0] > given);
        drop(database);
        std::fs::remove_file(&path).unwrap();
    }
}
