//! A scripted customer: who begins an interaction and talks with whoever serves it, a bot above all. Written as JSON:
//!
//! ```json
//! {
//!   "about": "any text",
//!   "department": 1,
//!   "name": "João",
//!   "steps": [ { "hear": "accepted" }, { "say": "oi" }, { "hear": "message", "contains": "oi" }, "finish" ]
//! }
//! ```
//!
//! Only the steps are needed. A step is `"typing"`, `"cleared"` or `"finish"`, or an object:
//!
//! - `{ "say": TEXT }`, with `"type"` and `"url"` for a medium.
//! - `{ "hear": TRIGGER }` waits for `accepted`, `unavailable`, `typing`, `cleared`, `finish`, `queued`, `transferred` or
//!   `message`, passing over whatever else comes. `"contains"` asks for a text within the message, in capitals or not;
//!   `"within"` is how many milliseconds it may take, 10,000 when it is not given.
//! - `{ "wait": MILLISECONDS }`

use crate::sandbox::customers::customer_action::CustomerRequest;
use crate::sandbox::json_object::{Object, text_of};
use crate::sandbox::state::departments::AgentError;
use crate::sandbox::state::message::{Kind, Message};
use crate::sandbox::state::trigger::{Trigger, known};
use serde_json::value::RawValue;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const LONGEST_MS: u64 = 3_600_000;
const PATIENCE: Duration = Duration::from_secs(10);

/// A scripted customer, who comes when the bot of its department is known.
#[derive(Clone, Debug)]
pub struct Customer(pub(crate) Arc<Script>);

impl Customer {
    /// Reads a customer's script from a file.
    pub fn read_file(path: &Path) -> Result<Customer, AgentError> {
        let fail = |error: String| AgentError::new(format!("customer {path:?}: {error}"));
        let json = std::fs::read(path).map_err(|error| fail(error.to_string()))?;
        let script = Script::read(&json).map_err(fail)?;
        Ok(Customer(Arc::new(script)))
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Script {
    pub department_id: String,
    pub name: Option<String>,
    pub steps: Vec<Step>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Wait(Duration),
    Say(Message),
    /// Typing, cleared or finish.
    Sign(CustomerRequest),
    Hear(Expected),
}

/// What a customer waits for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    pub kind: &'static str,
    /// In lower case.
    pub contains: Option<String>,
    pub within: Duration,
}

impl Expected {
    pub fn is_met_by(&self, trigger: &Trigger) -> bool {
        if trigger.name() != self.kind {
            return false;
        }
        match (&self.contains, trigger) {
            (Some(text), Trigger::Message(message)) => {
                message.as_text().to_lowercase().contains(text)
            }
            _ => true,
        }
    }

    /// In words, for who waited in vain. It repeats what the script says, which holds nobody's secret.
    pub fn describe(&self) -> String {
        match &self.contains {
            Some(text) => format!("{} with {text:?}", self.kind),
            None => self.kind.to_owned(),
        }
    }
}

impl Script {
    /// Reads a script's text. The error says which step, counted from 1.
    pub fn read(json: &[u8]) -> Result<Script, String> {
        let file = Object::read_as("a customer", json)?;
        file.only(&["about", "department", "name", "steps"])?;
        if file
            .get("about")
            .is_some_and(|about| text_of(about).is_none())
        {
            return Err("about: expected a text".to_owned());
        }
        let department_id = match file.get("department").map(RawValue::get) {
            None => "1".to_owned(),
            Some(id) if id.parse::<u64>().is_ok() => id.to_owned(),
            Some(_) => return Err("department: expected an id, a whole number".to_owned()),
        };
        let name = match file.get("name").map(text_of) {
            None => None,
            Some(name) => Some(name.ok_or("name: expected a text")?),
        };
        let wrong = "steps: expected an array of at least one step";
        let steps: Vec<&RawValue> = file
            .get("steps")
            .and_then(|steps| serde_json::from_str(steps.get()).ok())
            .ok_or(wrong)?;
        let mut read = Vec::new();
        for (at, step) in steps.into_iter().enumerate() {
            read.push(Step::read(step).map_err(|error| format!("step {}: {error}", at + 1))?);
        }
        if read.is_empty() {
            return Err(wrong.to_owned());
        }
        Ok(Script {
            department_id,
            name,
            steps: read,
        })
    }
}

impl Step {
    fn read(json: &RawValue) -> Result<Step, String> {
        let forms = "expected typing, cleared, finish, or an object with say, hear or wait";
        if let Some(word) = text_of(json) {
            return match word.as_str() {
                "typing" => Ok(Step::Sign(CustomerRequest::Typing)),
                "cleared" => Ok(Step::Sign(CustomerRequest::Cleared)),
                "finish" => Ok(Step::Sign(CustomerRequest::Finish)),
                _ => Err(format!("{word:?} is unknown; {forms}")),
            };
        }
        if !json.get().starts_with('{') {
            return Err(forms.to_owned());
        }
        let step = Object::read_as("a step", json.get().as_bytes())?;
        if let Some(value) = step.get("wait") {
            step.only(&["wait"])?;
            milliseconds("wait", value).map(Step::Wait)
        } else if step.get("say").is_some() {
            step.only(&["say", "type", "url"])?;
            say(&step).map(Step::Say)
        } else if step.get("hear").is_some() {
            step.only(&["hear", "contains", "within"])?;
            hear(&step).map(Step::Hear)
        } else {
            Err(forms.to_owned())
        }
    }
}

fn say(step: &Object) -> Result<Message, String> {
    let content = step.text("say").ok_or("say: expected a text")?;
    let kind = match step.get("type") {
        None => Kind::Text,
        Some(name) => text_of(name)
            .and_then(|name| Kind::of(&name))
            .ok_or_else(|| {
                let names = Kind::NAMES.map(|(name, _)| name).join(", ");
                format!("type: expected one of {names}")
            })?,
    };
    let url = step.text("url");
    if (kind == Kind::Text) != step.get("url").is_none()
        || step.get("url").is_some() != url.is_some()
    {
        return Err("url: goes with image, video, audio and file, which need it".to_owned());
    }
    if kind == Kind::Text && content.is_empty() {
        return Err("say: expected a text that is not empty".to_owned());
    }
    Ok(Message { kind, content, url })
}

fn hear(step: &Object) -> Result<Expected, String> {
    let word = step.text("hear").unwrap_or_default();
    let kind = match word.as_str() {
        "message" => Some("message"),
        "finished" => None,
        word => known(word),
    };
    let kind = kind.ok_or(
        "hear: expected one of accepted, unavailable, typing, cleared, finish, queued, transferred, message",
    )?;
    let contains = match step.get("contains").map(text_of) {
        None => None,
        Some(Some(text)) if kind == "message" => Some(text.to_lowercase()),
        Some(_) => return Err("contains: expected a text, and goes with message only".to_owned()),
    };
    let within = match step.get("within") {
        None => PATIENCE,
        Some(value) => milliseconds("within", value)?,
    };
    Ok(Expected {
        kind,
        contains,
        within,
    })
}

fn milliseconds(field: &str, value: &RawValue) -> Result<Duration, String> {
    match value.get().parse::<u64>() {
        Ok(milliseconds) if milliseconds <= LONGEST_MS => Ok(Duration::from_millis(milliseconds)),
        _ => Err(format!(
            "{field}: expected milliseconds from 0 to {LONGEST_MS}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_who_comes_and_what_is_said_and_heard() {
        let json = r#"{"about":"a test","department":2,"name":"J","steps":[
            {"hear":"accepted"},{"say":"oi"},"typing",{"hear":"message","contains":"OI","within":500},
            {"say":"","type":"image","url":"https://a/b.png"},{"wait":5},"finish"]}"#;
        let script = Script::read(json.as_bytes()).unwrap();
        assert_eq!(
            (script.department_id.as_str(), script.name.as_deref()),
            ("2", Some("J"))
        );
        assert_eq!(script.steps.len(), 7);
        assert_eq!(script.steps[1], Step::Say(Message::text("oi")));
        let Step::Hear(expected) = &script.steps[3] else {
            panic!("{:?}", script.steps[3]);
        };
        assert!(expected.is_met_by(&Trigger::Message(Message::text("Oi, João"))));
        assert!(!expected.is_met_by(&Trigger::Message(Message::text("olá"))));
        assert!(!expected.is_met_by(&Trigger::Status("accepted")));
        assert_eq!(expected.describe(), "message with \"oi\"");
    }

    #[test]
    fn says_what_is_wrong_and_in_which_step() {
        let steps = |steps: &str| format!(r#"{{"steps":[{steps}]}}"#);
        let forms = "expected typing, cleared, finish, or an object with say, hear or wait";
        let url = "url: goes with image, video, audio and file, which need it";
        let cases = [
            ("{}".to_owned(), "steps: expected an array of at least one step".to_owned()),
            (steps(""), "steps: expected an array of at least one step".to_owned()),
            (r#"{"department":"1","steps":["finish"]}"#.to_owned(), "department: expected an id, a whole number".to_owned()),
            (steps("\"wave\""), format!("step 1: \"wave\" is unknown; {forms}")),
            (steps("\"finish\",{\"sing\":1}"), format!("step 2: {forms}")),
            (steps(r#"{"say":""}"#), "step 1: say: expected a text that is not empty".to_owned()),
            (steps(r#"{"say":"a","type":"image"}"#), format!("step 1: {url}")),
            (steps(r#"{"say":"a","url":"https://a/"}"#), format!("step 1: {url}")),
            (steps(r#"{"say":"a","type":"image","url":5}"#), format!("step 1: {url}")),
            (
                steps(r#"{"hear":"wave"}"#),
                "step 1: hear: expected one of accepted, unavailable, typing, cleared, finish, queued, transferred, message".to_owned(),
            ),
            (
                steps(r#"{"hear":"accepted","contains":"a"}"#),
                "step 1: contains: expected a text, and goes with message only".to_owned(),
            ),
            (steps(r#"{"wait":-1}"#), "step 1: wait: expected milliseconds from 0 to 3600000".to_owned()),
        ];
        for (json, expected) in cases {
            assert_eq!(Script::read(json.as_bytes()), Err(expected), "{json}");
        }
    }
}
