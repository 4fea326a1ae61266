//! A bounded map that forgets what was put into it first.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

/// What a customer or an interaction is known by, and what that leads to.
pub struct LimitedCache {
    entries: HashMap<Arc<str>, (u64, Arc<str>)>,
    /// The keys, in the order in which they were put in.
    order: BTreeMap<u64, Arc<str>>,
    last: u64,
    capacity: usize,
}

impl LimitedCache {
    /// An empty one, for so many entries; for one at the least.
    pub fn new(capacity: usize) -> Self {
        LimitedCache {
            entries: HashMap::new(),
            order: BTreeMap::new(),
            last: 0,
            capacity,
        }
    }

    /// What the key leads to.
    pub fn get(&self, key: &str) -> Option<&Arc<str>> {
        self.entries.get(key).map(|(_, value)| value)
    }

    /// Has the key lead to this. It is the last one to be forgotten then.
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

    /// Forgets the key, and gives what it led to.
    pub fn remove(&mut self, key: &str) -> Option<Arc<str>> {
        let (number, value) = self.entries.remove(key)?;
        self.order.remove(&number);
        Some(value)
    }

    /// How many there are.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.entries.len()
    }
}

/// Shows how many there are alone, for a key may be a telephone number.
impl fmt::Debug for LimitedCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recent")
            .field("entries", &self.entries.len())
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_the_oldest_alone() {
        let mut recent = LimitedCache::new(2);
        for key in ["a", "b", "a", "c"] {
            recent.insert(key, key.into());
        }
        assert_eq!(recent.get("a").map(|value| &**value), Some("a"));
        assert_eq!(recent.get("b"), None);
        assert!(recent.remove("c").is_some());
        recent.insert("d", "d".into());
        assert!(recent.get("a").is_some());
        assert_eq!((recent.len(), recent.order.len()), (2, 2));
    }

    #[test]
    fn shows_no_key() {
        let mut recent = LimitedCache::new(2);
        recent.insert("5511", "12".into());
        let shown = format!("{recent:?}");
        assert!(!shown.contains("5511"), "{shown}");
    }
}
