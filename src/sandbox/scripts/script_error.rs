//! The error for an agent or a customer that the sandbox can't use.

use std::fmt;

/// The script is unreadable or invalid, or the department already has an agent.
#[derive(Debug)]
pub struct ScriptError(String);

impl ScriptError {
    pub(crate) fn new(message: String) -> ScriptError {
        ScriptError(message)
    }
}

impl fmt::Display for ScriptError {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for ScriptError {}
