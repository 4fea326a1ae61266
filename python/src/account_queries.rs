//! Requests about the account, not about an interaction: blocking and posted ones.

use std::time::Duration;

use omnize::error::Result;
use omnize::wire::{Department, OffHours, OnlineAgents, Request};
use omnize::{CheckLevel, Client, PostOptions};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;

use crate::request_fields::{Fields, build_request};

/// A request about the account.
pub enum AccountQuery {
    /// A check of the configuration, with its timeout.
    Check(Option<Duration>),
    /// The departments; for this customer, if the dialect requires one.
    Departments(Option<String>),
    /// The agents of this department who are online.
    OnlineAgents(String),
    /// An off-hours message to this department.
    OffHours(String, Box<OffHours>),
}

/// The data of a response.
pub enum AccountResponse {
    /// The part of the configuration that is right.
    Level(CheckLevel),
    /// The departments.
    Departments(Vec<Department>),
    /// The agents who are online.
    Agents(OnlineAgents),
    /// The hash of the created interaction, if the response contains one.
    Hash(Option<String>),
}

/// A request about the account that can be posted.
pub enum AccountPost {
    /// The departments; for this customer, if the dialect requires one.
    Departments(Option<String>),
    /// The agents of this department who are online.
    OnlineAgents(String),
    /// An off-hours message to this department.
    OffHours(String, Box<OffHours>, PostOptions),
}

impl AccountPost {
    /// Builds an off-hours message from its fields.
    pub fn off_hours(
        py: Python<'_>,
        department: String,
        fields: &Fields,
        options: PostOptions,
    ) -> PyResult<Self> {
        let message = build_off_hours(py, fields)?;
        Ok(AccountPost::OffHours(department, message, options))
    }

    /// Posts the request and returns its ticket.
    pub fn post(self, client: &Client) -> Result<u64> {
        match self {
            AccountPost::Departments(client_id) => client.post_departments(client_id.as_deref()),
            AccountPost::OnlineAgents(department) => client.post_online_agents(&department),
            AccountPost::OffHours(department, message, options) => {
                client.post_off_hours(&department, *message, options)
            }
        }
    }
}

fn build_off_hours(py: Python<'_>, fields: &Fields) -> PyResult<Box<OffHours>> {
    match build_request(py, "off_hours", fields)? {
        Request::OffHours(off_hours) => Ok(off_hours),
        // Unreachable: the name determines the kind.
        _ => Ok(Box::default()),
    }
}

impl AccountQuery {
    /// Builds an off-hours message from its fields.
    pub fn off_hours(py: Python<'_>, department: String, fields: &Fields) -> PyResult<Self> {
        let message = build_off_hours(py, fields)?;
        Ok(AccountQuery::OffHours(department, message))
    }

    /// Sends the request. Blocks until the response.
    pub fn send(self, client: &Client) -> Result<AccountResponse> {
        match self {
            AccountQuery::Check(timeout) => client.check(timeout).map(AccountResponse::Level),
            AccountQuery::Departments(client_id) => client
                .departments(client_id.as_deref())
                .map(AccountResponse::Departments),
            AccountQuery::OnlineAgents(department) => client
                .online_agents(&department)
                .map(AccountResponse::Agents),
            AccountQuery::OffHours(department, off_hours) => client
                .off_hours(&department, *off_hours)
                .map(AccountResponse::Hash),
        }
    }
}

impl AccountResponse {
    /// Converts the data to tuples, from which the package creates its own classes.
    pub fn into_tuples(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        match self {
            AccountResponse::Level(level) => level.name().into_bound_py_any(py),
            AccountResponse::Departments(departments) => departments_to_tuples(py, &departments),
            AccountResponse::Agents(online) => agents_to_tuple(py, &online),
            AccountResponse::Hash(hash) => hash.into_bound_py_any(py),
        }
    }
}

/// Converts departments to tuples.
pub fn departments_to_tuples<'py>(
    py: Python<'py>,
    departments: &[Department],
) -> PyResult<Bound<'py, PyAny>> {
    departments
        .iter()
        .map(|department| {
            let channels: Vec<_> = department
                .channels
                .iter()
                .map(|channel| (&channel.id, &channel.name, channel.open))
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
        .into_bound_py_any(py)
}

/// Converts the online agents to a tuple.
pub fn agents_to_tuple<'py>(py: Python<'py>, online: &OnlineAgents) -> PyResult<Bound<'py, PyAny>> {
    let agents: Vec<_> = online
        .agents
        .iter()
        .map(|agent| (&agent.id, agent.name.expose()))
        .collect();
    let average = online.average.map(|average| average.as_secs_f64());
    (agents, online.count, average).into_bound_py_any(py)
}
