//! Keeps events until the application has them, and posted requests until they have ended: in memory, or on disk first
//! where the option `store` is set.

#[cfg(not(feature = "store"))]
pub use memory::Journal;
#[cfg(feature = "store")]
pub use stored::Journal;

use std::time::Duration;

use serde::{Deserialize, Serialize};

#[cfg(feature = "store")]
pub use crate::store::Sent;
use crate::wire::{Address, Request};
#[cfg(not(feature = "store"))]
pub use memory::Sent;

/// A posted request that an earlier run left.
#[derive(Debug)]
pub struct RecoveredRequest {
    /// Its ticket.
    pub ticket: u64,
    /// What it is.
    pub letter: StoredRequest,
    /// Whether it was sent.
    pub sent: Sent,
    /// How long ago it was posted, by this machine's clock.
    pub age: Duration,
    /// Whether the store knew then which interactions are open.
    pub book_was_kept: bool,
}

/// A posted request, as it is written down.
#[derive(Debug, Serialize, Deserialize)]
pub struct StoredRequest {
    /// Where it goes.
    pub address: Address,
    /// What it asks for.
    pub request: Request,
}

#[cfg(feature = "store")]
mod stored {
    use std::path::Path;
    use std::sync::Arc;
    use std::time::Duration;

    use super::{RecoveredRequest, StoredRequest};
    use crate::config::Settings;
    use crate::error::{Error, Result};
    use crate::interactions::Interactions;
    use crate::receiving::queue::event::{AckKey, AckToken, Content, QueuedEvent};
    use crate::receiving::queue::inbox::Inbox;
    use crate::receiving::queue::message_dedup::MessageDedup;
    use crate::receiving::receiver::now;
    use crate::receiving::statistics::{Counters, Statistic};
    use crate::sending::Outcome;
    use crate::status::Status;
    use crate::store::{Account, CommitCallback, Record, RecordKind, Row, Store};
    use crate::wire::{Address, Dialect, Request, Trigger, Unreadable};

    /// Where events and posted requests are kept.
    #[derive(Debug)]
    pub struct Journal {
        store: Option<Arc<Store>>,
        /// Whether letting go of an event means that it was handled.
        auto_ack: bool,
    }

    impl Journal {
        /// Opens the store, if there is to be one; puts the events that wait in it into the inbox and the open interactions
        /// among those that are known, and gives the requests.
        pub fn open(
            settings: &Settings,
            inbox: &Arc<Inbox>,
            interactions: &Arc<Interactions>,
            repeats: &MessageDedup,
            counters: &Counters,
        ) -> Result<(Self, Vec<RecoveredRequest>)> {
            let mut left = Vec::new();
            let store = match &settings.store {
                Some(path) => {
                    let rung = inbox.clone();
                    let ring = Box::new(move || rung.ring());
                    let account = Account::new(
                        &settings.token,
                        settings.dialect,
                        &settings.host(),
                        settings.store_move_account,
                    );
                    let (store, leftovers) = Store::open(Path::new(path), account, ring)?;
                    let store = Arc::new(store);
                    interactions.restore(store.clone(), leftovers.pages);
                    let mut unreadable = leftovers.unreadable;
                    let reader = Reader {
                        dialect: settings.dialect,
                        interactions,
                        repeats,
                    };
                    for (number, record) in leftovers.records {
                        if !reader.restore(inbox, number, record) {
                            unreadable.push(Row::Record(number));
                        }
                    }
                    for (ticket, letter) in leftovers.letters {
                        match serde_json::from_str::<StoredRequest>(&letter.content) {
                            Ok(content) => left.push(RecoveredRequest {
                                ticket,
                                letter: content,
                                sent: letter.sent,
                                age: letter.posted_at.map_or(Duration::ZERO, age),
                                book_was_kept: !leftovers.knew_no_interactions,
                            }),
                            Err(_) => unreadable.push(Row::Letter(ticket)),
                        }
                    }
                    // It was read once, when it was written, so this is a file that somebody else has written to.
                    if let Some(first) = unreadable.first() {
                        log::error!(
                            "{} rows of the store can't be read and are set aside, in its table aside; the first is {first}",
                            unreadable.len()
                        );
                    }
                    for row in unreadable {
                        counters.count(Statistic::Quarantined);
                        store.set_aside(row);
                    }
                    Some(store)
                }
                None => None,
            };
            let keeper = Journal {
                store,
                auto_ack: settings.auto_ack,
            };
            Ok((keeper, left))
        }

        /// Keeps a trigger for the inbox, and tells what became of that: at once, or, where it is written down first, after
        /// the next [`hurry`](Self::hurry) by what `later` makes, whereupon the inbox rings.
        pub fn keep<T: FnOnce(Result<()>) + Send + 'static>(
            &self,
            inbox: &Arc<Inbox>,
            trigger: Trigger,
            content_type: Option<&str>,
            received_at: i64,
            later: impl FnOnce() -> T,
        ) -> Option<Result<()>> {
            let Some(store) = &self.store else {
                let content = Content::Trigger(trigger);
                return Some(inbox.push(content, received_at).map_err(Error::from));
            };
            let size = trigger.raw.len();
            if let Err(turned) = inbox.reserve(size) {
                return Some(Err(turned.into()));
            }
            let kept = later();
            let record = Record {
                kind: RecordKind::Trigger,
                received_at,
                content_type: content_type.map(str::to_owned),
                body: trigger.raw.clone(),
            };
            let inbox = inbox.clone();
            store.keep(
                record,
                CommitCallback::new(move |written| match written {
                    Ok(sequence) => {
                        inbox.fill(QueuedEvent {
                            content: Content::Trigger(trigger),
                            sequence,
                            received_at,
                            redelivered: false,
                        });
                        kept(Ok(()));
                    }
                    Err(error) => {
                        inbox.give_up(size);
                        kept(Err(error));
                    }
                }),
            );
            None
        }

        /// Has what was handed over written now.
        pub fn hurry(&self) {
            if let Some(store) = &self.store {
                store.hurry();
            }
        }

        /// Writes a posted request down, and gives its ticket; `None` without a store.
        pub fn post(&self, address: &Address, request: &Request) -> Result<Option<u64>> {
            let Some(store) = &self.store else {
                return Ok(None);
            };
            let letter = StoredRequest {
                address: address.clone(),
                request: request.clone(),
            };
            let content = serde_json::to_string(&letter).map_err(|error| {
                Error::new(
                    Status::Store,
                    format!("the request can't be written down: {error}"),
                )
            })?;
            store
                .wait(|kept| store.post(content, now(), kept))
                .map(Some)
        }

        /// Writes down that a posted request is about to leave.
        pub fn leave(&self, ticket: u64) -> Result<()> {
            match &self.store {
                Some(store) => store.wait(|kept| store.leave(ticket, kept)).map(drop),
                None => Ok(()),
            }
        }

        /// Writes down that it has not left after all.
        pub fn stay(&self, ticket: u64) {
            if let Some(store) = &self.store {
                store.stay(ticket);
            }
        }

        /// Fails on a thread on which nobody may wait for the store, if there is one.
        pub fn may_wait(&self) -> Result<()> {
            self.store.as_ref().map_or(Ok(()), |_| Store::may_wait())
        }

        /// Whether what is kept outlives the process.
        pub fn is_durable(&self) -> bool {
            self.store.is_some()
        }

        /// Puts an outcome on disk in its request's place, then into the inbox, however many events wait there, and then
        /// calls `told`.
        pub fn tell(
            &self,
            inbox: &Arc<Inbox>,
            outcome: Outcome,
            received_at: i64,
            told: impl FnOnce() + Send + 'static,
        ) {
            let Some(store) = &self.store else {
                inbox.push_always(Content::Outcome(outcome), received_at);
                return told();
            };
            // Numbers and strings are always JSON.
            let body = serde_json::to_vec(&outcome).unwrap_or_default();
            let record = Record {
                kind: RecordKind::Outcome,
                received_at,
                content_type: None,
                body: body.into(),
            };
            let inbox = inbox.clone();
            store.settle(
                outcome.ticket,
                record,
                CommitCallback::new(move |written| {
                    // Where it could not be written, it is told all the same, under no number of the store, which goes on
                    // trying.
                    inbox.restore(QueuedEvent {
                        content: Content::Outcome(outcome),
                        sequence: written.unwrap_or(0),
                        received_at,
                        redelivered: false,
                    });
                    told();
                }),
            );
        }

        /// What is signed when this event was handled.
        pub fn receipt(&self, event: &QueuedEvent) -> AckToken {
            let mark = match &event.content {
                Content::Outcome(outcome) if event.sequence == 0 => AckKey::Outcome(outcome.ticket),
                _ => AckKey::Record(event.sequence),
            };
            AckToken::new(self.store.clone(), mark, self.auto_ack)
        }

        /// Lets go of the store.
        pub fn close(&self) {
            if let Some(store) = &self.store {
                store.close();
            }
        }
    }

    /// How long ago that was; no time where the clock was set back since.
    fn age(posted_at: i64) -> Duration {
        let age = u64::try_from(now().saturating_sub(posted_at));
        Duration::from_millis(age.unwrap_or(0))
    }

    /// Reads what an earlier run has left.
    struct Reader<'a> {
        dialect: Dialect,
        interactions: &'a Interactions,
        repeats: &'a MessageDedup,
    }

    impl Reader<'_> {
        /// A store may come from a run in another dialect.
        fn decode(&self, record: &Record) -> std::result::Result<Trigger, Unreadable> {
            let content_type = record.content_type.as_deref();
            let read = |dialect: Dialect| dialect.decode(record.body.clone(), content_type);
            read(self.dialect).or_else(|why| {
                let others = Dialect::ALL.into_iter();
                others
                    .map(read)
                    .find_map(std::result::Result::ok)
                    .ok_or(why)
            })
        }

        /// Whether it can be read.
        fn restore(&self, inbox: &Inbox, sequence: u64, record: Record) -> bool {
            let content = match record.kind {
                RecordKind::Trigger => self
                    .decode(&record)
                    .map(|mut trigger| {
                        self.interactions.resolve(&mut trigger);
                        self.repeats.remember(&trigger);
                        Content::Trigger(trigger)
                    })
                    .ok(),
                RecordKind::Outcome => serde_json::from_slice(&record.body)
                    .map(Content::Outcome)
                    .ok(),
            };
            let Some(content) = content else { return false };
            inbox.restore(QueuedEvent {
                content,
                sequence,
                received_at: record.received_at,
                redelivered: true,
            });
            true
        }
    }
}

#[cfg(not(feature = "store"))]
mod memory {
    use std::sync::Arc;

    use super::RecoveredRequest;
    use crate::config::Settings;
    use crate::error::{Error, Result};
    use crate::interactions::Interactions;
    use crate::receiving::queue::event::{AckToken, Content, QueuedEvent};
    use crate::receiving::queue::inbox::Inbox;
    use crate::receiving::queue::message_dedup::MessageDedup;
    use crate::receiving::statistics::Counters;
    use crate::sending::Outcome;
    use crate::status::Status;
    use crate::wire::{Address, Request, Trigger};

    /// Whether a posted request was sent. Without a store, no earlier run has left one.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[allow(dead_code)]
    pub enum Sent {
        /// It was not tried.
        Untried,
        /// It may have been on its way.
        Perhaps,
        /// It was tried, and the service surely does not have it.
        Not,
    }

    /// Keeps nothing: this build has no store.
    #[derive(Debug)]
    pub struct Journal;

    impl Journal {
        /// Fails where a store is asked for.
        pub fn open(
            settings: &Settings,
            _: &Arc<Inbox>,
            _: &Arc<Interactions>,
            _: &MessageDedup,
            _: &Counters,
        ) -> Result<(Self, Vec<RecoveredRequest>)> {
            match settings.store {
                Some(_) => Err(Error::new(
                    Status::Unsupported,
                    "this build has no store; leave the option store unset",
                )),
                None => Ok((Journal, Vec::new())),
            }
        }

        /// Puts a trigger into the inbox, and tells at once what became of that.
        pub fn keep<T: FnOnce(Result<()>) + Send + 'static>(
            &self,
            inbox: &Arc<Inbox>,
            trigger: Trigger,
            _: Option<&str>,
            received_at: i64,
            _: impl FnOnce() -> T,
        ) -> Option<Result<()>> {
            let content = Content::Trigger(trigger);
            Some(inbox.push(content, received_at).map_err(Error::from))
        }

        /// Nothing is to be written.
        pub fn hurry(&self) {}

        /// Writes nothing.
        pub fn post(&self, _: &Address, _: &Request) -> Result<Option<u64>> {
            Ok(None)
        }

        /// Writes nothing.
        pub fn leave(&self, _: u64) -> Result<()> {
            Ok(())
        }

        /// Writes nothing.
        pub fn stay(&self, _: u64) {}

        /// Anybody may, everywhere.
        pub fn may_wait(&self) -> Result<()> {
            Ok(())
        }

        /// Nothing is.
        pub fn is_durable(&self) -> bool {
            false
        }

        /// Puts an outcome into the inbox, however many events wait there.
        pub fn tell(
            &self,
            inbox: &Arc<Inbox>,
            outcome: Outcome,
            received_at: i64,
            told: impl FnOnce(),
        ) {
            inbox.push_always(Content::Outcome(outcome), received_at);
            told();
        }

        /// Nothing to sign.
        pub fn receipt(&self, _: &QueuedEvent) -> AckToken {
            AckToken
        }

        /// Nothing to let go of.
        pub fn close(&self) {}
    }
}
