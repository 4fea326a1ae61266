//! The options of a sandbox.

use crate::sandbox::http::responses::ResponseFormat;
use crate::sandbox::model::department_list_format::DepartmentListFormat;
use crate::sandbox::scripts::customer_script::Customer;
use crate::sandbox::scripts::departments::Departments;
use crate::sandbox::state::transcript::Watcher;
use std::time::Duration;

/// The options of a sandbox.
pub struct Options {
    /// The port to listen on; 0 selects a free port.
    pub port: u16,
    /// The first token. `None` generates a random token.
    pub token: Option<String>,
    /// The webhook of the first token, an absolute http or https URL.
    pub webhook: Option<String>,
    /// The format of the service's responses.
    pub response_format: ResponseFormat,
    /// The form of the department list of `gateway`.
    pub department_list_format: DepartmentListFormat,
    /// The departments and their scripted agents.
    pub departments: Departments,
    /// The endpoints of the first token's external bots: `URL` for all departments, `DEPARTMENT=URL` for one.
    pub bots: Vec<String>,
    /// Scripted customers. Each starts when its department has a bot.
    pub customers: Vec<Customer>,
    /// The time limit for the response of a webhook.
    pub trigger_timeout: Duration,
    /// A callback for each request and trigger. It runs on the sandbox's thread, which blocks until it returns. It must
    /// not call the sandbox.
    pub watcher: Option<Watcher>,
}

impl Default for Options {
    /// A free port, a random token, no webhook, no bot, responses as JSON, the agent `echo`, and 5 seconds for a webhook.
    fn default() -> Options {
        Options {
            port: 0,
            token: None,
            webhook: None,
            response_format: ResponseFormat::default(),
            department_list_format: DepartmentListFormat::default(),
            departments: Departments::default(),
            bots: Vec::new(),
            customers: Vec::new(),
            trigger_timeout: Duration::from_secs(5),
            watcher: None,
        }
    }
}
