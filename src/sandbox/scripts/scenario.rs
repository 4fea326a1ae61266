//! The scenario of a scripted agent. The built-in agents are scenarios; others are JSON files:
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
//! Only `rules` is required. `agents` are the names of the agents; the first sends the messages. `atOnce` is the number of
//! concurrent interactions; further interactions wait in a queue. `"open": false` closes the department.
//! `docs/src/sandbox.md` describes rules and steps.

use crate::sandbox::json::json_object::{JsonObject, json_string};
use crate::sandbox::model::customer_request::RequestKind;
use crate::sandbox::model::trigger::Trigger;
use crate::sandbox::scripts::agent_step::AgentStep;
use serde::Serialize;
use serde_json::value::RawValue;

/// The rules and settings of a scripted agent.
#[derive(Debug)]
pub(crate) struct Scenario {
    /// At least one agent. The first sends the messages.
    pub agents: Vec<AgentProfile>,
    /// Whether the department accepts interactions.
    pub open: bool,
    /// Whether the agents are online.
    pub online: bool,
    /// The number of concurrent interactions. Further interactions wait in a queue.
    pub max_interactions: Option<usize>,
    rules: Vec<Rule>,
}

/// The data of an agent in the later dialects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct AgentProfile {
    pub id: u64,
    pub name: String,
    /// The URL of a picture.
    pub photo: Option<String>,
}

#[derive(Debug)]
struct Rule {
    on: RequestKind,
    /// The text in the message, in lower case.
    contains: Option<String>,
    steps: Vec<AgentStep>,
}

impl Scenario {
    pub fn echo() -> Scenario {
        let reply = vec![status("typing"), status("cleared"), AgentStep::Echo];
        Scenario::with_rules(vec![
            Rule::new(RequestKind::Start, vec![status("accepted")]),
            Rule::new(RequestKind::Message, reply),
        ])
    }

    pub fn silent() -> Scenario {
        Scenario::with_rules(vec![Rule::new(
            RequestKind::Start,
            vec![status("accepted")],
        )])
    }

    pub fn unavailable() -> Scenario {
        Scenario {
            online: false,
            ..Scenario::with_rules(vec![Rule::new(
                RequestKind::Start,
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

    fn with_rules(rules: Vec<Rule>) -> Scenario {
        let ana = AgentProfile {
            id: 1,
            name: "Ana".to_owned(),
            photo: None,
        };
        Scenario {
            agents: vec![ana],
            open: true,
            online: true,
            max_interactions: None,
            rules,
        }
    }

    /// Parses a scenario. The error contains the numbers of the rule and the step, counted from 1.
    pub fn parse(json: &[u8]) -> Result<Scenario, String> {
        let file = JsonObject::parse_as("a scenario", json)?;
        file.allow_only(&["about", "agents", "atOnce", "open", "rules"])?;
        if file
            .get("about")
            .is_some_and(|about| json_string(about).is_none())
        {
            return Err("about: expected a text".to_owned());
        }
        let rules = file
            .get("rules")
            .ok_or("rules is missing; expected an array of rules")?;
        let mut read = Vec::new();
        for (at, rule) in parse_array(rules, "rules: expected an array of rules")?
            .into_iter()
            .enumerate()
        {
            read.push(Rule::parse(rule).map_err(|error| format!("rule {}{error}", at + 1))?);
        }
        if read.is_empty() {
            return Err("rules is empty; expected at least one rule".to_owned());
        }
        let mut scenario = Scenario::with_rules(read);
        if let Some(agents) = file.get("agents") {
            scenario.agents = parse_agents(agents)?;
        }
        if let Some(max_interactions) = file.get("atOnce") {
            scenario.max_interactions = Some(parse_max_interactions(max_interactions)?);
        }
        scenario.open = match file.get("open").map(RawValue::get) {
            None | Some("true") => true,
            Some("false") => false,
            Some(_) => return Err("open: expected true or false".to_owned()),
        };
        scenario.online = scenario.open;
        match scenario.unreachable_rule() {
            Some((unreachable, earlier)) => Err(format!(
                "rule {unreachable} never matches: the earlier rule {earlier} matches all its requests"
            )),
            None => Ok(scenario),
        }
    }

    /// Returns the steps of the first matching rule. `content` is used for messages only.
    pub fn steps(&self, on: RequestKind, content: &str) -> &[AgentStep] {
        let lower = content.to_lowercase();
        let rule = self
            .rules
            .iter()
            .find(|rule| rule.on == on && rule.matches(&lower));
        rule.map_or(&[], |rule| &rule.steps)
    }

    /// Returns the number of a rule that never matches, and the number of the earlier rule that always matches instead.
    fn unreachable_rule(&self) -> Option<(usize, usize)> {
        let covers = |earlier: &Rule, later: &Rule| {
            let matches_all = match (&earlier.contains, &later.contains) {
                (None, _) => true,
                (Some(earlier), Some(later)) => later.contains(earlier),
                (Some(_), None) => false,
            };
            earlier.on == later.on && matches_all
        };
        self.rules.iter().enumerate().find_map(|(at, later)| {
            let by = self.rules[..at]
                .iter()
                .position(|earlier| covers(earlier, later))?;
            Some((at + 1, by + 1))
        })
    }
}

impl Rule {
    fn new(on: RequestKind, steps: Vec<AgentStep>) -> Rule {
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

    /// Parses a rule. The caller puts `rule N` before the error.
    fn parse(json: &RawValue) -> Result<Rule, String> {
        let colon = |error: String| format!(": {error}");
        let rule = JsonObject::parse_as("a rule", json.get().as_bytes()).map_err(colon)?;
        rule.allow_only(&["on", "contains", "steps"])
            .map_err(colon)?;
        let names = RequestKind::NAMES.map(|(name, _)| name).join(", ");
        let on = rule
            .text("on")
            .ok_or_else(|| format!(": on is missing or not a text; expected one of {names}"))?;
        let on = RequestKind::NAMES
            .iter()
            .find(|(name, _)| *name == on)
            .map(|(_, kind)| *kind)
            .ok_or_else(|| format!(": on {on:?} is unknown; expected one of {names}"))?;
        let contains = match rule.get("contains").map(json_string) {
            None => None,
            Some(_) if on != RequestKind::Message => {
                return Err(": contains is allowed in rules on message only".to_owned());
            }
            Some(Some(text)) if !text.is_empty() => Some(text.to_lowercase()),
            Some(_) => return Err(": contains: expected a text that is not empty".to_owned()),
        };
        let steps = rule
            .get("steps")
            .ok_or(": steps is missing; expected an array of steps")?;
        let mut read = Vec::new();
        for (at, step) in parse_array(steps, ": steps: expected an array of steps")?
            .into_iter()
            .enumerate()
        {
            read.push(
                AgentStep::parse(step, on)
                    .map_err(|error| format!(", step {}: {error}", at + 1))?,
            );
        }
        Ok(Rule {
            on,
            contains,
            steps: read,
        })
    }
}

fn parse_max_interactions(value: &RawValue) -> Result<usize, String> {
    match value.get().parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err("atOnce: expected a number of interactions, 1 or more".to_owned()),
    }
}

fn parse_agents(value: &RawValue) -> Result<Vec<AgentProfile>, String> {
    let error = "agents: expected an array of at least one agent";
    let profiles = parse_array(value, error)?
        .into_iter()
        .enumerate()
        .map(|(at, profile)| {
            AgentProfile::parse(profile).map_err(|error| format!("agent {}: {error}", at + 1))
        })
        .collect::<Result<Vec<_>, String>>()?;
    if profiles.is_empty() {
        return Err(error.to_owned());
    }
    Ok(profiles)
}

impl AgentProfile {
    fn parse(json: &RawValue) -> Result<AgentProfile, String> {
        let profile = JsonObject::parse_as("an agent", json.get().as_bytes())?;
        profile.allow_only(&["id", "name", "photo"])?;
        let id = profile.get("id").and_then(|id| id.get().parse().ok());
        let name = profile.text("name").filter(|name| !name.is_empty());
        let photo = match profile.get("photo").map(json_string) {
            Some(None) => return Err("photo: expected a URL as text".to_owned()),
            Some(photo) => photo,
            None => None,
        };
        Ok(AgentProfile {
            id: id.ok_or("id: expected a whole number")?,
            name: name.ok_or("name: expected a text")?,
            photo,
        })
    }
}

fn status(name: &'static str) -> AgentStep {
    AgentStep::Trigger(Trigger::Status(name))
}

fn parse_array<'a>(value: &'a RawValue, error: &str) -> Result<Vec<&'a RawValue>, String> {
    serde_json::from_str(value.get()).map_err(|_| error.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::model::message::Message;
    use std::time::Duration;

    fn error(json: &str) -> String {
        Scenario::parse(json.as_bytes()).unwrap_err()
    }

    #[test]
    fn the_first_matching_rule_is_used() {
        let json = r#"{"about":"a test","rules":[
            {"on":"message","contains":"TCHAU","steps":["finish"]},
            {"on":"message","steps":[{"wait":5},{"message":"{content}"}]}]}"#;
        let scenario = Scenario::parse(json.as_bytes()).unwrap();
        assert_eq!(
            scenario.steps(RequestKind::Message, "então tchau!"),
            [status("finish")]
        );
        let other = [
            AgentStep::Wait(Duration::from_millis(5)),
            AgentStep::Trigger(Trigger::Message(Message::text("{content}"))),
        ];
        assert_eq!(scenario.steps(RequestKind::Message, "oi"), other);
        assert!(scenario.steps(RequestKind::Start, "tchau").is_empty());
    }

    #[test]
    fn an_error_contains_rule_and_step() {
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
                "atOnce: expected a number of interactions, 1 or more".to_owned(),
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
                format!("rule 1: on is missing or not a text; expected one of {names}"),
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
                "rule 1: \"on\" occurs twice".to_owned(),
            ),
            (
                r#"{"rules":[{"on":"start","contains":"a","steps":[]}]}"#,
                "rule 1: contains is allowed in rules on message only".to_owned(),
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
                "rule 2 never matches: the earlier rule 1 matches all its requests".to_owned(),
            ),
        ];
        for (json, expected) in cases {
            assert_eq!(error(json), expected, "{json}");
        }
        assert!(
            error("{\n  \"rules\": [}")
                .starts_with("not valid JSON: expected value at line 2 column 13")
        );
    }
}
