//! The HTTP server, on top of all other folders.
//!
//! `http_server` accepts connections and reads a request's body and query. It passes requests for `/portal/` and
//! `/sandbox/` to `control_router`, and all others to `service_router`. `service_router` finds the dialect of the path, checks
//! method, media type and body, applies faults, calls the dialect, and writes the transcript. Each router returns the
//! response; without one, the server closes the connection.

pub(crate) mod control_router;
pub(crate) mod http_server;
pub(crate) mod service_router;
