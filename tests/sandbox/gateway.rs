//! The dialect `gateway`: its additions to `rest`.

use crate::running_sandbox::{RunningSandbox, SandboxResponse};
use crate::webhook_server::WebhookServer;
use serde_json::{Value, json};

const PATH: &str = "/client-gateway/api/rest/v1";

impl RunningSandbox {
    fn gateway(&self, body: &Value) -> SandboxResponse {
        let body = body.to_string();
        self.call("POST", PATH, Some("application/json"), body.as_bytes())
    }
}

#[test]
fn the_bot_id_of_a_start_is_repeated_on_every_trigger() {
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &[]);
    let mut start = running.request("info", "init", "12");
    start["botId"] = json!("b7");
    start["customerName"] = json!("Joao");
    assert_eq!(
        running.gateway(&start).json(),
        json!({ "message": "start accepted", "status": 200 })
    );
    assert_eq!(
        hook.next(),
        r#"{"status":"accepted","clientId":"12","botId":"b7"}"#
    );
    let response = running.gateway(&running.request("message", "oi", "12"));
    assert_eq!(response.status, 200, "{}", response.body);
    for status in ["typing", "cleared"] {
        assert_eq!(
            hook.next(),
            format!(r#"{{"status":"{status}","clientId":"12","botId":"b7"}}"#)
        );
    }
    assert_eq!(
        hook.next(),
        r#"{"message":"oi","clientId":"12","botId":"b7"}"#
    );
    let transcript = running.transcript();
    assert!(transcript.iter().all(|entry| entry["dialect"] == "gateway"));
    let kinds: Vec<&Value> = transcript.iter().map(|entry| &entry["kind"]).collect();
    assert_eq!(
        kinds,
        [
            "start", "accepted", "message", "typing", "cleared", "message"
        ]
    );
}

#[test]
fn without_a_bot_id_triggers_equal_those_of_rest() {
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &["--agent", "silent"]);
    assert_eq!(
        running
            .gateway(&running.request("info", "init", "12"))
            .status,
        200
    );
    assert_eq!(hook.next(), r#"{"status":"accepted","clientId":"12"}"#);
    // In `rest`, the same client id is another interaction.
    assert_eq!(
        running.rest(&running.request("message", "oi", "12")).status,
        422
    );
    for content in ["typing", "cleared", "finish"] {
        assert_eq!(
            running
                .gateway(&running.request("info", content, "12"))
                .status,
            200
        );
    }
}

#[test]
fn invalid_gateway_requests_are_rejected() {
    let running = RunningSandbox::start(&["--agent", "silent"]);
    assert_eq!(
        running
            .gateway(&running.request("info", "init", "12"))
            .status,
        200
    );
    let mut with_bot = running.request("message", "oi", "12");
    with_bot["botId"] = json!("1");
    let mut number = running.request("info", "init", "13");
    number["botId"] = json!(7);
    let cases = [
        (
            with_bot,
            422,
            "botId belongs to start; message does not accept it",
        ),
        (
            number,
            422,
            "botId is a number; expected a JSON string, or no such field",
        ),
        (
            running.request_to("99", "info", "init", "14"),
            422,
            "departmentId is unknown; expected one of the account's departments",
        ),
        (
            running.request_to("2", "message", "oi", "12"),
            422,
            "departmentId differs from that of the start; expected \"1\"",
        ),
        (
            running.request("message", "oi", "none"),
            422,
            "clientId \"none\" has no interaction; expected start first",
        ),
    ];
    for (body, status, message) in cases {
        let response = running.gateway(&body);
        assert_eq!(
            response.json(),
            json!({ "message": message, "status": status })
        );
        assert_eq!(response.status, status);
    }
    let response = running.call("PUT", PATH, None, b"");
    assert_eq!(
        (response.status, response.allow.as_deref()),
        (405, Some("POST"))
    );
}
