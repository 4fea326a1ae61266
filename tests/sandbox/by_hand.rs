//! An agent by hand: steps that are played in an interaction, in its dialect.

use crate::hook::Hook;
use crate::running::Running;
use serde_json::{Value, json};

impl Running {
    fn play(&self, of: (&str, &str), steps: Value) -> Value {
        let (field, id) = of;
        let answer = self.ask(
            "POST",
            "/sandbox/steps",
            json!({ field: id, "steps": steps }),
        );
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["results"].clone()
    }
}

/// Plays the steps while the webhook answers; gives what it was posted and what was answered for each.
fn played(
    running: &Running,
    hook: &Hook,
    of: (&str, &str),
    steps: Value,
    posts: usize,
) -> (Vec<Value>, Value) {
    std::thread::scope(|scope| {
        let playing = scope.spawn(|| running.play(of, steps));
        let heard = (0..posts)
            .map(|_| serde_json::from_str(&hook.next()).unwrap())
            .collect();
        (heard, playing.join().unwrap())
    })
}

#[test]
fn steps_by_hand_have_the_form_of_the_interaction_s_dialect() {
    let hook = Hook::open();
    let running = Running::with_webhook(&hook.url, &["--agent", "silent"]);
    running.start_of("12");
    let hash =
        running.begin(json!({ "extra": { "clientId": "13" }, "customer": { "name": "Ana" } }));
    hook.next();
    hook.next();
    let steps = || json!(["typing", { "wait": 1 }, { "message": "Oi, {customerName}!" }, "again", "finish"]);
    let ok = json!({ "status": 200 });
    let (heard, results) = played(&running, &hook, ("clientId", "12"), steps(), 4);
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
    let (heard, _) = played(&running, &hook, ("interactionHash", &hash), steps(), 4);
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
fn a_client_id_means_its_last_interaction_in_whatever_dialect() {
    let hook = Hook::open();
    let running = Running::with_webhook(&hook.url, &["--agent", "silent"]);
    running.start_of("12");
    hook.next();
    running.begin(json!({ "extra": { "clientId": "12" } }));
    hook.next();
    let (heard, _) = played(&running, &hook, ("clientId", "12"), json!(["cleared"]), 1);
    assert_eq!(heard[0]["state"], "cleared");
}

#[test]
fn what_could_not_be_posted_is_told_step_by_step() {
    let running = Running::start(&["--agent", "silent"]);
    running.start_of("12");
    let results = running.play(("clientId", "12"), json!([{ "queued": 1 }, "typing"]));
    assert_eq!(
        results,
        json!([
            {
                "status": null,
                "error": "nothing was posted: its dialect has no such trigger, or its customer no webhook",
            },
            { "status": null, "error": "no webhook is set for the token" },
        ])
    );
}

#[test]
fn steps_are_refused_with_what_is_wrong() {
    let running = Running::start(&["--agent", "silent"]);
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
            "steps: step 2: echo is a message's; a start has none",
        ),
        (
            json!({ "clientId": "13", "steps": [] }),
            404,
            "there is no such interaction",
        ),
        (
            json!({ "interactionHash": "none", "steps": [] }),
            404,
            "there is no such interaction",
        ),
        (
            json!({ "clientId": "12", "steps": [], "object": {} }),
            422,
            "unknown field \"object\"; steps takes token, clientId, interactionHash, steps",
        ),
    ];
    for (body, status, message) in cases {
        let answer = running.ask("POST", "/sandbox/steps", body);
        assert_eq!(
            answer.json(),
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
