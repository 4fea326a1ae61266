//! A callback that runs when a close starts can still send requests, blocking and posted. With a store, an event is
//! redelivered if its callback failed or the close timed out during it.

#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/store_folder.rs"]
mod store_folder;
#[path = "support/test_client.rs"]
mod test_client;

use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use http_server::{Server, http};
use omnize::config::Config;
use omnize::error::Delivery;
use omnize::status::Status;
use omnize::wire::Request;
use omnize::{Client, CloseReport, Consumer, Event};
use store_folder::Folder;
use test_client::attach;

const LONG: Duration = Duration::from_secs(30);
const TRIGGER: &[u8] = br#"{"status":"typing","clientId":"12"}"#;

fn client(url: &str, options: &[(&str, &str)]) -> Arc<Client> {
    let mut config = Config::new();
    config.set("token", "t").unwrap();
    config.set("base_url", url).unwrap();
    for (name, value) in options {
        config.set(name, value).unwrap();
    }
    Arc::new(Client::open(&config).unwrap())
}

fn message(text: &str) -> Request {
    Request::Message(text.into())
}

fn accepting() -> Server {
    Server::with_response(http("200 OK", ""))
}

fn contents(server: &Server) -> Vec<String> {
    let content = |request: String| {
        let body = request.split_once("\r\n\r\n").unwrap().1;
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        body["content"].as_str().unwrap().to_owned()
    };
    server.requests.try_iter().map(content).collect()
}

/// Returns the number of events in the store.
#[cfg(feature = "store")]
fn remaining_events(folder: &Folder) -> usize {
    let client = client(
        "http://127.0.0.1:1/",
        &[("store", folder.store().to_str().unwrap())],
    );
    std::iter::from_fn(|| client.next(Duration::ZERO).unwrap()).count()
}

/// Blocks until the client rejects triggers: the close has begun.
fn wait_until_closing(client: &Client) {
    let begun = Instant::now();
    while client
        .deliver(b"{\"status\":\"typing\",\"clientId\":\"13\"}", None)
        .unwrap_err()
        .status()
        == Status::Full
    {
        assert!(begun.elapsed() < LONG, "nobody closes");
        thread::yield_now();
    }
}

/// Closes the client while a callback runs, started by `poll` on another thread or by `dispatch`. The callback then
/// sends requests. Returns the report of the close.
fn close_during_a_callback(
    server: &Server,
    is_polled: bool,
    options: &[(&str, &str)],
) -> CloseReport {
    // The event in the callback fills the queue.
    let options = [options, &[("events.capacity", "1")]].concat();
    let client = client(&server.url, &options);
    let (entered, inside) = mpsc::channel();
    let known = Arc::downgrade(&client);
    let handler = move |event: &Arc<Event>| {
        if event.outcome().is_some() {
            return;
        }
        let client = known.upgrade().unwrap();
        let chat = attach(&client, "12");
        client
            .deliver(b"{\"status\":\"typing\",\"clientId\":\"13\"}", None)
            .unwrap();
        entered.send(()).unwrap();
        wait_until_closing(&client);
        chat.send("blocking").unwrap();
        chat.post(message("posted")).unwrap();
        chat.send("blocking, behind the posted one").unwrap();
        chat.post(message("posted last")).unwrap();
    };
    let interest = omnize::EventFilter {
        client_id: Some("12".into()),
        ..Default::default()
    };
    client.subscribe(interest, Box::new(handler)).unwrap();
    client.deliver(TRIGGER, None).unwrap();
    thread::scope(|scope| {
        if is_polled {
            scope.spawn(|| client.poll(LONG));
        } else {
            client.dispatch().unwrap();
        }
        inside.recv().unwrap();
        let begun = Instant::now();
        let report = client.close(LONG).unwrap();
        assert!(begun.elapsed() < LONG / 2, "{:?}", begun.elapsed());
        report
    })
}

const SENT_TEXTS: [&str; 4] = [
    "blocking",
    "posted",
    "blocking, behind the posted one",
    "posted last",
];

#[test]
fn dispatched_callback_sends_posts_and_receives_outcomes() {
    let server = accepting();
    let report = close_during_a_callback(&server, false, &[]);
    assert_eq!(report, CloseReport::default());
    assert_eq!(contents(&server), SENT_TEXTS);
}

#[test]
fn polled_callback_sends_and_posts_and_no_further_callback_starts() {
    let server = accepting();
    let report = close_during_a_callback(&server, true, &[]);
    // The queued trigger and two outcomes.
    assert_eq!((report.events, report.requests), (3, 0));
    assert_eq!(contents(&server), SENT_TEXTS);
}

#[test]
#[cfg(feature = "store")]
fn store_retains_undelivered_events_after_close() {
    let (folder, server) = (Folder::new(), accepting());
    let report = close_during_a_callback(
        &server,
        true,
        &[("store", folder.store().to_str().unwrap())],
    );
    assert_eq!((report.events, report.requests), (3, 0));
    assert_eq!(contents(&server), SENT_TEXTS);
    assert_eq!(remaining_events(&folder), 3);

    let (folder, server) = (Folder::new(), accepting());
    let report = close_during_a_callback(
        &server,
        false,
        &[("store", folder.store().to_str().unwrap())],
    );
    assert_eq!(report, CloseReport::default());
    assert_eq!(contents(&server), SENT_TEXTS);
    assert_eq!(remaining_events(&folder), 0);
}

#[test]
fn event_lease_counts_as_a_callback() {
    for by in [Consumer::Thread, Consumer::Task] {
        let server = accepting();
        let client = client(&server.url, &[("events.capacity", "1")]);
        client.deliver(TRIGGER, None).unwrap();
        let (has_turn, taken) = mpsc::channel();
        thread::scope(|scope| {
            scope.spawn(|| {
                let turn = client.next_lease(by, LONG).unwrap().unwrap();
                client.deliver(TRIGGER, None).unwrap();
                has_turn.send(()).unwrap();
                wait_until_closing(&client);
                let chat = attach(&client, "12");
                // Other threads send the requests of a task.
                let elsewhere = thread::scope(|inner| inner.spawn(|| chat.send("oi")).join());
                elsewhere.unwrap().unwrap();
                chat.post(message("tchau")).unwrap();
                drop(turn);
                // The other trigger and the outcome are of the same interaction.
                for _ in 0..2 {
                    client.next_lease(by, LONG).unwrap().unwrap();
                }
            });
            taken.recv().unwrap();
            assert_eq!(
                client.close_with_tasks(LONG, None).unwrap(),
                CloseReport::default()
            );
        });
        assert_eq!(contents(&server), ["oi", "tchau"]);
    }
}

#[test]
fn close_rejects_requests_if_no_callback_runs() {
    let (entered, hears) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let server = Server::start(move |mut stream, read| {
        while read(&mut stream).is_some() {
            entered.send(()).unwrap();
            let _ = released.recv();
            let _ = std::io::Write::write_all(&mut stream, http("200 OK", "").as_bytes());
        }
    });
    let client = client(&server.url, &[("events.capacity", "1")]);
    let chat = attach(&client, "12");
    chat.post(message("on its way")).unwrap();
    hears.recv().unwrap();
    client.deliver(TRIGGER, None).unwrap();
    thread::scope(|scope| {
        let closing = scope.spawn(|| client.close(LONG));
        wait_until_closing(&client);
        let refused = [
            chat.send("late").unwrap_err(),
            chat.post(message("late")).unwrap_err(),
            chat.keystroke().unwrap_err(),
            client.departments(None).unwrap_err(),
        ];
        for error in refused {
            assert!(
                matches!(error.status(), Status::Closed | Status::Unsupported),
                "{error}"
            );
            assert_ne!(error.delivery(), Some(Delivery::Unknown));
        }
        drop(release);
        let report = closing.join().unwrap().unwrap();
        assert_eq!((report.events, report.requests), (2, 0));
    });
    assert_eq!(contents(&server), ["on its way"]);
}

/// Runs a callback until it is released, and closes its client with a short timeout.
#[cfg(feature = "store")]
fn close_during_handling(folder: &Folder, uses_lease: bool) {
    let client = client(
        &accepting().url,
        &[("store", folder.store().to_str().unwrap())],
    );
    client.deliver(TRIGGER, None).unwrap();
    let (entered, inside) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let known = Arc::downgrade(&client);
    let run_on = move || {
        let client = known.upgrade().unwrap();
        let chat = attach(&client, "12");
        entered.send(()).unwrap();
        let _ = released.lock().unwrap().recv();
        assert_eq!(chat.send("too late").unwrap_err().status(), Status::Closed);
        let post = chat.post(message("too late")).unwrap_err();
        assert_eq!(post.status(), Status::Closed);
    };
    thread::scope(|scope| {
        if uses_lease {
            let client = client.clone();
            scope.spawn(move || {
                let turn = client.next_lease(Consumer::Task, LONG).unwrap().unwrap();
                run_on();
                drop(turn);
            });
        } else {
            let handler = Box::new(move |_: &Arc<Event>| run_on());
            client.subscribe(Default::default(), handler).unwrap();
            scope.spawn(|| client.poll(LONG));
        }
        inside.recv().unwrap();
        let error = client
            .close_with_tasks(Duration::from_millis(50), None)
            .unwrap_err();
        assert_eq!(error.status(), Status::Timeout);
        drop(release);
    });
}

#[test]
#[cfg(feature = "store")]
fn event_is_redelivered_if_close_timed_out_during_its_callback() {
    for uses_lease in [false, true] {
        let folder = Folder::new();
        close_during_handling(&folder, uses_lease);
        let again = client(
            "http://127.0.0.1:1/",
            &[("store", folder.store().to_str().unwrap())],
        );
        let event = again.next(Duration::ZERO).unwrap().expect("it comes again");
        assert!(event.redelivered);
    }
}

#[test]
#[cfg(feature = "store")]
fn a_close_redelivers_the_events_of_other_tasks_that_still_run() {
    let folder = Folder::new();
    let store = folder.store();
    let options = [("store", store.to_str().unwrap())];
    let first = client("http://127.0.0.1:1/", &options);
    let bodies = ["12", "13"].map(|id| format!(r#"{{"status":"typing","clientId":"{id}"}}"#));
    for body in &bodies {
        first.deliver(body.as_bytes(), None).unwrap();
    }
    let leases = [(); 2].map(|()| first.next_lease(Consumer::Task, LONG).unwrap().unwrap());
    let closing = leases[0].task();
    assert!(closing.is_some() && closing != leases[1].task());
    let error = first
        .close_with_tasks(Duration::from_millis(50), closing)
        .unwrap_err();
    assert_eq!(error.status(), Status::Timeout);
    drop(leases);
    let again = client("http://127.0.0.1:1/", &options);
    let client_id = |event: Event| event.content.client_id().to_owned();
    let next = || again.next(Duration::ZERO).unwrap().map(client_id);
    assert_eq!((next().as_deref(), next()), (Some("13"), None));
}

#[test]
#[cfg(feature = "store")]
fn a_close_without_tasks_redelivers_their_events() {
    let folder = Folder::new();
    let store = folder.store();
    let options = [("store", store.to_str().unwrap())];
    let first = client("http://127.0.0.1:1/", &options);
    first.deliver(TRIGGER, None).unwrap();
    let lease = first.next_lease(Consumer::Task, LONG).unwrap().unwrap();
    first.close(LONG).unwrap();
    drop(lease);
    let again = client("http://127.0.0.1:1/", &options);
    assert!(again.next(Duration::ZERO).unwrap().is_some());
}

#[test]
#[cfg(feature = "store")]
fn only_the_event_whose_callback_failed_is_redelivered() {
    let folder = Folder::new();
    let first = client(
        "http://127.0.0.1:1/",
        &[("store", folder.store().to_str().unwrap())],
    );
    let handler = |event: &Arc<Event>| assert_ne!(event.content.client_id(), "13", "on purpose");
    first
        .subscribe(Default::default(), Box::new(handler))
        .unwrap();
    for id in ["12", "13", "14"] {
        let body = format!(r#"{{"status":"typing","clientId":"{id}"}}"#);
        first.deliver(body.as_bytes(), None).unwrap();
    }
    assert_eq!(first.poll(Duration::ZERO).unwrap(), 3);
    drop(first);
    let again = client(
        "http://127.0.0.1:1/",
        &[("store", folder.store().to_str().unwrap())],
    );
    let event = again.next(Duration::ZERO).unwrap().unwrap();
    assert_eq!(event.content.client_id(), "13");
    event.nack();
    event.ack();
    assert!(again.next(Duration::ZERO).unwrap().is_none());
    drop((event, again));
    assert_eq!(
        remaining_events(&folder),
        0,
        "an event that is acked stays so"
    );
}

#[test]
#[cfg(feature = "store")]
fn callback_that_closes_the_client_acknowledges_its_event() {
    let folder = Folder::new();
    let first = client(
        "http://127.0.0.1:1/",
        &[("store", folder.store().to_str().unwrap())],
    );
    let known = Arc::downgrade(&first);
    let handler = move |_: &Arc<Event>| {
        known.upgrade().unwrap().close(Duration::ZERO).unwrap();
    };
    first
        .subscribe(Default::default(), Box::new(handler))
        .unwrap();
    first.deliver(TRIGGER, None).unwrap();
    first.poll(Duration::ZERO).unwrap();
    drop(first);
    assert_eq!(remaining_events(&folder), 0);
}
