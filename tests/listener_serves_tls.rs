//! A listener with a certificate accepts only TLS, reloads its certificate while it serves, and is not delayed by a
//! slow handshake.

#![cfg(feature = "listener")]

#[cfg(windows)]
#[path = "support/recording_log.rs"]
mod recording_log;
#[path = "support/webhook_requests.rs"]
mod webhook_requests;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use omnize::config::Config;
use omnize::status::Status;
use omnize::{Client, Statistic};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use webhook_requests::*;

const TIMEOUT: Duration = Duration::from_secs(20);

/// A folder with a certificate and its key. Drop removes it.
struct CertificateFiles(PathBuf);

impl CertificateFiles {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("omnize-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let pair = CertificateFiles(folder);
        pair.renew();
        pair
    }

    /// Writes a new pair, and returns the certificate.
    fn renew(&self) -> CertificateDer<'static> {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        self.write("key.pem", &made.signing_key.serialize_pem());
        self.write("certificate.pem", &made.cert.pem());
        made.cert.der().clone()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).unwrap();
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    fn certificate(&self) -> CertificateDer<'static> {
        CertificateDer::from_pem_file(self.path("certificate.pem")).unwrap()
    }

    fn client(&self, options: &[(&str, &str)]) -> Client {
        let (certificate, key) = (self.path("certificate.pem"), self.path("key.pem"));
        let files = [
            ("listen.tls.certificate", certificate.as_str()),
            ("listen.tls.key", &key),
        ];
        client(&[&files[..], options].concat())
    }
}

impl Drop for CertificateFiles {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Connects with only this certificate trusted, and completes the handshake. Returns `None` if it fails.
fn connect(
    client: &Client,
    trusted: CertificateDer<'static>,
) -> Option<StreamOwned<ClientConnection, TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let tls = ClientConnection::new(Arc::new(config), name).unwrap();
    let socket = TcpStream::connect(webhook(client).0).unwrap();
    socket.set_read_timeout(Some(TIMEOUT)).unwrap();
    let mut stream = StreamOwned::new(tls, socket);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock).ok()?;
    }
    Some(stream)
}

/// Posts a trigger, and returns the status.
fn post_over(stream: &mut StreamOwned<ClientConnection, TcpStream>, client: &Client) -> u16 {
    stream
        .write_all(&request(client, "POST", "", TYPING.as_bytes()))
        .unwrap();
    status_of(&read_head(stream))
}

#[test]
fn triggers_arrive_over_tls() {
    let pair = CertificateFiles::new("plain-use");
    let client = pair.client(&[]);
    assert!(client.webhook_url().unwrap().starts_with("https://"));
    let mut stream = connect(&client, pair.certificate()).unwrap();
    for _ in 0..3 {
        assert_eq!(post_over(&mut stream, &client), 200);
        next(&client);
    }
}

#[test]
fn idle_tls_connection_stays_usable() {
    let pair = CertificateFiles::new("silence");
    let client = pair.client(&[]);
    let mut stream = connect(&client, pair.certificate()).unwrap();
    for _ in 0..2 {
        assert_eq!(post_over(&mut stream, &client), 200);
        next(&client);
        thread::sleep(Duration::from_millis(1200));
    }
    let one = request(&client, "POST", "", TYPING.as_bytes());
    for part in [&one.repeat(2)[..one.len() + 7], &one[7..]] {
        stream.write_all(part).unwrap();
        assert_eq!(status_of(&read_head(&mut stream)), 200);
        thread::sleep(Duration::from_millis(1200));
    }
}

#[test]
fn plain_http_is_rejected() {
    let pair = CertificateFiles::new("plain-http");
    let client = pair.client(&[]);
    let response = TcpStream::connect(webhook(&client).0).map(|mut stream| {
        stream
            .write_all(&request(&client, "POST", "", TYPING.as_bytes()))
            .unwrap();
        let mut response = Vec::new();
        let _ = stream.read_to_end(&mut response);
        response
    });
    assert!(!response.unwrap().starts_with(b"HTTP"));
    assert_no_event(&client);
    let mut stream = connect(&client, pair.certificate()).unwrap();
    assert_eq!(post_over(&mut stream, &client), 200);
    assert_eq!(client.count_of(Statistic::TlsFailed), 1);
}

#[test]
fn endless_handshake_times_out_and_does_not_delay_others() {
    let pair = CertificateFiles::new("slow-handshake");
    let client = pair.client(&[("listen.timeout.head", "1500")]);
    let slow: Vec<_> = (0..50)
        .map(|at| {
            let mut stream = TcpStream::connect(webhook(&client).0).unwrap();
            stream
                .write_all(&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..at % 11])
                .unwrap();
            stream
        })
        .collect();
    let begun = Instant::now();
    let mut stream = connect(&client, pair.certificate()).unwrap();
    assert_eq!(post_over(&mut stream, &client), 200);
    assert!(
        begun.elapsed() < Duration::from_millis(1000),
        "{:?}",
        begun.elapsed()
    );
    for stream in slow {
        assert_eq!(read_until_close(stream, TIMEOUT).unwrap(), "");
    }
    assert_eq!(client.count_of(Statistic::TooSlow), 50);
}

#[test]
fn connections_over_the_limit_wait_for_their_handshake() {
    let pair = CertificateFiles::new("many");
    let client = pair.client(&[("listen.max_connections", "8")]);
    let certificate = pair.certificate();
    // One handshake has begun and one has not. Both connections stay open while the others connect.
    let _slow = [(); 2].map(|()| TcpStream::connect(webhook(&client).0).unwrap());
    let kept: Vec<_> = thread::scope(|scope| {
        let post = || {
            let mut stream = connect(&client, certificate.clone()).unwrap();
            assert_eq!(post_over(&mut stream, &client), 200);
            stream
        };
        let threads: Vec<_> = (0..60).map(|_| scope.spawn(post)).collect();
        let joined = threads.into_iter().map(|thread| thread.join().unwrap());
        joined.collect()
    });
    assert_eq!(client.count_of(Statistic::Received), 60);
    drop(kept);
}

#[test]
fn certificate_is_reloaded_under_load_without_losing_triggers() {
    let pair = CertificateFiles::new("renewed");
    let client = pair.client(&[]);
    let old = pair.certificate();
    let mut kept = connect(&client, old.clone()).unwrap();
    assert_eq!(post_over(&mut kept, &client), 200);
    let done = AtomicBool::new(false);
    let taken = AtomicUsize::new(1);
    thread::scope(|scope| {
        for _ in 0..2 {
            // New connections at all times, from peers that trust both certificates: each succeeds, before, during and
            // after the change.
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let stream = connect(&client, old.clone())
                        .or_else(|| connect(&client, pair.certificate()));
                    assert_eq!(post_over(&mut stream.unwrap(), &client), 200);
                    taken.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        thread::sleep(Duration::from_millis(200));
        let new = pair.renew();
        let begun = Instant::now();
        while connect(&client, new.clone()).is_none() {
            assert!(
                begun.elapsed() < TIMEOUT,
                "the new certificate was not loaded"
            );
            thread::sleep(Duration::from_millis(50));
        }
        thread::sleep(Duration::from_millis(200));
        done.store(true, Ordering::Relaxed);
    });
    assert!(connect(&client, old).is_none());
    // The earlier connection continues.
    assert_eq!(post_over(&mut kept, &client), 200);
    let taken = taken.into_inner() as u64 + 1;
    assert_eq!(client.count_of(Statistic::Received), taken);
}

#[test]
fn invalid_new_certificate_is_ignored() {
    let pair = CertificateFiles::new("spoilt");
    let client = pair.client(&[]);
    let good = pair.certificate();
    let good_key = fs::read_to_string(pair.path("key.pem")).unwrap();
    let other = CertificateFiles::new("spoilt-other");
    let other_key = fs::read_to_string(other.path("key.pem")).unwrap();
    for key in [other_key.as_str(), "no key", ""] {
        pair.write("key.pem", key);
        // Long enough for three checks of the files.
        thread::sleep(Duration::from_millis(3200));
        let mut stream = connect(&client, good.clone()).unwrap();
        assert_eq!(post_over(&mut stream, &client), 200);
    }
    fs::remove_file(pair.path("key.pem")).unwrap();
    thread::sleep(Duration::from_millis(3200));
    assert!(connect(&client, good.clone()).is_some());
    pair.write("key.pem", &good_key);
    let new = pair.renew();
    let begun = Instant::now();
    while connect(&client, new.clone()).is_none() {
        assert!(begun.elapsed() < TIMEOUT);
        thread::sleep(Duration::from_millis(50));
    }
}

/// Holds the new key without sharing it, as a virus scanner may do.
#[cfg(windows)]
#[test]
fn certificate_that_another_program_holds_is_loaded_later() {
    use std::os::windows::fs::OpenOptionsExt;

    recording_log::record_log(log::LevelFilter::Error);
    let pair = CertificateFiles::new("held");
    let client = pair.client(&[]);
    let old = pair.certificate();
    let new = pair.renew();
    let mut options = fs::OpenOptions::new();
    let held = options
        .read(true)
        .share_mode(0)
        .open(pair.path("key.pem"))
        .unwrap();
    let begun = Instant::now();
    let is_reported = |line: &String| {
        line.contains("the listener keeps its certificate") && line.contains("-held")
    };
    while !recording_log::lines().iter().any(is_reported) {
        assert!(begun.elapsed() < TIMEOUT, "the held file was not reported");
        thread::sleep(Duration::from_millis(50));
    }
    assert!(connect(&client, old).is_some());
    drop(held);
    while connect(&client, new.clone()).is_none() {
        assert!(
            begun.elapsed() < TIMEOUT,
            "the new certificate was not loaded"
        );
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn unusable_files_are_reported_at_open() {
    let (pair, other) = (
        CertificateFiles::new("opening"),
        CertificateFiles::new("opening-other"),
    );
    pair.write("empty.pem", "");
    let fails = |certificate: &str, key: &str| {
        let mut config = Config::new();
        config.set("token", "t").unwrap();
        config.set("listen", "127.0.0.1:0").unwrap();
        config.set("listen.tls.certificate", certificate).unwrap();
        config.set("listen.tls.key", key).unwrap();
        let error = Client::open(&config).unwrap_err();
        assert_eq!(error.status(), Status::File);
        error.message().to_owned()
    };
    let (certificate, key) = (pair.path("certificate.pem"), pair.path("key.pem"));
    assert!(fails("/nowhere.pem", &key).contains("/nowhere.pem"));
    assert!(fails(&certificate, "/nowhere.pem").contains("/nowhere.pem"));
    assert!(fails(&pair.path("empty.pem"), &key).contains("empty.pem"));
    assert!(fails(&certificate, &certificate).contains("certificate.pem"));
    let message = fails(&certificate, &other.path("key.pem"));
    assert!(
        message.contains("it is not the key of listen.tls.certificate"),
        "{message}"
    );
}
