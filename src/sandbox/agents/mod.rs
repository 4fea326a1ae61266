//! Agents of the sandbox.

pub(crate) mod agent;
pub(crate) mod external_bot;
pub(crate) mod manual;
pub(crate) mod scenario;
pub(crate) mod step;
pub(crate) mod template;
