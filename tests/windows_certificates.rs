//! Windows verifies the service's certificate. The option `tls.revocation` decides about revoked certificates, and about those
//! whose state is unknown because no list can be read.

#![cfg(windows)]

#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/revocation_server.rs"]
mod revocation_server;
#[path = "support/test_client.rs"]
mod test_client;
#[path = "support/tls_server.rs"]
mod tls_server;

use std::time::{Duration, Instant};

use omnize::error::{Delivery, Error};
use omnize::status::Status;
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, date_time_ymd};
use revocation_server::{Authority, List};
use test_client::{attach, open_client};

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
    // Wine 8 forgets a revocation after the first check of a certificate, so each check has its own.
    for revocation in ["off", "best_effort", "required"] {
        let authority = Authority::new(List::Revoked);
        let result = message_to(&authority.serve(|_| ()), &authority.file(), revocation);
        if revocation == "off" {
            result.unwrap();
        } else {
            assert_insecure(result, "was revoked");
        }
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
