//! Windows verifies the service's certificate. The option `tls.revocation` decides about revoked certificates, and about those
//! whose state is unknown because no list can be read.

#![cfg(windows)]

#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/test_client.rs"]
mod test_client;
#[path = "support/wine.rs"]
mod wine;

use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use http_server::{Server, http, read_request};
use omnize::error::{Delivery, Error};
use omnize::status::Status;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer,
    CrlDistributionPoint, ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose,
    RevokedCertParams, SerialNumber, date_time_ymd,
};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use test_client::{attach, open_client};
use windows_sys::Win32::Security::Cryptography::{
    CERT_CONTEXT, CERT_STORE_ADD_ALWAYS, CertAddEncodedCertificateToStore, CertCloseStore,
    CertDeleteCertificateFromStore, CertOpenSystemStoreW, X509_ASN_ENCODING,
};

const SERIAL: u64 = 4711;

/// An authority, and the HTTP server of its revocation list.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    /// The URL of the list, if certificates contain one.
    list_url: Option<String>,
    _server: Option<Server>,
}

/// The revocation list of an authority.
#[derive(Clone, Copy, PartialEq)]
enum List {
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
    fn new(list: List) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let name = format!("Authority {:?}", Instant::now());
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let issuer = CertifiedIssuer::self_signed(params, key).unwrap();
        let mut authority = Authority {
            issuer,
            list_url: None,
            _server: None,
        };
        match list {
            List::None => {}
            List::Unreachable => authority.list_url = Some(unused_url()),
            List::Empty => authority.serve_list(Vec::new()),
            List::Revoked => authority.serve_list(vec![RevokedCertParams {
                serial_number: SerialNumber::from(SERIAL),
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
        let list = list.signed_by(&self.issuer).unwrap();
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/pkix-crl\r\nContent-Length: {}\r\n\r\n",
            list.der().len()
        );
        let server = Server::with_response([head.as_bytes(), list.der()].concat());
        self.list_url = Some(format!("{}/list.crl", server.url));
        self._server = Some(server);
    }

    /// Writes a file for `tls.ca_file`.
    fn file(&self) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("omnize-windows-{}-{number}.pem", std::process::id());
        let path: PathBuf = std::env::temp_dir().join(name);
        std::fs::write(&path, self.issuer.pem()).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Starts a TLS service with a certificate of this authority. Returns its URL.
    fn serve(&self, change: impl FnOnce(&mut CertificateParams)) -> String {
        let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        params.serial_number = Some(SerialNumber::from(SERIAL));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        if let Some(url) = &self.list_url {
            params.crl_distribution_points = vec![CrlDistributionPoint {
                uris: vec![url.clone()],
            }];
        }
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().der().clone();
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

fn message_to(url: &str, ca_file: &str, revocation: &str) -> Result<(), Error> {
    let options = [
        ("proxy", "none"),
        ("tls.ca_file", ca_file),
        ("tls.revocation", revocation),
    ];
    let client = open_client(url, &options);
    attach(&client, "12").send("oi")
}

#[track_caller]
fn assert_insecure(result: Result<(), Error>, says: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.status(), Status::Tls, "{error:?}");
    assert_eq!(error.delivery(), Some(Delivery::NotSent), "{error:?}");
    assert!(error.message().contains(says), "{says:?} in {error}");
}

#[test]
fn unknown_revocation_is_accepted_unless_it_is_required() {
    for list in [List::None, List::Unreachable] {
        let authority = Authority::new(list);
        let (url, file) = (authority.serve(|_| ()), authority.file());
        message_to(&url, &file, "off").unwrap();
        let begun = Instant::now();
        message_to(&url, &file, "best_effort").unwrap();
        assert!(begun.elapsed() < Duration::from_secs(10));
        assert_insecure(
            message_to(&url, &file, "required"),
            "set tls.revocation to best_effort",
        );
    }
}

#[test]
fn revoked_certificate_is_rejected_unless_the_check_is_off() {
    let authority = Authority::new(List::Revoked);
    let (url, file) = (authority.serve(|_| ()), authority.file());
    message_to(&url, &file, "off").unwrap();
    for revocation in ["best_effort", "required"] {
        assert_insecure(message_to(&url, &file, revocation), "was revoked");
    }
}

#[test]
fn valid_certificate_passes_the_required_check() {
    let authority = Authority::new(List::Empty);
    let (url, file) = (authority.serve(|_| ()), authority.file());
    for revocation in ["off", "best_effort", "required"] {
        message_to(&url, &file, revocation).unwrap();
    }
}

#[test]
fn other_errors_of_certificates_are_named() {
    let authority = Authority::new(List::None);
    let file = authority.file();
    let check = |change: fn(&mut CertificateParams), says: &str| {
        assert_insecure(message_to(&authority.serve(change), &file, "off"), says);
    };
    check(
        |params| {
            params.not_before = date_time_ymd(2001, 1, 1);
            params.not_after = date_time_ymd(2002, 1, 1);
        },
        "has expired",
    );
    check(
        |params| params.not_before = date_time_ymd(2999, 1, 1),
        "is not valid yet",
    );
    check(
        |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning],
        "is not for servers",
    );
    check(
        |params| {
            let other = CertificateParams::new(["chat.example.com".to_owned()]).unwrap();
            params.subject_alt_names = other.subject_alt_names;
        },
        "is for another host",
    );
    // An authority that Windows does not know.
    let other = Authority::new(List::None);
    assert_insecure(
        message_to(&other.serve(|_| ()), &file, "off"),
        "name it in tls.ca_file",
    );
}

#[test]
fn authority_of_the_users_certificate_store_is_trusted() {
    if !wine::is_wine() {
        println!("skip: on Windows, the user must confirm a new authority");
        return;
    }
    let (stored, other) = (Authority::new(List::None), Authority::new(List::None));
    let url = stored.serve(|_| ());
    assert_insecure(message_to(&url, &other.file(), "off"), "is not trusted");
    let store = UserRoot::add(stored.issuer.der());
    let result = message_to(&url, &other.file(), "off");
    drop(store);
    result.unwrap();
}

/// A certificate in the user's store of authorities, until it is dropped.
struct UserRoot(*const CERT_CONTEXT);

impl UserRoot {
    fn add(der: &[u8]) -> Self {
        let mut added = std::ptr::null_mut();
        // SAFETY: the name ends with 0, the certificate has the given length, and the pointer is written once.
        unsafe {
            let store = CertOpenSystemStoreW(0, windows_sys::core::w!("ROOT"));
            assert!(!store.is_null());
            let length = u32::try_from(der.len()).unwrap();
            let is_added = CertAddEncodedCertificateToStore(
                store,
                X509_ASN_ENCODING,
                der.as_ptr(),
                length,
                CERT_STORE_ADD_ALWAYS,
                &raw mut added,
            );
            assert_ne!(is_added, 0, "{}", std::io::Error::last_os_error());
            CertCloseStore(store, 0);
        }
        UserRoot(added)
    }
}

impl Drop for UserRoot {
    fn drop(&mut self) {
        // SAFETY: the certificate is valid, and the call frees it.
        unsafe { CertDeleteCertificateFromStore(self.0) };
    }
}
