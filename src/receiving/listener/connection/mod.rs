//! One connection of the listener.

pub(crate) mod connection_limits;
pub(crate) mod connection_state;
pub(crate) mod parser_pool;
pub(crate) mod stream;
pub(crate) mod timeouts;
pub(crate) mod tracking_waker;
