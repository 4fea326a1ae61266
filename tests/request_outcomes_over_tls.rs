//! Each outcome of a request over TLS, caused by a real server, and the text of its error. It is not sent if the
//! connection was not secure, and never if the server may have read a byte.

#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/test_client.rs"]
mod test_client;
#[path = "support/tls_server.rs"]
mod tls_server;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use http_server::http;
use omnize::Client;
use omnize::config::Config;
use omnize::error::{Delivery, Error};
use omnize::status::Status;
use rustls::version::{TLS12, TLS13};
use test_client::attach;
use tls_server::{CertificateAuthority, Peer, TlsServer, reset, server_config, write_pem_file};

const HOST: &str = "127.0.0.1";
const BOTH_VERSIONS: &[&rustls::SupportedProtocolVersion] = &[&TLS12, &TLS13];

fn open_client(url: &str, options: &[(&str, &str)]) -> Result<Client, Error> {
    let mut config = Config::new();
    config.set("token", "segredo-do-portal").unwrap();
    config.set("base_url", url).unwrap();
    config.set("proxy", "none").unwrap();
    for (name, value) in options {
        config.set(name, value).unwrap();
    }
    Client::open(&config)
}

fn message_to(url: &str, options: &[(&str, &str)]) -> Result<(), Error> {
    attach(&open_client(url, options).unwrap(), "12").send("oi")
}

#[track_caller]
fn assert_outcome(result: Result<(), Error>, status: Status, delivery: Delivery, says: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.status(), status, "{error:?}");
    assert_eq!(error.delivery(), Some(delivery), "{error:?}");
    assert!(error.message().contains(says), "{says:?} in {error}");
}

#[track_caller]
fn assert_insecure(result: Result<(), Error>, says: &str) {
    assert_outcome(result, Status::Tls, Delivery::NotSent, says);
}

/// Starts a server with a valid certificate, for a client that trusts the authority.
fn trusted_server(serve: impl Fn(Peer) + Send + Sync + 'static) -> (TlsServer, String) {
    let authority = CertificateAuthority::new();
    let config = server_config(&authority.certify(HOST), BOTH_VERSIONS, None);
    (TlsServer::start(config, serve), authority.file())
}

fn accept_all(mut peer: Peer) {
    while peer.read().is_some() {
        peer.stream
            .write_all(http("200 OK", "{}").as_bytes())
            .unwrap();
    }
}

#[test]
fn authority_of_ca_file_is_trusted() {
    let (server, ca) = trusted_server(accept_all);
    message_to(&server.url, &[("tls.ca_file", &ca), ("require_tls", "1")]).unwrap();
    assert_eq!(server.requests(), 1);
}

#[test]
fn unknown_authority_is_rejected() {
    let (server, _) = trusted_server(accept_all);
    assert_insecure(
        message_to(&server.url, &[]),
        "the authority of its certificate is not trusted; name it in tls.ca_file",
    );
    let another = CertificateAuthority::new().file();
    assert_insecure(message_to(&server.url, &[("tls.ca_file", &another)]), HOST);
    assert_eq!(server.requests(), 0);
}

#[test]
fn certificate_of_another_host_or_time_is_rejected() {
    let authority = CertificateAuthority::new();
    let ca = authority.file();
    for (identity, says) in [
        (
            authority.certify("chat.example.com"),
            "its certificate is for another host",
        ),
        (
            authority.certify_expired(HOST),
            "its certificate has expired",
        ),
    ] {
        let config = server_config(&identity, BOTH_VERSIONS, None);
        let server = TlsServer::start(config, accept_all);
        assert_insecure(message_to(&server.url, &[("tls.ca_file", &ca)]), says);
        assert_eq!(server.requests(), 0);
    }
}

#[test]
fn too_old_tls_version_is_rejected() {
    let authority = CertificateAuthority::new();
    let ca = authority.file();
    for (spoken, wanted, works) in [
        (&TLS12, "1.2", true),
        (&TLS13, "1.2", true),
        (&TLS13, "1.3", true),
        (&TLS12, "1.3", false),
    ] {
        let config = server_config(&authority.certify(HOST), &[spoken], None);
        let server = TlsServer::start(config, accept_all);
        let options = [("tls.ca_file", &*ca), ("tls.min_version", wanted)];
        let result = message_to(&server.url, &options);
        if works {
            result.unwrap();
        } else {
            assert_insecure(result, "secure connection");
        }
        assert_eq!(server.requests(), usize::from(works));
    }
}

/// With TLS 1.3 the server checks the client's certificate after the client has sent its request.
#[test]
fn client_certificate_is_sent_or_the_request_is_not_sent() {
    let authority = CertificateAuthority::new();
    let ca = authority.file();
    let (certificate, key) = authority.certify("call center").files();
    let (foreign, foreign_key) = CertificateAuthority::new().certify("stranger").files();
    for version in [&TLS12, &TLS13] {
        let config = server_config(&authority.certify(HOST), &[version], Some(&authority));
        let server = TlsServer::with_response(config, http("200 OK", ""));
        let with = |certificate, key| {
            let options = [
                ("tls.ca_file", &*ca),
                ("tls.certificate", certificate),
                ("tls.key", key),
            ];
            message_to(&server.url, &options)
        };
        with(&certificate, &key).unwrap();
        assert_eq!(server.requests(), 1);
        for _ in 0..10 {
            assert_insecure(message_to(&server.url, &[("tls.ca_file", &ca)]), HOST);
            assert_insecure(with(&foreign, &foreign_key), HOST);
        }
        assert_eq!(server.requests(), 0);
    }
}

#[test]
fn unusable_files_are_reported_at_open() {
    let authority = CertificateAuthority::new();
    let (certificate, key) = authority.certify(HOST).files();
    let (_, another_key) = authority.certify(HOST).files();
    let empty = write_pem_file("empty", "nothing here\n");
    let broken = write_pem_file(
        "broken",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    );
    for (options, says) in [
        (vec![("tls.ca_file", "/nowhere/ca.pem")], "/nowhere/ca.pem"),
        (vec![("tls.ca_file", &*empty)], "no certificate"),
        (vec![("tls.ca_file", &*broken)], "tls.ca_file"),
        (
            vec![("tls.certificate", &*certificate), ("tls.key", &*empty)],
            "no private key",
        ),
        (
            vec![("tls.certificate", &*empty), ("tls.key", &*key)],
            "tls.certificate",
        ),
        (
            vec![
                ("tls.certificate", &*certificate),
                ("tls.key", &*another_key),
            ],
            "not the key",
        ),
    ] {
        let error = open_client("https://chat.example.com/", &options).unwrap_err();
        assert_eq!(error.status(), Status::File, "{error}");
        assert!(error.message().contains(says), "{says:?} in {error}");
    }
}

/// A server below TLS: `serve` handles each raw connection.
fn raw_server(serve: impl Fn(TcpStream) + Send + Sync + Clone + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let serve = serve.clone();
            thread::spawn(move || serve(stream.unwrap()));
        }
    });
    url
}

#[test]
fn endless_handshake_times_out() {
    let silent = raw_server(|_stream| thread::sleep(Duration::from_secs(20)));
    let dripping = raw_server(|mut stream| {
        // The head of a handshake record of 16,384 bytes, and then single bytes.
        let mut bytes = vec![22, 3, 3, 0x40, 0];
        bytes.resize(5 + 0x4000, 0);
        for byte in bytes {
            if stream.write_all(&[byte]).is_err() {
                break;
            }
            thread::sleep(Duration::from_millis(20));
        }
    });
    for (url, option) in [
        (&silent, "timeout.tls"),
        (&silent, "timeout.connect"),
        (&silent, "timeout"),
        (&dripping, "timeout.tls"),
    ] {
        let begun = Instant::now();
        assert_outcome(
            message_to(url, &[(option, "200")]),
            Status::Timeout,
            Delivery::NotSent,
            &format!("within {option} (200 ms);"),
        );
        assert!(begun.elapsed() < Duration::from_secs(3), "{option}");
    }
}

#[test]
fn connection_closed_in_the_handshake_is_not_sent() {
    let hello = |stream: &mut TcpStream| {
        let mut bytes = [0; 4096];
        assert!(stream.read(&mut bytes).unwrap() > 0);
    };
    let at_once = raw_server(|_| ());
    let after_hello = raw_server(move |mut stream| hello(&mut stream));
    let in_its_answer = raw_server(move |mut stream| {
        hello(&mut stream);
        stream.write_all(&[22, 3, 3, 0, 90, 2]).unwrap();
    });
    let by_reset = raw_server(move |mut stream| {
        hello(&mut stream);
        reset(&stream);
    });
    for url in [at_once, after_hello, in_its_answer, by_reset] {
        assert_insecure(message_to(&url, &[]), "secure connection");
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum CloseMoment {
    /// Before the server read any byte of the request.
    Before,
    /// After it read a part.
    Within,
    /// After it read all.
    After,
}

/// The connection ends by FIN or by a reset: before, within or after the request, which is the first or the second on
/// its connection. A request that the server read completely is never reported as not sent, and none is received twice.
#[test]
fn request_that_may_have_been_read_is_unknown() {
    for leaving in [CloseMoment::Before, CloseMoment::Within, CloseMoment::After] {
        for by_reset in [false, true] {
            for answered in [0, 1] {
                let (server, ca) = trusted_server(move |mut peer| {
                    for _ in 0..answered {
                        peer.read();
                        peer.stream
                            .write_all(http("200 OK", "").as_bytes())
                            .unwrap();
                    }
                    peer.handshake();
                    peer.wait();
                    match leaving {
                        CloseMoment::Before => (),
                        CloseMoment::Within => assert!(peer.stream.read(&mut [0; 10]).unwrap() > 0),
                        CloseMoment::After => assert!(peer.read().is_some()),
                    }
                    if by_reset {
                        reset(&peer.stream.sock);
                    }
                });
                let client = open_client(&server.url, &[("tls.ca_file", &ca)]).unwrap();
                let chat = attach(&client, "12");
                for _ in 0..answered {
                    chat.send("oi").unwrap();
                }
                let error = chat.send("oi").unwrap_err();
                let case = format!("{leaving:?} reset={by_reset} answered={answered} {error:?}");
                assert_eq!(error.status(), Status::Lost, "{case}");
                assert_eq!(error.delivery(), Some(Delivery::Unknown), "{case}");
                assert!(!error.is_retryable(), "{case}");
                let whole = usize::from(leaving == CloseMoment::After);
                assert_eq!(server.requests(), answered + whole, "{case}");
            }
        }
    }
}

/// The end comes while the connection is idle: by FIN, by a reset, or by close_notify, which came together with the
/// last response and leaves the socket open.
#[test]
fn connection_closed_while_idle_is_not_reused() {
    for how in ["fin", "reset", "close_notify"] {
        let (server, ca) = trusted_server(move |mut peer| {
            peer.read();
            let response = http("200 OK", "");
            let conn = &mut peer.stream.conn;
            conn.writer().write_all(response.as_bytes()).unwrap();
            if how == "close_notify" {
                conn.send_close_notify();
            }
            let mut bytes = Vec::new();
            while conn.wants_write() {
                conn.write_tls(&mut bytes).unwrap();
            }
            peer.stream.sock.write_all(&bytes).unwrap();
            match how {
                "fin" => (),
                "reset" => {
                    // The client must have read the response, which a reset would discard.
                    thread::sleep(Duration::from_millis(150));
                    reset(&peer.stream.sock);
                }
                _ => thread::sleep(Duration::from_secs(20)),
            }
        });
        let client =
            open_client(&server.url, &[("tls.ca_file", &ca), ("timeout", "5000")]).unwrap();
        let chat = attach(&client, "12");
        for _ in 0..5 {
            chat.send("oi")
                .unwrap_or_else(|error| panic!("{how}: {error}"));
            thread::sleep(Duration::from_millis(300));
        }
        assert_eq!(server.requests(), 5, "{how}");
    }
}

#[test]
fn slow_tls_record_times_out() {
    let (server, ca) = trusted_server(|mut peer| {
        peer.read();
        let conn = &mut peer.stream.conn;
        let response = http("200 OK", &"x".repeat(4000));
        conn.writer().write_all(response.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        while conn.wants_write() {
            conn.write_tls(&mut bytes).unwrap();
        }
        for byte in bytes {
            if peer.stream.sock.write_all(&[byte]).is_err() {
                break;
            }
            thread::sleep(Duration::from_millis(10));
        }
    });
    for option in ["timeout", "timeout.response"] {
        let begun = Instant::now();
        assert_outcome(
            message_to(&server.url, &[("tls.ca_file", &ca), (option, "300")]),
            Status::Timeout,
            Delivery::Unknown,
            &format!("within {option} (300 ms);"),
        );
        assert!(begun.elapsed() < Duration::from_secs(3));
        assert_eq!(server.requests(), 1);
    }
}

#[test]
fn timeout_send_ends_a_request_that_the_server_does_not_read() {
    let (server, ca) = trusted_server(|mut peer| {
        peer.handshake();
        thread::sleep(Duration::from_secs(20));
    });
    let options = [("tls.ca_file", &*ca), ("timeout.send", "300")];
    let client = open_client(&server.url, &options).unwrap();
    let begun = Instant::now();
    // More than the buffers of both sockets hold.
    let result = attach(&client, "12").send("x".repeat(40 << 20));
    assert_outcome(
        result,
        Status::Timeout,
        Delivery::Unknown,
        "within timeout.send (300 ms);",
    );
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!(server.requests(), 0);
}

#[test]
fn tls_connections_are_reused() {
    let (opened_one, connections) = mpsc::channel();
    let (server, ca) = trusted_server(move |peer| {
        opened_one.send(()).unwrap();
        accept_all(peer);
    });
    let client = open_client(&server.url, &[("tls.ca_file", &ca)]).unwrap();
    let chat = attach(&client, "12");
    for _ in 0..20 {
        chat.send("oi").unwrap();
    }
    assert_eq!(server.requests(), 20);
    assert_eq!(connections.try_iter().count(), 1);
}

/// A part of an unsolicited response follows the second response on a connection. That response is short, or fills the
/// buffer.
#[test]
fn bytes_after_a_response_close_the_connection() {
    const BUFFER_SIZE: usize = 2048;
    let short = http("200 OK", "{}");
    let head = http("200 OK", &"1".repeat(1000)).len() - 1000;
    let full = http("200 OK", &"1".repeat(BUFFER_SIZE - head));
    assert_eq!(full.len(), BUFFER_SIZE);
    for response in [short, full] {
        let (opened_one, connections) = mpsc::channel();
        let (server, ca) = trusted_server(move |mut peer| {
            opened_one.send(()).unwrap();
            let mut behind = "";
            while peer.read().is_some() {
                let both = format!("{response}{behind}");
                let _ = peer.stream.write_all(both.as_bytes());
                behind = "HTTP/1.1 400 No\r\nContent-Length: 0\r\n";
            }
        });
        let client = open_client(&server.url, &[("tls.ca_file", &ca)]).unwrap();
        let chat = attach(&client, "12");
        for _ in 0..4 {
            chat.send("oi").unwrap();
        }
        assert_eq!(server.requests(), 4);
        assert_eq!(connections.try_iter().count(), 2);
    }
}
