//! Calls the handlers that match an event. After `unsubscribe` returns, its handler is not called again.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::receiving::dispatch::inline_string::InlineString;
use crate::receiving::dispatch::subscription::{
    EventFilter, Handler, SharedHandler, Subscription, SubscriptionId,
};
use crate::receiving::dispatch::subscription_list::{SubscriptionList, SubscriptionsByClient};
use crate::receiving::queue::event::Event;

/// All subscriptions of a client.
#[derive(Debug, Default)]
pub struct Subscriptions {
    registry: Mutex<Registry>,
    /// Notified at the end of a call.
    call_ended: Condvar,
}

#[derive(Debug, Default)]
struct Registry {
    last_id: SubscriptionId,
    /// The subscriptions that filter by client id, and the others. Each event looks up only these two, because each
    /// further memory access costs a cache miss if there are thousands of customers.
    by_client: SubscriptionsByClient,
    for_all: SubscriptionList,
    /// The client id of each subscription; `None` if it matches all.
    by_id: BTreeMap<SubscriptionId, Option<InlineString>>,
    /// The subscriptions whose handlers run, one entry per call.
    running: Vec<SubscriptionId>,
    /// Number of threads that wait for the end of a call. A notification without a waiter would cost a system call.
    waiting_removals: usize,
    closed: bool,
}

impl Subscriptions {
    /// Adds a handler. After [`close`](Self::close), it drops the handler and returns `None`.
    pub fn add(&self, filter: EventFilter, handler: Handler) -> Option<SubscriptionId> {
        let mut registry = self.lock();
        if registry.closed {
            // The handler's drop runs application code, so the lock is released first.
            drop(registry);
            drop(handler);
            return None;
        }
        registry.last_id += 1;
        let id = registry.last_id;
        let subscription = Subscription {
            id,
            kind: filter.kind,
            handler: handler.into(),
        };
        let client_id = filter.client_id.as_deref().map(InlineString::from);
        match &client_id {
            Some(client_id) => registry.by_client.add(client_id, subscription),
            None => registry.for_all.push(subscription),
        }
        registry.by_id.insert(id, client_id);
        Some(id)
    }

    /// Ends a subscription. When it returns, its handler does not run, is not called again, and is dropped. Returns
    /// `false` if the subscription does not exist.
    ///
    /// From inside a callback (`in_callback`) it does not block, because two handlers that end each other's
    /// subscriptions would deadlock. No further call starts, and the handler is dropped after the calls in progress.
    pub fn remove(&self, id: SubscriptionId, in_callback: bool) -> bool {
        let mut registry = self.lock();
        let Some(subscription) = registry.remove(id) else {
            return false;
        };
        while !in_callback && registry.running.contains(&id) {
            registry.waiting_removals += 1;
            registry = self
                .call_ended
                .wait(registry)
                .unwrap_or_else(PoisonError::into_inner);
            registry.waiting_removals -= 1;
        }
        drop(registry);
        // The drop runs application code, so it comes after the lock is released.
        drop(subscription);
        true
    }

    /// Returns whether no subscription exists.
    pub fn is_empty(&self) -> bool {
        self.lock().by_id.is_empty()
    }

    /// Ends all subscriptions and rejects new ones.
    pub fn close(&self) {
        let mut registry = self.lock();
        registry.closed = true;
        registry.by_id.clear();
        let all = (
            std::mem::take(&mut registry.by_client),
            std::mem::take(&mut registry.for_all),
        );
        drop(registry);
        // The caller has waited for the handlers, or is inside one.
        drop(all);
    }

    /// Pops an event, and calls every handler that matches it in the order of subscription. Returns the event and the
    /// number of calls; `None` without an event. A panic of a handler is logged, and the next handler is called.
    ///
    /// If `needs_subscription`, it pops nothing while no subscription exists. `pop` and the begin of the first call are
    /// under one lock. So a popped event reaches its handler even if that subscription is about to end.
    pub fn call_next(
        &self,
        needs_subscription: bool,
        pop: impl FnOnce() -> Option<Arc<Event>>,
    ) -> Option<(Arc<Event>, usize)> {
        let registry = self.lock();
        if needs_subscription && registry.by_id.is_empty() {
            return None;
        }
        let event = pop()?;
        let called = self.call(registry, &event);
        Some((event, called))
    }

    fn call<'a>(&'a self, mut registry: MutexGuard<'a, Registry>, event: &Arc<Event>) -> usize {
        // A subscription that a handler adds starts with the next event.
        let last = registry.last_id;
        let (mut called, mut after) = (0, 0);
        while let Some(next) = registry.next_match(event, after, last) {
            registry.running.push(next.id);
            drop(registry);
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
            registry = self.lock();
        }
        called
    }

    fn lock(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The handler to call next.
struct NextCall {
    id: SubscriptionId,
    handler: SharedHandler,
    /// Whether no further handler matches the event.
    is_last: bool,
}

impl Registry {
    fn remove(&mut self, id: SubscriptionId) -> Option<Subscription> {
        match self.by_id.remove(&id)? {
            Some(client_id) => self.by_client.remove(&client_id, id),
            None => self.for_all.remove(id),
        }
    }

    /// Returns the first matching subscription with an id greater than `after`, up to `last`.
    fn next_match(
        &self,
        event: &Event,
        after: SubscriptionId,
        last: SubscriptionId,
    ) -> Option<NextCall> {
        let matches = |subscription: &&Subscription| {
            let kind = subscription.kind;
            kind.is_none_or(|kind| kind == event.content.kind())
        };
        let by_client = self.by_client.get(event.content.client_id());
        let mut by_client = by_client.range(after, last).iter().filter(matches);
        let mut for_all = self.for_all.range(after, last).iter().filter(matches);
        let (first, other) = match (by_client.next(), for_all.next()) {
            (Some(one), Some(all)) if all.id < one.id => (all, Some(one)),
            (Some(one), all) => (one, all),
            (None, all) => (all?, None),
        };
        let is_last = other.is_none() && by_client.next().is_none() && for_all.next().is_none();
        Some(NextCall {
            id: first.id,
            handler: first.handler.clone(),
            is_last,
        })
    }
}

/// One call of a handler. Its drop releases the handler before it ends the call, so a thread that waits for the end
/// knows that the handler is dropped.
struct Call<'a> {
    subscriptions: &'a Subscriptions,
    id: SubscriptionId,
    handler: Option<SharedHandler>,
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
        let mut registry = self.subscriptions.lock();
        let index = registry.running.iter().position(|id| *id == self.id);
        if let Some(index) = index {
            registry.running.swap_remove(index);
        }
        if registry.waiting_removals > 0 {
            self.subscriptions.call_ended.notify_all();
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
    use crate::receiving::queue::event::{AckToken, Content, EventKind, QueuedEvent};
    use crate::wire::Kind;
    use crate::wire::dialects::rest;

    impl Subscriptions {
        fn call_with(&self, event: &Arc<Event>) -> usize {
            let next = self.call_next(false, || Some(event.clone()));
            next.map_or(0, |(_, called)| called)
        }
    }

    fn event(body: &str) -> Arc<Event> {
        let queued = QueuedEvent {
            content: Content::Trigger(rest::decode(body.as_bytes().into(), None).unwrap()),
            sequence: 1,
            received_at: 0,
            redelivered: false,
        };
        #[cfg(feature = "store")]
        let ack_token = AckToken::new(
            None,
            crate::receiving::queue::event::AckKey::Record(1),
            true,
        );
        #[cfg(not(feature = "store"))]
        let ack_token = AckToken;
        Arc::new(Event::new(queued, ack_token))
    }

    fn typing() -> Arc<Event> {
        event(r#"{"status":"typing","clientId":"1"}"#)
    }

    /// A handler that counts its calls and drops.
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
                let _captured = &on_drop;
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
    fn calls_the_handlers_whose_filter_matches() {
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
        assert_eq!(subscriptions.call_with(&typing()), 2);
        assert_eq!(
            subscriptions.call_with(&event(r#"{"message":"x","clientId":"2"}"#)),
            2
        );
        assert_eq!((all.seen().0, typings.seen().0, others.seen().0), (2, 1, 1));
    }

    #[test]
    fn calls_handlers_in_the_order_of_subscription_and_new_ones_from_the_next_event() {
        let subscriptions = Arc::new(Subscriptions::default());
        let called = Arc::new(Mutex::new(Vec::new()));
        let add = |number: usize, client_id: Option<&str>| {
            let filter = EventFilter {
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
            subscriptions.add(filter, Box::new(handler)).unwrap();
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
        assert_eq!(subscriptions.call_with(&typing()), 4);
        assert_eq!(*called.lock().unwrap(), [1, 2, 3, 5]);
        assert_eq!(subscriptions.call_with(&typing()), 5);
        // Otherwise a handler that holds its subscriptions is never freed.
        subscriptions.close();
    }

    #[test]
    fn remove_drops_the_handler_once() {
        let subscriptions = Subscriptions::default();
        let counter = Counter::new();
        let id = subscriptions
            .add(EventFilter::default(), counter.handler())
            .unwrap();
        subscriptions.call_with(&typing());
        assert!(subscriptions.remove(id, false));
        assert_eq!(counter.seen(), (1, 1));
        assert!(!subscriptions.remove(id, false));
        subscriptions.call_with(&typing());
        assert_eq!(counter.seen(), (1, 1));
    }

    #[test]
    fn a_handler_can_remove_itself() {
        let subscriptions = Arc::new(Subscriptions::default());
        let dropped = Counter::new();
        let handler = dropped.handler();
        let inner = subscriptions.clone();
        let drops = dropped.drops.clone();
        subscriptions.add(
            EventFilter::default(),
            Box::new(move |event| {
                handler(event);
                assert!(inner.remove(1, true));
                assert_eq!(drops.load(Ordering::SeqCst), 0, "dropped while it runs");
            }),
        );
        assert_eq!(subscriptions.call_with(&typing()), 1);
        assert_eq!(dropped.seen(), (1, 1));
        assert_eq!(subscriptions.call_with(&typing()), 0);
    }

    #[test]
    fn remove_waits_for_a_call_on_another_thread() {
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
            scope.spawn(|| subscriptions.call_with(&typing()));
            has_entered.recv().unwrap();
            release.send(()).unwrap();
            subscriptions.remove(id, false);
            assert_eq!(ended.load(Ordering::SeqCst), 1);
        });
    }

    #[test]
    fn a_popped_event_reaches_a_subscription_that_is_about_to_end() {
        let subscriptions = Subscriptions::default();
        let counter = Counter::new();
        let id = subscriptions
            .add(EventFilter::default(), counter.handler())
            .unwrap();
        thread::scope(|scope| {
            let pop = || {
                let (removed, is_removed) = mpsc::channel();
                let subscriptions = &subscriptions;
                scope.spawn(move || {
                    assert!(subscriptions.remove(id, false));
                    // The test may no longer wait.
                    let _ = removed.send(());
                });
                let soon = Duration::from_millis(50);
                assert!(is_removed.recv_timeout(soon).is_err(), "ended too early");
                Some(typing())
            };
            assert_eq!(subscriptions.call_next(true, pop).unwrap().1, 1);
        });
        assert_eq!(counter.seen(), (1, 1));
        let pop = || unreachable!("no subscription exists");
        assert!(subscriptions.call_next(true, pop).is_none());
    }

    #[test]
    fn close_removes_all_and_rejects_new_subscriptions() {
        let subscriptions = Subscriptions::default();
        let (first, second) = (Counter::new(), Counter::new());
        subscriptions.add(EventFilter::default(), first.handler());
        subscriptions.close();
        assert_eq!(
            subscriptions.add(EventFilter::default(), second.handler()),
            None
        );
        assert_eq!((first.seen(), second.seen()), ((0, 1), (0, 1)));
        assert_eq!(subscriptions.call_with(&typing()), 0);
    }

    #[test]
    fn a_panic_does_not_stop_the_next_handler_or_event() {
        let subscriptions = Subscriptions::default();
        let counter = Counter::new();
        subscriptions.add(EventFilter::default(), Box::new(|_| panic!("on purpose")));
        subscriptions.add(EventFilter::default(), counter.handler());
        subscriptions.call_with(&typing());
        subscriptions.call_with(&typing());
        assert_eq!(counter.seen().0, 2);
    }
}
