//! Faults: error responses and closed connections that a test orders for the next requests.

use crate::sandbox::json::field_reader::FieldReader;
use crate::sandbox::json::json_object::JsonObject;
use crate::sandbox::json::rejection::Rejection;
use serde::Serialize;
use serde_json::value::RawValue;

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

/// A fault, and the requests that it applies to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Fault {
    on: &'static str,
    /// If absent, the sandbox closes the connection without a response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// Whether the service executes the request, so that only its response is wrong or lost.
    pub taken: bool,
    times: u64,
}

impl Fault {
    pub fn parse(json: &RawValue) -> Result<Fault, Rejection> {
        let object = JsonObject::parse_as("a fault", json.get().as_bytes())
            .map_err(Rejection::unprocessable)?;
        let fields = FieldReader::new(&object);
        fields.allow_only(
            "a fault",
            &["on", "status", "hangUp", "retryAfter", "times", "taken"],
        )?;
        let number = |field: &str| -> Result<Option<u64>, Rejection> {
            let digits = fields.optional_number(field)?;
            // The field reader has checked that the digits are a `u64`.
            Ok(digits.and_then(|digits| digits.parse().ok()))
        };
        let flag = |field: &str| match object.get(field).map(RawValue::get) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Rejection::unprocessable(format!(
                "{field}: expected true or false"
            ))),
        };
        let status = match (number("status")?, flag("hangUp")?) {
            (None, true) => None,
            (Some(status @ 200..=599), false) => u16::try_from(status).ok(),
            _ => {
                return Err(Rejection::unprocessable(
                    "expected either a status from 200 to 599 or hangUp: true",
                ));
            }
        };
        Ok(Fault {
            on: fields.optional_choice("on", &KINDS)?.unwrap_or("any"),
            status,
            retry_after: number("retryAfter")?,
            taken: flag("taken")?,
            times: number("times")?.unwrap_or(1),
        })
    }

    /// Returns the text for the transcript.
    pub fn description(&self) -> String {
        let taken = if self.taken {
            "accepted"
        } else {
            "not accepted"
        };
        match self.status {
            Some(status) => format!("fault: the request was {taken}; the response was {status}"),
            None => format!("fault: the request was {taken}; the connection was closed"),
        }
    }
}

/// The remaining faults. The first that applies to a request is used.
#[derive(Default)]
pub(crate) struct FaultList(Vec<Fault>);

impl FaultList {
    pub fn new(faults: Vec<Fault>) -> FaultList {
        FaultList(faults)
    }

    pub fn faults(&self) -> &[Fault] {
        &self.0
    }

    /// Returns the fault for a request of this kind, and counts its use.
    pub fn take_matching(&mut self, kind: Option<&str>) -> Option<Fault> {
        let applies = |fault: &Fault| fault.on == "any" || Some(fault.on) == kind;
        let fault = self
            .0
            .iter_mut()
            .find(|fault| fault.times > 0 && applies(fault))?;
        fault.times -= 1;
        Some(fault.clone())
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }
}
