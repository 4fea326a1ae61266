//! Faults: wrong responses, lost responses, and `Retry-After`.

use crate::running_sandbox::{RunningSandbox, http_agent};
use crate::webhook_server::WebhookServer;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const FAULTS: &str = "/sandbox/faults";

impl RunningSandbox {
    fn faults(&self, faults: Value) {
        let response = self.call("PUT", FAULTS, None, faults.to_string().as_bytes());
        assert_eq!(response.status, 200, "{}", response.body);
    }

    /// Returns error and status of the last request in the transcript.
    fn last(&self) -> (Value, Value) {
        let entries = self.transcript();
        let last = entries
            .iter()
            .rfind(|entry| entry["direction"] == "request")
            .unwrap();
        (last["status"].clone(), last["error"].clone())
    }
}

#[test]
fn a_fault_applies_to_requests_of_its_kind_in_every_dialect() {
    let running = RunningSandbox::start(&["--agent", "silent"]);
    running.start_of("12");
    let hash = running.begin(json!({}));
    let message = running.request("message", "oi", "12");
    let gateway =
        |body: &Value| running.send_request("POST", "/client-gateway/api/rest/v1", body.clone());
    assert_eq!(gateway(&running.request("info", "init", "12")).status, 200);
    running.faults(json!([{ "on": "message", "status": 503, "times": 3 }, { "on": "departments", "status": 500 }]));
    running.accepted("info", "typing", "12");
    let said = json!({ "message": "a fault that was set in the sandbox", "status": 503 });
    assert_eq!(running.rest(&message).json(), said);
    assert_eq!(gateway(&message).json(), said);
    assert_eq!(
        running
            .on(&hash, "messages", json!({ "content": "oi" }))
            .json(),
        said
    );
    assert_eq!(
        running.last(),
        (
            json!(503),
            json!("fault: the request was not accepted; the response was 503")
        )
    );
    assert_eq!(running.rest(&message).status, 200);
    let left = running.get(FAULTS).json();
    assert_eq!(
        (&left[0]["times"], &left[1]["times"]),
        (&json!(0), &json!(1))
    );
    let token = running.ready_field("token");
    assert_eq!(
        running
            .get(&format!("/api/external/departments?token={token}"))
            .status,
        500
    );
}

#[test]
fn a_fault_may_have_a_retry_after_header() {
    let running = RunningSandbox::start(&[]);
    running.faults(json!([{ "status": 429, "retryAfter": 7 }]));
    let sent = http_agent()
        .post(running.ready_field("base_url"))
        .header("content-type", "application/json")
        .send(running.request("info", "init", "12").to_string())
        .unwrap();
    assert_eq!(sent.status(), 429);
    assert_eq!(sent.headers()["retry-after"], "7");
    assert_eq!(running.get("/sandbox/interactions").json(), json!([]));
}

#[test]
fn a_fault_may_lose_only_the_response() {
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &["--agent", "silent"]);
    let post = || {
        http_agent()
            .post(running.ready_field("base_url"))
            .header("content-type", "application/json")
            .send(running.request("info", "init", "12").to_string())
    };
    running.faults(json!([{ "on": "start", "hangUp": true }, { "on": "start", "hangUp": true, "taken": true }]));
    assert!(post().is_err());
    assert_eq!(
        running.last(),
        (
            Value::Null,
            json!("fault: the request was not accepted; the connection was closed")
        )
    );
    assert!(post().is_err());
    assert_eq!(
        running.last(),
        (
            Value::Null,
            json!("fault: the request was accepted; the connection was closed")
        )
    );
    assert_eq!(hook.next(), r#"{"status":"accepted","clientId":"12"}"#);
    assert_eq!(running.state_of("12"), "accepted");
    // An invalid request is rejected as without a fault.
    running.faults(json!([{ "on": "start", "status": 200, "taken": true }]));
    assert_eq!(post().unwrap().status(), 422);
}

#[test]
fn faults_end_after_their_count_by_delete_and_by_reset() {
    let running = RunningSandbox::start(&[]);
    for (method, path) in [("DELETE", FAULTS), ("DELETE", "/sandbox/transcript")] {
        running.faults(json!([{ "status": 500, "times": 1000000 }]));
        assert_eq!(
            running.rest(&running.request("info", "init", "12")).status,
            500
        );
        assert_eq!(running.call(method, path, None, b"").status, 200);
        assert_eq!(running.get(FAULTS).json(), json!([]));
    }
    running.start_of("12");
    let status = "fault 1: expected either a status from 200 to 599 or hangUp: true";
    let cases = [
        (json!({}), "expected an array of faults"),
        (json!([{}]), status),
        (json!([{ "status": 99 }]), status),
        (json!([{ "status": 500, "hangUp": true }]), status),
        (
            json!([{ "hangUp": true }, { "hangUp": 1 }]),
            "fault 2: hangUp: expected true or false",
        ),
        (
            json!([{ "status": 500, "on": "wave" }]),
            "fault 1: on is unknown; expected one of start, message, typing, cleared, finish, update, departments, agentsOnline, offContact, whatsApp, accept, transfer, any",
        ),
        (
            json!([{ "status": 500, "times": "2" }]),
            "fault 1: times is a string; expected a whole JSON number",
        ),
        (
            json!([{ "status": 500, "x": 1 }]),
            "fault 1: unknown field \"x\"; a fault accepts on, status, hangUp, retryAfter, times, taken",
        ),
    ];
    for (body, message) in cases {
        let response = running.call("PUT", FAULTS, None, body.to_string().as_bytes());
        assert_eq!(
            response.json(),
            json!({ "message": message, "status": 422 })
        );
    }
}

#[test]
fn the_library_reports_the_delivery_of_a_request_with_a_fault() {
    use omnize::error::Delivery;
    let running = RunningSandbox::start(&["--agent", "silent"]);
    let client = crate::library::client(&running, "interactions");
    let conversation = client
        .start(crate::library::address("12"), crate::library::joao())
        .unwrap();
    running.faults(json!([
        { "on": "message", "hangUp": true, "taken": true }, { "on": "message", "status": 500 },
        { "on": "typing", "status": 429, "retryAfter": 1 },
    ]));
    let lost = conversation.send("um").unwrap_err();
    assert_eq!(lost.delivery(), Some(Delivery::Unknown));
    let refused = conversation.send("dois").unwrap_err();
    assert_eq!(
        (refused.delivery(), refused.http_status()),
        (Some(Delivery::Rejected), Some(500))
    );
    let begun = Instant::now();
    let waited = conversation.typing();
    // The request was either retried after that time, or reported as failed.
    match waited {
        Ok(()) => assert!(begun.elapsed() >= Duration::from_secs(1)),
        Err(error) => assert_eq!(error.retry_after(), Some(Duration::from_secs(1))),
    }
}
