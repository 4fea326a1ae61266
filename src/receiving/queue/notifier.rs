//! The wake-up descriptor as the inbox keeps it: readable exactly while an event may go.

use std::io;
use std::sync::Arc;

use crate::host::wake_fd::Wake;

/// Shows whether an event may go.
#[derive(Debug, Default)]
pub struct Notifier {
    /// Made when the application first asks for it; until then nobody pays for it.
    wake: Option<Arc<Wake>>,
    is_readable: bool,
}

impl Notifier {
    /// The descriptor, from now on kept as it is to be.
    pub fn wake(&mut self, is_ready: bool) -> io::Result<Arc<Wake>> {
        if let Some(wake) = &self.wake {
            return Ok(wake.clone());
        }
        let wake = Arc::new(Wake::new()?);
        self.wake = Some(wake.clone());
        self.set_readable(is_ready);
        Ok(wake)
    }

    /// Makes the descriptor readable where an event may go, and not readable where none may.
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

/// The inbox's side of it.
#[derive(Debug, Default)]
pub(crate) struct OneShotState {
    /// Made when the application first asks for it.
    wake: Option<Arc<Wake>>,
    is_armed: bool,
}

impl OneShotState {
    /// What is to be made readable.
    pub fn wake(&mut self) -> io::Result<Arc<Wake>> {
        if let Some(wake) = &self.wake {
            return Ok(wake.clone());
        }
        let wake = Arc::new(Wake::new()?);
        self.wake = Some(wake.clone());
        Ok(wake)
    }

    /// It is to ring.
    pub fn arm(&mut self) {
        self.is_armed = true;
    }

    /// What is to be made readable now that an event may go, where that is wanted: once the inbox is not locked any more, or
    /// who is woken by it would wait for the lock.
    pub fn take_armed(&mut self) -> Option<Arc<Wake>> {
        if std::mem::take(&mut self.is_armed) {
            self.wake.clone()
        } else {
            None
        }
    }
}
