//! Responses of the service.

pub(crate) mod response_data;
pub(crate) mod verdict;
