//! A descriptor or HANDLE that is signalled once, for an event loop that pops events itself and needs a notification only
//! after it found no event.
//!
//! The [notifier](crate::receiving::queue::notifier) changes with each burst of events, and wakes its reader
//! while the inbox is locked. This notifier costs nothing while it is not armed.

use std::ffi::c_void;
use std::io;
use std::ptr::NonNull;
use std::sync::Arc;

use crate::host::fork_guard::ForkGuarded;
use crate::host::wake::Wake;
use crate::receiving::queue::inbox::Inbox;

/// The one-shot notifier of a client.
#[derive(Debug)]
pub struct OneShotNotifier {
    inbox: ForkGuarded<Arc<Inbox>>,
    wake: Arc<Wake>,
}

impl OneShotNotifier {
    pub(crate) fn new(inbox: Arc<Inbox>) -> io::Result<Self> {
        let wake = inbox.one_shot_wake()?;
        Ok(OneShotNotifier {
            inbox: ForkGuarded::new(inbox),
            wake,
        })
    }

    /// Returns an upper bound of the events that can be popped. If it is 0, the next event signals the
    /// object.
    pub fn arm(&self) -> usize {
        self.inbox.get().map_or(0, |inbox| inbox.arm_one_shot(1))
    }

    /// Makes the object not signalled. Returns an upper bound of the events that can be popped. If more are `wanted`,
    /// the next event signals the object.
    pub fn clear_and_rearm(&self, wanted: usize) -> usize {
        // A forked child must not change the parent's object.
        let Ok(inbox) = self.inbox.get() else {
            return 0;
        };
        self.wake.clear();
        inbox.arm_one_shot(wanted)
    }

    /// Returns the descriptor, or `None` on Windows. It stays the library's.
    pub fn descriptor(&self) -> Option<i64> {
        self.wake.descriptor()
    }

    /// Returns the event HANDLE, or `None` on other systems than Windows. It stays the library's.
    pub fn handle(&self) -> Option<NonNull<c_void>> {
        self.wake.handle()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::receiving::queue::event::Content;
    use crate::wire::dialects::rest;

    fn push(inbox: &Inbox, id: u32) {
        let body = format!(r#"{{"status":"typing","clientId":{id}}}"#);
        let trigger = rest::decode(body.as_bytes().into(), None).unwrap();
        inbox.push(Content::Trigger(trigger), 0).unwrap();
    }

    fn open_notifier() -> (Arc<Inbox>, OneShotNotifier) {
        let inbox = Arc::new(Inbox::new(10, usize::MAX));
        let notifier = OneShotNotifier::new(inbox.clone()).unwrap();
        (inbox, notifier)
    }

    #[test]
    fn it_notifies_once_after_it_was_armed() {
        let (inbox, notifier) = open_notifier();
        push(&inbox, 1);
        inbox.notify();
        assert!(!notifier.wake.is_set(), "it is not armed");
        assert_eq!(notifier.arm(), 1);
        inbox.pop(Instant::now(), false).unwrap();
        assert_eq!(notifier.arm(), 0);
        push(&inbox, 2);
        assert!(
            !notifier.wake.is_set(),
            "it notifies with the other consumers"
        );
        inbox.notify();
        assert!(notifier.wake.is_set());
        assert_eq!(notifier.clear_and_rearm(1), 1);
        push(&inbox, 3);
        inbox.notify();
        assert!(!notifier.wake.is_set(), "it notifies once");
    }

    #[test]
    fn it_stays_armed_while_more_events_are_wanted() {
        let (inbox, notifier) = open_notifier();
        notifier.arm();
        push(&inbox, 1);
        inbox.notify();
        assert_eq!(notifier.clear_and_rearm(2), 1);
        push(&inbox, 2);
        inbox.notify();
        assert!(notifier.wake.is_set());
    }

    #[test]
    fn it_notifies_when_a_held_event_is_released() {
        let (inbox, notifier) = open_notifier();
        push(&inbox, 1);
        push(&inbox, 1);
        inbox.pop(Instant::now(), true).unwrap();
        assert_eq!(notifier.arm(), 0);
        inbox.notify();
        assert!(!notifier.wake.is_set(), "the event is held");
        inbox.release("1");
        assert!(notifier.wake.is_set());
    }
}
