//! Scripted customers at work: each begins an interaction, plays its script in it, and tells how it went.

use crate::sandbox::customers::customer_action::{CustomerRequest, Rejection, RequestKind};
use crate::sandbox::customers::customer_script::{Customer, Expected, Script, Step};
use crate::sandbox::dialects::Dialect;
use crate::sandbox::dialects::interactions::{department, worded};
use crate::sandbox::http::webhook::Webhook;
use crate::sandbox::lifecycle::{Opening, take};
use crate::sandbox::state::ids::new_hash;
use crate::sandbox::state::interaction::{About, Key, StateError};
use crate::sandbox::state::state::{SandboxState, Service};
use crate::sandbox::state::trigger::Trigger;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout, timeout_at};

/// The scripted side of an interaction.
pub(crate) struct ScriptRun {
    /// The customer, who hears here what an application would hear by its webhook.
    pub ear: mpsc::UnboundedSender<Trigger>,
    /// Held by everything that the customer did and that was not heard yet.
    pub unheard: Option<mpsc::Sender<()>>,
    progress: Progress,
}

#[derive(PartialEq, Eq)]
enum Progress {
    Talking,
    Done,
    Failed(String),
}

/// How long a customer who has said everything waits until it was heard.
const LEAVE: Duration = Duration::from_secs(10);

/// How a scripted customer fares.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Report {
    /// Of the customer's interaction.
    pub interaction_hash: String,
    /// Where it began.
    pub department_id: String,
    /// `talking`, `done` or `failed`.
    pub state: &'static str,
    /// The step that failed, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Service {
    /// Registers a bot, or takes it away; the customers that waited for one come now.
    pub fn register_bot(
        self: &Arc<Service>,
        token: usize,
        department_id: Option<String>,
        bot: Option<Webhook>,
    ) {
        self.desk().portal.set_bot(token, department_id, bot);
        self.admit_customers_of_bots();
    }

    /// Has the customers come whose bot is known.
    pub fn admit_customers_of_bots(self: &Arc<Service>) {
        let come = {
            let mut waiting = self.customers();
            let desk = self.desk();
            // The customers of the command line are the first token's.
            let (come, stay): (Vec<Customer>, Vec<Customer>) = waiting
                .drain(..)
                .partition(|customer| desk.portal.bot(0, &customer.0.department_id).is_some());
            *waiting = stay;
            come
        };
        for customer in come {
            // Its department was looked at when the sandbox started. One that was closed since has no customers.
            let _ = self.admit_customer(0, customer.0);
        }
    }

    /// Has a scripted customer begin an interaction, and returns its hash.
    pub fn admit_customer(
        self: &Arc<Service>,
        token: usize,
        script: Arc<Script>,
    ) -> Result<String, Rejection> {
        let department_id = department(self, script.department_id.clone())?;
        let department_id = self.open_department(department_id)?;
        let hash = new_hash();
        let key = Key {
            token,
            dialect: Dialect::Interactions,
            id: hash.clone(),
        };
        let opening = Opening {
            department_id,
            about: About {
                customer_name: script.name.clone(),
                ..About::default()
            },
        };
        let (ear, heard) = mpsc::unbounded_channel();
        let (unheard, all_heard) = mpsc::channel(1);
        let mut desk = self.desk();
        take(
            self,
            &mut desk,
            &key,
            RequestKind::silent(CustomerRequest::Start),
            Some(opening),
        )
        .map_err(|misfit| worded(&misfit))?;
        if let Some(interaction) = desk.interactions.get_mut(&key) {
            interaction.visit = Some(ScriptRun {
                ear,
                unheard: Some(unheard),
                progress: Progress::Talking,
            });
        }
        drop(desk);
        tokio::spawn(talk(Arc::clone(self), key, script, heard, all_heard));
        Ok(hash)
    }

    /// How each customer fares, in the order in which they came.
    pub fn reports(&self) -> Vec<Report> {
        let desk = self.desk();
        let mut visits: Vec<_> = desk
            .interactions
            .values()
            .filter_map(|interaction| Some((interaction, interaction.visit.as_ref()?)))
            .collect();
        visits.sort_by_key(|(interaction, _)| interaction.number);
        visits
            .into_iter()
            .map(|(interaction, visit)| Report {
                interaction_hash: interaction.hash.clone(),
                department_id: interaction.department_id.clone(),
                state: match visit.progress {
                    Progress::Talking => "talking",
                    Progress::Done => "done",
                    Progress::Failed(_) => "failed",
                },
                error: match &visit.progress {
                    Progress::Failed(error) => Some(error.clone()),
                    Progress::Talking | Progress::Done => None,
                },
            })
            .collect()
    }
}

async fn talk(
    service: Arc<Service>,
    key: Key,
    script: Arc<Script>,
    mut heard: mpsc::UnboundedReceiver<Trigger>,
    mut all_heard: mpsc::Receiver<()>,
) {
    let mut progress = Progress::Done;
    for (at, step) in script.steps.iter().enumerate() {
        let done = match step {
            Step::Wait(time) => {
                sleep(*time).await;
                Ok(())
            }
            Step::Say(message) => {
                let deed = RequestKind {
                    act: CustomerRequest::Message,
                    message: Some(message.clone()),
                };
                say(&service, &key, deed)
            }
            Step::Sign(act) => say(&service, &key, RequestKind::silent(*act)),
            Step::Hear(expected) => hear(&mut heard, expected).await,
        };
        if let Err(why) = done {
            progress = Progress::Failed(format!("step {}: {why}", at + 1));
            // Who waits in vain hangs up; where the interaction is over already, there is nothing to do.
            let _ = say(&service, &key, RequestKind::silent(CustomerRequest::Finish));
            break;
        }
    }
    service.desk().visit(&key).map(|visit| visit.unheard.take());
    // Ends when the last who held it let go of it; one who takes longer is not waited for.
    let _ = timeout(LEAVE, all_heard.recv()).await;
    let mut desk = service.desk();
    if let Some(visit) = desk.visit(&key) {
        visit.progress = progress;
    }
    desk.transcript.stir();
}

impl SandboxState {
    /// None after a reset.
    fn visit(&mut self, key: &Key) -> Option<&mut ScriptRun> {
        self.interactions.get_mut(key)?.visit.as_mut()
    }
}

fn say(service: &Arc<Service>, key: &Key, deed: RequestKind) -> Result<(), String> {
    let mut desk = service.desk();
    let taken = take(service, &mut desk, key, deed, None);
    // It has no entry, and yet may let another one come up in the queue.
    desk.transcript.stir();
    taken.map_err(|misfit: StateError| worded(&misfit).message)
}

async fn hear(
    heard: &mut mpsc::UnboundedReceiver<Trigger>,
    expected: &Expected,
) -> Result<(), String> {
    let deadline = Instant::now() + expected.within;
    loop {
        match timeout_at(deadline, heard.recv()).await {
            Ok(Some(trigger)) if expected.is_met_by(&trigger) => return Ok(()),
            Ok(Some(_)) => {}
            Ok(None) => return Err("the sandbox was reset".to_owned()),
            Err(_) => {
                return Err(format!(
                    "no {} within {} ms",
                    expected.describe(),
                    expected.within.as_millis()
                ));
            }
        }
    }
}
