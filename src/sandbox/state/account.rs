//! The account's departments and agents, as the later dialects list them.

use crate::sandbox::agents::scenario::{Person, Scenario};
use crate::sandbox::state::departments::Departments;
use crate::sandbox::state::interaction::State;
use crate::sandbox::state::state::{SandboxState, Service};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// Of the agents that are online, so many are shown.
const SHOWN_ONLINE: usize = 3;

/// The form of `gateway`'s list of departments, which no page shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DepartmentList {
    /// An array.
    #[default]
    Array,
    /// An object that holds it as `departments`.
    Departments,
    /// An object that holds it as `data`.
    Data,
}

impl FromStr for DepartmentList {
    type Err = String;

    fn from_str(name: &str) -> Result<DepartmentList, String> {
        match name {
            "array" => Ok(DepartmentList::Array),
            "departments" => Ok(DepartmentList::Departments),
            "data" => Ok(DepartmentList::Data),
            _ => Err("expected array, departments or data".to_owned()),
        }
    }
}

impl DepartmentList {
    pub(crate) fn holding(self, list: Value) -> Value {
        match self {
            DepartmentList::Array => list,
            DepartmentList::Departments => json!({ "departments": list }),
            DepartmentList::Data => json!({ "data": list }),
        }
    }
}

/// Every department with its agents, in the order of the ids.
pub(crate) fn departments(service: &Service, desk: &SandboxState) -> Value {
    #[derive(Serialize)]
    struct Shown<'a> {
        id: u64,
        name: String,
        /// 1 when it takes interactions.
        state: u8,
        /// How many wait for an agent.
        queue: usize,
        agents: &'a [Person],
        channels: [Channel; 2],
    }
    #[derive(Serialize)]
    struct Channel {
        id: u8,
        name: &'static str,
        state: u8,
    }
    let list: Vec<Value> = service
        .departments()
        .into_iter()
        .map(|(id, (name, agent))| {
            let state = u8::from(agent.open);
            let channel = |id, name| Channel { id, name, state };
            json!(Shown {
                id,
                name,
                state,
                queue: desk.waiting(&id.to_string()),
                agents: &agent.agents,
                channels: [channel(1, "Chat"), channel(2, "WhatsApp")],
            })
        })
        .collect();
    Value::from(list)
}

/// Who is online, in one department or in all: three of them at random, how many there are, and how long a customer
/// waits for one, in seconds.
pub(crate) fn agents_online(
    service: &Service,
    desk: &SandboxState,
    department_id: Option<&str>,
) -> Value {
    let wanted = |id: u64| department_id.is_none_or(|wanted| wanted == id.to_string());
    let mut online = BTreeMap::new();
    for (id, (_, agent)) in service.departments() {
        if wanted(id) && agent.online {
            for person in &agent.agents {
                online.insert(person.id, person.clone());
            }
        }
    }
    let count = online.len();
    let mut agents: Vec<Person> = online.into_values().collect();
    let order = RandomState::new();
    agents.sort_by_key(|person| order.hash_one(person.id));
    agents.truncate(SHOWN_ONLINE);
    json!({
        "agents": agents,
        "averageService": desk.average_wait(department_id).as_secs(),
        "count": count,
        "status": 200,
    })
}

impl Service {
    /// The departments that have a number, with name and agent.
    fn departments(&self) -> BTreeMap<u64, (String, Arc<Scenario>)> {
        let (first, now) = (self.first_agents(), self.agents());
        let numbers = |departments: &Departments| -> Vec<u64> {
            departments.ids().filter_map(|id| id.parse().ok()).collect()
        };
        let all = numbers(first).into_iter().chain(numbers(&now));
        all.map(|id| {
            let text = id.to_string();
            (id, (first.name_of(&text), now.agent(&text)))
        })
        .collect()
    }
}

impl SandboxState {
    fn waiting(&self, department_id: &str) -> usize {
        let waits = |interaction: &&crate::sandbox::state::interaction::Interaction| {
            interaction.state == State::Waiting && interaction.served_by == department_id
        };
        self.interactions.values().filter(waits).count()
    }

    /// Nothing where nobody was answered yet.
    fn average_wait(&self, department_id: Option<&str>) -> Duration {
        let waits: Vec<Duration> = self
            .interactions
            .values()
            .filter(|interaction| department_id.is_none_or(|id| interaction.served_by == id))
            .filter_map(|interaction| interaction.answered_after)
            .collect();
        match u32::try_from(waits.len()) {
            Ok(count) if count > 0 => waits.iter().sum::<Duration>() / count,
            _ => Duration::ZERO,
        }
    }
}
