//! Flush waits for the requests that were posted before it.

use omnize::interrupt;

use super::*;

/// Returns the number of requests that a failed flush reports.
fn remaining(error: &omnize::error::Error) -> usize {
    error.close_report().expect("a report").requests
}

#[test]
fn flush_returns_when_all_outcomes_are_events() {
    let server = accepting();
    let client = open_client(&server.url, &[]);
    client.flush(Duration::ZERO).unwrap();
    let chat = attach(&client, "12");
    for at in 0..50 {
        chat.post(message(&at.to_string())).unwrap();
    }
    client.flush(Duration::from_secs(20)).unwrap();
    assert_eq!((server.requests(), client.outbox_count()), (50, 0));
    for _ in 0..50 {
        assert!(client.next(Duration::ZERO).unwrap().is_some());
    }
    chat.post(message("the client is open")).unwrap();
}

#[test]
fn flush_timeout_reports_the_remaining_requests() {
    let (server, responses) = controlled_server();
    let client = open_client(&server.url, &[]);
    let chat = attach(&client, "12");
    for _ in 0..3 {
        chat.post(message("oi")).unwrap();
    }
    let error = client.flush(Duration::from_millis(50)).unwrap_err();
    assert_eq!((error.status(), remaining(&error)), (Status::Timeout, 3));
    assert!(error.message().contains("50 ms"), "{error}");
    responses.send("").unwrap();
    outcome(&client);
    // The worker may not have left the first request yet.
    let deadline = Instant::now() + Duration::from_secs(20);
    while remaining(&client.flush(Duration::ZERO).unwrap_err()) != 2 {
        assert!(Instant::now() < deadline);
        thread::yield_now();
    }
}

#[test]
fn flush_does_not_wait_for_later_posts() {
    let (server, responses) = controlled_server();
    let client = open_client(&server.url, &[]);
    let chat = attach(&client, "12");
    chat.post(message("before")).unwrap();
    server.requests.recv().unwrap();
    thread::scope(|scope| {
        let flushed = scope.spawn(|| client.flush(Duration::from_secs(20)));
        thread::sleep(Duration::from_millis(50));
        assert!(!flushed.is_finished());
        chat.post(message("after")).unwrap();
        responses.send("").unwrap();
        flushed.join().unwrap().unwrap();
    });
    assert_eq!(client.outbox_count(), 1);
}

#[test]
fn several_threads_may_flush() {
    let (server, responses) = controlled_server();
    let client = open_client(&server.url, &[]);
    let chat = attach(&client, "12");
    thread::scope(|scope| {
        let mut flushes = Vec::new();
        for _ in 0..3 {
            chat.post(message("oi")).unwrap();
            flushes.push(scope.spawn(|| client.flush(Duration::from_secs(20))));
            thread::sleep(Duration::from_millis(30));
        }
        // Each one ends with the request that was posted before it.
        for flush in flushes {
            assert!(!flush.is_finished());
            responses.send("").unwrap();
            flush.join().unwrap().unwrap();
        }
    });
    assert_eq!(server.requests(), 3);
}

#[test]
fn flush_of_a_paused_outbox_fails_at_once() {
    let client = open_client("http://127.0.0.1:1/", &[("outbox.paused", "1")]);
    attach(&client, "12").post(message("1")).unwrap();
    let begun = Instant::now();
    let error = client.flush(Duration::from_secs(20)).unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!((error.status(), remaining(&error)), (Status::State, 1));
    assert!(error.message().contains("resume"), "{error}");
}

#[test]
fn pause_ends_a_flush_after_the_request_in_progress() {
    let (server, responses) = controlled_server();
    let client = open_client(&server.url, &[]);
    let chat = attach(&client, "12");
    chat.post(message("1")).unwrap();
    chat.post(message("2")).unwrap();
    server.requests.recv().unwrap();
    thread::scope(|scope| {
        let flushed = scope.spawn(|| client.flush(Duration::from_secs(20)));
        client.pause().unwrap();
        thread::sleep(Duration::from_millis(50));
        assert!(!flushed.is_finished());
        responses.send("").unwrap();
        let error = flushed.join().unwrap().unwrap_err();
        assert_eq!((error.status(), remaining(&error)), (Status::State, 1));
    });
}

#[test]
fn cancel_of_the_last_request_ends_a_flush() {
    const PAUSES: &str = "HTTP/1.1 503 Busy\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n";
    let server = answer_first_connections(&[PAUSES]);
    let client = open_client(&server.url, &[]);
    let chat = attach(&client, "12");
    chat.post(message("1")).unwrap();
    wait_for_entry(&client, |entry| entry.last_status == Status::Service);
    thread::scope(|scope| {
        let flushed = scope.spawn(|| client.flush(Duration::from_secs(20)));
        thread::sleep(Duration::from_millis(50));
        assert!(!flushed.is_finished());
        assert_eq!(chat.cancel().unwrap(), 1);
        flushed.join().unwrap().unwrap();
    });
}

#[test]
fn close_ends_a_flush() {
    let client = open_client("http://127.0.0.1:1/", &[]);
    attach(&client, "12").post(message("1")).unwrap();
    thread::scope(|scope| {
        let flushed = scope.spawn(|| client.flush(Duration::from_secs(20)));
        thread::sleep(Duration::from_millis(50));
        let begun = Instant::now();
        assert_eq!(client.close(Duration::from_millis(50)).unwrap().requests, 1);
        let error = flushed.join().unwrap().unwrap_err();
        assert_eq!((error.status(), remaining(&error)), (Status::Closed, 1));
        assert!(begun.elapsed() < Duration::from_secs(10));
    });
    assert_eq!(
        client.flush(Duration::ZERO).unwrap_err().status(),
        Status::Closed
    );
}

#[test]
fn callback_may_flush() {
    let server = accepting();
    for mode in ["poll", "dispatch"] {
        let client = Arc::new(open_client(&server.url, &[("dispatch.threads", "1")]));
        let (sender, results) = mpsc::channel();
        let inside = Arc::downgrade(&client);
        let handler = move |event: &Arc<Event>| {
            if event.outcome().is_none() {
                let client = inside.upgrade().unwrap();
                attach(&client, "12").post(message("oi")).unwrap();
                let result = client.flush(Duration::from_secs(20));
                sender.send(result).unwrap();
            }
        };
        client
            .subscribe(Default::default(), Box::new(handler))
            .unwrap();
        deliver_typing(&client, "12");
        match mode {
            "poll" => drop(client.poll(Duration::from_secs(5)).unwrap()),
            _ => client.dispatch().unwrap(),
        }
        results.recv().unwrap().unwrap();
    }
    assert_eq!(contents(&server), ["oi", "oi"]);
}

#[test]
fn interrupt_hook_ends_a_flush() {
    let client = open_client("http://127.0.0.1:1/", &[]);
    attach(&client, "12").post(message("1")).unwrap();
    let error = interrupt::with_hook(|| true, || client.flush(Duration::from_secs(600)));
    assert_eq!(error.unwrap_err().status(), Status::Lost);
}

#[cfg(feature = "store")]
#[test]
fn flush_with_a_store_waits_until_the_outcomes_are_on_disk() {
    let store = restarts::store("flush");
    let server = accepting();
    let client = open_client(&server.url, &[("store", &*store)]);
    let chat = attach(&client, "12");
    for at in 0..20 {
        chat.post(message(&at.to_string())).unwrap();
    }
    client.flush(Duration::from_secs(20)).unwrap();
    for _ in 0..20 {
        let event = client.next(Duration::ZERO).unwrap().unwrap();
        assert_eq!(event.outcome().unwrap().delivery, Delivery::Accepted as i32);
    }
    drop(client);
    std::fs::remove_file(store).unwrap();
}
