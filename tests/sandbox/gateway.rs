//! The dialect `gateway`: what it adds to `rest`.

use crate::hook::Hook;
use crate::running::{Answer, Running};
use serde_json::{Value, json};

const PATH: &str = "/client-gateway/api/rest/v1";

impl Running {
    fn gateway(&self, body: &Value) -> Answer {
        let body = body.to_string();
        self.call("POST", PATH, Some("application/json"), body.as_bytes())
    }
}

#[test]
fn the_bot_id_of_a_start_is_repeated_on_every_trigger() {
    let hook = Hook::open();
    let running = Running::with_webhook(&hook.url, &[]);
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
    let answer = running.gateway(&running.request("message", "oi", "12"));
    assert_eq!(answer.status, 200, "{}", answer.body);
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
fn without_a_bot_id_a_trigger_is_as_in_rest_and_the_two_do_not_meet() {
    let hook = Hook::open();
    let running = Running::with_webhook(&hook.url, &["--agent", "silent"]);
    assert_eq!(
        running
            .gateway(&running.request("info", "init", "12"))
            .status,
        200
    );
    assert_eq!(hook.next(), r#"{"status":"accepted","clientId":"12"}"#);
    // The same client id in `rest` is another interaction.
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
fn what_the_gateway_refuses() {
    let running = Running::start(&["--agent", "silent"]);
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
            "botId belongs to start; message does not take it",
        ),
        (
            number,
            422,
            "botId is a number; expected a JSON string, or the field left out",
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
        let answer = running.gateway(&body);
        assert_eq!(
            answer.json(),
            json!({ "message": message, "status": status })
        );
        assert_eq!(answer.status, status);
    }
    let answer = running.call("PUT", PATH, None, b"");
    assert_eq!(
        (answer.status, answer.allow.as_deref()),
        (405, Some("POST"))
    );
}
