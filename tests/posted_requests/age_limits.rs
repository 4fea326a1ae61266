//! A request that reaches its age limit in the outbox ends as not sent, at once. One in progress does not.

use std::sync::mpsc::Sender;

use omnize::PostOptions;

use super::*;

fn max_age(milliseconds: u64) -> PostOptions {
    PostOptions {
        max_age: Some(Duration::from_millis(milliseconds)),
        ..PostOptions::default()
    }
}

fn assert_expired(outcome: &Outcome, ticket: u64, limit: &str) {
    assert_eq!(
        (outcome.ticket, outcome.delivery, outcome.status),
        (ticket, Delivery::NotSent as i32, Status::Expired as i32),
        "{outcome:?}"
    );
    assert!(outcome.message.contains(limit), "{}", outcome.message);
}

/// A server that sends the next response when the test sends it. The second value reports each received request.
fn controlled() -> (Server, Sender<&'static str>, mpsc::Receiver<String>) {
    let (responses, next_response) = mpsc::channel::<&str>();
    let next_response = Arc::new(Mutex::new(next_response));
    let (arrived, arrivals) = mpsc::channel();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (seen, requests) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (next_response, arrived) = (next_response.clone(), arrived.clone());
            let seen = seen.clone();
            thread::spawn(move || {
                let mut stream = stream.unwrap();
                while let Some(request) = http_server::read_request(&mut stream) {
                    let _ = arrived.send(content(&request));
                    let _ = seen.send(request);
                    let Ok(response) = next_response.lock().unwrap().recv() else {
                        return;
                    };
                    let _ = stream.write_all(response.as_bytes());
                }
            });
        }
    });
    (Server { url, requests }, responses, arrivals)
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

#[test]
fn request_behind_another_expires_while_that_is_in_progress() {
    let (server, responses, arrivals) = controlled();
    let client = open_client(&server.url, &[]);
    let chat = attach(&client, "12");
    let first = chat.post(message("1")).unwrap();
    assert_eq!(arrivals.recv().unwrap(), "1");
    let second = chat.post_with(message("2"), max_age(100)).unwrap();
    let third = chat.post(message("3")).unwrap();
    let posted = Instant::now();
    assert_expired(
        &outcome(&client),
        second,
        "the max_age of its post (100 ms)",
    );
    assert!(posted.elapsed() < Duration::from_secs(5));
    responses.send(OK).unwrap();
    assert_eq!(outcome(&client).ticket, first);
    assert_eq!(arrivals.recv().unwrap(), "3");
    responses.send(OK).unwrap();
    let last = outcome(&client);
    assert_eq!(
        (last.ticket, last.delivery),
        (third, Delivery::Accepted as i32)
    );
    assert_eq!(server.requests(), 2);
}

#[test]
fn request_expires_while_all_workers_are_busy() {
    let (server, responses, arrivals) = controlled();
    let client = open_client(&server.url, &[("outbox.connections", "1")]);
    attach(&client, "12").post(message("1")).unwrap();
    arrivals.recv().unwrap();
    let other = attach(&client, "13");
    let ticket = other.post_with(message("2"), max_age(100)).unwrap();
    assert_expired(&outcome(&client), ticket, "100 ms");
    responses.send(OK).unwrap();
    assert_eq!(outcome(&client).delivery, Delivery::Accepted as i32);
    assert_eq!(server.requests(), 1);
}

#[test]
fn request_in_progress_does_not_expire() {
    let (server, responses, arrivals) = controlled();
    let client = open_client(&server.url, &[]);
    let chat = attach(&client, "12");
    let posted = Instant::now();
    let ticket = chat.post_with(message("1"), max_age(300)).unwrap();
    arrivals.recv().unwrap();
    let later = client.next(Duration::from_millis(600)).unwrap();
    assert!(later.is_none() && posted.elapsed() >= Duration::from_millis(300));
    responses.send(OK).unwrap();
    let outcome = outcome(&client);
    assert_eq!(
        (outcome.ticket, outcome.delivery),
        (ticket, Delivery::Accepted as i32)
    );
    assert_eq!(server.requests(), 1);
}

#[test]
fn request_that_fails_after_its_limit_expires() {
    let (server, responses, arrivals) = controlled();
    let client = open_client(&server.url, &[]);
    let chat = attach(&client, "12");
    let ticket = chat.post_with(message("1"), max_age(300)).unwrap();
    arrivals.recv().unwrap();
    assert!(client.next(Duration::from_millis(400)).unwrap().is_none());
    responses
        .send("HTTP/1.1 503 Busy\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n")
        .unwrap();
    assert_expired(&outcome(&client), ticket, "300 ms");
    assert_eq!(server.requests(), 1);
}

#[test]
fn request_expires_in_the_pause_before_its_next_attempt() {
    let server =
        Server::with_response("HTTP/1.1 503 Busy\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n");
    let client = open_client(&server.url, &[]);
    let chat = attach(&client, "12");
    let posted = Instant::now();
    let ticket = chat.post_with(message("1"), max_age(500)).unwrap();
    let outcome = outcome(&client);
    assert_expired(&outcome, ticket, "500 ms");
    let message = &outcome.message;
    assert!(message.contains("its last attempt failed: "), "{message}");
    assert!(message.contains("503"), "{message}");
    let age = posted.elapsed();
    assert!(age >= Duration::from_millis(500) && age < Duration::from_secs(20));
    assert_eq!(server.requests(), 1);
}

#[test]
fn next_request_does_not_wait_for_the_pause_of_an_expired_one() {
    let server = answer_first_connections(&[
        "HTTP/1.1 503 Busy\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n",
    ]);
    let client = open_client(&server.url, &[]);
    let chat = attach(&client, "12");
    let begun = Instant::now();
    let first = chat.post_with(message("1"), max_age(500)).unwrap();
    chat.post(message("2")).unwrap();
    assert_expired(&outcome(&client), first, "500 ms");
    assert_eq!(outcome(&client).delivery, Delivery::Accepted as i32);
    assert!(begun.elapsed() < Duration::from_secs(30));
    assert_eq!(contents(&server), ["1", "2"]);
}

#[test]
fn blocking_call_behind_an_expired_request_continues() {
    let server = answer_first_connections(&[
        "HTTP/1.1 503 Busy\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n",
    ]);
    let client = open_client(&server.url, &[]);
    let chat = attach(&client, "12");
    chat.post_with(message("1"), max_age(500)).unwrap();
    chat.send("2").unwrap();
    assert_eq!(outcome(&client).status, Status::Expired as i32);
    assert_eq!(contents(&server), ["1", "2"]);
}

#[test]
fn option_limits_messages_and_a_post_may_have_another_limit() {
    let client = open_client("http://127.0.0.1:1/", &[("message.max_age", "200")]);
    let chats = ["1", "2", "3", "4"].map(|id| attach(&client, id));
    let limited = chats[0].post(message("1")).unwrap();
    let longer = chats[1].post_with(message("2"), max_age(600)).unwrap();
    chats[2].post_with(message("3"), max_age(u64::MAX)).unwrap();
    chats[3].post(Request::Finish).unwrap();
    assert_expired(&outcome(&client), limited, "message.max_age (200 ms)");
    assert_expired(
        &outcome(&client),
        longer,
        "the max_age of its post (600 ms)",
    );
    let left = client.close(Duration::from_millis(50)).unwrap();
    assert_eq!((left.events, left.requests), (0, 2));
}

#[test]
fn expired_start_allows_a_new_start() {
    let client = open_client("http://127.0.0.1:1/", &[]);
    let address = Address {
        department: "1".into(),
        client_id: "12".into(),
    };
    let chat = client.prepare(address).unwrap();
    let start = || Request::Start(Box::new(Customer::default().into()));
    let ticket = chat.post_with(start(), max_age(100)).unwrap();
    assert_eq!(chat.post(start()).unwrap_err().status(), Status::State);
    assert_expired(&outcome(&client), ticket, "start");
    assert_eq!(chat.state(), State::New);
    chat.post(start()).unwrap();
}

#[test]
fn accepted_request_does_not_expire_later() {
    let server = accepting();
    let client = open_client(&server.url, &[("message.max_age", "300")]);
    let chat = attach(&client, "12");
    chat.post(message("1")).unwrap();
    assert_eq!(outcome(&client).delivery, Delivery::Accepted as i32);
    assert!(client.next(Duration::from_millis(500)).unwrap().is_none());
}

#[test]
fn limit_below_a_millisecond_is_rejected() {
    let client = open_client("http://127.0.0.1:1/", &[]);
    let chat = attach(&client, "12");
    for limit in [Duration::ZERO, Duration::from_micros(999)] {
        let options = PostOptions {
            max_age: Some(limit),
            ..PostOptions::default()
        };
        let error = chat.post_with(message("1"), options).unwrap_err();
        assert_eq!(
            (error.status(), error.delivery()),
            (Status::Argument, Some(Delivery::NotSent))
        );
        assert!(error.message().contains("at least 1 ms"), "{error}");
    }
    let longest = PostOptions {
        max_age: Some(Duration::MAX),
        ..PostOptions::default()
    };
    chat.post_with(message("1"), longest).unwrap();
}
