//! Objects with which an event loop waits for events: a descriptor, an event HANDLE of Windows, a window message.
//!
//! - `event_fd.rs` (Linux), `pipe.rs` (other Unix systems) and `event_object.rs` (Windows) contain the same [`Wake`].
//! - `window_message.rs` posts messages to a window. On other systems than Windows, `no_window_message.rs` rejects that.

#[cfg(target_os = "linux")]
mod event_fd;
#[cfg(windows)]
mod event_object;
#[cfg(not(windows))]
mod no_window_message;
#[cfg(any(all(unix, not(target_os = "linux")), all(test, unix)))]
mod pipe;
#[cfg(windows)]
mod window_message;

#[cfg(target_os = "linux")]
pub use event_fd::Wake;
#[cfg(windows)]
pub use event_object::Wake;
#[cfg(not(windows))]
pub use no_window_message::WindowMessage;
#[cfg(all(unix, not(target_os = "linux")))]
pub use pipe::Wake;
#[cfg(windows)]
pub use window_message::WindowMessage;

/// The result of posting a window message.
#[cfg_attr(not(windows), allow(dead_code))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostResult {
    /// The message is posted.
    Posted,
    /// The window's thread has too many messages.
    Full,
    /// The window does not exist any more, or belongs to a program with more rights.
    NoWindow,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_signalled_from_set_to_clear() {
        let wake = Wake::new().unwrap();
        assert!(!wake.is_set());
        wake.set();
        wake.set();
        assert!(wake.is_set() && wake.is_set());
        wake.clear();
        assert!(!wake.is_set());
        wake.clear();
        assert!(!wake.is_set());
    }

    #[test]
    fn a_system_has_either_descriptors_or_handles() {
        let wake = Wake::new().unwrap();
        assert_eq!(wake.descriptor().is_some(), cfg!(unix));
        assert_eq!(wake.handle().is_some(), cfg!(windows));
    }
}
