//! One connection of the listener.
//!
//! `connection_limits` grants its permit. `stream` reads and writes its bytes, and records in `connection_state`
//! whether it is idle, reads a head or a body, stores a trigger, or closes. `timeouts` ends a phase that takes too
//! long. While a request arrives, the connection has a parser of `parser_pool`, polled through a `tracking_waker`.

pub(crate) mod connection_limits;
pub(crate) mod connection_state;
pub(crate) mod parser_pool;
pub(crate) mod stream;
pub(crate) mod timeouts;
pub(crate) mod tracking_waker;
