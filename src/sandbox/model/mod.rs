//! The vocabulary that all dialects share. It depends on no other folder of the sandbox.
//!
//! - `dialect`: the three generations of the service and their base paths.
//! - `customer_request`: the requests of the customer's side, and their kinds.
//! - `trigger`: the triggers of the agent's side, and their names.
//! - `message`: a text or a medium, sent by either side.
//! - `ids`: random tokens and hashes.
//! - `department_list_format`: the three forms of the department list of `gateway`.

pub(crate) mod customer_request;
pub(crate) mod department_list_format;
pub(crate) mod dialect;
pub(crate) mod ids;
pub(crate) mod message;
pub(crate) mod trigger;
