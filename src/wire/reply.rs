//! What answers tell beside yes and no.

use serde_json::{Map, Value};

use super::Redacted;

/// What the answer to a request holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Reply {
    /// Nothing more than that it was accepted.
    #[default]
    Nothing,
    /// The hash by which the service knows the interaction.
    Hash(String),
    /// The departments.
    Departments(Vec<Department>),
    /// The agents who are there.
    Agents(OnlineAgents),
}

/// A department.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Department {
    /// Its id, which a start takes.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it is open; `None` where the service does not say.
    pub open: Option<bool>,
    /// How many customers wait there; `None` where the service does not say.
    pub queue: Option<u64>,
    /// Over what customers can write to it.
    pub channels: Vec<Channel>,
}

/// A channel of a department.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Channel {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it is open; `None` where the service does not say.
    pub open: Option<bool>,
}

/// The agents of a department who are there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OnlineAgents {
    /// Some of them: the service names three at the most, chosen at random.
    pub agents: Vec<Agent>,
    /// How many there are.
    pub count: u64,
    /// How long they take on average for a customer, in whole and thousandth seconds; `None` where the service does not say.
    pub average: Option<std::time::Duration>,
}

/// An agent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agent {
    /// The agent's id.
    pub id: String,
    /// The agent's name.
    pub name: Redacted,
}

/// An answer that was accepted and yet is not what the request asks for. Tells nothing of what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unexpected {
    /// What was expected.
    pub expected: &'static str,
}

/// The hash in the answer to what starts an interaction, where it has one.
pub(super) fn hash(body: &[u8]) -> Reply {
    let Ok(Value::Object(answer)) = serde_json::from_slice(body) else {
        return Reply::Nothing;
    };
    let within = answer.get("data").and_then(Value::as_object);
    within
        .into_iter()
        .chain([&answer])
        .find_map(|object| id(object, "interaction_hash"))
        .map_or(Reply::Nothing, Reply::Hash)
}

/// An array of departments, or an object that holds one under `departments` or `data`.
pub(super) fn departments(body: &[u8]) -> Result<Reply, Unexpected> {
    let unexpected = Unexpected {
        expected: "an array of departments, each with an id and a name",
    };
    let answer: Value = serde_json::from_slice(body).map_err(|_| unexpected)?;
    let list = ["departments", "data"]
        .into_iter()
        .find_map(|key| answer.get(key)?.as_array())
        .or(answer.as_array())
        .ok_or(unexpected)?;
    let departments = list.iter().map(|item| {
        let object = item.as_object()?;
        Some(Department {
            id: id(object, "id")?,
            name: text(object, "name"),
            open: open(object),
            queue: object.get("queue").and_then(count),
            channels: channels(object),
        })
    });
    departments
        .collect::<Option<_>>()
        .map(Reply::Departments)
        .ok_or(unexpected)
}

/// The agents who are there.
pub(super) fn agents(body: &[u8]) -> Result<Reply, Unexpected> {
    let unexpected = Unexpected {
        expected: "an object with the agents who are online",
    };
    let answer: Value = serde_json::from_slice(body).map_err(|_| unexpected)?;
    let object = answer.as_object().ok_or(unexpected)?;
    let object = object
        .get("data")
        .and_then(Value::as_object)
        .unwrap_or(object);
    let named: Vec<Agent> = items(object, "agents")
        .map(|agent| Agent {
            id: id(agent, "id").unwrap_or_default(),
            name: text(agent, "name").into(),
        })
        .collect();
    if !object.contains_key("agents") && !object.contains_key("count") {
        return Err(unexpected);
    }
    let seconds = object.get("averageService").and_then(number);
    Ok(Reply::Agents(OnlineAgents {
        count: object
            .get("count")
            .and_then(count)
            .unwrap_or(named.len() as u64),
        // One that is negative or without end is no time.
        average: seconds.and_then(|seconds| std::time::Duration::try_from_secs_f64(seconds).ok()),
        agents: named,
    }))
}

fn channels(department: &Map<String, Value>) -> Vec<Channel> {
    let read = |channel: &Map<String, Value>| Channel {
        id: id(channel, "id").unwrap_or_default(),
        name: text(channel, "name"),
        open: open(channel),
    };
    items(department, "channels").map(read).collect()
}

fn items<'a>(
    object: &'a Map<String, Value>,
    key: &str,
) -> impl Iterator<Item = &'a Map<String, Value>> {
    let list = object.get(key).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_object)
}

/// `state` is 1 where it is open.
fn open(object: &Map<String, Value>) -> Option<bool> {
    match object.get("state")? {
        Value::Bool(open) => Some(*open),
        state => Some(number(state)? == 1.0),
    }
}

fn id(object: &Map<String, Value>, key: &str) -> Option<String> {
    match object.get(key)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn text(object: &Map<String, Value>, key: &str) -> String {
    let text = object.get(key).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

fn count(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_found_where_the_service_puts_it() {
        for (body, read) in [
            (
                r#"{"message":"ok","data":{"interaction_hash":"h1"}}"#,
                Reply::Hash("h1".into()),
            ),
            (
                r#"{"message":"ok","interaction_hash":"h2","status":200}"#,
                Reply::Hash("h2".into()),
            ),
            (r#"{"message":"ok","data":null}"#, Reply::Nothing),
            (r#"{"data":{"interaction_hash":""}}"#, Reply::Nothing),
            ("", Reply::Nothing),
            ("[]", Reply::Nothing),
        ] {
            assert_eq!(hash(body.as_bytes()), read, "{body}");
        }
    }

    #[test]
    fn departments_are_read_in_each_of_their_forms() {
        let listed = r#"[{"id":1,"name":"Vendas","state":1,"queue":3,"agents":[],
                "channels":[{"id":7,"name":"chat","state":1},{"id":"8","name":"WhatsApp","state":0}]},
            {"id":"2","name":"Suporte","state":0}]"#;
        let channel = |id: &str, name: &str, open| Channel {
            id: id.into(),
            name: name.into(),
            open: Some(open),
        };
        let expected = Reply::Departments(vec![
            Department {
                id: "1".into(),
                name: "Vendas".into(),
                open: Some(true),
                queue: Some(3),
                channels: vec![channel("7", "chat", true), channel("8", "WhatsApp", false)],
            },
            Department {
                id: "2".into(),
                name: "Suporte".into(),
                open: Some(false),
                ..Department::default()
            },
        ]);
        for body in [
            listed.to_owned(),
            format!(r#"{{"departments":{listed}}}"#),
            format!(r#"{{"status":200,"data":{listed}}}"#),
        ] {
            assert_eq!(departments(body.as_bytes()), Ok(expected.clone()), "{body}");
        }
        assert_eq!(departments(b"[]"), Ok(Reply::Departments(Vec::new())));
    }

    #[test]
    fn what_is_no_list_of_departments_is_told() {
        for body in ["", "{}", "7", r#"{"data":{}}"#, "[1]", r#"[{"name":"x"}]"#] {
            assert!(departments(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn agents_are_read() {
        let read = agents(
            br#"{"agents":[{"id":4,"name":"Ana","photo":null}],"averageService":12.5,"count":9,"status":200}"#,
        );
        assert_eq!(
            read,
            Ok(Reply::Agents(OnlineAgents {
                agents: vec![Agent {
                    id: "4".into(),
                    name: "Ana".into()
                }],
                count: 9,
                average: Some(std::time::Duration::from_millis(12_500)),
            }))
        );
        let none = agents(br#"{"agents":[],"averageService":null,"count":0}"#);
        assert_eq!(none, Ok(Reply::Agents(OnlineAgents::default())));
        for body in ["", "[]", "{}", r#"{"message":"x"}"#] {
            assert!(agents(body.as_bytes()).is_err(), "{body}");
        }
    }
}
