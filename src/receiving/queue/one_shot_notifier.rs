//! A descriptor that rings once: for an event loop that asks for events itself, and wants to be told only when it has found
//! none.
//!
//! The [wake-up descriptor](crate::receiving::queue::notifier) is readable exactly while events wait, so each burst of events makes it readable
//! and unreadable again, whether anybody looks or not, and wakes who takes the events while the inbox is locked. An alarm
//! costs nothing while it is not set.

use std::io;
use std::sync::Arc;

use crate::host::fork_guard::ForkGuarded;
use crate::host::wake_fd::Wake;
use crate::receiving::queue::inbox::Inbox;

/// The alarm of a client.
#[derive(Debug)]
pub struct OneShotNotifier {
    inbox: ForkGuarded<Arc<Inbox>>,
    wake: Arc<Wake>,
}

impl OneShotNotifier {
    pub(crate) fn new(inbox: Arc<Inbox>) -> io::Result<Self> {
        let wake = inbox.bell()?;
        Ok(OneShotNotifier {
            inbox: ForkGuarded::new(inbox),
            wake,
        })
    }

    /// Tells how many events may go now, at the most; where there is none, the descriptor becomes readable as soon as one may.
    pub fn set(&self) -> usize {
        self.inbox.get().map_or(0, |inbox| inbox.set_bell(1))
    }

    /// The descriptor was readable: it is not any more. Tells how many events may go now, at the most; where more are
    /// `waited_for`, it becomes readable again with the next one.
    pub fn rang(&self, waited_for: usize) -> usize {
        // In a child, the parent's is left alone.
        let Ok(inbox) = self.inbox.get() else {
            return 0;
        };
        self.wake.clear();
        inbox.set_bell(waited_for)
    }

    /// The descriptor, which stays the library's.
    pub fn descriptor(&self) -> i64 {
        self.wake.descriptor()
    }
}

/// The inbox's side of it.
#[derive(Debug, Default)]
pub(crate) struct NotifierState {
    /// Made when the application first asks for it.
    wake: Option<Arc<Wake>>,
    is_set: bool,
}

impl NotifierState {
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
    pub fn set(&mut self) {
        self.is_set = true;
    }

    /// What is to be made readable now that an event may go, where that is wanted: once the inbox is not locked any more, or
    /// who is woken by it would wait for the lock.
    pub fn ring(&mut self) -> Option<Arc<Wake>> {
        if std::mem::take(&mut self.is_set) {
            self.wake.clone()
        } else {
            None
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
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

    fn opened() -> (Arc<Inbox>, OneShotNotifier) {
        let inbox = Arc::new(Inbox::new(10, usize::MAX));
        let alarm = OneShotNotifier::new(inbox.clone()).unwrap();
        (inbox, alarm)
    }

    #[test]
    fn it_rings_once_when_it_was_set() {
        let (inbox, alarm) = opened();
        push(&inbox, 1);
        inbox.ring();
        assert!(!alarm.wake.is_readable(), "nobody has set it");
        assert_eq!(alarm.set(), 1);
        inbox.pop(Instant::now(), false).unwrap();
        assert_eq!(alarm.set(), 0);
        push(&inbox, 2);
        assert!(!alarm.wake.is_readable(), "it rings with the others");
        inbox.ring();
        assert!(alarm.wake.is_readable());
        assert_eq!(alarm.rang(1), 1);
        push(&inbox, 3);
        inbox.ring();
        assert!(!alarm.wake.is_readable(), "once");
    }

    #[test]
    fn it_stays_set_for_who_gets_no_event() {
        let (inbox, alarm) = opened();
        alarm.set();
        push(&inbox, 1);
        inbox.ring();
        assert_eq!(alarm.rang(2), 1);
        push(&inbox, 2);
        inbox.ring();
        assert!(alarm.wake.is_readable());
    }

    #[test]
    fn it_rings_for_what_was_held_back() {
        let (inbox, alarm) = opened();
        push(&inbox, 1);
        push(&inbox, 1);
        inbox.pop(Instant::now(), true).unwrap();
        assert_eq!(alarm.set(), 0);
        inbox.ring();
        assert!(!alarm.wake.is_readable(), "it may not go yet");
        inbox.release("1");
        assert!(alarm.wake.is_readable());
    }
}
