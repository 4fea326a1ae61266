//! System calls for files: locks, status, creation of private files, reads, and file systems.
//!
//! Each module has a file in `windows/` with the same items.

#[cfg(feature = "store")]
#[cfg_attr(windows, path = "windows/file_access.rs")]
pub mod file_access;
#[cfg(feature = "store")]
#[cfg_attr(windows, path = "windows/file_lock.rs")]
pub mod file_lock;
#[cfg(any(feature = "store", feature = "listener"))]
#[cfg_attr(windows, path = "windows/file_status.rs")]
pub mod file_status;
#[cfg(feature = "store")]
#[cfg_attr(windows, path = "windows/file_system.rs")]
pub mod file_system;
#[cfg(feature = "store")]
#[cfg_attr(windows, path = "windows/private_file.rs")]
pub mod private_file;
#[cfg(all(windows, feature = "store"))]
#[path = "windows/private_permissions.rs"]
mod private_permissions;
