//! Describes TLS errors in texts of our own. Those of the TLS library may contain data of a certificate or a peer.

use std::io;

use rustls::{AlertDescription, CertificateError, Error};

use crate::sending::connections::verification;

/// Returns the cause of a TLS error, as a part of a sentence; `None` if it is not a TLS error.
pub fn describe(error: &io::Error) -> Option<String> {
    let cause = error.get_ref()?;
    if cause.is::<rustls::pki_types::InvalidDnsNameError>() {
        return Some("a certificate can't name this host; check base_url".into());
    }
    let error = cause.downcast_ref::<Error>()?;
    if let Error::InvalidCertificate(CertificateError::Other(error)) = error
        && let Some(text) = verification::describe_failure(error)
    {
        return Some(text);
    }
    let fixed = match error {
        Error::InvalidCertificate(error) => return Some(describe_certificate_error(error).into()),
        Error::AlertReceived(alert) => return Some(describe_alert(*alert)),
        Error::NoCertificatesPresented => "it sent no certificate",
        Error::PeerIncompatible(_) => {
            "it supports no TLS version or cipher of this library; check tls.min_version"
        }
        Error::InvalidMessage(_)
        | Error::InappropriateMessage { .. }
        | Error::PeerSentOversizedRecord => {
            "it did not respond with TLS; check the port in base_url"
        }
        Error::InappropriateHandshakeMessage { .. } | Error::PeerMisbehaved(_) => {
            "it violates the rules of TLS"
        }
        Error::DecryptError => "its data can't be decrypted",
        Error::FailedToGetCurrentTime => "this machine's clock can't be read",
        Error::FailedToGetRandomBytes => "the operating system returned no random numbers",
        // The only general error is that there are no trusted certificates.
        Error::General(_) => {
            "this machine has no certificates of authorities; name some in tls.ca_file"
        }
        _ => "TLS failed",
    };
    Some(fixed.into())
}

fn describe_certificate_error(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has expired"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "its certificate is for another host"
        }
        CertificateError::UnknownIssuer => {
            "the authority of its certificate is not trusted; name it in tls.ca_file"
        }
        CertificateError::BadEncoding => "its certificate can't be read",
        CertificateError::BadSignature => "the signature of its certificate is wrong",
        CertificateError::Revoked => "its certificate was revoked",
        CertificateError::UnhandledCriticalExtension => {
            "its certificate has an unknown critical extension"
        }
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "the signature algorithm of its certificate is not supported, for example SHA-1"
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "its certificate is not for servers (extendedKeyUsage)"
        }
        CertificateError::Other(error) => match error.0.downcast_ref() {
            Some(webpki::Error::CaUsedAsEndEntity) => {
                "its certificate is an authority's (CA:TRUE); name this certificate itself in tls.ca_file, or install one with \
                 CA:FALSE on the server"
            }
            Some(webpki::Error::UnsupportedCertVersion) => {
                "its certificate has X.509 version 1, which can't name a host; install one of version 3 with the host as \
                 subjectAltName"
            }
            Some(_) => "its certificate can't be used",
            // The verifier of macOS reports only this error in this form.
            None => "its certificate is not for servers (extendedKeyUsage)",
        },
        _ => "its certificate can't be used",
    }
}

fn describe_alert(alert: AlertDescription) -> String {
    let cause = match alert {
        AlertDescription::HandshakeFailure
        | AlertDescription::ProtocolVersion
        | AlertDescription::InsufficientSecurity => {
            "it rejected the TLS versions and ciphers of this library"
        }
        AlertDescription::CertificateRequired | AlertDescription::NoCertificate => {
            "it requires a client certificate; set tls.certificate and tls.key"
        }
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::AccessDenied => {
            "it rejected the certificate of tls.certificate, or requires one"
        }
        AlertDescription::UnrecognisedName => "it does not know the host of base_url",
        alert => return format!("it aborted with TLS alert {}", u8::from(alert)),
    };
    cause.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn description_contains_no_data_of_the_peer() {
        let presented = CertificateError::NotValidForNameContext {
            expected: "segredo.example".try_into().unwrap(),
            presented: vec!["segredo.example".into()],
        };
        for (error, expected) in [
            (Error::InvalidCertificate(presented), "another host"),
            (Error::General("segredo".into()), "tls.ca_file"),
            (
                Error::AlertReceived(AlertDescription::InternalError),
                "alert 80",
            ),
            (Error::EncryptError, "TLS failed"),
        ] {
            let text = describe(&io::Error::other(error)).unwrap();
            assert!(
                text.contains(expected) && !text.contains("segredo"),
                "{text}"
            );
        }
        assert_eq!(describe(&io::ErrorKind::BrokenPipe.into()), None);
    }
}
