//! Checksums of the pages of a database.
//!
//! They decide whether another program wrote to a database whose time changed. A checkpoint updates only those of the log's pages.

use std::fs::File;
use std::hash::{DefaultHasher, Hasher};
use std::io;

use crate::host::files::file_access::read_exact_at;
use crate::store::files::log_pages::LogPages;

/// The position of the page size in the database's header.
const PAGE_SIZE_POSITION: u64 = 16;

/// The position of SQLite's locks. Its page contains no data, and nobody else can read it on Windows.
const LOCK_POSITION: u64 = 0x4000_0000;

/// The checksums of all pages, as this client wrote them.
#[derive(Debug)]
pub struct PageChecksums {
    page_size: usize,
    checksums: Vec<u64>,
}

impl PageChecksums {
    /// Reads a whole database.
    ///
    /// # Errors
    /// The errors of reading the file.
    pub fn read(database: &File) -> io::Result<Self> {
        let mut size = [0; 2];
        read_exact_at(database, &mut size, PAGE_SIZE_POSITION)?;
        let page_size = match u16::from_be_bytes(size) {
            1 => 65_536,
            size => usize::from(size).max(512),
        };
        let mut pages = PageChecksums {
            page_size,
            checksums: Vec::new(),
        };
        pages.resize(database)?;
        Ok(pages)
    }

    /// Reads the pages with these numbers again, and new pages.
    ///
    /// # Errors
    /// The errors of reading the file.
    pub fn update(
        &mut self,
        database: &File,
        numbers: impl Iterator<Item = u32>,
    ) -> io::Result<()> {
        self.resize(database)?;
        let mut page = vec![0; self.page_size];
        for number in numbers {
            let index = number.saturating_sub(1) as usize;
            if index < self.checksums.len() {
                self.read_page(database, index, &mut page)?;
                self.checksums[index] = checksum(&page);
            }
        }
        Ok(())
    }

    /// Returns whether each page is as this client wrote it, or as it is in the log.
    ///
    /// # Errors
    /// The errors of reading the files.
    pub fn match_files(&self, database: &File, log: &File, logged: &LogPages) -> io::Result<bool> {
        let count = self.page_count(database)?;
        if count < self.checksums.len() {
            return Ok(false);
        }
        let mut page = vec![0; self.page_size];
        for index in 0..count {
            self.read_page(database, index, &mut page)?;
            let number = u32::try_from(index + 1).unwrap_or(0);
            if self.checksums.get(index) != Some(&checksum(&page))
                && !logged.contains(log, number, &page)?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn resize(&mut self, database: &File) -> io::Result<()> {
        let count = self.page_count(database)?;
        self.checksums.truncate(count);
        let mut page = vec![0; self.page_size];
        for index in self.checksums.len()..count {
            self.read_page(database, index, &mut page)?;
            self.checksums.push(checksum(&page));
        }
        Ok(())
    }

    fn page_count(&self, database: &File) -> io::Result<usize> {
        let count = database.metadata()?.len() / self.page_size as u64;
        usize::try_from(count).map_err(io::Error::other)
    }

    fn read_page(&self, database: &File, index: usize, page: &mut [u8]) -> io::Result<()> {
        let position = index as u64 * self.page_size as u64;
        if (position..position + self.page_size as u64).contains(&LOCK_POSITION) {
            page.fill(0);
            return Ok(());
        }
        read_exact_at(database, page, position)
    }
}

fn checksum(page: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(page);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::fs::{self, OpenOptions};
    use std::io::{Seek, SeekFrom, Write};

    use super::*;

    #[test]
    fn the_page_of_the_locks_is_not_read() {
        let name = format!("omnize-{}-large.db", std::process::id());
        let path = std::env::temp_dir().join(name);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        let mut file = options.open(&path).unwrap();
        // A file with a hole before this position.
        file.seek(SeekFrom::Start(LOCK_POSITION)).unwrap();
        file.write_all(&[7; 8192]).unwrap();
        let pages = PageChecksums {
            page_size: 4096,
            checksums: Vec::new(),
        };
        let first_byte = |index: usize| {
            let mut page = vec![1; 4096];
            pages.read_page(&file, index, &mut page).map(|()| page[0])
        };
        assert_eq!(first_byte(262_143).unwrap(), 0);
        assert_eq!(first_byte(262_144).unwrap(), 0);
        assert_eq!(first_byte(262_145).unwrap(), 7);
        drop(file);
        fs::remove_file(path).unwrap();
    }
}
