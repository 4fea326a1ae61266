//! The function of a one-shot notifier, and whether it must be called.

use std::fmt;
use std::sync::Arc;

/// The function that a one-shot notifier calls, on any thread. It must not block, and must not use the client.
pub type WakeFunction = Arc<dyn Fn() + Send + Sync>;

/// The state of the [one-shot notifier](crate::receiving::queue::one_shot_notifier::OneShotNotifier), in its inbox.
#[derive(Default)]
pub(crate) struct OneShotState {
    /// Set at the application's first request.
    function: Option<WakeFunction>,
    is_armed: bool,
}

impl OneShotState {
    /// Sets the function.
    pub fn set(&mut self, function: WakeFunction) {
        self.function = Some(function);
    }

    /// Requests a notification for the next event.
    pub fn arm(&mut self) {
        self.is_armed = true;
    }

    /// Returns the function if it is armed, and disarms it. The caller must unlock the inbox before it calls the
    /// function, because the woken thread needs the lock.
    pub fn take_armed(&mut self) -> Option<WakeFunction> {
        if std::mem::take(&mut self.is_armed) {
            self.function.clone()
        } else {
            None
        }
    }
}

impl fmt::Debug for OneShotState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OneShotState")
            .field("is_armed", &self.is_armed)
            .finish_non_exhaustive()
    }
}
