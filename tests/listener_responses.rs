//! The responses of the webhook to each kind of request, over real sockets, and the events that the application gets.

#![cfg(feature = "listener")]

#[path = "support/webhook_requests.rs"]
mod webhook_requests;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use omnize::config::Config;
use omnize::status::Status;
use omnize::wire::Kind;
use omnize::{Client, Event, Statistic};
use webhook_requests::*;

#[test]
fn every_documented_trigger_arrives_in_order() {
    let client = client(&[]);
    let bodies = [
        r#"{"status":"accepted","clientId":"12"}"#,
        r#"{"status":"unavailable","clientId":"12"}"#,
        r#"{"status":"finish","clientId":"12"}"#,
        TYPING,
        r#"{"status":"cleared","clientId":"12"}"#,
        r#"{"message":"New agent message!","clientId":"12"}"#,
        r#"{"status":"promoted","clientId":"12","to":"gold"}"#,
    ];
    for body in bodies {
        assert_eq!(post(&client, body), 200);
    }
    let kinds = [
        Kind::Accepted,
        Kind::Unavailable,
        Kind::Finish,
        Kind::Typing,
        Kind::Cleared,
        Kind::Message,
        Kind::Unknown,
    ];
    for (at, (kind, body)) in kinds.into_iter().zip(bodies).enumerate() {
        let event = next(&client);
        assert_eq!(
            (event.trigger().unwrap().kind, event.sequence),
            (kind, at as u64 + 1)
        );
        assert_eq!(event.trigger().unwrap().client_id, "12");
        assert_eq!(&*event.trigger().unwrap().raw, body.as_bytes());
    }
    assert_no_event(&client);
    assert_eq!(client.count_of(Statistic::Received), 7);
    assert_eq!(client.count_of(Statistic::Delivered), 7);
}

#[test]
fn post_and_put_are_accepted_with_any_content_type_and_framing() {
    let client = client(&[]);
    for method in ["POST", "PUT"] {
        for content_type in [
            "",
            "Content-Type: application/json\r\n",
            "Content-Type: x\r\n",
        ] {
            let request = request(&client, method, content_type, TYPING.as_bytes());
            assert_eq!(status_of(&exchange(&client, &request)), 200);
            next(&client);
        }
    }
    let (host, path) = webhook(&client);
    let chunked = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n\
         5\r\n{}\r\n{:x}\r\n{}\r\n0\r\n\r\n",
        &TYPING[..5],
        TYPING.len() - 5,
        &TYPING[5..]
    );
    assert_eq!(status_of(&exchange(&client, chunked.as_bytes())), 200);
    assert_eq!(&*next(&client).trigger().unwrap().raw, TYPING.as_bytes());
}

#[test]
fn text_is_decoded_by_its_charset_or_flagged() {
    let client = client(&[]);
    let latin = b"{\"message\":\"ol\xE1\",\"clientId\":\"12\"}";
    let headers = "Content-Type: application/json; charset=iso-8859-1\r\n";
    assert_eq!(
        status_of(&exchange(
            &client,
            &request(&client, "POST", headers, latin)
        )),
        200
    );
    let event = next(&client);
    assert_eq!(event.trigger().unwrap().text.as_deref(), Some("olá"));
    assert!(!event.trigger().unwrap().replaced);

    assert_eq!(
        status_of(&exchange(&client, &request(&client, "POST", "", latin))),
        200
    );
    let event = next(&client);
    assert_eq!(event.trigger().unwrap().text.as_deref(), Some("ol\u{FFFD}"));
    assert!(event.trigger().unwrap().replaced);
    assert_eq!(&*event.trigger().unwrap().raw, latin);
}

#[test]
fn invalid_triggers_are_rejected_and_counted() {
    let client = client(&[]);
    for body in [
        "",
        "hello",
        "[]",
        "{}",
        r#"{"status":"typing"}"#,
        r#"{"status":"typing","clientId":""#,
    ] {
        assert_eq!(post(&client, body), 400, "{body}");
    }
    assert_eq!(client.count_of(Statistic::Unreadable), 6);
    assert_no_event(&client);
}

#[test]
fn unknown_path_gets_404_without_details() {
    let client = client(&[("listen.path", "/hook/s3cret")]);
    let (host, _) = webhook(&client);
    for path in [
        "/",
        "/hook",
        "/hook/",
        "/hook/s3cres",
        "/hook/s3cret/",
        "/HOOK/S3CRET",
    ] {
        for method in ["POST", "GET", "DELETE"] {
            let request =
                format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n");
            let response = exchange(&client, request.as_bytes());
            assert_eq!(status_of(&response), 404, "{method} {path}");
            assert!(response.ends_with("\r\n\r\n"), "{response}");
        }
    }
    assert_eq!(client.count_of(Statistic::WrongPath), 18);
}

#[test]
fn percent_encoded_path_is_equal_to_the_plain_path() {
    let client = client(&[
        ("listen.path", "/omnize/~hook/.a"),
        ("listen.health", "/up~"),
    ]);
    let host = webhook(&client).0;
    let status = |method: &str, path: &str| {
        let request = request_at(&host, path, method, "", TYPING.as_bytes());
        status_of(&exchange(&client, &request))
    };
    for path in [
        "/omnize/~hook/.a",
        "/omnize/%7Ehook/.a",
        "/omnize/%7e%68ook/%2Ea",
        "/%6fmnize/~hook/.%61?x=%7E",
    ] {
        assert_eq!(status("POST", path), 200, "{path}");
        next(&client);
    }
    for path in [
        "/omnize%2F~hook/.a",
        "/omnize%2f~hook/.a",
        "/omnize/%257Ehook/.a",
        "/omnize/./~hook/.a",
        "/omnize/x/../~hook/.a",
        "/omnize/~hook/.%41",
        "/omnize/~hook/.a%",
    ] {
        assert_eq!(status("POST", path), 404, "{path}");
    }
    for path in ["/up~", "/%75p%7E"] {
        assert_eq!(status("GET", path), 200, "{path}");
    }
}

#[test]
fn other_methods_get_405_with_the_allowed_methods() {
    let client = client(&[]);
    let response = exchange(&client, &request(&client, "GET", "", b""));
    assert_eq!(status_of(&response), 405);
    assert!(
        response.to_ascii_lowercase().contains("allow: post, put"),
        "{response}"
    );
    assert_eq!(client.count_of(Statistic::WrongMethod), 1);
}

#[test]
fn too_large_body_is_rejected_with_and_without_content_length() {
    let client = client(&[("listen.max_body", "1000")]);
    let large = vec![b' '; 2000];
    assert_eq!(
        status_of(&exchange(&client, &request(&client, "POST", "", &large))),
        413
    );
    let (host, path) = webhook(&client);
    let mut chunked = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n"
    )
    .into_bytes();
    chunked.extend(&large);
    chunked.extend(b"\r\n0\r\n\r\n");
    assert_eq!(status_of(&exchange(&client, &chunked)), 413);
    assert_eq!(client.count_of(Statistic::TooLarge), 2);
}

#[test]
fn incomplete_request_is_not_a_trigger() {
    let client = client(&[]);
    let whole = request(&client, "POST", "", TYPING.as_bytes());
    for length in [1, 20, whole.len() - 1] {
        exchange(&client, &whole[..length]);
    }
    assert_eq!(post(&client, TYPING), 200);
    next(&client);
    assert_no_event(&client);
}

#[test]
fn full_inbox_rejects_triggers_until_an_event_is_taken() {
    let client = client(&[("events.capacity", "2")]);
    assert_eq!((post(&client, TYPING), post(&client, TYPING)), (200, 200));
    let response = exchange(&client, &request(&client, "POST", "", TYPING.as_bytes()));
    assert_eq!(status_of(&response), 503);
    assert!(
        response.to_ascii_lowercase().contains("retry-after: 1"),
        "{response}"
    );
    assert_eq!(client.count_of(Statistic::Rejected), 1);
    let error = client.deliver(TYPING.as_bytes(), None).unwrap_err();
    assert_eq!(error.status(), Status::Full);
    next(&client);
    assert_eq!(post(&client, TYPING), 200);
}

#[test]
fn many_triggers_arrive_over_one_connection() {
    let client = client(&[]);
    let mut stream = TcpStream::connect(webhook(&client).0).unwrap();
    let one = request(&client, "POST", "", TYPING.as_bytes());
    stream.write_all(&one.repeat(100)).unwrap();
    for number in 1..=100 {
        assert_eq!(next(&client).sequence, number);
    }
}

#[test]
fn silent_peer_does_not_delay_others() {
    let client = client(&[]);
    let host = webhook(&client).0;
    let whole = request(&client, "POST", "", TYPING.as_bytes());
    let slow: Vec<_> = (0..200)
        .map(|at| {
            let mut stream = TcpStream::connect(&host).unwrap();
            stream.write_all(&whole[..at % whole.len()]).unwrap();
            stream
        })
        .collect();
    let begun = Instant::now();
    assert_eq!(post(&client, TYPING), 200);
    assert!(begun.elapsed() < Duration::from_secs(2));
    drop(slow);
}

#[test]
fn address_in_use_is_reported() {
    let first = client(&[]);
    let mut config = Config::new();
    config.set("token", "t").unwrap();
    config.set("listen", &webhook(&first).0).unwrap();
    let error = Client::open(&config).unwrap_err();
    assert_eq!(error.status(), Status::Listen);
    assert!(error.message().contains(&webhook(&first).0), "{error}");
    assert!(error.message().contains("choose another port"), "{error}");
}

#[test]
fn each_client_has_a_random_path() {
    let (first, second) = (client(&[]), client(&[]));
    let (first, second) = (webhook(&first).1, webhook(&second).1);
    assert_ne!(first, second);
    let random = first.strip_prefix("/omnize/").unwrap();
    assert_eq!(random.len(), 32);
    assert!(random.bytes().all(|byte| byte.is_ascii_hexdigit()));
}

#[test]
fn close_releases_the_address_and_closes_connections() {
    let client = client(&[]);
    let host = webhook(&client).0;
    let mut idle = TcpStream::connect(&host).unwrap();
    assert_eq!(post(&client, TYPING), 200);
    let left = client.close(Duration::from_secs(5)).unwrap();
    assert_eq!((left.events, left.requests), (1, 0));
    idle.set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    assert!(matches!(idle.read(&mut [0]), Ok(0) | Err(_)));
    let again = std::net::TcpListener::bind(&host);
    assert!(again.is_ok(), "{again:?}");
    assert_eq!(
        client.next(Duration::ZERO).unwrap_err().status(),
        Status::Closed
    );
    assert_eq!(
        client.close(Duration::ZERO).unwrap_err().status(),
        Status::Closed
    );
}

#[test]
fn slow_callback_does_not_delay_responses() {
    let client = client(&[]);
    let (done, finished) = std::sync::mpsc::channel();
    let handler = move |_: &std::sync::Arc<Event>| {
        thread::sleep(Duration::from_millis(300));
        done.send(()).unwrap();
    };
    client
        .subscribe(Default::default(), Box::new(handler))
        .unwrap();
    client.dispatch().unwrap();
    let begun = Instant::now();
    for _ in 0..4 {
        assert_eq!(post(&client, TYPING), 200);
    }
    assert!(
        begun.elapsed() < Duration::from_millis(300),
        "{:?}",
        begun.elapsed()
    );
    for _ in 0..4 {
        finished.recv_timeout(Duration::from_secs(10)).unwrap();
    }
}

/// A close under load aborts incomplete requests, and responds to each trigger that is being written.
#[cfg(feature = "store")]
#[test]
fn close_sends_the_response_of_every_stored_trigger() {
    for round in 0..5 {
        let name = format!("omnize-{}-closing-{round}.db", std::process::id());
        let store = std::env::temp_dir().join(name);
        let client = client(&[("store", store.to_str().unwrap())]);
        let host = webhook(&client).0;
        let whole = request(&client, "POST", "", TYPING.as_bytes());
        let answered: u64 = thread::scope(|scope| {
            let peers: Vec<_> = (0..16)
                .map(|_| {
                    scope.spawn(|| {
                        let mut answered = 0;
                        let Ok(mut stream) = TcpStream::connect(&host) else {
                            return 0;
                        };
                        let mut response = [0; 500];
                        while stream.write_all(&whole).is_ok() {
                            match stream.read(&mut response) {
                                Ok(length) if response[..length].starts_with(b"HTTP/1.1 200") => {
                                    answered += 1;
                                }
                                _ => break,
                            }
                        }
                        answered
                    })
                })
                .collect();
            thread::sleep(Duration::from_millis(100));
            client.close(Duration::from_secs(10)).unwrap();
            peers.into_iter().map(|peer| peer.join().unwrap()).sum()
        });
        assert_eq!(client.count_of(Statistic::Received), answered);
        assert!(answered > 0);
        std::fs::remove_file(&store).unwrap();
    }
}
