//! A conversation receives the events of its interaction, all of them, in their order, and no others. Waiting for them
//! wakes nobody else.

#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/test_client.rs"]
mod test_client;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use http_server::{Server, http};
use omnize::config::Config;
use omnize::status::Status;
use omnize::wire::{Address, Customer};
use omnize::{Client, NextEvent};
use test_client::{
    FAR, attach, deliver_typing, has_none, open_client, plain_client, sequence_of,
    sequence_of_next, taken, wait_until_asleep,
};

fn deliver(client: &Client, body: &str) {
    client.deliver(body.as_bytes(), None).unwrap();
}

#[test]
fn each_conversation_receives_its_own_events_and_the_client_the_others() {
    let client = plain_client();
    let [one, two] = ["1", "2"].map(|client_id| attach(&client, client_id));
    assert!(has_none(&one) && has_none(&two));
    for client_id in ["2", "1", "3", "1", "2", "3"] {
        deliver_typing(&client, client_id);
    }
    assert_eq!(sequence_of_next(&client), Some(3));
    assert_eq!([sequence_of(&one), sequence_of(&one)], [2, 4]);
    assert!(has_none(&one));
    assert_eq!([sequence_of(&two), sequence_of(&two)], [1, 5]);
    assert_eq!(sequence_of_next(&client), Some(6));
    assert_eq!(sequence_of_next(&client), None);
    assert_eq!(client.queued_events(), 0);
}

#[test]
fn the_first_call_takes_over_the_queued_events() {
    let client = plain_client();
    let one = attach(&client, "1");
    for client_id in ["1", "2", "1"] {
        deliver_typing(&client, client_id);
    }
    assert_eq!(sequence_of(&one), 1);
    assert_eq!(sequence_of_next(&client), Some(2));
    assert_eq!(sequence_of_next(&client), None);
    assert_eq!(sequence_of(&one), 3);
}

#[test]
fn a_dropped_conversation_returns_its_events_in_their_order() {
    let client = plain_client();
    let one = attach(&client, "1");
    let same = attach(&client, "1");
    assert!(has_none(&one) && has_none(&same));
    for client_id in ["1", "2", "1", "2", "1"] {
        deliver_typing(&client, client_id);
    }
    assert_eq!(sequence_of(&same), 1);
    drop(one);
    assert_eq!(
        sequence_of_next(&client),
        Some(2),
        "the other still has the stream"
    );
    drop(same);
    let rest: Vec<_> = std::iter::from_fn(|| sequence_of_next(&client)).collect();
    assert_eq!(rest, [3, 4, 5]);
}

#[test]
fn a_dropped_conversation_wakes_the_consumer_of_its_events() {
    let client = plain_client();
    let one = attach(&client, "1");
    assert!(has_none(&one));
    deliver_typing(&client, "1");
    thread::scope(|scope| {
        let next = scope.spawn(|| client.next(FAR).unwrap().unwrap().sequence);
        wait_until_asleep(&next);
        drop(one);
        assert_eq!(next.join().unwrap(), 1);
    });
}

#[test]
fn an_event_wakes_only_the_waiters_of_its_conversation() {
    const CHATS: usize = 50;
    let client = plain_client();
    let chats: Vec<_> = (0..CHATS)
        .map(|id| attach(&client, &id.to_string()))
        .collect();
    let calls: Vec<_> = (0..CHATS).map(|_| Arc::new(AtomicUsize::new(0))).collect();
    for (chat, calls) in chats.iter().zip(&calls) {
        let calls = calls.clone();
        let wake = move || {
            calls.fetch_add(1, Ordering::SeqCst);
        };
        chat.wake_when_ready(Box::new(wake)).unwrap();
    }
    for _ in 0..3 {
        deliver_typing(&client, "7");
        deliver_typing(&client, "a customer without a conversation");
    }
    let woken: Vec<_> = calls
        .iter()
        .map(|calls| calls.load(Ordering::SeqCst))
        .collect();
    let mut expected = vec![0; CHATS];
    expected[7] = 1;
    assert_eq!(woken, expected);
}

#[test]
fn a_cancelled_wake_is_not_called() {
    let client = plain_client();
    let one = attach(&client, "1");
    let (sender, woken) = mpsc::channel();
    let wake = |number: u32| {
        let sender = sender.clone();
        Box::new(move || sender.send(number).unwrap())
    };
    let id = one.wake_when_ready(wake(1)).unwrap();
    one.cancel_wake(id);
    one.wake_when_ready(wake(2)).unwrap();
    deliver_typing(&client, "1");
    one.wake_when_ready(wake(3)).unwrap();
    assert_eq!(woken.try_iter().collect::<Vec<_>>(), [2, 3]);
}

/// Returns how often the threads of this process with this name gave up the processor to wait.
#[cfg(target_os = "linux")]
fn waits_of_threads(name: &str) -> Vec<u64> {
    let mut waits = Vec::new();
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        let status = task.unwrap().path().join("status");
        let Ok(status) = std::fs::read_to_string(status) else {
            continue;
        };
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap().trim().to_owned()
        };
        if field("Name:") == name && field("State:").starts_with('S') {
            waits.push(field("voluntary_ctxt_switches:").parse().unwrap());
        }
    }
    waits
}

#[test]
#[cfg(target_os = "linux")]
fn waiting_threads_of_other_conversations_sleep_on() {
    const THREADS: usize = 20;
    let client = Arc::new(plain_client());
    let chats: Vec<_> = (0..THREADS)
        .map(|id| Arc::new(attach(&client, &id.to_string())))
        .collect();
    let threads: Vec<_> = chats
        .iter()
        .map(|chat| {
            let chat = chat.clone();
            let wait = move || matches!(chat.next(FAR), Ok(NextEvent::Event(_)));
            let builder = thread::Builder::new().name("test-waiter".into());
            builder.spawn(wait).unwrap()
        })
        .collect();
    while waits_of_threads("test-waiter").len() < THREADS {
        thread::yield_now();
    }
    let before: u64 = waits_of_threads("test-waiter").iter().sum();
    let other = attach(&client, "another customer");
    for _ in 0..200 {
        deliver_typing(&client, "another customer");
        sequence_of(&other);
    }
    let after: u64 = waits_of_threads("test-waiter").iter().sum();
    // With one condition variable for all, each event would wake some or all of them.
    assert!(after - before <= THREADS as u64, "{before} {after}");
    for id in 0..THREADS {
        deliver_typing(&client, &id.to_string());
    }
    for thread in threads {
        assert!(thread.join().unwrap());
    }
}

#[test]
fn no_wake_up_is_lost_under_load() {
    const CHATS: usize = 8;
    const EVENTS: usize = 3000;
    let client = plain_client();
    let chats: Vec<_> = (0..CHATS)
        .map(|id| attach(&client, &id.to_string()))
        .collect();
    for chat in &chats {
        assert!(has_none(chat));
    }
    thread::scope(|scope| {
        let mut consumers = Vec::new();
        for chat in &chats {
            consumers.push(scope.spawn(move || {
                let mut last = 0;
                for _ in 0..EVENTS {
                    let sequence = sequence_of(chat);
                    assert!(last < sequence, "the order of the customer");
                    last = sequence;
                }
            }));
        }
        let rest = scope.spawn(|| {
            for _ in 0..EVENTS {
                let event = client.next(FAR).unwrap().expect("an event");
                assert_eq!(event.content.client_id(), "none of them");
            }
        });
        for _ in 0..2 {
            let client = &client;
            scope.spawn(move || {
                for _ in 0..EVENTS / 2 {
                    for id in 0..CHATS {
                        deliver_typing(client, &id.to_string());
                    }
                    deliver_typing(client, "none of them");
                }
            });
        }
        for consumer in consumers {
            consumer.join().unwrap();
        }
        rest.join().unwrap();
    });
    assert_eq!(client.queued_events(), 0);
}

#[test]
fn many_queued_events_of_others_do_not_delay_a_conversation() {
    const EVENTS: usize = 100_000;
    const CHATS: usize = 2000;
    let client = open_client(
        "http://127.0.0.1:9/api/rest/v1",
        &[("events.capacity", "200000")],
    );
    for number in 0..EVENTS {
        deliver_typing(&client, &format!("c{}", number % CHATS));
    }
    let chats: Vec<_> = (0..CHATS)
        .map(|id| attach(&client, &format!("c{id}")))
        .collect();
    let started = Instant::now();
    // The last customers first, so that a search from the front would pass all others.
    for _ in 0..EVENTS / CHATS / 2 {
        for chat in chats.iter().rev() {
            taken(chat.next(Duration::ZERO).unwrap());
        }
    }
    let elapsed = started.elapsed();
    assert_eq!(client.queued_events(), EVENTS / 2);
    // A search from the front would look at 2,500,000,000 events.
    assert!(elapsed < Duration::from_secs(10), "{elapsed:?}");
}

#[test]
fn close_counts_the_events_of_streams() {
    let client = plain_client();
    let one = attach(&client, "1");
    assert!(has_none(&one));
    for client_id in ["1", "2", "1"] {
        deliver_typing(&client, client_id);
    }
    assert_eq!(client.close(Duration::ZERO).unwrap().events, 3);
}

#[test]
fn the_timeout_limits_the_wait() {
    let client = plain_client();
    let one = attach(&client, "1");
    let started = Instant::now();
    let next = one.next(Duration::from_millis(100)).unwrap();
    assert!(matches!(next, NextEvent::TimedOut));
    assert!(started.elapsed() >= Duration::from_millis(100));
}

#[test]
fn the_delivery_mode_is_next() {
    let client = plain_client();
    client.poll(Duration::ZERO).unwrap();
    let one = attach(&client, "1");
    let error = one.next(Duration::ZERO).unwrap_err();
    assert_eq!(error.status(), Status::Mode);
    deliver_typing(&client, "1");
    assert_eq!(client.poll(Duration::ZERO).unwrap(), 1, "nothing was taken");
    let client = plain_client();
    assert!(has_none(&attach(&client, "1")));
    let error = client.poll(Duration::ZERO).unwrap_err();
    assert_eq!(error.status(), Status::Mode);
}

fn client_with_hashes() -> (Server, Client) {
    let body = r#"{"message":"ok","data":{"interaction_hash":"h"}}"#;
    let server = Server::with_response(http("200 OK", body));
    let client = open_client(&server.url, &[("dialect", "interactions")]);
    (server, client)
}

fn address(client_id: &str) -> Address {
    Address {
        department: "1".into(),
        client_id: client_id.into(),
    }
}

#[test]
fn triggers_with_only_a_hash_belong_to_the_conversation_that_learns_it() {
    let (_server, client) = client_with_hashes();
    let one = client.prepare(address("12")).unwrap();
    assert!(has_none(&one));
    deliver(&client, r#"{"state":"typing","interaction_hash":"h"}"#);
    deliver(
        &client,
        r#"{"state":"typing","interaction_hash":"another"}"#,
    );
    deliver(&client, r#"{"state":"cleared","interaction_hash":"h"}"#);
    assert!(has_none(&one), "the hash is not known yet");
    one.start(Customer::default()).unwrap();
    assert_eq!(one.interaction_hash().as_deref(), Some("h"));
    let first = taken(one.next(FAR).unwrap());
    assert_eq!((first.sequence, first.content.client_id()), (1, "12"));
    assert_eq!(sequence_of(&one), 3);
    assert_eq!(sequence_of_next(&client), Some(2));
}

#[test]
fn a_waiting_conversation_receives_earlier_events_when_it_learns_its_hash() {
    let (_server, client) = client_with_hashes();
    let one = attach(&client, "12");
    thread::scope(|scope| {
        let waiter = scope.spawn(|| [sequence_of(&one), sequence_of(&one)]);
        deliver(&client, r#"{"state":"typing","interaction_hash":"h"}"#);
        wait_until_asleep(&waiter);
        // The later trigger has both ids. It must not come first.
        deliver(
            &client,
            r#"{"state":"cleared","interaction_hash":"h","extra":{"clientId":"12"}}"#,
        );
        assert_eq!(waiter.join().unwrap(), [1, 2]);
    });
}

#[test]
fn the_external_bot_receives_the_events_of_its_interaction() {
    let (_server, client) = client_with_hashes();
    deliver(
        &client,
        r#"{"type":"new_message","interaction_hash":"b","content":"oi"}"#,
    );
    let bot = client.bot_attach("b").unwrap();
    assert_eq!(sequence_of(&bot), 1);
    deliver(
        &client,
        r#"{"type":"new_message","interaction_hash":"b","content":"oi"}"#,
    );
    assert_eq!(sequence_of(&bot), 2);
}

#[cfg(feature = "store")]
#[path = "support/store_folder.rs"]
mod store_folder;

#[test]
#[cfg(feature = "store")]
fn a_store_redelivers_what_a_conversation_did_not_handle() {
    let folder = store_folder::Folder::new();
    let open = || {
        let mut config = Config::new();
        config.set("token", "t").unwrap();
        config
            .set("store", folder.store().to_str().unwrap())
            .unwrap();
        Client::open(&config).unwrap()
    };
    let client = open();
    let one = attach(&client, "1");
    assert!(has_none(&one));
    for _ in 0..4 {
        deliver_typing(&client, "1");
    }
    drop(taken(one.next(FAR).unwrap()));
    taken(one.next(FAR).unwrap()).nack();
    let held = taken(one.next(FAR).unwrap());
    client.close(Duration::ZERO).unwrap();
    held.nack();
    drop((held, one, client));
    let client = open();
    let one = attach(&client, "1");
    let mut redelivered = HashMap::new();
    for _ in 0..3 {
        let event = taken(one.next(FAR).unwrap());
        redelivered.insert(event.sequence, event.redelivered);
    }
    let expected = HashMap::from([(2, true), (3, true), (4, true)]);
    assert_eq!(redelivered, expected);
    assert!(has_none(&one));
}
