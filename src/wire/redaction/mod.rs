//! Removes secrets and personal data from texts: the type (`redacted.rs`), and the escaped variants of a secret
//! (`encoded_forms.rs`).

pub(crate) mod encoded_forms;
pub(crate) mod redacted;
