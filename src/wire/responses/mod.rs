//! Responses of the service: `verdict.rs` decides whether a request was accepted, with the objects of `response_object.rs` and
//! their fields of `field_verdict.rs`. `token_rejection.rs` decides whether the token was rejected, and `response_data.rs`
//! parses the content.

pub(crate) mod field_verdict;
pub(crate) mod response_data;
pub(crate) mod response_object;
pub(crate) mod token_rejection;
pub(crate) mod verdict;
