//! Requests, responses and triggers of each dialect, byte by byte: the vectors in tests/vectors, which
//! docs/src/dialects.md links as the proof of each feature.

use std::fs;
use std::path::Path;

use omnize::wire::{
    Address, BotRequest, DecodeError, Department, Dialect, EncodeError, MediaKind, Method,
    Redacted, Request, RequestKind, ResponseData, Trigger,
};
use serde_json::{Map, Value, json};

struct Vectors {
    dialect: Dialect,
    file: Value,
}

impl Vectors {
    fn of(dialect: Dialect) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/vectors")
            .join(format!("{}.json", dialect.name()));
        let file = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        Vectors { dialect, file }
    }

    /// Tests each vector of this group, and reports all failures.
    fn try_each(&self, group: &str, vector: impl Fn(Dialect, &Map<String, Value>)) {
        let vectors = self.file[group].as_array().unwrap();
        for each in vectors {
            let each = each.as_object().unwrap();
            println!("{} {group}: {}", self.dialect.name(), each["name"]);
            vector(self.dialect, each);
        }
    }
}

fn text<'a>(vector: &'a Map<String, Value>, key: &str, otherwise: &'a str) -> &'a str {
    vector.get(key).and_then(Value::as_str).unwrap_or(otherwise)
}

fn request(vector: &Map<String, Value>) -> Request {
    let department = text(vector, "department", "1");
    let mut request = match text(vector, "request", "") {
        "start" => RequestKind::Start.empty(),
        "message" => RequestKind::Message.empty(),
        "update" => RequestKind::Update.empty(),
        "whatsapp" => RequestKind::WhatsApp.empty(),
        "off_hours" => RequestKind::OffHours.empty(),
        "typing" => Request::Typing,
        "cleared" => Request::Cleared,
        "finish" => Request::Finish,
        "departments" => Request::Departments,
        "online_agents" => Request::OnlineAgents,
        "bot_accept" => Request::Bot(BotRequest::Accept),
        "bot_transfer" => Request::Bot(BotRequest::Transfer(
            Some(department.to_owned()).filter(|department| !department.is_empty()),
        )),
        "bot_message" => Request::Bot(BotRequest::Message("".into())),
        "bot_finish" => Request::Bot(BotRequest::Finish),
        other => panic!("no request is called {other}"),
    };
    for (name, value) in vector
        .get("fields")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        request.set(name, value.as_str().unwrap()).unwrap();
    }
    request
}

fn assert_encoded(dialect: Dialect, vector: &Map<String, Value>) {
    let address = Address {
        department: text(vector, "department", "1").to_owned(),
        client_id: "12".to_owned(),
    };
    let token = Redacted::from(text(vector, "token", "tok"));
    let hash = vector.get("hash").and_then(Value::as_str);
    let request = request(vector);
    let checked = dialect.check(&address, &request);
    let call = match checked.and_then(|()| dialect.encode(&token, &address, hash, &request)) {
        Ok(call) => call,
        Err(why) => {
            let trigger_field = match why {
                EncodeError::Unsupported { .. } => {
                    return assert_eq!(vector.get("unsupported"), Some(&json!(true)));
                }
                EncodeError::NoHash => "hash",
                EncodeError::Department => "department",
                EncodeError::Missing(field) => field,
                EncodeError::TooLong => "length",
            };
            return assert_eq!(text(vector, "refused", ""), trigger_field);
        }
    };
    let method = match call.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
    };
    assert_eq!(method, text(vector, "method", "none"));
    assert_eq!(call.path, text(vector, "path", "none"));
    let query = call.query.as_ref().map_or("", Redacted::expose);
    assert_eq!(query, text(vector, "query", ""));
    let body = match &call.body.0[..] {
        [] => Value::Null,
        body => serde_json::from_slice(body).unwrap(),
    };
    assert_eq!(&body, vector.get("body").unwrap_or(&Value::Null));
    assert!(!format!("{call:?}").contains("tok"), "{call:?}");
}

fn assert_response_parsed(dialect: Dialect, vector: &Map<String, Value>) {
    let body = vector["body"].to_string();
    let read = match dialect.parse_response(&request(vector), body.as_bytes()) {
        Err(_) => Value::Null,
        Ok(ResponseData::Nothing) => json!({}),
        Ok(ResponseData::Hash(hash)) => json!({ "hash": hash }),
        Ok(ResponseData::Departments(departments)) => {
            let departments: Vec<_> = departments.iter().map(department_text).collect();
            json!({ "departments": departments })
        }
        Ok(ResponseData::Agents(online)) => {
            let agents = online.agents.iter();
            let agents: Vec<_> = agents
                .map(|agent| format!("{} {}", agent.id, agent.name.expose()))
                .collect();
            let average = online.average.map(|average| average.as_millis() as u64);
            json!({ "agents": agents, "count": online.count, "average_ms": average })
        }
    };
    assert_eq!(read, vector["reads"]);
}

fn department_text(department: &Department) -> String {
    let open = |open: Option<bool>| match open {
        Some(true) => " open",
        Some(false) => " closed",
        None => "",
    };
    let mut department_text = format!(
        "{} {}{}",
        department.id,
        department.name,
        open(department.open)
    );
    if let Some(queue) = department.queue {
        department_text += &format!(" queue {queue}");
    }
    for channel in &department.channels {
        department_text += &format!(" ({} {}{})", channel.id, channel.name, open(channel.open));
    }
    department_text
}

/// Returns the value of a trigger for a name that vectors use.
fn trigger_field(trigger: &Trigger, name: &str) -> Option<String> {
    let details = trigger.details.as_deref();
    let details = |pick: fn(&omnize::wire::Details) -> Option<String>| details.and_then(pick);
    match name {
        "client_id" => Some(trigger.client_id.clone()),
        "text" => trigger.text.clone(),
        "position" => details(|details| details.position.map(|position| position.to_string())),
        "department" => details(|details| details.department.clone()),
        "agent_id" => details(|details| details.agent_id.clone()),
        "agent_name" => details(|details| Some(details.agent_name.as_ref()?.expose().into())),
        "media" => details(|details| Some(MediaKind::name(details.media.as_ref()?.kind).into())),
        "url" => details(|details| Some(details.media.as_ref()?.url.expose().into())),
        "message_hash" => details(|details| details.message_hash.clone()),
        "interaction_hash" => details(|details| details.interaction_hash.clone()),
        "external_id" => details(|details| Some(details.external_id.as_ref()?.expose().into())),
        "bot_id" => details(|details| details.bot_id.clone()),
        "extra" => details(|details| Some(details.extra.as_ref()?.expose().into())),
        other => panic!("a trigger has no field {other}"),
    }
}

fn assert_trigger_parsed(dialect: Dialect, vector: &Map<String, Value>) {
    let body = vector["body"].to_string();
    let trigger = dialect.decode(body.as_bytes().into(), None).unwrap();
    assert_eq!(trigger.kind.name(), text(vector, "kind", ""));
    for (name, value) in vector["tells"].as_object().unwrap() {
        assert_eq!(
            trigger_field(&trigger, name).as_deref(),
            value.as_str(),
            "{name}"
        );
    }
    assert_eq!(&*trigger.raw, body.as_bytes());
    // The debug output must not contain personal data.
    let printed = format!("{trigger:?} {:?}", trigger.details);
    for personal in ["agent_name", "text", "url", "external_id", "extra"] {
        if let Some(personal) = trigger_field(&trigger, personal).filter(|text| text.len() > 2) {
            assert!(!printed.contains(&personal), "{personal} in {printed}");
        }
    }
}

fn assert_trigger_rejected(dialect: Dialect, vector: &Map<String, Value>) {
    let body = vector["body"].to_string();
    let read = dialect.decode(body.as_bytes().into(), None);
    assert_eq!(read, Err(DecodeError::NoClientId));
}

fn check_all(dialect: Dialect) {
    let vectors = Vectors::of(dialect);
    vectors.try_each("requests", assert_encoded);
    vectors.try_each("answers", assert_response_parsed);
    vectors.try_each("triggers", assert_trigger_parsed);
    vectors.try_each("refused", assert_trigger_rejected);
}

#[test]
fn rest() {
    check_all(Dialect::Rest);
}

#[test]
fn gateway() {
    check_all(Dialect::Gateway);
}

#[test]
fn interactions() {
    check_all(Dialect::Interactions);
}

/// The same bodies, truncated anywhere or with one byte changed, are parsed or rejected.
#[test]
fn truncated_or_modified_triggers_are_parsed_or_rejected() {
    for dialect in Dialect::ALL {
        Vectors::of(dialect).try_each("triggers", |dialect, vector| {
            let body = vector["body"].to_string().into_bytes();
            for cut in 0..body.len() {
                let _ = dialect.decode(body[..cut].into(), None);
                let mut changed = body.clone();
                for byte in [b'"', b'{', b'0', 0, 0xFF] {
                    changed[cut] = byte;
                    let _ = dialect.decode(changed.clone().into(), None);
                }
            }
        });
    }
}

/// Nested brackets use no stack, at any position: an application's thread may have a small stack.
#[test]
fn deeply_nested_triggers_use_little_stack() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let bodies = [
        format!(r#"{{"clientId":"1","status":"typing","x":{deep}}}"#),
        format!(r#"{{"interaction_hash":"h","state":"typing","x":{deep}}}"#),
        format!(
            r#"{{"interaction_hash":"h","state":"typing","extra":{{"clientId":"1","x":{deep}}}}}"#
        ),
        format!(r#"{{"interaction_hash":"h","state":"typing","extra":{deep}}}"#),
        format!(r#"{{"interaction_hash":"h","state":"typing","message":{deep},"agent":{deep}}}"#),
        format!(r#"{{"interaction_hash":{deep},"state":"typing"}}"#),
        deep,
    ];
    let small = std::thread::Builder::new().stack_size(128 * 1024);
    let reading = small.spawn(move || {
        for (at, body) in bodies.iter().enumerate() {
            for dialect in Dialect::ALL {
                let read = dialect.decode(body.as_bytes().into(), None);
                let expected = matches!(
                    (dialect, at),
                    (Dialect::Interactions, 1..=4) | (Dialect::Rest | Dialect::Gateway, 0)
                );
                assert_eq!(read.is_ok(), expected, "{} of {}", at, dialect.name());
            }
        }
    });
    reading.unwrap().join().unwrap();
}
