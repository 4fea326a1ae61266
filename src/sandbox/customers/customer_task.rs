//! Starts scripted customers and runs their scripts.

use crate::sandbox::customers::customer_report::CustomerReport;
use crate::sandbox::dialects::interactions_fields::{require_department, state_rejection};
use crate::sandbox::http::webhook_url::WebhookUrl;
use crate::sandbox::json::rejection::Rejection;
use crate::sandbox::lifecycle::{NewInteraction, apply_request};
use crate::sandbox::model::customer_request::{CustomerRequest, RequestKind};
use crate::sandbox::model::ids::new_hash;
use crate::sandbox::model::trigger::Trigger;
use crate::sandbox::scripts::customer_script::{
    Customer, CustomerScript, CustomerStep, ExpectedTrigger,
};
use crate::sandbox::state::customer_session::{CustomerSession, SessionProgress};
use crate::sandbox::state::interaction::{InteractionKey, StartData};
use crate::sandbox::state::simulated_service::SimulatedService;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout, timeout_at};

/// The token of the customers in the options: the first.
const OPTIONS_TOKEN: usize = 0;
/// The time limit for the processing of a customer's requests after the last step.
const PROCESSING_TIMEOUT: Duration = Duration::from_secs(10);

impl SimulatedService {
    /// Registers or removes a bot, and starts the customers whose department now has a bot.
    pub fn register_bot(
        self: &Arc<SimulatedService>,
        token: usize,
        department_id: Option<String>,
        bot: Option<WebhookUrl>,
    ) {
        self.lock().portal.set_bot(token, department_id, bot);
        self.start_customers_with_a_bot();
    }

    /// Restores the state at the start of the sandbox, including the portal, and starts its scripted customers again.
    pub fn restore_initial_state(self: &Arc<SimulatedService>) {
        self.lock().reset();
        self.restore_settings();
        self.start_customers_with_a_bot();
    }

    /// Starts the pending customers whose department has a bot.
    fn start_customers_with_a_bot(self: &Arc<SimulatedService>) {
        let ready = {
            let mut pending = self.pending_customers();
            let state = self.lock();
            let has_bot = |customer: &Customer| {
                let department_id = &customer.0.department_id;
                state.portal.bot(OPTIONS_TOKEN, department_id).is_some()
            };
            let (ready, remaining): (Vec<Customer>, Vec<Customer>) =
                pending.drain(..).partition(has_bot);
            *pending = remaining;
            ready
        };
        for customer in ready {
            // Fails only if the department was closed after the sandbox started. The customer is then skipped.
            let _ = self.start_customer(OPTIONS_TOKEN, customer.0);
        }
    }

    /// Starts an interaction of a scripted customer. Returns its hash.
    pub fn start_customer(
        self: &Arc<SimulatedService>,
        token: usize,
        script: Arc<CustomerScript>,
    ) -> Result<String, Rejection> {
        let department_id = require_department(self, script.department_id.clone())?;
        let department_id = self.require_open_department(department_id)?;
        let hash = new_hash();
        let key = InteractionKey::from_hash(token, &hash);
        let new_interaction = NewInteraction {
            department_id,
            start_data: StartData {
                customer_name: script.name.clone(),
                ..StartData::default()
            },
        };
        let (triggers, received_triggers) = mpsc::unbounded_channel();
        let (processing_guard, all_processed) = mpsc::channel(1);
        let mut state = self.lock();
        let start = CustomerRequest::new(RequestKind::Start);
        apply_request(self, &mut state, &key, start, Some(new_interaction))
            .map_err(|error| state_rejection(&error))?;
        if let Some(interaction) = state.interactions.get_mut(&key) {
            interaction.customer_session = Some(CustomerSession {
                triggers,
                processing_guard: Some(processing_guard),
                progress: SessionProgress::Running,
            });
        }
        drop(state);
        tokio::spawn(run_customer(
            Arc::clone(self),
            key,
            script,
            received_triggers,
            all_processed,
        ));
        Ok(hash)
    }

    /// Returns a report for each customer, in the order of their starts.
    pub fn customer_reports(&self) -> Vec<CustomerReport> {
        let state = self.lock();
        let mut sessions: Vec<_> = state
            .interactions
            .values()
            .filter_map(|interaction| Some((interaction, interaction.customer_session.as_ref()?)))
            .collect();
        sessions.sort_by_key(|(interaction, _)| interaction.sequence);
        sessions
            .into_iter()
            .map(|(interaction, session)| CustomerReport::new(interaction, session))
            .collect()
    }
}

async fn run_customer(
    service: Arc<SimulatedService>,
    key: InteractionKey,
    script: Arc<CustomerScript>,
    mut received_triggers: mpsc::UnboundedReceiver<Trigger>,
    mut all_processed: mpsc::Receiver<()>,
) {
    let mut progress = SessionProgress::Done;
    for (index, step) in script.steps.iter().enumerate() {
        let result = match step {
            CustomerStep::Wait(time) => {
                sleep(*time).await;
                Ok(())
            }
            CustomerStep::SendMessage(message) => {
                let request = CustomerRequest::with_message(message.clone());
                submit_request(&service, &key, request)
            }
            CustomerStep::SendSignal(kind) => {
                submit_request(&service, &key, CustomerRequest::new(*kind))
            }
            CustomerStep::ExpectTrigger(expected) => {
                expect_trigger(&mut received_triggers, expected).await
            }
        };
        if let Err(error) = result {
            progress = SessionProgress::Failed(format!("step {}: {error}", index + 1));
            // A failed customer finishes the interaction. This fails if the interaction has already ended.
            let finish = CustomerRequest::new(RequestKind::Finish);
            let _ = submit_request(&service, &key, finish);
            break;
        }
    }
    if let Some(session) = service.lock().customer_session(&key) {
        session.processing_guard = None;
    }
    // Returns when the last clone of the guard is dropped, or when the time is over.
    let _ = timeout(PROCESSING_TIMEOUT, all_processed.recv()).await;
    let mut state = service.lock();
    if let Some(session) = state.customer_session(&key) {
        session.progress = progress;
    }
    state.transcript.notify();
}

fn submit_request(
    service: &Arc<SimulatedService>,
    key: &InteractionKey,
    request: CustomerRequest,
) -> Result<(), String> {
    let mut state = service.lock();
    let result = apply_request(service, &mut state, key, request, None);
    // The request has no transcript entry, but it may change the positions in an agent's queue.
    state.transcript.notify();
    result.map_err(|error| state_rejection(&error).message)
}

async fn expect_trigger(
    received_triggers: &mut mpsc::UnboundedReceiver<Trigger>,
    expected: &ExpectedTrigger,
) -> Result<(), String> {
    let deadline = Instant::now() + expected.within;
    loop {
        match timeout_at(deadline, received_triggers.recv()).await {
            Ok(Some(trigger)) if expected.matches(&trigger) => return Ok(()),
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
