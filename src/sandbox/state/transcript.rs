//! Everything that was said, in order: each request with its answer, each trigger with its result.
//!
//! A trigger takes its place when it is sent, and its result is filled in when the webhook has answered. So a request
//! that a client makes because of a trigger always stands after it, however fast the client is.

use serde::Serialize;
use serde_json::value::RawValue;
use std::time::Instant;
use tokio::sync::watch;

/// One request to the service or one trigger from it. As JSON: `n`, `at`, `direction`, `dialect`, `kind`, `clientId`,
/// `interactionHash` only in the dialects that have one, `body`, `status`, and `error` only where there is one.
///
/// Holds what customers and agents said: showing it is a transcript's purpose.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Entry {
    /// Its place, counted from 1.
    pub n: u64,
    /// Milliseconds since the sandbox was started.
    pub at: u64,
    /// Which way it went.
    pub direction: Direction,
    /// The dialect in which it was said: `rest`, `gateway` or `interactions`; `bot` between service and external bot. None for what came to no dialect's path.
    pub dialect: Option<&'static str>,
    /// What it was, in the same words in all dialects: `start`, `message`, `finish`, `accepted` and so on. None for what
    /// could not be read.
    pub kind: Option<&'static str>,
    /// The interaction's client id, where it has a readable one; in `interactions` the `clientId` of the start's `extra`.
    pub client_id: Option<String>,
    /// The interaction's hash, in the dialects that name one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interaction_hash: Option<String>,
    /// The object as it was sent or received, its token redacted. A body that is no JSON object is shown as a JSON
    /// string when the sandbox sent it, and as null when it came in.
    pub body: Option<Box<RawValue>>,
    /// The HTTP status: answered by the sandbox to a request, by the webhook to a trigger. None for what got no answer,
    /// and for a trigger that has none yet.
    pub status: Option<u16>,
    /// Why a request was rejected or a trigger failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Which way an entry of the transcript went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// From the application to the service.
    Request,
    /// From the service to the application's webhook.
    Trigger,
}

impl Entry {
    /// A trigger that is on its way: sent, not yet answered.
    pub fn is_pending(&self) -> bool {
        self.status.is_none() && self.error.is_none()
    }
}

/// Told of each entry when it is written, and of a trigger once more when its result is known.
pub type Watcher = Box<dyn Fn(&Entry) + Send>;

pub(crate) struct Transcript {
    entries: Vec<Entry>,
    started: Instant,
    /// Counts the resets, so that a trigger of before one finds no place to write its result.
    volume: u64,
    changed: watch::Sender<()>,
    watcher: Option<Watcher>,
}

/// A request with its answer, as it is written down.
#[derive(Default)]
pub(crate) struct Request {
    pub dialect: Option<&'static str>,
    pub kind: Option<&'static str>,
    pub client_id: Option<String>,
    pub interaction_hash: Option<String>,
    pub body: Option<Box<RawValue>>,
    /// None for one that was hung up on.
    pub status: Option<u16>,
    pub error: Option<String>,
}

/// A trigger, as it is written down.
#[derive(Default)]
pub(crate) struct Trigger {
    pub dialect: Option<&'static str>,
    pub kind: Option<&'static str>,
    pub client_id: Option<String>,
    pub interaction_hash: Option<String>,
    pub body: Option<Box<RawValue>>,
}

impl Trigger {
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

/// The place of a trigger whose result is still to come.
pub(crate) struct Place {
    volume: u64,
    index: usize,
}

impl Transcript {
    pub fn new(watcher: Option<Watcher>) -> Transcript {
        Transcript {
            entries: Vec::new(),
            started: Instant::now(),
            volume: 0,
            changed: watch::Sender::new(()),
            watcher,
        }
    }

    pub fn request(&mut self, request: Request) {
        self.write(Entry {
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

    /// Writes a trigger that is about to be sent.
    pub fn trigger(&mut self, trigger: Trigger) -> Place {
        self.write(trigger.entry(None));
        Place {
            volume: self.volume,
            index: self.entries.len() - 1,
        }
    }

    /// Writes a trigger that can't be sent at all.
    pub fn undelivered(&mut self, trigger: Trigger, error: String) {
        self.write(trigger.entry(Some(error)));
    }

    /// Fills in a trigger's result: the webhook's status, or why there is none.
    pub fn settle(&mut self, place: Place, result: &Result<u16, String>) {
        if place.volume != self.volume {
            return;
        }
        let Some(entry) = self.entries.get_mut(place.index) else {
            return;
        };
        match result {
            Ok(status) => {
                entry.status = Some(*status);
                if !(200..300).contains(status) {
                    entry.error = Some(format!("the webhook answered {status}"));
                }
            }
            Err(error) => entry.error = Some(error.clone()),
        }
        if let Some(watcher) = &self.watcher {
            watcher(entry);
        }
        self.changed.send_replace(());
    }

    /// The entries whose `n` is greater than `after`.
    pub fn since(&self, after: u64) -> &[Entry] {
        let from = usize::try_from(after)
            .unwrap_or(usize::MAX)
            .min(self.entries.len());
        &self.entries[from..]
    }

    /// Whether no trigger since `after` is on its way.
    pub fn is_settled(&self, after: u64) -> bool {
        !self.since(after).iter().any(Entry::is_pending)
    }

    /// Wakes at every entry, result and reset from now on.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Wakes those who wait, for something that has no entry.
    pub fn stir(&self) {
        self.changed.send_replace(());
    }

    pub fn reset(&mut self) {
        self.entries.clear();
        self.volume += 1;
        self.changed.send_replace(());
    }

    /// Writes the entry at its place, which is the next.
    fn write(&mut self, mut entry: Entry) {
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
    fn a_result_is_filled_in_where_the_trigger_was_sent() {
        let mut transcript = Transcript::new(None);
        let place = transcript.trigger(Trigger::default());
        transcript.request(Request {
            status: Some(200),
            ..Request::default()
        });
        assert!(!transcript.is_settled(0));
        assert!(transcript.is_settled(1));
        transcript.settle(place, &Ok(404));
        assert!(transcript.is_settled(0));
        let first = &transcript.since(0)[0];
        assert_eq!(
            (first.n, first.status, first.error.as_deref()),
            (1, Some(404), Some("the webhook answered 404"))
        );
    }

    #[test]
    fn a_result_from_before_a_reset_is_not_written_into_what_came_after() {
        let mut transcript = Transcript::new(None);
        let place = transcript.trigger(Trigger::default());
        transcript.reset();
        let _later = transcript.trigger(Trigger::default());
        transcript.settle(place, &Ok(200));
        assert_eq!(transcript.since(0)[0].status, None);
        assert_eq!(transcript.since(0)[0].n, 1);
    }

    #[test]
    fn since_beyond_the_end_is_empty() {
        let mut transcript = Transcript::new(None);
        transcript.request(Request {
            status: Some(200),
            ..Request::default()
        });
        assert_eq!(transcript.since(0).len(), 1);
        assert!(transcript.since(1).is_empty());
        assert!(transcript.since(u64::MAX).is_empty());
    }
}
