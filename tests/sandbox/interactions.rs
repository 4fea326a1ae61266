//! The dialect `interactions`: start, messages, finish, and rejected requests.

use crate::running_sandbox::{RunningSandbox, SandboxResponse};
use crate::webhook_server::WebhookServer;
use serde_json::{Value, json};

const JSON: Option<&str> = Some("application/json");
const START: &str = "/core/api/v1/interactions";

impl RunningSandbox {
    /// Sends a request with the first token in its body.
    pub fn send_request(&self, method: &str, path: &str, mut body: Value) -> SandboxResponse {
        body["token"] = json!(self.ready_field("token"));
        self.call(method, path, JSON, body.to_string().as_bytes())
    }

    /// Starts an interaction in department 1 and returns its hash.
    pub fn begin(&self, mut start: Value) -> String {
        start["department_id"] = json!(1);
        let response = self.send_request("POST", START, start);
        assert_eq!(response.status, 200, "{}", response.body);
        response.json()["data"]["interaction_hash"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub fn on(&self, hash: &str, what: &str, body: Value) -> SandboxResponse {
        let method = if what == "messages" { "POST" } else { "PUT" };
        self.send_request(method, &format!("{START}/{hash}/{what}"), body)
    }
}

#[test]
fn an_interaction_is_started_used_and_finished() {
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &[]);
    let hash = running.begin(json!({
        "media_type": "TEXT",
        "customer": { "name": "Joao", "email": "j@example.com", "phone": "1", "cpf": "2" },
        "extra": { "clientId": "12", "order": { "id": 7 } },
        "external_history": "https://example.com/history/12",
    }));
    let extra = json!({ "clientId": "12", "order": { "id": 7 } });
    let state = |name: &str| json!({ "interaction_hash": hash, "state": name, "extra": extra });
    assert_eq!(hook.next_json(), state("accepted"));
    let response = running.on(
        &hash,
        "messages",
        json!({ "content": "Olá", "type": "text" }),
    );
    assert_eq!(
        response.json(),
        json!({ "message": "message accepted", "status": 200 })
    );
    assert_eq!(hook.next_json(), state("typing"));
    assert_eq!(hook.next_json(), state("cleared"));
    let message = hook.next_json();
    let said = message["message"]["hash"].as_str().unwrap();
    assert_eq!(said.len(), 36);
    assert_eq!(
        message,
        json!({
            "interaction_hash": hash,
            "message": { "hash": said, "content": "Olá", "type": "text", "url": null },
            "agent": { "id": 1, "name": "Ana" },
            "extra": extra,
        })
    );
    for sign in ["typing", "cleared", "finish"] {
        let response = running.on(&hash, sign, json!({}));
        assert_eq!(
            response.json(),
            json!({ "message": format!("{sign} accepted"), "status": 200 })
        );
    }
    assert_eq!(running.state_of("12"), "finished");
    let transcript = running.transcript();
    assert!(
        transcript
            .iter()
            .all(|entry| entry["dialect"] == "interactions"
                && entry["clientId"] == "12"
                && entry["interactionHash"] == json!(hash))
    );
    let kinds: Vec<&Value> = transcript.iter().map(|entry| &entry["kind"]).collect();
    assert_eq!(
        kinds,
        [
            "start", "accepted", "message", "typing", "cleared", "message", "typing", "cleared",
            "finish"
        ]
    );
}

#[test]
fn extra_is_repeated_unchanged_and_is_empty_by_default() {
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &["--agent", "silent"]);
    let token = running.ready_field("token");
    let start = |extra: &str| {
        let body = format!(r#"{{"token":"{token}","department_id":2{extra}}}"#);
        assert_eq!(
            running.call("POST", START, JSON, body.as_bytes()).status,
            200
        );
        hook.next()
    };
    let verbatim = r#"{"z": 1.50,"a":[9007199254740993, "\u00e9"]}"#;
    let back = start(&format!(r#","extra":{verbatim}"#));
    assert!(
        back.ends_with(&format!(r#""extra":{verbatim}}}"#)),
        "{back}"
    );
    let back = start("");
    assert!(back.ends_with(r#""extra":{}}"#), "{back}");
}

#[test]
fn media_are_sent_in_both_directions() {
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &[]);
    let hash = running.begin(json!({}));
    hook.next();
    for kind in ["image", "video", "audio", "file"] {
        let url = format!("https://example.com/a.{kind}");
        let sent = json!({ "type": kind, "url": url, "content": "look" });
        assert_eq!(running.on(&hash, "messages", sent).status, 200);
        hook.next();
        hook.next();
        let message = hook.next_json()["message"].clone();
        assert_eq!(
            (&message["type"], &message["url"], &message["content"]),
            (&json!(kind), &json!(url), &json!("look"))
        );
    }
    // The caption may be missing or empty.
    for mut sent in [json!({}), json!({ "content": "" })] {
        sent["type"] = json!("image");
        sent["url"] = json!("https://example.com/a.png");
        assert_eq!(running.on(&hash, "messages", sent).status, 200);
        hook.next();
        hook.next();
        assert_eq!(hook.next_json()["message"]["content"], "");
    }
}

#[test]
fn finish_and_unavailable_use_this_dialect() {
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &["--agent", "2=unavailable"]);
    let response = running.send_request(
        "POST",
        START,
        json!({ "department_id": 2, "extra": { "clientId": "12" } }),
    );
    let hash = response.json()["data"]["interaction_hash"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(hook.next_json()["state"], "unavailable");
    assert_eq!(running.state_of("12"), "unavailable");
    let refused = running.on(&hash, "messages", json!({ "content": "oi" }));
    assert_eq!(
        refused.json(),
        json!({ "message": "no agent was available; expected finish", "status": 422 })
    );
    assert_eq!(running.on(&hash, "finish", json!({})).status, 200);
}

#[test]
fn an_invalid_start_is_rejected_with_a_reason() {
    let running = RunningSandbox::start(&[]);
    let cases = [
        (
            json!({}),
            "department_id is missing; expected a JSON number",
        ),
        (
            json!({ "department_id": "1" }),
            "department_id is a string; expected a whole JSON number",
        ),
        (
            json!({ "department_id": 99 }),
            "department_id is unknown; expected one of the account's departments",
        ),
        (
            json!({ "department_id": 1, "media_type": "text" }),
            "media_type is unknown; expected one of TEXT, SMS, WHATSAPP",
        ),
        (
            json!({ "department_id": 1, "extra": "12" }),
            "extra is a string; expected a JSON object",
        ),
        (
            json!({ "department_id": 1, "customer": [] }),
            "customer is an array; expected a JSON object",
        ),
        (
            json!({ "department_id": 1, "customer": { "name": 5 } }),
            "customer.name is a number; expected a JSON string, or no such field",
        ),
        (
            json!({ "department_id": 1, "customer": { "email": "" } }),
            "customer.email is empty; expected a text that is not empty, or no such field",
        ),
        (
            json!({ "department_id": 1, "customer": { "customerName": "J" } }),
            "unknown field \"customer.customerName\"; customer accepts name, email, phone, cpf",
        ),
        (
            json!({ "department_id": 1, "external_history": "/history" }),
            "external_history is not an absolute http or https URL",
        ),
        (
            json!({ "department_id": 1, "clientId": "12" }),
            "unknown field \"clientId\"; start accepts token, department_id, media_type, customer, extra, external_history",
        ),
    ];
    for (body, message) in cases {
        let response = running.send_request("POST", START, body);
        assert_eq!(
            response.json(),
            json!({ "message": message, "status": 422 })
        );
        assert_eq!(response.status, 422);
    }
    assert_eq!(running.get("/sandbox/interactions").json(), json!([]));
}

#[test]
fn a_request_with_a_wrong_state_or_field_is_rejected() {
    let running = RunningSandbox::start(&["--agent", "silent"]);
    let open = running.begin(json!({}));
    let finished = running.begin(json!({}));
    assert_eq!(running.on(&finished, "finish", json!({})).status, 200);
    let unknown = "11111111-2222-4333-8444-555555555555";
    let no_hash = "the interaction is unknown; expected the hash from the response to a start";
    let text = json!({ "content": "oi" });
    let cases = [
        (unknown, "messages", text.clone(), no_hash),
        (unknown, "finish", json!({}), no_hash),
        (
            &finished,
            "messages",
            text.clone(),
            "the interaction is finished",
        ),
        (
            &finished,
            "typing",
            json!({}),
            "the interaction is finished",
        ),
        (
            &finished,
            "finish",
            json!({}),
            "the interaction is finished",
        ),
        (
            &open,
            "messages",
            json!({}),
            "content is missing; expected a JSON string",
        ),
        (
            &open,
            "messages",
            json!({ "content": 5 }),
            "content is a number; expected a JSON string",
        ),
        (
            &open,
            "messages",
            json!({ "content": "" }),
            "content is empty; expected a text that is not empty",
        ),
        (
            &open,
            "messages",
            json!({ "content": "oi", "type": "gif" }),
            "type is unknown; expected one of text, image, video, audio, file",
        ),
        (
            &open,
            "messages",
            json!({ "content": "oi", "url": "https://a/" }),
            "url is allowed with image, video, audio and file only",
        ),
        (
            &open,
            "messages",
            json!({ "type": "image" }),
            "url is missing; image requires it",
        ),
        (
            &open,
            "messages",
            json!({ "content": 5, "type": "image", "url": "https://a/b.png" }),
            "content is a number; expected a JSON string, or no such field",
        ),
        (
            &open,
            "messages",
            json!({ "type": "image", "url": "a.png" }),
            "url is not an absolute http or https URL",
        ),
        (
            &open,
            "typing",
            text,
            "unknown field \"content\"; typing accepts token",
        ),
    ];
    for (hash, what, body, message) in cases {
        let response = running.on(hash, what, body);
        assert_eq!(
            response.json(),
            json!({ "message": message, "status": 422 })
        );
        assert_eq!(response.status, 422);
    }
    let bare = |body: &str| running.call("POST", START, JSON, body.as_bytes());
    assert_eq!(
        bare("{}").json(),
        json!({ "message": "token is missing; expected a JSON string", "status": 422 })
    );
    assert_eq!(
        bare(r#"{"token":"other"}"#).json()["message"],
        "the token is unknown; expected one that the portal generated"
    );
    assert_eq!(bare("{").status, 400);
    assert_eq!(running.call("POST", START, None, b"{}").status, 415);
}

#[test]
fn each_path_has_one_method_and_other_paths_are_unknown() {
    let running = RunningSandbox::start(&[]);
    for (method, path, allow) in [
        ("GET", START.to_owned(), "POST"),
        ("PUT", format!("{START}/h/messages"), "POST"),
        ("POST", format!("{START}/h/finish"), "PUT"),
    ] {
        let response = running.call(method, &path, JSON, b"{}");
        assert_eq!(
            (response.status, response.allow.as_deref()),
            (405, Some(allow))
        );
    }
    for path in [
        "/core/api/v1",
        "/core/api/v1/interactions/",
        "/core/api/v1/interactions/h/wave",
    ] {
        assert_eq!(
            running.call("POST", path, JSON, b"{}").status,
            404,
            "{path}"
        );
    }
}

#[test]
fn an_interaction_of_another_token_is_unknown() {
    let running = RunningSandbox::start(&["--agent", "silent"]);
    let tokens = "/portal/settings/integrations/clientsdk/tokens";
    let other = running.call("POST", tokens, None, b"").json()["token"].clone();
    let hash = running.begin(json!({}));
    let body = json!({ "token": other, "content": "oi" }).to_string();
    let path = format!("{START}/{hash}/messages");
    assert_eq!(
        running.call("POST", &path, JSON, body.as_bytes()).status,
        422
    );
}

#[test]
fn a_manual_trigger_finds_its_interaction_by_the_hash() {
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &["--agent", "silent"]);
    let hash = running.begin(json!({ "extra": { "clientId": "12" } }));
    hook.next();
    let object = json!({ "interaction_hash": hash, "state": "finished", "extra": {} });
    std::thread::scope(|scope| {
        let sent = scope.spawn(|| {
            running.send_request("POST", "/sandbox/trigger", json!({ "object": object }))
        });
        assert_eq!(hook.next_json(), object);
        assert_eq!(sent.join().unwrap().json(), json!({ "status": 200 }));
    });
    assert_eq!(running.state_of("12"), "finished");
    let last = running.transcript().pop().unwrap();
    assert_eq!(
        (&last["kind"], &last["clientId"], &last["dialect"]),
        (&json!("finish"), &json!("12"), &json!("interactions"))
    );
}
