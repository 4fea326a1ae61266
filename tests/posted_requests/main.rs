//! Posted requests are sent in order, are retried if that is safe, and each has one outcome, also across restarts.

mod account_requests;
#[cfg(feature = "store")]
mod account_restarts;
mod age_limits;
mod cancellation;
mod close;
mod concurrent_requests;
mod ended_starts;
mod flush;
#[path = "../support/http_server.rs"]
mod http_server;
mod outbox_list;
mod pause;
#[cfg(feature = "store")]
mod restarts;
mod retries;
#[path = "../support/test_client.rs"]
mod test_client;

use std::collections::HashMap;
use std::io::Write;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use http_server::{Server, http};
use omnize::error::Delivery;
use omnize::status::Status;
use omnize::wire::{Address, Customer, Request};
use omnize::{Client, Conversation, Event, OutboxEntry, Outcome, State};
use test_client::{attach, deliver_typing, next_event, open_client};

fn message(text: &str) -> Request {
    Request::Message(text.into())
}

fn outcome(client: &Client) -> Outcome {
    next_event(client).outcome().expect("an outcome").clone()
}

fn content(request: &str) -> String {
    let body: serde_json::Value =
        serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
    body["content"].as_str().unwrap().to_owned()
}

/// Returns the contents of the received requests.
fn contents(server: &Server) -> Vec<String> {
    server
        .requests
        .try_iter()
        .map(|request| content(&request))
        .collect()
}

fn accepting() -> Server {
    Server::with_response(http("200 OK", ""))
}

/// A server that sends these responses to the first connections and closes each of them; later requests get 200.
fn answer_first_connections(first: &'static [&'static str]) -> Server {
    let mut responses = first.iter();
    let shared = Mutex::new(move || responses.next().copied());
    Server::start(move |mut stream, read| {
        while read(&mut stream).is_some() {
            let response = (shared.lock().unwrap())();
            match response {
                Some("") => {
                    let _ = stream.shutdown(Shutdown::Both);
                }
                Some(response) => stream.write_all(response.as_bytes()).unwrap(),
                None => stream.write_all(http("200 OK", "").as_bytes()).unwrap(),
            }
        }
    })
}

/// A server that sends each response when the test sends to the channel.
fn controlled_server() -> (Server, mpsc::Sender<&'static str>) {
    let (responses, requested) = mpsc::channel();
    let requested = Arc::new(Mutex::new(requested));
    let server = Server::start(move |mut stream, read| {
        let requested = requested.clone();
        while read(&mut stream).is_some() {
            let Ok(body) = requested.lock().unwrap().recv() else {
                break;
            };
            stream.write_all(http("200 OK", body).as_bytes()).unwrap();
        }
    });
    (server, responses)
}

/// Waits until the first request in the outbox matches, and returns its entry.
fn wait_for_entry(client: &Client, matches: impl Fn(&OutboxEntry) -> bool) -> OutboxEntry {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let first = client.outbox().into_iter().next();
        if let Some(entry) = first.filter(&matches) {
            return entry;
        }
        assert!(Instant::now() < deadline, "{:?}", client.outbox());
        thread::yield_now();
    }
}

const BUSY: &str = "HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";
const CLOSES_CONNECTION: &str = "";

#[test]
fn each_posted_request_has_one_outcome_with_its_ticket() {
    let server = accepting();
    let client = open_client(&server.url, &[]);
    let chat = attach(&client, "12");
    let tickets: Vec<_> = (0..20)
        .map(|at| chat.post(message(&at.to_string())).unwrap())
        .collect();
    for ticket in tickets {
        let outcome = outcome(&client);
        assert_eq!(
            (outcome.ticket, outcome.delivery),
            (ticket, Delivery::Accepted as i32)
        );
        assert_eq!((&*outcome.client_id, &*outcome.request), ("12", "message"));
        assert_eq!((outcome.status, &*outcome.message), (0, ""));
    }
    assert!(
        contents(&server)
            .iter()
            .map(String::as_str)
            .eq((0..20).map(|at| at.to_string()).collect::<Vec<_>>().iter())
    );
    assert!(client.next(Duration::ZERO).unwrap().is_none());
}

#[test]
fn requests_of_one_interaction_are_sent_in_order() {
    let most = Arc::new(Mutex::new(0));
    let (url, arrivals) = slow_server(&most);
    let client = open_client(&url, &[("outbox.connections", "4")]);
    let chats: Vec<_> = (0..4).map(|id| attach(&client, &id.to_string())).collect();
    for at in 0..40 {
        chats[at % 4].post(message(&at.to_string())).unwrap();
    }
    for _ in 0..40 {
        assert_eq!(outcome(&client).delivery, Delivery::Accepted as i32);
    }
    let arrivals: Vec<(String, usize)> = arrivals.try_iter().collect();
    for id in 0..4 {
        let id = id.to_string();
        let order: Vec<_> = arrivals
            .iter()
            .filter(|(client_id, _)| *client_id == id)
            .map(|(_, at)| at)
            .collect();
        assert!(order.len() == 10 && order.is_sorted(), "{order:?}");
    }
    assert_eq!(*most.lock().unwrap(), 4);
}

/// A server with a thread for each connection. It stores the largest number of requests in progress in `most`.
fn slow_server(most: &Arc<Mutex<usize>>) -> (String, mpsc::Receiver<(String, usize)>) {
    let under_way = Arc::new(Mutex::new(HashMap::<String, usize>::new()));
    let most = most.clone();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (arrived, arrivals) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (seen, saw, arrived) = (under_way.clone(), most.clone(), arrived.clone());
            thread::spawn(move || serve_slowly(stream.unwrap(), &seen, &saw, &arrived));
        }
    });
    (url, arrivals)
}

fn serve_slowly(
    mut stream: TcpStream,
    under_way: &Mutex<HashMap<String, usize>>,
    most: &Mutex<usize>,
    arrived: &mpsc::Sender<(String, usize)>,
) {
    while let Some(request) = http_server::read_request(&mut stream) {
        let body: serde_json::Value =
            serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
        let client_id = body["clientId"].as_str().unwrap().to_owned();
        arrived
            .send((client_id.clone(), content(&request).parse().unwrap()))
            .unwrap();
        {
            let mut under_way = under_way.lock().unwrap();
            assert!(
                !under_way.contains_key(&client_id),
                "two requests of {client_id} at once"
            );
            under_way.insert(client_id.clone(), 1);
            let mut most = most.lock().unwrap();
            *most = under_way.len().max(*most);
        }
        thread::sleep(Duration::from_millis(10));
        under_way.lock().unwrap().remove(&client_id);
        stream.write_all(http("200 OK", "").as_bytes()).unwrap();
    }
}

#[test]
fn blocking_call_is_sent_after_posted_requests() {
    let server = accepting();
    let client = open_client(&server.url, &[]);
    let chat = attach(&client, "12");
    for at in 0..10 {
        chat.post(message(&at.to_string())).unwrap();
    }
    chat.send("last").unwrap();
    let contents = contents(&server);
    assert_eq!((contents.len(), &*contents[10]), (11, "last"));
}

#[test]
fn later_posts_do_not_shorten_the_wait_for_the_lane() {
    let server = answer_first_connections(&[BUSY]);
    let client = open_client(&server.url, &[]);
    let chat = attach(&client, "12");
    let begun = Instant::now();
    chat.post(message("1")).unwrap();
    thread::sleep(Duration::from_millis(200));
    chat.post(message("2")).unwrap();
    assert_eq!(outcome(&client).delivery, Delivery::Accepted as i32);
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!(outcome(&client).delivery, Delivery::Accepted as i32);
    assert_eq!(contents(&server), ["1", "1", "2"]);
}

#[test]
fn failed_typing_does_not_delay_other_requests() {
    let server = answer_first_connections(&[BUSY]);
    let client = open_client(&server.url, &[]);
    let chat = attach(&client, "12");
    chat.keystroke().unwrap();
    let begun = Instant::now();
    chat.send("oi").unwrap();
    assert!(begun.elapsed() < Duration::from_millis(900));
    assert_eq!(contents(&server), ["typing", "cleared", "oi"]);
}

#[test]
fn close_ends_a_call_that_waits_for_its_lane() {
    let client = open_client("http://127.0.0.1:1/", &[]);
    let chat = attach(&client, "12");
    chat.post(message("1")).unwrap();
    thread::scope(|scope| {
        let begun = Instant::now();
        let waiting = scope.spawn(|| chat.send("2").unwrap_err());
        thread::sleep(Duration::from_millis(100));
        assert_eq!(client.close(Duration::from_millis(50)).unwrap().requests, 1);
        let error = waiting.join().unwrap();
        assert_eq!(
            (error.status(), error.delivery()),
            (Status::Closed, Some(Delivery::NotSent))
        );
        assert!(begun.elapsed() < Duration::from_secs(10));
    });
}

/// A server that accepts connections and sends nothing.
fn silent() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

#[test]
fn request_aborted_by_close_is_counted_once() {
    let server = silent();
    let url = format!("https://{}/", server.local_addr().unwrap());
    let client = open_client(&url, &[]);
    attach(&client, "12").post(message("oi")).unwrap();
    assert_eq!(
        client.close(Duration::from_millis(300)).unwrap().requests,
        1
    );
}

#[test]
fn queued_message_after_finish_fails_when_it_is_due() {
    let server = delayed_server(Duration::from_millis(200));
    let client = open_client(&server.url, &[]);
    let chat = attach(&client, "12");
    chat.post(Request::Finish).unwrap();
    let error = chat.send("too late").unwrap_err();
    assert_eq!(
        (error.status(), error.delivery()),
        (Status::State, Some(Delivery::NotSent))
    );
    assert_eq!(contents(&server), ["finish"]);
}

#[test]
fn timeout_includes_the_wait_for_the_lane() {
    let server = delayed_server(Duration::from_millis(500));
    let client = open_client(&server.url, &[]);
    let chat = attach(&client, "12");
    chat.post(message("1")).unwrap();
    chat.set_timeout(Duration::from_millis(800));
    let begun = Instant::now();
    assert_eq!(chat.send("2").unwrap_err().status(), Status::Timeout);
    assert!(begun.elapsed() < Duration::from_millis(950));
}

/// A server that responds after this delay.
fn delayed_server(time: Duration) -> Server {
    Server::start(move |mut stream, read| {
        while read(&mut stream).is_some() {
            thread::sleep(time);
            if stream.write_all(http("200 OK", "").as_bytes()).is_err() {
                break;
            }
        }
    })
}

#[test]
fn post_to_a_full_outbox_fails_at_once() {
    let client = open_client("http://127.0.0.1:1/", &[("outbox.capacity", "2")]);
    let chat = attach(&client, "12");
    chat.post(message("1")).unwrap();
    chat.post(message("2")).unwrap();
    let begun = Instant::now();
    let error = chat.post(message("3")).unwrap_err();
    assert_eq!(
        (error.status(), error.delivery()),
        (Status::Full, Some(Delivery::NotSent))
    );
    assert!(begun.elapsed() < Duration::from_millis(500));
    let left = client.close(Duration::from_millis(100)).unwrap();
    assert_eq!(left.requests, 2);
}

#[test]
fn close_sends_posted_requests_first() {
    let server = accepting();
    let client = open_client(&server.url, &[]);
    let chat = attach(&client, "12");
    for at in 0..50 {
        chat.post(message(&at.to_string())).unwrap();
    }
    let left = client.close(Duration::from_secs(20)).unwrap();
    assert_eq!((left.requests, left.events), (0, 50));
    assert_eq!(server.requests(), 50);
    assert_eq!(
        chat.post(message("late")).unwrap_err().status(),
        Status::Closed
    );
    assert_eq!(chat.send("late").unwrap_err().status(), Status::Closed);
}

#[test]
fn message_after_finish_fails_before_anything_is_sent() {
    // The finish is still in progress when the next message is posted.
    let server = Server::start(|mut stream, read| {
        while read(&mut stream).is_some() {
            thread::sleep(Duration::from_millis(200));
            stream.write_all(http("200 OK", "").as_bytes()).unwrap();
        }
    });
    let client = open_client(&server.url, &[]);
    let address = Address {
        department: "1".into(),
        client_id: "12".into(),
    };
    let chat = client.prepare(address.clone()).unwrap();
    assert_eq!(chat.state(), State::New);
    assert_eq!(chat.send("oi").unwrap_err().status(), Status::State);
    chat.start(Customer::default()).unwrap();
    assert_eq!(chat.state(), State::Waiting);
    client
        .deliver(br#"{"status":"accepted","clientId":"12"}"#, None)
        .unwrap();
    assert_eq!(chat.state(), State::Active);
    assert_eq!(
        client
            .start(address, Customer::default())
            .unwrap_err()
            .status(),
        Status::State
    );
    chat.post(Request::Finish).unwrap();
    chat.post(message("too late")).unwrap();
    let outcomes = loop {
        let event = next_event(&client);
        if event.outcome().is_some() {
            break [event.outcome().unwrap().clone(), outcome(&client)];
        }
    };
    assert_eq!(outcomes[0].delivery, Delivery::Accepted as i32);
    assert_eq!(
        (outcomes[1].delivery, outcomes[1].status),
        (Delivery::NotSent as i32, Status::State as i32)
    );
    let error = chat.send("oi").unwrap_err();
    assert_eq!(
        (error.status(), error.delivery()),
        (Status::State, Some(Delivery::NotSent))
    );
    assert!(error.message().contains("finished"), "{error}");
    assert_eq!(contents(&server), ["init", "finish"]);

    let lenient = accepting();
    let lax = self::open_client(&lenient.url, &[("check_state", "0")]);
    let chat = attach(&lax, "12");
    chat.finish().unwrap();
    chat.send("left to the service").unwrap();
}

#[test]
fn many_keystrokes_send_one_typing_and_one_cleared() {
    let server = accepting();
    let client = open_client(&server.url, &[("typing.pause", "150")]);
    let chat = attach(&client, "12");
    for _ in 0..20 {
        chat.keystroke().unwrap();
        thread::sleep(Duration::from_millis(10));
    }
    thread::sleep(Duration::from_millis(60));
    assert_eq!(contents(&server), ["typing"]);
    thread::sleep(Duration::from_millis(400));
    assert_eq!(contents(&server), ["cleared"]);

    chat.keystroke().unwrap();
    chat.send("oi").unwrap();
    chat.keystroke().unwrap();
    chat.post(message("tchau")).unwrap();
    assert_eq!(outcome(&client).delivery, Delivery::Accepted as i32);
    let expected = ["typing", "cleared", "oi", "typing", "cleared", "tchau"];
    assert_eq!(contents(&server), expected);
    assert!(
        client.next(Duration::ZERO).unwrap().is_none(),
        "keys have no outcome"
    );
}

#[test]
fn single_call_may_have_its_own_timeout() {
    let server = Server::start(|mut stream, read| {
        while read(&mut stream).is_some() {
            thread::sleep(Duration::from_millis(400));
            if stream.write_all(http("200 OK", "").as_bytes()).is_err() {
                break;
            }
        }
    });
    let client = open_client(&server.url, &[]);
    let chat = attach(&client, "12");
    chat.set_timeout(Duration::from_millis(100));
    let error = chat.send("oi").unwrap_err();
    assert_eq!(
        (error.status(), error.delivery()),
        (Status::Timeout, Some(Delivery::Unknown))
    );
    chat.set_timeout(Duration::ZERO);
    chat.send("oi").unwrap();
}

#[test]
fn requests_queued_before_a_start_go_to_the_previous_interaction() {
    let server = Server::with_response(http("200 OK", r#"{"interaction_hash":"second"}"#));
    let options = [("dialect", "interactions"), ("check_state", "0")];
    let client = open_client(&server.url, &options);
    let address = Address {
        department: "1".into(),
        client_id: "12".into(),
    };
    let chat = client.attach_by_hash(address, "first").unwrap();
    for request in [
        message("oi"),
        Request::Finish,
        Request::Start(Box::default()),
        message("de novo"),
    ] {
        chat.post(request).unwrap();
    }
    for _ in 0..4 {
        let outcome = outcome(&client);
        assert_eq!(outcome.delivery, Delivery::Accepted as i32, "{outcome:?}");
    }
    let requests: Vec<_> = server.requests.try_iter().collect();
    let paths: Vec<_> = requests
        .iter()
        .map(|request| request.split('?').next().unwrap_or_default())
        .collect();
    assert!(paths[0].contains("/first"), "{paths:?}");
    assert!(paths[1].contains("/first"), "{paths:?}");
    assert!(paths[3].contains("/second"), "{paths:?}");
    assert_eq!(chat.state(), State::Waiting);
}
