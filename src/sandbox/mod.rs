//! A local Omnize for tests and demonstrations. It serves 127.0.0.1 only.
//!
//! It simulates the service in its three dialects, the portal's ClientSDK page, and scripted agents that post triggers to the
//! application's webhook. It also simulates the service for an external bot, with scripted customers. It implements the
//! service's pages independently and imports nothing from this crate's client, so that each tests the other.
//!
//! A request enters through `server`, which accepts the connection and finds the route. `dialects` parses and checks it.
//! `lifecycle` changes the interaction in `state`, and passes the request to the task of its agent or bot in `agents`. The
//! agent follows a scenario of `scripts`. `triggers` encodes each trigger and sends it to the webhook. `customers` runs the
//! scripted customers. `control` is the portal and the control API. `json`, `model` and `http` are the base of all folders.
//! Every request and every trigger is recorded in the transcript. Each folder depends only on folders below it:
//!
//! `server` > `control` > `customers` > `dialects` > `lifecycle` > `agents` > `triggers` > `state` > `scripts`, `http` >
//! `model`, `json`

mod agents;
mod control;
mod customers;
mod dialects;
mod http;
mod instance;
mod json;
mod lifecycle;
mod model;
mod options;
mod scripts;
mod server;
mod state;
mod triggers;

pub use crate::sandbox::customers::customer_report::CustomerReport;
pub use crate::sandbox::http::responses::ResponseFormat;
pub use crate::sandbox::instance::Sandbox;
pub use crate::sandbox::model::department_list_format::DepartmentListFormat;
pub use crate::sandbox::model::dialect::Dialect;
pub use crate::sandbox::options::Options;
pub use crate::sandbox::scripts::customer_script::Customer;
pub use crate::sandbox::scripts::departments::Departments;
pub use crate::sandbox::scripts::script_error::ScriptError;
pub use crate::sandbox::state::transcript::{Direction, Entry, Watcher};
