//! A scripted agent at work: plays its scenario's steps for one customer, one cue after the other.

use crate::sandbox::agents::scenario::Scenario;
use crate::sandbox::agents::step::{Raw, Step};
use crate::sandbox::agents::template::Values;
use crate::sandbox::customers::customer_action::CustomerRequest;
use crate::sandbox::http::webhook::{Payload, Webhook};
use crate::sandbox::state::interaction::{Ending, Key};
use crate::sandbox::state::message::Message;
use crate::sandbox::state::state::{Outgoing, SandboxState, Service};
use crate::sandbox::state::trigger::Trigger;
use hyper::body::Bytes;
use hyper::header::HeaderValue;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// What the customer's side did, for the agent to hear of.
pub(crate) struct AgentInput {
    pub on: CustomerRequest,
    /// Of a message.
    pub message: Option<Message>,
    pub client_id: String,
    pub customer_name: String,
    pub hash: String,
    pub department_id: String,
    /// The endpoint of the bot that serves the interaction, if one does; else the scenario is played.
    pub bot: Option<Arc<Webhook>>,
    pub scenario: Arc<Scenario>,
    /// Let go of when this was heard.
    pub _unheard: Option<mpsc::Sender<()>>,
    pub ending: watch::Receiver<Ending>,
}

impl AgentInput {
    /// Whether the rule at hand must stop here.
    pub fn is_over(&self) -> bool {
        over(self.on, *self.ending.borrow())
    }

    /// Whether it is too late to begin.
    fn comes_too_late(&self) -> bool {
        self.is_over()
            || (*self.ending.borrow() == Ending::ByAgent && self.on != CustomerRequest::Finish)
    }

    /// Waits, though not for an interaction that is over.
    async fn wait(&self, time: Duration) {
        let mut ending = self.ending.clone();
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            // The sender lives as long as the interaction: its end is the interaction's.
            _ = ending.wait_for(|ending| over(self.on, *ending)) => {}
        }
    }
}

pub(crate) fn over(on: CustomerRequest, ending: Ending) -> bool {
    match ending {
        Ending::No | Ending::ByAgent => false,
        Ending::ByCustomer => on != CustomerRequest::Finish,
        Ending::Replaced => true,
    }
}

/// Plays until the interaction's cues end, which a reset of the sandbox does.
pub(crate) async fn play(
    service: Arc<Service>,
    key: Key,
    mut cues: mpsc::UnboundedReceiver<AgentInput>,
) {
    while let Some(cue) = cues.recv().await {
        if cue.comes_too_late() {
            continue;
        }
        if let Some(endpoint) = &cue.bot {
            service.tell_bot(&key, endpoint, &cue).await;
            continue;
        }
        if cue.on == CustomerRequest::Start && !service.wait_in_queue(&key, &cue).await {
            continue;
        }
        let content = cue
            .message
            .as_ref()
            .map(Message::as_text)
            .unwrap_or_default();
        let values = Values {
            content: &content,
            client_id: &cue.client_id,
            customer_name: &cue.customer_name,
            hash: &cue.hash,
        };
        for step in cue.scenario.steps(cue.on, &content) {
            if let Step::Wait(time) = step {
                cue.wait(*time).await;
            }
            let outgoing = outgoing(step, &values, cue.message.as_ref());
            if let Some(outgoing) = outgoing {
                service.agent_trigger(&key, outgoing, &cue).await;
            }
            if cue.is_over() {
                break;
            }
        }
    }
}

impl Service {
    /// Waits until the agent of a new interaction has time for it, and tells the customer each place in the queue on the
    /// way. False when the interaction ended before.
    async fn wait_in_queue(&self, key: &Key, cue: &AgentInput) -> bool {
        let Some(at_once) = cue.scenario.at_once else {
            return true;
        };
        let mut told = 0;
        // Every change of an interaction's state has its entry in the transcript, or stirs it.
        let mut changes = self.desk().transcript.changes();
        let mut ending = cue.ending.clone();
        loop {
            changes.mark_unchanged();
            let place = self.desk().place_in_queue(key, at_once);
            if cue.is_over() {
                return false;
            }
            match place {
                0 => return true,
                place if place != told => {
                    told = place;
                    let queued = Outgoing::Said(Trigger::Queued(place));
                    self.agent_trigger(key, queued, cue).await;
                    // Others may have gone while this was on its way.
                    continue;
                }
                _ => {}
            }
            tokio::select! {
                _ = changes.changed() => {}
                _ = ending.wait_for(|ending| over(cue.on, *ending)) => {}
            }
        }
    }
}

impl SandboxState {
    /// 0 when the interaction is among the first that its agent serves at once; else how many it is behind.
    fn place_in_queue(&self, key: &Key, at_once: usize) -> u64 {
        let Some(own) = self.interactions.get(key) else {
            return 0;
        };
        let before = self.interactions.values().filter(|other| {
            other.is_open() && other.served_by == own.served_by && other.number < own.number
        });
        let place = (before.count() + 1).saturating_sub(at_once);
        u64::try_from(place).unwrap_or(u64::MAX)
    }
}

/// What a step posts; nothing when it is a wait, or an echo of no message.
pub(crate) fn outgoing(
    step: &Step,
    values: &Values,
    message: Option<&Message>,
) -> Option<Outgoing> {
    match step {
        Step::Wait(_) => None,
        Step::Trigger(trigger) => Some(Outgoing::Said(filled(trigger, values))),
        Step::Echo => message.map(|message| Outgoing::Said(Trigger::Message(message.clone()))),
        Step::Again => Some(Outgoing::Again),
        Step::Raw { body, content_type } => {
            Some(Outgoing::Raw(raw(body, content_type.clone(), values)))
        }
    }
}

fn filled(trigger: &Trigger, values: &Values) -> Trigger {
    match trigger {
        Trigger::Message(message) => Trigger::Message(Message {
            kind: message.kind,
            content: values.fill(&message.content),
            url: message.url.as_ref().map(|url| values.fill(url)),
        }),
        other => other.clone(),
    }
}

fn raw(body: &Raw, content_type: Option<HeaderValue>, values: &Values) -> Payload {
    let bytes = match body {
        Raw::Object(json) => Bytes::from(values.fill_json(json)),
        Raw::Text(text) => Bytes::from(values.fill(text)),
        Raw::Bytes(bytes) => bytes.clone(),
    };
    Payload {
        bytes,
        content_type,
    }
}
