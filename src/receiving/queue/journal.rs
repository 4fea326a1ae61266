//! Writes events and posted requests to the store before they continue. Without the option `store`, it passes them on
//! at once.

#[cfg(feature = "store")]
pub use stored::Journal;
#[cfg(not(feature = "store"))]
pub use without_store::Journal;

#[cfg(feature = "store")]
pub use crate::store::SendState;
#[cfg(not(feature = "store"))]
pub use without_store::SendState;

#[cfg(feature = "store")]
mod stored {
    use std::path::Path;
    use std::sync::Arc;
    use std::time::Duration;

    use crate::config::Settings;
    use crate::error::{Error, Result};
    use crate::receiving::queue::event::{AckKey, AckToken, Content, QueuedEvent};
    use crate::receiving::queue::inbox::Inbox;
    use crate::receiving::queue::message_dedup::MessageDedup;
    use crate::receiving::queue::recovered_requests::{
        RecoveredRequest, RecoveredRequests, StoredRequest, parse_reference, reference_row,
    };
    use crate::receiving::time::unix_millis;
    use crate::sending::{EndedReference, Interactions, Outcome, QueuedRequest};
    use crate::statistics::{Counters, Statistic};
    use crate::status::Status;
    use crate::store::{Account, CommitCallback, Record, RecordKind, RowKey, Store};
    use crate::wire::{DecodeError, Dialect, Trigger};

    /// Stores events and posted requests, if the client has a store.
    #[derive(Debug)]
    pub struct Journal {
        store: Option<Arc<Store>>,
        /// Whether the drop of an event acknowledges it.
        auto_ack: bool,
    }

    impl Journal {
        /// Opens the store, if the option is set. Adds stored events to the inbox, restores open interactions, and
        /// returns the stored requests.
        pub fn open(
            settings: &Settings,
            inbox: &Arc<Inbox>,
            interactions: &Arc<Interactions>,
            message_dedup: &MessageDedup,
            counters: &Counters,
        ) -> Result<(Self, RecoveredRequests)> {
            let mut recovered = RecoveredRequests::default();
            let store = match &settings.store {
                Some(path) => {
                    let notified = inbox.clone();
                    let notify = Box::new(move || notified.notify());
                    let account = Account::new(
                        &settings.token,
                        settings.dialect,
                        &settings.host(),
                        settings.store_move_account,
                    );
                    let (store, leftovers) = Store::open(Path::new(path), account, notify)?;
                    let store = Arc::new(store);
                    interactions.restore(store.clone(), leftovers.interactions);
                    let mut unreadable = leftovers.unreadable;
                    let reader = RecordReader {
                        dialect: settings.dialect,
                        interactions,
                        message_dedup,
                    };
                    for (number, record) in leftovers.records {
                        if !reader.restore(inbox, number, record) {
                            unreadable.push(RowKey::Record(number));
                        }
                    }
                    for (ticket, letter) in leftovers.requests {
                        match serde_json::from_str::<StoredRequest>(&letter.content) {
                            Ok(content) => recovered.requests.push(RecoveredRequest {
                                ticket,
                                request: content,
                                sent: letter.sent,
                                posted_at: letter.posted_at.unwrap_or(0),
                                age: letter.posted_at.map_or(Duration::ZERO, age),
                                has_interactions_table: !leftovers.is_old_schema,
                            }),
                            Err(_) => unreadable.push(RowKey::Request(ticket)),
                        }
                    }
                    for row in leftovers.references {
                        match parse_reference(row) {
                            Ok(reference) => recovered.references.push(reference),
                            Err(key) => unreadable.push(key),
                        }
                    }
                    // These rows were readable when they were written, so another program has changed the file.
                    if let Some(first) = unreadable.first() {
                        log::error!(
                            "{} unreadable rows of the store were moved to its table aside; the first is {first}",
                            unreadable.len()
                        );
                    }
                    for row in unreadable {
                        counters.count(Statistic::Quarantined);
                        store.quarantine(row);
                    }
                    Some(store)
                }
                None => None,
            };
            let journal = Journal {
                store,
                auto_ack: settings.auto_ack,
            };
            Ok((journal, recovered))
        }

        /// Adds a trigger to the inbox. Returns the result, or `None` if the trigger must be stored first. The
        /// callback from `make_callback` then gets the result after the next commit, and the inbox is notified.
        pub fn enqueue_trigger<T: FnOnce(Result<()>) + Send + 'static>(
            &self,
            inbox: &Arc<Inbox>,
            trigger: Trigger,
            content_type: Option<&str>,
            received_at: i64,
            make_callback: impl FnOnce() -> T,
        ) -> Option<Result<()>> {
            let Some(store) = &self.store else {
                let content = Content::Trigger(trigger);
                return Some(inbox.push(content, received_at).map_err(Error::from));
            };
            let size = trigger.raw.len();
            if let Err(error) = inbox.reserve(size) {
                return Some(Err(error.into()));
            }
            let callback = make_callback();
            let record = Record {
                kind: RecordKind::Trigger,
                received_at,
                content_type: content_type.map(str::to_owned),
                body: trigger.raw.clone(),
            };
            let inbox = inbox.clone();
            store.insert(
                record,
                CommitCallback::new(move |written| match written {
                    Ok(sequence) => {
                        inbox.push_reserved(QueuedEvent {
                            content: Content::Trigger(trigger),
                            sequence,
                            received_at,
                            redelivered: false,
                        });
                        callback(Ok(()));
                    }
                    Err(error) => {
                        inbox.release_slot(size);
                        callback(Err(error));
                    }
                }),
            );
            None
        }

        /// Starts a commit of the queued changes.
        pub fn flush(&self) {
            if let Some(store) = &self.store {
                store.flush();
            }
        }

        /// Stores a posted request and returns its ticket; `None` without a store. A query only gets a ticket.
        pub fn store_request(&self, posted: &QueuedRequest) -> Result<Option<u64>> {
            let Some(store) = &self.store else {
                return Ok(None);
            };
            if !posted.is_stored() {
                return store
                    .wait_for_commit(|kept| store.allocate_ticket(kept))
                    .map(Some);
            }
            let content = serde_json::to_string(&StoredRequest::of(posted)).map_err(|error| {
                Error::new(
                    Status::Store,
                    format!("the request cannot be stored: {error}"),
                )
            })?;
            store
                .wait_for_commit(|kept| store.insert_request(content, posted.posted_at, kept))
                .map(Some)
        }

        /// Stores that a posted request is about to be sent.
        pub fn mark_sending(&self, ticket: u64) -> Result<()> {
            match &self.store {
                Some(store) => store
                    .wait_for_commit(|kept| store.mark_sending(ticket, kept))
                    .map(drop),
                None => Ok(()),
            }
        }

        /// Stores that a posted request was not sent.
        pub fn mark_unsent(&self, ticket: u64) {
            if let Some(store) = &self.store {
                store.clear_sending(ticket);
            }
        }

        /// Fails on a thread that must not block on the store.
        pub fn may_wait(&self) -> Result<()> {
            self.store
                .as_ref()
                .map_or(Ok(()), |_| Store::check_may_block())
        }

        /// Returns whether events and requests outlive the process.
        pub fn is_durable(&self) -> bool {
            self.store.is_some()
        }

        /// Deletes the stored reference of an ended request with the next commit.
        pub fn forget_reference(&self, reference: &str, ticket: u64) {
            if let Some(store) = &self.store {
                store.delete_reference(reference.into(), ticket);
            }
        }

        /// Replaces a request in the store by its outcome and its reference, and adds the outcome to the inbox without a
        /// limit. Then calls `on_enqueued` with the result of the commit.
        pub fn enqueue_outcome(
            &self,
            inbox: &Arc<Inbox>,
            outcome: Outcome,
            reference: Option<EndedReference>,
            on_enqueued: impl FnOnce(Result<()>) + Send + 'static,
        ) {
            let received_at = unix_millis();
            let Some(store) = &self.store else {
                inbox.push_always(Content::Outcome(outcome), received_at);
                return on_enqueued(Ok(()));
            };
            if !outcome.is_stored() {
                inbox.restore(QueuedEvent {
                    content: Content::Outcome(outcome),
                    sequence: 0,
                    received_at,
                    redelivered: false,
                });
                return on_enqueued(Ok(()));
            }
            // Numbers and strings can always be written as JSON.
            let body = serde_json::to_vec(&outcome).unwrap_or_default();
            let record = Record {
                kind: RecordKind::Outcome,
                received_at,
                content_type: None,
                body: body.into(),
            };
            let inbox = inbox.clone();
            store.complete_request(
                outcome.ticket,
                record,
                reference.map(reference_row),
                CommitCallback::new(move |written| {
                    // If the outcome could not be stored, it is still delivered, without a number. The store retries
                    // the write.
                    let sequence = *written.as_ref().unwrap_or(&0);
                    inbox.restore(QueuedEvent {
                        content: Content::Outcome(outcome),
                        sequence,
                        received_at,
                        redelivered: false,
                    });
                    on_enqueued(written.map(drop));
                }),
            );
        }

        /// Returns the token that acknowledges this event.
        pub fn ack_token(&self, event: &QueuedEvent) -> AckToken {
            let (store, key) = match &event.content {
                Content::Outcome(outcome) if !outcome.is_stored() => (None, AckKey::Record(0)),
                Content::Outcome(outcome) if event.sequence == 0 => {
                    (self.store.clone(), AckKey::Outcome(outcome.ticket))
                }
                _ => (self.store.clone(), AckKey::Record(event.sequence)),
            };
            AckToken::new(store, key, self.auto_ack)
        }

        /// Closes the store.
        pub fn close(&self) {
            if let Some(store) = &self.store {
                store.close();
            }
        }
    }

    /// Returns the time since `posted_at`; zero if the clock was set back.
    fn age(posted_at: i64) -> Duration {
        let age = u64::try_from(unix_millis().saturating_sub(posted_at));
        Duration::from_millis(age.unwrap_or(0))
    }

    /// Reads the stored records.
    struct RecordReader<'a> {
        dialect: Dialect,
        interactions: &'a Interactions,
        message_dedup: &'a MessageDedup,
    }

    impl RecordReader<'_> {
        /// Decodes a trigger. Another dialect may have been configured when it was stored.
        fn decode(&self, record: &Record) -> std::result::Result<Trigger, DecodeError> {
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

        /// Adds a record to the inbox. Returns `false` if it cannot be read.
        fn restore(&self, inbox: &Inbox, sequence: u64, record: Record) -> bool {
            let content = match record.kind {
                RecordKind::Trigger => self
                    .decode(&record)
                    .map(|mut trigger| {
                        self.interactions.resolve_client_id(&mut trigger);
                        self.message_dedup.remember(&trigger);
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
mod without_store {
    use std::sync::Arc;

    use crate::config::Settings;
    use crate::error::{Error, Result};
    use crate::receiving::queue::event::{AckToken, Content, QueuedEvent};
    use crate::receiving::queue::inbox::Inbox;
    use crate::receiving::queue::message_dedup::MessageDedup;
    use crate::receiving::queue::recovered_requests::RecoveredRequests;
    use crate::receiving::time::unix_millis;
    use crate::sending::{EndedReference, Interactions, Outcome, QueuedRequest};
    use crate::statistics::Counters;
    use crate::status::Status;
    use crate::wire::Trigger;

    /// Whether a posted request was sent. Without a store, none is recovered.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[allow(dead_code)]
    pub enum SendState {
        /// It was not sent.
        Queued,
        /// It may have been sent.
        MaybeSent,
        /// It was tried, and the service certainly did not receive it.
        NotSent,
    }

    /// The journal of a build without the feature `store`.
    #[derive(Debug)]
    pub struct Journal;

    impl Journal {
        /// Fails if the option `store` is set.
        ///
        /// # Errors
        /// [`Status::Unsupported`].
        pub fn open(
            settings: &Settings,
            _: &Arc<Inbox>,
            _: &Arc<Interactions>,
            _: &MessageDedup,
            _: &Counters,
        ) -> Result<(Self, RecoveredRequests)> {
            match settings.store {
                Some(_) => Err(Error::new(
                    Status::Unsupported,
                    "this build has no store; leave the option store unset",
                )),
                None => Ok((Journal, RecoveredRequests::default())),
            }
        }

        /// Adds a trigger to the inbox and returns the result.
        pub fn enqueue_trigger<T: FnOnce(Result<()>) + Send + 'static>(
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

        /// Does nothing.
        pub fn flush(&self) {}

        /// Returns `None`.
        pub fn store_request(&self, _: &QueuedRequest) -> Result<Option<u64>> {
            Ok(None)
        }

        /// Does nothing.
        pub fn mark_sending(&self, _: u64) -> Result<()> {
            Ok(())
        }

        /// Does nothing.
        pub fn mark_unsent(&self, _: u64) {}

        /// Never fails.
        pub fn may_wait(&self) -> Result<()> {
            Ok(())
        }

        /// Returns `false`.
        pub fn is_durable(&self) -> bool {
            false
        }

        /// Does nothing.
        pub fn forget_reference(&self, _: &str, _: u64) {}

        /// Adds an outcome to the inbox without a limit, then calls `on_enqueued`.
        pub fn enqueue_outcome(
            &self,
            inbox: &Arc<Inbox>,
            outcome: Outcome,
            _: Option<EndedReference>,
            on_enqueued: impl FnOnce(Result<()>),
        ) {
            inbox.push_always(Content::Outcome(outcome), unix_millis());
            on_enqueued(Ok(()));
        }

        /// Returns a token without effect.
        pub fn ack_token(&self, _: &QueuedEvent) -> AckToken {
            AckToken
        }

        /// Does nothing.
        pub fn close(&self) {}
    }
}
