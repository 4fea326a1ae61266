//! The dialects of the service: one file each.

pub(crate) mod external_bot;
pub mod gateway;
pub mod interactions;
pub mod rest;
