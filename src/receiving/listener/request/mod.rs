//! One HTTP request to the listener.

pub(crate) mod basic_auth;
pub(crate) mod forwarded;
pub(crate) mod framing;
pub(crate) mod handler;
pub(crate) mod host_header;
pub(crate) mod rejection;
pub(crate) mod routes;
