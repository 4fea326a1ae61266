//! JSON of the service: objects (`json_object.rs`), values (`json_value.rs`), and a writer for objects of strings
//! (`json_writer.rs`).

pub(crate) mod json_object;
pub(crate) mod json_value;
pub(crate) mod json_writer;
