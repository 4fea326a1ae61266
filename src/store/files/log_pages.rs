//! Compares the pages of a write-ahead log with those of the database.
//!
//! Another SQLite that closes the store copies the log into the database and removes the log. The database has the same pages
//! as the open log then, unless the other program wrote to it. The format is that of <https://sqlite.org/fileformat2.html>.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

const LOG_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// Returns whether the database contains each page of the committed transactions in the log.
///
/// # Errors
/// The errors of reading the files.
pub fn contains_log_pages(database: &File, log: &File) -> io::Result<bool> {
    let log_size = log.metadata()?.len();
    if log_size < LOG_HEADER as u64 {
        return Ok(true);
    }
    let mut header = [0; LOG_HEADER];
    log.read_exact_at(&mut header, 0)?;
    let page_size = u64::from(number_at(&header, 8));
    if !(512..=65_536).contains(&page_size) {
        return Ok(false);
    }
    let pages = committed_pages(log, log_size, page_size, &header[16..24])?;
    let mut logged = vec![0; usize::try_from(page_size).unwrap_or(0)];
    let mut stored = logged.clone();
    for (number, position) in pages {
        log.read_exact_at(&mut logged, position)?;
        let begin = u64::from(number.saturating_sub(1)) * page_size;
        match database.read_exact_at(&mut stored, begin) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            read => read?,
        }
        if logged != stored {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Returns the position of the newest content of each page. Frames with another salt are remains of an earlier log.
fn committed_pages(
    log: &File,
    log_size: u64,
    page_size: u64,
    salt: &[u8],
) -> io::Result<HashMap<u32, u64>> {
    let mut committed = HashMap::new();
    let mut uncommitted = Vec::new();
    let mut position = LOG_HEADER as u64;
    while position + FRAME_HEADER as u64 + page_size <= log_size {
        let mut frame = [0; FRAME_HEADER];
        log.read_exact_at(&mut frame, position)?;
        if frame[8..16] != *salt {
            break;
        }
        uncommitted.push((number_at(&frame, 0), position + FRAME_HEADER as u64));
        // The last frame of a transaction contains the number of pages of the database.
        let database_pages = number_at(&frame, 4);
        if database_pages > 0 {
            committed.extend(uncommitted.drain(..));
            committed.retain(|number, _| *number <= database_pages);
        }
        position += FRAME_HEADER as u64 + page_size;
    }
    Ok(committed)
}

fn number_at(bytes: &[u8], position: usize) -> u32 {
    let mut number = [0; 4];
    number.copy_from_slice(&bytes[position..position + 4]);
    u32::from_be_bytes(number)
}
