//! The JSON scripts that agents and customers follow. Parsing reports the rule and the step of an error.
//!
//! An agent's script is a `scenario`: rules with `agent_step`s, whose texts may contain the placeholders of `template`.
//! `departments` assigns a scenario to each department. A customer's script is a `customer_script`.

pub(crate) mod agent_step;
pub(crate) mod customer_script;
pub(crate) mod departments;
pub(crate) mod scenario;
pub(crate) mod script_error;
pub(crate) mod template;
