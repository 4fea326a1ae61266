//! With a store, each accepted trigger reaches the application, across crashes and in order. Possible repetitions are
//! flagged. The crashes are real: this test starts itself as the application and kills it.

#![cfg(feature = "store")]

mod application_process;
mod repeated_kills;
#[path = "../support/store_folder.rs"]
mod store_folder;

use std::collections::HashMap;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use application_process::ApplicationProcess;

use omnize::status::Status;
use omnize::{Client, Event};
use store_folder::{Folder, open};

fn deliver(client: &Client, client_id: &str, text: &str) {
    let body = format!(r#"{{"message":"{text}","clientId":"{client_id}"}}"#);
    client.deliver(body.as_bytes(), None).unwrap();
}

fn next(client: &Client) -> Event {
    client
        .next(Duration::from_secs(10))
        .unwrap()
        .expect("an event")
}

fn text(event: &Event) -> &str {
    event.trigger().unwrap().text.as_deref().unwrap()
}

#[test]
fn unhandled_events_are_redelivered_flagged_and_in_order() {
    let folder = Folder::new();
    let client = open(&folder.store(), &[]).unwrap();
    for at in 0..5 {
        deliver(&client, "12", &at.to_string());
    }
    let first = next(&client);
    assert_eq!(
        (text(&first), first.redelivered, first.sequence),
        ("0", false, 1)
    );
    drop(first);
    let second = next(&client);
    client.close(Duration::from_secs(5)).unwrap();
    drop(second);
    drop(client);

    let client = open(&folder.store(), &[]).unwrap();
    for at in 1..5u64 {
        let event = next(&client);
        assert_eq!((text(&event), event.redelivered), (&*at.to_string(), true));
        assert_eq!(event.sequence, at + 1);
    }
    deliver(&client, "12", "new");
    let event = next(&client);
    assert_eq!(
        (text(&event), event.redelivered, event.sequence),
        ("new", false, 6)
    );
}

#[test]
fn manual_ack_marks_an_event_as_handled() {
    let folder = Folder::new();
    let client = open(&folder.store(), &[("ack", "manual")]).unwrap();
    for at in 0..4 {
        deliver(&client, "12", &at.to_string());
    }
    let events: Vec<_> = (0..4).map(|_| next(&client)).collect();
    events[1].ack();
    events[3].ack();
    events[3].ack();
    drop(events);
    drop(client);

    let client = open(&folder.store(), &[]).unwrap();
    assert_eq!((text(&next(&client)), text(&next(&client))), ("0", "2"));
    assert!(client.next(Duration::ZERO).unwrap().is_none());
}

#[test]
fn callback_return_marks_the_event_as_handled() {
    let folder = Folder::new();
    let client = Arc::new(open(&folder.store(), &[]).unwrap());
    let closing = Arc::downgrade(&client);
    let handler = move |event: &Arc<Event>| {
        if text(event) == "last" {
            closing
                .upgrade()
                .unwrap()
                .close(Duration::from_secs(5))
                .unwrap();
        }
    };
    client
        .subscribe(Default::default(), Box::new(handler))
        .unwrap();
    for text in ["first", "last", "left"] {
        deliver(&client, "12", text);
    }
    assert_eq!(client.poll(Duration::ZERO).unwrap(), 2);
    drop(client);

    let client = open(&folder.store(), &[]).unwrap();
    assert_eq!(text(&next(&client)), "left");
    assert!(client.next(Duration::ZERO).unwrap().is_none());
}

#[test]
fn stored_bodies_are_redelivered_unchanged() {
    let folder = Folder::new();
    let client = open(&folder.store(), &[]).unwrap();
    let latin = b"{\"message\":\"ol\xE1\",\"clientId\":\"12\"}";
    client
        .deliver(latin, Some("text/plain; charset=latin1"))
        .unwrap();
    drop(client);
    let client = open(&folder.store(), &[]).unwrap();
    let event = next(&client);
    assert_eq!(
        (text(&event), &*event.trigger().unwrap().raw),
        ("olá", &latin[..])
    );
}

#[test]
fn store_in_use_is_reported() {
    let folder = Folder::new();
    let _client = open(&folder.store(), &[]).unwrap();
    let error = open(&folder.store(), &[]).unwrap_err();
    assert_eq!(error.status(), Status::Store);
    assert!(error.message().contains("another client"), "{error}");
}

/// A limit on the file size simulates a full disk for one process: writes over it fail.
#[test]
#[cfg_attr(
    windows,
    ignore = "Windows has no limit on the size of files of a process"
)]
fn full_disk_is_reported_and_loses_no_accepted_event() {
    let folder = Folder::new();
    let mut child = ApplicationProcess::start_limited(&folder.store(), 400);
    let mut taken = 0;
    let refused = (0..2000).any(|at| {
        let body = format!(
            r#"{{"message":"{at} {}","clientId":"12"}}"#,
            "x".repeat(500)
        );
        match child.post(&body) {
            Some(200) => {
                taken += 1;
                false
            }
            Some(503) => true,
            other => panic!("{other:?}"),
        }
    });
    assert!(refused, "the disk never filled");
    child.kill();

    let client = open(&folder.store(), &[]).unwrap();
    for at in 0..taken {
        let event = next(&client);
        assert!(
            text(&event).starts_with(&format!("{at} ")),
            "{at}: {}",
            text(&event)
        );
    }
    assert!(client.next(Duration::ZERO).unwrap().is_none());
}

#[test]
fn callbacks_of_one_interaction_never_overlap() {
    let folder = Folder::new();
    let client = open(&folder.store(), &[("dispatch.threads", "4")]).unwrap();
    let seen = Arc::new(std::sync::Mutex::new(HashMap::<String, Vec<usize>>::new()));
    let inside = Arc::new(std::sync::Mutex::new(Vec::<String>::new()));
    let most = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let (done, finished) = std::sync::mpsc::channel();
    let handler = {
        let (seen, inside, most) = (seen.clone(), inside.clone(), most.clone());
        move |event: &Arc<Event>| {
            let id = event.trigger().unwrap().client_id.clone();
            {
                let mut inside = inside.lock().unwrap();
                assert!(!inside.contains(&id), "{id} overlaps");
                inside.push(id.clone());
                most.fetch_max(inside.len(), std::sync::atomic::Ordering::SeqCst);
            }
            thread::sleep(Duration::from_millis(2));
            seen.lock()
                .unwrap()
                .entry(id.clone())
                .or_default()
                .push(text(event).parse().unwrap());
            inside.lock().unwrap().retain(|other| *other != id);
            done.send(()).unwrap();
        }
    };
    client
        .subscribe(Default::default(), Box::new(handler))
        .unwrap();
    client.dispatch().unwrap();
    for at in 0..200 {
        deliver(&client, &(at % 5).to_string(), &at.to_string());
    }
    for _ in 0..200 {
        finished.recv_timeout(Duration::from_secs(20)).unwrap();
    }
    client.close(Duration::from_secs(10)).unwrap();
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 5);
    assert!(
        seen.values()
            .all(|order| order.len() == 40 && order.is_sorted()),
        "{seen:?}"
    );
    assert_eq!(most.load(std::sync::atomic::Ordering::SeqCst), 4);
}
