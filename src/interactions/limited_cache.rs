//! A map with a limit. It drops the oldest entries.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

/// Maps keys to values.
pub struct LimitedCache {
    entries: HashMap<Arc<str>, (u64, Arc<str>)>,
    /// The keys in the order of their insertion.
    order: BTreeMap<u64, Arc<str>>,
    last: u64,
    capacity: usize,
}

impl LimitedCache {
    /// Creates an empty map for `capacity` entries, at least one.
    pub fn new(capacity: usize) -> Self {
        LimitedCache {
            entries: HashMap::new(),
            order: BTreeMap::new(),
            last: 0,
            capacity,
        }
    }

    /// Returns the value of a key.
    pub fn get(&self, key: &str) -> Option<&Arc<str>> {
        self.entries.get(key).map(|(_, value)| value)
    }

    /// Sets the value of a key. The key is the newest entry then.
    pub fn insert(&mut self, key: &str, value: Arc<str>) {
        self.remove(key);
        if self.entries.len() >= self.capacity
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.entries.remove(&oldest);
        }
        let key: Arc<str> = key.into();
        self.last += 1;
        self.order.insert(self.last, key.clone());
        self.entries.insert(key, (self.last, value));
    }

    /// Removes a key and returns its value.
    pub fn remove(&mut self, key: &str) -> Option<Arc<str>> {
        let (number, value) = self.entries.remove(key)?;
        self.order.remove(&number);
        Some(value)
    }

    /// Returns the number of entries.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.entries.len()
    }
}

/// Prints only the number of entries, because a key may be a telephone number.
impl fmt::Debug for LimitedCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LimitedCache")
            .field("entries", &self.entries.len())
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_only_the_oldest_entry() {
        let mut cache = LimitedCache::new(2);
        for key in ["a", "b", "a", "c"] {
            cache.insert(key, key.into());
        }
        assert_eq!(cache.get("a").map(|value| &**value), Some("a"));
        assert_eq!(cache.get("b"), None);
        assert!(cache.remove("c").is_some());
        cache.insert("d", "d".into());
        assert!(cache.get("a").is_some());
        assert_eq!((cache.len(), cache.order.len()), (2, 2));
    }

    #[test]
    fn debug_output_omits_keys() {
        let mut cache = LimitedCache::new(2);
        cache.insert("5511", "12".into());
        let output = format!("{cache:?}");
        assert!(!output.contains("5511"), "{output}");
    }
}
