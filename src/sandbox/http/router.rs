//! The service's doors: which dialect a path belongs to, what every dialect asks of a request's method, type and body,
//! and the transcript's entry for whatever came.

use crate::sandbox::agents::external_bot;
use crate::sandbox::customers::customer_action::Rejection;
use crate::sandbox::dialects::Dialect;
use crate::sandbox::dialects::interactions;
use crate::sandbox::dialects::request_fields::Fields;
use crate::sandbox::dialects::{gateway, rest};
use crate::sandbox::http::responses::{Answers, HttpAnswer};
use crate::sandbox::http::server::{BODY_BYTES, Body, Query};
use crate::sandbox::json_object::{NotAnObject, Object};
use crate::sandbox::state::state::{SandboxState, Service};
use crate::sandbox::state::transcript::Request;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::{Method, StatusCode};
use serde_json::Value;
use std::sync::Arc;

/// Where a request goes.
enum Place<'a> {
    Rest,
    Gateway,
    Interactions(interactions::Place<'a>),
    Bot(external_bot::Place<'a>),
}

impl Place<'_> {
    fn at(path: &str) -> Option<Place<'_>> {
        match path {
            rest::PATH => Some(Place::Rest),
            gateway::PATH => Some(Place::Gateway),
            _ => interactions::Place::at(path)
                .map(Place::Interactions)
                .or_else(|| external_bot::Place::at(path).map(Place::Bot)),
        }
    }

    fn dialect(&self) -> &'static str {
        match self {
            Place::Rest => Dialect::Rest.name(),
            Place::Gateway => Dialect::Gateway.name(),
            Place::Interactions(_) => Dialect::Interactions.name(),
            Place::Bot(_) => external_bot::NAME,
        }
    }

    /// The one method that is taken here.
    fn method(&self) -> Method {
        match self {
            Place::Rest | Place::Gateway => Method::POST,
            Place::Interactions(place) => place.method(),
            Place::Bot(place) => place.method(),
        }
    }
}

/// A request as it came, with its body or its query read as an object.
pub(crate) struct Asked {
    object: Result<Object, NotAnObject>,
}

impl Asked {
    pub fn fields(&self) -> Result<Fields<'_>, Rejection> {
        self.object.as_ref().map(Fields::of).map_err(no_object)
    }
}

/// What a request is about, as far as it could be read; for the transcript.
#[derive(Default)]
pub(crate) struct Subject {
    pub kind: Option<&'static str>,
    pub client_id: Option<String>,
    pub hash: Option<String>,
}

pub(crate) enum Accepted {
    /// Answered in the form that was chosen for the answers.
    Word(String),
    /// An answer that carries something, which is JSON always.
    Data(Value),
}

/// Answers a request to the service, and writes it into the transcript; none where a fault hangs up. `path` may be any
/// that is not the sandbox's own.
pub(crate) fn answer(
    service: &Arc<Service>,
    path: &str,
    method: &Method,
    headers: &HeaderMap,
    query: &Query,
    body: &Body,
) -> Option<HttpAnswer> {
    let place = Place::at(path);
    let by_query = place
        .as_ref()
        .is_some_and(|place| place.method() == Method::GET);
    let object = match body {
        _ if by_query => Object::of_query(query.pairs()),
        Body::Whole(bytes) => Object::read(bytes),
        Body::TooLarge => Err(NotAnObject::OtherJson),
    };
    let asked = Asked { object };
    let mut subject = Subject {
        client_id: asked
            .object
            .as_ref()
            .ok()
            .and_then(|object| object.text("clientId")),
        ..Subject::default()
    };
    let mut desk = service.desk();
    let (error, answer) = match check_transfer(place.as_ref(), method, headers, body) {
        Ok(place) => answer_at(place, service, &mut desk, &asked, &mut subject),
        Err(rejection) => {
            let answer = service.answers.say(rejection.status, &rejection.message);
            (Some(rejection.message), Some(answer))
        }
    };
    desk.transcript.request(Request {
        dialect: place.as_ref().map(|place| place.dialect()),
        kind: subject.kind,
        client_id: subject.client_id,
        interaction_hash: subject.hash,
        body: asked.object.ok().and_then(|object| object.redacted()),
        status: answer.as_ref().map(|answer| answer.status().as_u16()),
        error,
    });
    drop(desk);
    answer.map(|answer| with_allow(answer, place.as_ref()))
}

/// What was wrong, and the answer; none where a fault hangs up.
fn answer_at(
    place: &Place,
    service: &Arc<Service>,
    desk: &mut SandboxState,
    asked: &Asked,
    subject: &mut Subject,
) -> (Option<String>, Option<HttpAnswer>) {
    subject.kind = place.kind(asked);
    let fault = desk.faults.meet(subject.kind);
    if let Some(fault) = fault.as_ref().filter(|fault| !fault.taken) {
        return (Some(fault.told()), fault.answer(service.answers));
    }
    let verdict = place.take(service, desk, asked, subject);
    let answer = match &verdict {
        Ok(Accepted::Word(message)) => service.answers.say(200, message),
        Ok(Accepted::Data(data)) => crate::sandbox::http::responses::json(200, data),
        Err(rejection) => place.refuse(service.answers, rejection),
    };
    match (verdict, fault) {
        (Ok(_), Some(fault)) => (Some(fault.told()), fault.answer(service.answers)),
        (verdict, _) => (
            verdict.err().map(|rejection| rejection.message),
            Some(answer),
        ),
    }
}

impl Place<'_> {
    fn kind(&self, asked: &Asked) -> Option<&'static str> {
        match self {
            Place::Rest => rest::kind(&asked.fields().ok()?),
            Place::Gateway => gateway::kind(&asked.fields().ok()?),
            Place::Interactions(place) => Some(place.kind()),
            Place::Bot(place) => Some(place.kind()),
        }
    }

    fn take(
        &self,
        service: &Arc<Service>,
        desk: &mut SandboxState,
        asked: &Asked,
        subject: &mut Subject,
    ) -> Result<Accepted, Rejection> {
        match self {
            Place::Rest => rest::answer(service, desk, asked),
            Place::Gateway => gateway::answer(service, desk, asked, subject),
            Place::Interactions(place) => {
                interactions::answer(service, desk, place, asked, subject)
            }
            Place::Bot(place) => external_bot::answer(service, desk, place, asked, subject),
        }
    }

    fn refuse(&self, answers: Answers, rejection: &Rejection) -> HttpAnswer {
        match (self, answers) {
            // What is no JSON was not understood by anyone who could answer otherwise.
            _ if rejection.status == 400 => answers.say(400, &rejection.message),
            (Place::Interactions(place), Answers::Json) if place.hides_refusals() => {
                Answers::SuccessFalse.refuse(rejection)
            }
            _ => answers.refuse(rejection),
        }
    }
}

fn with_allow(mut answer: HttpAnswer, place: Option<&Place>) -> HttpAnswer {
    if let (StatusCode::METHOD_NOT_ALLOWED, Some(place)) = (answer.status(), place)
        && let Ok(allow) = HeaderValue::from_str(place.method().as_str())
    {
        answer.headers_mut().insert(ALLOW, allow);
    }
    answer
}

fn check_transfer<'a>(
    place: Option<&'a Place<'a>>,
    method: &Method,
    headers: &HeaderMap,
    body: &Body,
) -> Result<&'a Place<'a>, Rejection> {
    let Some(place) = place else {
        return Err(Rejection::new(
            404,
            format!(
                "there is nothing at this path; expected {}, {}, or one of /core/api/v1 or /api/external",
                rest::PATH,
                gateway::PATH
            ),
        ));
    };
    let taken = place.method();
    if *method != taken {
        return Err(Rejection::new(
            405,
            format!("method {method} is not taken; expected {taken}"),
        ));
    }
    if taken == Method::GET {
        return Ok(place);
    }
    if !headers.get(CONTENT_TYPE).is_some_and(is_json) {
        return Err(Rejection::new(
            415,
            "Content-Type is missing or another; expected application/json in UTF-8",
        ));
    }
    match body {
        Body::Whole(_) => Ok(place),
        Body::TooLarge => Err(Rejection::new(
            413,
            format!("the body is larger than {BODY_BYTES} bytes"),
        )),
    }
}

/// `application/json`, alone or with `charset=utf-8`.
fn is_json(content_type: &HeaderValue) -> bool {
    let Ok(text) = content_type.to_str() else {
        return false;
    };
    let mut parts = text.split(';').map(str::trim);
    parts
        .next()
        .is_some_and(|media| media.eq_ignore_ascii_case("application/json"))
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, value)) => {
                name.eq_ignore_ascii_case("charset")
                    && value.trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            None => false,
        })
}

fn no_object(error: &NotAnObject) -> Rejection {
    match error {
        NotAnObject::NotJson(why) => Rejection::new(400, format!("the body is no JSON: {why}")),
        NotAnObject::OtherJson => Rejection::new(
            422,
            "the body is JSON, but no object; expected a JSON object",
        ),
        NotAnObject::RepeatedField(name) => {
            let shown: String = name.chars().take(40).collect();
            Rejection::new(422, format!("field {shown:?} is there twice"))
        }
    }
}

impl SandboxState {
    /// The number of the token that a request of `rest` or `gateway` carries.
    pub fn token_of(&self, fields: &Fields) -> Result<usize, Rejection> {
        self.portal.number(&fields.text("token")?).ok_or_else(|| {
            Rejection::new(
                401,
                "the token is unknown; expected one that the portal generated",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_told_from_other_content_types() {
        for good in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/json;charset=\"utf-8\"",
        ] {
            assert!(is_json(&HeaderValue::from_static(good)), "{good}");
        }
        for bad in [
            "text/json",
            "application/json; charset=latin1",
            "application/json; x",
            "application/json-patch",
        ] {
            assert!(!is_json(&HeaderValue::from_static(bad)), "{bad}");
        }
    }
}
