//! A scripted agent at work: plays its scenario's steps for one customer, one cue after the other.

use super::interaction::{Ending, Key};
use super::request::Act;
use super::scenario::Scenario;
use super::service::Service;
use super::step::{Raw, Step};
use super::template::Values;
use super::webhook::Payload;
use hyper::body::Bytes;
use hyper::header::HeaderValue;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// A request that the agent hears of.
pub(crate) struct Cue {
    pub on: Act,
    pub content: String,
    pub customer_name: String,
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
        let values = Values {
            content: &cue.content,
            client_id: &key.client_id,
            customer_name: &cue.customer_name,
        };
        for step in cue.scenario.steps(cue.on, &cue.content) {
            match step {
                Step::Wait(time) => cue.wait(*time).await,
                Step::Status(name) => service.agent_trigger(&key, status(name, &key), &cue).await,
                Step::Message(text) => {
                    service
                        .agent_trigger(&key, message(&values.fill(text), &key), &cue)
                        .await
                }
                Step::Raw { body, content_type } => {
                    service
                        .agent_trigger(&key, raw(body, content_type.clone(), &values), &cue)
                        .await;
                }
            }
            if cue.is_over() {
                break;
            }
        }
    }
}

fn status(name: &str, key: &Key) -> Payload {
    #[derive(Serialize)]
    struct Status<'a> {
        status: &'a str,
        #[serde(rename = "clientId")]
        client_id: &'a str,
    }
    Payload::json(&Status {
        status: name,
        client_id: &key.client_id,
    })
}

fn message(text: &str, key: &Key) -> Payload {
    #[derive(Serialize)]
    struct Message<'a> {
        message: &'a str,
        #[serde(rename = "clientId")]
        client_id: &'a str,
    }
    Payload::json(&Message {
        message: text,
        client_id: &key.client_id,
    })
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
