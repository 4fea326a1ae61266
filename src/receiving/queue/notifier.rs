//! The inbox's descriptors: one that is readable while an event can be popped, and one that becomes readable once.

use std::io;
use std::sync::Arc;

use crate::host::wake_fd::Wake;

/// A descriptor that is readable exactly while an event can be popped.
#[derive(Debug, Default)]
pub struct Notifier {
    /// Created at the application's first request, because each change costs a system call.
    wake: Option<Arc<Wake>>,
    is_readable: bool,
}

impl Notifier {
    /// Returns the descriptor, and creates it at the first call.
    pub fn wake(&mut self, is_ready: bool) -> io::Result<Arc<Wake>> {
        if let Some(wake) = &self.wake {
            return Ok(wake.clone());
        }
        let wake = Arc::new(Wake::new()?);
        self.wake = Some(wake.clone());
        self.set_readable(is_ready);
        Ok(wake)
    }

    /// Makes the descriptor readable or unreadable.
    pub fn set_readable(&mut self, is_ready: bool) {
        let Some(wake) = &self.wake else { return };
        if is_ready && !self.is_readable {
            wake.set();
        } else if !is_ready && self.is_readable {
            wake.clear();
        }
        self.is_readable = is_ready;
    }
}

/// A descriptor that becomes readable once after it was armed.
#[derive(Debug, Default)]
pub(crate) struct OneShotState {
    /// Created at the application's first request.
    wake: Option<Arc<Wake>>,
    is_armed: bool,
}

impl OneShotState {
    /// Returns the descriptor, and creates it at the first call.
    pub fn wake(&mut self) -> io::Result<Arc<Wake>> {
        if let Some(wake) = &self.wake {
            return Ok(wake.clone());
        }
        let wake = Arc::new(Wake::new()?);
        self.wake = Some(wake.clone());
        Ok(wake)
    }

    /// Requests a notification for the next event.
    pub fn arm(&mut self) {
        self.is_armed = true;
    }

    /// Returns the descriptor if it is armed, and disarms it. The caller must unlock the inbox before it sets the
    /// descriptor, because the woken thread needs the lock.
    pub fn take_armed(&mut self) -> Option<Arc<Wake>> {
        if std::mem::take(&mut self.is_armed) {
            self.wake.clone()
        } else {
            None
        }
    }
}
