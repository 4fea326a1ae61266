//! HTTP server and webhook client of the sandbox.

pub(crate) mod responses;
pub(crate) mod router;
pub(crate) mod server;
pub(crate) mod webhook;
