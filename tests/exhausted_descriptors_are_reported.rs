//! A process without free descriptors gets an error that names this cause, and not an unknown, closed or untrusted
//! host. It works again after a descriptor is free.

#![cfg(unix)]

#[path = "support/forward_proxy.rs"]
mod forward_proxy;
#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/tls_server.rs"]
mod tls_server;

use std::env;
use std::fs::File;
use std::process::Command;

use forward_proxy::{Proxy, ProxyOptions};
use http_server::{Server, http};
use omnize::Client;
use omnize::config::Config;
use omnize::error::Delivery;
use omnize::status::Status;
use omnize::wire::Address;
use rustls::version::TLS13;
use tls_server::{CertificateAuthority, TlsServer, server_config};

/// The limit belongs to the process, so each case runs in its own process.
#[test]
fn exhausted_descriptors_are_reported() {
    if let Ok(url) = env::var("TEST_URL") {
        return send_without_descriptors(&url);
    }
    let plain = Server::with_response(http("200 OK", ""));
    let port = plain.url.split([':', '/']).nth(4).unwrap();
    let authority = CertificateAuthority::new();
    let config = server_config(&authority.certify("127.0.0.1"), &[&TLS13], None);
    let secure = TlsServer::with_response(config, http("200 OK", ""));
    let proxy = Proxy::start(ProxyOptions {
        response: Some(http("200 OK", "")),
        ..ProxyOptions::default()
    });
    let proxy_port = proxy.name.split(':').nth(1).unwrap();
    let ca = authority.file();
    for (url, proxy, left) in [
        (format!("http://localhost:{port}/"), "none".to_owned(), "0"),
        (format!("http://127.0.0.1:{port}/"), "none".to_owned(), "0"),
        (
            "http://chat.invalid/".to_owned(),
            format!("localhost:{proxy_port}"),
            "0",
        ),
        (
            "http://chat.invalid/".to_owned(),
            format!("127.0.0.1:{proxy_port}"),
            "0",
        ),
        (secure.url.clone(), "none".to_owned(), "0"),
        // Enough for a connection, but not for the system's certificates.
        (secure.url.clone(), "none".to_owned(), "1"),
        (secure.url.clone(), "none".to_owned(), "2"),
    ] {
        let mut child = Command::new(env::current_exe().unwrap());
        child
            .args(["--exact", "exhausted_descriptors_are_reported"])
            .envs([
                ("TEST_URL", &*url),
                ("TEST_PROXY", &proxy),
                ("TEST_CA", &ca),
                ("TEST_LEFT", left),
            ]);
        let output = child.output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{url} {proxy} {left}: {printed}");
    }
}

fn send_without_descriptors(url: &str) {
    let mut config = Config::new();
    for (name, value) in [
        ("token", "t"),
        ("base_url", url),
        ("proxy", &env::var("TEST_PROXY").unwrap()),
        ("tls.ca_file", &env::var("TEST_CA").unwrap()),
    ] {
        config.set(name, value).unwrap();
    }
    let client = Client::open(&config).unwrap();
    let address = Address {
        department: "1".into(),
        client_id: "12".into(),
    };
    let chat = client.attach(address).unwrap();

    let limit = libc::rlimit {
        rlim_cur: 200,
        rlim_max: 200,
    };
    // SAFETY: the limit lives through the call.
    assert_eq!(
        unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) },
        0
    );
    let mut taken = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        taken.push(file);
    }
    let left: usize = env::var("TEST_LEFT").unwrap().parse().unwrap();
    taken.truncate(taken.len() - left);
    let sent = chat.send("oi");
    drop(taken);

    let error = sent.unwrap_err();
    assert_eq!(error.status(), Status::System, "{error}");
    assert_eq!(error.delivery(), Some(Delivery::NotSent), "{error}");
    assert!(error.is_retryable(), "{error}");
    assert!(error.message().contains("os error 24"), "{error}");
    chat.send("oi").unwrap();
}
