//! What went wrong in TLS, in words of our own: those of the TLS library may hold what a certificate or a peer says.

use std::io;

use rustls::{AlertDescription, CertificateError, Error};

/// What TLS said of a connection that failed, as a part of a sentence; `None` where the failure is not one of TLS.
pub fn describe(error: &io::Error) -> Option<String> {
    let cause = error.get_ref()?;
    if cause.is::<rustls::pki_types::InvalidDnsNameError>() {
        return Some("a certificate can't name this host; check base_url".into());
    }
    let error = cause.downcast_ref::<Error>()?;
    let fixed = match error {
        Error::InvalidCertificate(error) => return Some(certificate(error).into()),
        Error::AlertReceived(alert) => return Some(refusal(*alert)),
        Error::NoCertificatesPresented => "it has shown no certificate",
        Error::PeerIncompatible(_) => {
            "it speaks no version or cipher of TLS that is used here; check tls.min_version"
        }
        Error::InvalidMessage(_)
        | Error::InappropriateMessage { .. }
        | Error::PeerSentOversizedRecord => "what it says is no TLS; check the port in base_url",
        Error::InappropriateHandshakeMessage { .. } | Error::PeerMisbehaved(_) => {
            "it does not keep the rules of TLS"
        }
        Error::DecryptError => "what it sent can't be decrypted",
        Error::FailedToGetCurrentTime => "this machine's clock can't be read",
        Error::FailedToGetRandomBytes => "the operating system gives no randomness",
        // What is left in words is this: no system certificates and no others.
        Error::General(_) => {
            "no certificates of authorities were found on this machine; name some in tls.ca_file"
        }
        _ => "TLS failed",
    };
    Some(fixed.into())
}

fn certificate(error: &CertificateError) -> &'static str {
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
            "its certificate is of an authority that is not trusted; name that in tls.ca_file"
        }
        CertificateError::BadEncoding => "its certificate can't be read",
        CertificateError::BadSignature => "its certificate has a wrong signature",
        CertificateError::Revoked => "its certificate was revoked",
        CertificateError::UnhandledCriticalExtension => {
            "its certificate has a critical extension that is not known here"
        }
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "its certificate has a signature of a kind that is not used here, such as SHA-1"
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "its certificate is not for servers (extendedKeyUsage)"
        }
        CertificateError::Other(error) => match error.0.downcast_ref() {
            Some(webpki::Error::CaUsedAsEndEntity) => {
                "its certificate is that of an authority (CA:TRUE); name this certificate itself in tls.ca_file, or give the \
                 server one with CA:FALSE"
            }
            Some(webpki::Error::UnsupportedCertVersion) => {
                "its certificate is of X.509 version 1, which can't name a host; give the server one of version 3 with the \
                 host as subjectAltName"
            }
            Some(_) => "its certificate can't be used",
            // The verifier has this one alone.
            None => "its certificate is not for servers (extendedKeyUsage)",
        },
        _ => "its certificate can't be used",
    }
}

fn refusal(alert: AlertDescription) -> String {
    let why = match alert {
        AlertDescription::HandshakeFailure
        | AlertDescription::ProtocolVersion
        | AlertDescription::InsufficientSecurity => {
            "it refuses the versions and ciphers of TLS that are used here"
        }
        AlertDescription::CertificateRequired | AlertDescription::NoCertificate => {
            "it asks for a certificate; set tls.certificate and tls.key"
        }
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::AccessDenied => {
            "it refuses the certificate of tls.certificate, or none"
        }
        AlertDescription::UnrecognisedName => "it does not know the host of base_url",
        alert => return format!("it broke off with TLS alert {}", u8::from(alert)),
    };
    why.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_what_a_peer_says_is_told() {
        let presented = CertificateError::NotValidForNameContext {
            expected: "segredo.example".try_into().unwrap(),
            presented: vec!["segredo.example".into()],
        };
        for (error, says) in [
            (Error::InvalidCertificate(presented), "another host"),
            (Error::General("segredo".into()), "tls.ca_file"),
            (
                Error::AlertReceived(AlertDescription::InternalError),
                "alert 80",
            ),
            (Error::EncryptError, "TLS failed"),
        ] {
            let told = describe(&io::Error::other(error)).unwrap();
            assert!(told.contains(says) && !told.contains("segredo"), "{told}");
        }
        assert_eq!(describe(&io::ErrorKind::BrokenPipe.into()), None);
    }
}
