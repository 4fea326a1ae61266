//! Each request is counted once, by its outcome. Attempts, connections and bytes are counted as they happen, and the histogram
//! contains each attempt that was sent.

#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/test_client.rs"]
mod test_client;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Mutex;
use std::sync::mpsc;
use std::time::Duration;

use http_server::{Server, http};
use omnize::error::Delivery;
use omnize::status::Status;
use omnize::wire::Request;
use omnize::{CheckLevel, Client, STATISTICS, Snapshot, Statistic, StatisticKind};
use test_client::{attach, next_event, open_client};

const BUSY: &str = "HTTP/1.1 503 No\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n";

fn message(text: &str) -> Request {
    Request::Message(text.into())
}

fn snapshot(client: &Client) -> Snapshot {
    client.snapshot().unwrap()
}

/// Waits for an outcome and returns its delivery.
fn delivery(client: &Client) -> i32 {
    next_event(client).outcome().expect("an outcome").delivery
}

/// Fails unless the requests that ended have exactly these outcomes.
#[track_caller]
fn assert_ended(client: &Client, expected: &[(Statistic, u64)]) {
    let snapshot = snapshot(client);
    for statistic in [
        Statistic::RequestsAccepted,
        Statistic::RequestsRejected,
        Statistic::RequestsUnknown,
        Statistic::RequestsNotSent,
        Statistic::RequestsExpired,
        Statistic::RequestsCancelled,
    ] {
        let found = expected.iter().find(|(counted, _)| *counted == statistic);
        let value = found.map_or(0, |(_, value)| *value);
        assert_eq!(snapshot.get(statistic), value, "{statistic:?}");
    }
}

/// Fails unless the histogram has each attempt that was sent.
#[track_caller]
fn assert_sent(client: &Client, attempts: u64) {
    let snapshot = snapshot(client);
    assert_eq!(snapshot.get(Statistic::RequestsSent), attempts);
    assert_eq!(snapshot.latency().attempts(), attempts);
}

#[test]
fn blocking_requests_are_counted_by_their_outcome() {
    let responses = Mutex::new(vec![
        http("200 OK", ""),
        http("200 OK", r#"{"success":false}"#),
        http("401 No", ""),
        String::new(),
    ]);
    let server = Server::start(move |mut stream, read| {
        while read(&mut stream).is_some() {
            let response = responses.lock().unwrap().remove(0);
            stream.write_all(response.as_bytes()).unwrap();
            if response.is_empty() {
                return;
            }
        }
    });
    let client = open_client(&server.url, &[]);
    let chat = attach(&client, "12");
    assert_ended(&client, &[]);
    chat.send("accepted").unwrap();
    assert_ended(&client, &[(Statistic::RequestsAccepted, 1)]);
    chat.send("rejected with 200").unwrap_err();
    chat.send("rejected").unwrap_err();
    let error = chat.send("unknown").unwrap_err();
    assert_eq!(error.delivery(), Some(Delivery::Unknown));
    assert_ended(
        &client,
        &[
            (Statistic::RequestsAccepted, 1),
            (Statistic::RequestsRejected, 2),
            (Statistic::RequestsUnknown, 1),
        ],
    );
    assert_sent(&client, 4);
}

#[test]
fn requests_without_a_connection_are_not_sent() {
    let client = open_client("http://127.0.0.1:1/", &[("retry.posted", "0")]);
    let chat = attach(&client, "12");
    chat.send("blocking").unwrap_err();
    chat.post(message("posted")).unwrap();
    assert_eq!(delivery(&client), Delivery::NotSent as i32);
    assert_ended(&client, &[(Statistic::RequestsNotSent, 2)]);
    assert_sent(&client, 0);
    let snapshot = snapshot(&client);
    assert_eq!(snapshot.get(Statistic::ConnectionsOpened), 0);
    assert_eq!(snapshot.get(Statistic::BytesSent), 0);

    let client = open_client("http://127.0.0.1:1/", &[("dialect", "interactions")]);
    client.departments(None).unwrap_err();
    assert_ended(&client, &[(Statistic::RequestsNotSent, 1)]);
}

#[test]
fn arguments_that_fail_at_once_are_not_counted() {
    let client = open_client("http://127.0.0.1:1/", &[]);
    let chat = attach(&client, "12");
    client.departments(None).unwrap_err();
    let error = chat.post(Request::Departments).unwrap_err();
    assert_eq!(error.status(), Status::Argument);
    assert_ended(&client, &[]);
}

#[test]
fn timeouts_are_unknown_and_in_the_histogram() {
    let server = Server::start(|mut stream, read| {
        read(&mut stream);
        let _ = stream.read(&mut [0]);
    });
    let client = open_client(&server.url, &[("timeout", "300")]);
    let error = attach(&client, "12").send("oi").unwrap_err();
    assert_eq!(error.status(), Status::Timeout);
    assert_ended(&client, &[(Statistic::RequestsUnknown, 1)]);
    assert_sent(&client, 1);
    let snapshot = snapshot(&client);
    assert!(snapshot.latency().total() >= Duration::from_millis(300));
    let slow = snapshot.latency().buckets();
    let slow =
        slow.filter(|(bound, _)| bound.is_none_or(|bound| bound > Duration::from_millis(250)));
    assert_eq!(slow.map(|(_, attempts)| attempts).sum::<u64>(), 1);
}

#[test]
fn a_request_that_waits_for_another_in_vain_is_not_sent() {
    let (release, released) = mpsc::channel::<()>();
    let server = Server::start(move |mut stream, read| {
        read(&mut stream);
        let _ = released.recv();
        let _ = stream.write_all(http("200 OK", "").as_bytes());
    });
    let client = open_client(&server.url, &[]);
    let (first, second) = (attach(&client, "12"), attach(&client, "12"));
    second.set_timeout(Duration::from_millis(50));
    first.post(message("first")).unwrap();
    server
        .requests
        .recv_timeout(Duration::from_secs(20))
        .unwrap();
    assert_eq!(snapshot(&client).get(Statistic::InProgress), 1);
    assert_eq!(snapshot(&client).get(Statistic::Outbox), 1);
    second.send("second").unwrap_err();
    assert_ended(&client, &[(Statistic::RequestsNotSent, 1)]);
    release.send(()).unwrap();
    assert_eq!(delivery(&client), Delivery::Accepted as i32);
    assert_eq!(snapshot(&client).get(Statistic::InProgress), 0);
}

#[test]
fn retries_are_attempts_of_one_request() {
    let busy = Mutex::new(3);
    let server = Server::start(move |mut stream, read| {
        while read(&mut stream).is_some() {
            let mut left = busy.lock().unwrap();
            let is_busy = *left > 0;
            *left -= i32::from(is_busy);
            let response = if is_busy {
                BUSY.to_owned()
            } else {
                http("200 OK", "")
            };
            stream.write_all(response.as_bytes()).unwrap();
        }
    });
    let client = open_client(&server.url, &[("retry.blocking", "10000")]);
    let chat = attach(&client, "12");
    chat.send("blocking").unwrap();
    assert_eq!(snapshot(&client).get(Statistic::RequestsRetried), 3);
    assert_ended(&client, &[(Statistic::RequestsAccepted, 1)]);
    chat.post(message("posted")).unwrap();
    assert_eq!(delivery(&client), Delivery::Accepted as i32);
    assert_eq!(snapshot(&client).get(Statistic::RequestsRetried), 3);
    assert_ended(&client, &[(Statistic::RequestsAccepted, 2)]);
    assert_sent(&client, 5);
}

#[test]
fn posted_retries_are_counted() {
    let is_busy = Mutex::new(true);
    let server = Server::start(move |mut stream, read| {
        while read(&mut stream).is_some() {
            let was_busy = std::mem::take(&mut *is_busy.lock().unwrap());
            let response = if was_busy {
                BUSY.to_owned()
            } else {
                http("200 OK", "")
            };
            stream.write_all(response.as_bytes()).unwrap();
        }
    });
    let client = open_client(&server.url, &[]);
    attach(&client, "12").post(message("oi")).unwrap();
    assert_eq!(delivery(&client), Delivery::Accepted as i32);
    assert_eq!(snapshot(&client).get(Statistic::RequestsRetried), 1);
    assert_ended(&client, &[(Statistic::RequestsAccepted, 1)]);
    assert_sent(&client, 2);
}

#[test]
fn opened_and_reused_connections_are_counted_with_their_bytes() {
    const CLOSE: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    let (bytes, lengths) = mpsc::channel();
    let server = Server::start(move |mut stream, read| {
        while let Some(request) = read(&mut stream) {
            let is_last = request.contains("last");
            let response = if is_last { CLOSE } else { &http("200 OK", "") };
            bytes.send((request.len(), response.len())).unwrap();
            stream.write_all(response.as_bytes()).unwrap();
            if is_last {
                return;
            }
        }
    });
    let client = open_client(&server.url, &[]);
    let chat = attach(&client, "12");
    let counted = |statistic| snapshot(&client).get(statistic);
    chat.send("opens").unwrap();
    assert_eq!(counted(Statistic::ConnectionsReused), 0);
    chat.send("reuses").unwrap();
    assert_eq!(counted(Statistic::ConnectionsReused), 1);
    // The fast path does not send a body of this length.
    chat.send("long ".repeat(20_000)).unwrap();
    chat.send("last").unwrap();
    assert_eq!(counted(Statistic::ConnectionsOpened), 1);
    assert_eq!(counted(Statistic::ConnectionsReused), 3);
    chat.send("reconnects").unwrap();
    assert_eq!(counted(Statistic::ConnectionsOpened), 2);
    assert_eq!(counted(Statistic::ConnectionsReused), 3);
    let (sent, received): (Vec<_>, Vec<_>) = lengths.try_iter().unzip();
    assert_eq!(sent.len(), 5);
    assert_eq!(
        counted(Statistic::BytesSent),
        sent.iter().sum::<usize>() as u64
    );
    assert_eq!(
        counted(Statistic::BytesReceived),
        received.iter().sum::<usize>() as u64
    );
}

#[test]
fn a_connection_that_fails_in_the_handshake_was_not_opened() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || drop(listener.accept().unwrap()));
    let client = open_client(&url, &[]);
    attach(&client, "12").send("oi").unwrap_err();
    server.join().unwrap();
    let snapshot = snapshot(&client);
    assert_eq!(snapshot.get(Statistic::ConnectionsOpened), 0);
    assert_eq!(snapshot.get(Statistic::RequestsSent), 0);
    assert!(
        snapshot.get(Statistic::BytesSent) > 0,
        "the handshake has bytes"
    );
}

#[test]
fn requests_beyond_their_age_limit_are_expired() {
    let options = [("message.max_age", "50"), ("retry.posted", "60000")];
    let client = open_client("http://127.0.0.1:1/", &options);
    attach(&client, "12").post(message("oi")).unwrap();
    assert_eq!(delivery(&client), Delivery::NotSent as i32);
    assert_ended(&client, &[(Statistic::RequestsExpired, 1)]);
}

#[test]
fn cancelled_requests_are_counted_by_their_delivery() {
    let client = open_client("http://127.0.0.1:1/", &[("outbox.paused", "1")]);
    let chat = attach(&client, "12");
    let tickets = ["1", "2", "3"].map(|text| chat.post(message(text)).unwrap());
    assert_eq!(snapshot(&client).get(Statistic::Outbox), 3);
    client.cancel(tickets[1]).unwrap();
    assert_ended(&client, &[(Statistic::RequestsCancelled, 1)]);
    assert_eq!(snapshot(&client).get(Statistic::Outbox), 2);
    client.cancel(tickets[1]).unwrap_err();
    assert_eq!(chat.cancel().unwrap(), 2);
    assert_ended(&client, &[(Statistic::RequestsCancelled, 3)]);
    assert_eq!(snapshot(&client).get(Statistic::Outbox), 0);
    assert_sent(&client, 0);

    // Closes the first connection without a response.
    let answers = Mutex::new([String::new(), BUSY.replace("After: 0", "After: 60")].into_iter());
    let server = Server::start(move |mut stream, read| {
        while read(&mut stream).is_some() {
            match answers.lock().unwrap().next() {
                Some(response) if !response.is_empty() => {
                    stream.write_all(response.as_bytes()).unwrap();
                }
                _ => return,
            }
        }
    });
    let client = open_client(&server.url, &[("on_unknown", "resend")]);
    let ticket = attach(&client, "12").post(message("oi")).unwrap();
    while client.outbox()[0].last_status != Status::Service {
        std::thread::yield_now();
    }
    client.cancel(ticket).unwrap();
    assert_ended(&client, &[(Statistic::RequestsUnknown, 1)]);
    assert_sent(&client, 2);
}

#[test]
fn a_check_is_a_request_only_if_it_sends_one() {
    let server = Server::with_response(http("200 OK", "[]"));
    let client = open_client(&server.url, &[("dialect", "interactions")]);
    let level = client.check(None).unwrap();
    let requests = u64::from(level == CheckLevel::Account);
    assert_eq!(requests, 1);
    assert_ended(&client, &[(Statistic::RequestsAccepted, requests)]);
    assert_sent(&client, requests);

    let server = Server::with_response(http("200 OK", ""));
    let client = open_client(&server.url, &[]);
    assert_eq!(client.check(None).unwrap(), CheckLevel::Connection);
    assert_ended(&client, &[]);
    assert_sent(&client, 0);
    assert_eq!(snapshot(&client).get(Statistic::ConnectionsOpened), 1);
    attach(&client, "12").send("oi").unwrap();
    assert_eq!(snapshot(&client).get(Statistic::ConnectionsReused), 1);
}

#[test]
fn the_queues_are_gauges() {
    let client = open_client("http://127.0.0.1:1/", &[]);
    test_client::deliver_typing(&client, "12");
    test_client::deliver_typing(&client, "12");
    assert_eq!(client.count_of(Statistic::EventsQueued), 2);
    assert_eq!(snapshot(&client).get(Statistic::EventsQueued), 2);
    next_event(&client);
    assert_eq!(snapshot(&client).get(Statistic::EventsQueued), 1);
    let chat = attach(&client, "12");
    for text in ["first", "second", "third"] {
        chat.post(message(text)).unwrap();
    }
    assert_eq!(snapshot(&client).get(Statistic::Outbox), 3);
    let kinds = STATISTICS
        .iter()
        .filter(|spec| spec.kind == StatisticKind::Gauge);
    let gauges: Vec<_> = kinds.map(|spec| spec.name).collect();
    assert_eq!(gauges, ["events_queued", "in_progress", "outbox"]);
}

#[test]
fn a_snapshot_does_not_change() {
    let client = open_client("http://127.0.0.1:1/", &[]);
    let before = snapshot(&client);
    test_client::deliver_typing(&client, "12");
    assert_eq!(before.get(Statistic::Received), 0);
    assert_ne!(before, snapshot(&client));
    client.close(Duration::ZERO).unwrap();
    assert_eq!(snapshot(&client).get(Statistic::Received), 1);
}
