//! Scripted customers.

pub(crate) mod customer_action;
pub(crate) mod customer_script;
pub(crate) mod session;
