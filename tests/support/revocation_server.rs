//! An authority, its revocation list, and a TLS service with a certificate of it.

// Each test uses a part of this file.
#![allow(dead_code)]

use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Instant;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer,
    CrlDistributionPoint, ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose,
    RevokedCertParams, SerialNumber, date_time_ymd,
};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::http_server::{Server, http, read_request};
use super::tls_server::has_long_signature;

/// An authority, and the HTTP server of its revocation list.
pub struct Authority {
    pub issuer: CertifiedIssuer<'static, KeyPair>,
    /// The serial number of its server certificate. Windows caches results by it, also for later runs.
    serial: u64,
    /// The URL of the list, if certificates contain one.
    list_url: Option<String>,
    _server: Option<Server>,
}

/// The revocation list of an authority.
#[derive(Clone, Copy, PartialEq)]
pub enum List {
    /// Certificates contain no URL of a list.
    None,
    /// Nobody listens at its URL.
    Unreachable,
    /// It is empty.
    Empty,
    /// It contains the server's certificate.
    Revoked,
}

impl Authority {
    pub fn new(list: List) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let name = format!("Authority {:?}", Instant::now());
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        let issuer = loop {
            let key = KeyPair::generate().unwrap();
            let issuer = CertifiedIssuer::self_signed(params.clone(), key).unwrap();
            if has_long_signature(issuer.der()) {
                break issuer;
            }
        };
        let mut random = [0; 8];
        getrandom::fill(&mut random).unwrap();
        let serial = u64::from_ne_bytes(random) >> 1;
        let mut authority = Authority {
            issuer,
            serial,
            list_url: None,
            _server: None,
        };
        match list {
            List::None => {}
            List::Unreachable => authority.list_url = Some(unused_url()),
            List::Empty => authority.serve_list(Vec::new()),
            List::Revoked => authority.serve_list(vec![RevokedCertParams {
                serial_number: SerialNumber::from(serial),
                revocation_time: date_time_ymd(2020, 1, 1),
                reason_code: None,
                invalidity_date: None,
            }]),
        }
        authority
    }

    fn serve_list(&mut self, revoked_certs: Vec<RevokedCertParams>) {
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2020, 1, 1),
            next_update: date_time_ymd(2999, 1, 1),
            crl_number: SerialNumber::from(1u64),
            issuing_distribution_point: None,
            revoked_certs,
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let list = loop {
            let signed = list.signed_by(&self.issuer).unwrap();
            if has_long_signature(signed.der()) {
                break signed;
            }
        };
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/pkix-crl\r\nContent-Length: {}\r\n\r\n",
            list.der().len()
        );
        let server = Server::with_response([head.as_bytes(), list.der()].concat());
        self.list_url = Some(format!("{}/list.crl", server.url));
        self._server = Some(server);
    }

    /// Writes a file for `tls.ca_file`.
    pub fn file(&self) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("omnize-windows-{}-{number}.pem", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, self.issuer.pem()).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Starts a TLS service with a certificate of this authority. Returns its URL.
    pub fn serve(&self, change: impl FnOnce(&mut CertificateParams)) -> String {
        let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        params.serial_number = Some(SerialNumber::from(self.serial));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        if let Some(url) = &self.list_url {
            params.crl_distribution_points = vec![CrlDistributionPoint {
                uris: vec![url.clone()],
            }];
        }
        change(&mut params);
        let (key, certificate) = loop {
            let key = KeyPair::generate().unwrap();
            let certificate = params.signed_by(&key, &self.issuer).unwrap().der().clone();
            if has_long_signature(&certificate) {
                break (key, certificate);
            }
        };
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key.into())
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}/", listener.local_addr().unwrap());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let connection = ServerConnection::new(config.clone()).unwrap();
                let mut stream = StreamOwned::new(connection, stream.unwrap());
                thread::spawn(move || {
                    while read_request(&mut stream).is_some() {
                        let _ = stream.write_all(http("200 OK", "{}").as_bytes());
                    }
                });
            }
        });
        url
    }
}

/// Returns a URL at which nobody listens.
fn unused_url() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/list.crl", listener.local_addr().unwrap())
}
