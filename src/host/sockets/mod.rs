//! System calls on sockets: `tcp_connect.rs` connects, `idle_connection.rs` checks a pooled connection before it is used, and
//! `tcp_refusal.rs` proves that the peer did not read a request.

pub mod idle_connection;
pub mod tcp_connect;
pub mod tcp_refusal;
