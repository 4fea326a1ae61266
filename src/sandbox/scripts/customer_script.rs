//! The script of a customer, who starts an interaction and talks to its bot or agent. It is a JSON file:
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
//! Only `steps` is required. A step is `"typing"`, `"cleared"` or `"finish"`, or an object:
//!
//! - `{ "say": TEXT }`, with `"type"` and `"url"` for a medium.
//! - `{ "hear": TRIGGER }` waits for `accepted`, `unavailable`, `typing`, `cleared`, `finish`, `queued`, `transferred` or
//!   `message`, and ignores all other triggers. `"contains"` is a text in the message, in upper or lower case. `"within"` is
//!   the time limit in milliseconds (default: 10,000).
//! - `{ "wait": MILLISECONDS }`

use crate::sandbox::json::json_object::{JsonObject, json_string};
use crate::sandbox::model::customer_request::RequestKind;
use crate::sandbox::model::message::{Message, MessageKind};
use crate::sandbox::model::trigger::{Trigger, canonical_name};
use crate::sandbox::scripts::script_error::ScriptError;
use serde_json::value::RawValue;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const MAX_WAIT_MS: u64 = 3_600_000;
const DEFAULT_EXPECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A scripted customer. It starts when its department has a bot.
#[derive(Clone, Debug)]
pub struct Customer(pub(crate) Arc<CustomerScript>);

impl Customer {
    /// Reads and parses a script file.
    pub fn read_file(path: &Path) -> Result<Customer, ScriptError> {
        let fail = |error: String| ScriptError::new(format!("customer {path:?}: {error}"));
        let json = std::fs::read(path).map_err(|error| fail(error.to_string()))?;
        let script = CustomerScript::parse(&json).map_err(fail)?;
        Ok(Customer(Arc::new(script)))
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CustomerScript {
    pub department_id: String,
    pub name: Option<String>,
    pub steps: Vec<CustomerStep>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum CustomerStep {
    Wait(Duration),
    SendMessage(Message),
    /// Typing, cleared or finish.
    SendSignal(RequestKind),
    ExpectTrigger(ExpectedTrigger),
}

/// The trigger that a customer waits for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ExpectedTrigger {
    pub kind: &'static str,
    /// The text in the message, in lower case.
    pub contains: Option<String>,
    pub within: Duration,
}

impl ExpectedTrigger {
    pub fn matches(&self, trigger: &Trigger) -> bool {
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

    /// Returns a description for the error. It contains only the text of the script.
    pub fn describe(&self) -> String {
        match &self.contains {
            Some(text) => format!("{} with {text:?}", self.kind),
            None => self.kind.to_owned(),
        }
    }
}

impl CustomerScript {
    /// Parses a script. The error contains the number of the step, counted from 1.
    pub fn parse(json: &[u8]) -> Result<CustomerScript, String> {
        let file = JsonObject::parse_as("a customer", json)?;
        file.allow_only(&["about", "department", "name", "steps"])?;
        if file
            .get("about")
            .is_some_and(|about| json_string(about).is_none())
        {
            return Err("about: expected a text".to_owned());
        }
        let department_id = match file.get("department").map(RawValue::get) {
            None => "1".to_owned(),
            Some(id) if id.parse::<u64>().is_ok() => id.to_owned(),
            Some(_) => return Err("department: expected an id, a whole number".to_owned()),
        };
        let name = match file.get("name").map(json_string) {
            None => None,
            Some(name) => Some(name.ok_or("name: expected a text")?),
        };
        let error = "steps: expected an array of at least one step";
        let steps: Vec<&RawValue> = file
            .get("steps")
            .and_then(|steps| serde_json::from_str(steps.get()).ok())
            .ok_or(error)?;
        let mut read = Vec::new();
        for (at, step) in steps.into_iter().enumerate() {
            read.push(
                CustomerStep::parse(step).map_err(|error| format!("step {}: {error}", at + 1))?,
            );
        }
        if read.is_empty() {
            return Err(error.to_owned());
        }
        Ok(CustomerScript {
            department_id,
            name,
            steps: read,
        })
    }
}

impl CustomerStep {
    fn parse(json: &RawValue) -> Result<CustomerStep, String> {
        let forms = "expected typing, cleared, finish, or an object with say, hear or wait";
        if let Some(word) = json_string(json) {
            return match word.as_str() {
                "typing" => Ok(CustomerStep::SendSignal(RequestKind::Typing)),
                "cleared" => Ok(CustomerStep::SendSignal(RequestKind::Cleared)),
                "finish" => Ok(CustomerStep::SendSignal(RequestKind::Finish)),
                _ => Err(format!("{word:?} is unknown; {forms}")),
            };
        }
        if !json.get().starts_with('{') {
            return Err(forms.to_owned());
        }
        let step = JsonObject::parse_as("a step", json.get().as_bytes())?;
        if let Some(value) = step.get("wait") {
            step.allow_only(&["wait"])?;
            parse_milliseconds("wait", value).map(CustomerStep::Wait)
        } else if step.get("say").is_some() {
            step.allow_only(&["say", "type", "url"])?;
            parse_message_step(&step).map(CustomerStep::SendMessage)
        } else if step.get("hear").is_some() {
            step.allow_only(&["hear", "contains", "within"])?;
            parse_expectation(&step).map(CustomerStep::ExpectTrigger)
        } else {
            Err(forms.to_owned())
        }
    }
}

fn parse_message_step(step: &JsonObject) -> Result<Message, String> {
    let content = step.text("say").ok_or("say: expected a text")?;
    let kind = match step.get("type") {
        None => MessageKind::Text,
        Some(name) => json_string(name)
            .and_then(|name| MessageKind::from_name(&name))
            .ok_or_else(|| {
                let names = MessageKind::NAMES.map(|(name, _)| name).join(", ");
                format!("type: expected one of {names}")
            })?,
    };
    let url = step.text("url");
    if (kind == MessageKind::Text) != step.get("url").is_none()
        || step.get("url").is_some() != url.is_some()
    {
        return Err(
            "url: required with image, video, audio and file, and not allowed with text".to_owned(),
        );
    }
    if kind == MessageKind::Text && content.is_empty() {
        return Err("say: expected a text that is not empty".to_owned());
    }
    Ok(Message { kind, content, url })
}

fn parse_expectation(step: &JsonObject) -> Result<ExpectedTrigger, String> {
    let word = step.text("hear").unwrap_or_default();
    let kind = match word.as_str() {
        "message" => Some("message"),
        "finished" => None,
        word => canonical_name(word),
    };
    let kind = kind.ok_or(
        "hear: expected one of accepted, unavailable, typing, cleared, finish, queued, transferred, message",
    )?;
    let contains = match step.get("contains").map(json_string) {
        None => None,
        Some(Some(text)) if kind == "message" => Some(text.to_lowercase()),
        Some(_) => {
            return Err("contains: expected a text, and allowed with message only".to_owned());
        }
    };
    let within = match step.get("within") {
        None => DEFAULT_EXPECT_TIMEOUT,
        Some(value) => parse_milliseconds("within", value)?,
    };
    Ok(ExpectedTrigger {
        kind,
        contains,
        within,
    })
}

fn parse_milliseconds(field: &str, value: &RawValue) -> Result<Duration, String> {
    match value.get().parse::<u64>() {
        Ok(milliseconds) if milliseconds <= MAX_WAIT_MS => Ok(Duration::from_millis(milliseconds)),
        _ => Err(format!(
            "{field}: expected milliseconds from 0 to {MAX_WAIT_MS}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complete_script_is_parsed() {
        let json = r#"{"about":"a test","department":2,"name":"J","steps":[
            {"hear":"accepted"},{"say":"oi"},"typing",{"hear":"message","contains":"OI","within":500},
            {"say":"","type":"image","url":"https://a/b.png"},{"wait":5},"finish"]}"#;
        let script = CustomerScript::parse(json.as_bytes()).unwrap();
        assert_eq!(
            (script.department_id.as_str(), script.name.as_deref()),
            ("2", Some("J"))
        );
        assert_eq!(script.steps.len(), 7);
        assert_eq!(
            script.steps[1],
            CustomerStep::SendMessage(Message::text("oi"))
        );
        let CustomerStep::ExpectTrigger(expected) = &script.steps[3] else {
            panic!("{:?}", script.steps[3]);
        };
        assert!(expected.matches(&Trigger::Message(Message::text("Oi, João"))));
        assert!(!expected.matches(&Trigger::Message(Message::text("olá"))));
        assert!(!expected.matches(&Trigger::Status("accepted")));
        assert_eq!(expected.describe(), "message with \"oi\"");
    }

    #[test]
    fn an_error_contains_the_step() {
        let steps = |steps: &str| format!(r#"{{"steps":[{steps}]}}"#);
        let forms = "expected typing, cleared, finish, or an object with say, hear or wait";
        let url = "url: required with image, video, audio and file, and not allowed with text";
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
                "step 1: contains: expected a text, and allowed with message only".to_owned(),
            ),
            (steps(r#"{"wait":-1}"#), "step 1: wait: expected milliseconds from 0 to 3600000".to_owned()),
        ];
        for (json, expected) in cases {
            assert_eq!(
                CustomerScript::parse(json.as_bytes()),
                Err(expected),
                "{json}"
            );
        }
    }
}
