//! Who wants to be called for what, and the promise that a call ended by `unsubscribe` never comes late.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::event::{Event, EventKind};

/// What is called with an event. It is dropped once, after its last call.
pub type Handler = Box<dyn Fn(&Arc<Event>) + Send + Sync>;

/// Names a subscription; never used twice in one client.
pub type SubscriptionId = i64;

/// Which events a subscription is for.
#[derive(Clone, Debug, Default)]
pub struct Interest {
    /// Only those of this kind; `None` is all.
    pub kind: Option<EventKind>,
    /// Only those of this customer; `None` is all.
    pub client_id: Option<String>,
}

impl Interest {
    fn covers(&self, event: &Event) -> bool {
        self.kind.is_none_or(|kind| kind == event.content.kind())
            && self
                .client_id
                .as_ref()
                .is_none_or(|id| id == event.content.client_id())
    }
}

/// All subscriptions of a client.
#[derive(Debug, Default)]
pub struct Subscriptions {
    registered: Mutex<Registered>,
}

#[derive(Debug, Default)]
struct Registered {
    last_id: SubscriptionId,
    by_id: BTreeMap<SubscriptionId, Arc<Subscription>>,
    /// Those that are for one customer, by client id; and those for all. An event looks at these two alone.
    of_one: HashMap<String, Vec<SubscriptionId>>,
    of_all: Vec<SubscriptionId>,
    closed: bool,
}

impl Subscriptions {
    /// Adds a handler. Once all are closed it is dropped at once, and `None` comes back.
    pub fn add(&self, interest: Interest, handler: Handler) -> Option<SubscriptionId> {
        let mut registered = self.lock();
        if registered.closed {
            // The handler runs code of the application as it drops, so the lock goes first.
            drop(registered);
            drop(handler);
            return None;
        }
        registered.last_id += 1;
        let id = registered.last_id;
        match &interest.client_id {
            Some(client_id) => registered
                .of_one
                .entry(client_id.clone())
                .or_default()
                .push(id),
            None => registered.of_all.push(id),
        }
        let subscription = Arc::new(Subscription::new(interest, handler));
        registered.by_id.insert(id, subscription);
        Some(id)
    }

    /// Ends a subscription. When this returns, its handler neither runs nor will run and is dropped; `false` where there is
    /// no such subscription. Called from `inside` a handler, it does not wait: two handlers that end one another's
    /// subscriptions would wait for ever. No further call begins then, and the drop follows when the last one under way
    /// returns.
    pub fn remove(&self, id: SubscriptionId, inside: bool) -> bool {
        let removed = self.lock().remove(id);
        let found = removed.is_some();
        if let Some(subscription) = removed {
            subscription.end(inside);
        }
        found
    }

    /// Ends all, and takes no more.
    pub fn close(&self) {
        let all = {
            let mut registered = self.lock();
            registered.closed = true;
            std::mem::take(&mut registered.by_id)
        };
        for subscription in all.values() {
            // Whoever closes has waited for the handlers already, or is inside one.
            subscription.end(true);
        }
    }

    /// Calls every handler that wants this event, and tells how many did. A handler that panics is reported and the next
    /// is called.
    pub fn call(&self, event: &Arc<Event>) -> usize {
        let wanted = self.lock().wanting(event);
        wanted
            .iter()
            .filter(|subscription| subscription.call(event))
            .count()
    }

    fn lock(&self) -> MutexGuard<'_, Registered> {
        self.registered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registered {
    fn remove(&mut self, id: SubscriptionId) -> Option<Arc<Subscription>> {
        let subscription = self.by_id.remove(&id)?;
        match &subscription.interest.client_id {
            Some(client_id) => {
                if let Some(ids) = self.of_one.get_mut(client_id) {
                    ids.retain(|other| *other != id);
                    if ids.is_empty() {
                        self.of_one.remove(client_id);
                    }
                }
            }
            None => self.of_all.retain(|other| *other != id),
        }
        Some(subscription)
    }

    /// Those that want the event, in the order in which they were made.
    fn wanting(&self, event: &Event) -> Vec<Arc<Subscription>> {
        let found = |id| {
            self.by_id
                .get(id)
                .filter(|subscription| subscription.interest.covers(event))
                .cloned()
        };
        let Some(of_one) = self.of_one.get(event.content.client_id()) else {
            return self.of_all.iter().filter_map(found).collect();
        };
        let mut ids: Vec<_> = of_one.iter().chain(&self.of_all).collect();
        ids.sort_unstable();
        ids.into_iter().filter_map(found).collect()
    }
}

struct Subscription {
    interest: Interest,
    gate: Mutex<Gate>,
    left: Condvar,
}

/// How many calls of a handler are under way, and whether another may begin.
struct Gate {
    /// `None` once the subscription has ended.
    handler: Option<Arc<Handler>>,
    calls: usize,
}

impl Subscription {
    fn new(interest: Interest, handler: Handler) -> Self {
        Subscription {
            interest,
            gate: Mutex::new(Gate {
                handler: Some(Arc::new(handler)),
                calls: 0,
            }),
            left: Condvar::new(),
        }
    }

    /// Calls the handler, unless the subscription has ended meanwhile.
    fn call(&self, event: &Arc<Event>) -> bool {
        let handler = {
            let mut gate = self.lock();
            let Some(handler) = gate.handler.clone() else {
                return false;
            };
            gate.calls += 1;
            handler
        };
        let leave = Leave {
            subscription: self,
            handler: Some(handler),
        };
        leave.run(event);
        true
    }

    fn end(&self, inside: bool) {
        let mut gate = self.lock();
        let handler = gate.handler.take();
        while !inside && gate.calls > 0 {
            gate = self.left.wait(gate).unwrap_or_else(PoisonError::into_inner);
        }
        drop(gate);
        // Runs code of the application as it drops, so after the lock.
        drop(handler);
    }

    fn lock(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("interest", &self.interest)
            .finish_non_exhaustive()
    }
}

/// One call of a handler. Leaves the gate when it drops, and lets go of the handler before, so that whoever waits at the
/// gate knows it dropped.
struct Leave<'a> {
    subscription: &'a Subscription,
    handler: Option<Arc<Handler>>,
}

impl Leave<'_> {
    fn run(&self, event: &Arc<Event>) {
        if let Some(handler) = &self.handler {
            let call = std::panic::AssertUnwindSafe(|| handler(event));
            if std::panic::catch_unwind(call).is_err() {
                log::error!("a handler panicked; the next one is called");
            }
        }
    }
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        drop(self.handler.take());
        let mut gate = self.subscription.lock();
        gate.calls -= 1;
        // Only who has ended the subscription waits, and to notify nobody costs a system call too.
        if gate.handler.is_none() {
            self.subscription.left.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use super::super::event::{Content, Receipt, Waiting};
    use super::*;
    use crate::wire::{Kind, rest};

    fn event(body: &str) -> Arc<Event> {
        let waiting = Waiting {
            content: Content::Trigger(rest::decode(body.as_bytes().into(), None).unwrap()),
            sequence: 1,
            received_at: 0,
            redelivered: false,
        };
        #[cfg(feature = "store")]
        let receipt = Receipt::new(None, super::super::event::Mark::Record(1), true);
        #[cfg(not(feature = "store"))]
        let receipt = Receipt;
        Arc::new(Event::new(waiting, receipt))
    }

    fn typing() -> Arc<Event> {
        event(r#"{"status":"typing","clientId":"1"}"#)
    }

    /// A handler that counts its calls, and its drops.
    struct Counter {
        calls: Arc<AtomicUsize>,
        drops: Arc<AtomicUsize>,
    }

    impl Counter {
        fn new() -> Self {
            Counter {
                calls: Arc::default(),
                drops: Arc::default(),
            }
        }

        fn handler(&self) -> Handler {
            struct OnDrop(Arc<AtomicUsize>);
            impl Drop for OnDrop {
                fn drop(&mut self) {
                    self.0.fetch_add(1, Ordering::SeqCst);
                }
            }
            let calls = self.calls.clone();
            let on_drop = OnDrop(self.drops.clone());
            Box::new(move |_| {
                let _kept = &on_drop;
                calls.fetch_add(1, Ordering::SeqCst);
            })
        }

        fn seen(&self) -> (usize, usize) {
            (
                self.calls.load(Ordering::SeqCst),
                self.drops.load(Ordering::SeqCst),
            )
        }
    }

    #[test]
    fn calls_those_who_want_the_event() {
        let subscriptions = Subscriptions::default();
        let (all, typings, others) = (Counter::new(), Counter::new(), Counter::new());
        subscriptions.add(Interest::default(), all.handler());
        let kind = Interest {
            kind: Some(EventKind::Trigger(Kind::Typing)),
            ..Interest::default()
        };
        subscriptions.add(kind, typings.handler());
        let other = Interest {
            client_id: Some("2".into()),
            ..Interest::default()
        };
        subscriptions.add(other, others.handler());
        assert_eq!(subscriptions.call(&typing()), 2);
        assert_eq!(
            subscriptions.call(&event(r#"{"message":"x","clientId":"2"}"#)),
            2
        );
        assert_eq!((all.seen().0, typings.seen().0, others.seen().0), (2, 1, 1));
    }

    #[test]
    fn drops_a_handler_once_when_it_is_removed() {
        let subscriptions = Subscriptions::default();
        let counter = Counter::new();
        let id = subscriptions
            .add(Interest::default(), counter.handler())
            .unwrap();
        subscriptions.call(&typing());
        assert!(subscriptions.remove(id, false));
        assert_eq!(counter.seen(), (1, 1));
        assert!(!subscriptions.remove(id, false));
        subscriptions.call(&typing());
        assert_eq!(counter.seen(), (1, 1));
    }

    #[test]
    fn a_handler_can_remove_itself() {
        let subscriptions = Arc::new(Subscriptions::default());
        let dropped = Counter::new();
        let kept = dropped.handler();
        let inner = subscriptions.clone();
        let drops = dropped.drops.clone();
        subscriptions.add(
            Interest::default(),
            Box::new(move |event| {
                kept(event);
                assert!(inner.remove(1, true));
                assert_eq!(drops.load(Ordering::SeqCst), 0, "dropped while it runs");
            }),
        );
        assert_eq!(subscriptions.call(&typing()), 1);
        assert_eq!(dropped.seen(), (1, 1));
        assert_eq!(subscriptions.call(&typing()), 0);
    }

    #[test]
    fn removing_waits_for_a_call_on_another_thread() {
        let subscriptions = Subscriptions::default();
        let (entered, has_entered) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let (entered, released) = (Mutex::new(entered), Mutex::new(released));
        let ended = Arc::new(AtomicUsize::new(0));
        let at_end = ended.clone();
        let handler: Handler = Box::new(move |_| {
            entered.lock().unwrap().send(()).unwrap();
            released.lock().unwrap().recv().unwrap();
            thread::sleep(Duration::from_millis(20));
            at_end.store(1, Ordering::SeqCst);
        });
        let id = subscriptions.add(Interest::default(), handler).unwrap();
        thread::scope(|scope| {
            scope.spawn(|| subscriptions.call(&typing()));
            has_entered.recv().unwrap();
            release.send(()).unwrap();
            subscriptions.remove(id, false);
            assert_eq!(ended.load(Ordering::SeqCst), 1);
        });
    }

    #[test]
    fn closing_ends_all_and_takes_no_more() {
        let subscriptions = Subscriptions::default();
        let (first, second) = (Counter::new(), Counter::new());
        subscriptions.add(Interest::default(), first.handler());
        subscriptions.close();
        assert_eq!(
            subscriptions.add(Interest::default(), second.handler()),
            None
        );
        assert_eq!((first.seen(), second.seen()), ((0, 1), (0, 1)));
        assert_eq!(subscriptions.call(&typing()), 0);
    }

    #[test]
    fn a_panic_stops_neither_the_next_handler_nor_the_next_event() {
        let subscriptions = Subscriptions::default();
        let counter = Counter::new();
        subscriptions.add(Interest::default(), Box::new(|_| panic!("on purpose")));
        subscriptions.add(Interest::default(), counter.handler());
        subscriptions.call(&typing());
        subscriptions.call(&typing());
        assert_eq!(counter.seen().0, 2);
    }
}
