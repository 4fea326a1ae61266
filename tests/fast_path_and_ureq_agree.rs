//! A request on a pooled connection takes a shorter path than the first request on it. The service receives the same
//! bytes, and the application gets the same result.

#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/test_client.rs"]
mod test_client;

use std::io::Write;
use std::net::TcpStream;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use http_server::{Server, http};
use omnize::Client;
use omnize::config::Config;
use omnize::wire::Message;
use test_client::attach;

/// A response that accepts every request of this test.
const ACCEPTED: &str = r#"{"success":true,"agents":[]}"#;

/// The same, chunked.
const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";

/// A proxy that reads the requests, and the URL of the service behind it.
const PROXY: &str = "http://eu:segredo@";
const SERVICE_BEHIND_PROXY: &str = "http://chat.example.com/";

fn open(options: &[(&str, &str)]) -> Client {
    let mut config = Config::new();
    config.set("token", "tok").unwrap();
    for (name, value) in options {
        config.set(name, value).unwrap();
    }
    Client::open(&config).unwrap()
}

/// Returns the bytes that the service received for two equal requests: the first on a new connection, the second on the
/// same one.
fn read_twice(
    dialect: &str,
    below: &str,
    through_proxy: bool,
    request: fn(&Client) -> omnize::error::Result<()>,
) -> [String; 2] {
    let (opened, connections) = mpsc::channel();
    let server = Server::start(move |mut stream, read| {
        opened.send(()).unwrap();
        while read(&mut stream).is_some() {
            stream
                .write_all(http("200 OK", ACCEPTED).as_bytes())
                .unwrap();
        }
    });
    let host = server.url.trim_start_matches("http://");
    let host = host.split('/').next().unwrap();
    let dialect = ("dialect", dialect);
    let client = if through_proxy {
        let base_url = format!("{SERVICE_BEHIND_PROXY}{below}");
        let proxy = format!("{PROXY}{host}");
        open(&[dialect, ("base_url", &base_url), ("proxy", &proxy)])
    } else {
        open(&[dialect, ("base_url", &format!("http://{host}/{below}"))])
    };
    for _ in 0..2 {
        request(&client).unwrap();
    }
    assert_eq!(
        connections.try_iter().count(),
        1,
        "one connection is enough"
    );
    [(); 2].map(|()| server.requests.recv().unwrap())
}

#[test]
fn service_receives_the_same_bytes() {
    let posted = |client: &Client| attach(client, "12").send("olá");
    let put = |client: &Client| client.bot_attach("hash")?.bot_accept();
    let got = |client: &Client| client.online_agents("1").map(|_| ());
    let below = ["", "base/", "base?key=7"];
    for (below, through_proxy) in below
        .iter()
        .flat_map(|below| [(below, false), (below, true)])
    {
        for (dialect, method, request) in [
            ("rest", "POST ", posted as fn(&Client) -> _),
            ("gateway", "POST ", posted),
            ("interactions", "PUT ", put),
            ("interactions", "GET ", got),
        ] {
            let [first, second] = read_twice(dialect, below, through_proxy, request);
            assert!(first.starts_with(method), "{first}");
            assert_eq!(first.contains("Proxy-Authorization: "), through_proxy);
            assert_eq!(first, second);
        }
    }
}

/// Writes a response to a request.
type Serve = fn(&mut TcpStream);

/// Returns the application's result of a message with this response, as the first or as the second request on a
/// connection.
fn reported_result(response: Serve, on_used_connection: bool, message: &str) -> String {
    let server = Server::start(move |mut stream, read| {
        if on_used_connection {
            assert!(read(&mut stream).is_some());
            stream.write_all(http("200 OK", "").as_bytes()).unwrap();
        }
        assert!(read(&mut stream).is_some());
        response(&mut stream);
    });
    let client = open(&[
        ("base_url", &server.url),
        ("timeout.response", "300"),
        ("response.max_bytes", "5000"),
    ]);
    let chat = attach(&client, "12");
    if on_used_connection {
        chat.typing().unwrap();
    }
    let outcome = chat.send(Message::from(message));
    let error = outcome.as_ref().err();
    let result = format!(
        "{outcome:?} {:?} {:?} {:?}",
        error.map(|error| (
            error.http_status(),
            error.retry_after(),
            error.is_retryable()
        )),
        error.map(|error| String::from_utf8_lossy(error.body()).into_owned()),
        error.map(ToString::to_string),
    );
    // The port differs in each run.
    let host = server.url.trim_start_matches("http://");
    let host = host.split('/').next().unwrap().to_owned();
    assert_eq!(
        server.requests(),
        1 + usize::from(on_used_connection),
        "{result}"
    );
    result.replace(&host, "HOST")
}

fn write(stream: &mut TcpStream, response: &str) {
    let _ = stream.write_all(response.as_bytes());
}

/// Closes the connection with a reset.
fn reset(stream: &TcpStream) {
    socket2::SockRef::from(stream)
        .set_linger(Some(Duration::ZERO))
        .unwrap();
}

/// Responses with unusual HTTP, JSON or headers.
fn unusual_responses() -> [(&'static str, Serve); 16] {
    const REJECTION: &str = r#"{"success":false,"errors":["nao"]}"#;
    fn with(s: &mut TcpStream, headers: &str) {
        let length = REJECTION.len();
        write(
            s,
            &format!("HTTP/1.1 200 OK\r\n{headers}\r\nContent-Length: {length}\r\n\r\n{REJECTION}"),
        );
    }
    [
        ("a folded header", |s| with(s, "X-Trace: a\r\n b")),
        ("a blank before a colon", |s| with(s, "Server : x")),
        ("no colon", |s| with(s, "without")),
        ("a control character", |s| with(s, "X: a\x01b")),
        ("130 headers", |s| with(s, &["X: y"; 130].join("\r\n"))),
        ("17 KB of headers", |s| {
            with(s, &format!("X: {}", "y".repeat(17_000)))
        }),
        ("too large a head", |s| {
            with(s, &format!("X: {}", "y".repeat(66_000)))
        }),
        ("a folded length", |s| {
            write(s, "HTTP/1.1 200 OK\r\nContent-Length:\r\n 4\r\n\r\ntrue")
        }),
        ("a chunk's extension", |s| {
            write(
                s,
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
                 11;signature=\"0123456789abcdef0123\"\r\n{\"success\":false}\r\n0\r\n\r\n",
            );
        }),
        ("blanks behind a chunk's size", |s| {
            write(
                s,
                &format!(
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n11{}\r\n{{\"success\":false}}\r\n0\r\n\r\n",
                    " ".repeat(25)
                ),
            );
        }),
        ("a coding that is not there", |s| {
            with(s, "Content-Encoding: gzip")
        }),
        ("a coding that nobody knows", |s| {
            with(s, "Content-Encoding: br")
        }),
        ("a charset", |s| {
            with(s, "Content-Type: text/plain; charset=utf-16")
        }),
        ("a byte-order mark", |s| {
            write(s, &http("200 OK", &format!("\u{FEFF}{REJECTION}")))
        }),
        ("half of an object", |s| {
            write(s, &http("200 OK", "{\"success\":fal"))
        }),
        ("nearly an object", |s| {
            write(s, &http("200 OK", "{\"success\":false,}"))
        }),
    ]
}

#[test]
fn application_gets_the_same_result() {
    let responses: [(&str, Serve); 24] = [
        ("usual", |s| write(s, &http("200 OK", ACCEPTED))),
        ("refused", |s| {
            write(s, &http("400 Bad Request", r#"{"error":"porque sim"}"#))
        }),
        ("busy", |s| {
            write(
                s,
                "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\n{}",
            );
        }),
        ("failed", |s| write(s, &http("500 Oops", ""))),
        ("in parts", |s| {
            write(s, "HTTP/1.1 200 OK\r\nContent-");
            thread::sleep(Duration::from_millis(20));
            write(s, "Length: 16\r\n\r\n{\"success\"");
            thread::sleep(Duration::from_millis(20));
            write(s, ":true}");
        }),
        ("chunked", |s| {
            write(
                s,
                "HTTP/1.1 400 No\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"err\r\n",
            );
            thread::sleep(Duration::from_millis(20));
            write(s, "b\r\nor\":\"nao\" }\r\n0\r\n\r\n");
        }),
        ("chunked, on a connection that stays", |s| {
            write(s, CHUNKED);
            wait_for_client_close(s);
        }),
        ("chunked, and incomplete", |s| {
            write(
                s,
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"e",
            );
        }),
        ("chunked, and nonsense", |s| {
            write(
                s,
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
            );
        }),
        ("until it is closed", |s| {
            write(s, "HTTP/1.1 403 No\r\n\r\n{\"error\":\"nao\"}")
        }),
        ("of HTTP/1.0", |s| {
            write(
                s,
                "HTTP/1.0 403 No\r\nContent-Length: 15\r\n\r\n{\"error\":\"nao\"}",
            );
        }),
        ("after a hint", |s| {
            write(s, "HTTP/1.1 103 Early\r\nLink: a\r\n\r\n");
            thread::sleep(Duration::from_millis(20));
            write(s, &http("400 No", "{}"));
        }),
        ("without a body", |s| write(s, "HTTP/1.1 204 None\r\n\r\n")),
        ("pointing elsewhere", |s| {
            write(
                s,
                "HTTP/1.1 302 There\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
            );
        }),
        ("of many headers", |s| {
            let headers = "X: y\r\n".repeat(60);
            write(
                s,
                &format!("HTTP/1.1 400 No\r\n{headers}Content-Length: 2\r\n\r\n{{}}"),
            );
        }),
        ("of too many headers", |s| {
            let headers = "X: y\r\n".repeat(600);
            write(
                s,
                &format!("HTTP/1.1 400 No\r\n{headers}Content-Length: 2\r\n\r\n{{}}"),
            );
        }),
        ("long", |s| {
            write(
                s,
                &http("400 No", &format!("{{\"error\":\"{}\"}}", "x".repeat(4000))),
            )
        }),
        ("too long", |s| write(s, &http("200 OK", &"x".repeat(5001)))),
        ("with more behind it", |s| {
            write(s, &(http("400 No", "{}") + "HTTP/1.1"))
        }),
        ("no HTTP", |s| write(s, "SSH-2.0-OpenSSH_9.2\r\n\r\n")),
        ("an end", |_| ()),
        ("an end within the head", |s| {
            write(s, "HTTP/1.1 200 OK\r\nContent-Le")
        }),
        ("an end within the body", |s| {
            write(s, "HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{\"succ");
        }),
        ("a reset", |s| reset(s)),
    ];
    for (name, response) in responses.into_iter().chain(unusual_responses()) {
        assert_eq!(
            reported_result(response, false, "oi"),
            reported_result(response, true, "oi"),
            "{name}"
        );
    }
    let slow: [(&str, Serve); 3] = [
        ("nothing", |s| wait_for_client_close(s)),
        ("no end of the head", |s| {
            write(s, "HTTP/1.1 200 OK\r\nContent-Le");
            wait_for_client_close(s);
        }),
        ("no end of the body", |s| {
            write(s, "HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{\"succ");
            wait_for_client_close(s);
        }),
    ];
    for (name, response) in slow {
        let first = reported_result(response, false, "oi");
        assert!(first.contains("within timeout.response"), "{name}: {first}");
        assert_eq!(first, reported_result(response, true, "oi"), "{name}");
    }
}

/// Blocks until the client closes the connection.
fn wait_for_client_close(stream: &TcpStream) {
    let _ = stream.peek(&mut [0]);
}

#[test]
fn long_message_is_sent_in_several_writes() {
    let message = "á".repeat(200_000);
    let accepted = |s: &mut TcpStream| write(s, &http("200 OK", ACCEPTED));
    let first = reported_result(accepted, false, &message);
    assert!(first.starts_with("Ok"), "{first}");
    assert_eq!(first, reported_result(accepted, true, &message));
}

#[test]
fn connection_is_reused_after_an_unusual_response() {
    let (opened, connections) = mpsc::channel();
    let server = Server::start(move |mut stream, read| {
        opened.send(()).unwrap();
        while read(&mut stream).is_some() {
            write(&mut stream, CHUNKED);
        }
    });
    let client = open(&[("base_url", &server.url)]);
    let chat = attach(&client, "12");
    for _ in 0..5 {
        chat.send("oi").unwrap();
    }
    assert_eq!(server.requests(), 5);
    assert_eq!(connections.try_iter().count(), 1);
}
