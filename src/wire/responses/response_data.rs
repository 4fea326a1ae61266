//! Parses the content of responses: hashes, departments and agents.

use std::time::Duration;

use serde_json::value::RawValue;

use crate::wire::Redacted;
use crate::wire::body::lenient_json;
use crate::wire::json::json_object::JsonObject;

/// The content of a response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ResponseData {
    /// No content.
    #[default]
    Nothing,
    /// The interaction hash.
    Hash(String),
    /// The departments.
    Departments(Vec<Department>),
    /// The agents who are online.
    Agents(OnlineAgents),
}

impl ResponseData {
    /// Returns the approximate size in bytes.
    pub(crate) fn size(&self) -> usize {
        match self {
            ResponseData::Nothing => 0,
            ResponseData::Hash(hash) => hash.len(),
            ResponseData::Departments(departments) => departments
                .iter()
                .map(|department| {
                    let channels = department.channels.iter();
                    let texts = department.id.len() + department.name.len();
                    let channels = channels.map(|channel| {
                        size_of::<Channel>() + channel.id.len() + channel.name.len()
                    });
                    size_of::<Department>() + texts + channels.sum::<usize>()
                })
                .sum(),
            ResponseData::Agents(online) => online
                .agents
                .iter()
                .map(|agent| size_of::<Agent>() + agent.id.len() + agent.name.expose().len())
                .sum(),
        }
    }
}

/// A department.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Department {
    /// Its id, for a start.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it is open; `None` if the response does not contain it.
    pub open: Option<bool>,
    /// The number of customers in its queue; `None` if the response does not contain it.
    pub queue: Option<u64>,
    /// Its channels.
    pub channels: Vec<Channel>,
}

/// A channel of a department.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Channel {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it is open; `None` if the response does not contain it.
    pub open: Option<bool>,
}

/// The agents of a department who are online.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OnlineAgents {
    /// Some of them: the service returns at most three, chosen at random.
    pub agents: Vec<Agent>,
    /// The number of agents online.
    pub count: u64,
    /// The average service time; `None` if the response does not contain it.
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

/// A response that does not contain the requested data, although the request was accepted. It contains no part of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnexpectedBody {
    /// The expected content.
    pub expected: &'static str,
}

/// Parses the hash in the response to a start.
pub(crate) fn parse_hash(body: &str) -> ResponseData {
    let hash = lenient_json::parse(body, |json| {
        let response = JsonObject::parse(json)?;
        let within = response.object("data");
        let within = within.and_then(|data| id(&data, "interaction_hash"));
        Ok(within.or_else(|| id(&response, "interaction_hash")))
    });
    hash.ok()
        .flatten()
        .map_or(ResponseData::Nothing, ResponseData::Hash)
}

/// Parses an array of departments, or an object with such an array as `departments` or `data`.
pub(crate) fn parse_departments(body: &str) -> Result<ResponseData, UnexpectedBody> {
    let unexpected = UnexpectedBody {
        expected: "an array of departments, each with an id and a name",
    };
    let departments: serde_json::Result<Option<_>> = lenient_json::parse(body, |json| {
        let list = match serde_json::from_str::<Vec<&RawValue>>(json) {
            Ok(list) => Some(list),
            Err(error) if !error.is_data() => return Err(error),
            Err(_) => {
                let response = JsonObject::parse(json)?;
                response
                    .array("departments")
                    .or_else(|| response.array("data"))
            }
        };
        Ok(list.and_then(|list| list.into_iter().map(parse_department).collect()))
    });
    departments
        .ok()
        .flatten()
        .map(ResponseData::Departments)
        .ok_or(unexpected)
}

fn parse_department(item: &RawValue) -> Option<Department> {
    let object = JsonObject::parse(item.get()).ok()?;
    Some(Department {
        id: id(&object, "id")?,
        name: text(&object, "name"),
        open: open(&object),
        queue: object.number("queue"),
        channels: parse_channels(&object),
    })
}

/// Parses the agents who are online.
pub(crate) fn parse_agents(body: &str) -> Result<ResponseData, UnexpectedBody> {
    let unexpected = UnexpectedBody {
        expected: "an object with the agents who are online",
    };
    let agents = lenient_json::parse(body, |json| {
        let response = JsonObject::parse(json)?;
        Ok(parse_online_agents(
            &response.object("data").unwrap_or(response),
        ))
    });
    agents
        .ok()
        .flatten()
        .map(ResponseData::Agents)
        .ok_or(unexpected)
}

fn parse_online_agents(object: &JsonObject) -> Option<OnlineAgents> {
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
        // Negative and infinite values are not durations.
        average: seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
        agents,
    })
}

fn parse_channels(department: &JsonObject) -> Vec<Channel> {
    let parse = |channel: JsonObject| Channel {
        id: id(&channel, "id").unwrap_or_default(),
        name: text(&channel, "name"),
        open: open(&channel),
    };
    department.objects("channels").map(parse).collect()
}

/// Returns the field `state` as a flag: 1 is open.
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
    object.string(key).ok().flatten().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_the_hash_in_each_place() {
        for (body, expected) in [
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
            assert_eq!(parse_hash(body), expected, "{body}");
        }
    }

    #[test]
    fn parses_departments_in_each_format() {
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
            assert_eq!(parse_departments(&body), Ok(expected.clone()), "{body}");
        }
        assert_eq!(
            parse_departments("[]"),
            Ok(ResponseData::Departments(Vec::new()))
        );
    }

    #[test]
    fn rejects_other_values_than_departments() {
        for body in ["", "{}", "7", r#"{"data":{}}"#, "[1]", r#"[{"name":"x"}]"#] {
            assert!(parse_departments(body).is_err(), "{body}");
        }
    }

    #[test]
    fn parses_agents() {
        let parsed = parse_agents(
            r#"{"agents":[{"id":4,"name":"Ana","photo":null}],"averageService":12.5,"count":9,"status":200}"#,
        );
        assert_eq!(
            parsed,
            Ok(ResponseData::Agents(OnlineAgents {
                agents: vec![Agent {
                    id: "4".into(),
                    name: "Ana".into()
                }],
                count: 9,
                average: Some(Duration::from_millis(12_500)),
            }))
        );
        let none = parse_agents(r#"{"agents":[],"averageService":null,"count":0}"#);
        assert_eq!(none, Ok(ResponseData::Agents(OnlineAgents::default())));
        for body in ["", "[]", "{}", r#"{"message":"x"}"#] {
            assert!(parse_agents(body).is_err(), "{body}");
        }
    }
}
