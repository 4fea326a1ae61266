//! A check returns the part of the configuration that is right. It fails with the status of the fault: name, port,
//! certificate, proxy, token, path or dialect. It ends within its timeout, at an interrupt, and when the client closes.

#[path = "support/forward_proxy.rs"]
mod forward_proxy;
#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/test_client.rs"]
mod test_client;
#[path = "support/tls_server.rs"]
mod tls_server;

use std::io::Write;
use std::net::TcpListener;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use forward_proxy::{Proxy, ProxyOptions};
use http_server::{Server, http};
use omnize::error::{Delivery, Error};
use omnize::sandbox::{Dialect, Options, Sandbox};
use omnize::status::Status;
use omnize::{CheckLevel, Client, EventFilter, interrupt};
use rustls::version::TLS13;
use test_client::{attach, deliver_typing, open_client};
use tls_server::{CertificateAuthority, TlsServer, server_config};

/// Longer than any check of this file needs, and shorter than the option `timeout`.
const BOUND: Duration = Duration::from_secs(20);

const GATEWAY: &[(&str, &str)] = &[("dialect", "gateway")];
const INTERACTIONS: &[(&str, &str)] = &[("dialect", "interactions")];

fn failed_check(url: &str, options: &[(&str, &str)]) -> Error {
    let error = open_client(url, options).check(Some(BOUND)).unwrap_err();
    assert!(!error.message().contains("segredo"), "{error}");
    error
}

fn sandbox() -> Sandbox {
    Sandbox::start(Options::default()).unwrap()
}

#[test]
fn right_configuration_is_checked_as_far_as_the_dialect_allows() {
    let sandbox = sandbox();
    for (dialect, name, level) in [
        (Dialect::Rest, "rest", CheckLevel::Connection),
        (Dialect::Gateway, "gateway", CheckLevel::Account),
        (Dialect::Interactions, "interactions", CheckLevel::Account),
    ] {
        let before = sandbox.transcript().len();
        let options = [("dialect", name), ("token", sandbox.token())];
        let client = open_client(&sandbox.base_url(dialect), &options);
        assert_eq!(client.check(None).unwrap(), level, "{name}");
        let sent = sandbox.transcript().len() - before;
        assert_eq!(sent, usize::from(level == CheckLevel::Account), "{name}");
    }
}

#[test]
fn wrong_token_is_an_authentication_failure_in_each_dialect() {
    let sandbox = sandbox();
    for (dialect, name, http_status) in [
        (Dialect::Gateway, "gateway", 401),
        (Dialect::Interactions, "interactions", 404),
    ] {
        let options = [("dialect", name), ("token", "segredo")];
        let error = failed_check(&sandbox.base_url(dialect), &options);
        assert_eq!(error.status(), Status::Auth, "{error}");
        assert_eq!(error.http_status(), Some(http_status));
        assert_eq!(error.delivery(), Some(Delivery::Rejected));
        assert!(error.message().starts_with("check: "), "{error}");
        assert!(error.message().contains("option token"), "{error}");
        assert!(!error.is_retryable());
    }
    // The check of this dialect sends no token. Its requests fail in the same way.
    let client = open_client(&sandbox.base_url(Dialect::Rest), &[("token", "segredo")]);
    assert_eq!(client.check(None).unwrap(), CheckLevel::Connection);
    let error = attach(&client, "12").send("oi").unwrap_err();
    assert_eq!(
        (error.status(), error.http_status()),
        (Status::Auth, Some(401))
    );
    let options = [("dialect", "interactions"), ("token", "segredo")];
    let client = open_client(&sandbox.base_url(Dialect::Interactions), &options);
    let error = client.online_agents("1").unwrap_err();
    assert_eq!(
        (error.status(), error.http_status()),
        (Status::Auth, Some(422))
    );
}

#[test]
fn each_response_has_its_status_and_advice() {
    for (response, status, advice) in [
        (http("401 Unauthorized", ""), Status::Auth, "option token"),
        (
            http("403 Forbidden", "<html>no</html>"),
            Status::Auth,
            "option token",
        ),
        (
            http("422 No", r#"{"message":"Token inválido","status":422}"#),
            Status::Auth,
            "Token inválido",
        ),
        (
            http("200 OK", r#"{"success":false,"errors":["invalid token"]}"#),
            Status::Auth,
            "option token",
        ),
        (
            http("200 OK", r#"{"message":"no","status":403}"#),
            Status::Auth,
            "option token",
        ),
        (
            http(
                "422 No",
                r#"{"message":"Unexpected token < in JSON","status":422}"#,
            ),
            Status::Rejected,
            "HTTP 422",
        ),
        (
            http("422 No", r#"{"message":"unknown department","status":422}"#),
            Status::Rejected,
            "HTTP 422",
        ),
        (
            http("404 Not Found", "<html>"),
            Status::Rejected,
            "check base_url, the option token and the option dialect, which is interactions",
        ),
        (
            http("500 No", r#"{"message":"token"}"#),
            Status::Service,
            "HTTP 500",
        ),
        (
            http("429 No", r#"{"message":"token"}"#),
            Status::Rejected,
            "retried",
        ),
        (http("301 Moved", ""), Status::Rejected, "check base_url"),
        (http("200 OK", "<html>"), Status::Response, "option dialect"),
    ] {
        let server = Server::with_response(response.clone());
        let error = failed_check(&server.url, INTERACTIONS);
        assert_eq!(error.status(), status, "{response}: {error}");
        assert!(error.message().contains(advice), "{error}");
        assert_eq!(server.requests(), 1, "{response}");
    }
}

#[test]
fn reason_about_something_else_is_no_token_failure() {
    for reason in [
        "CPF não autorizado",
        "Departamento não autorizado neste canal",
        "unauthorized department",
        "verification token of the customer",
        // The customer's message, in other letters.
        "rejected: TOKEN INVÁLIDO",
    ] {
        let body = format!(r#"{{"message":"{reason}","status":422}}"#);
        for http_status in ["422 No", "200 OK"] {
            let server = Server::with_response(http(http_status, &body));
            let client = open_client(&server.url, &[("token", "segredo")]);
            let error = attach(&client, "12")
                .send("meu token inválido")
                .unwrap_err();
            let expected = [Status::Rejected, Status::Failed];
            assert!(expected.contains(&error.status()), "{reason}: {error}");
            assert_eq!(error.delivery(), Some(Delivery::Rejected));
        }
    }
}

#[test]
fn other_words_in_listed_data_are_no_rejection() {
    for body in [
        r#"[{"id":1,"name":"x","status":"off"}]"#,
        r#"[{"id":1,"name":"x","success":false,"error":"none"},{"id":2,"name":"y","status":500}]"#,
        r#"{"status":"no","departments":[{"id":1,"name":"x"}]}"#,
        r#"{"success":true,"error":"m","data":[]}"#,
    ] {
        for options in [GATEWAY, INTERACTIONS] {
            let server = Server::with_response(http("200 OK", body));
            let client = open_client(&server.url, options);
            assert_eq!(
                client.check(Some(BOUND)).unwrap(),
                CheckLevel::Account,
                "{body}"
            );
        }
    }
    for status in [r#""off""#, r#""no""#, "false", "0"] {
        let body = format!(r#"{{"agents":[],"averageService":1,"count":4,"status":{status}}}"#);
        let server = Server::with_response(http("200 OK", &body));
        let online = open_client(&server.url, INTERACTIONS)
            .online_agents("1")
            .unwrap();
        assert_eq!(online.count, 4, "{body}");
    }
    for body in [
        r#"{"agents":[],"count":0,"status":422,"message":"m"}"#,
        r#"{"agents":[],"count":0,"success":false}"#,
        r#"{"agents":[],"count":0,"errors":["m"]}"#,
        r#"{"status":"error","message":"m"}"#,
    ] {
        let server = Server::with_response(http("200 OK", body));
        let error = open_client(&server.url, INTERACTIONS)
            .online_agents("1")
            .unwrap_err();
        assert_eq!(error.status(), Status::Failed, "{body}: {error}");
    }
}

#[test]
fn wrong_dialect_or_path_is_found() {
    let sandbox = sandbox();
    let token = sandbox.token();
    for (url, dialect, http_status, advice) in [
        (
            sandbox.base_url(Dialect::Rest),
            "interactions",
            404,
            "base_url",
        ),
        (
            sandbox.base_url(Dialect::Interactions),
            "gateway",
            404,
            "the option dialect",
        ),
        (sandbox.base_url(Dialect::Rest), "gateway", 422, "HTTP 422"),
    ] {
        let error = failed_check(&url, &[("dialect", dialect), ("token", token)]);
        assert_eq!(error.status(), Status::Rejected, "{dialect}: {error}");
        assert_eq!(error.http_status(), Some(http_status), "{error}");
        assert!(error.message().contains(advice), "{error}");
    }
}

#[test]
fn closed_port_and_wrong_name_are_found_in_each_dialect() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    for options in [&[], GATEWAY, INTERACTIONS] {
        for (url, status) in [
            (&*closed, Status::Refused),
            ("http://nobody.invalid/", Status::Unreachable),
        ] {
            let error = failed_check(url, options);
            assert_eq!(error.status(), status, "{error}");
            assert_eq!(error.delivery(), Some(Delivery::NotSent), "{error}");
        }
    }
}

#[test]
fn wrong_certificate_is_found_in_each_dialect() {
    let authority = CertificateAuthority::new();
    let file = authority.file();
    for options in [&[], GATEWAY, INTERACTIONS] {
        for (identity, says) in [
            (authority.certify("other.example"), "another host"),
            (authority.certify_expired("127.0.0.1"), "expired"),
        ] {
            let config = server_config(&identity, &[&TLS13], None);
            let server = TlsServer::with_response(config, http("200 OK", "[]"));
            let mut options = options.to_vec();
            options.extend([("tls.ca_file", &*file), ("proxy", "none")]);
            let error = failed_check(&server.url, &options);
            assert_eq!(error.status(), Status::Tls, "{error}");
            assert!(error.message().contains(says), "{error}");
            assert_eq!(server.requests(), 0);
        }
    }
}

#[test]
fn connection_of_a_check_is_used_by_the_next_request() {
    let (accepted, connections) = mpsc::channel();
    let server = Server::start(move |mut stream, read| {
        accepted.send(()).unwrap();
        while read(&mut stream).is_some() {
            stream.write_all(http("200 OK", "").as_bytes()).unwrap();
        }
    });
    let client = open_client(&server.url, &[]);
    assert_eq!(client.check(None).unwrap(), CheckLevel::Connection);
    assert_eq!(client.check(None).unwrap(), CheckLevel::Connection);
    attach(&client, "12").send("oi").unwrap();
    assert_eq!((server.requests(), connections.try_iter().count()), (1, 1));
}

#[test]
fn check_replaces_a_connection_that_the_service_has_closed() {
    let sandbox = sandbox();
    let options = [("dialect", "interactions"), ("token", sandbox.token())];
    let url = sandbox.base_url(Dialect::Interactions);
    let client = open_client(&url, &options);
    for _ in 0..3 {
        assert_eq!(client.check(None).unwrap(), CheckLevel::Account);
    }
    let server = Server::start(|mut stream, read| {
        // One response for each connection, and then its end.
        if read(&mut stream).is_some() {
            stream.write_all(http("200 OK", "[]").as_bytes()).unwrap();
        }
    });
    let client = open_client(&server.url, INTERACTIONS);
    for _ in 0..20 {
        assert_eq!(client.check(None).unwrap(), CheckLevel::Account);
    }
}

#[test]
fn check_uses_the_proxy() {
    let authority = CertificateAuthority::new();
    let file = authority.file();
    let config = server_config(&authority.certify("127.0.0.1"), &[&TLS13], None);
    let server = TlsServer::with_response(config, http("200 OK", "[]"));
    for (dialect, level) in [
        ("rest", CheckLevel::Connection),
        ("interactions", CheckLevel::Account),
    ] {
        let proxy = Proxy::start(ProxyOptions {
            credentials: Some("u:p"),
            ..ProxyOptions::default()
        });
        let through = |user: &str| {
            let proxy = format!("http://{user}@{}", proxy.name);
            let options = [
                ("dialect", dialect),
                ("tls.ca_file", &*file),
                ("proxy", &*proxy),
            ];
            open_client(&server.url, &options).check(Some(BOUND))
        };
        assert_eq!(through("u:p").unwrap(), level);
        assert!(proxy.requests()[0].starts_with("CONNECT "));
        let error = through("u:wrong").unwrap_err();
        assert_eq!(error.status(), Status::Proxy, "{error}");
        assert!(error.message().contains("407"), "{error}");
    }
}

#[test]
fn forbidden_by_a_forwarding_proxy_names_the_proxy() {
    let proxy = Proxy::start(ProxyOptions {
        response: Some(http("403 Forbidden", "no")),
        ..ProxyOptions::default()
    });
    let url = format!("http://{}", proxy.name);
    let error = failed_check(
        "http://service.example/",
        &[("proxy", &url), INTERACTIONS[0]],
    );
    assert_eq!(error.status(), Status::Auth, "{error}");
    assert!(error.message().contains(&proxy.name), "{error}");
}

/// A server that accepts and reads, but never responds.
fn silent_server() -> Server {
    Server::start(|mut stream, read| while read(&mut stream).is_some() {})
}

/// Returns clients whose check waits: for a TLS handshake in `rest`, for a response in `interactions`.
fn waiting_clients() -> (TcpListener, Server, [Client; 2]) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = silent_server();
    let tls = open_client(
        &format!("https://{}/", listener.local_addr().unwrap()),
        &[("proxy", "none")],
    );
    let response = open_client(&server.url, INTERACTIONS);
    (listener, server, [tls, response])
}

#[test]
fn check_ends_within_its_timeout() {
    let (_listener, server, clients) = waiting_clients();
    for client in &clients {
        let begun = Instant::now();
        let error = client.check(Some(Duration::from_millis(200))).unwrap_err();
        assert_eq!(error.status(), Status::Timeout, "{error}");
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
    assert_eq!(server.requests(), 1, "the check is not retried");
    assert_eq!(
        clients[0].check(Some(Duration::ZERO)).unwrap_err().status(),
        Status::Timeout
    );
    let endless = open_client("http://nobody.invalid/", &[]).check(Some(Duration::MAX));
    assert_eq!(endless.unwrap_err().status(), Status::Unreachable);
}

#[test]
fn interrupt_hook_ends_a_check() {
    let (_listener, server, clients) = waiting_clients();
    for client in &clients {
        let begun = Instant::now();
        let error = interrupt::with_hook(|| true, || client.check(None)).unwrap_err();
        assert_eq!(error.status(), Status::Lost, "{error}");
        assert!(error.message().contains("interrupted"), "{error}");
        assert!(begun.elapsed() < 50 * interrupt::CHECK_INTERVAL);
    }
    if cfg!(windows) {
        // There the hook may already end the wait for the connection.
        assert!(
            server.requests() <= 1,
            "an interrupted check is not repeated"
        );
    } else {
        assert_eq!(server.requests(), 1, "an interrupted check is not repeated");
    }
}

#[test]
fn close_ends_a_check() {
    let (listener, server, clients) = waiting_clients();
    let [tls, response] = clients.map(Arc::new);
    for client in [&tls, &response] {
        let checking = client.clone();
        let check = thread::spawn(move || checking.check(Some(Duration::from_secs(600))));
        if Arc::ptr_eq(client, &tls) {
            drop(listener.accept().map(std::mem::forget));
        } else {
            server.requests.recv().unwrap();
        }
        let report = client.close(Duration::ZERO).unwrap();
        assert_eq!(report.requests, 1, "an aborted check is a request");
        let error = check.join().unwrap().unwrap_err();
        assert!(
            matches!(error.status(), Status::Closed | Status::Lost),
            "{error}"
        );
        assert_eq!(client.check(None).unwrap_err().status(), Status::Closed);
    }
}

#[test]
fn callback_may_check() {
    let sandbox = sandbox();
    let options = [("dialect", "interactions"), ("token", sandbox.token())];
    let client = Arc::new(open_client(
        &sandbox.base_url(Dialect::Interactions),
        &options,
    ));
    let (level, checked) = mpsc::channel();
    let weak = Arc::downgrade(&client);
    client
        .subscribe(
            EventFilter::default(),
            Box::new(move |_| {
                level.send(weak.upgrade().unwrap().check(None)).unwrap();
            }),
        )
        .unwrap();
    client
        .deliver(
            br#"{"state":"typing","interaction_hash":"a","extra":{"clientId":"12"}}"#,
            None,
        )
        .unwrap();
    client.poll(BOUND).unwrap();
    assert_eq!(checked.recv().unwrap().unwrap(), CheckLevel::Account);
    let rest = open_client(&sandbox.base_url(Dialect::Rest), &[]);
    deliver_typing(&rest, "12");
    assert_eq!(rest.check(None).unwrap(), CheckLevel::Connection);
}
