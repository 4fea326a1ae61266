//! Conversations and their requests.
//!
//! [`conversation`] has the handles, and starts and attaches. [`conversation_requests`] sends and posts messages, typing,
//! cleared and finish. [`conversation_events`] returns the events of a conversation, and has the application's pointer. [`bot`] has the requests of an external bot. [`request`] builds a request
//! field by field. [`history`] renders earlier messages. [`media`] numbers the kinds of media.

pub mod bot;
pub mod conversation;
pub mod conversation_events;
pub mod conversation_requests;
pub mod history;
pub mod media;
pub mod request;
