//! Responses of the service: `verdict.rs` decides whether a request was accepted, `response_data.rs` parses the content.

pub(crate) mod response_data;
pub(crate) mod verdict;
