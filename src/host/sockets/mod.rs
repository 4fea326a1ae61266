//! System calls on sockets.
//!
//! An [`AbortableStream`] connects, reads and writes with timeouts, and another thread can abort that. On Unix,
//! `stream_with_timeouts.rs` sets the socket's own timeouts, and `tcp_connect.rs` connects; a shutdown of the socket ends both. On
//! Windows, `stream_with_events.rs` waits for events of the socket and for an event of its own.
//!
//! `idle_connection.rs` checks a pooled connection before it is used, and `tcp_refusal.rs` proves that the peer did not read a
//! request. `listen_address.rs` reserves the address of a listener.

pub mod idle_connection;
#[cfg(feature = "listener")]
pub mod listen_address;
#[cfg(windows)]
mod stream_with_events;
#[cfg(unix)]
mod stream_with_timeouts;
#[cfg(unix)]
mod tcp_connect;
pub mod tcp_refusal;
#[cfg(test)]
mod tests;

#[cfg(windows)]
pub use stream_with_events::AbortableStream;
#[cfg(unix)]
pub use stream_with_timeouts::AbortableStream;
