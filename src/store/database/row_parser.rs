//! Parses the rows of the tables.

use std::sync::Arc;

use rusqlite::Result;

use crate::store::stored_rows::{
    InteractionRow, Record, RecordKind, ReferenceRow, SendState, StoredRequest,
};
use crate::wire::Redacted;

/// Parses an event.
pub fn parse_record(row: &rusqlite::Row<'_>) -> Result<Record> {
    let body: Vec<u8> = row.get(4)?;
    Ok(Record {
        kind: parse_kind(row.get(1)?),
        received_at: row.get(2)?,
        content_type: row.get(3)?,
        body: body.into(),
    })
}

/// Parses a posted request.
pub fn parse_request(row: &rusqlite::Row<'_>) -> Result<StoredRequest> {
    Ok(StoredRequest {
        sent: match row.get::<_, i64>(1)? {
            0 => SendState::Queued,
            1 => SendState::MaybeSent,
            _ => SendState::NotSent,
        },
        content: row.get(2)?,
        posted_at: row.get(3)?,
    })
}

/// Parses an open interaction and its client id.
pub fn parse_interaction(row: &rusqlite::Row<'_>) -> Result<(Arc<str>, InteractionRow)> {
    let interaction = InteractionRow {
        department: row.get(1)?,
        state: row.get(2)?,
        bot_id: row.get(3)?,
        hash: row.get(4)?,
        external_id: row.get::<_, Option<String>>(5)?.map(Redacted::from),
        since: row.get(6)?,
        current_department: row.get(7)?,
    };
    Ok((row.get(0)?, interaction))
}

/// Parses the reference of a request that has ended.
pub fn parse_reference(row: &rusqlite::Row<'_>) -> Result<ReferenceRow> {
    Ok(ReferenceRow {
        reference: row.get::<_, String>(0)?.into(),
        ticket: row.get::<_, i64>(1)?.unsigned_abs(),
        digest: row.get(2)?,
        ended_at: row.get(3)?,
    })
}

/// Returns the number of a kind in the column `kind`.
pub fn kind_number(kind: RecordKind) -> i32 {
    match kind {
        RecordKind::Trigger => 0,
        RecordKind::Outcome => 1,
    }
}

fn parse_kind(number: i32) -> RecordKind {
    if number == 1 {
        RecordKind::Outcome
    } else {
        RecordKind::Trigger
    }
}
