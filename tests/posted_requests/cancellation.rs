//! A cancelled request is not sent and has one outcome.

use super::*;

/// Asserts that this is the outcome of a cancelled request.
fn assert_cancelled(outcome: &Outcome, ticket: u64, delivery: Delivery) {
    let status = Status::Cancelled as i32;
    assert_eq!((outcome.ticket, outcome.status), (ticket, status));
    assert_eq!(outcome.delivery, delivery as i32, "{}", outcome.message);
}

#[test]
fn cancelled_request_is_not_sent_and_the_others_are() {
    let server = accepting();
    let client = open_client(&server.url, &[("outbox.paused", "1")]);
    let chat = attach(&client, "12");
    let tickets: Vec<_> = (0..4)
        .map(|at| chat.post(message(&at.to_string())).unwrap())
        .collect();
    for at in [0, 2] {
        client.cancel(tickets[at]).unwrap();
        assert_cancelled(&outcome(&client), tickets[at], Delivery::NotSent);
        let error = client.cancel(tickets[at]).unwrap_err();
        assert_eq!(
            (error.status(), error.delivery()),
            (Status::State, None),
            "{error}"
        );
        assert!(error.message().contains("has ended"), "{error}");
    }
    assert_eq!(client.outbox_count(), 2);
    client.resume().unwrap();
    for at in [1, 3] {
        assert_eq!(outcome(&client).ticket, tickets[at]);
    }
    assert_eq!(contents(&server), ["1", "3"]);
    assert!(client.next(Duration::ZERO).unwrap().is_none());
    assert_eq!(client.cancel(u64::MAX).unwrap_err().status(), Status::State);
}

#[test]
fn request_in_progress_is_not_cancelled() {
    let (server, responses) = controlled_server();
    let client = open_client(&server.url, &[]);
    let chat = attach(&client, "12");
    let first = chat.post(message("1")).unwrap();
    let second = chat.post(message("2")).unwrap();
    server.requests.recv().unwrap();
    let error = client.cancel(first).unwrap_err();
    assert_eq!(error.status(), Status::State, "{error}");
    assert_eq!(chat.cancel().unwrap(), 1);
    assert_cancelled(&outcome(&client), second, Delivery::NotSent);
    responses.send("").unwrap();
    let outcome = outcome(&client);
    assert_eq!((outcome.ticket, outcome.status), (first, 0));
    assert!(server.requests.try_recv().is_err());
}

#[test]
fn next_request_does_not_wait_for_the_pause_of_a_cancelled_one() {
    const PAUSES: &str = "HTTP/1.1 503 Busy\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n";
    let server = answer_first_connections(&[PAUSES]);
    let client = open_client(&server.url, &[]);
    let chat = attach(&client, "12");
    let first = chat.post(message("1")).unwrap();
    let second = chat.post(message("2")).unwrap();
    wait_for_entry(&client, |entry| entry.last_status == Status::Service);
    client.cancel(first).unwrap();
    let cancelled = outcome(&client);
    assert_cancelled(&cancelled, first, Delivery::NotSent);
    let message = &cancelled.message;
    let expected = "message: the application cancelled it; its last attempt failed: ";
    assert!(message.starts_with(expected), "{message}");
    assert!(message.contains("HTTP 503"), "{message}");
    let outcome = outcome(&client);
    assert_eq!((outcome.ticket, outcome.status), (second, 0));
    assert_eq!(contents(&server), ["1", "2"]);
}

#[test]
fn retry_of_a_cancelled_request_does_not_shorten_the_pause_of_the_next_one() {
    const LONGER: &str = "HTTP/1.1 503 Busy\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n";
    let server = answer_first_connections(&[BUSY, LONGER]);
    let client = open_client(&server.url, &[]);
    let chat = attach(&client, "12");
    let first = chat.post(message("1")).unwrap();
    chat.post(message("2")).unwrap();
    wait_for_entry(&client, |entry| entry.last_status == Status::Service);
    let begun = Instant::now();
    client.cancel(first).unwrap();
    assert_cancelled(&outcome(&client), first, Delivery::NotSent);
    assert_eq!(outcome(&client).delivery, Delivery::Accepted as i32);
    assert!(begun.elapsed() >= Duration::from_secs(3));
    assert_eq!(contents(&server), ["1", "2", "2"]);
}

#[test]
fn delivery_is_unknown_if_an_earlier_attempt_may_have_been_received() {
    let server = answer_first_connections(&[CLOSES_CONNECTION, BUSY, BUSY, BUSY, BUSY, BUSY]);
    let client = open_client(&server.url, &[("on_unknown", "resend")]);
    let chat = attach(&client, "12");
    let ticket = chat.post(message("1")).unwrap();
    wait_for_entry(&client, |entry| entry.last_status == Status::Service);
    client.cancel(ticket).unwrap();
    let outcome = outcome(&client);
    assert_cancelled(&outcome, ticket, Delivery::Unknown);
    for part in ["its last attempt failed: ", "an earlier attempt"] {
        assert!(outcome.message.contains(part), "{}", outcome.message);
    }
}

#[test]
fn requests_behind_a_cancelled_start_are_not_sent() {
    let server = accepting();
    let client = open_client(&server.url, &[("outbox.paused", "1")]);
    let address = Address {
        department: "1".into(),
        client_id: "12".into(),
    };
    let chat = client.prepare(address).unwrap();
    let start = chat.post(Request::Start(Box::default())).unwrap();
    let behind = chat.post(message("1")).unwrap();
    assert_eq!(chat.state(), State::Starting);
    client.cancel(start).unwrap();
    assert_cancelled(&outcome(&client), start, Delivery::NotSent);
    assert_eq!(chat.state(), State::New);
    client.resume().unwrap();
    let failed = outcome(&client);
    assert_eq!(
        (failed.ticket, failed.status),
        (behind, Status::State as i32)
    );
    assert_eq!(failed.delivery, Delivery::NotSent as i32);
    assert_eq!(server.requests(), 0);
    // A new start is allowed.
    chat.post(Request::Start(Box::default())).unwrap();
    chat.post(message("2")).unwrap();
    for _ in 0..2 {
        assert_eq!(outcome(&client).status, 0);
    }
    assert_eq!(contents(&server), ["init", "2"]);
}

#[test]
fn cancel_of_a_conversation_ends_all_that_waits_and_nothing_else() {
    let server = accepting();
    let client = open_client(&server.url, &[("outbox.paused", "1")]);
    let (chat, same, other) = (
        attach(&client, "12"),
        attach(&client, "12"),
        attach(&client, "13"),
    );
    let tickets = [
        chat.post(message("1")).unwrap(),
        same.post(message("2")).unwrap(),
    ];
    other.post(message("other")).unwrap();
    assert_eq!(chat.cancel().unwrap(), 2);
    assert_eq!(chat.cancel().unwrap(), 0);
    for ticket in tickets {
        assert_cancelled(&outcome(&client), ticket, Delivery::NotSent);
    }
    client.resume().unwrap();
    assert_eq!(&*outcome(&client).client_id, "13");
    assert_eq!(contents(&server), ["other"]);
}

#[test]
fn cancel_lets_a_blocking_call_go() {
    let server = accepting();
    let client = open_client(&server.url, &[("outbox.paused", "1")]);
    let chat = attach(&client, "12");
    let ticket = chat.post(message("1")).unwrap();
    thread::scope(|scope| {
        let call = scope.spawn(|| chat.send("2"));
        while client.outbox_count() > 0 {
            // The call may not wait yet; then the cancel comes first, which is right too.
            client.cancel(ticket).unwrap();
        }
        call.join().unwrap().unwrap();
    });
    assert_eq!(contents(&server), ["2"]);
}

#[test]
fn cancelled_request_frees_its_space() {
    let options = [("outbox.paused", "1"), ("outbox.capacity", "1")];
    let client = open_client("http://127.0.0.1:1/", &options);
    let chat = attach(&client, "12");
    let ticket = chat.post(message("1")).unwrap();
    assert_eq!(chat.post(message("2")).unwrap_err().status(), Status::Full);
    client.cancel(ticket).unwrap();
    chat.post(message("2")).unwrap();
}

#[test]
fn cancel_after_close_fails() {
    let client = open_client("http://127.0.0.1:1/", &[("outbox.paused", "1")]);
    let chat = attach(&client, "12");
    let ticket = chat.post(message("1")).unwrap();
    assert_eq!(client.close(Duration::from_secs(20)).unwrap().requests, 1);
    assert_eq!(client.cancel(ticket).unwrap_err().status(), Status::Closed);
    assert_eq!(chat.cancel().unwrap_err().status(), Status::Closed);
}

#[test]
fn each_request_ends_once_if_cancel_and_worker_compete() {
    let (url, arrivals) = slow_server(&Arc::default());
    let client = open_client(&url, &[]);
    let chats: Vec<_> = (0..8).map(|id| attach(&client, &id.to_string())).collect();
    let tickets: Vec<_> = (0..400)
        .map(|at| chats[at % 8].post(message(&at.to_string())).unwrap())
        .collect();
    // The last one is cancelled first, and the workers come from the front.
    let cancelled = tickets
        .iter()
        .rev()
        .filter(|ticket| client.cancel(**ticket).is_ok())
        .count();
    assert!(cancelled < 400, "no worker competed");
    let mut outcomes: Vec<_> = (0..400).map(|_| outcome(&client)).collect();
    outcomes.sort_by_key(|outcome| outcome.ticket);
    assert!(outcomes.iter().map(|outcome| outcome.ticket).eq(tickets));
    let accepted = outcomes.iter().filter(|outcome| outcome.status == 0);
    assert_eq!(accepted.count(), 400 - cancelled);
    assert_eq!(arrivals.try_iter().count(), 400 - cancelled);
    assert_eq!(client.outbox_count(), 0);
}

#[cfg(feature = "store")]
#[test]
fn cancelled_request_is_not_sent_after_a_restart() {
    let store = restarts::store("cancelled");
    let options = [("store", &*store), ("outbox.paused", "1")];
    let first = open_client("http://127.0.0.1:1/", &options);
    let chat = attach(&first, "12");
    let tickets: Vec<_> = (0..3)
        .map(|at| chat.post(message(&at.to_string())).unwrap())
        .collect();
    first.cancel(tickets[1]).unwrap();
    // The copy is what a process finds that was killed now.
    let copy = restarts::store("cancelled-copy");
    for suffix in ["", "-wal"] {
        std::fs::copy(format!("{store}{suffix}"), format!("{copy}{suffix}")).unwrap();
    }
    drop((chat, first));

    let server = accepting();
    let second = open_client(&server.url, &[("store", &*copy)]);
    assert_cancelled(&outcome(&second), tickets[1], Delivery::NotSent);
    for at in [0, 2] {
        let outcome = outcome(&second);
        assert_eq!((outcome.ticket, outcome.status), (tickets[at], 0));
    }
    assert_eq!(contents(&server), ["0", "2"]);
    drop(second);
    for path in [store, copy] {
        std::fs::remove_file(path).unwrap();
    }
}
