//! The inbox's notifications of event loops: an object that is signalled while an event can be popped, and window messages.

use std::io;
use std::sync::Arc;

use crate::host::wake::{PostResult, Wake, WindowMessage};

/// An object that is signalled exactly while an event can be popped, and a window message that is posted then.
#[derive(Debug, Default)]
pub struct Notifier {
    /// Created at the application's first request, because each change costs a system call.
    wake: Option<Arc<Wake>>,
    is_set: bool,
    message: Option<WindowMessage>,
    /// Whether the message was posted since the application last took events.
    is_posted: bool,
}

impl Notifier {
    /// Returns the object, and creates it at the first call.
    pub fn wake(&mut self, is_ready: bool) -> io::Result<Arc<Wake>> {
        if let Some(wake) = &self.wake {
            return Ok(wake.clone());
        }
        let wake = Arc::new(Wake::new()?);
        self.wake = Some(wake.clone());
        self.set_ready(is_ready);
        Ok(wake)
    }

    /// Sets or clears the object, and posts the message if events are ready.
    pub fn set_ready(&mut self, is_ready: bool) {
        if is_ready {
            self.post_message();
        }
        let Some(wake) = &self.wake else { return };
        if is_ready && !self.is_set {
            wake.set();
        } else if !is_ready && self.is_set {
            wake.clear();
        }
        self.is_set = is_ready;
    }

    /// Replaces the message. `None` ends the messages.
    pub fn set_message(&mut self, message: Option<WindowMessage>, is_ready: bool) {
        self.message = message;
        self.rearm_message(is_ready);
    }

    /// Allows the next message, because the application took events, and posts it if more are ready.
    pub fn rearm_message(&mut self, is_ready: bool) {
        self.is_posted = false;
        if is_ready {
            self.post_message();
        }
    }

    fn post_message(&mut self) {
        let Some(message) = &self.message else { return };
        if self.is_posted {
            return;
        }
        match message.post() {
            PostResult::Posted => self.is_posted = true,
            // The next event, or the next call that takes events, tries again.
            PostResult::Full => {}
            PostResult::NoWindow => {
                self.message = None;
                log::warn!(
                    "the window of omnize_client_wake_message does not exist any more, so no message is posted; pass NULL \
                     before the window is destroyed"
                );
            }
        }
    }
}
