//! Detects messages that the service posts twice, by their hash. The application gets each once.
//!
//! It remembers a bounded number of recent hashes in memory. After a restart, it also knows the messages in the store.

use std::collections::hash_map::{Entry, RandomState};
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::hash::BuildHasher;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};
use crate::wire::Trigger;

/// Number of remembered messages: some minutes of a busy account, in a few megabytes.
const CAPACITY: usize = 32 * 1024;

/// The hash of a message and its interaction, in 128 bits that no peer can predict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DedupKey(u64, u64);

/// Gets the result of the message that this one duplicates.
type Callback = Box<dyn FnOnce(Result<()>) + Send>;

/// The recent messages.
#[derive(Debug, Default)]
pub struct MessageDedup {
    state: Mutex<DedupState>,
    hashers: [RandomState; 2],
}

#[derive(Debug, Default)]
struct DedupState {
    known: HashMap<DedupKey, EntryState>,
    /// Keys of accepted messages in the order of arrival.
    insertion_order: VecDeque<DedupKey>,
}

enum EntryState {
    /// The message is being stored. The callbacks belong to its duplicates.
    Pending(Vec<Callback>),
    /// The message was accepted.
    Stored,
}

impl fmt::Debug for EntryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EntryState::Pending(_) => "Pending",
            EntryState::Stored => "Stored",
        })
    }
}

/// Whether a message is a duplicate.
#[derive(Debug, PartialEq, Eq)]
pub enum DedupResult<L> {
    /// A new message. The caller must add it and then call [`complete`](MessageDedup::complete).
    New(L),
    /// A duplicate of an accepted message.
    Duplicate,
    /// A duplicate of a message that is being stored. The callback gets that result.
    PendingDuplicate,
}

impl MessageDedup {
    /// Returns the key of a message with a hash; `None` for other triggers.
    pub fn key(&self, trigger: &Trigger) -> Option<DedupKey> {
        let hash = trigger.detail(|details| details.message_hash.as_deref())?;
        let identity = (trigger.interaction_hash(), &*trigger.client_id, hash);
        let [one, other] = &self.hashers;
        Some(DedupKey(one.hash_one(identity), other.hash_one(identity)))
    }

    /// Checks whether a message is new. If an equal message is being stored, the callback from `make_callback` gets
    /// its result.
    pub fn check<T, L>(&self, key: DedupKey, make_callback: L) -> DedupResult<L>
    where
        T: FnOnce(Result<()>) + Send + 'static,
        L: FnOnce() -> T,
    {
        match self.lock().known.entry(key) {
            Entry::Vacant(vacant) => {
                vacant.insert(EntryState::Pending(Vec::new()));
                DedupResult::New(make_callback)
            }
            Entry::Occupied(mut known) => match known.get_mut() {
                EntryState::Pending(callbacks) => {
                    callbacks.push(Box::new(make_callback()));
                    DedupResult::PendingDuplicate
                }
                EntryState::Stored => DedupResult::Duplicate,
            },
        }
    }

    /// Ends the processing of a new message. After an error, the next equal message is new again.
    pub fn complete(&self, key: DedupKey, result: &Result<()>) {
        let callbacks = {
            let mut state = self.lock();
            let known = match result {
                Ok(()) => state.remember(key),
                Err(_) => state.known.remove(&key),
            };
            match known {
                Some(EntryState::Pending(callbacks)) => callbacks,
                _ => Vec::new(),
            }
        };
        for callback in callbacks {
            callback(match result {
                Ok(()) => Ok(()),
                Err(error) => Err(Error::new(error.status(), error.message())),
            });
        }
    }

    /// Remembers a message from the store.
    #[cfg(feature = "store")]
    pub fn remember(&self, trigger: &Trigger) {
        if let Some(key) = self.key(trigger) {
            self.lock().remember(key);
        }
    }

    fn lock(&self) -> MutexGuard<'_, DedupState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DedupState {
    /// Marks a message as accepted and returns its previous state.
    fn remember(&mut self, key: DedupKey) -> Option<EntryState> {
        let before = self.known.insert(key, EntryState::Stored);
        // A second entry would evict the key while it is still needed.
        if let Some(EntryState::Stored) = before {
            return before;
        }
        self.insertion_order.push_back(key);
        if self.insertion_order.len() > CAPACITY
            && let Some(oldest) = self.insertion_order.pop_front()
        {
            self.known.remove(&oldest);
        }
        before
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{self, Receiver};

    use super::*;
    use crate::status::Status;
    use crate::wire::Dialect;

    fn key_of(dedup: &MessageDedup, interaction: &str, message: &str) -> Option<DedupKey> {
        let body = format!(
            r#"{{"interaction_hash":"{interaction}","message":{{"content":"oi"{message}}}}}"#
        );
        let trigger = Dialect::Interactions.decode(body.into_bytes().into(), None);
        dedup.key(&trigger.unwrap())
    }

    fn key_of_hash(dedup: &MessageDedup, hash: usize) -> DedupKey {
        key_of(dedup, "h", &format!(r#","hash":"{hash}""#)).unwrap()
    }

    /// Returns the kind of result, and the channel of the callback.
    fn check(dedup: &MessageDedup, key: DedupKey) -> (&'static str, Receiver<Result<()>>) {
        let (sender, receiver) = mpsc::channel();
        let kind = dedup.check(key, move || move |result| sender.send(result).unwrap());
        let kind = match kind {
            DedupResult::New(_) => "new",
            DedupResult::Duplicate => "duplicate",
            DedupResult::PendingDuplicate => "pending",
        };
        (kind, receiver)
    }

    #[test]
    fn a_message_is_identified_by_its_hash_and_its_interaction() {
        let dedup = MessageDedup::default();
        let one = key_of(&dedup, "a", r#","hash":"1""#);
        assert!(one.is_some());
        assert_eq!(one, key_of(&dedup, "a", r#","hash":1"#));
        assert_ne!(one, key_of(&dedup, "a", r#","hash":"2""#));
        assert_ne!(one, key_of(&dedup, "b", r#","hash":"1""#));
        assert_eq!(key_of(&dedup, "a", ""), None, "it may be meant twice");
    }

    #[test]
    fn a_stored_message_is_a_duplicate() {
        let dedup = MessageDedup::default();
        let key = key_of_hash(&dedup, 1);
        assert_eq!(check(&dedup, key).0, "new");
        dedup.complete(key, &Ok(()));
        assert_eq!(check(&dedup, key).0, "duplicate");
    }

    #[test]
    fn a_message_is_new_after_a_failure() {
        let dedup = MessageDedup::default();
        let key = key_of_hash(&dedup, 1);
        assert_eq!(check(&dedup, key).0, "new");
        let (kind, receiver) = check(&dedup, key);
        assert_eq!(kind, "pending");
        dedup.complete(key, &Err(Error::new(Status::Full, "x")));
        assert_eq!(receiver.recv().unwrap().unwrap_err().status(), Status::Full);
        assert_eq!(check(&dedup, key).0, "new");
    }

    #[test]
    fn a_duplicate_of_a_pending_message_gets_its_result() {
        let dedup = MessageDedup::default();
        let key = key_of_hash(&dedup, 1);
        assert_eq!(check(&dedup, key).0, "new");
        let (kind, receiver) = check(&dedup, key);
        assert_eq!(kind, "pending");
        assert!(receiver.try_recv().is_err());
        dedup.complete(key, &Ok(()));
        assert!(receiver.recv().unwrap().is_ok());
    }

    #[test]
    fn a_key_that_was_remembered_twice_is_evicted_once() {
        let dedup = MessageDedup::default();
        let twice = key_of_hash(&dedup, 0);
        for _ in 0..2 {
            dedup.lock().remember(twice);
        }
        for hash in 1..CAPACITY {
            dedup.lock().remember(key_of_hash(&dedup, hash));
        }
        assert_eq!(check(&dedup, twice).0, "duplicate");
        dedup.lock().remember(key_of_hash(&dedup, CAPACITY));
        assert_eq!(check(&dedup, twice).0, "new");
    }

    #[test]
    fn the_oldest_keys_are_evicted() {
        let dedup = MessageDedup::default();
        for hash in 0..CAPACITY + 10 {
            let key = key_of_hash(&dedup, hash);
            assert_eq!(check(&dedup, key).0, "new");
            dedup.complete(key, &Ok(()));
        }
        assert_eq!(dedup.lock().known.len(), CAPACITY);
        assert_eq!(check(&dedup, key_of_hash(&dedup, 20)).0, "duplicate");
        assert_eq!(check(&dedup, key_of_hash(&dedup, 0)).0, "new");
    }
}
