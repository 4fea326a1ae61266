//! Requests through a real HTTP proxy: they arrive, and errors of the proxy differ from errors of the service.

#[path = "support/forward_proxy.rs"]
mod forward_proxy;
#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/test_client.rs"]
mod test_client;
#[path = "support/tls_server.rs"]
mod tls_server;

use std::env;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use forward_proxy::{Proxy, ProxyOptions};
use http_server::{Server, http};
use omnize::Client;
use omnize::config::Config;
use omnize::error::{Delivery, Error};
use omnize::status::Status;
use rustls::version::{TLS12, TLS13};
use test_client::attach;
use tls_server::{CertificateAuthority, TlsServer, server_config};

const PASSWORD: &str = "s@nha:do proxy";
/// User and password in the form of a URL.
const CREDENTIALS_IN_URL: &str = "ana:s%40nha%3Ado%20proxy";

fn client(url: &str, options: &[(&str, &str)]) -> Client {
    let mut config = Config::new();
    config.set("token", "segredo-do-portal").unwrap();
    config.set("base_url", url).unwrap();
    for (name, value) in options {
        config.set(name, value).unwrap();
    }
    Client::open(&config).unwrap()
}

fn message_through(proxy: &str, url: &str, options: &[(&str, &str)]) -> Result<(), Error> {
    let client = client(url, &[options, &[("proxy", proxy)]].concat());
    attach(&client, "12").send("oi")
}

#[track_caller]
fn assert_outcome(
    result: Result<(), Error>,
    status: Status,
    delivery: Delivery,
    says: &str,
) -> Error {
    let error = result.unwrap_err();
    assert_eq!(error.status(), status, "{error:?}");
    assert_eq!(error.delivery(), Some(delivery), "{error:?}");
    assert!(error.message().contains(says), "{says:?} in {error}");
    for secret in [PASSWORD, CREDENTIALS_IN_URL, "YW5h"] {
        assert!(!format!("{error} {error:?}").contains(secret), "{error:?}");
    }
    error
}

/// Starts a TLS service. Returns it with the file of its authority.
fn secure_service() -> (TlsServer, String) {
    let authority = CertificateAuthority::new();
    let config = server_config(&authority.certify("127.0.0.1"), &[&TLS12, &TLS13], None);
    let server = TlsServer::with_response(config, http("200 OK", "{}"));
    (server, authority.file())
}

/// A service that serves one request per connection, because the proxy opens one for each.
fn plain_service() -> Server {
    Server::start(|mut stream, read| {
        read(&mut stream);
        let _ = stream.write_all(http("200 OK", "{}").as_bytes());
    })
}

fn authenticating_proxy() -> Proxy {
    Proxy::start(ProxyOptions {
        credentials: Some("ana:s@nha:do proxy"),
        ..ProxyOptions::default()
    })
}

#[test]
fn query_string_is_forwarded() {
    let server = Server::start(|mut stream, read| {
        read(&mut stream);
        let _ = stream.write_all(http("200 OK", r#"[{"id":1,"name":"Vendas"}]"#).as_bytes());
    });
    let base = server.url.trim_end_matches("/api/rest/v1");
    let proxy = Proxy::start(ProxyOptions::default());
    for proxy in [format!("http://{}", proxy.name), "none".to_owned()] {
        let client = client(base, &[("dialect", "interactions"), ("proxy", &proxy)]);
        assert_eq!(client.departments(None).unwrap()[0].id, "1");
        let request = server.requests.recv().unwrap();
        let line = request.lines().next().unwrap();
        assert_eq!(
            line,
            "GET /api/external/departments?token=segredo-do-portal HTTP/1.1"
        );
    }
    let requests = proxy.requests();
    assert_eq!(requests.len(), 1);
    assert!(
        requests[0].starts_with(&format!("GET {base}/api/external/departments?")),
        "{}",
        requests[0]
    );
}

#[test]
fn plain_requests_are_forwarded() {
    let (server, proxy) = (plain_service(), authenticating_proxy());
    let through = format!("http://{CREDENTIALS_IN_URL}@{}", proxy.name);
    let client = client(&server.url, &[("proxy", &through)]);
    let chat = attach(&client, "12");
    for _ in 0..3 {
        chat.send("oi").unwrap();
    }
    for requests in proxy.requests() {
        assert!(
            requests.starts_with(&format!("POST {} HTTP/1.1\r\n", server.url)),
            "{requests}"
        );
        assert_eq!(
            requests.matches("Proxy-Authorization: ").count(),
            1,
            "{requests}"
        );
    }
    for _ in 0..3 {
        let request = server.requests.recv().unwrap();
        assert!(
            request.starts_with("POST /api/rest/v1 HTTP/1.1\r\n"),
            "{request}"
        );
        assert!(!request.contains("Proxy"), "{request}");
    }
    assert_eq!(server.requests(), 0);
}

#[test]
fn tls_requests_are_tunnelled_unread() {
    let ((server, ca), proxy) = (secure_service(), authenticating_proxy());
    let through = format!("http://{CREDENTIALS_IN_URL}@{}", proxy.name);
    let client = client(&server.url, &[("proxy", &through), ("tls.ca_file", &ca)]);
    let chat = attach(&client, "12");
    for _ in 0..3 {
        chat.send("oi").unwrap();
    }
    assert_eq!(server.requests(), 3);
    let requests = proxy.requests();
    assert_eq!(requests.len(), 1, "the connection is kept: {requests:?}");
    let host = server.url.strip_prefix("https://").unwrap();
    let host = host.split('/').next().unwrap();
    assert!(requests[0].starts_with(&format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n")));
}

#[test]
fn proxy_resolves_the_host_name() {
    let proxy = Proxy::start(ProxyOptions {
        response: Some(http("200 OK", "")),
        ..ProxyOptions::default()
    });
    message_through(&proxy.name, "http://chat.invalid/api", &[]).unwrap();
    // The proxy reports an open tunnel, and then does not speak TLS.
    let result = message_through(&proxy.name, "https://chat.invalid/api", &[]);
    assert_outcome(result, Status::Tls, Delivery::NotSent, "chat.invalid");
    let requests = proxy.requests();
    assert!(
        requests[0].starts_with("POST http://chat.invalid/api HTTP/1.1\r\n"),
        "{requests:?}"
    );
    assert!(
        requests[1].starts_with("CONNECT chat.invalid:443 HTTP/1.1\r\n"),
        "{requests:?}"
    );
}

#[test]
fn rejected_proxy_credentials_are_reported() {
    let (plain, (secure, ca), proxy) = (plain_service(), secure_service(), authenticating_proxy());
    for credentials in ["", "ana:wrong@"] {
        let through = format!("http://{credentials}{}", proxy.name);
        for url in [&plain.url, &secure.url] {
            let result = message_through(&through, url, &[("tls.ca_file", &ca)]);
            let error = assert_outcome(result, Status::Proxy, Delivery::NotSent, "HTTP 407");
            assert!(error.message().contains(&proxy.name), "{error}");
            assert!(!error.is_retryable());
        }
    }
    assert_eq!((plain.requests(), secure.requests()), (0, 0));
}

#[test]
fn unreachable_proxy_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let name = listener.local_addr().unwrap().to_string();
    drop(listener);
    for url in ["http://127.0.0.1:9/", "https://127.0.0.1:9/"] {
        let through = format!("http://{CREDENTIALS_IN_URL}@{name}");
        let error = assert_outcome(
            message_through(&through, url, &[]),
            Status::Proxy,
            Delivery::NotSent,
            &format!("the proxy {name}"),
        );
        assert!(error.is_retryable());
    }
    let result = message_through("nobody.invalid:3128", "http://127.0.0.1:9/", &[]);
    assert_outcome(
        result,
        Status::Proxy,
        Delivery::NotSent,
        "the proxy's host nobody.invalid is not known; check the option proxy;",
    );
}

#[test]
fn interim_responses_before_a_tunnel_are_skipped() {
    let authority = CertificateAuthority::new();
    let config = server_config(&authority.certify("127.0.0.1"), &[&TLS13], None);
    let server = TlsServer::with_response(config, http("200 OK", ""));
    let proxy = Proxy::start(ProxyOptions {
        interim: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n",
        ..ProxyOptions::default()
    });
    message_through(
        &proxy.name,
        &server.url,
        &[("tls.ca_file", &authority.file())],
    )
    .unwrap();
    assert_eq!(server.requests(), 1);
}

#[test]
fn rejected_tunnel_is_not_sent() {
    for (response, says, retryable) in [
        (http("403 Forbidden", "no"), "HTTP 403", false),
        (http("502 Bad Gateway", ""), "HTTP 502", true),
        (
            "SSH-2.0-OpenSSH_9.2\r\n\r\n".to_owned(),
            "not an HTTP proxy",
            true,
        ),
    ] {
        let proxy = Proxy::start(ProxyOptions {
            response: Some(response),
            ..ProxyOptions::default()
        });
        let result = message_through(&proxy.name, "https://127.0.0.1:9/", &[]);
        let error = assert_outcome(result, Status::Proxy, Delivery::NotSent, says);
        assert!(error.message().contains(&proxy.name), "{error}");
        assert_eq!(error.is_retryable(), retryable, "{error}");
    }
}

/// The proxy read the request. It does not report whether the service did.
#[test]
fn bad_gateway_is_unknown() {
    for (response, status, delivery) in [
        ("502 Bad Gateway", Status::Proxy, Delivery::Unknown),
        ("504 Gateway Timeout", Status::Proxy, Delivery::Unknown),
        ("503 Busy", Status::Service, Delivery::Rejected),
        ("403 Forbidden", Status::Auth, Delivery::Rejected),
    ] {
        let proxy = Proxy::start(ProxyOptions {
            response: Some(http(response, "")),
            ..ProxyOptions::default()
        });
        let result = message_through(&proxy.name, "http://127.0.0.1:9/", &[]);
        assert_outcome(result, status, delivery, &response[..3]);
    }
}

#[test]
fn silent_proxy_times_out() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let name = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
            kept.push(stream);
        }
    });
    let begun = Instant::now();
    let says = format!("the proxy {name}");
    let result = message_through(&name, "https://127.0.0.1:9/", &[("timeout.connect", "200")]);
    assert_outcome(result, Status::Timeout, Delivery::NotSent, &says);
    let result = message_through(&name, "http://127.0.0.1:9/", &[("timeout.response", "200")]);
    assert_outcome(result, Status::Timeout, Delivery::Unknown, &says);
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn no_proxy_host_is_reached_directly() {
    let (server, proxy) = (plain_service(), authenticating_proxy());
    message_through(&proxy.name, &server.url, &[("no_proxy", "127.0.0.0/8")]).unwrap();
    assert_eq!(server.requests(), 1);
    assert!(proxy.requests().is_empty());
}

/// The environment belongs to the process, so this test starts itself in child processes.
#[test]
fn environment_variables_select_the_proxy() {
    const URL: &str = "http://chat.invalid/api";
    if let Ok(option) = env::var("TEST_PROXY_OPTION") {
        let options: Vec<_> = option.split_once('=').into_iter().collect();
        attach(&client(URL, &options), "12").send("oi").unwrap();
        return;
    }
    let proxy = Proxy::start(ProxyOptions {
        response: Some(http("200 OK", "")),
        ..ProxyOptions::default()
    });
    let arrives = |variables: &[(&str, &str)], option: &str| {
        let mut child = Command::new(env::current_exe().unwrap());
        child.args(["--exact", "environment_variables_select_the_proxy"]);
        for name in [
            "http_proxy",
            "HTTP_PROXY",
            "all_proxy",
            "ALL_PROXY",
            "no_proxy",
            "NO_PROXY",
        ] {
            child.env_remove(name);
        }
        let child = child
            .envs(variables.iter().copied())
            .env("TEST_PROXY_OPTION", option);
        let succeeded = child.output().unwrap().status.success();
        assert_eq!(
            proxy.requests().len(),
            usize::from(succeeded),
            "{variables:?} {option}"
        );
        succeeded
    };
    let with_scheme = format!("http://{}", proxy.name);
    assert!(arrives(&[("http_proxy", &with_scheme)], ""));
    assert!(arrives(&[("HTTP_PROXY", &proxy.name)], ""));
    assert!(arrives(&[("ALL_PROXY", &proxy.name)], ""));
    assert!(arrives(&[], &format!("proxy={with_scheme}")));
    assert!(!arrives(&[], ""));
    assert!(!arrives(&[("HTTPS_PROXY", &with_scheme)], ""));
    assert!(!arrives(&[("http_proxy", &with_scheme)], "proxy=none"));
    assert!(!arrives(
        &[("http_proxy", &with_scheme), ("NO_PROXY", "invalid")],
        ""
    ));
    assert!(arrives(
        &[("http_proxy", &with_scheme), ("NO_PROXY", "invalid")],
        "no_proxy=other"
    ));
}
