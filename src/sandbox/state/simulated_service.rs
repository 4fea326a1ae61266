//! The simulated service: its configuration, its agents, and its state under one lock.
//!
//! No task holds the lock while it waits.

use crate::sandbox::http::responses::ResponseFormat;
use crate::sandbox::http::webhook_client::WebhookClient;
use crate::sandbox::json::rejection::Rejection;
use crate::sandbox::model::department_list_format::DepartmentListFormat;
use crate::sandbox::scripts::customer_script::Customer;
use crate::sandbox::scripts::departments::Departments;
use crate::sandbox::scripts::scenario::Scenario;
use crate::sandbox::state::portal_settings::PortalSettings;
use crate::sandbox::state::sandbox_state::SandboxState;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

pub(crate) struct SimulatedService {
    pub response_format: ResponseFormat,
    pub department_list_format: DepartmentListFormat,
    pub webhook_client: WebhookClient,
    /// The agents at the start of the sandbox.
    initial_agents: Departments,
    agents: Mutex<Departments>,
    /// The portal and the scripted customers at the start of the sandbox.
    initial_portal: OnceLock<PortalSettings>,
    initial_customers: Vec<Customer>,
    /// The scripted customers of the options whose department has no bot yet.
    pending_customers: Mutex<Vec<Customer>>,
    state: Mutex<SandboxState>,
}

impl SimulatedService {
    pub fn new(
        response_format: ResponseFormat,
        department_list_format: DepartmentListFormat,
        departments: Departments,
        customers: Vec<Customer>,
        trigger_timeout: Duration,
        state: SandboxState,
    ) -> SimulatedService {
        SimulatedService {
            response_format,
            department_list_format,
            webhook_client: WebhookClient::new(trigger_timeout),
            initial_agents: departments.clone(),
            agents: Mutex::new(departments),
            initial_portal: OnceLock::new(),
            initial_customers: customers.clone(),
            pending_customers: Mutex::new(customers),
            state: Mutex::new(state),
        }
    }

    pub fn lock(&self) -> MutexGuard<'_, SandboxState> {
        // Poisoning is ignored: no change spans two fields that must agree, so a panic leaves a usable state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn pending_customers(&self) -> MutexGuard<'_, Vec<Customer>> {
        self.pending_customers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Saves the portal settings for [`restore_settings`](Self::restore_settings). Only the first call has an effect.
    pub fn save_initial_portal(&self) {
        let portal = self.lock().portal.clone();
        self.initial_portal.get_or_init(|| portal);
    }

    /// Restores agents, portal and scripted customers as they were at the start of the sandbox.
    pub fn restore_settings(&self) {
        self.set_agents(None);
        if let Some(portal) = self.initial_portal.get() {
            self.lock().portal = portal.clone();
        }
        self.pending_customers().clone_from(&self.initial_customers);
    }

    /// Returns the scenario of the department's current agent.
    pub fn agent(&self, department_id: &str) -> Arc<Scenario> {
        self.agents().agent(department_id)
    }

    /// Returns the id if the department is open.
    pub fn require_open_department(&self, department_id: String) -> Result<String, Rejection> {
        if self.agent(&department_id).open {
            Ok(department_id)
        } else {
            Err(Rejection::unprocessable("the department is not active"))
        }
    }

    /// Returns whether the account has a department with this id.
    pub fn has_department(&self, department_id: &str) -> bool {
        self.initial_agents.contains(department_id) || self.agents().contains(department_id)
    }

    /// Replaces the agents for all later requests. `None` restores the agents of the options.
    pub fn set_agents(&self, agents: Option<Departments>) {
        *self.agents() = agents.unwrap_or_else(|| self.initial_agents.clone());
    }

    /// Returns name and agent of each department with a numeric id.
    pub fn numbered_departments(&self) -> BTreeMap<u64, (String, Arc<Scenario>)> {
        let (initial, current) = (&self.initial_agents, self.agents());
        let numbers = |departments: &Departments| -> Vec<u64> {
            departments.ids().filter_map(|id| id.parse().ok()).collect()
        };
        let all = numbers(initial).into_iter().chain(numbers(&current));
        all.map(|id| {
            let text = id.to_string();
            (id, (initial.name_of(&text), current.agent(&text)))
        })
        .collect()
    }

    fn agents(&self) -> MutexGuard<'_, Departments> {
        self.agents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
