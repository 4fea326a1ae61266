//! Rejects window messages. Only Windows has them.

use std::ffi::c_void;

use crate::error::{Error, Result};
use crate::host::wake::PostResult;
use crate::status::Status;

/// A window message. None exists on this system.
#[derive(Debug)]
pub enum WindowMessage {}

impl WindowMessage {
    /// Whether this system has window messages.
    pub const IS_SUPPORTED: bool = false;

    /// Always fails.
    ///
    /// # Errors
    /// [`Status::Unsupported`].
    pub fn new(_: *mut c_void, _: u32) -> Result<Option<Self>> {
        Err(Error::new(
            Status::Unsupported,
            "only Windows has window messages; use omnize_client_wake_fd",
        ))
    }

    /// Unreachable, because [`new`](Self::new) always fails.
    pub fn post(&self) -> PostResult {
        match *self {}
    }
}
