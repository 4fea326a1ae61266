//! The dialect `interactions`: starting, talking and finishing, and what it refuses.

use crate::hook::Hook;
use crate::running::{Answer, Running};
use serde_json::{Value, json};

const JSON: Option<&str> = Some("application/json");
const START: &str = "/core/api/v1/interactions";

impl Running {
    /// A request with the first token in its body.
    pub fn ask(&self, method: &str, path: &str, mut body: Value) -> Answer {
        body["token"] = json!(self.told("token"));
        self.call(method, path, JSON, body.to_string().as_bytes())
    }

    /// Starts an interaction in department 1 and returns its hash.
    pub fn begin(&self, mut start: Value) -> String {
        start["department_id"] = json!(1);
        let answer = self.ask("POST", START, start);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["data"]["interaction_hash"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub fn on(&self, hash: &str, what: &str, body: Value) -> Answer {
        let method = if what == "messages" { "POST" } else { "PUT" };
        self.ask(method, &format!("{START}/{hash}/{what}"), body)
    }
}

/// The next trigger, read.
fn heard(hook: &Hook) -> Value {
    serde_json::from_str(&hook.next()).unwrap()
}

#[test]
fn an_interaction_is_started_talked_in_and_finished() {
    let hook = Hook::open();
    let running = Running::with_webhook(&hook.url, &[]);
    let hash = running.begin(json!({
        "media_type": "TEXT",
        "customer": { "name": "Joao", "email": "j@example.com", "phone": "1", "cpf": "2" },
        "extra": { "clientId": "12", "order": { "id": 7 } },
        "external_history": "https://example.com/history/12",
    }));
    let extra = json!({ "clientId": "12", "order": { "id": 7 } });
    let state = |name: &str| json!({ "interaction_hash": hash, "state": name, "extra": extra });
    assert_eq!(heard(&hook), state("accepted"));
    let answer = running.on(
        &hash,
        "messages",
        json!({ "content": "Olá", "type": "text" }),
    );
    assert_eq!(
        answer.json(),
        json!({ "message": "message accepted", "status": 200 })
    );
    assert_eq!(heard(&hook), state("typing"));
    assert_eq!(heard(&hook), state("cleared"));
    let message = heard(&hook);
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
        let answer = running.on(&hash, sign, json!({}));
        assert_eq!(
            answer.json(),
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
fn extra_comes_back_as_it_was_and_empty_where_there_was_none() {
    let hook = Hook::open();
    let running = Running::with_webhook(&hook.url, &["--agent", "silent"]);
    let token = running.told("token");
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
fn a_medium_goes_both_ways() {
    let hook = Hook::open();
    let running = Running::with_webhook(&hook.url, &[]);
    let hash = running.begin(json!({}));
    hook.next();
    for kind in ["image", "video", "audio", "file"] {
        let url = format!("https://example.com/a.{kind}");
        let sent = json!({ "type": kind, "url": url, "content": "look" });
        assert_eq!(running.on(&hash, "messages", sent).status, 200);
        hook.next();
        hook.next();
        let message = heard(&hook)["message"].clone();
        assert_eq!(
            (&message["type"], &message["url"], &message["content"]),
            (&json!(kind), &json!(url), &json!("look"))
        );
    }
    // The words beside it may be missing or empty.
    for mut sent in [json!({}), json!({ "content": "" })] {
        sent["type"] = json!("image");
        sent["url"] = json!("https://example.com/a.png");
        assert_eq!(running.on(&hash, "messages", sent).status, 200);
        hook.next();
        hook.next();
        assert_eq!(heard(&hook)["message"]["content"], "");
    }
}

#[test]
fn an_agent_that_finishes_or_is_unavailable_says_so_in_this_dialect() {
    let hook = Hook::open();
    let running = Running::with_webhook(&hook.url, &["--agent", "2=unavailable"]);
    let answer = running.ask(
        "POST",
        START,
        json!({ "department_id": 2, "extra": { "clientId": "12" } }),
    );
    let hash = answer.json()["data"]["interaction_hash"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(heard(&hook)["state"], "unavailable");
    assert_eq!(running.state_of("12"), "unavailable");
    let refused = running.on(&hash, "messages", json!({ "content": "oi" }));
    assert_eq!(
        refused.json(),
        json!({ "message": "no agent was available; expected finish", "status": 422 })
    );
    assert_eq!(running.on(&hash, "finish", json!({})).status, 200);
}

#[test]
fn a_start_is_refused_with_what_was_wrong() {
    let running = Running::start(&[]);
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
            "customer.name is a number; expected a JSON string, or the field left out",
        ),
        (
            json!({ "department_id": 1, "customer": { "email": "" } }),
            "customer.email is empty; expected some text, or the field left out",
        ),
        (
            json!({ "department_id": 1, "customer": { "customerName": "J" } }),
            "unknown field \"customer.customerName\"; customer takes name, email, phone, cpf",
        ),
        (
            json!({ "department_id": 1, "external_history": "/history" }),
            "external_history is no absolute http or https URL",
        ),
        (
            json!({ "department_id": 1, "clientId": "12" }),
            "unknown field \"clientId\"; start takes token, department_id, media_type, customer, extra, external_history",
        ),
    ];
    for (body, message) in cases {
        let answer = running.ask("POST", START, body);
        assert_eq!(answer.json(), json!({ "message": message, "status": 422 }));
        assert_eq!(answer.status, 422);
    }
    assert_eq!(running.get("/sandbox/interactions").json(), json!([]));
}

#[test]
fn a_request_is_refused_where_its_interaction_or_its_fields_do_not_fit() {
    let running = Running::start(&["--agent", "silent"]);
    let open = running.begin(json!({}));
    let finished = running.begin(json!({}));
    assert_eq!(running.on(&finished, "finish", json!({})).status, 200);
    let unknown = "11111111-2222-4333-8444-555555555555";
    let no_hash = "the interaction is unknown; expected the hash that a start answered";
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
            "content is empty; expected some text",
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
            "url goes with image, video, audio and file only",
        ),
        (
            &open,
            "messages",
            json!({ "type": "image" }),
            "url is missing; image needs it",
        ),
        (
            &open,
            "messages",
            json!({ "content": 5, "type": "image", "url": "https://a/b.png" }),
            "content is a number; expected a JSON string, or the field left out",
        ),
        (
            &open,
            "messages",
            json!({ "type": "image", "url": "a.png" }),
            "url is no absolute http or https URL",
        ),
        (
            &open,
            "typing",
            text,
            "unknown field \"content\"; typing takes token",
        ),
    ];
    for (hash, what, body, message) in cases {
        let answer = running.on(hash, what, body);
        assert_eq!(answer.json(), json!({ "message": message, "status": 422 }));
        assert_eq!(answer.status, 422);
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
fn each_path_takes_its_method_and_others_are_nowhere() {
    let running = Running::start(&[]);
    for (method, path, allow) in [
        ("GET", START.to_owned(), "POST"),
        ("PUT", format!("{START}/h/messages"), "POST"),
        ("POST", format!("{START}/h/finish"), "PUT"),
    ] {
        let answer = running.call(method, &path, JSON, b"{}");
        assert_eq!((answer.status, answer.allow.as_deref()), (405, Some(allow)));
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
    let running = Running::start(&["--agent", "silent"]);
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
fn an_object_by_hand_finds_its_interaction_by_the_hash() {
    let hook = Hook::open();
    let running = Running::with_webhook(&hook.url, &["--agent", "silent"]);
    let hash = running.begin(json!({ "extra": { "clientId": "12" } }));
    hook.next();
    let object = json!({ "interaction_hash": hash, "state": "finished", "extra": {} });
    std::thread::scope(|scope| {
        let sent =
            scope.spawn(|| running.ask("POST", "/sandbox/trigger", json!({ "object": object })));
        assert_eq!(heard(&hook), object);
        assert_eq!(sent.join().unwrap().json(), json!({ "status": 200 }));
    });
    assert_eq!(running.state_of("12"), "finished");
    let last = running.transcript().pop().unwrap();
    assert_eq!(
        (&last["kind"], &last["clientId"], &last["dialect"]),
        (&json!("finish"), &json!("12"), &json!("interactions"))
    );
}
