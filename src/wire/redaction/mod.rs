//! Secrets and personal data that must not be printed.

pub(crate) mod encoded_forms;
pub(crate) mod redacted;
