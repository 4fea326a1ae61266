//! Requests over IPv4 and IPv6, by address and by name, and limited to one of them.

#[path = "support/http_server.rs"]
mod http_server;

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::thread;

use http_server::{http, read_request};
use omnize::Client;
use omnize::config::Config;
use omnize::error::{Delivery, Error};
use omnize::status::Status;
use omnize::wire::Address;

/// Responds to every request at this address, on its own port.
fn serve(address: &str) -> u16 {
    let listener = TcpListener::bind((address, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let response = |mut stream: TcpStream| {
        while read_request(&mut stream).is_some() {
            stream.write_all(http("200 OK", "").as_bytes()).unwrap();
        }
    };
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || response(stream.unwrap()));
        }
    });
    port
}

fn message_to(url: &str, family: &str) -> Result<(), Error> {
    let mut config = Config::new();
    config.set("token", "t").unwrap();
    config.set("base_url", url).unwrap();
    config.set("address_family", family).unwrap();
    let address = Address {
        department: "1".into(),
        client_id: "12".into(),
    };
    Client::open(&config)?.attach(address)?.send("oi")
}

#[track_caller]
fn assert_no_address(result: Result<(), Error>, family: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.status(), Status::Unreachable, "{error:?}");
    assert_eq!(error.delivery(), Some(Delivery::NotSent));
    let says = format!("no {family} address");
    assert!(error.message().contains(&says), "{error}");
}

#[test]
fn requests_by_ip_address() {
    let four = format!("http://127.0.0.1:{}/", serve("127.0.0.1"));
    let six = format!("http://[::1]:{}/", serve("::1"));
    for (url, works, fails) in [(four, "ipv4", "ipv6"), (six, "ipv6", "ipv4")] {
        message_to(&url, "any").unwrap();
        message_to(&url, works).unwrap();
        assert_no_address(message_to(&url, fails), &fails.replace("ipv", "IPv"));
    }
}

/// The name resolves to one address or to both, in any order.
#[test]
fn requests_by_host_name() {
    let port = serve("127.0.0.1");
    let url = format!("http://localhost:{port}/");
    message_to(&url, "any").unwrap();
    message_to(&url, "ipv4").unwrap();
    let error = message_to(&url, "ipv6").unwrap_err();
    assert_eq!(error.delivery(), Some(Delivery::NotSent), "{error}");
}
