//! Responses of the service: `verdict.rs` decides whether a request was accepted, `token_rejection.rs` whether the token was
//! rejected, `response_data.rs` parses the content.

pub(crate) mod response_data;
pub(crate) mod token_rejection;
pub(crate) mod verdict;
