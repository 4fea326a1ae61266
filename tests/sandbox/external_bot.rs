//! The external bot: what the service posts to it, and what it may ask for.

use crate::file::File;
use crate::hook::Hook;
use crate::running::{Answer, Running};
use serde_json::{Value, json};

const BOT: &str = "/portal/settings/integrations/bot";

impl Running {
    /// A request of the bot.
    fn bot(&self, hash: &str, what: &str, body: Value) -> Answer {
        let method = if what == "message" { "POST" } else { "PUT" };
        self.ask(method, &format!("/core/api/v1/bot/{hash}/{what}"), body)
    }

    fn bot_does(&self, hash: &str, what: &str, body: Value) {
        let answer = self.bot(hash, what, body);
        let accepted = json!({ "message": format!("{what} accepted"), "status": 200 });
        assert_eq!(answer.json(), accepted);
    }

    fn come(&self, script: Value) -> String {
        let answer = self.ask("POST", "/sandbox/customers", json!({ "script": script }));
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["interaction_hash"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// How the only customer fares in the end.
    fn gone(&self) -> Value {
        self.get("/sandbox/customers?wait=20000").json()[0].clone()
    }
}

fn heard(hook: &Hook) -> Value {
    serde_json::from_str(&hook.next()).unwrap()
}

#[test]
fn a_bot_talks_with_a_scripted_customer() {
    let bot = Hook::open();
    let running = Running::start(&["--bot", &bot.url]);
    let hash = running.come(json!({ "department": 2, "steps": [
        { "hear": "accepted" }, { "say": "Oi" }, { "hear": "message", "contains": "BOM DIA" },
        { "say": "Look", "type": "image", "url": "https://example.com/a.png" },
        { "hear": "message" }, "typing", "cleared", "finish",
    ] }));
    assert_eq!(
        heard(&bot),
        json!({ "type": "new_interaction", "interaction_hash": hash, "department_id": 2 })
    );
    running.bot_does(&hash, "accept", json!({}));
    let message = |content: &str, kind: &str| json!({ "type": "new_message", "interaction_hash": hash, "content": content, "content_type": kind });
    assert_eq!(heard(&bot), message("Oi", "text"));
    running.bot_does(&hash, "message", json!({ "content": "Olá. Bom dia!" }));
    assert_eq!(heard(&bot), message("Look", "text"));
    assert_eq!(heard(&bot), message("https://example.com/a.png", "image"));
    let attachment = json!({ "url": "https://example.com/b.pdf", "size": 1024 });
    let file = json!({ "content_type": "file", "attachment": attachment });
    running.bot_does(&hash, "message", file);
    assert_eq!(
        heard(&bot),
        json!({ "type": "finished_interaction", "interaction_hash": hash })
    );
    let expected = json!({ "interactionHash": hash, "departmentId": "2", "state": "done" });
    assert_eq!(running.gone(), expected);
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
    let (bot, hook) = (Hook::open(), Hook::open());
    let running = Running::with_webhook(&hook.url, &["--bot", &bot.url]);
    running.start_of("12");
    let first = heard(&bot);
    let hash = first["interaction_hash"].as_str().unwrap().to_owned();
    running.bot_does(&hash, "accept", json!({}));
    assert_eq!(hook.next(), r#"{"status":"accepted","clientId":"12"}"#);
    running.accepted("message", "oi", "12");
    assert_eq!(heard(&bot)["content"], "oi");
    running.bot_does(
        &hash,
        "message",
        json!({ "content": "olá", "content_type": "text" }),
    );
    assert_eq!(hook.next(), r#"{"message":"olá","clientId":"12"}"#);
    running.bot_does(&hash, "finish", json!({}));
    assert_eq!(hook.next(), r#"{"status":"finish","clientId":"12"}"#);
    assert_eq!(running.state_of("12"), "finished");

    let hash = running.begin(json!({ "extra": { "clientId": "13" } }));
    assert_eq!(heard(&bot)["interaction_hash"], json!(hash));
    running.bot_does(&hash, "accept", json!({}));
    let accepted =
        json!({ "interaction_hash": hash, "state": "accepted", "extra": { "clientId": "13" } });
    assert_eq!(heard(&hook), accepted);
    assert_eq!(running.on(&hash, "finish", json!({})).status, 200);
    assert_eq!(heard(&bot)["type"], "finished_interaction");
}

#[test]
fn a_transfer_gives_the_interaction_to_an_agent() {
    let (bot, hook) = (Hook::open(), Hook::open());
    let greets = File::new(
        "greets",
        r#"{"rules":[{"on":"start","steps":["accepted",{"message":"Sales here"}]},{"on":"message","steps":["echo"]}]}"#,
    );
    let agent = format!("2={}", greets.path());
    let options = ["--bot", &bot.url, "--agent", &agent, "--agent", "silent"];
    let running = Running::with_webhook(&hook.url, &options);
    let begin = || {
        let hash = running.begin(json!({}));
        bot.next();
        running.bot_does(&hash, "accept", json!({}));
        assert_eq!(heard(&hook)["state"], "accepted");
        hash
    };
    let hash = begin();
    running.bot_does(&hash, "transfer", json!({ "department_id": 2 }));
    // Said at once; heard by the agent after the start.
    assert_eq!(
        running
            .on(&hash, "messages", json!({ "content": "oi" }))
            .status,
        200
    );
    let transferred = heard(&hook);
    assert_eq!(
        (&transferred["state"], &transferred["department_id"]),
        (&json!("transferred"), &json!(2))
    );
    assert_eq!(heard(&hook)["state"], "accepted");
    assert_eq!(heard(&hook)["message"]["content"], "Sales here");
    assert_eq!(heard(&hook)["message"]["content"], "oi");
    let refused = running.bot(&hash, "message", json!({ "content": "still me" }));
    assert_eq!(
        refused.json(),
        json!({
            "message": "the interaction is not the bot's; expected one that it was told of and has not transferred",
            "status": 422,
        })
    );
    // Without a department, to where it started.
    let hash = begin();
    running.bot_does(&hash, "transfer", json!({}));
    assert_eq!(heard(&hook)["department_id"], 1);
    assert_eq!(heard(&hook)["state"], "accepted");
    assert!(bot.is_quiet());
}

#[test]
fn what_a_bot_said_before_another_start_is_not_heard_after_it() {
    let (bot, hook) = (Hook::open(), Hook::open());
    let running = Running::with_webhook(&hook.url, &["--bot", &bot.url]);
    running.start_of("12");
    let hash = heard(&bot)["interaction_hash"].as_str().unwrap().to_owned();
    running.bot_does(&hash, "accept", json!({}));
    let accepted = hook.held();
    running.bot_does(&hash, "finish", json!({}));
    running.start_of("12");
    accepted.answer(200);
    let hash = heard(&bot)["interaction_hash"].as_str().unwrap().to_owned();
    running.bot_does(&hash, "accept", json!({}));
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
fn what_a_bot_is_refused() {
    let (bot, hook) = (Hook::open(), Hook::open());
    let options = ["--bot", &bot.url, "--agent", "2=closed"];
    let running = Running::with_webhook(&hook.url, &options);
    let fresh = running.begin(json!({}));
    bot.next();
    let taken = running.begin(json!({}));
    bot.next();
    running.bot_does(&taken, "accept", json!({}));
    hook.next();
    let over = running.begin(json!({}));
    bot.next();
    assert_eq!(running.on(&over, "finish", json!({})).status, 200);
    bot.next();
    let unknown = "the interaction is unknown; expected one that the bot was told of";
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
            "the interaction is accepted already",
        ),
        (
            &taken,
            "accept",
            text,
            "unknown field \"content\"; accept takes token",
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
            "attachment is missing; image needs it",
        ),
        (
            &taken,
            "message",
            json!({ "content": 5, "content_type": "image", "attachment": { "url": "https://a/" } }),
            "content is a number; expected a JSON string, or the field left out",
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
            "attachment goes with image, video, audio and file only",
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
        let answer = running.bot(hash, what, body);
        assert_eq!(answer.json(), json!({ "message": message, "status": 422 }));
        assert_eq!(answer.status, 422);
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
fn a_bot_is_registered_in_the_portal_for_all_departments_or_for_one() {
    let (one, all, hook) = (Hook::open(), Hook::open(), Hook::open());
    let running = Running::with_webhook(&hook.url, &["--agent", "silent"]);
    let register = |body: Value| running.ask("PUT", BOT, body);
    assert_eq!(
        register(json!({ "url": all.url })).json(),
        json!({ "url": all.url })
    );
    let of_two = json!({ "url": one.url, "department_id": 2 });
    assert_eq!(register(of_two).status, 200);
    running.start_of("a");
    assert_eq!(heard(&all)["department_id"], 1);
    running.rest(&running.request_to("2", "info", "init", "b"));
    assert_eq!(heard(&one)["department_id"], 2);
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
            "url is no absolute http or https URL",
        ),
        (
            json!({ "url": "http://a/", "department_id": "2" }),
            "department_id is a string; expected a whole JSON number",
        ),
        (
            json!({ "url": "http://a/", "x": 1 }),
            "unknown field \"x\"; bot takes token, url, department_id",
        ),
    ] {
        assert_eq!(
            register(body).json(),
            json!({ "message": message, "status": 422 })
        );
    }
    assert_eq!(running.get(BOT).allow.as_deref(), Some("PUT"));
}

#[test]
fn a_customer_who_hears_nothing_hangs_up_and_says_why() {
    let bot = Hook::open();
    let running = Running::start(&["--bot", &bot.url]);
    running.come(json!({ "steps": [{ "hear": "accepted", "within": 100 }] }));
    assert_eq!(heard(&bot)["type"], "new_interaction");
    assert_eq!(heard(&bot)["type"], "finished_interaction");
    let gone = running.gone();
    assert_eq!(
        (&gone["state"], &gone["error"]),
        (
            &json!("failed"),
            &json!("step 1: no accepted within 100 ms")
        )
    );
}

#[test]
fn the_customers_of_the_command_line_come_when_their_bot_is_known() {
    let bot = Hook::open();
    let file = File::new(
        "both",
        r#"{"department":2,"steps":[{"hear":"accepted"},"finish"]}"#,
    );
    let url = format!("2={}", bot.url);
    let running = Running::start(&["--customer", file.path(), "--bot", &url]);
    let hash = heard(&bot)["interaction_hash"].as_str().unwrap().to_owned();
    running.bot_does(&hash, "accept", json!({}));
    assert_eq!(running.gone()["state"], "done");
    let later = Running::start(&["--customer", file.path()]);
    assert_eq!(later.get("/sandbox/customers").json(), json!([]));
    // The bot of another department is not waited for.
    let of_one = json!({ "url": bot.url, "department_id": 1 });
    assert_eq!(later.ask("PUT", BOT, of_one).status, 200);
    assert_eq!(later.get("/sandbox/customers").json(), json!([]));
    assert_eq!(later.ask("PUT", BOT, json!({ "url": bot.url })).status, 200);
    assert_eq!(heard(&bot)["type"], "finished_interaction");
    assert_eq!(heard(&bot)["department_id"], 2);
}

#[test]
fn a_customer_comes_up_in_the_queue_when_another_has_gone() {
    let busy = r#"{"atOnce":1,"rules":[{"on":"start","steps":["accepted"]}]}"#;
    let file = File::new("one-at-once", busy);
    let running = Running::start(&["--agent", file.path()]);
    running.come(json!({ "steps": [{ "hear": "accepted" }, { "wait": 300 }, "finish"] }));
    running.come(json!({ "steps": [{ "hear": "queued" }, { "hear": "accepted" }, "finish"] }));
    let gone = running.get("/sandbox/customers?wait=20000").json();
    let states: Vec<&Value> = gone
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["state"])
        .collect();
    assert_eq!(states, ["done", "done"], "{gone}");
}

#[test]
fn a_customer_is_refused_with_what_is_wrong() {
    let running = Running::start(&["--agent", "2=closed"]);
    let refused = |body: Value| running.ask("POST", "/sandbox/customers", body).json();
    let message = |message: &str| json!({ "message": message, "status": 422 });
    assert_eq!(
        refused(json!({})),
        message("script is missing; expected a JSON object")
    );
    assert_eq!(
        refused(json!({ "script": { "steps": ["wave"] } })),
        message(
            "script: step 1: \"wave\" is unknown; expected typing, cleared, finish, or an object with say, hear or wait"
        )
    );
    assert_eq!(
        refused(json!({ "script": { "department": 9, "steps": ["finish"] } })),
        message("department_id is unknown; expected one of the account's departments")
    );
    assert_eq!(
        refused(json!({ "script": { "department": 2, "steps": ["finish"] } })),
        message("the department is not active")
    );
    assert_eq!(running.get("/sandbox/customers").json(), json!([]));
    assert_eq!(running.get("/sandbox/customers?wait=x").status, 422);
}

#[test]
fn a_reset_ends_the_customers_and_keeps_the_bot() {
    let bot = Hook::open();
    let running = Running::start(&["--bot", &bot.url]);
    running.come(json!({ "steps": [{ "hear": "accepted" }] }));
    bot.next();
    assert_eq!(
        running
            .call("DELETE", "/sandbox/transcript", None, b"")
            .status,
        200
    );
    assert_eq!(
        running.get("/sandbox/customers?wait=20000").json(),
        json!([])
    );
    let hash = running.come(json!({ "steps": [{ "hear": "accepted" }, "finish"] }));
    assert_eq!(heard(&bot)["interaction_hash"], json!(hash));
    running.bot_does(&hash, "accept", json!({}));
    assert_eq!(heard(&bot)["type"], "finished_interaction");
    assert_eq!(running.gone()["state"], "done");
}

#[test]
fn the_example_customer_is_handed_on_by_the_example_agent() {
    let example = |path: &str| format!("{}/examples/{path}", env!("CARGO_MANIFEST_DIR"));
    let agent = format!("1={}", example("agents/triagem.json"));
    let running = Running::start(&["--agent", &agent]);
    let script = std::fs::read(example("customers/comprar.json")).unwrap();
    running.come(serde_json::from_slice(&script).unwrap());
    let gone = running.gone();
    assert_eq!(
        (&gone["state"], &gone["error"]),
        (&json!("done"), &Value::Null)
    );
}
