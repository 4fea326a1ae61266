//! Each outcome of a request, caused by a real server or a real network, and the text of its error. No request is sent
//! twice.

#[path = "support/http_server.rs"]
mod http_server;

use std::io::Write;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use http_server::{Server, http};
use omnize::config::Config;
use omnize::error::{Delivery, Error};
use omnize::status::Status;
use omnize::wire::{Address, Customer};
use omnize::{Client, Conversation};

const SECRETS: [&str; 6] = [
    "segredo-do-portal",
    "Maria Aparecida",
    "maria@example.com",
    "11988776655",
    "123.456.789-09",
    "minha senha é 1234",
];

fn client(url: &str, options: &[(&str, &str)]) -> Client {
    let mut config = Config::new();
    config.set("token", SECRETS[0]).unwrap();
    config.set("base_url", url).unwrap();
    for (name, value) in options {
        config.set(name, value).unwrap();
    }
    Client::open(&config).unwrap()
}

fn address() -> Address {
    Address {
        department: "1".into(),
        client_id: "12".into(),
    }
}

fn customer() -> Customer {
    Customer {
        name: Some(SECRETS[1].into()),
        email: Some(SECRETS[2].into()),
        phone: Some(SECRETS[3].into()),
        cpf: Some(SECRETS[4].into()),
    }
}

fn attached(client: &Client) -> Conversation {
    client.attach(address()).unwrap()
}

/// Returns the error of a message to this server.
fn message_to(url: &str, options: &[(&str, &str)]) -> Error {
    let client = client(url, options);
    let error = attached(&client).send(SECRETS[5]).unwrap_err();
    assert_no_secret(&error);
    error
}

fn assert_no_secret(error: &Error) {
    let shown = format!(
        "{error} {error:?} {}",
        String::from_utf8_lossy(error.body())
    );
    for secret in SECRETS {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[track_caller]
fn assert_outcome(error: &Error, status: Status, delivery: Delivery, says: &str) {
    assert_eq!(error.status(), status, "{error:?}");
    assert_eq!(error.delivery(), Some(delivery), "{error:?}");
    assert!(error.message().contains(says), "{says:?} in {error}");
}

#[test]
fn unknown_host_is_not_sent() {
    let error = message_to("http://nobody.invalid/", &[]);
    assert_outcome(
        &error,
        Status::Unreachable,
        Delivery::NotSent,
        "nobody.invalid",
    );
    assert!(error.is_retryable());
}

#[test]
fn refused_connection_is_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let error = message_to(&url, &[]);
    assert_outcome(
        &error,
        Status::Refused,
        Delivery::NotSent,
        "refused the connection",
    );
    assert!(error.is_retryable());
}

#[test]
fn unreachable_host_is_not_sent() {
    // TCP to the broadcast address is forbidden, so the kernel itself fails.
    let error = message_to("http://255.255.255.255:9/", &[]);
    assert_outcome(
        &error,
        Status::Unreachable,
        Delivery::NotSent,
        "can't be reached",
    );
}

#[test]
fn connect_timeout_is_not_sent() {
    // With a full backlog, Linux does not respond to further handshakes.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
        waiting.push(stream);
        assert!(waiting.len() < 10_000, "the backlog never fills");
    }
    let begun = Instant::now();
    let error = message_to(&format!("http://{address}/"), &[("timeout.connect", "200")]);
    assert_outcome(
        &error,
        Status::Timeout,
        Delivery::NotSent,
        "timeout.connect",
    );
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn rejection_contains_the_reason() {
    let server = Server::with_response(http(
        "422 Unprocessable",
        r#"{"message":"unknown department","status":422}"#,
    ));
    let error = message_to(&server.url, &[]);
    assert_outcome(
        &error,
        Status::Rejected,
        Delivery::Rejected,
        "unknown department",
    );
    assert_eq!(error.http_status(), Some(422));
    assert_eq!(
        error.body(),
        br#"{"message":"unknown department","status":422}"#
    );
    assert!(!error.is_retryable());
    assert_eq!(server.requests(), 1);
}

#[test]
fn service_error_is_unknown_or_rejected() {
    let server = Server::with_response(http("500 Oops", "<html>stack trace</html>"));
    let error = message_to(&server.url, &[]);
    assert_outcome(&error, Status::Service, Delivery::Rejected, "HTTP 500");
    assert!(!error.is_retryable());
    assert!(!error.message().contains("again"), "{error}");
    assert_eq!(server.requests(), 1);

    let server = Server::with_response(http("503 Busy", ""));
    let error = message_to(&server.url, &[]);
    assert!(error.is_retryable());
    let says = "it sent no reason; it may be retried";
    assert!(error.message().ends_with(says), "{error}");

    let busy = "HTTP/1.1 429 Busy\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nOops";
    let error = message_to(&Server::with_response(busy).url, &[]);
    let says = "its reason has an unknown form; see the error's body; it may be retried after 7 s";
    assert!(error.message().ends_with(says), "{error}");
}

#[test]
fn redirects_are_not_followed() {
    let elsewhere = Server::with_response(http("200 OK", ""));
    let moved = format!(
        "HTTP/1.1 301 Moved\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
        elsewhere.url
    );
    let server = Server::with_response(moved);
    let error = message_to(&server.url, &[]);
    assert_outcome(
        &error,
        Status::Rejected,
        Delivery::Rejected,
        "redirected the message",
    );
    assert_eq!((server.requests(), elsewhere.requests()), (1, 0));
}

#[test]
fn status_200_with_success_false_is_rejected() {
    let server = Server::with_response(http(
        "200 OK",
        r#"{"success":false,"errors":["quota exceeded"]}"#,
    ));
    let error = message_to(&server.url, &[]);
    assert_outcome(&error, Status::Failed, Delivery::Rejected, "quota exceeded");
    assert_eq!(error.http_status(), Some(200));
}

#[test]
fn empty_or_non_json_body_with_200_is_accepted() {
    for body in ["", "OK", "<p>ok</p>", "[1]", "\u{FEFF}{}"] {
        let server = Server::with_response(http("200 OK", body));
        let client = client(&server.url, &[]);
        attached(&client).send("oi").unwrap();
        assert_eq!(server.requests(), 1);
    }
    let server = Server::with_response("HTTP/1.1 204 No Content\r\n\r\n");
    attached(&client(&server.url, &[])).send("oi").unwrap();
}

#[test]
fn an_answer_that_is_too_large_is_not_read() {
    let server = Server::with_response(http("200 OK", &"x".repeat(5000)));
    let error = message_to(&server.url, &[("response.max_bytes", "4999")]);
    assert_outcome(&error, Status::ResponseTooLarge, Delivery::Unknown, "4999");
    attached(&client(&server.url, &[("response.max_bytes", "5000")]))
        .send("oi")
        .unwrap();
}

#[test]
fn endless_response_is_aborted() {
    let server = Server::start(|mut stream, read| {
        read(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while stream.write_all(b"1000\r\n").is_ok()
            && stream.write_all(&[b'x'; 0x1000]).is_ok()
            && stream.write_all(b"\r\n").is_ok()
        {}
    });
    let error = message_to(&server.url, &[("response.max_bytes", "100000")]);
    let says = "response.max_bytes (100000 bytes); whether it accepted the request is unknown";
    assert_outcome(&error, Status::ResponseTooLarge, Delivery::Unknown, says);
}

#[test]
fn non_http_response_is_unknown() {
    let server = Server::with_response("SSH-2.0-OpenSSH_9.2\r\n\r\n");
    let error = message_to(&server.url, &[]);
    assert_outcome(&error, Status::Protocol, Delivery::Unknown, "not in HTTP");
}

#[test]
fn missing_response_times_out() {
    let server = Server::start(|mut stream, read| {
        read(&mut stream);
        thread::sleep(Duration::from_secs(5));
    });
    let begun = Instant::now();
    let error = message_to(&server.url, &[("timeout", "200")]);
    let says = "within timeout (200 ms);";
    assert_outcome(&error, Status::Timeout, Delivery::Unknown, says);
    assert!(!error.is_retryable());
    assert!(
        begun.elapsed() < Duration::from_secs(3),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(server.requests(), 1);
}

#[test]
fn slow_response_times_out() {
    let server = Server::start(|mut stream, read| {
        read(&mut stream);
        for byte in http("200 OK", &"x".repeat(1000)).bytes() {
            if stream.write_all(&[byte]).is_err() {
                break;
            }
            thread::sleep(Duration::from_millis(20));
        }
    });
    let begun = Instant::now();
    let error = message_to(&server.url, &[("timeout", "300")]);
    assert_outcome(&error, Status::Timeout, Delivery::Unknown, "timeout");
    assert!(
        begun.elapsed() < Duration::from_secs(3),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn connection_lost_after_the_request_is_unknown() {
    let server = Server::start(|mut stream, read| {
        read(&mut stream);
        stream.shutdown(Shutdown::Both).unwrap();
    });
    let error = message_to(&server.url, &[]);
    assert_outcome(
        &error,
        Status::Lost,
        Delivery::Unknown,
        "failed before the response",
    );
    assert_eq!(server.requests(), 1);
}

#[test]
fn connection_lost_within_the_response_is_unknown() {
    let server = Server::start(|mut stream, read| {
        read(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        stream.shutdown(Shutdown::Both).unwrap();
    });
    let error = message_to(&server.url, &[]);
    assert_outcome(
        &error,
        Status::Lost,
        Delivery::Unknown,
        "before the end of its body",
    );
    assert_eq!(error.http_status(), Some(200));
}

#[test]
fn host_without_tls_is_not_sent() {
    let server = Server::with_response(http("400 Bad Request", ""));
    let error = message_to(&server.url.replace("http://", "https://"), &[]);
    assert_outcome(&error, Status::Tls, Delivery::NotSent, "secure connection");
    assert_eq!(server.requests(), 0);
}

/// The server closes each connection right after its response, without a header that says so, and the client is about
/// to reuse it.
#[test]
fn stale_connection_is_detected_before_the_next_request() {
    let server = Server::start(|mut stream, read| {
        if read(&mut stream).is_some() {
            let _ = stream.write_all(http("200 OK", "").as_bytes());
        }
    });
    let client = client(&server.url, &[]);
    let chat = attached(&client);
    for _ in 0..50 {
        chat.send("oi").unwrap();
        // Before the end has arrived, the client cannot detect it.
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(server.requests(), 50);
}

#[test]
fn unsolicited_response_is_not_used_for_the_next_request() {
    let server = Server::start(|mut stream, read| {
        if read(&mut stream).is_some() {
            let _ = stream.write_all(http("200 OK", "").as_bytes());
            thread::sleep(Duration::from_millis(30));
            let _ = stream.write_all(http("408 Request Timeout", "").as_bytes());
            let _ = stream.shutdown(Shutdown::Write);
        }
    });
    let client = client(&server.url, &[]);
    let chat = attached(&client);
    chat.send("um").unwrap();
    thread::sleep(Duration::from_millis(100));
    chat.send("dois").unwrap();
    assert_eq!(server.requests(), 2);
}

#[test]
fn connection_is_pooled_and_reused() {
    let (opened, connections) = mpsc::channel();
    let server = Server::start(move |mut stream, read| {
        opened.send(()).unwrap();
        while read(&mut stream).is_some() {
            stream.write_all(http("200 OK", "{}").as_bytes()).unwrap();
        }
    });
    let client = client(&server.url, &[]);
    let chat = client.start(address(), customer()).unwrap();
    for _ in 0..20 {
        chat.typing().unwrap();
    }
    assert_eq!(server.requests(), 21);
    assert_eq!(connections.try_iter().count(), 1);
}

#[test]
fn echoed_request_data_is_redacted() {
    let echo = format!(
        r#"{{"message":"bad token {} of {} <{}>","status":401}}"#,
        SECRETS[0], SECRETS[1], SECRETS[2]
    );
    let server = Server::with_response(http("401 Unauthorized", &echo));
    let client = client(&server.url, &[]);
    let error = client.start(address(), customer()).unwrap_err();
    assert_no_secret(&error);
    assert_outcome(
        &error,
        Status::Auth,
        Delivery::Rejected,
        "bad token [redacted] of [redacted] <[redacted]>",
    );
}

#[test]
fn missing_fields_are_reported_before_anything_is_sent() {
    let server = Server::with_response(http("200 OK", ""));
    let client = client(&server.url, &[]);
    for (department, client_id, status) in
        [("", "12", Status::Department), ("1", "", Status::ClientId)]
    {
        let address = Address {
            department: department.into(),
            client_id: client_id.into(),
        };
        let error = client.start(address.clone(), customer()).unwrap_err();
        assert_eq!(
            (error.status(), error.delivery()),
            (status, Some(Delivery::NotSent))
        );
        assert_eq!(client.attach(address).unwrap_err().status(), status);
    }
    assert_eq!(server.requests(), 0);
}

#[test]
fn close_aborts_a_request_without_response() {
    let server = Server::start(|mut stream, read| {
        read(&mut stream);
        thread::sleep(Duration::from_secs(20));
    });
    let client = client(&server.url, &[]);
    let chat = attached(&client);
    thread::scope(|scope| {
        let hanging = scope.spawn(|| chat.send("oi"));
        server.requests.recv().unwrap();
        let begun = Instant::now();
        let left = client.close(Duration::from_millis(100)).unwrap();
        assert_eq!(left.requests, 1);
        let error = hanging.join().unwrap().unwrap_err();
        let says = "message: the client was closed before the response arrived; whether the service received it is unknown";
        assert_outcome(&error, Status::Lost, Delivery::Unknown, says);
        assert!(begun.elapsed() < Duration::from_secs(5));
    });
    let error = chat.send("oi").unwrap_err();
    assert_outcome(&error, Status::Closed, Delivery::NotSent, "closed");
}

#[test]
fn reset_in_a_body_without_length_is_unknown() {
    let server = Server::start(|mut stream, read| {
        read(&mut stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        socket2::SockRef::from(&stream)
            .set_linger(Some(Duration::ZERO))
            .unwrap();
    });
    let error = message_to(&server.url, &[]);
    assert_outcome(&error, Status::Lost, Delivery::Unknown, "");
}
