//! Conversations and their requests.
//!
//! [`conversation`] starts, attaches and sends; [`bot`] has the requests of an external bot. [`request`] builds a request
//! field by field. [`history`] renders earlier messages. [`media`] numbers the kinds of media.

pub mod bot;
pub mod conversation;
pub mod history;
pub mod media;
pub mod request;
