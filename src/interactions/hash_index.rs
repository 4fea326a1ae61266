//! Maps the service's ids of interactions to client ids: hashes and customers' ids at WhatsApp.

use std::collections::HashMap;
use std::sync::Arc;

use crate::interactions::limited_cache::LimitedCache;
use crate::wire::Kind;

/// The maps of one registry.
#[derive(Debug)]
pub struct HashIndex {
    /// Client ids by the hashes of known interactions, current and previous.
    pub by_hash: HashMap<Arc<str>, Arc<str>>,
    /// Client ids by WhatsApp id, of customers who got a message over WhatsApp. A WhatsApp id is a telephone number.
    pub by_external_id: LimitedCache,
    /// Hashes by client id, of triggers for unknown interactions. A later attach needs the hash.
    pub unknown_hashes: LimitedCache,
}

impl HashIndex {
    /// Creates empty maps. `capacity` limits the last two.
    pub fn new(capacity: usize) -> Self {
        HashIndex {
            by_hash: HashMap::new(),
            by_external_id: LimitedCache::new(capacity),
            unknown_hashes: LimitedCache::new(capacity),
        }
    }

    /// Returns the hash of an earlier trigger for this client id, and makes it refer to the client id.
    pub fn take_seen_hash(&mut self, client_id: &Arc<str>) -> Option<Arc<str>> {
        let hash = self.unknown_hashes.remove(client_id)?;
        self.by_hash.insert(hash.clone(), client_id.clone());
        Some(hash)
    }

    /// Records the hash of a trigger for an unknown interaction.
    pub fn record_unknown(&mut self, client_id: &str, hash: &str, kind: Kind) {
        if kind == Kind::Finish {
            self.unknown_hashes.remove(client_id);
            return;
        }
        let is_same = |seen: &Arc<str>| **seen == *hash;
        if !self.unknown_hashes.get(client_id).is_some_and(is_same) {
            self.unknown_hashes.insert(client_id, hash.into());
        }
    }
}
