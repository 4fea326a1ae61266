//! The lists of departments and agents in `gateway` and `interactions`.

use crate::running_sandbox::{RunningSandbox, SandboxResponse};
use crate::temporary_file::TemporaryFile;
use crate::webhook_server::WebhookServer;
use serde_json::{Value, json};

const PATH: &str = "/api/external/departments";
const ONLINE: &str = "/core/api/v1/agents/online";
const GATEWAY: &str = "/client-gateway/api/rest/v1";

const TEAM: &str = r#"{"agents":[{"id":7,"name":"Bia","photo":"https://example.com/bia.png"},{"id":8,"name":"Caio"},
    {"id":9,"name":"Duda"},{"id":10,"name":"Enzo"}],"rules":[{"on":"start","steps":["accepted"]}]}"#;

impl RunningSandbox {
    fn listed(&self, path: &str) -> SandboxResponse {
        self.get(&format!("{path}?token={}", self.ready_field("token")))
    }

    fn gateway_list(&self, client_id: Value) -> SandboxResponse {
        let body = json!({ "type": "info", "content": "departments", "clientId": client_id });
        self.send_request("POST", GATEWAY, body)
    }
}

fn channels(state: u8) -> Value {
    json!([
        { "id": 1, "name": "Chat", "state": state },
        { "id": 2, "name": "WhatsApp", "state": state },
    ])
}

#[test]
fn both_dialects_list_the_same_departments() {
    let file = TemporaryFile::new("team", TEAM);
    let team = format!("3={}", file.path());
    let options = [
        "--agent",
        &team,
        "--agent",
        "2=closed",
        "--department",
        "3=Billing",
    ];
    let running = RunningSandbox::start(&options);
    let ana = json!([{ "id": 1, "name": "Ana", "photo": null }]);
    let people = [
        json!({ "id": 7, "name": "Bia", "photo": "https://example.com/bia.png" }),
        json!({ "id": 8, "name": "Caio", "photo": null }),
        json!({ "id": 9, "name": "Duda", "photo": null }),
        json!({ "id": 10, "name": "Enzo", "photo": null }),
    ];
    let expected = json!([
        { "id": 1, "name": "Support", "state": 1, "queue": 0, "agents": ana, "channels": channels(1) },
        { "id": 2, "name": "Sales", "state": 0, "queue": 0, "agents": ana, "channels": channels(0) },
        { "id": 3, "name": "Billing", "state": 1, "queue": 0, "agents": people, "channels": channels(1) },
    ]);
    assert_eq!(running.listed(PATH).json(), expected);
    assert_eq!(running.gateway_list(json!("12")).json(), expected);
    assert_eq!(running.gateway_list(json!(12)).json(), expected);
    let transcript = running.transcript();
    let shown = |n: usize| {
        let entry = &transcript[n];
        (
            entry["dialect"].clone(),
            entry["kind"].clone(),
            entry["clientId"].clone(),
        )
    };
    let kind = json!("departments");
    assert_eq!(shown(0), (json!("interactions"), kind.clone(), Value::Null));
    assert_eq!(shown(1), (json!("gateway"), kind.clone(), json!("12")));
    assert_eq!(shown(2), (json!("gateway"), kind, json!("12")));
    assert_eq!(transcript[0]["body"], json!({ "token": "[redacted]" }));
}

#[test]
fn the_gateway_list_has_three_forms() {
    for (form, holder) in [
        ("array", None),
        ("departments", Some("departments")),
        ("data", Some("data")),
    ] {
        let running = RunningSandbox::start(&["--department-list", form]);
        let response = running.gateway_list(json!("12")).json();
        let list = holder.map_or(&response, |holder| &response[holder]);
        assert_eq!(list[1]["name"], "Sales");
    }
}

#[test]
fn the_queue_is_the_number_of_waiting_interactions() {
    let file = TemporaryFile::new(
        "waits",
        r#"{"rules":[{"on":"typing","steps":["accepted"]}]}"#,
    );
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &["--agent", file.path()]);
    let (first, _second) = (running.begin(json!({})), running.begin(json!({})));
    let queue = || running.listed(PATH).json()[0]["queue"].clone();
    assert_eq!(queue(), 2);
    running.on(&first, "typing", json!({}));
    hook.next();
    assert_eq!(queue(), 1);
}

#[test]
fn at_most_three_online_agents_are_listed() {
    let file = TemporaryFile::new("online", TEAM);
    let team = format!("2={}", file.path());
    let running = RunningSandbox::start(&["--agent", &team, "--agent", "3=unavailable"]);
    let all = running.listed(ONLINE).json();
    assert_eq!(
        (&all["count"], &all["averageService"], &all["status"]),
        (&json!(5), &json!(0), &json!(200))
    );
    let shown = all["agents"].as_array().unwrap();
    assert_eq!(shown.len(), 3);
    assert!(
        shown
            .iter()
            .all(|agent| agent["id"].is_u64() && agent["name"].is_string())
    );
    let of = |department: &str| {
        running
            .get(&format!(
                "{ONLINE}?token={}&department_id={department}",
                running.ready_field("token")
            ))
            .json()
    };
    assert_eq!(
        of("1")["agents"],
        json!([{ "id": 1, "name": "Ana", "photo": null }])
    );
    assert_eq!(
        (&of("3")["agents"], &of("3")["count"]),
        (&json!([]), &json!(0))
    );
    assert_eq!(of("99")["status"], 422);
}

#[test]
fn the_average_wait_is_in_seconds() {
    let slow = r#"{"rules":[{"on":"start","steps":[{"wait":2100},"accepted"]}]}"#;
    let file = TemporaryFile::new("slow", slow);
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &["--agent", file.path()]);
    running.begin(json!({}));
    hook.next();
    let average = running.listed(ONLINE).json()["averageService"].clone();
    // On a busy machine the wait is longer, never shorter.
    assert!((2..20).contains(&average.as_u64().unwrap()), "{average}");
}

#[test]
fn the_external_api_rejects_with_404_and_the_others_with_422() {
    let running = RunningSandbox::start(&[]);
    let token = running.ready_field("token");
    let unknown = "the token is unknown; expected one that the portal generated";
    for (query, message) in [
        (String::new(), "token is missing; expected a JSON string"),
        ("?token=other".to_owned(), unknown),
        (
            format!("?token={token}&x=1"),
            "unknown field \"x\"; departments accepts token",
        ),
    ] {
        let response = running.get(&format!("{PATH}{query}"));
        assert_eq!(
            response.json(),
            json!({ "message": message, "status": 404 })
        );
        assert_eq!(response.status, 404);
    }
    assert_eq!(running.get(&format!("{ONLINE}?token=other")).status, 422);
    assert_eq!(
        running
            .get(&format!("{ONLINE}?token={token}&token={token}"))
            .status,
        422
    );
    assert_eq!(
        running.call("POST", PATH, None, b"").allow.as_deref(),
        Some("GET")
    );
    assert_eq!(running.gateway_list(json!([])).status, 422);
    assert_eq!(running.gateway_list(Value::Null).status, 422);
}

#[test]
fn a_closed_department_rejects_a_start_in_the_later_dialects() {
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &["--agent", "2=closed"]);
    let refused = json!({ "message": "the department is not active", "status": 422 });
    let start = json!({ "department_id": 2 });
    assert_eq!(
        running
            .send_request("POST", "/core/api/v1/interactions", start)
            .json(),
        refused
    );
    let start = running.request_to("2", "info", "init", "12");
    assert_eq!(
        running.send_request("POST", GATEWAY, start.clone()).json(),
        refused
    );
    assert_eq!(running.rest(&start).status, 200);
    assert_eq!(hook.next(), r#"{"status":"unavailable","clientId":"12"}"#);
}
