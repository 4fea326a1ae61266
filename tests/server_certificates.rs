//! A server with a self-signed certificate is trusted if `tls.ca_file` contains that certificate, for its host and its
//! time. Otherwise the error says what to do.

#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/tls_server.rs"]
mod tls_server;

use std::sync::Arc;

use http_server::http;
use omnize::Client;
use omnize::config::Config;
use omnize::error::{Delivery, Error};
use omnize::status::Status;
use omnize::wire::Address;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, SigningKey, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, SupportedProtocolVersion};
use tls_server::{CertificateAuthority, Identity, TlsServer, server_config};

const HOST: &str = "127.0.0.1";
const BOTH_VERSIONS: &[&SupportedProtocolVersion] = &[&TLS12, &TLS13];

/// Returns a self-signed certificate.
fn self_signed(host: &str, change: impl FnOnce(&mut CertificateParams)) -> Identity {
    let mut params = CertificateParams::new([host.to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap().der().clone();
    Identity { certificate, key }
}

fn message_to(config: Arc<ServerConfig>, ca: &str) -> Result<(), Error> {
    let server = TlsServer::with_response(config, http("200 OK", ""));
    let mut config = Config::new();
    for (name, value) in [
        ("token", "t"),
        ("base_url", &server.url),
        ("proxy", "none"),
        ("tls.ca_file", ca),
    ] {
        config.set(name, value).unwrap();
    }
    let client = Client::open(&config).unwrap();
    let address = Address {
        department: "1".into(),
        client_id: "12".into(),
    };
    let sent = client.attach(address).unwrap().send("oi");
    assert_eq!(server.requests(), usize::from(sent.is_ok()));
    sent
}

#[track_caller]
fn assert_insecure(result: Result<(), Error>, says: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.status(), Status::Tls, "{error:?}");
    assert_eq!(error.delivery(), Some(Delivery::NotSent), "{error:?}");
    assert!(error.message().contains(says), "{says:?} in {error}");
}

#[test]
fn self_signed_certificate_of_ca_file_is_trusted() {
    for versions in [BOTH_VERSIONS, &[&TLS12]] {
        let named = self_signed(HOST, |_| ());
        message_to(server_config(&named, versions, None), &named.files().0).unwrap();
        let not_for_authorities = self_signed(HOST, |params| params.is_ca = IsCa::ExplicitNoCa);
        let config = server_config(&not_for_authorities, versions, None);
        message_to(config, &not_for_authorities.files().0).unwrap();
        // Signed by an unknown authority.
        let signed = CertificateAuthority::new().certify(HOST);
        message_to(server_config(&signed, versions, None), &signed.files().0).unwrap();
    }
}

#[test]
fn host_and_time_of_a_self_signed_certificate_are_checked() {
    let elsewhere = self_signed("chat.example.com", |_| ());
    let config = server_config(&elsewhere, BOTH_VERSIONS, None);
    assert_insecure(
        message_to(config, &elsewhere.files().0),
        "is for another host",
    );
    let expired = self_signed(HOST, |params| {
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 1, 1);
    });
    let config = server_config(&expired, BOTH_VERSIONS, None);
    assert_insecure(message_to(config, &expired.files().0), "has expired");
    let early = self_signed(HOST, |params| params.not_before = date_time_ymd(4001, 1, 1));
    let config = server_config(&early, BOTH_VERSIONS, None);
    assert_insecure(message_to(config, &early.files().0), "is not valid yet");
}

#[test]
fn other_self_signed_certificate_is_rejected_with_advice() {
    let (served, named) = (self_signed(HOST, |_| ()), self_signed(HOST, |_| ()));
    let says = "is an authority's (CA:TRUE); name this certificate itself in tls.ca_file";
    assert_insecure(
        message_to(
            server_config(&served, BOTH_VERSIONS, None),
            &named.files().0,
        ),
        says,
    );
    // A certificate of an authority is not valid for a server, unless it names the host. Windows accepts it.
    if cfg!(windows) {
        return;
    }
    let authority = CertificateAuthority::new();
    let signed = authority.certify_authority(HOST);
    assert_insecure(
        message_to(
            server_config(&signed, BOTH_VERSIONS, None),
            &authority.file(),
        ),
        says,
    );
}

#[test]
fn version_1_certificate_is_rejected_with_advice() {
    let identity = self_signed(HOST, |_| ());
    let certificate = to_version_1(&identity);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivatePkcs8KeyDer::from(identity.key.serialize_der());
    let key = provider
        .key_provider
        .load_private_key(PrivateKeyDer::from(key))
        .unwrap();
    let certified = CertifiedKey::new(vec![certificate.clone()], key);
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(BOTH_VERSIONS)
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
    let named = Identity {
        certificate,
        key: KeyPair::generate().unwrap(),
    };
    let says = "has X.509 version 1, which can't name a host; install one of version 3";
    assert_insecure(message_to(Arc::new(config), &named.files().0), says);
}

/// Returns the same certificate as version 1: without the version field, which is the third field there, and without
/// extensions.
fn to_version_1(identity: &Identity) -> CertificateDer<'static> {
    const SEQUENCE: u8 = 0x30;
    const BIT_STRING: u8 = 3;
    let whole = der_values(&identity.certificate)[0].1;
    let [signed, algorithm, _] = &der_values(whole)[..] else {
        panic!("a certificate has three parts");
    };
    let fields = der_values(signed.1);
    let kept: Vec<u8> = fields[1..]
        .iter()
        .filter(|(tag, _)| *tag != 0xa3)
        .flat_map(|(tag, content)| der_value(*tag, content))
        .collect();
    let signed = der_value(SEQUENCE, &kept);
    let signature = [vec![0], identity.key.sign(&signed).unwrap()].concat();
    let algorithm = der_value(algorithm.0, algorithm.1);
    let certificate = [signed, algorithm, der_value(BIT_STRING, &signature)].concat();
    der_value(SEQUENCE, &certificate).into()
}

/// Returns the values inside a DER value, each with its tag.
fn der_values(mut bytes: &[u8]) -> Vec<(u8, &[u8])> {
    let mut der_values = Vec::new();
    while let [tag, first, rest @ ..] = bytes {
        let long = usize::from(first & 0x7f) * usize::from(first >> 7);
        let length = rest[..long]
            .iter()
            .fold(0, |length, byte| length << 8 | usize::from(*byte));
        let length = if long == 0 {
            usize::from(*first)
        } else {
            length
        };
        der_values.push((*tag, &rest[long..long + length]));
        bytes = &rest[long + length..];
    }
    der_values
}

fn der_value(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = match content.len() {
        short @ 0..128 => vec![short as u8],
        byte @ 128..256 => vec![0x81, byte as u8],
        long => [&[0x82][..], &(long as u16).to_be_bytes()].concat(),
    };
    [&[tag][..], &length, content].concat()
}
