//! Reads responses, of requests sent by the HTTP client and of those on the fast path.
//!
//! A connection on which a request was sent comes in; a response and the reusable connection go out.
//! [`response_reader`] receives the first bytes. Most responses arrive at once, have a length, and are parsed in place by
//! [`response_head`]. Otherwise [`response_input`] receives the whole head, [`head_repair`] corrects a head that is not quite
//! HTTP, and [`body`] reads the body, with [`chunked`] if it arrives in chunks. [`response_error`] lists the failures.
//!
//! The headers that define the end of a response (Content-Length, Transfer-Encoding, Connection) are read strictly.
//! The rest is read as browsers and curl read it (docs/src/decisions/0029).

pub(crate) mod body;
pub(crate) mod chunked;
pub(crate) mod head_repair;
pub(crate) mod http_response;
pub(crate) mod response_error;
pub(crate) mod response_head;
pub(crate) mod response_input;
pub(crate) mod response_reader;
