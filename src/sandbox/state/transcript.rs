//! The transcript: each request with its response, and each trigger with its result, in order.
//!
//! A trigger is recorded when it is sent; its result is added when the webhook has responded. Therefore a client's request
//! always follows the trigger that caused it.

use serde::Serialize;
use serde_json::value::RawValue;
use std::time::Instant;
use tokio::sync::watch;

/// The dialect of the requests and triggers between the service and an external bot.
pub(crate) const BOT_DIALECT: &str = "bot";

/// A request to the service, or a trigger from it. The JSON fields are `n`, `at`, `direction`, `dialect`, `kind`, `clientId`,
/// `body` and `status`. `interactionHash` is present in dialects with hashes, and `error` only after an error.
///
/// It contains the messages of customers and agents.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Entry {
    /// The number of the entry, counted from 1.
    pub n: u64,
    /// Milliseconds since the start of the sandbox.
    pub at: u64,
    /// The sender.
    pub direction: Direction,
    /// `rest`, `gateway` or `interactions`; `bot` for an external bot. `None` if the path belongs to no dialect.
    pub dialect: Option<&'static str>,
    /// The kind, which has the same name in every dialect: `start`, `message`, `finish`, `accepted` and so on. `None` if it
    /// is unreadable.
    pub kind: Option<&'static str>,
    /// The client id of the interaction, if readable. In `interactions`, it is the `clientId` in the start's `extra`.
    pub client_id: Option<String>,
    /// The hash of the interaction, in the dialects with hashes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interaction_hash: Option<String>,
    /// The object, with its token redacted. If a body is not a JSON object, a trigger has it as a JSON string, and a request
    /// has null.
    pub body: Option<Box<RawValue>>,
    /// The HTTP status of the response: of the sandbox to a request, of the webhook to a trigger. `None` without a response,
    /// and while a trigger is in progress.
    pub status: Option<u16>,
    /// The reason why the request was rejected or the trigger failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The direction of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// From the application to the service.
    Request,
    /// From the service to the application's webhook.
    Trigger,
}

impl Entry {
    /// Returns whether the entry is a trigger without a result yet.
    pub fn is_pending(&self) -> bool {
        self.status.is_none() && self.error.is_none()
    }
}

/// A callback for each new entry, and for each result of a trigger.
pub type Watcher = Box<dyn Fn(&Entry) + Send>;

pub(crate) struct Transcript {
    entries: Vec<Entry>,
    started: Instant,
    /// The number of resets, so that the result of an earlier trigger is not written to a later entry.
    generation: u64,
    changed: watch::Sender<()>,
    watcher: Option<Watcher>,
}

/// A request and its response.
#[derive(Default)]
pub(crate) struct RequestRecord {
    pub dialect: Option<&'static str>,
    pub kind: Option<&'static str>,
    pub client_id: Option<String>,
    pub interaction_hash: Option<String>,
    pub body: Option<Box<RawValue>>,
    /// `None` if the connection was closed without a response.
    pub status: Option<u16>,
    pub error: Option<String>,
}

/// A trigger before it has a result.
#[derive(Default)]
pub(crate) struct TriggerRecord {
    pub dialect: Option<&'static str>,
    pub kind: Option<&'static str>,
    pub client_id: Option<String>,
    pub interaction_hash: Option<String>,
    pub body: Option<Box<RawValue>>,
}

impl TriggerRecord {
    fn entry(self, error: Option<String>) -> Entry {
        Entry {
            n: 0,
            at: 0,
            direction: Direction::Trigger,
            dialect: self.dialect,
            kind: self.kind,
            client_id: self.client_id,
            interaction_hash: self.interaction_hash,
            body: self.body,
            status: None,
            error,
        }
    }
}

/// Refers to the entry of a trigger without a result.
pub(crate) struct PendingEntry {
    generation: u64,
    index: usize,
}

impl Transcript {
    pub fn new(watcher: Option<Watcher>) -> Transcript {
        Transcript {
            entries: Vec::new(),
            started: Instant::now(),
            generation: 0,
            changed: watch::Sender::new(()),
            watcher,
        }
    }

    pub fn record_request(&mut self, request: RequestRecord) {
        self.append(Entry {
            n: 0,
            at: 0,
            direction: Direction::Request,
            dialect: request.dialect,
            kind: request.kind,
            client_id: request.client_id,
            interaction_hash: request.interaction_hash,
            body: request.body,
            status: request.status,
            error: request.error,
        });
    }

    /// Records a trigger before it is sent.
    pub fn record_trigger(&mut self, trigger: TriggerRecord) -> PendingEntry {
        self.append(trigger.entry(None));
        PendingEntry {
            generation: self.generation,
            index: self.entries.len() - 1,
        }
    }

    /// Records a trigger that can't be sent.
    pub fn record_undeliverable_trigger(&mut self, trigger: TriggerRecord, error: String) {
        self.append(trigger.entry(Some(error)));
    }

    /// Adds the result of a trigger: the webhook's status, or the error.
    pub fn complete_trigger(&mut self, pending: PendingEntry, result: &Result<u16, String>) {
        if pending.generation != self.generation {
            return;
        }
        let Some(entry) = self.entries.get_mut(pending.index) else {
            return;
        };
        match result {
            Ok(status) => {
                entry.status = Some(*status);
                if !(200..300).contains(status) {
                    entry.error = Some(format!("the webhook responded with {status}"));
                }
            }
            Err(error) => entry.error = Some(error.clone()),
        }
        if let Some(watcher) = &self.watcher {
            watcher(entry);
        }
        self.changed.send_replace(());
    }

    /// Returns the entries whose `n` is greater than `after`.
    pub fn entries_after(&self, after: u64) -> &[Entry] {
        let from = usize::try_from(after)
            .unwrap_or(usize::MAX)
            .min(self.entries.len());
        &self.entries[from..]
    }

    /// Returns whether every trigger after `after` has its result.
    pub fn is_complete(&self, after: u64) -> bool {
        !self.entries_after(after).iter().any(Entry::is_pending)
    }

    /// Returns a receiver that is notified of every later entry, result and reset.
    pub fn subscribe(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Notifies the receivers of a change that has no entry.
    pub fn notify(&self) {
        self.changed.send_replace(());
    }

    pub fn reset(&mut self) {
        self.entries.clear();
        self.generation += 1;
        self.changed.send_replace(());
    }

    /// Numbers the entry, calls the watcher, and appends the entry.
    fn append(&mut self, mut entry: Entry) {
        entry.n = self.entries.len() as u64 + 1;
        entry.at = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        if let Some(watcher) = &self.watcher {
            watcher(&entry);
        }
        self.entries.push(entry);
        self.changed.send_replace(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_added_to_the_entry_of_its_trigger() {
        let mut transcript = Transcript::new(None);
        let pending = transcript.record_trigger(TriggerRecord::default());
        transcript.record_request(RequestRecord {
            status: Some(200),
            ..RequestRecord::default()
        });
        assert!(!transcript.is_complete(0));
        assert!(transcript.is_complete(1));
        transcript.complete_trigger(pending, &Ok(404));
        assert!(transcript.is_complete(0));
        let first = &transcript.entries_after(0)[0];
        assert_eq!(
            (first.n, first.status, first.error.as_deref()),
            (1, Some(404), Some("the webhook responded with 404"))
        );
    }

    #[test]
    fn a_result_of_a_trigger_before_a_reset_is_dropped() {
        let mut transcript = Transcript::new(None);
        let pending = transcript.record_trigger(TriggerRecord::default());
        transcript.reset();
        let _later = transcript.record_trigger(TriggerRecord::default());
        transcript.complete_trigger(pending, &Ok(200));
        assert_eq!(transcript.entries_after(0)[0].status, None);
        assert_eq!(transcript.entries_after(0)[0].n, 1);
    }

    #[test]
    fn entries_after_the_last_are_empty() {
        let mut transcript = Transcript::new(None);
        transcript.record_request(RequestRecord {
            status: Some(200),
            ..RequestRecord::default()
        });
        assert_eq!(transcript.entries_after(0).len(), 1);
        assert!(transcript.entries_after(1).is_empty());
        assert!(transcript.entries_after(u64::MAX).is_empty());
    }
}
