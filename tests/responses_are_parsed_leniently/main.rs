//! The library parses responses in any coding, charset and JSON form, and never reports a rejection as accepted. This
//! is true in every dialect, on a new and on a used connection, for blocking and for posted requests.

mod bodies;
mod heads;
#[path = "../support/http_server.rs"]
mod http_server;
mod values;

use std::io::Write;
use std::time::Duration;

use http_server::Server;
use omnize::config::Config;
use omnize::error::Delivery;
use omnize::wire::{Address, BotRequest, Request};
use omnize::{Client, Conversation};

/// `{"success":false,"message":"blocked"}`, compressed by gzip.
const GZIP: &[u8] = &[
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 86, 42, 46, 77, 78, 78, 45, 46, 86, 178, 74, 75, 204, 41,
    78, 213, 81, 202, 5, 114, 18, 211, 83, 149, 172, 148, 146, 114, 242, 147, 179, 83, 83, 148,
    106, 1, 92, 80, 205, 233, 37, 0, 0, 0,
];
/// The same, compressed by deflate, in the zlib format.
const ZLIB: &[u8] = &[
    120, 218, 171, 86, 42, 46, 77, 78, 78, 45, 46, 86, 178, 74, 75, 204, 41, 78, 213, 81, 202, 5,
    114, 18, 211, 83, 149, 172, 148, 146, 114, 242, 147, 179, 83, 83, 148, 106, 1, 252, 141, 13,
    34,
];

fn client(dialect: &str, url: &str) -> Client {
    let mut config = Config::new();
    for (name, value) in [("token", "t"), ("dialect", dialect), ("base_url", url)] {
        config.set(name, value).unwrap();
    }
    config.set("response.max_bytes", "100000").unwrap();
    Client::open(&config).unwrap()
}

fn address() -> Address {
    Address {
        department: "1".into(),
        client_id: "12".into(),
    }
}

/// Returns a conversation that can send in this dialect, and a request.
fn conversation(client: &Client, dialect: &str) -> (Conversation, Request) {
    match dialect {
        "interactions" => {
            let accept = Request::Bot(BotRequest::Accept);
            (client.bot_attach("hash").unwrap(), accept)
        }
        _ => {
            let message = Request::Message("oi".into());
            (client.attach(address()).unwrap(), message)
        }
    }
}

/// Returns a response with these headers and this body.
fn response(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn ok(body: &[u8]) -> Vec<u8> {
    response("200 OK", "", body)
}

fn in_charset(charset: &str, body: &[u8]) -> Vec<u8> {
    let headers = format!("Content-Type: application/json; charset={charset}\r\n");
    response("200 OK", &headers, body)
}

fn in_coding(coding: &str, body: &[u8]) -> Vec<u8> {
    response("200 OK", &format!("Content-Encoding: {coding}\r\n"), body)
}

fn with_headers(headers: &str) -> Vec<u8> {
    response(
        "200 OK",
        headers,
        br#"{"success":false,"message":"blocked"}"#,
    )
}

fn chunked(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}").into_bytes()
}

/// Returns the delivery and the error text of a request with this response. `on_used_connection`: it is the second
/// request of its connection.
fn result_of(
    dialect: &str,
    on_used_connection: bool,
    is_posted: bool,
    response: &[u8],
) -> (Delivery, String) {
    let response = response.to_vec();
    let server = Server::start(move |mut stream, read| {
        if on_used_connection {
            assert!(read(&mut stream).is_some());
            stream.write_all(&ok(b"")).unwrap();
        }
        assert!(read(&mut stream).is_some());
        stream.write_all(&response).unwrap();
    });
    let client = client(dialect, &server.url);
    let (chat, request) = conversation(&client, dialect);
    if on_used_connection {
        chat.request(request.clone()).unwrap();
    }
    let (delivery, message) = if is_posted {
        chat.post(request).unwrap();
        let event = client.next(Duration::from_secs(20)).unwrap().unwrap();
        let outcome = event.outcome().unwrap();
        let accepted = Delivery::Accepted as i32;
        let rejected = Delivery::Rejected as i32;
        let delivery = match outcome.delivery {
            delivery if delivery == accepted => Delivery::Accepted,
            delivery if delivery == rejected => Delivery::Rejected,
            delivery => {
                assert_eq!(delivery, Delivery::Unknown as i32);
                Delivery::Unknown
            }
        };
        (delivery, outcome.message.to_string())
    } else {
        match chat.request(request) {
            Ok(()) => (Delivery::Accepted, String::new()),
            Err(error) => (error.delivery().unwrap(), error.message().to_owned()),
        }
    };
    assert_eq!(
        server.requests(),
        1 + usize::from(on_used_connection),
        "made twice"
    );
    (delivery, message)
}

/// Checks each dialect, new and used connections, blocking and posted requests.
fn assert_all(name: &str, response: &[u8], delivery: Delivery, says: &str) {
    for dialect in ["rest", "gateway", "interactions"] {
        for (on_used_connection, is_posted) in
            [(false, false), (true, false), (false, true), (true, true)]
        {
            let (became, message) = result_of(dialect, on_used_connection, is_posted, response);
            let case = format!(
                "{name}: {dialect}, used {on_used_connection}, posted {is_posted}: {message}"
            );
            assert_eq!(became, delivery, "{case}");
            assert!(message.contains(says), "{says:?} in {case}");
        }
    }
}
