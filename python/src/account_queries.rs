//! What is asked of the service beside any interaction.

use omnize::Client;
use omnize::error::Result;
use omnize::wire::{Department, OffHours, OnlineAgents, Request};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;

use crate::conversation::{Fields, request};

/// A question, or a message that is left.
pub enum ClientRequest {
    /// Which departments there are; for this customer, where the dialect wants one.
    Departments(Option<String>),
    /// Which agents of this department are there.
    OnlineAgents(String),
    /// This message for this department.
    OffHours(String, Box<OffHours>),
}

/// What the service has answered.
pub enum Answer {
    /// The departments.
    Departments(Vec<Department>),
    /// The agents who are there.
    Agents(OnlineAgents),
    /// The hash of the interaction that was made, where it was told.
    Hash(Option<String>),
}

impl ClientRequest {
    /// A message that is left, by its fields.
    pub fn off_hours(py: Python<'_>, department: String, fields: &Fields) -> PyResult<Self> {
        match request(py, "off_hours", fields)? {
            Request::OffHours(off_hours) => Ok(ClientRequest::OffHours(department, off_hours)),
            // The name says which it is.
            _ => Ok(ClientRequest::OffHours(department, Box::default())),
        }
    }

    /// Asks, and waits for the answer.
    pub fn ask(self, client: &Client) -> Result<Answer> {
        match self {
            ClientRequest::Departments(client_id) => client
                .departments(client_id.as_deref())
                .map(Answer::Departments),
            ClientRequest::OnlineAgents(department) => {
                client.online_agents(&department).map(Answer::Agents)
            }
            ClientRequest::OffHours(department, off_hours) => {
                client.off_hours(&department, *off_hours).map(Answer::Hash)
            }
        }
    }
}

impl Answer {
    /// As tuples, from which the package makes its own classes.
    pub fn object(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        match self {
            Answer::Departments(departments) => departments
                .into_iter()
                .map(|department| {
                    let channels: Vec<_> = department
                        .channels
                        .into_iter()
                        .map(|channel| (channel.id, channel.name, channel.open))
                        .collect();
                    let Department {
                        id,
                        name,
                        open,
                        queue,
                        ..
                    } = department;
                    (id, name, open, queue, channels)
                })
                .collect::<Vec<_>>()
                .into_bound_py_any(py),
            Answer::Agents(online) => {
                let agents: Vec<_> = online
                    .agents
                    .into_iter()
                    .map(|agent| (agent.id, agent.name.expose().to_owned()))
                    .collect();
                let average = online.average.map(|average| average.as_secs_f64());
                (agents, online.count, average).into_bound_py_any(py)
            }
            Answer::Hash(hash) => hash.into_bound_py_any(py),
        }
    }
}
