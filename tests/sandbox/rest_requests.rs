//! The dialect `rest`: accepted and rejected requests, and their messages in each response format.

use crate::running_sandbox::RunningSandbox;
use serde_json::{Value, json};

const JSON: Option<&str> = Some("application/json");

/// A rejected request: method, path, Content-Type and body, and the status and message of the response.
type Refused<'a> = (&'a str, &'a str, Option<&'a str>, Vec<u8>, u16, &'a str);

fn without(mut object: Value, field: &str) -> Vec<u8> {
    object.as_object_mut().unwrap().remove(field);
    object.to_string().into_bytes()
}

fn with(mut object: Value, field: &str, value: Value) -> Vec<u8> {
    object[field] = value;
    object.to_string().into_bytes()
}

fn rejected_requests<'a>(running: &RunningSandbox) -> Vec<Refused<'a>> {
    let rest = "/api/rest/v1";
    let start = running.request("info", "init", "new");
    let message = running.request("message", "oi", "open");
    let whole = message.to_string().into_bytes();
    let typing_of = |client_id: &str| {
        running
            .request("info", "typing", client_id)
            .to_string()
            .into_bytes()
    };
    let elsewhere = running
        .request_to("2", "message", "oi", "open")
        .to_string()
        .into_bytes();
    vec![
        (
            "POST",
            "/api/rest/v2",
            JSON,
            whole.clone(),
            404,
            "the path is unknown; expected /api/rest/v1, /client-gateway/api/rest/v1, or a path under /core/api/v1 or /api/external",
        ),
        (
            "POST",
            "/api/rest/v1/",
            JSON,
            whole.clone(),
            404,
            "the path is unknown; expected /api/rest/v1, /client-gateway/api/rest/v1, or a path under /core/api/v1 or /api/external",
        ),
        (
            "GET",
            rest,
            None,
            vec![],
            405,
            "method GET is not allowed; expected POST",
        ),
        (
            "PUT",
            rest,
            JSON,
            whole.clone(),
            405,
            "method PUT is not allowed; expected POST",
        ),
        (
            "POST",
            rest,
            None,
            whole.clone(),
            415,
            "Content-Type is missing or different; expected application/json in UTF-8",
        ),
        (
            "POST",
            rest,
            Some("application/x-www-form-urlencoded"),
            whole.clone(),
            415,
            "Content-Type is missing or different; expected application/json in UTF-8",
        ),
        (
            "POST",
            rest,
            JSON,
            with(message.clone(), "content", json!("a".repeat(1024 * 1024))),
            413,
            "the body is larger than 1048576 bytes",
        ),
        (
            "POST",
            rest,
            JSON,
            vec![],
            400,
            "the body is not valid JSON: EOF while parsing a value at line 1 column 0",
        ),
        (
            "POST",
            rest,
            JSON,
            b"{\"a\"".to_vec(),
            400,
            "the body is not valid JSON: EOF while parsing an object at line 1 column 4",
        ),
        (
            "POST",
            rest,
            JSON,
            b"{\"a\":\"\xe1\"}".to_vec(),
            400,
            "the body is not valid JSON: invalid UTF-8 at byte 6",
        ),
        (
            "POST",
            rest,
            JSON,
            b"[]".to_vec(),
            422,
            "the body is JSON, but not an object; expected a JSON object",
        ),
        (
            "POST",
            rest,
            JSON,
            b"{\"a\":1,\"a\":1}".to_vec(),
            422,
            "field \"a\" occurs twice",
        ),
        (
            "POST",
            rest,
            JSON,
            without(message.clone(), "token"),
            422,
            "token is missing; expected a JSON string",
        ),
        (
            "POST",
            rest,
            JSON,
            with(message.clone(), "token", json!("other")),
            401,
            "the token is unknown; expected one that the portal generated",
        ),
        (
            "POST",
            rest,
            JSON,
            without(message.clone(), "clientId"),
            422,
            "clientId is missing; expected a JSON string",
        ),
        (
            "POST",
            rest,
            JSON,
            with(message.clone(), "clientId", json!(12)),
            422,
            "clientId is a number; expected a JSON string",
        ),
        (
            "POST",
            rest,
            JSON,
            with(message.clone(), "content", json!("")),
            422,
            "content is empty; expected a text that is not empty",
        ),
        (
            "POST",
            rest,
            JSON,
            with(message.clone(), "botId", json!("1")),
            422,
            "unknown field \"botId\"; message accepts type, content, token, departmentId, clientId",
        ),
        (
            "POST",
            rest,
            JSON,
            with(start, "customerEmail", json!("")),
            422,
            "customerEmail is empty; expected a text that is not empty, or no such field",
        ),
        (
            "POST",
            rest,
            JSON,
            typing_of("none"),
            422,
            "clientId \"none\" has no interaction; expected start first",
        ),
        (
            "POST",
            rest,
            JSON,
            typing_of("finished"),
            422,
            "the interaction of clientId \"finished\" is finished; expected start first",
        ),
        (
            "POST",
            rest,
            JSON,
            elsewhere,
            422,
            "departmentId differs from that of the start; expected \"1\"",
        ),
        (
            "POST",
            rest,
            JSON,
            running
                .request("info", "init", "open")
                .to_string()
                .into_bytes(),
            422,
            "clientId \"open\" has an open interaction; expected finish before another start",
        ),
    ]
}

#[test]
fn every_rejection_has_a_reason_in_every_format_and_in_the_transcript() {
    for form in ["json", "empty", "text"] {
        let running = RunningSandbox::start(&["--answers", form, "--agent", "silent"]);
        for client_id in ["open", "finished"] {
            running.start_of(client_id);
        }
        running.accepted("info", "finish", "finished");
        for (method, path, content_type, body, status, message) in rejected_requests(&running) {
            let before = running.transcript().len();
            let response = running.call(method, path, content_type, &body);
            assert_eq!(response.status, status, "{message}");
            assert_eq!(response.allow.as_deref(), (status == 405).then_some("POST"));
            check_form(form, &response, message);
            let last = running
                .transcript()
                .into_iter()
                .rfind(|entry| entry["direction"] == "request");
            let last = last.unwrap();
            assert!(last["n"].as_u64().unwrap() as usize > before);
            assert_eq!(
                (&last["status"], &last["error"]),
                (&json!(status), &json!(message))
            );
            assert!(!last.to_string().contains(running.ready_field("token")));
        }
    }
}

fn check_form(form: &str, response: &crate::running_sandbox::SandboxResponse, message: &str) {
    match form {
        "json" => {
            assert_eq!(response.content_type.as_deref(), Some("application/json"));
            assert_eq!(
                response.json(),
                json!({ "message": message, "status": response.status })
            );
        }
        "empty" => assert_eq!(
            (response.body.as_str(), response.content_type.as_deref()),
            ("", None)
        ),
        _ => {
            assert_eq!(
                response.content_type.as_deref(),
                Some("text/plain; charset=utf-8")
            );
            assert_eq!(response.body, format!("{message}\n"));
        }
    }
}

#[test]
fn the_five_requests_are_accepted_in_every_format() {
    for form in ["json", "empty", "text"] {
        let running = RunningSandbox::start(&["--answers", form, "--agent", "silent"]);
        let mut start = running.request("info", "init", "12");
        for (field, value) in [
            ("customerName", "Joao"),
            ("customerEmail", "joao@example.com"),
            ("customerPhone", "11988776655"),
            ("customerCpf", "123.456.789-00"),
        ] {
            start[field] = json!(value);
        }
        let requests = [
            ("start accepted", start),
            ("message accepted", running.request("message", "Olá", "12")),
            ("typing accepted", running.request("info", "typing", "12")),
            ("cleared accepted", running.request("info", "cleared", "12")),
            ("finish accepted", running.request("info", "finish", "12")),
        ];
        for (message, request) in requests {
            let response = running.rest(&request);
            assert_eq!(response.status, 200, "{}", response.body);
            check_form(form, &response, message);
        }
    }
}

#[test]
fn a_content_type_with_charset_is_accepted() {
    let running = RunningSandbox::start(&[]);
    let body = running.request("info", "init", "12").to_string();
    let response = running.call(
        "POST",
        "/api/rest/v1",
        Some("application/json; charset=UTF-8"),
        body.as_bytes(),
    );
    assert_eq!(response.status, 200);
}

#[test]
fn the_transcript_preserves_the_sent_text() {
    let running = RunningSandbox::start(&["--agent", "silent"]);
    let token = running.ready_field("token");
    let body = format!(
        r#"{{ "token":"{token}", "clientId":"\u0031","content":"init","type":"info","departmentId":"1"}}"#
    );
    assert_eq!(
        running
            .call("POST", "/api/rest/v1", JSON, body.as_bytes())
            .status,
        200
    );
    let shown = running.get("/sandbox/transcript").body;
    let kept = r#""body":{"token":"[redacted]","clientId":"\u0031","content":"init","type":"info","departmentId":"1"}"#;
    assert!(shown.contains(kept), "{shown}");
    assert_eq!(running.transcript()[0]["clientId"], "1");
}

#[test]
fn an_interaction_belongs_to_its_token() {
    let running = RunningSandbox::start(&["--agent", "silent"]);
    let made = running.call(
        "POST",
        "/portal/settings/integrations/clientsdk/tokens",
        None,
        b"",
    );
    assert_eq!(made.status, 201);
    running.start_of("12");
    let mut other = running.request("info", "typing", "12");
    other["token"] = made.json()["token"].clone();
    assert_eq!(running.rest(&other).status, 422);
    other["content"] = json!("init");
    assert_eq!(running.rest(&other).status, 200);
}
