//! The REST side of the service: `POST /api/rest/v1`. Reads strictly, keeps the interactions' states, gives the agents
//! their cues.

use super::agent::{Cue, play};
use super::answer::HttpAnswer;
use super::interaction::{Ending, Interaction, Key, State, admit};
use super::object::{NotAnObject, Object};
use super::request::{Act, Rejection, Request, required};
use super::server::{BODY_BYTES, Body};
use super::service::{Desk, Service};
use hyper::Method;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderMap, HeaderValue};
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

pub(crate) const PATH: &str = "/api/rest/v1";

/// Answers a request to the service, and writes it into the transcript. `path` may be any that is not the sandbox's own.
pub(crate) fn answer(
    service: &Arc<Service>,
    path: &str,
    method: &Method,
    headers: &HeaderMap,
    body: &Body,
) -> HttpAnswer {
    let object = match body {
        Body::Whole(bytes) => Object::read(bytes),
        Body::TooLarge => Err(NotAnObject::OtherJson),
    };
    let mut desk = service.desk();
    let verdict = check_transfer(path, method, headers, body).and_then(|()| match &object {
        Ok(object) => take(service, &mut desk, object),
        Err(error) => Err(no_object(error)),
    });
    let (status, message, error) = match verdict {
        Ok(act) => (200, format!("{} accepted", act.name()), None),
        Err(rejection) => (
            rejection.status,
            rejection.message.clone(),
            Some(rejection.message),
        ),
    };
    let object = object.ok();
    let client_id = object.as_ref().and_then(|object| object.text("clientId"));
    desk.transcript.request(
        client_id,
        object.and_then(|object| object.redacted()),
        status,
        error,
    );
    drop(desk);
    let mut answer = service.answers.say(status, &message);
    if status == 405 {
        answer
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("POST"));
    }
    answer
}

fn check_transfer(
    path: &str,
    method: &Method,
    headers: &HeaderMap,
    body: &Body,
) -> Result<(), Rejection> {
    if path != PATH {
        return Err(Rejection::new(
            404,
            format!("there is nothing at this path; expected {PATH}"),
        ));
    }
    if method != Method::POST {
        return Err(Rejection::new(
            405,
            format!("method {method} is not taken; expected POST"),
        ));
    }
    if !headers.get(CONTENT_TYPE).is_some_and(is_json) {
        return Err(Rejection::new(
            415,
            "Content-Type is missing or another; expected application/json in UTF-8",
        ));
    }
    match body {
        Body::Whole(_) => Ok(()),
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

fn take(service: &Arc<Service>, desk: &mut Desk, object: &Object) -> Result<Act, Rejection> {
    let token = required(object, "token")?;
    let token = desk.portal.number(&token).ok_or_else(|| {
        Rejection::new(
            401,
            "the token is unknown; expected one that the portal generated",
        )
    })?;
    let request = Request::read(object)?;
    let key = Key {
        token,
        client_id: request.client_id.clone(),
    };
    admit(desk.interactions.get(&key), &request)?;
    let act = request.act;
    if act == Act::Start {
        start(service, desk, &key, &request);
    }
    // Admitted, so it is there: a start has just made it.
    if let Some(interaction) = desk.interactions.get_mut(&key) {
        if act == Act::Finish {
            interaction.finish_by_customer();
        }
        cue(service, interaction, request);
    }
    Ok(act)
}

fn start(service: &Arc<Service>, desk: &mut Desk, key: &Key, request: &Request) {
    let cues = match desk.interactions.remove(key) {
        Some(earlier) => {
            earlier.replace();
            earlier.cues
        }
        None => {
            let (cues, agent) = mpsc::unbounded_channel();
            tokio::spawn(play(Arc::clone(service), key.clone(), agent));
            cues
        }
    };
    desk.starts += 1;
    let interaction = Interaction {
        number: desk.starts,
        department_id: request.department_id.clone(),
        customer_name: request.customer_name.clone(),
        state: State::Waiting,
        ending: watch::Sender::new(Ending::No),
        cues,
    };
    desk.interactions.insert(key.clone(), interaction);
}

fn cue(service: &Service, interaction: &Interaction, request: Request) {
    let cue = Cue {
        on: request.act,
        content: request.content,
        customer_name: interaction.customer_name.clone().unwrap_or_default(),
        scenario: service.agent(&interaction.department_id),
        ending: interaction.ending.subscribe(),
    };
    // The agent listens as long as the interaction lives; it is gone only when the sandbox is stopping.
    let _ = interaction.cues.send(cue);
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
