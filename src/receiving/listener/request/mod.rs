//! One HTTP request to the listener.
//!
//! `framing` finds ambiguous heads before the parser sees them. `handler` then checks the `host_header`, the origin
//! (`forwarded`), the credentials (`basic_auth`) and the path (`routes`), and ingests the body. Each failed check is a
//! `rejection`, with a status, a counter and a log line.

pub(crate) mod basic_auth;
pub(crate) mod forwarded;
pub(crate) mod framing;
pub(crate) mod handler;
pub(crate) mod host_header;
pub(crate) mod rejection;
pub(crate) mod routes;
