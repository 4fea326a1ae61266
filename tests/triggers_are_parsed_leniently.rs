//! The library parses triggers in their charset, and lenient JSON. The raw bytes stay available.

use std::time::Duration;

use omnize::Client;
use omnize::config::Config;
use omnize::status::Status;
use omnize::wire::{Kind, Trigger};

fn client(dialect: &str) -> Client {
    let mut config = Config::new();
    config.set("token", "t").unwrap();
    config.set("dialect", dialect).unwrap();
    Client::open(&config).unwrap()
}

/// Returns the trigger that the application gets.
fn received(dialect: &str, body: &[u8], content_type: Option<&str>) -> Trigger {
    let client = client(dialect);
    client.deliver(body, content_type).unwrap();
    let event = client.next(Duration::from_secs(20)).unwrap().unwrap();
    let trigger = event.trigger().unwrap().clone();
    assert_eq!(&*trigger.raw, body, "the body as it came");
    trigger
}

/// Returns a message with this text, in the form of each dialect.
fn messages(text: &str) -> [(&'static str, String); 3] {
    let rest = format!(r#"{{"message":{text},"clientId":"12"}}"#);
    let later = format!(
        r#"{{"interaction_hash":"h1","message":{{"content":{text}}},"extra":{{"clientId":"12"}}}}"#
    );
    [
        ("rest", rest.clone()),
        ("gateway", rest),
        ("interactions", later),
    ]
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

fn utf32(text: &str, bytes: fn(u32) -> [u8; 4]) -> Vec<u8> {
    text.chars().map(u32::from).flat_map(bytes).collect()
}

#[test]
fn charset_is_detected_by_byte_order_mark_or_label() {
    for text in ["oi", "olá 😀"] {
        for (dialect, json) in messages(&format!("{text:?}")) {
            let marked = format!("\u{FEFF}{json}");
            for (label, body) in [
                ("utf-16le", utf16(&json, u16::to_le_bytes)),
                ("UTF-16BE", utf16(&json, u16::to_be_bytes)),
                ("utf-32", utf32(&json, u32::to_le_bytes)),
                ("utf-32be", utf32(&json, u32::to_be_bytes)),
                ("gb18030", encoding_rs::GB18030.encode(&json).0.into_owned()),
                ("koi8-r", marked.as_bytes().to_vec()),
                ("utf-8", utf16(&marked, u16::to_le_bytes)),
                ("utf-8", utf32(&marked, u32::to_be_bytes)),
            ] {
                let content_type = format!("application/json; charset={label}");
                let trigger = received(dialect, &body, Some(&content_type));
                let read = (trigger.kind, trigger.text.as_deref(), trigger.replaced);
                assert_eq!(
                    read,
                    (Kind::Message, Some(text), false),
                    "{dialect} {label}"
                );
                assert_eq!(trigger.client_id, "12");
            }
        }
    }
}

#[test]
fn charset_label_precedes_utf_8_detection() {
    for (dialect, json) in messages("\"olá\"") {
        let trigger = received(
            dialect,
            json.as_bytes(),
            Some("text/plain; charset=iso-8859-1"),
        );
        assert_eq!(trigger.text.as_deref(), Some("olÃ¡"), "{dialect}");
    }
}

#[test]
fn invalid_text_is_replaced_and_flagged() {
    let body = b"{\"message\":\"ol\xE1\",\"clientId\":\"12\"}";
    for content_type in [
        None,
        Some("application/json"),
        Some("application/json; charset=utf-8"),
    ] {
        let trigger = received("rest", body, content_type);
        assert_eq!(
            (trigger.text.as_deref(), trigger.replaced),
            (Some("ol\u{FFFD}"), true)
        );
    }
}

#[test]
fn lenient_json_is_parsed() {
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    for (written, text) in [
        ("\"tab\there\"", "tab\there"),
        ("\"two\r\nlines\"", "two\r\nlines"),
        ("\"nul\0\"", "nul\0"),
        ("\"C:\\x\"", "C:\\x"),
        ("\"oi\",", "oi"),
        ("\"oi\",\"at\":1e999", "oi"),
        ("\"oi\",\"at\":NaN", "oi"),
        (&format!("\"oi\",\"at\":{}", deep(200)), "oi"),
        (&format!("\"oi\",\"at\":{},", deep(100_000)), "oi"),
    ] {
        let json = format!("{{\"clientId\":18446744073709551616,\"message\":{written}}}\0");
        let trigger = received("rest", json.as_bytes(), None);
        assert_eq!(trigger.text.as_deref(), Some(text), "{text:?}");
        assert_eq!(trigger.client_id, "18446744073709551616");
    }
    for (dialect, json) in messages("\"a\tb\",") {
        let trigger = received(dialect, json.as_bytes(), None);
        assert_eq!(
            (trigger.text.as_deref(), &*trigger.client_id),
            (Some("a\tb"), "12")
        );
    }
}

#[test]
fn unparsable_trigger_is_rejected_with_its_position() {
    for (body, place) in [
        ("{\"clientId\":\"12\"", "line 1, column 16"),
        ("{\"clientId\":\"12\",\n\"message\":x}", "line 2, column 11"),
        ("{\"clientId\":\"12\"} {}", "line 1, column 19"),
    ] {
        let error = client("rest").deliver(body.as_bytes(), None).unwrap_err();
        assert_eq!(error.status(), Status::NotJson);
        assert!(error.message().contains(place), "{error}");
    }
}
