//! A function that is called once, for an event loop that pops events itself and needs a notification only after it
//! found no event.
//!
//! The [notifier](crate::receiving::queue::notifier) changes with each burst of events, and wakes its reader
//! while the inbox is locked. This one costs nothing while it is not armed.

use std::sync::Arc;

use crate::error::Result;
use crate::host::fork_guard::ForkGuarded;
use crate::receiving::queue::inbox::Inbox;
use crate::receiving::queue::wake_function::WakeFunction;

/// The one-shot notifier of a client.
#[derive(Debug)]
pub struct OneShotNotifier {
    inbox: ForkGuarded<Arc<Inbox>>,
}

impl OneShotNotifier {
    pub(crate) fn new(inbox: Arc<Inbox>, function: WakeFunction) -> Self {
        inbox.set_one_shot(function);
        OneShotNotifier {
            inbox: ForkGuarded::new(inbox),
        }
    }

    /// Returns an upper bound of the events that can be popped. If more are `wanted`, the function is called at the
    /// next event.
    ///
    /// # Errors
    /// [`Status::Forked`](crate::status::Status::Forked).
    pub fn arm(&self, wanted: usize) -> Result<usize> {
        Ok(self.inbox.get()?.arm_one_shot(wanted))
    }

    /// Returns whether a parent of this process created it.
    pub fn is_of_parent(&self) -> bool {
        self.inbox.get().is_err()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Instant;

    use super::*;
    use crate::receiving::queue::event::Content;
    use crate::wire::dialects::rest;

    fn push(inbox: &Inbox, id: u32) {
        let body = format!(r#"{{"status":"typing","clientId":{id}}}"#);
        let trigger = rest::decode(body.as_bytes().into(), None).unwrap();
        inbox.push(Content::Trigger(trigger), 0).unwrap();
    }

    /// Returns an inbox, its notifier, and the number of notifications.
    fn open_notifier() -> (Arc<Inbox>, OneShotNotifier, Arc<AtomicUsize>) {
        let inbox = Arc::new(Inbox::new(10, usize::MAX));
        let count = Arc::new(AtomicUsize::new(0));
        let counter = count.clone();
        let function = move || _ = counter.fetch_add(1, Ordering::Relaxed);
        let notifier = OneShotNotifier::new(inbox.clone(), Arc::new(function));
        (inbox, notifier, count)
    }

    #[test]
    fn it_notifies_once_after_it_was_armed() {
        let (inbox, notifier, count) = open_notifier();
        push(&inbox, 1);
        inbox.notify();
        assert_eq!(count.load(Ordering::Relaxed), 0, "it is not armed");
        assert_eq!(notifier.arm(1).unwrap(), 1);
        inbox.pop(Instant::now(), false).unwrap();
        assert_eq!(notifier.arm(1).unwrap(), 0);
        push(&inbox, 2);
        assert_eq!(
            count.load(Ordering::Relaxed),
            0,
            "it notifies with the other consumers"
        );
        inbox.notify();
        assert_eq!(count.load(Ordering::Relaxed), 1);
        assert_eq!(notifier.arm(1).unwrap(), 1);
        push(&inbox, 3);
        inbox.notify();
        assert_eq!(count.load(Ordering::Relaxed), 1, "it notifies once");
    }

    #[test]
    fn it_stays_armed_while_more_events_are_wanted() {
        let (inbox, notifier, count) = open_notifier();
        notifier.arm(1).unwrap();
        push(&inbox, 1);
        inbox.notify();
        assert_eq!(notifier.arm(2).unwrap(), 1);
        push(&inbox, 2);
        inbox.notify();
        assert_eq!(count.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn it_notifies_when_a_held_event_is_released() {
        let (inbox, notifier, count) = open_notifier();
        push(&inbox, 1);
        push(&inbox, 1);
        inbox.pop(Instant::now(), true).unwrap();
        assert_eq!(notifier.arm(1).unwrap(), 0);
        inbox.notify();
        assert_eq!(count.load(Ordering::Relaxed), 0, "the event is held");
        inbox.release("1");
        assert_eq!(count.load(Ordering::Relaxed), 1);
    }
}
