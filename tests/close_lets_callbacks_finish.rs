//! A callback that runs when closing starts may still make requests, blocking and posted, and they go out. An event whose
//! callback failed, or ran longer than closing could wait, comes again with a store.

#[path = "server/mod.rs"]
mod server;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use omnize::config::Config;
use omnize::error::Delivery;
use omnize::status::Status;
use omnize::wire::{Address, Request};
use omnize::{Client, CloseReport, Consumer, Conversation, Event};
use server::{Server, http};

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

fn attached(client: &Client) -> Conversation {
    let address = Address {
        department: "1".into(),
        client_id: "12".into(),
    };
    client.attach(address).unwrap()
}

fn message(text: &str) -> Request {
    Request::Message(text.into())
}

fn accepting() -> Server {
    Server::answering(http("200 OK", ""))
}

fn contents(server: &Server) -> Vec<String> {
    let content = |request: String| {
        let body = request.split_once("\r\n\r\n").unwrap().1;
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        body["content"].as_str().unwrap().to_owned()
    };
    server.requests.try_iter().map(content).collect()
}

/// A file for one test's store, removed with it.
#[cfg(feature = "store")]
struct Store(PathBuf);

#[cfg(feature = "store")]
impl Store {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("omnize-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Store(folder)
    }

    fn path(&self) -> String {
        self.0.join("chat.db").to_str().unwrap().to_owned()
    }

    /// How many events the store still has.
    fn left(&self) -> usize {
        let client = client("http://127.0.0.1:1/", &[("store", &self.path())]);
        let mut left = 0;
        while client.next(Duration::ZERO).unwrap().is_some() {
            left += 1;
        }
        left
    }
}

#[cfg(feature = "store")]
impl Drop for Store {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Waits until the client takes no trigger any more, which is how closing begins.
fn until_closing(client: &Client) {
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

/// Closes while a callback runs, started by `poll` on another thread or by `dispatch`, which makes requests from then on.
/// Returns what closing left.
fn close_during_a_callback(
    server: &Server,
    is_polled: bool,
    options: &[(&str, &str)],
) -> CloseReport {
    // With one event in the callback, there is room for none.
    let options = [options, &[("events.capacity", "1")]].concat();
    let client = client(&server.url, &options);
    let (entered, inside) = mpsc::channel();
    let known = Arc::downgrade(&client);
    let handler = move |event: &Arc<Event>| {
        if event.outcome().is_some() {
            return;
        }
        let client = known.upgrade().unwrap();
        let chat = attached(&client);
        client
            .deliver(b"{\"status\":\"typing\",\"clientId\":\"13\"}", None)
            .unwrap();
        entered.send(()).unwrap();
        until_closing(&client);
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
        let left = client.close(LONG).unwrap();
        assert!(begun.elapsed() < LONG / 2, "{:?}", begun.elapsed());
        left
    })
}

const SAID: [&str; 4] = [
    "blocking",
    "posted",
    "blocking, behind the posted one",
    "posted last",
];

#[test]
fn a_dispatched_callback_sends_and_posts_and_hears_what_became_of_it() {
    let server = accepting();
    let left = close_during_a_callback(&server, false, &[]);
    assert_eq!(left, CloseReport::default());
    assert_eq!(contents(&server), SAID);
}

#[test]
fn a_polled_callback_sends_and_posts_and_no_further_one_starts() {
    let server = accepting();
    let left = close_during_a_callback(&server, true, &[]);
    // The trigger that was waiting, and two outcomes.
    assert_eq!((left.events, left.requests), (3, 0));
    assert_eq!(contents(&server), SAID);
}

#[test]
#[cfg(feature = "store")]
fn so_it_is_with_a_store_which_keeps_what_was_left() {
    let (store, server) = (Store::new("polled"), accepting());
    let left = close_during_a_callback(&server, true, &[("store", &store.path())]);
    assert_eq!((left.events, left.requests), (3, 0));
    assert_eq!(contents(&server), SAID);
    assert_eq!(store.left(), 3);

    let (store, server) = (Store::new("dispatched"), accepting());
    let left = close_during_a_callback(&server, false, &[("store", &store.path())]);
    assert_eq!(left, CloseReport::default());
    assert_eq!(contents(&server), SAID);
    assert_eq!(store.left(), 0);
}

#[test]
fn a_turn_counts_as_a_callback() {
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
                until_closing(&client);
                let chat = attached(&client);
                // A task has its requests made by other threads.
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
                client.close_with_tasks(LONG).unwrap(),
                CloseReport::default()
            );
        });
        assert_eq!(contents(&server), ["oi", "tchau"]);
    }
}

#[test]
fn without_a_callback_no_request_is_taken_once_closing_has_begun() {
    let (asked, hears) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let server = Server::start(move |mut stream, read| {
        while read(&mut stream).is_some() {
            asked.send(()).unwrap();
            let _ = released.recv();
            let _ = std::io::Write::write_all(&mut stream, http("200 OK", "").as_bytes());
        }
    });
    let client = client(&server.url, &[("events.capacity", "1")]);
    let chat = attached(&client);
    chat.post(message("on its way")).unwrap();
    hears.recv().unwrap();
    client.deliver(TRIGGER, None).unwrap();
    thread::scope(|scope| {
        let closing = scope.spawn(|| client.close(LONG));
        until_closing(&client);
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
        let left = closing.join().unwrap().unwrap();
        assert_eq!((left.events, left.requests), (2, 0));
    });
    assert_eq!(contents(&server), ["on its way"]);
}

/// A callback that goes on until it is released, while its client is closed in no time.
#[cfg(feature = "store")]
fn cut_off(store: &Store, is_turn: bool) {
    let client = client(&accepting().url, &[("store", &store.path())]);
    client.deliver(TRIGGER, None).unwrap();
    let (entered, inside) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let known = Arc::downgrade(&client);
    let run_on = move || {
        let client = known.upgrade().unwrap();
        let chat = attached(&client);
        entered.send(()).unwrap();
        let _ = released.lock().unwrap().recv();
        assert_eq!(chat.send("too late").unwrap_err().status(), Status::Closed);
        let post = chat.post(message("too late")).unwrap_err();
        assert_eq!(post.status(), Status::Closed);
    };
    thread::scope(|scope| {
        if is_turn {
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
            .close_with_tasks(Duration::from_millis(50))
            .unwrap_err();
        assert_eq!(error.status(), Status::Timeout);
        drop(release);
    });
}

#[test]
#[cfg(feature = "store")]
fn an_event_whose_callback_was_cut_off_comes_again() {
    for is_turn in [false, true] {
        let store = Store::new("cut-off");
        cut_off(&store, is_turn);
        let again = client("http://127.0.0.1:1/", &[("store", &store.path())]);
        let event = again.next(Duration::ZERO).unwrap().expect("it comes again");
        assert!(event.redelivered);
    }
}

#[test]
#[cfg(feature = "store")]
fn an_event_whose_callback_failed_comes_again_and_others_do_not() {
    let store = Store::new("failed");
    let first = client("http://127.0.0.1:1/", &[("store", &store.path())]);
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
    let again = client("http://127.0.0.1:1/", &[("store", &store.path())]);
    let event = again.next(Duration::ZERO).unwrap().unwrap();
    assert_eq!(event.content.client_id(), "13");
    event.nack();
    event.ack();
    assert!(again.next(Duration::ZERO).unwrap().is_none());
    drop((event, again));
    assert_eq!(store.left(), 0, "an event that is acked stays so");
}

#[test]
#[cfg(feature = "store")]
fn the_event_of_the_callback_that_closes_was_handled() {
    let store = Store::new("closer");
    let first = client("http://127.0.0.1:1/", &[("store", &store.path())]);
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
    assert_eq!(store.left(), 0);
}
