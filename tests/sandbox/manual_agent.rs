//! A test acts as the agent: steps that run in an interaction, in its dialect.

use crate::running_sandbox::RunningSandbox;
use crate::webhook_server::WebhookServer;
use serde_json::{Value, json};

impl RunningSandbox {
    fn post_steps(&self, of: (&str, &str), steps: Value) -> Value {
        let (field, id) = of;
        let response = self.send_request(
            "POST",
            "/sandbox/steps",
            json!({ field: id, "steps": steps }),
        );
        assert_eq!(response.status, 200, "{}", response.body);
        response.json()["results"].clone()
    }
}

/// Runs the steps while the webhook responds. Returns the triggers, and the results of the steps.
fn run_steps(
    running: &RunningSandbox,
    hook: &WebhookServer,
    of: (&str, &str),
    steps: Value,
    posts: usize,
) -> (Vec<Value>, Value) {
    std::thread::scope(|scope| {
        let playing = scope.spawn(|| running.post_steps(of, steps));
        let heard = (0..posts)
            .map(|_| serde_json::from_str(&hook.next()).unwrap())
            .collect();
        (heard, playing.join().unwrap())
    })
}

#[test]
fn manual_steps_use_the_dialect_of_the_interaction() {
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &["--agent", "silent"]);
    running.start_of("12");
    let hash =
        running.begin(json!({ "extra": { "clientId": "13" }, "customer": { "name": "Ana" } }));
    hook.next();
    hook.next();
    let steps = || json!(["typing", { "wait": 1 }, { "message": "Oi, {customerName}!" }, "again", "finish"]);
    let ok = json!({ "status": 200 });
    let (heard, results) = run_steps(&running, &hook, ("clientId", "12"), steps(), 4);
    let message = json!({ "message": "Oi, !", "clientId": "12" });
    assert_eq!(
        heard,
        [
            json!({ "status": "typing", "clientId": "12" }),
            message.clone(),
            message,
            json!({ "status": "finish", "clientId": "12" }),
        ]
    );
    assert_eq!(results, json!([ok, ok, ok, ok]));
    assert_eq!(running.state_of("12"), "finished");
    let (heard, _) = run_steps(&running, &hook, ("interactionHash", &hash), steps(), 4);
    assert_eq!(heard[0]["state"], "typing");
    assert_eq!(heard[1]["message"]["content"], "Oi, Ana!");
    assert_eq!(heard[1], heard[2], "the same message, under the same hash");
    assert_eq!(
        (&heard[3]["state"], &heard[3]["interaction_hash"]),
        (&json!("finished"), &json!(hash))
    );
    assert_eq!(running.state_of("13"), "finished");
}

#[test]
fn a_client_id_selects_the_most_recent_interaction_of_any_dialect() {
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &["--agent", "silent"]);
    running.start_of("12");
    hook.next();
    running.begin(json!({ "extra": { "clientId": "12" } }));
    hook.next();
    let (heard, _) = run_steps(&running, &hook, ("clientId", "12"), json!(["cleared"]), 1);
    assert_eq!(heard[0]["state"], "cleared");
}

#[test]
fn each_step_that_is_not_sent_has_an_error() {
    let running = RunningSandbox::start(&["--agent", "silent"]);
    running.start_of("12");
    let results = running.post_steps(("clientId", "12"), json!([{ "queued": 1 }, "typing"]));
    assert_eq!(
        results,
        json!([
            {
                "status": null,
                "error": "nothing was sent: the interaction's dialect has no such trigger, or its customer is scripted",
            },
            { "status": null, "error": "no webhook is set for the token" },
        ])
    );
}

#[test]
fn invalid_steps_are_rejected_with_a_reason() {
    let running = RunningSandbox::start(&["--agent", "silent"]);
    running.start_of("12");
    let cases = [
        (
            json!({ "steps": [] }),
            422,
            "clientId is missing; expected a JSON string",
        ),
        (
            json!({ "clientId": "12" }),
            422,
            "steps: expected an array of steps",
        ),
        (
            json!({ "clientId": "12", "steps": ["typing", "echo"] }),
            422,
            "steps: step 2: echo is allowed in rules on message only, not on start",
        ),
        (
            json!({ "clientId": "13", "steps": [] }),
            404,
            "the interaction is unknown; expected one that was started",
        ),
        (
            json!({ "interactionHash": "none", "steps": [] }),
            404,
            "the interaction is unknown; expected one that was started",
        ),
        (
            json!({ "clientId": "12", "steps": [], "object": {} }),
            422,
            "unknown field \"object\"; steps accepts token, clientId, interactionHash, steps",
        ),
    ];
    for (body, status, message) in cases {
        let response = running.send_request("POST", "/sandbox/steps", body);
        assert_eq!(
            response.json(),
            json!({ "message": message, "status": status })
        );
    }
    let other = json!({ "token": "other", "clientId": "12", "steps": [] }).to_string();
    assert_eq!(
        running
            .call("POST", "/sandbox/steps", None, other.as_bytes())
            .status,
        404
    );
    assert_eq!(running.get("/sandbox/steps").allow.as_deref(), Some("POST"));
}
