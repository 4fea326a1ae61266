//! The requests of the service's three dialects, and those of the external bot.
//!
//! The router passes a `ParsedRequest` to the dialect of its path: `rest`, `gateway` (which extends `rest`), `interactions`
//! (with `contacts` for off-hours and WhatsApp), or `bot`. The dialect checks the token and every field, translates the
//! request into the vocabulary of `model`, and applies it by `lifecycle`. `account_lists` builds the lists of departments
//! and agents. An `Acceptance` or a `Rejection` goes back to the router.

pub(crate) mod account_lists;
pub(crate) mod bot;
pub(crate) mod contacts;
pub(crate) mod gateway;
pub(crate) mod interactions;
pub(crate) mod interactions_fields;
pub(crate) mod parsed_request;
pub(crate) mod rest;
