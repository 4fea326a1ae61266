//! The departments of the account, and the scripted agent of each.

use crate::sandbox::json::json_object::{JsonObject, json_string};
use crate::sandbox::scripts::scenario::Scenario;
use crate::sandbox::scripts::script_error::ScriptError;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The departments of the account and their scripted agents.
#[derive(Clone, Debug)]
pub struct Departments {
    /// The names by id.
    names: BTreeMap<String, String>,
    /// The agent of all departments without an own agent, if one was set.
    default_agent: Option<Arc<Scenario>>,
    /// The agent if no agent was set.
    fallback: Arc<Scenario>,
    department_agents: HashMap<String, Arc<Scenario>>,
}

impl Default for Departments {
    /// The departments 1 (Support) and 2 (Sales), with the agent `echo`.
    fn default() -> Departments {
        let names = [("1", "Support"), ("2", "Sales")];
        Departments {
            names: names
                .map(|(id, name)| (id.to_owned(), name.to_owned()))
                .into(),
            default_agent: None,
            fallback: Arc::new(Scenario::echo()),
            department_agents: HashMap::new(),
        }
    }
}

impl Departments {
    /// Adds a department, given as `ID=NAME`, or renames it.
    pub fn name(&mut self, department: &str) -> Result<(), ScriptError> {
        match department.split_once('=') {
            Some((id, name)) if is_department_id(id) && !name.is_empty() => {
                self.names.insert(id.to_owned(), name.to_owned());
                Ok(())
            }
            _ => Err(ScriptError::new(format!(
                "department {department:?}: expected ID=NAME, and the id must be a number"
            ))),
        }
    }

    /// Adds an agent: `AGENT` for all departments without an own agent, or `DEPARTMENT=AGENT` for one department. An agent
    /// is `echo`, `silent`, `unavailable`, `closed`, or the path of a scenario file.
    pub fn add(&mut self, agent: &str) -> Result<(), ScriptError> {
        let (department, kind) = match agent.split_once('=') {
            Some((department, kind)) => (Some(department), kind),
            None => (None, agent),
        };
        if department == Some("") {
            return Err(ScriptError::new(format!(
                "agent {agent:?}: the department id is empty; expected DEPARTMENT=AGENT"
            )));
        }
        let scenario = Arc::new(load_scenario(kind)?);
        let earlier = match department {
            Some(department) => self
                .department_agents
                .insert(department.to_owned(), scenario)
                .is_some(),
            None => self.default_agent.replace(scenario).is_some(),
        };
        match (earlier, department) {
            (false, _) => Ok(()),
            (true, Some(department)) => Err(ScriptError::new(format!(
                "department {department:?} has two agents; expected one"
            ))),
            (true, None) => Err(ScriptError::new(
                "all departments have two agents; expected one".to_owned(),
            )),
        }
    }

    /// Parses the agents of a JSON object. A field name is a department id, or `*` for all other departments. A value is the
    /// name of a built-in agent or a scenario.
    pub(crate) fn parse(object: &JsonObject) -> Result<Departments, ScriptError> {
        let mut departments = Departments::default();
        for name in object.names() {
            // Always present, because the name comes from the same object.
            let Some(value) = object.get(name) else {
                continue;
            };
            let scenario = match json_string(value) {
                Some(kind) => built_in_scenario(&kind).ok_or_else(|| {
                    ScriptError::new(format!(
                        "agent of {name:?}: expected echo, silent, unavailable, closed or a scenario"
                    ))
                })?,
                None => Scenario::parse(value.get().as_bytes())
                    .map_err(|error| ScriptError::new(format!("agent of {name:?}: {error}")))?,
            };
            match name {
                "" => {
                    return Err(ScriptError::new(
                        "a department id is empty; expected an id or *".to_owned(),
                    ));
                }
                "*" => departments.default_agent = Some(Arc::new(scenario)),
                department => {
                    departments
                        .department_agents
                        .insert(department.to_owned(), Arc::new(scenario));
                }
            }
        }
        Ok(departments)
    }

    /// Returns whether the account has a department with this id.
    pub(crate) fn contains(&self, department_id: &str) -> bool {
        self.names.contains_key(department_id) || self.department_agents.contains_key(department_id)
    }

    /// Returns the numeric ids. Only these are valid in the later dialects.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        let ids = self.names.keys().chain(self.department_agents.keys());
        ids.map(String::as_str).filter(|id| is_department_id(id))
    }

    pub(crate) fn name_of(&self, department_id: &str) -> String {
        match self.names.get(department_id) {
            Some(name) => name.clone(),
            None => format!("Department {department_id}"),
        }
    }

    pub(crate) fn agent(&self, department_id: &str) -> Arc<Scenario> {
        let agent = self
            .department_agents
            .get(department_id)
            .or(self.default_agent.as_ref())
            .unwrap_or(&self.fallback);
        Arc::clone(agent)
    }
}

/// Returns whether the id is a whole number without leading zeros.
fn is_department_id(id: &str) -> bool {
    id.parse::<u64>()
        .is_ok_and(|number| number.to_string() == id)
}

fn built_in_scenario(kind: &str) -> Option<Scenario> {
    match kind {
        "echo" => Some(Scenario::echo()),
        "silent" => Some(Scenario::silent()),
        "unavailable" => Some(Scenario::unavailable()),
        "closed" => Some(Scenario::closed()),
        _ => None,
    }
}

fn load_scenario(kind: &str) -> Result<Scenario, ScriptError> {
    match kind {
        "" => Err(ScriptError::new(
            "the agent is empty; expected echo, silent, unavailable, closed or a scenario file"
                .to_owned(),
        )),
        path => {
            if let Some(scenario) = built_in_scenario(path) {
                return Ok(scenario);
            }
            let json = std::fs::read(path).map_err(|error| {
                ScriptError::new(format!("agent {path:?} is not echo, silent, unavailable or closed, and not a readable file: {error}"))
            })?;
            Scenario::parse(&json)
                .map_err(|error| ScriptError::new(format!("scenario {path:?}: {error}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::model::customer_request::RequestKind;
    use crate::sandbox::model::trigger::Trigger;
    use crate::sandbox::scripts::agent_step::AgentStep;

    #[test]
    fn the_agent_of_a_department_precedes_the_default_agent() {
        let mut departments = Departments::default();
        let on_start = |departments: &Departments, id: &str| {
            departments.agent(id).steps(RequestKind::Start, "").to_vec()
        };
        let on_message = |departments: &Departments, id: &str| {
            departments.agent(id).steps(RequestKind::Message, "a").len()
        };
        assert_eq!(on_message(&departments, "1"), 3);
        departments.add("2=unavailable").unwrap();
        departments.add("silent").unwrap();
        assert_eq!(
            on_start(&departments, "2"),
            [AgentStep::Trigger(Trigger::Status("unavailable"))]
        );
        assert_eq!(
            on_start(&departments, "1"),
            [AgentStep::Trigger(Trigger::Status("accepted"))]
        );
        assert_eq!(on_message(&departments, "1"), 0);
    }

    #[test]
    fn only_numeric_ids_are_listed() {
        let mut departments = Departments::default();
        departments.name("7=Billing").unwrap();
        departments.name("2=Vendas").unwrap();
        departments.add("31=silent").unwrap();
        departments.add("x=silent").unwrap();
        let mut ids: Vec<&str> = departments.ids().collect();
        ids.sort_unstable();
        assert_eq!(ids, ["1", "2", "31", "7"]);
        assert!(departments.contains("x") && !departments.contains("9"));
        assert_eq!(
            ["1", "2", "7", "31"].map(|id| departments.name_of(id)),
            ["Support", "Vendas", "Billing", "Department 31"]
        );
        for wrong in ["7", "=a", "07=a", "x=a", "7="] {
            assert!(departments.name(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_invalid_agent_is_an_error() {
        let mut departments = Departments::default();
        departments.add("echo").unwrap();
        departments.add("2=echo").unwrap();
        let mut error_of = |agent: &str| departments.add(agent).unwrap_err().to_string();
        assert_eq!(
            error_of("silent"),
            "all departments have two agents; expected one"
        );
        assert_eq!(
            error_of("2=silent"),
            "department \"2\" has two agents; expected one"
        );
        assert_eq!(
            error_of("=silent"),
            "agent \"=silent\": the department id is empty; expected DEPARTMENT=AGENT"
        );
        assert!(
            error_of("3=no/such/file")
                .starts_with("agent \"no/such/file\" is not echo, silent, unavailable or closed")
        );
    }
}
