//! The pages in a write-ahead log.
//!
//! The checksum of a frame contains those of all earlier frames. So the number of valid frames shows whether another program
//! wrote to the log. The format is that of <https://sqlite.org/fileformat2.html>.

use std::collections::HashMap;
use std::fs::File;
use std::io;

use crate::host::files::file_access::read_exact_at;

const LOG_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
/// The first bytes of a log with checksums of little-endian numbers; for big-endian ones, the last bit is set.
const LITTLE_ENDIAN_LOG: u32 = 0x377f_0682;

/// The pages of the committed transactions in a log.
#[derive(Debug, Default)]
pub struct LogPages {
    /// The number of frames up to the end of the last committed transaction.
    pub frames: u64,
    /// The position of the newest content of each page.
    positions: HashMap<u32, u64>,
    page_size: usize,
}

impl LogPages {
    /// Reads a log, as SQLite does after a crash. Bytes after the last valid transaction are remains of earlier ones.
    ///
    /// # Errors
    /// The errors of reading the file.
    pub fn read(log: &File) -> io::Result<Self> {
        let log_size = log.metadata()?.len();
        let mut pages = LogPages::default();
        let mut header = [0; LOG_HEADER];
        if log_size < LOG_HEADER as u64 {
            return Ok(pages);
        }
        read_exact_at(log, &mut header, 0)?;
        let mut checksum = Checksum {
            is_big_endian: number_at(&header, 0) & 1 == 1,
            sums: (0, 0),
        };
        checksum.add(&header[..24]);
        let page_size = number_at(&header, 8);
        if number_at(&header, 0) & !1 != LITTLE_ENDIAN_LOG
            || !(512..=65_536).contains(&page_size)
            || !page_size.is_power_of_two()
            || !checksum.is_stored_at(&header, 24)
        {
            return Ok(pages);
        }
        pages.page_size = page_size as usize;
        let mut frame = vec![0; FRAME_HEADER + pages.page_size];
        let mut uncommitted = Vec::new();
        let mut position = LOG_HEADER as u64;
        while position + frame.len() as u64 <= log_size {
            read_exact_at(log, &mut frame, position)?;
            checksum.add(&frame[..8]);
            checksum.add(&frame[FRAME_HEADER..]);
            if frame[8..16] != header[16..24] || !checksum.is_stored_at(&frame, 16) {
                break;
            }
            uncommitted.push((number_at(&frame, 0), position + FRAME_HEADER as u64));
            // The last frame of a transaction contains the number of pages of the database.
            let database_pages = number_at(&frame, 4);
            if database_pages > 0 {
                pages.frames += uncommitted.len() as u64;
                pages.positions.extend(uncommitted.drain(..));
                pages
                    .positions
                    .retain(|number, _| *number <= database_pages);
            }
            position += frame.len() as u64;
        }
        Ok(pages)
    }

    /// Returns the numbers of the pages. The first page of a database has the number 1.
    pub fn numbers(&self) -> impl Iterator<Item = u32> {
        self.positions.keys().copied()
    }

    /// Returns whether the newest content of a page in the log is `content`.
    ///
    /// # Errors
    /// The errors of reading the log.
    pub fn contains(&self, log: &File, number: u32, content: &[u8]) -> io::Result<bool> {
        let Some(position) = self.positions.get(&number) else {
            return Ok(false);
        };
        let mut logged = vec![0; self.page_size];
        read_exact_at(log, &mut logged, *position)?;
        Ok(logged == content)
    }

    /// Returns whether the database contains all pages of the log. Another SQLite that closes the store copies them.
    ///
    /// # Errors
    /// The errors of reading the files.
    pub fn are_in_database(&self, log: &File, database: &File) -> io::Result<bool> {
        let mut stored = vec![0; self.page_size];
        for number in self.numbers() {
            let begin = u64::from(number.saturating_sub(1)) * self.page_size as u64;
            match read_exact_at(database, &mut stored, begin) {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
                read => read?,
            }
            if !self.contains(log, number, &stored)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The checksum of a log up to a frame.
struct Checksum {
    is_big_endian: bool,
    sums: (u32, u32),
}

impl Checksum {
    /// Adds bytes, whose number is a multiple of eight.
    fn add(&mut self, bytes: &[u8]) {
        let number = |bytes: [u8; 4]| match self.is_big_endian {
            true => u32::from_be_bytes(bytes),
            false => u32::from_le_bytes(bytes),
        };
        let (mut first, mut second) = self.sums;
        for &[a, b, c, d, e, f, g, h] in bytes.as_chunks().0 {
            first = first
                .wrapping_add(number([a, b, c, d]))
                .wrapping_add(second);
            second = second
                .wrapping_add(number([e, f, g, h]))
                .wrapping_add(first);
        }
        self.sums = (first, second);
    }

    fn is_stored_at(&self, bytes: &[u8], position: usize) -> bool {
        self.sums == (number_at(bytes, position), number_at(bytes, position + 4))
    }
}

fn number_at(bytes: &[u8], position: usize) -> u32 {
    let mut number = [0; 4];
    number.copy_from_slice(&bytes[position..position + 4]);
    u32::from_be_bytes(number)
}
