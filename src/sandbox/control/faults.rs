//! Faults on demand: the next requests of a kind are answered otherwise than they deserve, or not at all. On paths that
//! the real service does not have:
//!
//! - `PUT /sandbox/faults` with an array of faults, in the place of those that were there. A fault is
//!   `{"status": 503}` or `{"hangUp": true}`. Beside them, `"on"` is the kind of request, as the transcript has it, any
//!   where it is left out; `"retryAfter"` the seconds of that header; `"times"` how many requests meet it, 1 where it is
//!   left out; and with `"taken": true` the service takes the request all the same, and only its answer is wrong or lost.
//! - `GET /sandbox/faults`: how many are left of each.
//! - `DELETE /sandbox/faults`: takes them away, as a reset does.

use crate::sandbox::customers::customer_action::Rejection;
use crate::sandbox::dialects::request_fields::{Fields, refuse};
use crate::sandbox::http::responses::{Answers, HttpAnswer, json, refusal};
use crate::sandbox::json_object::Object;
use crate::sandbox::state::state::Service;
use hyper::header::{HeaderValue, RETRY_AFTER};
use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;

pub(crate) const FAULTS: &str = "/sandbox/faults";

const KINDS: [&str; 13] = [
    "start",
    "message",
    "typing",
    "cleared",
    "finish",
    "update",
    "departments",
    "agentsOnline",
    "offContact",
    "whatsApp",
    "accept",
    "transfer",
    "any",
];

/// What goes wrong, and with which requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Fault {
    on: &'static str,
    /// Hangs up where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    /// Whether the request is taken all the same.
    pub taken: bool,
    times: u64,
}

impl Fault {
    fn read(json: &RawValue) -> Result<Fault, Rejection> {
        let object = Object::read_as("a fault", json.get().as_bytes()).map_err(refuse)?;
        let fields = Fields::of(&object);
        fields.only(
            "a fault",
            &["on", "status", "hangUp", "retryAfter", "times", "taken"],
        )?;
        let number = |field: &str| -> Result<Option<u64>, Rejection> {
            let digits = fields.optional_number(field)?;
            // The field's reader has seen that they fit.
            Ok(digits.and_then(|digits| digits.parse().ok()))
        };
        let flag = |field: &str| match object.get(field).map(RawValue::get) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(refuse(format!("{field}: expected true or false"))),
        };
        let status = match (number("status")?, flag("hangUp")?) {
            (None, true) => None,
            (Some(status @ 200..=599), false) => u16::try_from(status).ok(),
            _ => {
                return Err(refuse(
                    "expected either a status from 200 to 599 or hangUp: true",
                ));
            }
        };
        Ok(Fault {
            on: fields.optional_word("on", &KINDS)?.unwrap_or("any"),
            status,
            retry_after: number("retryAfter")?,
            taken: flag("taken")?,
            times: number("times")?.unwrap_or(1),
        })
    }

    /// What it does, for the transcript.
    pub fn told(&self) -> String {
        let taken = if self.taken { "taken" } else { "not taken" };
        match self.status {
            Some(status) => format!("a fault: {taken}, and answered {status}"),
            None => format!("a fault: {taken}, and hung up on"),
        }
    }

    /// None hangs up.
    pub fn answer(&self, answers: Answers) -> Option<HttpAnswer> {
        let mut answer = answers.say(self.status?, "a fault, as the sandbox was asked for");
        if let Some(seconds) = self.retry_after {
            answer
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        Some(answer)
    }
}

/// The faults that wait for their requests; the first that fits is met.
#[derive(Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    /// The fault that a request of this kind meets.
    pub fn meet(&mut self, kind: Option<&str>) -> Option<Fault> {
        let fits = |fault: &Fault| fault.on == "any" || Some(fault.on) == kind;
        let place = self
            .0
            .iter()
            .position(|fault| fault.times > 0 && fits(fault))?;
        let fault = self.0.get_mut(place)?;
        fault.times -= 1;
        Some(fault.clone())
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }
}

pub(crate) fn set(service: &Service, body: &[u8]) -> HttpAnswer {
    let faults = serde_json::from_slice::<Vec<&RawValue>>(body)
        .map_err(|_| refuse("expected an array of faults"))
        .and_then(|faults| {
            let read = faults.into_iter().enumerate().map(|(at, fault)| {
                Fault::read(fault)
                    .map_err(|rejection| refuse(format!("fault {}: {}", at + 1, rejection.message)))
            });
            read.collect::<Result<Vec<_>, Rejection>>()
        });
    match faults {
        Ok(faults) => {
            service.desk().faults = Faults(faults);
            show(service)
        }
        Err(rejection) => refusal(rejection.status, &rejection.message),
    }
}

pub(crate) fn show(service: &Service) -> HttpAnswer {
    json(200, &service.desk().faults.0)
}

pub(crate) fn take_away(service: &Service) -> HttpAnswer {
    service.desk().faults.clear();
    json(200, &json!([]))
}
