//! The wake-up descriptor as the inbox keeps it: readable exactly while an event may go.

use std::io;
use std::sync::Arc;

use crate::host::wake_fd::Wake;

/// Shows whether an event may go.
#[derive(Debug, Default)]
pub struct Notifier {
    /// Made when the application first asks for it; until then nobody pays for it.
    wake: Option<Arc<Wake>>,
    is_up: bool,
}

impl Notifier {
    /// The descriptor, from now on kept as it is to be.
    pub fn wake(&mut self, is_ready: bool) -> io::Result<Arc<Wake>> {
        if let Some(wake) = &self.wake {
            return Ok(wake.clone());
        }
        let wake = Arc::new(Wake::new()?);
        self.wake = Some(wake.clone());
        self.show(is_ready);
        Ok(wake)
    }

    /// Makes the descriptor readable where an event may go, and not readable where none may.
    pub fn show(&mut self, is_ready: bool) {
        let Some(wake) = &self.wake else { return };
        if is_ready && !self.is_up {
            wake.set();
        } else if !is_ready && self.is_up {
            wake.clear();
        }
        self.is_up = is_ready;
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::time::Instant;

    use crate::receiving::queue::event::Content;
    use crate::receiving::queue::inbox::Inbox;
    use crate::wire::dialects::rest;

    fn push(inbox: &Inbox, id: u32) {
        let body = format!(r#"{{"status":"typing","clientId":{id}}}"#);
        let trigger = rest::decode(body.as_bytes().into(), None).unwrap();
        inbox.push(Content::Trigger(trigger), 0).unwrap();
    }

    #[test]
    fn what_is_dropped_leaves_the_descriptor_unreadable() {
        let inbox = Inbox::new(2, usize::MAX);
        let wake = inbox.wake().unwrap();
        push(&inbox, 1);
        assert!(!wake.is_readable());
        inbox.ring();
        assert!(wake.is_readable());
        inbox.close();
        inbox.clear();
        assert!(!wake.is_readable());
    }

    #[test]
    fn the_descriptor_is_readable_while_an_event_may_go() {
        let inbox = Inbox::new(10, usize::MAX);
        let wake = inbox.wake().unwrap();
        push(&inbox, 1);
        push(&inbox, 1);
        inbox.ring();
        assert!(wake.is_readable());
        inbox.pop(Instant::now(), true).unwrap();
        assert!(!wake.is_readable());
        push(&inbox, 2);
        inbox.ring();
        assert!(wake.is_readable());
        inbox.pop(Instant::now(), true).unwrap();
        assert!(!wake.is_readable());
        inbox.release("1");
        assert!(wake.is_readable());
    }
}
