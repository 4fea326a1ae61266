//! Certificates, and a TLS server that handles each connection as a test needs it.

// Each test uses a part of this file.
#![allow(dead_code)]

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{
    RootCertStore, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion,
};
use socket2::SockRef;

use super::http_server::read_request;

/// A certificate authority.
pub struct CertificateAuthority(CertifiedIssuer<'static, KeyPair>);

/// A certificate with its key.
pub struct Identity {
    pub certificate: CertificateDer<'static>,
    pub key: KeyPair,
}

impl CertificateAuthority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Windows takes a certificate with the name of its issuer for a self-signed one, and finds issuers by their names.
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("Authority {}", COUNT.fetch_add(1, Ordering::Relaxed));
        params.distinguished_name.push(DnType::CommonName, name);
        loop {
            let key = KeyPair::generate().unwrap();
            let issuer = CertifiedIssuer::self_signed(params.clone(), key).unwrap();
            if has_long_signature(issuer.der()) {
                return CertificateAuthority(issuer);
            }
        }
    }

    /// Writes a file for `tls.ca_file`.
    pub fn file(&self) -> String {
        write_pem_file("ca", &self.0.pem())
    }

    /// Returns a certificate for this host name or address.
    pub fn certify(&self, host: &str) -> Identity {
        self.certify_with(host, |_| ())
    }

    /// Returns a certificate for this host that is an authority itself.
    pub fn certify_authority(&self, host: &str) -> Identity {
        self.certify_with(host, |params| {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        })
    }

    /// Returns an expired certificate.
    pub fn certify_expired(&self, host: &str) -> Identity {
        self.certify_with(host, |params| {
            params.not_before = date_time_ymd(2001, 1, 1);
            params.not_after = date_time_ymd(2002, 1, 1);
        })
    }

    fn certify_with(&self, host: &str, change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        change(&mut params);
        loop {
            let key = KeyPair::generate().unwrap();
            let certificate = params.signed_by(&key, &self.0).unwrap().der().clone();
            if has_long_signature(&certificate) {
                return Identity { certificate, key };
            }
        }
    }

    fn verifier(&self) -> Arc<dyn rustls::server::danger::ClientCertVerifier> {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
            .build()
            .unwrap()
    }
}

/// Returns whether both numbers of the ECDSA signature of a certificate have 32 bytes. Wine 8 rejects one of 128 with a
/// shorter number as wrong.
pub fn has_long_signature(der: &[u8]) -> bool {
    const SEQUENCE: u8 = 0x30;
    const INTEGER: u8 = 0x02;
    let starts = |at: &usize| {
        der[*at] == SEQUENCE
            && usize::from(der[at + 1]) == der.len() - at - 2
            && der[at + 2] == INTEGER
    };
    let Some(start) = (der.len() - 72..der.len() - 3).find(starts) else {
        return false;
    };
    let numbers = &der[start + 4..];
    let (first, rest) = numbers.split_at(usize::from(der[start + 3]));
    [first, &rest[2..]].into_iter().all(|number| {
        let zeros = number.iter().take_while(|byte| **byte == 0).count();
        number.len() - zeros == 32
    })
}

impl Identity {
    /// Writes files for `tls.certificate` and `tls.key`.
    pub fn files(&self) -> (String, String) {
        let pem = |bytes: &[u8]| {
            let encoded = base64_lines(bytes);
            format!("-----BEGIN CERTIFICATE-----\n{encoded}-----END CERTIFICATE-----\n")
        };
        (
            write_pem_file("certificate", &pem(&self.certificate)),
            write_pem_file("key", &self.key.serialize_pem()),
        )
    }
}

fn base64_lines(bytes: &[u8]) -> String {
    use base64::Engine;
    let text = base64::prelude::BASE64_STANDARD.encode(bytes);
    let lines = text.as_bytes().chunks(64);
    lines
        .map(|line| format!("{}\n", std::str::from_utf8(line).unwrap()))
        .collect()
}

/// Writes a PEM file with this text, and returns its path.
pub fn write_pem_file(name: &str, text: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("omnize-{}-{number}-{name}.pem", std::process::id());
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Returns a TLS configuration. `client_authority`: clients must send a certificate of this authority.
pub fn server_config(
    identity: &Identity,
    versions: &[&'static SupportedProtocolVersion],
    asks_for_certificates_of: Option<&CertificateAuthority>,
) -> Arc<ServerConfig> {
    let builder = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(versions)
        .unwrap();
    let builder = match asks_for_certificates_of {
        Some(authority) => builder.with_client_cert_verifier(authority.verifier()),
        None => builder.with_no_client_auth(),
    };
    let key = PrivatePkcs8KeyDer::from(identity.key.serialize_der());
    let config = builder.with_single_cert(vec![identity.certificate.clone()], key.into());
    Arc::new(config.unwrap())
}

/// A TLS server with one thread for each connection.
pub struct TlsServer {
    /// The URL of the server.
    pub url: String,
    requests: Receiver<String>,
}

/// The client of a connection, before the handshake.
pub struct Peer {
    pub stream: StreamOwned<ServerConnection, TcpStream>,
    seen: Sender<String>,
}

impl TlsServer {
    pub fn start(config: Arc<ServerConfig>, serve: impl Fn(Peer) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}/api/rest/v1", listener.local_addr().unwrap());
        let (seen, requests) = mpsc::channel();
        let serve = Arc::new(serve);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let connection = ServerConnection::new(config.clone()).unwrap();
                let peer = Peer {
                    stream: StreamOwned::new(connection, stream.unwrap()),
                    seen: seen.clone(),
                };
                let serve = serve.clone();
                thread::spawn(move || serve(peer));
            }
        });
        TlsServer { url, requests }
    }

    /// Starts a server that sends these bytes as the response to every request.
    pub fn with_response(config: Arc<ServerConfig>, response: String) -> Self {
        TlsServer::start(config, move |mut peer| {
            while peer.read().is_some() {
                if peer.stream.write_all(response.as_bytes()).is_err() {
                    break;
                }
            }
            peer.linger();
        })
    }

    /// Returns the number of complete requests since the last call.
    pub fn requests(&self) -> usize {
        self.requests.try_iter().count()
    }
}

impl Peer {
    /// Reads and counts a whole request.
    pub fn read(&mut self) -> Option<String> {
        let request = read_request(&mut self.stream)?;
        let _ = self.seen.send(request.clone());
        Some(request)
    }

    /// Completes the handshake, and reads no further.
    pub fn handshake(&mut self) {
        while self.stream.conn.is_handshaking() {
            self.stream.conn.complete_io(&mut self.stream.sock).unwrap();
        }
        while self.stream.conn.wants_write() {
            self.stream.conn.write_tls(&mut self.stream.sock).unwrap();
        }
    }

    /// Blocks until a part of a request has arrived, possibly together with the end of the handshake.
    pub fn wait(&mut self) {
        let state = self.stream.conn.process_new_packets().unwrap();
        if state.plaintext_bytes_to_read() == 0 {
            self.stream.sock.peek(&mut [0]).unwrap();
        }
    }

    /// Reads and drops further input, so that the last response arrives before the end of the connection.
    pub fn linger(&mut self) {
        let _ = self.stream.sock.shutdown(Shutdown::Write);
        let mut rest = [0; 1024];
        while self.stream.sock.read(&mut rest).is_ok_and(|read| read > 0) {}
    }
}

/// Closes a connection with a reset.
pub fn reset(stream: &TcpStream) {
    SockRef::from(stream)
        .set_linger(Some(Duration::ZERO))
        .unwrap();
}
