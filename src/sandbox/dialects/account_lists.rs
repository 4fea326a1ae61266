//! The lists of departments and of online agents, which `gateway` and `interactions` return.

use crate::sandbox::scripts::scenario::AgentProfile;
use crate::sandbox::state::sandbox_state::SandboxState;
use crate::sandbox::state::simulated_service::SimulatedService;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};

/// The number of online agents in a list.
const MAX_LISTED_AGENTS: usize = 3;

/// Returns every department with its agents, ordered by id.
pub(crate) fn departments(service: &SimulatedService, state: &SandboxState) -> Value {
    #[derive(Serialize)]
    struct DepartmentView<'a> {
        id: u64,
        name: String,
        /// 1 if the department is open, otherwise 0.
        state: u8,
        /// The number of interactions that wait for an agent.
        queue: usize,
        agents: &'a [AgentProfile],
        channels: [ChannelView; 2],
    }
    #[derive(Serialize)]
    struct ChannelView {
        id: u8,
        name: &'static str,
        state: u8,
    }
    let list: Vec<Value> = service
        .numbered_departments()
        .into_iter()
        .map(|(id, (name, agent))| {
            let is_open = u8::from(agent.open);
            let channel = |id, name| ChannelView {
                id,
                name,
                state: is_open,
            };
            json!(DepartmentView {
                id,
                name,
                state: is_open,
                queue: state.waiting_count(&id.to_string()),
                agents: &agent.agents,
                channels: [channel(1, "Chat"), channel(2, "WhatsApp")],
            })
        })
        .collect();
    Value::from(list)
}

/// Returns three random online agents, the number of online agents, and the average wait in seconds; of one department or
/// of all.
pub(crate) fn online_agents(
    service: &SimulatedService,
    state: &SandboxState,
    department_id: Option<&str>,
) -> Value {
    let is_requested = |id: u64| department_id.is_none_or(|requested| requested == id.to_string());
    let mut online = BTreeMap::new();
    for (id, (_, agent)) in service.numbered_departments() {
        if is_requested(id) && agent.online {
            for profile in &agent.agents {
                online.insert(profile.id, profile.clone());
            }
        }
    }
    let count = online.len();
    let mut agents: Vec<AgentProfile> = online.into_values().collect();
    let random_order = RandomState::new();
    agents.sort_by_key(|profile| random_order.hash_one(profile.id));
    agents.truncate(MAX_LISTED_AGENTS);
    json!({
        "agents": agents,
        "averageService": state.average_wait(department_id).as_secs(),
        "count": count,
        "status": 200,
    })
}
