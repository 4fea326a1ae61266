//! The portal and the control API.

use crate::running_sandbox::RunningSandbox;
use crate::triggers::set_webhook;
use crate::webhook_server::WebhookServer;
use serde_json::{Value, json};

const TOKENS: &str = "/portal/settings/integrations/clientsdk/tokens";
const WEBHOOK: &str = "/portal/settings/integrations/clientsdk/webhook";

#[test]
fn each_generated_token_has_its_own_webhook() {
    let hooks = [WebhookServer::open(), WebhookServer::open()];
    let running = RunningSandbox::with_webhook(&hooks[0].url, &[]);
    let first = running.ready_field("token").to_owned();
    let second = running.call("POST", TOKENS, None, b"").json()["token"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_ne!(first, second);
    assert!(first.len() >= 32 && second.len() >= 32);
    let shown = |token: &str| running.get(&format!("{WEBHOOK}?token={token}"));
    assert_eq!(shown(&second).json(), json!({ "url": null }));
    let body = json!({ "token": second, "url": hooks[1].url }).to_string();
    assert_eq!(
        running.call("PUT", WEBHOOK, None, body.as_bytes()).json(),
        json!({ "url": hooks[1].url })
    );
    assert_eq!(shown(&second).json(), json!({ "url": hooks[1].url }));
    assert_eq!(shown(&first).json(), json!({ "url": hooks[0].url }));
    for (token, hook) in [(first, &hooks[0]), (second, &hooks[1])] {
        let mut start = running.request("info", "init", "12");
        start["token"] = json!(token);
        assert_eq!(running.rest(&start).status, 200);
        assert_eq!(hook.next(), r#"{"status":"accepted","clientId":"12"}"#);
    }
}

#[test]
fn the_portal_rejects_invalid_settings() {
    let running = RunningSandbox::start(&[]);
    let token = running.ready_field("token");
    let cases: [(Value, u16, &str); 7] = [
        (json!([]), 422, "the body is JSON, but not an object"),
        (
            json!({ "token": token }),
            422,
            "url is missing; expected a JSON string",
        ),
        (
            json!({ "url": "http://a/" }),
            422,
            "token is missing; expected a JSON string",
        ),
        (
            json!({ "token": token, "url": 1 }),
            422,
            "url is a number; expected a JSON string",
        ),
        (
            json!({ "token": token, "url": "/hook" }),
            422,
            "url is not an absolute http or https URL",
        ),
        (
            json!({ "token": token, "url": "http://a/", "x": "" }),
            422,
            "unknown field; expected token and url only",
        ),
        (
            json!({ "token": "other", "url": "http://a/" }),
            404,
            "the token is unknown; expected one that the portal generated",
        ),
    ];
    for (body, status, message) in cases {
        let response = running.call("PUT", WEBHOOK, None, body.to_string().as_bytes());
        assert_eq!(
            response.json(),
            json!({ "message": message, "status": status })
        );
        assert_eq!(response.status, status);
    }
    assert_eq!(running.call("PUT", WEBHOOK, None, b"{").status, 422);
    assert_eq!(running.get(&format!("{WEBHOOK}?token=other")).status, 404);
    assert_eq!(running.get(WEBHOOK).status, 422);
    for (method, path, allow) in [
        ("GET", TOKENS, "POST"),
        ("POST", WEBHOOK, "GET, PUT"),
        ("PUT", "/sandbox/transcript", "GET, DELETE"),
        ("GET", "/sandbox/agents", "PUT, DELETE"),
    ] {
        let response = running.call(method, path, None, b"");
        assert_eq!(
            (response.status, response.allow.as_deref()),
            (405, Some(allow))
        );
    }
    assert_eq!(running.get("/portal/elsewhere").status, 404);
    assert!(running.transcript_now().is_empty());
}

#[test]
fn a_transcript_request_waits_for_the_next_entry() {
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &[]);
    assert_eq!(running.get("/sandbox/transcript?wait=1").json(), json!([]));
    std::thread::scope(|scope| {
        let awaited = scope.spawn(|| running.get("/sandbox/transcript?after=1&wait=20000").json());
        running.start_of("12");
        hook.next();
        let entries = awaited.join().unwrap();
        assert_eq!(entries.as_array().unwrap().len(), 1);
        let entry = &entries[0];
        assert_eq!(
            (&entry["n"], &entry["direction"], &entry["status"]),
            (&json!(2), &json!("trigger"), &json!(200))
        );
        assert!(entry["at"].is_u64() && entry.get("error").is_none());
    });
    for query in ["after=x", "wait=-1", "wait=60001"] {
        assert_eq!(
            running.get(&format!("/sandbox/transcript?{query}")).status,
            422,
            "{query}"
        );
    }
}

#[test]
fn reset_clears_the_transcript_and_preserves_token_and_webhook() {
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &[]);
    running.start_of("12");
    let under_way = hook.next_pending();
    running.accepted("message", "oi", "12");
    assert_eq!(
        running
            .call("DELETE", "/sandbox/transcript", None, b"")
            .status,
        200
    );
    under_way.respond(200);
    assert!(running.transcript_now().is_empty());
    assert_eq!(running.get("/sandbox/interactions").json(), json!([]));
    running.start_of("12");
    assert_eq!(hook.next(), r#"{"status":"accepted","clientId":"12"}"#);
    let transcript = running.transcript();
    assert_eq!(transcript.len(), 2);
    assert_eq!(
        (&transcript[0]["n"], &transcript[1]["n"]),
        (&json!(1), &json!(2))
    );
    assert!(hook.is_quiet());
}

#[test]
fn full_reset_restores_the_state_at_the_start() {
    let (hook, other) = (WebhookServer::open(), WebhookServer::open());
    let running = RunningSandbox::with_webhook(&hook.url, &["--agent", "silent"]);
    let set = |method: &str, path: &str, body: serde_json::Value| {
        let response = running.call(method, path, None, body.to_string().as_bytes());
        assert!(response.status < 300, "{path} {}", response.status);
    };
    let token = running.ready_field("token");
    set(
        "PUT",
        "/portal/settings/integrations/clientsdk/webhook",
        json!({ "token": token, "url": other.url }),
    );
    set(
        "PUT",
        "/portal/settings/integrations/bot",
        json!({ "token": token, "url": other.url }),
    );
    set("PUT", "/sandbox/faults", json!([{ "status": 503 }]));
    set("PUT", "/sandbox/agents", json!({ "*": "unavailable" }));
    set("POST", "/sandbox/reset", json!({}));
    assert_eq!(running.get("/sandbox/faults").json(), json!([]));
    assert!(running.transcript_now().is_empty());
    running.start_of("12");
    assert_eq!(hook.next(), r#"{"status":"accepted","clientId":"12"}"#);
    assert!(other.is_quiet());
}

#[test]
fn interactions_are_listed_with_their_state() {
    let running = RunningSandbox::start(&["--agent", "2=unavailable", "--token", "t 1"]);
    running.start_of("b");
    running.rest(&running.request_to("2", "info", "init", "a"));
    // Each start has a trigger, which changes the state.
    while running.transcript().len() < 4 {}
    running.accepted("info", "finish", "b");
    let mut shown = running.get("/sandbox/interactions").json();
    for interaction in shown.as_array_mut().unwrap() {
        let fields = interaction.as_object_mut().unwrap();
        assert_eq!(
            fields
                .remove("interactionHash")
                .unwrap()
                .as_str()
                .unwrap()
                .len(),
            36
        );
        assert_eq!(fields.remove("dialect"), Some(json!("rest")));
    }
    assert_eq!(
        shown,
        json!([
            { "clientId": "b", "departmentId": "1", "state": "finished", "tokenNumber": 1 },
            { "clientId": "a", "departmentId": "2", "state": "unavailable", "tokenNumber": 1 },
        ])
    );
    assert_eq!(running.get("/sandbox/health").status, 200);
    assert_eq!(running.get(&format!("{WEBHOOK}?token=t+1")).status, 200);
}

#[test]
fn agents_can_be_replaced_at_any_time() {
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &["--agent", "silent"]);
    let agents = |method: &str, body: Value| {
        running.call(method, "/sandbox/agents", None, body.to_string().as_bytes())
    };
    let says =
        |text: &str| json!({ "rules": [{ "on": "message", "steps": [{ "message": text }] }] });
    running.start_of("12");
    assert_eq!(hook.next(), r#"{"status":"accepted","clientId":"12"}"#);

    assert_eq!(
        agents("PUT", json!({ "1": says("one"), "*": "unavailable" })).status,
        200
    );
    // The new agent serves an interaction that started with another agent.
    running.accepted("message", "oi", "12");
    assert_eq!(hook.next(), r#"{"message":"one","clientId":"12"}"#);
    assert_eq!(
        running
            .rest(&running.request_to("2", "info", "init", "7"))
            .status,
        200
    );
    assert_eq!(hook.next(), r#"{"status":"unavailable","clientId":"7"}"#);

    let refused = [
        (json!([]), "the body is JSON, but not an object"),
        (
            json!({ "1": "agent.json" }),
            "agent of \"1\": expected echo, silent, unavailable, closed or a scenario",
        ),
        (
            json!({ "1": { "rules": [] } }),
            "agent of \"1\": rules is empty; expected at least one rule",
        ),
        (
            json!({ "": "echo" }),
            "a department id is empty; expected an id or *",
        ),
    ];
    for (body, message) in refused {
        let response = agents("PUT", body);
        assert_eq!(
            response.json(),
            json!({ "message": message, "status": 422 })
        );
    }
    // Rejected requests and a reset change nothing.
    assert_eq!(
        running
            .call("DELETE", "/sandbox/transcript", None, b"")
            .status,
        200
    );
    running.start_of("13");
    running.accepted("message", "oi", "13");
    assert_eq!(hook.next(), r#"{"message":"one","clientId":"13"}"#);

    assert_eq!(agents("DELETE", json!({})).status, 200);
    running.start_of("14");
    assert_eq!(hook.next(), r#"{"status":"accepted","clientId":"14"}"#);
    running.accepted("message", "oi", "14");
    assert!(hook.is_quiet());
}

#[test]
fn a_manual_trigger_is_sent_in_order_and_returns_the_status() {
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &["--agent", "silent"]);
    running.start_of("12");
    let accepted = hook.next_pending();
    let by_hand = |object: Value| {
        let body = json!({ "token": running.ready_field("token"), "object": object }).to_string();
        running.call("POST", "/sandbox/trigger", None, body.as_bytes())
    };
    std::thread::scope(|scope| {
        let waiting: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| by_hand(json!({ "clientId": "12", "status": "finish" }))))
            .collect();
        // Another interaction: its trigger is sent while the first trigger still waits for its response.
        let other = scope.spawn(|| by_hand(json!({ "clientId": 7, "status": "queued" })));
        assert_eq!(
            hook.next_with_status(202),
            r#"{"clientId":7,"status":"queued"}"#
        );
        assert_eq!(other.join().unwrap().json(), json!({ "status": 202 }));
        accepted.respond(200);
        for _ in &waiting {
            assert_eq!(
                hook.next_with_status(404),
                r#"{"clientId":"12","status":"finish"}"#
            );
        }
        for response in waiting.into_iter().map(|waiting| waiting.join().unwrap()) {
            assert_eq!(
                (response.status, response.json()),
                (200, json!({ "status": 404 }))
            );
        }
    });
    assert_eq!(running.state_of("12"), "finished");
    let last = running.transcript().pop().unwrap();
    assert_eq!(
        (&last["clientId"], &last["error"]),
        (&json!("12"), &json!("the webhook responded with 404"))
    );
    drop(hook);
    let refused = |body: &str| {
        running
            .call("POST", "/sandbox/trigger", None, body.as_bytes())
            .status
    };
    assert_eq!(refused("{}"), 422);
    assert_eq!(refused(r#"{"token":"other","object":{}}"#), 404);
    assert_eq!(refused(r#"{"token":"other","object":[]}"#), 422);
    assert_eq!(refused(r#"{"token":"other"}"#), 422);
    assert_eq!(refused(r#"{"token":"other","object":{},"x":1}"#), 422);
    set_webhook(&running, "http://127.0.0.1:1/");
    assert_eq!(by_hand(json!({})).status, 502);
}

impl RunningSandbox {
    fn transcript_now(&self) -> Vec<Value> {
        self.get("/sandbox/transcript")
            .json()
            .as_array()
            .unwrap()
            .clone()
    }
}
