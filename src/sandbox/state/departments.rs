//! The account's departments, and which agent serves which.

use crate::sandbox::agents::scenario::Scenario;
use crate::sandbox::json_object::{Object, text_of};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

/// The account's departments and their scripted agents: one for all departments, and others for some.
#[derive(Clone, Debug)]
pub struct Departments {
    /// By id.
    names: BTreeMap<String, String>,
    everywhere: Option<Arc<Scenario>>,
    fallback: Arc<Scenario>,
    own: HashMap<String, Arc<Scenario>>,
}

/// Why an agent can't serve or a customer can't come: the file can't be read or is no script of that kind, or the
/// department has its agent already.
#[derive(Debug)]
pub struct AgentError(String);

impl AgentError {
    pub(crate) fn new(what: String) -> AgentError {
        AgentError(what)
    }
}

impl fmt::Display for AgentError {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for AgentError {}

impl Default for Departments {
    /// Departments 1, Support, and 2, Sales, with the echoing agent everywhere.
    fn default() -> Departments {
        let names = [("1", "Support"), ("2", "Sales")];
        Departments {
            names: names
                .map(|(id, name)| (id.to_owned(), name.to_owned()))
                .into(),
            everywhere: None,
            fallback: Arc::new(Scenario::echo()),
            own: HashMap::new(),
        }
    }
}

impl Departments {
    /// Names a department, given as `ID=NAME`; one that is there already gets another name.
    pub fn name(&mut self, department: &str) -> Result<(), AgentError> {
        match department.split_once('=') {
            Some((id, name)) if is_id(id) && !name.is_empty() => {
                self.names.insert(id.to_owned(), name.to_owned());
                Ok(())
            }
            _ => Err(AgentError(format!(
                "department {department:?}: expected ID=NAME with a number for the id"
            ))),
        }
    }

    /// Adds an agent: `echo`, `silent`, `unavailable`, `closed` or the path of a scenario file, for all departments that have
    /// none of their own; or `DEPARTMENT=` and one of these, for that department.
    pub fn add(&mut self, agent: &str) -> Result<(), AgentError> {
        let (department, kind) = match agent.split_once('=') {
            Some((department, kind)) => (Some(department), kind),
            None => (None, agent),
        };
        if department == Some("") {
            return Err(AgentError(format!(
                "agent {agent:?}: the department is empty; expected DEPARTMENT=AGENT"
            )));
        }
        let scenario = Arc::new(scenario(kind)?);
        let earlier = match department {
            Some(department) => self.own.insert(department.to_owned(), scenario).is_some(),
            None => self.everywhere.replace(scenario).is_some(),
        };
        match (earlier, department) {
            (false, _) => Ok(()),
            (true, Some(department)) => Err(AgentError(format!(
                "department {department:?} has two agents"
            ))),
            (true, None) => Err(AgentError("two agents are for all departments".to_owned())),
        }
    }

    /// Reads the agents of a JSON object: each field is a department's id, or `*` for all others, and its value the name
    /// of a built-in agent or a scenario.
    pub(crate) fn read(object: &Object) -> Result<Departments, AgentError> {
        let mut departments = Departments::default();
        for name in object.names() {
            // The names are the object's own, each there once.
            let Some(value) = object.get(name) else {
                continue;
            };
            let scenario = match text_of(value) {
                Some(kind) => built_in(&kind).ok_or_else(|| {
                    AgentError(format!(
                        "agent of {name:?}: expected echo, silent, unavailable, closed or a scenario"
                    ))
                })?,
                None => Scenario::read(value.get().as_bytes())
                    .map_err(|error| AgentError(format!("agent of {name:?}: {error}")))?,
            };
            match name {
                "" => return Err(AgentError("a department is empty".to_owned())),
                "*" => departments.everywhere = Some(Arc::new(scenario)),
                department => {
                    departments
                        .own
                        .insert(department.to_owned(), Arc::new(scenario));
                }
            }
        }
        Ok(departments)
    }

    /// Whether the account has a department of this id.
    pub(crate) fn has(&self, department_id: &str) -> bool {
        self.names.contains_key(department_id) || self.own.contains_key(department_id)
    }

    /// The ids that the later dialects can name, which are numbers.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        let ids = self.names.keys().chain(self.own.keys());
        ids.map(String::as_str).filter(|id| is_id(id))
    }

    pub(crate) fn name_of(&self, department_id: &str) -> String {
        match self.names.get(department_id) {
            Some(name) => name.clone(),
            None => format!("Department {department_id}"),
        }
    }

    pub(crate) fn agent(&self, department_id: &str) -> Arc<Scenario> {
        let agent = self
            .own
            .get(department_id)
            .or(self.everywhere.as_ref())
            .unwrap_or(&self.fallback);
        Arc::clone(agent)
    }
}

/// A whole number, written as JSON writes one.
fn is_id(id: &str) -> bool {
    id.parse::<u64>()
        .is_ok_and(|number| number.to_string() == id)
}

fn built_in(kind: &str) -> Option<Scenario> {
    match kind {
        "echo" => Some(Scenario::echo()),
        "silent" => Some(Scenario::silent()),
        "unavailable" => Some(Scenario::unavailable()),
        "closed" => Some(Scenario::closed()),
        _ => None,
    }
}

fn scenario(kind: &str) -> Result<Scenario, AgentError> {
    match kind {
        "" => Err(AgentError(
            "the agent is empty; expected echo, silent, unavailable, closed or a scenario file"
                .to_owned(),
        )),
        path => {
            if let Some(scenario) = built_in(path) {
                return Ok(scenario);
            }
            let json = std::fs::read(path).map_err(|error| {
                AgentError(format!("agent {path:?} is none of echo, silent, unavailable and closed, and no readable file: {error}"))
            })?;
            Scenario::read(&json).map_err(|error| AgentError(format!("scenario {path:?}: {error}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::agents::step::Step;
    use crate::sandbox::customers::customer_action::CustomerRequest;
    use crate::sandbox::state::trigger::Trigger;

    #[test]
    fn a_department_has_its_own_agent_or_the_one_for_all() {
        let mut departments = Departments::default();
        let on_start = |departments: &Departments, id: &str| {
            departments
                .agent(id)
                .steps(CustomerRequest::Start, "")
                .to_vec()
        };
        let on_message = |departments: &Departments, id: &str| {
            departments
                .agent(id)
                .steps(CustomerRequest::Message, "a")
                .len()
        };
        assert_eq!(on_message(&departments, "1"), 3);
        departments.add("2=unavailable").unwrap();
        departments.add("silent").unwrap();
        assert_eq!(
            on_start(&departments, "2"),
            [Step::Trigger(Trigger::Status("unavailable"))]
        );
        assert_eq!(
            on_start(&departments, "1"),
            [Step::Trigger(Trigger::Status("accepted"))]
        );
        assert_eq!(on_message(&departments, "1"), 0);
    }

    #[test]
    fn departments_have_names_and_those_of_the_later_dialects_numbers() {
        let mut departments = Departments::default();
        departments.name("7=Billing").unwrap();
        departments.name("2=Vendas").unwrap();
        departments.add("31=silent").unwrap();
        departments.add("x=silent").unwrap();
        let mut ids: Vec<&str> = departments.ids().collect();
        ids.sort_unstable();
        assert_eq!(ids, ["1", "2", "31", "7"]);
        assert!(departments.has("x") && !departments.has("9"));
        assert_eq!(
            ["1", "2", "7", "31"].map(|id| departments.name_of(id)),
            ["Support", "Vendas", "Billing", "Department 31"]
        );
        for wrong in ["7", "=a", "07=a", "x=a", "7="] {
            assert!(departments.name(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn says_what_is_wrong_with_an_agent() {
        let mut departments = Departments::default();
        departments.add("echo").unwrap();
        departments.add("2=echo").unwrap();
        let mut refusal = |agent: &str| departments.add(agent).unwrap_err().to_string();
        assert_eq!(refusal("silent"), "two agents are for all departments");
        assert_eq!(refusal("2=silent"), "department \"2\" has two agents");
        assert_eq!(
            refusal("=silent"),
            "agent \"=silent\": the department is empty; expected DEPARTMENT=AGENT"
        );
        assert!(
            refusal("3=no/such/file").starts_with(
                "agent \"no/such/file\" is none of echo, silent, unavailable and closed"
            )
        );
    }
}
