//! From the rows of a store's tables to what they say.

use std::sync::Arc;

use rusqlite::Result;

use crate::store::{InteractionRow, Letter, Record, RecordKind, Sent};
use crate::wire::Redacted;

/// An event.
pub fn record(row: &rusqlite::Row<'_>) -> Result<Record> {
    let body: Vec<u8> = row.get(4)?;
    Ok(Record {
        kind: kind_of(row.get(1)?),
        received_at: row.get(2)?,
        content_type: row.get(3)?,
        body: body.into(),
    })
}

/// A posted request.
pub fn letter(row: &rusqlite::Row<'_>) -> Result<Letter> {
    Ok(Letter {
        sent: match row.get::<_, i64>(1)? {
            0 => Sent::Untried,
            1 => Sent::Perhaps,
            _ => Sent::Not,
        },
        content: row.get(2)?,
        posted_at: row.get(3)?,
    })
}

/// An open interaction.
pub fn page(row: &rusqlite::Row<'_>) -> Result<(Arc<str>, InteractionRow)> {
    let page = InteractionRow {
        department: row.get(1)?,
        state: row.get(2)?,
        bot_id: row.get(3)?,
        hash: row.get(4)?,
        external_id: row.get::<_, Option<String>>(5)?.map(Redacted::from),
        since: row.get(6)?,
    };
    Ok((row.get(0)?, page))
}

/// How a kind is written.
pub fn number_of(kind: RecordKind) -> i32 {
    match kind {
        RecordKind::Trigger => 0,
        RecordKind::Outcome => 1,
    }
}

fn kind_of(number: i32) -> RecordKind {
    if number == 1 {
        RecordKind::Outcome
    } else {
        RecordKind::Trigger
    }
}
