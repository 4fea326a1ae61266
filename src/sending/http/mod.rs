//! One HTTP request and its response.

pub(crate) mod deadlines;
pub(crate) mod fast_path;
pub(crate) mod http_client;
pub(crate) mod request_context;
pub(crate) mod request_head;
pub(crate) mod request_target;
pub(crate) mod response;
pub(crate) mod ureq_transport;
