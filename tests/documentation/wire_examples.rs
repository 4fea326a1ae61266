//! Examples of requests, triggers and responses, compared with the library.

use omnize::wire::dialects::rest;
use omnize::wire::{Address, Customer, Dialect, Redacted, Request, Start, Verdict, parse_verdict};
use serde_json::Value;

/// The library sends the request of the page, field by field.
pub fn request(json: &str) -> Result<(), String> {
    let page: Value = serde_json::from_str(json).map_err(|error| error.to_string())?;
    let text = |name: &str| page.get(name).and_then(Value::as_str);
    let needed = |name: &str| text(name).ok_or_else(|| format!("{name} is missing"));
    let given = |name: &str| text(name).map(Redacted::from);
    let request = match (needed("type")?, needed("content")?) {
        ("message", content) => Request::Message(content.into()),
        ("info", "init") => Request::Start(Box::new(Start::from(Customer {
            name: given("customerName"),
            email: given("customerEmail"),
            phone: given("customerPhone"),
            cpf: given("customerCpf"),
        }))),
        ("info", "typing") => Request::Typing,
        ("info", "cleared") => Request::Cleared,
        ("info", "finish") => Request::Finish,
        (kind, content) => return Err(format!("no request has type {kind} and content {content}")),
    };
    let address = Address {
        department: needed("departmentId")?.to_owned(),
        client_id: needed("clientId")?.to_owned(),
    };
    let token = needed("token")?.into();
    let call = Dialect::Rest
        .check(&address, &request)
        .and_then(|()| Dialect::Rest.encode(&token, &address, None, &request))
        .map_err(|why| format!("{why:?}"))?;
    let written: Value = serde_json::from_slice(&call.body.0).map_err(|error| error.to_string())?;
    if written == page {
        Ok(())
    } else {
        Err(format!("the library writes {written}"))
    }
}

/// The library parses the trigger of the page as the kind that the page states.
pub fn trigger(kind: &str, json: &str) -> Result<(), String> {
    let read = rest::decode(json.as_bytes().into(), None).map_err(|why| why.to_string())?;
    if read.kind.name() == kind {
        Ok(())
    } else {
        Err(format!("the library reads it as {}", read.kind.name()))
    }
}

/// The library evaluates a response with HTTP 200 as the page states.
pub fn response(decision: &str, json: &str) -> Result<(), String> {
    let judged = match parse_verdict(200, json) {
        Verdict::Accepted => "accepted",
        Verdict::Rejected(_) | Verdict::TokenRejected(_) => "rejected",
        Verdict::Unknown => "unknown",
    };
    if judged == decision {
        Ok(())
    } else {
        Err(format!("the library judges it as {judged}"))
    }
}
