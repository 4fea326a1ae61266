//! Handles of lists that do not change: open interactions, the outbox, departments and agents.

use std::ffi::c_char;
use std::sync::Arc;

use crate::capi::abi::handle::{HandleTable, HandleType};
use crate::capi::abi::text;
use crate::capi::abi::text::OutText;
use crate::error::{Error, Result};
use crate::status::Status;

/// All handles of one type of list, with entries `E` and a summary `S`. `C` is the type in the header.
pub struct ListTable<C, E, S = ()>(HandleTable<C, List<E, S>>);

struct List<E, S> {
    entries: Vec<E>,
    summary: S,
}

impl<C, E, S> ListTable<C, E, S> {
    /// Creates an empty table.
    pub const fn new(of: HandleType) -> Self {
        ListTable(HandleTable::new(of))
    }

    /// Creates a handle of a list.
    pub fn insert(&self, entries: Vec<E>, summary: S) -> Result<*mut C> {
        self.0.insert(Arc::new(List { entries, summary }))
    }

    /// Returns the number of entries.
    pub fn count(&self, list: *const C) -> Result<i64> {
        Ok(self.0.get(list)?.entries.len() as i64)
    }

    /// Reads a number of the summary.
    pub fn summary<N>(&self, list: *const C, read: impl FnOnce(&S) -> N) -> Result<N> {
        Ok(read(&self.0.get(list)?.summary))
    }

    /// Reads a number of the entry at `index`.
    pub fn number<N>(&self, list: *const C, index: i64, read: impl FnOnce(&E) -> N) -> Result<N> {
        let list = self.0.get(list)?;
        let found = entry(&list.entries, index);
        found.map(read).ok_or_else(|| {
            Error::new(
                Status::Argument,
                format!("the index {index} is out of range"),
            )
        })
    }

    /// Reads a text of the entry at `index`. NULL, with a length of 0, if the entry or the text is missing.
    pub fn text(
        &self,
        list: *const C,
        index: i64,
        length: *mut i64,
        read: impl FnOnce(&E) -> Option<&OutText>,
    ) -> Result<*const c_char> {
        let list = self.0.get(list)?;
        text::write_optional(length, 0);
        let found = entry(&list.entries, index).and_then(read);
        Ok(found.map_or(std::ptr::null(), |text| text.to_c(length)))
    }

    /// Frees a list.
    pub fn free(&self, list: *const C) -> Result<()> {
        self.0.remove(list).map(drop)
    }
}

/// Returns the entry at an index of C, or `None` if it is out of range.
pub fn entry<E>(entries: &[E], index: i64) -> Option<&E> {
    usize::try_from(index)
        .ok()
        .and_then(|index| entries.get(index))
}

#[cfg(test)]
mod tests {
    use super::*;

    enum InHeader {}

    #[test]
    fn an_index_out_of_range_is_null_with_length_zero() {
        let table = ListTable::<InHeader, OutText>::new(HandleType::Agents);
        let list = table.insert(vec![OutText::new(b"Ana")], ()).unwrap();
        let mut length = 7;
        let name = |index, length| table.text(list, index, length, |name| Some(name)).unwrap();
        assert!(!name(0, &raw mut length).is_null());
        assert_eq!(length, 3);
        for index in [-1, 1, i64::MAX, i64::MIN] {
            assert!(name(index, &raw mut length).is_null());
            assert_eq!(length, 0);
            assert!(table.number(list, index, |_| 1).is_err());
        }
        assert_eq!(table.count(list).unwrap(), 1);
        table.free(list).unwrap();
        assert!(table.count(list).is_err());
    }
}
