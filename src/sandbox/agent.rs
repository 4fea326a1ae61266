//! A scripted agent at work: plays its scenario's steps for one customer, one cue after the other.

use super::act::Act;
use super::interaction::{Ending, Key};
use super::message::Message;
use super::scenario::Scenario;
use super::service::{Outgoing, Service};
use super::step::{Raw, Step};
use super::template::Values;
use super::trigger::Trigger;
use super::webhook::Payload;
use hyper::body::Bytes;
use hyper::header::HeaderValue;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// What the customer's side did, for the agent to hear of.
pub(crate) struct Cue {
    pub on: Act,
    /// Of a message.
    pub message: Option<Message>,
    pub client_id: String,
    pub customer_name: String,
    pub hash: String,
    pub scenario: Arc<Scenario>,
    pub ending: watch::Receiver<Ending>,
}

impl Cue {
    /// Whether the rule at hand must stop here.
    pub fn is_over(&self) -> bool {
        over(self.on, *self.ending.borrow())
    }

    /// Whether it is too late to begin.
    fn comes_too_late(&self) -> bool {
        self.is_over() || (*self.ending.borrow() == Ending::ByAgent && self.on != Act::Finish)
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

fn over(on: Act, ending: Ending) -> bool {
    match ending {
        Ending::No | Ending::ByAgent => false,
        Ending::ByCustomer => on != Act::Finish,
        Ending::Replaced => true,
    }
}

/// Plays until the interaction's cues end, which a reset of the sandbox does.
pub(crate) async fn play(service: Arc<Service>, key: Key, mut cues: mpsc::UnboundedReceiver<Cue>) {
    while let Some(cue) = cues.recv().await {
        if cue.comes_too_late() {
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
            let outgoing = match step {
                Step::Wait(time) => {
                    cue.wait(*time).await;
                    None
                }
                Step::Trigger(trigger) => Some(Outgoing::Said(filled(trigger, &values))),
                Step::Echo => cue
                    .message
                    .clone()
                    .map(|message| Outgoing::Said(Trigger::Message(message))),
                Step::Raw { body, content_type } => {
                    Some(Outgoing::Raw(raw(body, content_type.clone(), &values)))
                }
            };
            if let Some(outgoing) = outgoing {
                service.agent_trigger(&key, outgoing, &cue).await;
            }
            if cue.is_over() {
                break;
            }
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
