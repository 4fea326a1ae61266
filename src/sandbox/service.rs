//! What the parts of the sandbox share: the portal's tokens, the interactions and the transcript, under one lock that
//! is never held across a wait; and the one way by which triggers leave.

use super::agent::Cue;
use super::answer::Answers;
use super::departments::Departments;
use super::interaction::{Interaction, Key};
use super::object::Object;
use super::portal::Portal;
use super::scenario::Scenario;
use super::transcript::{Transcript, Watcher};
use super::webhook::{Payload, Poster};
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub(crate) struct Service {
    pub answers: Answers,
    /// The agents that the sandbox was started with.
    first_agents: Departments,
    agents: Mutex<Departments>,
    poster: Poster,
    desk: Mutex<Desk>,
}

pub(crate) struct Desk {
    pub portal: Portal,
    pub interactions: HashMap<Key, Interaction>,
    /// How many interactions were started.
    pub starts: u64,
    pub transcript: Transcript,
    lanes: HashMap<Key, Lane>,
}

/// Keeps one interaction's triggers in order: whoever asked first goes first, and alone.
type Lane = Arc<tokio::sync::Mutex<()>>;

impl Service {
    pub fn new(
        answers: Answers,
        departments: Departments,
        trigger_timeout: Duration,
        portal: Portal,
        watcher: Option<Watcher>,
    ) -> Service {
        let desk = Desk {
            portal,
            interactions: HashMap::new(),
            starts: 0,
            transcript: Transcript::new(watcher),
            lanes: HashMap::new(),
        };
        Service {
            answers,
            first_agents: departments.clone(),
            agents: Mutex::new(departments),
            poster: Poster::new(trigger_timeout),
            desk: Mutex::new(desk),
        }
    }

    pub fn desk(&self) -> MutexGuard<'_, Desk> {
        // What a panicking task left behind is whole enough to look at: no change here spans two fields that must agree.
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The agent that serves a department now.
    pub fn agent(&self, department_id: &str) -> Arc<Scenario> {
        self.agents().agent(department_id)
    }

    /// Has other agents hear of every request from now on; `None` brings back those that the sandbox was started with.
    pub fn set_agents(&self, agents: Option<Departments>) {
        *self.agents() = agents.unwrap_or_else(|| self.first_agents.clone());
    }

    fn agents(&self) -> MutexGuard<'_, Departments> {
        self.agents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A trigger of a scripted agent; nothing, when its interaction has meanwhile ended for it.
    pub async fn agent_trigger(&self, key: &Key, payload: Payload, cue: &Cue) {
        self.trigger(key, Some(key.client_id.clone()), payload, || cue.is_over())
            .await;
    }

    /// A trigger by hand.
    pub async fn hand_trigger(
        &self,
        key: &Key,
        client_id: Option<String>,
        payload: Payload,
    ) -> Result<u16, String> {
        let sent = self.trigger(key, client_id, payload, || false).await;
        sent.unwrap_or_else(|| Err("not sent".to_owned()))
    }

    /// Sends a trigger in its interaction's turn, and returns its result; `None` when it was called off.
    async fn trigger(
        &self,
        key: &Key,
        client_id: Option<String>,
        payload: Payload,
        called_off: impl Fn() -> bool,
    ) -> Option<Result<u16, String>> {
        let lane = Arc::clone(self.desk().lanes.entry(key.clone()).or_default());
        let _turn = lane.lock().await;
        let (place, webhook) = {
            let mut desk = self.desk();
            // Asked under the lock, so that after a finish was answered no trigger sets out.
            if called_off() {
                return None;
            }
            let object = Object::read(&payload.bytes).ok();
            if let (Some(status), Some(interaction)) = (
                object.as_ref().and_then(|object| object.text("status")),
                desk.interactions.get_mut(key),
            ) {
                interaction.note_trigger(&status);
            }
            let body = object.map_or_else(|| literal(&payload.bytes), |object| object.redacted());
            let Some(webhook) = desk.portal.webhook(key.token).cloned() else {
                let error = "no webhook is set for the token".to_owned();
                desk.transcript.undelivered(client_id, body, error.clone());
                return Some(Err(error));
            };
            (desk.transcript.trigger(client_id, body), webhook)
        };
        let result = self.poster.post(&webhook, payload).await;
        self.desk().transcript.settle(place, &result);
        Some(result)
    }

    /// Forgets what was said; tokens, webhooks and agents stay.
    pub fn reset(&self) {
        let mut desk = self.desk();
        for interaction in desk.interactions.values() {
            interaction.replace();
        }
        desk.interactions.clear();
        desk.lanes.clear();
        desk.transcript.reset();
    }
}

/// Bytes that are no JSON object, as the transcript shows them: a JSON string.
fn literal(bytes: &[u8]) -> Option<Box<RawValue>> {
    serde_json::value::to_raw_value(&String::from_utf8_lossy(bytes)).ok()
}
