//! What answers tell beside yes and no.

use std::time::Duration;

use serde_json::value::RawValue;

use crate::wire::Redacted;
use crate::wire::body::lenient_json;
use crate::wire::json::json_object::JsonObject;

/// What the answer to a request holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ResponseData {
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
    pub average: Option<Duration>,
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
pub(crate) fn hash(body: &str) -> ResponseData {
    let hash = lenient_json::read(body, |json| {
        let answer = JsonObject::read(json)?;
        let within = answer.within("data");
        let within = within.and_then(|data| id(&data, "interaction_hash"));
        Ok(within.or_else(|| id(&answer, "interaction_hash")))
    });
    hash.ok()
        .flatten()
        .map_or(ResponseData::Nothing, ResponseData::Hash)
}

/// An array of departments, or an object that holds one under `departments` or `data`.
pub(crate) fn departments(body: &str) -> Result<ResponseData, Unexpected> {
    let unexpected = Unexpected {
        expected: "an array of departments, each with an id and a name",
    };
    let departments: serde_json::Result<Option<_>> = lenient_json::read(body, |json| {
        let list = match serde_json::from_str::<Vec<&RawValue>>(json) {
            Ok(list) => Some(list),
            Err(error) if !error.is_data() => return Err(error),
            Err(_) => {
                let answer = JsonObject::read(json)?;
                answer.list("departments").or_else(|| answer.list("data"))
            }
        };
        Ok(list.and_then(|list| list.into_iter().map(department).collect()))
    });
    departments
        .ok()
        .flatten()
        .map(ResponseData::Departments)
        .ok_or(unexpected)
}

fn department(item: &RawValue) -> Option<Department> {
    let object = JsonObject::read(item.get()).ok()?;
    Some(Department {
        id: id(&object, "id")?,
        name: text(&object, "name"),
        open: open(&object),
        queue: object.number("queue"),
        channels: channels(&object),
    })
}

/// The agents who are there.
pub(crate) fn agents(body: &str) -> Result<ResponseData, Unexpected> {
    let unexpected = Unexpected {
        expected: "an object with the agents who are online",
    };
    let agents = lenient_json::read(body, |json| {
        let answer = JsonObject::read(json)?;
        Ok(online_agents(&answer.within("data").unwrap_or(answer)))
    });
    agents
        .ok()
        .flatten()
        .map(ResponseData::Agents)
        .ok_or(unexpected)
}

fn online_agents(object: &JsonObject) -> Option<OnlineAgents> {
    object.get("agents").or(object.get("count"))?;
    let agents: Vec<Agent> = object
        .objects("agents")
        .map(|agent| Agent {
            id: id(&agent, "id").unwrap_or_default(),
            name: text(&agent, "name").into(),
        })
        .collect();
    let seconds = object.number("averageService");
    Some(OnlineAgents {
        count: object.number("count").unwrap_or(agents.len() as u64),
        // One that is negative or without end is no time.
        average: seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
        agents,
    })
}

fn channels(department: &JsonObject) -> Vec<Channel> {
    let read = |channel: JsonObject| Channel {
        id: id(&channel, "id").unwrap_or_default(),
        name: text(&channel, "name"),
        open: open(&channel),
    };
    department.objects("channels").map(read).collect()
}

/// `state` is 1 where it is open.
fn open(object: &JsonObject) -> Option<bool> {
    match object.get("state")?.get() {
        "true" => Some(true),
        "false" => Some(false),
        _ => Some(object.number::<f64>("state")? == 1.0),
    }
}

fn id(object: &JsonObject, key: &str) -> Option<String> {
    object.id(key).ok().flatten()
}

fn text(object: &JsonObject, key: &str) -> String {
    object.text(key).ok().flatten().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_found_where_the_service_puts_it() {
        for (body, read) in [
            (
                r#"{"message":"ok","data":{"interaction_hash":"h1"}}"#,
                ResponseData::Hash("h1".into()),
            ),
            (
                r#"{"message":"ok","interaction_hash":"h2","status":200}"#,
                ResponseData::Hash("h2".into()),
            ),
            (r#"{"message":"ok","data":null}"#, ResponseData::Nothing),
            (r#"{"data":{"interaction_hash":""}}"#, ResponseData::Nothing),
            ("", ResponseData::Nothing),
            ("[]", ResponseData::Nothing),
        ] {
            assert_eq!(hash(body), read, "{body}");
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
        let expected = ResponseData::Departments(vec![
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
            assert_eq!(departments(&body), Ok(expected.clone()), "{body}");
        }
        assert_eq!(departments("[]"), Ok(ResponseData::Departments(Vec::new())));
    }

    #[test]
    fn what_is_no_list_of_departments_is_told() {
        for body in ["", "{}", "7", r#"{"data":{}}"#, "[1]", r#"[{"name":"x"}]"#] {
            assert!(departments(body).is_err(), "{body}");
        }
    }

    #[test]
    fn agents_are_read() {
        let read = agents(
            r#"{"agents":[{"id":4,"name":"Ana","photo":null}],"averageService":12.5,"count":9,"status":200}"#,
        );
        assert_eq!(
            read,
            Ok(ResponseData::Agents(OnlineAgents {
                agents: vec![Agent {
                    id: "4".into(),
                    name: "Ana".into()
                }],
                count: 9,
                average: Some(Duration::from_millis(12_500)),
            }))
        );
        let none = agents(r#"{"agents":[],"averageService":null,"count":0}"#);
        assert_eq!(none, Ok(ResponseData::Agents(OnlineAgents::default())));
        for body in ["", "[]", "{}", r#"{"message":"x"}"#] {
            assert!(agents(body).is_err(), "{body}");
        }
    }
}
