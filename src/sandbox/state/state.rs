//! What the parts of the sandbox share: the portal's tokens, the interactions and the transcript, under one lock that
//! is never held across a wait; and the one way by which triggers leave.

use crate::sandbox::agents::agent::{AgentInput, over};
use crate::sandbox::agents::scenario::{Person, Scenario};
use crate::sandbox::control::faults::Faults;
use crate::sandbox::control::portal::Portal;
use crate::sandbox::customers::customer_action::{CustomerRequest, Rejection};
use crate::sandbox::customers::customer_script::Customer;
use crate::sandbox::dialects::Dialect;
use crate::sandbox::dialects::{gateway, interactions, rest};
use crate::sandbox::http::responses::Answers;
use crate::sandbox::http::webhook::{Payload, Poster, Webhook};
use crate::sandbox::json_object::Object;
use crate::sandbox::state::account::DepartmentList;
use crate::sandbox::state::departments::Departments;
use crate::sandbox::state::interaction::{Ending, Interaction, Key};
use crate::sandbox::state::transcript;
use crate::sandbox::state::transcript::{Transcript, Watcher};
use crate::sandbox::state::trigger::{Trigger, known};
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

pub(crate) struct Service {
    pub answers: Answers,
    pub department_list: DepartmentList,
    /// The agents that the sandbox was started with.
    first_agents: Departments,
    agents: Mutex<Departments>,
    /// The portal and the scripted customers that the sandbox was started with.
    first_portal: OnceLock<Portal>,
    first_customers: Vec<Customer>,
    /// Scripted customers that wait for a bot.
    customers: Mutex<Vec<Customer>>,
    poster: Poster,
    desk: Mutex<SandboxState>,
}

pub(crate) struct SandboxState {
    pub portal: Portal,
    pub interactions: HashMap<Key, Interaction>,
    /// Whose each interaction's hash is.
    pub hashes: HashMap<String, Key>,
    /// How many interactions were started.
    pub starts: u64,
    pub transcript: Transcript,
    pub faults: Faults,
    lanes: HashMap<Key, Lane>,
}

/// What leaves by the webhook.
pub(crate) enum Outgoing {
    Said(Trigger),
    /// As it is, whatever the dialect.
    Raw(Payload),
    /// What was posted last in this interaction.
    Again,
}

/// Keeps one interaction's triggers in order: whoever asked first goes first, and alone.
type Lane = Arc<tokio::sync::Mutex<()>>;

impl Service {
    pub fn new(
        answers: Answers,
        department_list: DepartmentList,
        departments: Departments,
        customers: Vec<Customer>,
        trigger_timeout: Duration,
        portal: Portal,
        watcher: Option<Watcher>,
    ) -> Service {
        let desk = SandboxState {
            portal,
            interactions: HashMap::new(),
            hashes: HashMap::new(),
            starts: 0,
            transcript: Transcript::new(watcher),
            faults: Faults::default(),
            lanes: HashMap::new(),
        };
        Service {
            answers,
            department_list,
            first_agents: departments.clone(),
            agents: Mutex::new(departments),
            first_portal: OnceLock::new(),
            first_customers: customers.clone(),
            customers: Mutex::new(customers),
            poster: Poster::new(trigger_timeout),
            desk: Mutex::new(desk),
        }
    }

    pub fn desk(&self) -> MutexGuard<'_, SandboxState> {
        // What a panicking task left behind is whole enough to look at: no change here spans two fields that must agree.
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn customers(&self) -> MutexGuard<'_, Vec<Customer>> {
        self.customers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The agent that serves a department now.
    pub fn agent(&self, department_id: &str) -> Arc<Scenario> {
        self.agents().agent(department_id)
    }

    /// The id again, where the department takes interactions.
    pub fn open_department(&self, department_id: String) -> Result<String, Rejection> {
        if self.agent(&department_id).open {
            Ok(department_id)
        } else {
            Err(Rejection::new(422, "the department is not active"))
        }
    }

    /// Whether the account has a department of this id.
    pub fn has_department(&self, department_id: &str) -> bool {
        self.first_agents.has(department_id) || self.agents().has(department_id)
    }

    /// Has other agents hear of every request from now on; `None` brings back those that the sandbox was started with.
    pub fn set_agents(&self, agents: Option<Departments>) {
        *self.agents() = agents.unwrap_or_else(|| self.first_agents.clone());
    }

    pub fn first_agents(&self) -> &Departments {
        &self.first_agents
    }

    pub fn agents(&self) -> MutexGuard<'_, Departments> {
        self.agents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A trigger of a scripted agent; nothing, when its interaction has meanwhile ended for it.
    pub async fn agent_trigger(&self, key: &Key, outgoing: Outgoing, cue: &AgentInput) {
        self.trigger(key, None, outgoing, || cue.is_over()).await;
    }

    /// What a bot said, unless its interaction has ended for it.
    pub async fn bot_trigger(&self, key: &Key, trigger: Trigger, ending: &watch::Receiver<Ending>) {
        // As an agent is cut short who plays a rule on a message.
        let is_over = || over(CustomerRequest::Message, *ending.borrow());
        self.trigger(key, None, Outgoing::Said(trigger), is_over)
            .await;
    }

    pub async fn post(&self, webhook: &Webhook, payload: Payload) -> Result<u16, String> {
        self.poster.post(webhook, payload).await
    }

    /// A trigger by hand. `client_id` is what its object says.
    pub async fn hand_trigger(
        &self,
        key: &Key,
        client_id: Option<String>,
        outgoing: Outgoing,
    ) -> Result<u16, String> {
        let sent = self.trigger(key, client_id, outgoing, || false).await;
        sent.unwrap_or_else(|| {
            Err(
                "nothing was posted: its dialect has no such trigger, or its customer no webhook"
                    .to_owned(),
            )
        })
    }

    /// Sends a trigger in its interaction's turn, and returns its result; `None` when it was called off, or its dialect
    /// has no such trigger.
    async fn trigger(
        &self,
        key: &Key,
        client_id: Option<String>,
        outgoing: Outgoing,
        called_off: impl Fn() -> bool,
    ) -> Option<Result<u16, String>> {
        let lane = Arc::clone(self.desk().lanes.entry(key.clone()).or_default());
        let _turn = lane.lock().await;
        let (place, webhook, payload) = {
            let mut desk = self.desk();
            // Asked under the lock, so that after a finish was answered no trigger sets out.
            if called_off() {
                return None;
            }
            let said = match &outgoing {
                Outgoing::Said(trigger) => Some(trigger.clone()),
                Outgoing::Raw(_) | Outgoing::Again => None,
            };
            let (entry, payload) = self.prepare(&mut desk, key, client_id, outgoing);
            let visit = desk
                .interactions
                .get(key)
                .and_then(|one| one.visit.as_ref());
            if let Some(visit) = visit {
                // A script that has come to its end hears nothing any more.
                said.map(|trigger| visit.ear.send(trigger));
                desk.transcript.stir();
                return None;
            }
            let payload = payload?;
            let Some(webhook) = desk.portal.webhook(key.token).cloned() else {
                let error = "no webhook is set for the token".to_owned();
                desk.transcript.undelivered(entry, error.clone());
                return Some(Err(error));
            };
            (desk.transcript.trigger(entry), webhook, payload)
        };
        let result = self.poster.post(&webhook, payload).await;
        self.desk().transcript.settle(place, &result);
        Some(result)
    }

    /// Notes what the trigger means for its interaction, and gives it its dialect's form.
    fn prepare(
        &self,
        desk: &mut SandboxState,
        key: &Key,
        client_id: Option<String>,
        outgoing: Outgoing,
    ) -> (transcript::Trigger, Option<Payload>) {
        let interaction = desk.interactions.get_mut(key);
        let (kind, payload) = match outgoing {
            Outgoing::Said(trigger) => {
                let payload = interaction.as_deref().and_then(|interaction| {
                    let agent = self.agent(&interaction.served_by);
                    form(&trigger, key.dialect, interaction, &agent.agents[0])
                });
                if let (Trigger::Transferred(to), Some(interaction)) = (&trigger, interaction) {
                    interaction.served_by = to.clone();
                }
                (Some(trigger.name()), payload)
            }
            Outgoing::Again => {
                let last = interaction.and_then(|interaction| interaction.last.clone());
                let object = last
                    .as_ref()
                    .and_then(|last| Object::read(&last.bytes).ok());
                (object.as_ref().and_then(kind_of), last)
            }
            Outgoing::Raw(payload) => {
                let object = Object::read(&payload.bytes).ok();
                (object.as_ref().and_then(kind_of), Some(payload))
            }
        };
        let interaction = desk.interactions.get_mut(key);
        if let Some(interaction) = interaction {
            if let Some(kind) = kind {
                interaction.note_trigger(kind);
            }
            interaction.last = payload.clone().or(interaction.last.take());
        }
        let interaction = desk.interactions.get(key);
        let body = payload.as_ref().and_then(|payload| {
            Object::read(&payload.bytes)
                .map_or_else(|_| literal(&payload.bytes), |object| object.redacted())
        });
        let entry = transcript::Trigger {
            dialect: Some(key.dialect.name()),
            kind,
            client_id: client_id
                .or_else(|| interaction.and_then(|one| one.about.client_id.clone())),
            interaction_hash: (key.dialect == Dialect::Interactions).then(|| key.id.clone()),
            body,
        };
        (entry, payload)
    }

    /// Notes that the portal is as the sandbox was started with it.
    pub fn note_start(&self) {
        let portal = self.desk().portal.clone();
        // It is noted once.
        let _ = self.first_portal.set(portal);
    }

    /// Brings everything back to how it was when the sandbox had started.
    pub fn restart(self: &Arc<Service>) {
        self.reset();
        self.set_agents(None);
        if let Some(portal) = self.first_portal.get() {
            self.desk().portal = portal.clone();
        }
        self.customers().clone_from(&self.first_customers);
        self.admit_customers_of_bots();
    }

    /// Forgets what was said; tokens, webhooks and agents stay.
    pub fn reset(&self) {
        let mut desk = self.desk();
        for interaction in desk.interactions.values() {
            interaction.replace();
        }
        desk.interactions.clear();
        desk.hashes.clear();
        desk.lanes.clear();
        desk.faults.clear();
        desk.transcript.reset();
    }
}

fn form(
    trigger: &Trigger,
    dialect: Dialect,
    interaction: &Interaction,
    agent: &Person,
) -> Option<Payload> {
    match dialect {
        Dialect::Rest => rest::payload(trigger, interaction),
        Dialect::Gateway => gateway::payload(trigger, interaction),
        Dialect::Interactions => Some(interactions::payload(trigger, interaction, agent)),
    }
}

/// What an object is as a trigger, when one of the pages knows it.
fn kind_of(object: &Object) -> Option<&'static str> {
    if object.get("message").is_some() {
        return Some("message");
    }
    let word = object.text("status").or_else(|| object.text("state"))?;
    known(&word)
}

/// Bytes that are no JSON object, as the transcript shows them: a JSON string.
fn literal(bytes: &[u8]) -> Option<Box<RawValue>> {
    serde_json::value::to_raw_value(&String::from_utf8_lossy(bytes)).ok()
}
