//! With a store, a poll without subscriptions consumes no events: they stay queued, the log mentions it once, and the
//! first subscription gets them.

#![cfg(feature = "store")]

#[path = "support/recording_log.rs"]
mod recording_log;
#[path = "support/store_folder.rs"]
mod store_folder;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::time::{Duration, Instant};

use omnize::{Client, Consumer, Event, EventFilter, Statistic};
use recording_log::{lines, record_log};
use store_folder::{Folder, deliver, open, queued_messages, text};

/// Opens a client with two events of an earlier process.
fn after_a_restart(folder: &Folder) -> Client {
    let client = open(&folder.store(), &[]).unwrap();
    deliver(&client, "first").unwrap();
    deliver(&client, "second").unwrap();
    drop(client);
    open(&folder.store(), &[]).unwrap()
}

fn subscribe(client: &Client) -> (omnize::SubscriptionId, mpsc::Receiver<String>) {
    let (sender, received) = mpsc::channel();
    let sender = Mutex::new(sender);
    let handler = move |event: &Arc<Event>| sender.lock().unwrap().send(text(event)).unwrap();
    let id = client.subscribe(EventFilter::default(), Box::new(handler));
    (id.unwrap(), received)
}

#[test]
fn poll_without_subscriptions_keeps_events_queued() {
    record_log(log::LevelFilter::Warn);
    let folder = Folder::new();
    let client = after_a_restart(&folder);
    // The other tests, whose lines are in the same log, have two events.
    deliver(&client, "new").unwrap();
    for _ in 0..3 {
        assert_eq!(client.poll(Duration::ZERO).unwrap(), 0);
    }
    assert_eq!(client.count_of(Statistic::Unwanted), 0);
    let lines = lines();
    let about: Vec<_> = lines
        .iter()
        .filter(|line| line.starts_with("3 events"))
        .collect();
    assert_eq!(
        about,
        ["3 events stay in the store until a callback is subscribed"]
    );

    let (id, received) = subscribe(&client);
    assert_eq!(client.poll(Duration::ZERO).unwrap(), 3);
    assert_eq!(
        received.try_iter().collect::<Vec<_>>(),
        ["first", "second", "new"]
    );

    // The same is true after the last subscription has ended.
    client.unsubscribe(id).unwrap();
    deliver(&client, "third").unwrap();
    assert_eq!(client.poll(Duration::ZERO).unwrap(), 0);
    drop(client);
    assert_eq!(
        queued_messages(&open(&folder.store(), &[]).unwrap()),
        ["third"]
    );
}

#[test]
fn first_subscription_wakes_a_polling_thread() {
    let folder = Folder::new();
    let client = after_a_restart(&folder);
    assert_eq!(client.poll(Duration::ZERO).unwrap(), 0);
    std::thread::scope(|scope| {
        let begun = Instant::now();
        let polling = scope.spawn(|| client.poll(Duration::from_secs(60)).unwrap());
        let (_, received) = subscribe(&client);
        assert_eq!(
            received.recv_timeout(Duration::from_secs(30)).unwrap(),
            "first"
        );
        assert!(polling.join().unwrap() > 0 && begun.elapsed() < Duration::from_secs(30));
    });
}

#[test]
fn dispatch_without_subscriptions_keeps_events_queued() {
    let folder = Folder::new();
    let client = after_a_restart(&folder);
    client.dispatch().unwrap();
    let (_, received) = subscribe(&client);
    for expected in ["first", "second"] {
        assert_eq!(
            received.recv_timeout(Duration::from_secs(30)).unwrap(),
            expected
        );
    }
    client.close(Duration::from_secs(30)).unwrap();
}

#[test]
fn close_does_not_wait_for_events_without_subscription() {
    let folder = Folder::new();
    let client = after_a_restart(&folder);
    client.dispatch().unwrap();
    let begun = Instant::now();
    let left = client.close(Duration::from_secs(30)).unwrap();
    assert_eq!(left.events, 2);
    assert!(begun.elapsed() < Duration::from_secs(15));
    assert_eq!(
        queued_messages(&open(&folder.store(), &[]).unwrap()),
        ["first", "second"]
    );
}

#[test]
fn a_handler_that_ends_the_last_subscription_leaves_the_other_events_queued() {
    let folder = Folder::new();
    let client = Arc::new(after_a_restart(&folder));
    let (known, id) = (Arc::downgrade(&client), Arc::new(OnceLock::new()));
    let own_id = id.clone();
    let handler = move |_: &Arc<Event>| {
        let client = known.upgrade().unwrap();
        client.unsubscribe(*own_id.get().unwrap()).unwrap();
    };
    let subscribed = client.subscribe(EventFilter::default(), Box::new(handler));
    id.set(subscribed.unwrap()).unwrap();
    assert_eq!(client.poll(Duration::ZERO).unwrap(), 1);
    assert_eq!(client.poll(Duration::ZERO).unwrap(), 0);
    assert_eq!(client.count_of(Statistic::Unwanted), 0);
    client.close(Duration::from_secs(30)).unwrap();
    assert_eq!(
        queued_messages(&open(&folder.store(), &[]).unwrap()),
        ["second"]
    );
}

#[test]
fn subscriptions_that_come_and_go_during_dispatch_miss_no_event() {
    let folder = Folder::new();
    let client = open(&folder.store(), &[]).unwrap();
    client.dispatch().unwrap();
    let sent: Vec<_> = (0..300).map(|number| number.to_string()).collect();
    let mut seen = Vec::new();
    let is_complete = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for text in &sent {
                deliver(&client, text).unwrap();
            }
            is_complete.store(true, Ordering::SeqCst);
        });
        while !is_complete.load(Ordering::SeqCst) {
            let (id, received) = subscribe(&client);
            client.unsubscribe(id).unwrap();
            seen.extend(received.try_iter());
        }
    });
    assert_eq!(client.count_of(Statistic::Unwanted), 0);
    client.close(Duration::from_secs(30)).unwrap();
    seen.extend(queued_messages(&open(&folder.store(), &[]).unwrap()));
    assert_eq!(seen, sent);
}

#[test]
#[cfg(target_os = "linux")]
fn wake_fd_is_not_readable_without_subscriptions() {
    let folder = Folder::new();
    let client = after_a_restart(&folder);
    let wake = client.event_descriptor().unwrap();
    let is_readable = || {
        let mut watched = libc::pollfd {
            fd: i32::try_from(wake.descriptor().unwrap()).unwrap(),
            events: libc::POLLIN,
            revents: 0,
        };
        // SAFETY: one descriptor, which lives as long as the client.
        unsafe { libc::poll(&raw mut watched, 1, 0) == 1 }
    };
    assert!(is_readable());
    assert_eq!(client.poll(Duration::ZERO).unwrap(), 0);
    assert!(!is_readable());
    let (_, received) = subscribe(&client);
    assert!(is_readable());
    assert_eq!(client.poll(Duration::ZERO).unwrap(), 2);
    assert_eq!(received.try_iter().count(), 2);
}

#[test]
fn next_needs_no_subscription() {
    let folder = Folder::new();
    let client = after_a_restart(&folder);
    assert_eq!(queued_messages(&client), ["first", "second"]);
    let folder = Folder::new();
    let client = after_a_restart(&folder);
    let turn = client.next_lease(Consumer::Thread, Duration::ZERO).unwrap();
    assert!(turn.is_some());
}
