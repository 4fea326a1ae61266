//! The requests of `interactions` for updates, off-hours contacts and WhatsApp.

use crate::running_sandbox::RunningSandbox;
use crate::webhook_server::WebhookServer;
use serde_json::{Value, json};

const OFF_HOURS: &str = "/core/api/v1/offcontact";
const WHATSAPP: &str = "/core/api/v1/whatsapp";

#[test]
fn an_update_is_stored_and_listed() {
    let running = RunningSandbox::start(&["--agent", "silent"]);
    let hash = running.begin(json!({
        "media_type": "SMS", "extra": { "clientId": "12" }, "external_history": "https://example.com/12",
    }));
    let path = format!("/core/api/v1/interactions/{hash}");
    let key = "0b0e7a52-6f0c-4f5c-9d49-52a1e5cbb1d4";
    let update = json!({ "mood": "POSITIVE", "tag_ids": ["a", "b"], "note": "called back" });
    let response = running.send_request("PUT", &path, update);
    assert_eq!(
        response.json(),
        json!({ "message": "update accepted", "status": 200 })
    );
    assert_eq!(running.on(&hash, "finish", json!({})).status, 200);
    let update = json!({ "mood": "NEGATIVE", "customer_key": key });
    assert_eq!(running.send_request("PUT", &path, update).status, 200);
    let shown = &running.get("/sandbox/interactions").json()[0];
    for (field, value) in [
        ("mood", json!("NEGATIVE")),
        ("tagIds", json!(["a", "b"])),
        ("customerKey", json!(key)),
        ("note", json!("called back")),
        ("mediaType", json!("SMS")),
        ("externalHistory", json!("https://example.com/12")),
    ] {
        assert_eq!(shown[field], value, "{field}");
    }
    let transcript = running.transcript();
    let entry = transcript
        .iter()
        .find(|entry| entry["kind"] == "update")
        .unwrap();
    assert_eq!(
        (&entry["clientId"], &entry["body"]["note"]),
        (&json!("12"), &json!("called back"))
    );
    let cases = [
        (
            json!({ "mood": "HAPPY" }),
            "mood is unknown; expected one of POSITIVE, NEGATIVE",
        ),
        (
            json!({ "tag_ids": "a" }),
            "tag_ids is a string; expected an array of JSON strings",
        ),
        (
            json!({ "tag_ids": [1] }),
            "tag_ids contains an element that is not a JSON string",
        ),
        (
            json!({ "customer_key": "12" }),
            "customer_key is not a UUID",
        ),
        (
            json!({ "tags": [] }),
            "unknown field \"tags\"; update accepts token, mood, tag_ids, customer_key, note",
        ),
    ];
    for (body, message) in cases {
        let response = running.send_request("PUT", &path, body);
        assert_eq!(
            response.json(),
            json!({ "message": message, "status": 422 })
        );
    }
    let nowhere = running.send_request(
        "PUT",
        "/core/api/v1/interactions/none",
        json!({ "note": "a" }),
    );
    assert_eq!(nowhere.status, 422);
}

#[test]
fn an_off_hours_contact_is_stored_and_accepts_no_requests() {
    let running = RunningSandbox::start(&["--agent", "2=closed"]);
    let contact = json!({
        "content": "Call me", "content_type": "text", "department_id": 2,
        "customer": { "email": "j@example.com", "name": "Joao", "phone": "1", "cpf": "2" },
    });
    let response = running
        .send_request("POST", OFF_HOURS, contact.clone())
        .json();
    let hash = response["interaction_hash"].as_str().unwrap();
    assert_eq!((hash.len(), &response["status"]), (36, &json!(200)));
    let shown = &running.get("/sandbox/interactions").json()[0];
    assert_eq!(
        (
            &shown["state"],
            &shown["interactionHash"],
            &shown["departmentId"]
        ),
        (&json!("offHours"), &json!(hash), &json!("2"))
    );
    let refused = running.on(hash, "messages", json!({ "content": "oi" }));
    assert_eq!(
        refused.json()["message"],
        "the interaction is an off-hours contact, which accepts no requests"
    );
    let entry = &running.transcript()[0];
    assert_eq!(
        (&entry["kind"], &entry["interactionHash"]),
        (&json!("offContact"), &json!(hash))
    );
}

#[test]
fn both_contacts_reject_with_status_200() {
    let running = RunningSandbox::start(&[]);
    let customer = json!({ "email": "j@example.com" });
    let whatsapp = json!({ "external_id": "5511988776655" });
    let cases = [
        (
            OFF_HOURS,
            json!({ "content": "a", "department_id": 1, "customer": {} }),
            "customer.email is missing; expected a JSON string",
        ),
        (
            OFF_HOURS,
            json!({ "content": "a", "department_id": 1 }),
            "customer is missing; expected a JSON object",
        ),
        (
            OFF_HOURS,
            json!({ "department_id": 1, "customer": customer }),
            "content is missing; expected a JSON string",
        ),
        (
            OFF_HOURS,
            json!({ "content": "a", "department_id": 99, "customer": customer }),
            "department_id is unknown; expected one of the account's departments",
        ),
        (
            WHATSAPP,
            json!({ "content": "a", "department_id": 1, "customer": {} }),
            "customer.external_id is missing; expected a JSON string",
        ),
        (
            WHATSAPP,
            json!({ "content": "a", "content_type": "image", "department_id": 1, "customer": whatsapp }),
            "url is missing; image requires it",
        ),
        (
            WHATSAPP,
            json!({ "content": "a", "type": "text", "department_id": 1, "customer": whatsapp }),
            "unknown field \"type\"; whatsapp accepts token, content, content_type, url, department_id, customer, extra, external_history",
        ),
    ];
    for (path, body, message) in cases {
        let response = running.send_request("POST", path, body);
        assert_eq!(response.status, 200);
        assert_eq!(
            response.json(),
            json!({ "success": false, "errors": [message] })
        );
        let last = running.transcript().pop().unwrap();
        assert_eq!(
            (&last["status"], &last["error"]),
            (&json!(200), &json!(message))
        );
    }
    assert_eq!(running.get("/sandbox/interactions").json(), json!([]));
}

#[test]
fn whatsapp_finds_the_open_interaction_of_its_external_id() {
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &[]);
    let send = |content: &str, extra: Option<Value>| {
        let mut body = json!({
            "content": content, "department_id": 1, "customer": { "external_id": "5511", "name": "J" },
        });
        if let Some(extra) = extra {
            body["extra"] = extra;
        }
        let response = running.send_request("POST", WHATSAPP, body);
        assert_eq!(
            response.json(),
            json!({ "message": "whatsapp accepted", "status": 200 })
        );
    };
    let extra = json!({ "clientId": "12" });
    send("oi", Some(extra.clone()));
    let accepted = hook.next_json();
    let hash = accepted["interaction_hash"].clone();
    assert_eq!(
        accepted,
        json!({ "interaction_hash": hash, "state": "accepted", "external_id": "5511", "extra": extra })
    );
    hook.next_json();
    hook.next_json();
    let message = json!({
        "interaction_hash": hash, "external_id": "5511",
        "message": { "content": "oi", "type": "text", "url": null },
        "agent": { "id": 1, "name": "Ana" },
    });
    assert_eq!(hook.next_json(), message);
    send("still here", None);
    hook.next_json();
    hook.next_json();
    assert_eq!(hook.next_json()["interaction_hash"], hash);
    // The interaction behaves as any other.
    assert_eq!(
        running
            .on(hash.as_str().unwrap(), "finish", json!({}))
            .status,
        200
    );
    send("and again", None);
    let another = hook.next_json();
    assert_ne!(another["interaction_hash"], hash);
    assert_eq!(
        another,
        json!({
            "interaction_hash": another["interaction_hash"], "state": "accepted", "external_id": "5511",
        })
    );
    let shown = &running.get("/sandbox/interactions").json()[1];
    assert_eq!(
        (&shown["externalId"], &shown["mediaType"]),
        (&json!("5511"), &json!("WHATSAPP"))
    );
}
