//! A paused outbox accepts requests and starts no attempt.

use super::*;

#[test]
fn paused_outbox_sends_nothing_until_it_is_resumed() {
    let (server, responses) = controlled_server();
    let client = open_client(&server.url, &[("outbox.connections", "1")]);
    let chats = ["12", "13", "14"].map(|id| attach(&client, id));
    let first = chats[0].post(message("1")).unwrap();
    server.requests.recv().unwrap();
    client.pause().unwrap();
    client.pause().unwrap();
    for chat in &chats {
        chat.post(message("2")).unwrap();
    }
    // The request in progress continues.
    responses.send("").unwrap();
    assert_eq!(outcome(&client).ticket, first);
    assert!(client.next(Duration::from_millis(100)).unwrap().is_none());
    assert!(server.requests.try_recv().is_err());
    assert_eq!(client.outbox_count(), 3);
    client.resume().unwrap();
    client.resume().unwrap();
    for _ in 0..3 {
        responses.send("").unwrap();
    }
    for _ in 0..3 {
        assert_eq!(outcome(&client).delivery, Delivery::Accepted as i32);
    }
}

#[test]
fn retry_that_becomes_due_in_a_pause_waits_for_the_resume() {
    let server = answer_first_connections(&[BUSY]);
    let client = open_client(&server.url, &[]);
    attach(&client, "12").post(message("1")).unwrap();
    wait_for_entry(&client, |entry| entry.last_status == Status::Service);
    client.pause().unwrap();
    assert!(client.next(Duration::from_millis(1500)).unwrap().is_none());
    assert_eq!(server.requests(), 1);
    client.resume().unwrap();
    assert_eq!(outcome(&client).delivery, Delivery::Accepted as i32);
    assert_eq!(server.requests(), 1);
}

#[test]
fn cancelled_request_in_a_pause_leaves_the_outbox_at_once() {
    let client = open_client("http://127.0.0.1:1/", &[("outbox.paused", "1")]);
    let ticket = attach(&client, "12").post(message("1")).unwrap();
    client.cancel(ticket).unwrap();
    assert_eq!(outcome(&client).ticket, ticket);
    client.flush(Duration::ZERO).unwrap();
}

#[test]
fn requests_expire_in_a_pause() {
    let server = accepting();
    let options = [("outbox.paused", "1"), ("message.max_age", "100")];
    let client = open_client(&server.url, &options);
    let (chat, other) = (attach(&client, "12"), attach(&client, "13"));
    let finish = other.post(Request::Finish).unwrap();
    let posted = Instant::now();
    let tickets = ["1", "2"].map(|text| chat.post(message(text)).unwrap());
    for ticket in tickets {
        let outcome = outcome(&client);
        assert_eq!(
            (outcome.ticket, outcome.status, outcome.delivery),
            (ticket, Status::Expired as i32, Delivery::NotSent as i32)
        );
    }
    assert!(posted.elapsed() < Duration::from_secs(20));
    assert_eq!(client.outbox_count(), 1);
    client.resume().unwrap();
    assert_eq!(outcome(&client).ticket, finish);
    assert_eq!(server.requests(), 1);
}

#[test]
fn retry_expires_in_a_pause() {
    let server = answer_first_connections(&[BUSY]);
    let client = open_client(&server.url, &[("message.max_age", "1500")]);
    let ticket = attach(&client, "12").post(message("1")).unwrap();
    wait_for_entry(&client, |entry| entry.last_status == Status::Service);
    client.pause().unwrap();
    let outcome = outcome(&client);
    assert_eq!(
        (outcome.ticket, outcome.status),
        (ticket, Status::Expired as i32)
    );
    assert_eq!(server.requests(), 1);
}

#[test]
fn blocking_requests_are_sent_in_a_pause() {
    let server = accepting();
    let client = open_client(&server.url, &[("outbox.paused", "1")]);
    attach(&client, "12").post(message("posted")).unwrap();
    attach(&client, "13").send("blocking").unwrap();
    // The order within an interaction holds.
    let chat = attach(&client, "12");
    chat.set_timeout(Duration::from_millis(100));
    let error = chat.send("later").unwrap_err();
    assert_eq!(
        (error.status(), error.delivery()),
        (Status::Timeout, Some(Delivery::NotSent))
    );
    assert_eq!(contents(&server), ["blocking"]);
}

#[test]
fn keystrokes_in_a_pause_send_nothing_later() {
    let server = accepting();
    let options = [("outbox.paused", "1"), ("typing.pause", "50")];
    let client = open_client(&server.url, &options);
    let chat = attach(&client, "12");
    for _ in 0..10 {
        chat.keystroke().unwrap();
    }
    chat.post(message("oi")).unwrap();
    client.resume().unwrap();
    assert_eq!(outcome(&client).delivery, Delivery::Accepted as i32);
    assert_eq!(contents(&server), ["oi"]);
}

#[test]
fn close_does_not_send_or_await_paused_requests() {
    let server = accepting();
    let client = open_client(&server.url, &[("outbox.paused", "1")]);
    let chat = attach(&client, "12");
    for at in 0..3 {
        chat.post(message(&at.to_string())).unwrap();
    }
    let begun = Instant::now();
    let report = client.close(Duration::from_secs(20)).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!((report.requests, report.events), (3, 0));
    assert_eq!(server.requests(), 0);
    assert_eq!(client.pause().unwrap_err().status(), Status::Closed);
    assert_eq!(client.resume().unwrap_err().status(), Status::Closed);
}

#[test]
fn close_awaits_the_request_in_progress_of_a_paused_outbox() {
    let (server, responses) = controlled_server();
    let client = open_client(&server.url, &[]);
    let chat = attach(&client, "12");
    chat.post(message("1")).unwrap();
    chat.post(message("2")).unwrap();
    server.requests.recv().unwrap();
    client.pause().unwrap();
    thread::scope(|scope| {
        let closed = scope.spawn(|| client.close(Duration::from_secs(20)).unwrap());
        thread::sleep(Duration::from_millis(50));
        assert!(!closed.is_finished());
        responses.send("").unwrap();
        let report = closed.join().unwrap();
        assert_eq!((report.requests, report.events), (1, 1));
    });
    assert_eq!(server.requests(), 0);
}

#[test]
fn close_ends_a_call_that_waits_behind_a_paused_request() {
    let client = open_client("http://127.0.0.1:1/", &[("outbox.paused", "1")]);
    let chat = attach(&client, "12");
    chat.post(message("1")).unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| chat.send("2").unwrap_err());
        thread::sleep(Duration::from_millis(50));
        assert_eq!(client.close(Duration::from_secs(20)).unwrap().requests, 1);
        let error = waiting.join().unwrap();
        assert_eq!(error.delivery(), Some(Delivery::NotSent), "{error}");
        assert_eq!(error.status(), Status::Closed, "{error}");
    });
}

#[cfg(feature = "store")]
#[test]
fn paused_requests_wait_in_the_store_for_the_next_process() {
    let store = restarts::store("paused");
    let server = accepting();
    let paused = [("store", &*store), ("outbox.paused", "1")];
    let first = open_client(&server.url, &paused);
    let ticket = attach(&first, "12").post(message("1")).unwrap();
    assert_eq!(first.close(Duration::from_secs(20)).unwrap().requests, 1);
    drop(first);
    let second = open_client(&server.url, &paused);
    assert!(second.next(Duration::from_millis(100)).unwrap().is_none());
    assert_eq!(server.requests(), 0);
    second.resume().unwrap();
    let outcome = outcome(&second);
    assert_eq!((outcome.ticket, outcome.status), (ticket, 0));
    drop(second);
    std::fs::remove_file(store).unwrap();
}
