//! What a scripted agent does. The built-in agents are scenarios too; others are written as JSON files:
//!
//! ```json
//! {
//!   "about": "any text",
//!   "rules": [
//!     { "on": "start", "steps": [ "accepted", { "message": "Hello, {customerName}!" } ] },
//!     { "on": "message", "contains": "bye", "steps": [ { "message": "Bye!" }, "finish" ] },
//!     { "on": "message", "steps": [ "typing", { "wait": 300 }, "cleared", { "message": "You said {content}" } ] }
//!   ]
//! }
//! ```
//!
//! - `on` is the request that the rule is for: `start`, `message`, `typing`, `cleared` or `finish`. The first rule that
//!   matches is played; with none, the agent does nothing. `contains`, on messages only, asks for a text within the
//!   message, in capitals or not.
//! - A step is `"accepted"`, `"unavailable"`, `"typing"`, `"cleared"` or `"finish"`, or an object:
//!   - `{ "wait": MILLISECONDS }`
//!   - `{ "message": TEXT }`
//!   - `{ "raw": OBJECT }` posts that JSON object, `{ "raw": TEXT }` those bytes, `{ "hex": "7B7D" }` the bytes that no
//!     text can hold. `"contentType"` beside them is sent as the Content-Type, `null` sends none.
//! - `{content}` (the message's text), `{clientId}` and `{customerName}` (empty when not given) are filled in within
//!   `message` and `raw`.
//!
//! The steps of one interaction are played in order and never overlap. When the customer finishes, what the agent was
//! about to do is dropped, and only a rule on `finish` is played. When the agent finishes or is unavailable, the rule at
//! hand is played to its end, and after it only a rule on `finish`. A new start drops whatever is left.

use super::object::{NotAnObject, Object, text_of};
use super::request::Act;
use super::template;
use hyper::body::Bytes;
use hyper::header::HeaderValue;
use serde_json::value::RawValue;
use std::time::Duration;

/// A scripted agent.
#[derive(Debug)]
pub(crate) struct Scenario {
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    on: Act,
    /// In lower case.
    contains: Option<String>,
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Wait(Duration),
    Status(&'static str),
    Message(String),
    Raw {
        body: Raw,
        content_type: Option<HeaderValue>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Raw {
    Object(String),
    Text(String),
    Bytes(Bytes),
}

pub(crate) const STATUSES: [&str; 5] = ["accepted", "unavailable", "typing", "cleared", "finish"];
const LONGEST_WAIT_MS: u64 = 3_600_000;

impl Scenario {
    pub fn echo() -> Scenario {
        let answer = vec![
            Step::Status("typing"),
            Step::Status("cleared"),
            Step::Message("{content}".to_owned()),
        ];
        Scenario {
            rules: vec![
                Rule::plain(Act::Start, vec![Step::Status("accepted")]),
                Rule::plain(Act::Message, answer),
            ],
        }
    }

    pub fn silent() -> Scenario {
        Scenario {
            rules: vec![Rule::plain(Act::Start, vec![Step::Status("accepted")])],
        }
    }

    pub fn unavailable() -> Scenario {
        Scenario {
            rules: vec![Rule::plain(Act::Start, vec![Step::Status("unavailable")])],
        }
    }

    /// Reads a scenario file's text. The error says which rule and which step, counted from 1.
    pub fn read(json: &[u8]) -> Result<Scenario, String> {
        let file = object(json, "a scenario")?;
        only(&file, &["about", "rules"])?;
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
        let scenario = Scenario { rules: read };
        match scenario.hidden_rule() {
            Some((hidden, by)) => Err(format!(
                "rule {hidden} is never played: rule {by} comes first and takes all of it"
            )),
            None => Ok(scenario),
        }
    }

    /// The steps for a request; `content` is looked at for messages only.
    pub fn steps(&self, on: Act, content: &str) -> &[Step] {
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
    fn plain(on: Act, steps: Vec<Step>) -> Rule {
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
        let rule = object(json.get().as_bytes(), "a rule").map_err(colon)?;
        only(&rule, &["on", "contains", "steps"]).map_err(colon)?;
        let names = Act::NAMES.map(|(name, _)| name).join(", ");
        let on = rule
            .text("on")
            .ok_or_else(|| format!(": on is missing or no text; expected one of {names}"))?;
        let on = Act::NAMES
            .iter()
            .find(|(name, _)| *name == on)
            .map(|(_, act)| *act)
            .ok_or_else(|| format!(": on {on:?} is unknown; expected one of {names}"))?;
        let contains = match rule.get("contains").map(text_of) {
            None => None,
            Some(_) if on != Act::Message => {
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

impl Step {
    fn read(json: &RawValue, on: Act) -> Result<Step, String> {
        let forms = format!(
            "expected one of {}, or an object with wait, message, raw or hex",
            STATUSES.join(", ")
        );
        if let Some(name) = text_of(json) {
            let status = STATUSES.into_iter().find(|status| *status == name);
            return status
                .map(Step::Status)
                .ok_or_else(|| format!("{name:?} is unknown; {forms}"));
        }
        if !json.get().starts_with('{') {
            return Err(forms);
        }
        let step = object(json.get().as_bytes(), "a step")?;
        let Some(form) = step.names().find(|name| *name != "contentType") else {
            return Err(forms);
        };
        // Known before it is used: every arm but the last is one of the four forms.
        let value = step.get(form).ok_or_else(|| forms.clone())?;
        let body = match form {
            "wait" => {
                only(&step, &["wait"])?;
                return wait(value);
            }
            "message" => {
                only(&step, &["message"])?;
                return message(value, on);
            }
            "raw" => raw(value)?,
            "hex" => Raw::Bytes(hex(value)?),
            _ => return Err(format!("{form:?} is unknown; {forms}")),
        };
        only(&step, &[form, "contentType"])?;
        Ok(Step::Raw {
            body,
            content_type: content_type(step.get("contentType"))?,
        })
    }
}

fn wait(value: &RawValue) -> Result<Step, String> {
    match value.get().parse::<u64>() {
        Ok(milliseconds) if milliseconds <= LONGEST_WAIT_MS => {
            Ok(Step::Wait(Duration::from_millis(milliseconds)))
        }
        _ => Err(format!(
            "wait: expected milliseconds from 0 to {LONGEST_WAIT_MS}"
        )),
    }
}

fn message(value: &RawValue, on: Act) -> Result<Step, String> {
    let text = text_of(value).ok_or("message: expected a text")?;
    for name in template::names(&text) {
        if !template::PLACEHOLDERS.contains(&name) {
            let known = template::PLACEHOLDERS
                .map(|name| format!("{{{name}}}"))
                .join(", ");
            return Err(format!(
                "message: {{{name}}} is unknown; expected one of {known}"
            ));
        }
        if name == "content" && on != Act::Message {
            return Err(format!(
                "message: {{content}} is a message's text; a {} has none",
                on.name()
            ));
        }
    }
    Ok(Step::Message(text))
}

fn raw(value: &RawValue) -> Result<Raw, String> {
    match text_of(value) {
        Some(text) => Ok(Raw::Text(text)),
        None if value.get().starts_with('{') => Ok(Raw::Object(value.get().to_owned())),
        None => Err("raw: expected an object, or a text of literal bytes".to_owned()),
    }
}

fn hex(value: &RawValue) -> Result<Bytes, String> {
    let wrong = || "hex: expected pairs of hexadecimal digits".to_owned();
    let digits: Vec<u8> = text_of(value)
        .ok_or_else(wrong)?
        .bytes()
        .filter(|byte| *byte != b' ')
        .collect();
    let nibble = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(nibble(*high)? << 4 | nibble(*low)?),
            _ => None,
        })
        .collect::<Option<Vec<u8>>>()
        .map(Bytes::from)
        .ok_or_else(wrong)
}

fn content_type(value: Option<&RawValue>) -> Result<Option<HeaderValue>, String> {
    match value {
        None => Ok(Some(HeaderValue::from_static("application/json"))),
        Some(value) if value.get() == "null" => Ok(None),
        Some(value) => text_of(value)
            .and_then(|text| HeaderValue::from_str(&text).ok())
            .map(Some)
            .ok_or_else(|| "contentType: expected the value of a header, or null".to_owned()),
    }
}

fn object(json: &[u8], what: &str) -> Result<Object, String> {
    Object::read(json).map_err(|error| match error {
        NotAnObject::NotJson(why) => format!("no JSON: {why}"),
        NotAnObject::OtherJson => format!("expected an object that is {what}"),
        NotAnObject::RepeatedField(name) => format!("{name:?} is there twice"),
    })
}

fn only(object: &Object, fields: &[&str]) -> Result<(), String> {
    match object.names().find(|name| !fields.contains(name)) {
        Some(name) => Err(format!(
            "field {name:?} is unknown here; expected {}",
            fields.join(", ")
        )),
        None => Ok(()),
    }
}

fn array<'a>(value: &'a RawValue, wrong: &str) -> Result<Vec<&'a RawValue>, String> {
    serde_json::from_str(value.get()).map_err(|_| wrong.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(json: &str) -> String {
        Scenario::read(json.as_bytes()).unwrap_err()
    }

    /// The error of a step of the second rule, in second place.
    fn step_error(on: &str, step: &str) -> String {
        let json = format!(
            r#"{{"rules":[{{"on":"cleared","steps":[]}},{{"on":"{on}","steps":["typing",{step}]}}]}}"#
        );
        let error = error(&json);
        error
            .strip_prefix("rule 2, step 2: ")
            .unwrap_or_else(|| panic!("no place in: {error}"))
            .to_owned()
    }

    #[test]
    fn the_first_rule_that_matches_is_played() {
        let json = r#"{"about":"a test","rules":[
            {"on":"message","contains":"TCHAU","steps":["finish"]},
            {"on":"message","steps":[{"wait":5},{"message":"{content}"}]}]}"#;
        let scenario = Scenario::read(json.as_bytes()).unwrap();
        assert_eq!(
            scenario.steps(Act::Message, "então tchau!"),
            [Step::Status("finish")]
        );
        let other = [
            Step::Wait(Duration::from_millis(5)),
            Step::Message("{content}".to_owned()),
        ];
        assert_eq!(scenario.steps(Act::Message, "oi"), other);
        assert!(scenario.steps(Act::Start, "tchau").is_empty());
    }

    #[test]
    fn raw_steps_keep_their_bytes() {
        let json = r#"{"rules":[{"on":"start","steps":[
            {"raw":{"status":"queued", "position":1.0,"clientId":"{clientId}"}},
            {"raw":"{}","contentType":null},
            {"hex":"7B ff","contentType":"text/plain"}]}]}"#;
        let json_type = Some(HeaderValue::from_static("application/json"));
        let object = r#"{"status":"queued", "position":1.0,"clientId":"{clientId}"}"#.to_owned();
        assert_eq!(
            Scenario::read(json.as_bytes())
                .unwrap()
                .steps(Act::Start, ""),
            [
                Step::Raw {
                    body: Raw::Object(object),
                    content_type: json_type
                },
                Step::Raw {
                    body: Raw::Text("{}".to_owned()),
                    content_type: None
                },
                Step::Raw {
                    body: Raw::Bytes(Bytes::from_static(b"{\xff")),
                    content_type: Some(HeaderValue::from_static("text/plain")),
                },
            ]
        );
    }

    #[test]
    fn an_error_in_a_rule_says_which_one() {
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
                "field \"rule\" is unknown here; expected about, rules".to_owned(),
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

    #[test]
    fn an_error_in_a_step_says_which_one() {
        let forms = "expected one of accepted, unavailable, typing, cleared, finish, or an object with wait, message, raw or hex";
        let cases = [
            (r#""typping""#, format!("\"typping\" is unknown; {forms}")),
            ("5", forms.to_owned()),
            ("{}", forms.to_owned()),
            (r#"{"pause":5}"#, format!("\"pause\" is unknown; {forms}")),
            (r#"{"wait":-1}"#, "wait: expected milliseconds from 0 to 3600000".to_owned()),
            (r#"{"wait":"5"}"#, "wait: expected milliseconds from 0 to 3600000".to_owned()),
            (r#"{"wait":5,"message":"a"}"#, "field \"message\" is unknown here; expected wait".to_owned()),
            (r#"{"message":5}"#, "message: expected a text".to_owned()),
            (
                r#"{"message":"{costumerName}"}"#,
                "message: {costumerName} is unknown; expected one of {content}, {clientId}, {customerName}".to_owned(),
            ),
            (r#"{"raw":5}"#, "raw: expected an object, or a text of literal bytes".to_owned()),
            (r#"{"hex":"7"}"#, "hex: expected pairs of hexadecimal digits".to_owned()),
            (r#"{"hex":"zz"}"#, "hex: expected pairs of hexadecimal digits".to_owned()),
            (r#"{"raw":{},"contentType":"a\nb"}"#, "contentType: expected the value of a header, or null".to_owned()),
        ];
        for (step, expected) in cases {
            assert_eq!(step_error("message", step), expected, "{step}");
        }
        let no_text = "message: {content} is a message's text; a start has none";
        assert_eq!(step_error("start", r#"{"message":"{content}"}"#), no_text);
    }
}
