//! A descriptor that event loops and `select` accept. It is readable after `set`, until `clear`.

#[cfg(unix)]
pub use omnize::Wake as WakeDescriptor;

#[cfg(windows)]
pub use crate::threads::socket_pair::SocketPair as WakeDescriptor;
