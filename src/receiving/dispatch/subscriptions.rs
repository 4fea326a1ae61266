//! Who wants to be called for what, and the promise that a call ended by `unsubscribe` never comes late.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::receiving::dispatch::inline_string::InlineString;
use crate::receiving::dispatch::subscription_list::{
    Customers, Shared, Subscription, SubscriptionList,
};
use crate::receiving::queue::event::{Event, EventKind};

/// What is called with an event. It is dropped once, after its last call.
pub type Handler = Box<dyn Fn(&Arc<Event>) + Send + Sync>;

/// Names a subscription; never used twice in one client.
pub type SubscriptionId = i64;

/// Which events a subscription is for.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Only those of this kind; `None` is all.
    pub kind: Option<EventKind>,
    /// Only those of this customer; `None` is all.
    pub client_id: Option<String>,
}

/// All subscriptions of a client.
#[derive(Debug, Default)]
pub struct Subscriptions {
    registered: Mutex<Registered>,
    /// A call has ended.
    left: Condvar,
}

#[derive(Debug, Default)]
struct Registered {
    last_id: SubscriptionId,
    /// Those that are for one customer, and those for all. An event looks at these two alone: with thousands of customers,
    /// each further place in the memory is one that the processor must wait for.
    of_one: Customers,
    of_all: SubscriptionList,
    /// Where each is: its customer, or `None` where it is for all.
    by_id: BTreeMap<SubscriptionId, Option<InlineString>>,
    /// Those whose handler runs now, once for each call.
    under_way: Vec<SubscriptionId>,
    /// How many wait for a call to end. To notify nobody costs a system call too.
    waiting: usize,
    closed: bool,
}

impl Subscriptions {
    /// Adds a handler. Once all are closed it is dropped at once, and `None` comes back.
    pub fn add(&self, interest: EventFilter, handler: Handler) -> Option<SubscriptionId> {
        let mut registered = self.lock();
        if registered.closed {
            // The handler runs code of the application as it drops, so the lock goes first.
            drop(registered);
            drop(handler);
            return None;
        }
        registered.last_id += 1;
        let id = registered.last_id;
        let subscription = Subscription {
            id,
            kind: interest.kind,
            handler: handler.into(),
        };
        let client_id = interest.client_id.as_deref().map(InlineString::from);
        match &client_id {
            Some(client_id) => registered.of_one.add(client_id, subscription),
            None => registered.of_all.push(subscription),
        }
        registered.by_id.insert(id, client_id);
        Some(id)
    }

    /// Ends a subscription. When this returns, its handler neither runs nor will run and is dropped; `false` where there is
    /// no such subscription. Called from `inside` a handler, it does not wait: two handlers that end one another's
    /// subscriptions would wait for ever. No further call begins then, and the drop follows when the last one under way
    /// returns.
    pub fn remove(&self, id: SubscriptionId, inside: bool) -> bool {
        let mut registered = self.lock();
        let Some(subscription) = registered.remove(id) else {
            return false;
        };
        while !inside && registered.under_way.contains(&id) {
            registered.waiting += 1;
            registered = self
                .left
                .wait(registered)
                .unwrap_or_else(PoisonError::into_inner);
            registered.waiting -= 1;
        }
        drop(registered);
        // Runs code of the application as it drops, so after the lock.
        drop(subscription);
        true
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.lock().by_id.is_empty()
    }

    /// Ends all, and takes no more.
    pub fn close(&self) {
        let mut registered = self.lock();
        registered.closed = true;
        registered.by_id.clear();
        let all = (
            std::mem::take(&mut registered.of_one),
            std::mem::take(&mut registered.of_all),
        );
        drop(registered);
        // Whoever closes has waited for the handlers already, or is inside one.
        drop(all);
    }

    /// Calls every handler that wants this event, in the order in which they were added, and tells how many did. A handler
    /// that panics is reported and the next is called.
    pub fn call(&self, event: &Arc<Event>) -> usize {
        let mut registered = self.lock();
        // What is added by a handler is for the next event.
        let last = registered.last_id;
        let (mut called, mut after) = (0, 0);
        while let Some(next) = registered.wanting(event, after, last) {
            registered.under_way.push(next.id);
            drop(registered);
            let call = Call {
                subscriptions: self,
                id: next.id,
                handler: Some(next.handler),
            };
            call.run(event);
            drop(call);
            called += 1;
            if next.is_last {
                return called;
            }
            after = next.id;
            registered = self.lock();
        }
        called
    }

    fn lock(&self) -> MutexGuard<'_, Registered> {
        self.registered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is to be called next.
struct Next {
    id: SubscriptionId,
    handler: Shared,
    /// Whether no further one wants the event.
    is_last: bool,
}

impl Registered {
    fn remove(&mut self, id: SubscriptionId) -> Option<Subscription> {
        match self.by_id.remove(&id)? {
            Some(client_id) => self.of_one.remove(&client_id, id),
            None => self.of_all.remove(id),
        }
    }

    /// The first that wants the event, of those that were added later than `after` and no later than `last`.
    fn wanting(&self, event: &Event, after: SubscriptionId, last: SubscriptionId) -> Option<Next> {
        let wants = |subscription: &&Subscription| {
            let kind = subscription.kind;
            kind.is_none_or(|kind| kind == event.content.kind())
        };
        let of_one = self.of_one.of(event.content.client_id());
        let mut of_one = of_one.between(after, last).iter().filter(wants);
        let mut of_all = self.of_all.between(after, last).iter().filter(wants);
        let (first, other) = match (of_one.next(), of_all.next()) {
            (Some(one), Some(all)) if all.id < one.id => (all, Some(one)),
            (Some(one), all) => (one, all),
            (None, all) => (all?, None),
        };
        let is_last = other.is_none() && of_one.next().is_none() && of_all.next().is_none();
        Some(Next {
            id: first.id,
            handler: first.handler.clone(),
            is_last,
        })
    }
}

/// One call of a handler. When it drops, it lets go of the handler first and is under way no longer after that, so that
/// whoever waits for its end knows the handler dropped.
struct Call<'a> {
    subscriptions: &'a Subscriptions,
    id: SubscriptionId,
    handler: Option<Shared>,
}

impl Call<'_> {
    fn run(&self, event: &Arc<Event>) {
        if let Some(handler) = &self.handler {
            let call = std::panic::AssertUnwindSafe(|| handler(event));
            if std::panic::catch_unwind(call).is_err() {
                event.nack();
                log::error!("a handler panicked; the next one is called");
            }
        }
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        drop(self.handler.take());
        let mut registered = self.subscriptions.lock();
        let mine = registered.under_way.iter().position(|id| *id == self.id);
        if let Some(mine) = mine {
            registered.under_way.swap_remove(mine);
        }
        if registered.waiting > 0 {
            self.subscriptions.left.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::receiving::queue::event::{AckToken, Content, QueuedEvent};
    use crate::wire::Kind;
    use crate::wire::dialects::rest;

    fn event(body: &str) -> Arc<Event> {
        let waiting = QueuedEvent {
            content: Content::Trigger(rest::decode(body.as_bytes().into(), None).unwrap()),
            sequence: 1,
            received_at: 0,
            redelivered: false,
        };
        #[cfg(feature = "store")]
        let receipt = AckToken::new(
            None,
            crate::receiving::queue::event::AckKey::Record(1),
            true,
        );
        #[cfg(not(feature = "store"))]
        let receipt = AckToken;
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
        subscriptions.add(EventFilter::default(), all.handler());
        let kind = EventFilter {
            kind: Some(EventKind::Trigger(Kind::Typing)),
            ..EventFilter::default()
        };
        subscriptions.add(kind, typings.handler());
        let other = EventFilter {
            client_id: Some("2".into()),
            ..EventFilter::default()
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
    fn calls_them_in_the_order_in_which_they_were_added_and_later_ones_with_the_next_event() {
        let subscriptions = Arc::new(Subscriptions::default());
        let called = Arc::new(Mutex::new(Vec::new()));
        let add = |number: usize, client_id: Option<&str>| {
            let interest = EventFilter {
                client_id: client_id.map(str::to_owned),
                ..EventFilter::default()
            };
            let (called, inner) = (called.clone(), subscriptions.clone());
            let handler = move |_: &_| {
                let mut called = called.lock().unwrap();
                called.push(number);
                if number == 3 && called.len() == 3 {
                    inner.add(EventFilter::default(), Box::new(|_| {}));
                    inner.remove(4, true);
                }
            };
            subscriptions.add(interest, Box::new(handler)).unwrap();
        };
        for (number, client_id) in [
            (1, Some("1")),
            (2, None),
            (3, Some("1")),
            (4, None),
            (5, Some("1")),
        ] {
            add(number, client_id);
        }
        assert_eq!(subscriptions.call(&typing()), 4);
        assert_eq!(*called.lock().unwrap(), [1, 2, 3, 5]);
        assert_eq!(subscriptions.call(&typing()), 5);
        // A handler that holds its subscriptions would keep them for ever.
        subscriptions.close();
    }

    #[test]
    fn drops_a_handler_once_when_it_is_removed() {
        let subscriptions = Subscriptions::default();
        let counter = Counter::new();
        let id = subscriptions
            .add(EventFilter::default(), counter.handler())
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
            EventFilter::default(),
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
        let id = subscriptions.add(EventFilter::default(), handler).unwrap();
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
        subscriptions.add(EventFilter::default(), first.handler());
        subscriptions.close();
        assert_eq!(
            subscriptions.add(EventFilter::default(), second.handler()),
            None
        );
        assert_eq!((first.seen(), second.seen()), ((0, 1), (0, 1)));
        assert_eq!(subscriptions.call(&typing()), 0);
    }

    #[test]
    fn a_panic_stops_neither_the_next_handler_nor_the_next_event() {
        let subscriptions = Subscriptions::default();
        let counter = Counter::new();
        subscriptions.add(EventFilter::default(), Box::new(|_| panic!("on purpose")));
        subscriptions.add(EventFilter::default(), counter.handler());
        subscriptions.call(&typing());
        subscriptions.call(&typing());
        assert_eq!(counter.seen().0, 2);
    }
}
