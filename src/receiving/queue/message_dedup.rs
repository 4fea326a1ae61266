//! Messages that the service posts again: where they carry a hash, the application is given them once.
//!
//! A bounded number of hashes is remembered, the last ones, in memory; with a store, also those of messages that still wait
//! in it after a restart.

use std::collections::hash_map::{Entry, RandomState};
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::hash::BuildHasher;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};
use crate::wire::Trigger;

/// How many messages are remembered: what a busy account hears in some minutes, in a few megabytes.
const REMEMBERED: usize = 32 * 1024;

/// A message's hash and its interaction's, in 128 bits that nobody outside can foresee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DedupKey(u64, u64);

/// Is told what became of the message that one repeats.
type Waiter = Box<dyn FnOnce(Result<()>) + Send>;

/// Which messages have come.
#[derive(Debug, Default)]
pub struct MessageDedup {
    state: Mutex<State>,
    keys: [RandomState; 2],
}

#[derive(Debug, Default)]
struct State {
    known: HashMap<DedupKey, Known>,
    /// Those that are there, in the order in which they came.
    there: VecDeque<DedupKey>,
}

enum Known {
    /// It is being kept; these have come meanwhile.
    Coming(Vec<Waiter>),
    /// It is kept.
    There,
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Known::Coming(_) => "Coming",
            Known::There => "There",
        })
    }
}

/// Whether a message has come before.
#[derive(Debug, PartialEq, Eq)]
pub enum DedupResult<L> {
    /// It has not. It is to be kept, and [`settle`](MessageDedup::settle) to be told of it.
    First(L),
    /// It has, and is kept.
    There,
    /// It has, and is being kept; what becomes of it will be told.
    Coming,
}

impl MessageDedup {
    /// What this trigger is known by, where it is a message with a hash.
    pub fn mark(&self, trigger: &Trigger) -> Option<DedupKey> {
        let hash = trigger.detail(|details| details.message_hash.as_deref())?;
        let whose = (trigger.interaction_hash(), &*trigger.client_id, hash);
        let [one, other] = &self.keys;
        Some(DedupKey(one.hash_one(whose), other.hash_one(whose)))
    }

    /// A message has come. Where it is being kept already, what `later` makes is told of that.
    pub fn meet<T, L>(&self, mark: DedupKey, later: L) -> DedupResult<L>
    where
        T: FnOnce(Result<()>) + Send + 'static,
        L: FnOnce() -> T,
    {
        match self.lock().known.entry(mark) {
            Entry::Vacant(place) => {
                place.insert(Known::Coming(Vec::new()));
                DedupResult::First(later)
            }
            Entry::Occupied(mut known) => match known.get_mut() {
                Known::Coming(waiters) => {
                    waiters.push(Box::new(later()));
                    DedupResult::Coming
                }
                Known::There => DedupResult::There,
            },
        }
    }

    /// The first of its kind was kept, or was not: then the next one is the first.
    pub fn settle(&self, mark: DedupKey, outcome: &Result<()>) {
        let waiters = {
            let mut state = self.lock();
            let known = match outcome {
                Ok(()) => state.remember(mark),
                Err(_) => state.known.remove(&mark),
            };
            match known {
                Some(Known::Coming(waiters)) => waiters,
                _ => Vec::new(),
            }
        };
        for waiter in waiters {
            waiter(match outcome {
                Ok(()) => Ok(()),
                Err(error) => Err(Error::new(error.status(), error.message())),
            });
        }
    }

    /// An earlier run has left this message.
    #[cfg(feature = "store")]
    pub fn remember(&self, trigger: &Trigger) {
        if let Some(mark) = self.mark(trigger) {
            self.lock().remember(mark);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// It is there from now on; gives what was known of it before.
    fn remember(&mut self, mark: DedupKey) -> Option<Known> {
        let before = self.known.insert(mark, Known::There);
        // Once for each, or forgetting the first would take away what is known of the next.
        if let Some(Known::There) = before {
            return before;
        }
        self.there.push_back(mark);
        if self.there.len() > REMEMBERED
            && let Some(oldest) = self.there.pop_front()
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

    fn mark(repeats: &MessageDedup, interaction: &str, message: &str) -> Option<DedupKey> {
        let body = format!(
            r#"{{"interaction_hash":"{interaction}","message":{{"content":"oi"{message}}}}}"#
        );
        let trigger = Dialect::Interactions.decode(body.into_bytes().into(), None);
        repeats.mark(&trigger.unwrap())
    }

    fn marked(repeats: &MessageDedup, hash: usize) -> DedupKey {
        mark(repeats, "h", &format!(r#","hash":"{hash}""#)).unwrap()
    }

    /// Whether it is the first, has come, or will be told of.
    fn meet(repeats: &MessageDedup, mark: DedupKey) -> (&'static str, Receiver<Result<()>>) {
        let (tell, told) = mpsc::channel();
        let met = repeats.meet(mark, move || move |outcome| tell.send(outcome).unwrap());
        let met = match met {
            DedupResult::First(_) => "first",
            DedupResult::There => "there",
            DedupResult::Coming => "coming",
        };
        (met, told)
    }

    #[test]
    fn a_message_is_known_by_its_hash_within_its_interaction() {
        let repeats = MessageDedup::default();
        let one = mark(&repeats, "a", r#","hash":"1""#);
        assert!(one.is_some());
        assert_eq!(one, mark(&repeats, "a", r#","hash":1"#));
        assert_ne!(one, mark(&repeats, "a", r#","hash":"2""#));
        assert_ne!(one, mark(&repeats, "b", r#","hash":"1""#));
        assert_eq!(mark(&repeats, "a", ""), None, "it may be meant twice");
    }

    #[test]
    fn what_is_there_does_not_come_again() {
        let repeats = MessageDedup::default();
        let mark = marked(&repeats, 1);
        assert_eq!(meet(&repeats, mark).0, "first");
        repeats.settle(mark, &Ok(()));
        assert_eq!(meet(&repeats, mark).0, "there");
    }

    #[test]
    fn what_was_not_kept_may_come_again() {
        let repeats = MessageDedup::default();
        let mark = marked(&repeats, 1);
        assert_eq!(meet(&repeats, mark).0, "first");
        let (met, told) = meet(&repeats, mark);
        assert_eq!(met, "coming");
        repeats.settle(mark, &Err(Error::new(Status::Full, "x")));
        assert_eq!(told.recv().unwrap().unwrap_err().status(), Status::Full);
        assert_eq!(meet(&repeats, mark).0, "first");
    }

    #[test]
    fn who_comes_while_it_is_being_kept_is_told_of_that() {
        let repeats = MessageDedup::default();
        let mark = marked(&repeats, 1);
        assert_eq!(meet(&repeats, mark).0, "first");
        let (met, told) = meet(&repeats, mark);
        assert_eq!(met, "coming");
        assert!(told.try_recv().is_err());
        repeats.settle(mark, &Ok(()));
        assert!(told.recv().unwrap().is_ok());
    }

    #[test]
    fn what_an_earlier_run_left_twice_is_forgotten_once() {
        let repeats = MessageDedup::default();
        let twice = marked(&repeats, 0);
        for _ in 0..2 {
            repeats.lock().remember(twice);
        }
        for hash in 1..REMEMBERED {
            repeats.lock().remember(marked(&repeats, hash));
        }
        assert_eq!(meet(&repeats, twice).0, "there");
        repeats.lock().remember(marked(&repeats, REMEMBERED));
        assert_eq!(meet(&repeats, twice).0, "first");
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let repeats = MessageDedup::default();
        for hash in 0..REMEMBERED + 10 {
            let mark = marked(&repeats, hash);
            assert_eq!(meet(&repeats, mark).0, "first");
            repeats.settle(mark, &Ok(()));
        }
        assert_eq!(repeats.lock().known.len(), REMEMBERED);
        assert_eq!(meet(&repeats, marked(&repeats, 20)).0, "there");
        assert_eq!(meet(&repeats, marked(&repeats, 0)).0, "first");
    }
}
