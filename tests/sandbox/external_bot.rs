//! The external bot: the posts that it receives, and its requests.

use crate::running_sandbox::{RunningSandbox, SandboxResponse};
use crate::temporary_file::TemporaryFile;
use crate::webhook_server::WebhookServer;
use serde_json::{Value, json};

pub const BOT: &str = "/portal/settings/integrations/bot";

impl RunningSandbox {
    /// Sends a request of the bot.
    pub fn bot(&self, hash: &str, what: &str, body: Value) -> SandboxResponse {
        let method = if what == "message" { "POST" } else { "PUT" };
        self.send_request(method, &format!("/core/api/v1/bot/{hash}/{what}"), body)
    }

    pub fn bot_succeeds(&self, hash: &str, what: &str, body: Value) {
        let response = self.bot(hash, what, body);
        let accepted = json!({ "message": format!("{what} accepted"), "status": 200 });
        assert_eq!(response.json(), accepted);
    }

    pub fn start_customer(&self, script: Value) -> String {
        let response = self.send_request("POST", "/sandbox/customers", json!({ "script": script }));
        assert_eq!(response.status, 200, "{}", response.body);
        response.json()["interaction_hash"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Returns the report of the only customer, after its script has ended.
    pub fn ended_customer(&self) -> Value {
        self.get("/sandbox/customers?wait=20000").json()[0].clone()
    }
}

#[test]
fn a_bot_serves_a_scripted_customer() {
    let bot = WebhookServer::open();
    let running = RunningSandbox::start(&["--bot", &bot.url]);
    let hash = running.start_customer(json!({ "department": 2, "steps": [
        { "hear": "accepted" }, { "say": "Oi" }, { "hear": "message", "contains": "BOM DIA" },
        { "say": "Look", "type": "image", "url": "https://example.com/a.png" },
        { "hear": "message" }, "typing", "cleared", "finish",
    ] }));
    assert_eq!(
        bot.next_json(),
        json!({ "type": "new_interaction", "interaction_hash": hash, "department_id": 2 })
    );
    running.bot_succeeds(&hash, "accept", json!({}));
    let message = |content: &str, kind: &str| json!({ "type": "new_message", "interaction_hash": hash, "content": content, "content_type": kind });
    assert_eq!(bot.next_json(), message("Oi", "text"));
    running.bot_succeeds(&hash, "message", json!({ "content": "Olá. Bom dia!" }));
    assert_eq!(bot.next_json(), message("Look", "text"));
    assert_eq!(
        bot.next_json(),
        message("https://example.com/a.png", "image")
    );
    let attachment = json!({ "url": "https://example.com/b.pdf", "size": 1024 });
    let file = json!({ "content_type": "file", "attachment": attachment });
    running.bot_succeeds(&hash, "message", file);
    assert_eq!(
        bot.next_json(),
        json!({ "type": "finished_interaction", "interaction_hash": hash })
    );
    let expected = json!({ "interactionHash": hash, "departmentId": "2", "state": "done" });
    assert_eq!(running.ended_customer(), expected);
    let transcript = running.transcript();
    assert!(
        transcript
            .iter()
            .all(|entry| entry["dialect"] == "bot" && entry["interactionHash"] == json!(hash))
    );
    let kinds: Vec<&Value> = transcript.iter().map(|entry| &entry["kind"]).collect();
    assert_eq!(
        kinds,
        [
            "newInteraction",
            "accept",
            "newMessage",
            "message",
            "newMessage",
            "newMessage",
            "message",
            "finishedInteraction"
        ]
    );
}

#[test]
fn a_bot_serves_an_application_in_every_dialect() {
    let (bot, hook) = (WebhookServer::open(), WebhookServer::open());
    let running = RunningSandbox::with_webhook(&hook.url, &["--bot", &bot.url]);
    running.start_of("12");
    let first = bot.next_json();
    let hash = first["interaction_hash"].as_str().unwrap().to_owned();
    running.bot_succeeds(&hash, "accept", json!({}));
    assert_eq!(hook.next(), r#"{"status":"accepted","clientId":"12"}"#);
    running.accepted("message", "oi", "12");
    assert_eq!(bot.next_json()["content"], "oi");
    running.bot_succeeds(
        &hash,
        "message",
        json!({ "content": "olá", "content_type": "text" }),
    );
    assert_eq!(hook.next(), r#"{"message":"olá","clientId":"12"}"#);
    running.bot_succeeds(&hash, "finish", json!({}));
    assert_eq!(hook.next(), r#"{"status":"finish","clientId":"12"}"#);
    assert_eq!(running.state_of("12"), "finished");

    let hash = running.begin(json!({ "extra": { "clientId": "13" } }));
    assert_eq!(bot.next_json()["interaction_hash"], json!(hash));
    running.bot_succeeds(&hash, "accept", json!({}));
    let accepted =
        json!({ "interaction_hash": hash, "state": "accepted", "extra": { "clientId": "13" } });
    assert_eq!(hook.next_json(), accepted);
    assert_eq!(running.on(&hash, "finish", json!({})).status, 200);
    assert_eq!(bot.next_json()["type"], "finished_interaction");
}

#[test]
fn a_transfer_passes_the_interaction_to_an_agent() {
    let (bot, hook) = (WebhookServer::open(), WebhookServer::open());
    let greets = TemporaryFile::new(
        "greets",
        r#"{"rules":[{"on":"start","steps":["accepted",{"message":"Sales here"}]},{"on":"message","steps":["echo"]}]}"#,
    );
    let agent = format!("2={}", greets.path());
    let options = ["--bot", &bot.url, "--agent", &agent, "--agent", "silent"];
    let running = RunningSandbox::with_webhook(&hook.url, &options);
    let begin = || {
        let hash = running.begin(json!({}));
        bot.next();
        running.bot_succeeds(&hash, "accept", json!({}));
        assert_eq!(hook.next_json()["state"], "accepted");
        hash
    };
    let hash = begin();
    running.bot_succeeds(&hash, "transfer", json!({ "department_id": 2 }));
    // Sent at once; the agent receives it after the start.
    assert_eq!(
        running
            .on(&hash, "messages", json!({ "content": "oi" }))
            .status,
        200
    );
    let transferred = hook.next_json();
    assert_eq!(
        (&transferred["state"], &transferred["department_id"]),
        (&json!("transferred"), &json!(2))
    );
    assert_eq!(hook.next_json()["state"], "accepted");
    assert_eq!(hook.next_json()["message"]["content"], "Sales here");
    assert_eq!(hook.next_json()["message"]["content"], "oi");
    let refused = running.bot(&hash, "message", json!({ "content": "still me" }));
    assert_eq!(
        refused.json(),
        json!({
            "message": "the bot does not serve the interaction; expected one with a new_interaction and without a transfer",
            "status": 422,
        })
    );
    // Without a department, the target is the department of the start.
    let hash = begin();
    running.bot_succeeds(&hash, "transfer", json!({}));
    assert_eq!(hook.next_json()["department_id"], 1);
    assert_eq!(hook.next_json()["state"], "accepted");
    assert!(bot.is_quiet());
}

#[test]
fn triggers_of_a_bot_are_dropped_after_another_start() {
    let (bot, hook) = (WebhookServer::open(), WebhookServer::open());
    let running = RunningSandbox::with_webhook(&hook.url, &["--bot", &bot.url]);
    running.start_of("12");
    let hash = bot.next_json()["interaction_hash"]
        .as_str()
        .unwrap()
        .to_owned();
    running.bot_succeeds(&hash, "accept", json!({}));
    let accepted = hook.next_pending();
    running.bot_succeeds(&hash, "finish", json!({}));
    running.start_of("12");
    accepted.respond(200);
    let hash = bot.next_json()["interaction_hash"]
        .as_str()
        .unwrap()
        .to_owned();
    running.bot_succeeds(&hash, "accept", json!({}));
    assert_eq!(hook.next(), r#"{"status":"accepted","clientId":"12"}"#);
    assert_eq!(running.state_of("12"), "accepted");
    assert_eq!(
        running
            .bot(&hash, "message", json!({ "content": "oi" }))
            .status,
        200
    );
    assert_eq!(hook.next(), r#"{"message":"oi","clientId":"12"}"#);
}

#[test]
fn invalid_bot_requests_are_rejected() {
    let (bot, hook) = (WebhookServer::open(), WebhookServer::open());
    let options = ["--bot", &bot.url, "--agent", "2=closed"];
    let running = RunningSandbox::with_webhook(&hook.url, &options);
    let fresh = running.begin(json!({}));
    bot.next();
    let taken = running.begin(json!({}));
    bot.next();
    running.bot_succeeds(&taken, "accept", json!({}));
    hook.next();
    let over = running.begin(json!({}));
    bot.next();
    assert_eq!(running.on(&over, "finish", json!({})).status, 200);
    bot.next();
    let unknown = "the interaction is unknown; expected the hash of a new_interaction";
    let text = json!({ "content": "oi" });
    let cases = [
        ("none", "accept", json!({}), unknown),
        (&over, "accept", json!({}), "the interaction is finished"),
        (
            &over,
            "message",
            text.clone(),
            "the interaction is finished",
        ),
        (&over, "finish", json!({}), "the interaction is finished"),
        (&over, "transfer", json!({}), "the interaction is finished"),
        (
            &fresh,
            "message",
            text.clone(),
            "the interaction is not accepted; expected accept first",
        ),
        (
            &taken,
            "accept",
            json!({}),
            "the interaction is already accepted",
        ),
        (
            &taken,
            "accept",
            text,
            "unknown field \"content\"; accept accepts token",
        ),
        (
            &taken,
            "message",
            json!({}),
            "content is missing; expected a JSON string",
        ),
        (
            &taken,
            "message",
            json!({ "content": "a", "content_type": "gif" }),
            "content_type is unknown; expected one of text, image, video, audio, file",
        ),
        (
            &taken,
            "message",
            json!({ "content": "a", "content_type": "image" }),
            "attachment is missing; image requires it",
        ),
        (
            &taken,
            "message",
            json!({ "content": 5, "content_type": "image", "attachment": { "url": "https://a/" } }),
            "content is a number; expected a JSON string, or no such field",
        ),
        (
            &taken,
            "message",
            json!({ "content_type": "image", "attachment": { "size": 1 } }),
            "attachment.url is missing; expected a JSON string",
        ),
        (
            &taken,
            "message",
            json!({ "content_type": "image", "attachment": { "url": "https://a/", "size": "1" } }),
            "attachment.size is a string; expected a whole JSON number",
        ),
        (
            &taken,
            "message",
            json!({ "content": "a", "attachment": { "url": "https://a/" } }),
            "attachment is allowed with image, video, audio and file only",
        ),
        (
            &taken,
            "transfer",
            json!({ "department_id": 99 }),
            "department_id is unknown; expected one of the account's departments",
        ),
        (
            &taken,
            "transfer",
            json!({ "department_id": 2 }),
            "the department is not active",
        ),
        (
            &taken,
            "transfer",
            json!({ "department_id": "1" }),
            "department_id is a string; expected a whole JSON number",
        ),
    ];
    for (hash, what, body, message) in cases {
        let response = running.bot(hash, what, body);
        assert_eq!(
            response.json(),
            json!({ "message": message, "status": 422 })
        );
        assert_eq!(response.status, 422);
    }
    let wrong = running.call(
        "POST",
        &format!("/core/api/v1/bot/{taken}/accept"),
        None,
        b"",
    );
    assert_eq!((wrong.status, wrong.allow.as_deref()), (405, Some("PUT")));
    assert_eq!(running.bot(&taken, "wave", json!({})).status, 404);
}

#[test]
fn the_portal_registers_a_bot_for_all_departments_or_for_one() {
    let (one, all, hook) = (
        WebhookServer::open(),
        WebhookServer::open(),
        WebhookServer::open(),
    );
    let running = RunningSandbox::with_webhook(&hook.url, &["--agent", "silent"]);
    let register = |body: Value| running.send_request("PUT", BOT, body);
    assert_eq!(
        register(json!({ "url": all.url })).json(),
        json!({ "url": all.url })
    );
    let of_two = json!({ "url": one.url, "department_id": 2 });
    assert_eq!(register(of_two).status, 200);
    running.start_of("a");
    assert_eq!(all.next_json()["department_id"], 1);
    running.rest(&running.request_to("2", "info", "init", "b"));
    assert_eq!(one.next_json()["department_id"], 2);
    assert_eq!(
        register(json!({ "url": null })).json(),
        json!({ "url": null })
    );
    running.start_of("c");
    assert_eq!(hook.next(), r#"{"status":"accepted","clientId":"c"}"#);
    for (body, message) in [
        (json!({}), "url is missing; expected a JSON string"),
        (
            json!({ "url": "/bot" }),
            "url is not an absolute http or https URL",
        ),
        (
            json!({ "url": "http://a/", "department_id": "2" }),
            "department_id is a string; expected a whole JSON number",
        ),
        (
            json!({ "url": "http://a/", "x": 1 }),
            "unknown field \"x\"; bot accepts token, url, department_id",
        ),
    ] {
        assert_eq!(
            register(body).json(),
            json!({ "message": message, "status": 422 })
        );
    }
    assert_eq!(running.get(BOT).allow.as_deref(), Some("PUT"));
}
