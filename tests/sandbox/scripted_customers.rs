//! Scripted customers: their start, their steps, and their results.

use crate::external_bot::BOT;
use crate::running_sandbox::RunningSandbox;
use crate::temporary_file::TemporaryFile;
use crate::webhook_server::WebhookServer;
use serde_json::{Value, json};

#[test]
fn a_customer_without_the_expected_trigger_finishes_and_fails() {
    let bot = WebhookServer::open();
    let running = RunningSandbox::start(&["--bot", &bot.url]);
    running.start_customer(json!({ "steps": [{ "hear": "accepted", "within": 100 }] }));
    assert_eq!(bot.next_json()["type"], "new_interaction");
    assert_eq!(bot.next_json()["type"], "finished_interaction");
    let gone = running.ended_customer();
    assert_eq!(
        (&gone["state"], &gone["error"]),
        (
            &json!("failed"),
            &json!("step 1: no accepted within 100 ms")
        )
    );
}

#[test]
fn a_customer_starts_when_its_department_has_a_bot() {
    let bot = WebhookServer::open();
    let file = TemporaryFile::new(
        "both",
        r#"{"department":2,"steps":[{"hear":"accepted"},"finish"]}"#,
    );
    let url = format!("2={}", bot.url);
    let running = RunningSandbox::start(&["--customer", file.path(), "--bot", &url]);
    let hash = bot.next_json()["interaction_hash"]
        .as_str()
        .unwrap()
        .to_owned();
    running.bot_succeeds(&hash, "accept", json!({}));
    assert_eq!(running.ended_customer()["state"], "done");
    let later = RunningSandbox::start(&["--customer", file.path()]);
    assert_eq!(later.get("/sandbox/customers").json(), json!([]));
    // A bot of another department does not start the customer.
    let of_one = json!({ "url": bot.url, "department_id": 1 });
    assert_eq!(later.send_request("PUT", BOT, of_one).status, 200);
    assert_eq!(later.get("/sandbox/customers").json(), json!([]));
    assert_eq!(
        later
            .send_request("PUT", BOT, json!({ "url": bot.url }))
            .status,
        200
    );
    assert_eq!(bot.next_json()["type"], "finished_interaction");
    assert_eq!(bot.next_json()["department_id"], 2);
}

#[test]
fn a_customer_advances_in_the_queue_when_another_finishes() {
    let busy = r#"{"atOnce":1,"rules":[{"on":"start","steps":["accepted"]}]}"#;
    let file = TemporaryFile::new("one-at-once", busy);
    let running = RunningSandbox::start(&["--agent", file.path()]);
    running.start_customer(json!({ "steps": [{ "hear": "accepted" }, { "wait": 300 }, "finish"] }));
    running.start_customer(
        json!({ "steps": [{ "hear": "queued" }, { "hear": "accepted" }, "finish"] }),
    );
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
fn an_invalid_customer_is_rejected_with_a_reason() {
    let running = RunningSandbox::start(&["--agent", "2=closed"]);
    let refused = |body: Value| {
        running
            .send_request("POST", "/sandbox/customers", body)
            .json()
    };
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
fn reset_ends_the_customers_and_preserves_the_bot() {
    let bot = WebhookServer::open();
    let running = RunningSandbox::start(&["--bot", &bot.url]);
    running.start_customer(json!({ "steps": [{ "hear": "accepted" }] }));
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
    let hash = running.start_customer(json!({ "steps": [{ "hear": "accepted" }, "finish"] }));
    assert_eq!(bot.next_json()["interaction_hash"], json!(hash));
    running.bot_succeeds(&hash, "accept", json!({}));
    assert_eq!(bot.next_json()["type"], "finished_interaction");
    assert_eq!(running.ended_customer()["state"], "done");
}

#[test]
fn the_example_agent_transfers_the_example_customer() {
    let example = |path: &str| format!("{}/examples/{path}", env!("CARGO_MANIFEST_DIR"));
    let agent = format!("1={}", example("agents/triagem.json"));
    let running = RunningSandbox::start(&["--agent", &agent]);
    let script = std::fs::read(example("customers/comprar.json")).unwrap();
    running.start_customer(serde_json::from_slice(&script).unwrap());
    let gone = running.ended_customer();
    assert_eq!(
        (&gone["state"], &gone["error"]),
        (&json!("done"), &Value::Null)
    );
}
