//! JSON as the service writes it.

pub(crate) mod json_object;
pub(crate) mod json_value;
pub(crate) mod string_object;
