//! The forms of an answer in which a refusal hides under HTTP 200.

use crate::running::{Answer, Running};
use serde_json::{Value, json};

const START: &str = "/core/api/v1/interactions";

fn both(running: &Running, rest: &Value, start: Value) -> [Answer; 2] {
    [running.rest(rest), running.ask("POST", START, start)]
}

#[test]
fn success_false_hides_every_refusal_under_200() {
    let running = Running::start(&["--answers", "success-false", "--agent", "silent"]);
    let refused = running.request("info", "typing", "none");
    let [rest, interactions] = both(&running, &refused, json!({}));
    let hidden = |message: &str| json!({ "success": false, "errors": [message] });
    assert_eq!(
        rest.json(),
        hidden("clientId \"none\" has no interaction; expected start first")
    );
    assert_eq!(
        interactions.json(),
        hidden("department_id is missing; expected a JSON number")
    );
    assert_eq!((rest.status, interactions.status), (200, 200));
    let external = running.get("/api/external/departments?token=other");
    assert_eq!(
        (external.status, external.json()["success"].clone()),
        (200, json!(false))
    );
    running.start_of("12");
    // A request that reaches no part of the service is refused as ever.
    assert_eq!(running.get("/elsewhere").status, 404);
    assert_eq!(
        running
            .call("POST", START, Some("application/json"), b"{")
            .status,
        400
    );
}

#[test]
fn status_inside_says_200_outside_and_the_truth_inside() {
    let running = Running::start(&["--answers", "status-inside"]);
    let mut refused = running.request("info", "init", "12");
    refused["token"] = json!("other");
    let [rest, interactions] = both(&running, &refused, json!({ "department_id": 99 }));
    assert_eq!((rest.status, interactions.status), (200, 200));
    assert_eq!(
        (&rest.json()["status"], &interactions.json()["status"]),
        (&json!(401), &json!(422))
    );
    assert!(
        running
            .transcript()
            .iter()
            .all(|entry| entry["error"].is_string())
    );
    let external = running.get("/api/external/departments?token=other");
    assert_eq!(
        (external.status, external.json()["status"].clone()),
        (200, json!(404))
    );
}

#[test]
fn an_answer_that_carries_something_is_json_in_every_form() {
    for form in ["empty", "text", "success-false", "status-inside"] {
        let running = Running::start(&["--answers", form]);
        let hash = running.begin(json!({}));
        assert_eq!(hash.len(), 36);
        let token = running.told("token");
        let departments = running.get(&format!("/api/external/departments?token={token}"));
        assert_eq!(departments.json()[0]["id"], 1);
        assert_eq!(running.on(&hash, "typing", json!({})).status, 200);
    }
}
