//! The five requests of the service's page, read strictly: exactly its fields, each a JSON string that says something.

use super::object::{Object, text_of};

/// A request that the page allows. Whether its interaction allows it too is decided in `interaction`.
pub(crate) struct Request {
    pub act: Act,
    pub department_id: String,
    pub client_id: String,
    /// A message's text; for the others the word of the page (`init`, `typing`, …).
    pub content: String,
    /// Of a start, when it was given.
    pub customer_name: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Start,
    Message,
    Typing,
    Cleared,
    Finish,
}

impl Act {
    pub const NAMES: [(&'static str, Act); 5] = [
        ("start", Act::Start),
        ("message", Act::Message),
        ("typing", Act::Typing),
        ("cleared", Act::Cleared),
        ("finish", Act::Finish),
    ];

    pub fn name(self) -> &'static str {
        match self {
            Act::Start => "start",
            Act::Message => "message",
            Act::Typing => "typing",
            Act::Cleared => "cleared",
            Act::Finish => "finish",
        }
    }
}

/// An answer that is no acceptance: the HTTP status, what was wrong and what was expected. Never holds a token or a
/// message's text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rejection {
    pub status: u16,
    pub message: String,
}

impl Rejection {
    pub fn new(status: u16, message: impl Into<String>) -> Rejection {
        Rejection {
            status,
            message: message.into(),
        }
    }
}

const FIELDS: [&str; 5] = ["type", "content", "token", "departmentId", "clientId"];
const CUSTOMER_FIELDS: [&str; 4] = [
    "customerName",
    "customerEmail",
    "customerPhone",
    "customerCpf",
];

impl Request {
    pub fn read(object: &Object) -> Result<Request, Rejection> {
        let kind = required(object, "type")?;
        let content = required(object, "content")?;
        let act = match (kind.as_str(), content.as_str()) {
            ("message", _) => Act::Message,
            ("info", "init") => Act::Start,
            ("info", "typing") => Act::Typing,
            ("info", "cleared") => Act::Cleared,
            ("info", "finish") => Act::Finish,
            ("info", _) => {
                return Err(refuse(
                    "content of type info is unknown; expected init, typing, cleared or finish",
                ));
            }
            _ => return Err(refuse("type is unknown; expected info or message")),
        };
        let department_id = required(object, "departmentId")?;
        let client_id = required(object, "clientId")?;
        refuse_other_fields(object, act)?;
        let mut customer_name = None;
        if act == Act::Start {
            for field in CUSTOMER_FIELDS {
                let value = optional(object, field)?;
                if field == "customerName" {
                    customer_name = value;
                }
            }
        }
        Ok(Request {
            act,
            department_id,
            client_id,
            content,
            customer_name,
        })
    }
}

/// The field's text; a rejection when it is absent, no string, or empty.
pub(crate) fn required(object: &Object, field: &str) -> Result<String, Rejection> {
    let value = object
        .get(field)
        .ok_or_else(|| refuse(format!("{field} is missing; expected a JSON string")))?;
    match text_of(value) {
        Some(text) if text.is_empty() => {
            Err(refuse(format!("{field} is empty; expected some text")))
        }
        Some(text) => Ok(text),
        None => Err(refuse(format!(
            "{field} is {}; expected a JSON string",
            kind_of(value.get())
        ))),
    }
}

fn optional(object: &Object, field: &str) -> Result<Option<String>, Rejection> {
    match object
        .get(field)
        .map(|value| (text_of(value), kind_of(value.get())))
    {
        None => Ok(None),
        Some((Some(text), _)) if text.is_empty() => Err(refuse(format!(
            "{field} is empty; expected some text, or the field left out"
        ))),
        Some((Some(text), _)) => Ok(Some(text)),
        Some((None, kind)) => Err(refuse(format!(
            "{field} is {kind}; expected a JSON string, or the field left out"
        ))),
    }
}

fn refuse_other_fields(object: &Object, act: Act) -> Result<(), Rejection> {
    for name in object.names() {
        if FIELDS.contains(&name) || (act == Act::Start && CUSTOMER_FIELDS.contains(&name)) {
            continue;
        }
        if CUSTOMER_FIELDS.contains(&name) {
            return Err(refuse(format!(
                "{name} belongs to start; {} does not take it",
                act.name()
            )));
        }
        // The name comes from outside: as much of it as tells a slip of the pen.
        let shown: String = name.chars().take(40).collect();
        let customer = if act == Act::Start {
            format!(", {}", CUSTOMER_FIELDS.join(", "))
        } else {
            String::new()
        };
        return Err(refuse(format!(
            "unknown field {shown:?}; {} takes {}{customer}",
            act.name(),
            FIELDS.join(", ")
        )));
    }
    Ok(())
}

fn kind_of(json: &str) -> &'static str {
    match json.as_bytes().first() {
        Some(b'"') => "a string with half a surrogate pair",
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

fn refuse(message: impl Into<String>) -> Rejection {
    Rejection::new(422, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Request, Rejection> {
        Request::read(&Object::read(json.as_bytes()).ok().expect("an object"))
    }

    fn refusal(json: &str) -> String {
        let rejection = read(json).err().expect("a rejection");
        assert_eq!(rejection.status, 422);
        rejection.message
    }

    #[test]
    fn reads_the_five_requests() {
        for (content, act) in [
            ("init", Act::Start),
            ("typing", Act::Typing),
            ("cleared", Act::Cleared),
            ("finish", Act::Finish),
        ] {
            let json = format!(
                r#"{{"type":"info","content":"{content}","token":"t","departmentId":"1","clientId":"12"}}"#
            );
            assert_eq!(read(&json).unwrap().act, act);
        }
        let message = r#"{"type":"message","content":"finish","token":"t","departmentId":"1","clientId":"12"}"#;
        let message = read(message).unwrap();
        assert_eq!(
            (message.act, message.content.as_str()),
            (Act::Message, "finish")
        );
    }

    #[test]
    fn start_takes_the_customer_and_no_other_request_does() {
        let start = |customer: &str| {
            format!(
                r#"{{"type":"info","content":"init","token":"t","departmentId":"1","clientId":"12",{customer}}}"#
            )
        };
        let whole = r#""customerName":"Joao","customerEmail":"j@example.com","customerPhone":"1","customerCpf":"2""#;
        assert_eq!(
            read(&start(whole)).unwrap().customer_name.as_deref(),
            Some("Joao")
        );
        assert_eq!(
            refusal(&start(r#""customerCpf":"""#)),
            "customerCpf is empty; expected some text, or the field left out"
        );
        assert_eq!(
            refusal(&start(r#""customerEmail":null"#)),
            "customerEmail is null; expected a JSON string, or the field left out"
        );
        assert_eq!(
            refusal(
                r#"{"type":"info","content":"typing","token":"t","departmentId":"1","clientId":"1","customerName":"J"}"#
            ),
            "customerName belongs to start; typing does not take it"
        );
    }

    #[test]
    fn says_what_was_wrong_and_what_was_expected() {
        let cases = [
            (r#"{}"#, "type is missing; expected a JSON string"),
            (r#"{"type":1}"#, "type is a number; expected a JSON string"),
            (
                r#"{"type":"info","content":["a"]}"#,
                "content is an array; expected a JSON string",
            ),
            (
                r#"{"type":"message","content":""}"#,
                "content is empty; expected some text",
            ),
            (
                r#"{"type":"chat","content":"a"}"#,
                "type is unknown; expected info or message",
            ),
            (
                r#"{"type":"info","content":"start"}"#,
                "content of type info is unknown; expected init, typing, cleared or finish",
            ),
            (
                r#"{"type":"message","content":"a"}"#,
                "departmentId is missing; expected a JSON string",
            ),
            (
                r#"{"type":"message","content":"a","departmentId":1}"#,
                "departmentId is a number; expected a JSON string",
            ),
            (
                r#"{"type":"message","content":"a","departmentId":"1","clientId":true}"#,
                "clientId is a boolean; expected a JSON string",
            ),
            (
                r#"{"type":"message","content":"a","departmentId":"1","clientId":"1","botId":"9"}"#,
                "unknown field \"botId\"; message takes type, content, token, departmentId, clientId",
            ),
        ];
        for (json, expected) in cases {
            assert_eq!(refusal(json), expected);
        }
    }
}
