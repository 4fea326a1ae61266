//! What a scripted agent does. The built-in agents are scenarios too; others are written as JSON files:
//!
//! ```json
//! {
//!   "about": "any text",
//!   "agents": [ { "id": 7, "name": "Bia", "photo": "https://example.com/bia.png" } ],
//!   "atOnce": 2,
//!   "rules": [
//!     { "on": "start", "steps": [ "accepted", { "message": "Hello, {customerName}!" } ] },
//!     { "on": "message", "contains": "bye", "steps": [ { "message": "Bye!" }, "finish" ] },
//!     { "on": "message", "steps": [ "typing", { "wait": 300 }, "cleared", { "message": "You said {content}" } ] }
//!   ]
//! }
//! ```
//!
//! Only the rules are needed. `agents` are who serves, and the first of them speaks; `atOnce` is how many interactions
//! are served at once, the others being queued; `"open": false` closes the department. `docs/src/sandbox.md` describes
//! rules and steps; `step` reads the latter.

use crate::sandbox::agents::step::Step;
use crate::sandbox::customers::customer_action::CustomerRequest;
use crate::sandbox::json_object::{Object, text_of};
use crate::sandbox::state::trigger::Trigger;
use serde::Serialize;
use serde_json::value::RawValue;

/// A scripted agent.
#[derive(Debug)]
pub(crate) struct Scenario {
    /// Who serves; there is at least one, and the first speaks.
    pub agents: Vec<Person>,
    /// Whether the department takes interactions at all.
    pub open: bool,
    /// Whether its agents are there.
    pub online: bool,
    /// How many interactions are served at once; the others wait in a queue.
    pub at_once: Option<usize>,
    rules: Vec<Rule>,
}

/// An agent, as the later dialects show one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Person {
    pub id: u64,
    pub name: String,
    /// The URL of a picture.
    pub photo: Option<String>,
}

#[derive(Debug)]
struct Rule {
    on: CustomerRequest,
    /// In lower case.
    contains: Option<String>,
    steps: Vec<Step>,
}

impl Scenario {
    pub fn echo() -> Scenario {
        let answer = vec![status("typing"), status("cleared"), Step::Echo];
        Scenario::of(vec![
            Rule::plain(CustomerRequest::Start, vec![status("accepted")]),
            Rule::plain(CustomerRequest::Message, answer),
        ])
    }

    pub fn silent() -> Scenario {
        Scenario::of(vec![Rule::plain(
            CustomerRequest::Start,
            vec![status("accepted")],
        )])
    }

    pub fn unavailable() -> Scenario {
        Scenario {
            online: false,
            ..Scenario::of(vec![Rule::plain(
                CustomerRequest::Start,
                vec![status("unavailable")],
            )])
        }
    }

    pub fn closed() -> Scenario {
        Scenario {
            open: false,
            ..Scenario::unavailable()
        }
    }

    fn of(rules: Vec<Rule>) -> Scenario {
        let ana = Person {
            id: 1,
            name: "Ana".to_owned(),
            photo: None,
        };
        Scenario {
            agents: vec![ana],
            open: true,
            online: true,
            at_once: None,
            rules,
        }
    }

    /// Reads a scenario file's text. The error says which rule and which step, counted from 1.
    pub fn read(json: &[u8]) -> Result<Scenario, String> {
        let file = Object::read_as("a scenario", json)?;
        file.only(&["about", "agents", "atOnce", "open", "rules"])?;
        if file
            .get("about")
            .is_some_and(|about| text_of(about).is_none())
        {
            return Err("about: expected a text".to_owned());
        }
        let rules = file
            .get("rules")
            .ok_or("rules is missing; expected an array of rules")?;
        let mut read = Vec::new();
        for (at, rule) in array(rules, "rules: expected an array of rules")?
            .into_iter()
            .enumerate()
        {
            read.push(Rule::read(rule).map_err(|error| format!("rule {}{error}", at + 1))?);
        }
        if read.is_empty() {
            return Err("rules is empty; expected at least one rule".to_owned());
        }
        let mut scenario = Scenario::of(read);
        if let Some(agents) = file.get("agents") {
            scenario.agents = people(agents)?;
        }
        if let Some(at_once) = file.get("atOnce") {
            scenario.at_once = Some(number_at_once(at_once)?);
        }
        scenario.open = match file.get("open").map(RawValue::get) {
            None | Some("true") => true,
            Some("false") => false,
            Some(_) => return Err("open: expected true or false".to_owned()),
        };
        scenario.online = scenario.open;
        match scenario.hidden_rule() {
            Some((hidden, by)) => Err(format!(
                "rule {hidden} is never played: rule {by} comes first and takes all of it"
            )),
            None => Ok(scenario),
        }
    }

    /// The steps for a request; `content` is looked at for messages only.
    pub fn steps(&self, on: CustomerRequest, content: &str) -> &[Step] {
        let lower = content.to_lowercase();
        let rule = self
            .rules
            .iter()
            .find(|rule| rule.on == on && rule.matches(&lower));
        rule.map_or(&[], |rule| &rule.steps)
    }

    /// A rule that can't be reached, and the one before it that takes everything; counted from 1.
    fn hidden_rule(&self) -> Option<(usize, usize)> {
        let hides = |earlier: &Rule, later: &Rule| {
            let takes = match (&earlier.contains, &later.contains) {
                (None, _) => true,
                (Some(earlier), Some(later)) => later.contains(earlier),
                (Some(_), None) => false,
            };
            earlier.on == later.on && takes
        };
        self.rules.iter().enumerate().find_map(|(at, later)| {
            let by = self.rules[..at]
                .iter()
                .position(|earlier| hides(earlier, later))?;
            Some((at + 1, by + 1))
        })
    }
}

impl Rule {
    fn plain(on: CustomerRequest, steps: Vec<Step>) -> Rule {
        Rule {
            on,
            contains: None,
            steps,
        }
    }

    fn matches(&self, lower_content: &str) -> bool {
        self.contains
            .as_ref()
            .is_none_or(|text| lower_content.contains(text))
    }

    /// Errors start with what follows `rule N`.
    fn read(json: &RawValue) -> Result<Rule, String> {
        let colon = |error: String| format!(": {error}");
        let rule = Object::read_as("a rule", json.get().as_bytes()).map_err(colon)?;
        rule.only(&["on", "contains", "steps"]).map_err(colon)?;
        let names = CustomerRequest::NAMES.map(|(name, _)| name).join(", ");
        let on = rule
            .text("on")
            .ok_or_else(|| format!(": on is missing or no text; expected one of {names}"))?;
        let on = CustomerRequest::NAMES
            .iter()
            .find(|(name, _)| *name == on)
            .map(|(_, act)| *act)
            .ok_or_else(|| format!(": on {on:?} is unknown; expected one of {names}"))?;
        let contains = match rule.get("contains").map(text_of) {
            None => None,
            Some(_) if on != CustomerRequest::Message => {
                return Err(": contains goes with messages only".to_owned());
            }
            Some(Some(text)) if !text.is_empty() => Some(text.to_lowercase()),
            Some(_) => return Err(": contains: expected a text that is not empty".to_owned()),
        };
        let steps = rule
            .get("steps")
            .ok_or(": steps is missing; expected an array of steps")?;
        let mut read = Vec::new();
        for (at, step) in array(steps, ": steps: expected an array of steps")?
            .into_iter()
            .enumerate()
        {
            read.push(Step::read(step, on).map_err(|error| format!(", step {}: {error}", at + 1))?);
        }
        Ok(Rule {
            on,
            contains,
            steps: read,
        })
    }
}

fn number_at_once(value: &RawValue) -> Result<usize, String> {
    match value.get().parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err("atOnce: expected how many interactions, 1 or more".to_owned()),
    }
}

fn people(value: &RawValue) -> Result<Vec<Person>, String> {
    let wrong = "agents: expected an array of at least one agent";
    let people = array(value, wrong)?
        .into_iter()
        .enumerate()
        .map(|(at, person)| {
            Person::read(person).map_err(|error| format!("agent {}: {error}", at + 1))
        })
        .collect::<Result<Vec<_>, String>>()?;
    if people.is_empty() {
        return Err(wrong.to_owned());
    }
    Ok(people)
}

impl Person {
    fn read(json: &RawValue) -> Result<Person, String> {
        let person = Object::read_as("an agent", json.get().as_bytes())?;
        person.only(&["id", "name", "photo"])?;
        let id = person.get("id").and_then(|id| id.get().parse().ok());
        let name = person.text("name").filter(|name| !name.is_empty());
        let photo = match person.get("photo").map(text_of) {
            Some(None) => return Err("photo: expected a URL as text".to_owned()),
            Some(photo) => photo,
            None => None,
        };
        Ok(Person {
            id: id.ok_or("id: expected a whole number")?,
            name: name.ok_or("name: expected a text")?,
            photo,
        })
    }
}

fn status(name: &'static str) -> Step {
    Step::Trigger(Trigger::Status(name))
}

fn array<'a>(value: &'a RawValue, wrong: &str) -> Result<Vec<&'a RawValue>, String> {
    serde_json::from_str(value.get()).map_err(|_| wrong.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::state::message::Message;
    use std::time::Duration;

    fn error(json: &str) -> String {
        Scenario::read(json.as_bytes()).unwrap_err()
    }

    #[test]
    fn the_first_rule_that_matches_is_played() {
        let json = r#"{"about":"a test","rules":[
            {"on":"message","contains":"TCHAU","steps":["finish"]},
            {"on":"message","steps":[{"wait":5},{"message":"{content}"}]}]}"#;
        let scenario = Scenario::read(json.as_bytes()).unwrap();
        assert_eq!(
            scenario.steps(CustomerRequest::Message, "então tchau!"),
            [status("finish")]
        );
        let other = [
            Step::Wait(Duration::from_millis(5)),
            Step::Trigger(Trigger::Message(Message::text("{content}"))),
        ];
        assert_eq!(scenario.steps(CustomerRequest::Message, "oi"), other);
        assert!(scenario.steps(CustomerRequest::Start, "tchau").is_empty());
    }

    #[test]
    fn an_error_says_which_rule_and_which_step() {
        let names = "start, message, typing, cleared, finish";
        let cases = [
            ("[]", "expected an object that is a scenario".to_owned()),
            (
                "{}",
                "rules is missing; expected an array of rules".to_owned(),
            ),
            (
                r#"{"rules":{}}"#,
                "rules: expected an array of rules".to_owned(),
            ),
            (
                r#"{"rules":[]}"#,
                "rules is empty; expected at least one rule".to_owned(),
            ),
            (
                r#"{"rules":[],"rule":1}"#,
                "field \"rule\" is unknown here; expected about, agents, atOnce, open, rules"
                    .to_owned(),
            ),
            (
                r#"{"rules":[{"on":"start","steps":[]}],"open":1}"#,
                "open: expected true or false".to_owned(),
            ),
            (
                r#"{"rules":[{"on":"start","steps":[]}],"atOnce":0}"#,
                "atOnce: expected how many interactions, 1 or more".to_owned(),
            ),
            (
                r#"{"rules":[{"on":"start","steps":[]}],"agents":[]}"#,
                "agents: expected an array of at least one agent".to_owned(),
            ),
            (
                r#"{"rules":[{"on":"start","steps":[]}],"agents":[{"id":"7","name":"Ana"}]}"#,
                "agent 1: id: expected a whole number".to_owned(),
            ),
            (
                r#"{"rules":[1]}"#,
                "rule 1: expected an object that is a rule".to_owned(),
            ),
            (
                r#"{"rules":[{"steps":[]}]}"#,
                format!("rule 1: on is missing or no text; expected one of {names}"),
            ),
            (
                r#"{"rules":[{"on":"init","steps":[]}]}"#,
                format!("rule 1: on \"init\" is unknown; expected one of {names}"),
            ),
            (
                r#"{"rules":[{"on":"start"}]}"#,
                "rule 1: steps is missing; expected an array of steps".to_owned(),
            ),
            (
                r#"{"rules":[{"on":"start","on":"start","steps":[]}]}"#,
                "rule 1: \"on\" is there twice".to_owned(),
            ),
            (
                r#"{"rules":[{"on":"start","contains":"a","steps":[]}]}"#,
                "rule 1: contains goes with messages only".to_owned(),
            ),
            (
                r#"{"rules":[{"on":"message","contains":"","steps":[]}]}"#,
                "rule 1: contains: expected a text that is not empty".to_owned(),
            ),
            (
                r#"{"rules":[{"on":"start","steps":[]},{"on":"finish","steps":["typing",{"message":5}]}]}"#,
                "rule 2, step 2: message: expected a text".to_owned(),
            ),
            (
                r#"{"rules":[{"on":"message","contains":"ok","steps":[]},{"on":"message","contains":"OK?","steps":[]}]}"#,
                "rule 2 is never played: rule 1 comes first and takes all of it".to_owned(),
            ),
        ];
        for (json, expected) in cases {
            assert_eq!(error(json), expected, "{json}");
        }
        assert!(
            error("{\n  \"rules\": [}").starts_with("no JSON: expected value at line 2 column 13")
        );
    }
}
