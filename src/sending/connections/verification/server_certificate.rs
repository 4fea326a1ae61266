//! Verifies a server's certificate: by an authority, or because the application names exactly this certificate.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// Trusts the certificates that `by_authorities` trusts, and the `named` ones as server certificates.
#[derive(Debug)]
pub struct ServerCertificateVerifier {
    /// Trusts the authorities of the operating system and of the application.
    pub by_authorities: Arc<dyn ServerCertVerifier>,
    /// The certificates that the application names.
    pub named: Vec<CertificateDer<'static>>,
    /// The algorithms of signatures.
    pub algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertificateVerifier {
    /// Returns whether the application names this certificate, and it is valid for the host and the time. Each operating
    /// system has its own errors and its own order of checks, so their errors decide only about a revocation.
    fn is_valid_by_name(
        &self,
        end_entity: &CertificateDer<'_>,
        server_name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<bool, Error> {
        if !self.named.contains(end_entity) {
            return Ok(false);
        }
        let parsed = ParsedCertificate::try_from(end_entity)?;
        let mut itself = RootCertStore::empty();
        itself.add(end_entity.clone().into_owned())?;
        let checked = verify_server_cert_signed_by_trust_anchor(
            &parsed,
            &itself,
            &[],
            now,
            self.algorithms.all,
        );
        match checked {
            Err(error) if !is_chain_error(&error) => return Ok(false),
            _ => verify_server_name(&parsed, server_name)?,
        }
        Ok(true)
    }
}

impl ServerCertVerifier for ServerCertificateVerifier {
    /// A self-signed certificate is often an authority's (CA:TRUE), as `openssl req -x509` creates it. The rules for chains
    /// reject it as a server certificate. An application that names it in `tls.ca_file` trusts exactly this certificate.
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let by_authorities = self.by_authorities.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        let error = match by_authorities {
            Err(error) if error != Error::InvalidCertificate(CertificateError::Revoked) => error,
            verified => return verified,
        };
        match self.is_valid_by_name(end_entity, server_name, now)? {
            true => Ok(ServerCertVerified::assertion()),
            false => Err(error),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.by_authorities
            .verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.by_authorities
            .verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.by_authorities.supported_verify_schemes()
    }
}

/// Returns whether a certificate was rejected only for its position in the chain: an authority's certificate at the end, or
/// no trusted issuer. webpki checks the validity period before that.
fn is_chain_error(error: &Error) -> bool {
    match error {
        Error::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::BadSignature,
        ) => true,
        Error::InvalidCertificate(CertificateError::Other(error)) => matches!(
            error.0.downcast_ref(),
            Some(webpki::Error::CaUsedAsEndEntity)
        ),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
    use rustls::OtherError;
    use rustls::crypto::ring::default_provider;

    use super::*;

    /// Rejects each certificate with this error, as the verifiers of other operating systems do.
    #[derive(Debug)]
    struct Rejecting(Error);

    impl ServerCertVerifier for Rejecting {
        fn verify_server_cert(
            &self,
            _: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            _: UnixTime,
        ) -> Result<ServerCertVerified, Error> {
            Err(self.0.clone())
        }

        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            Err(self.0.clone())
        }

        fn verify_tls13_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            Err(self.0.clone())
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            Vec::new()
        }
    }

    /// Errors of the verifiers of macOS and Windows.
    fn platform_errors() -> Vec<Error> {
        let other = std::io::Error::other("the certificate is not standards compliant");
        [
            CertificateError::UnknownIssuer,
            CertificateError::InvalidPurpose,
            CertificateError::Other(OtherError(Arc::new(other))),
        ]
        .map(Error::InvalidCertificate)
        .into_iter()
        .chain([Error::General("rejected".into())])
        .collect()
    }

    fn certificate(change: impl FnOnce(&mut CertificateParams)) -> CertificateDer<'static> {
        let mut params = CertificateParams::new(["chat.example.com".to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().clone()
    }

    fn verify(
        error: &Error,
        named: &CertificateDer<'static>,
        presented: &CertificateDer<'static>,
        host: &'static str,
    ) -> Result<ServerCertVerified, Error> {
        let verifier = ServerCertificateVerifier {
            by_authorities: Arc::new(Rejecting(error.clone())),
            named: vec![named.clone()],
            algorithms: default_provider().signature_verification_algorithms,
        };
        let host = ServerName::try_from(host).unwrap();
        verifier.verify_server_cert(presented, &[], &host, &[], UnixTime::now())
    }

    #[test]
    fn a_named_certificate_is_trusted_with_any_error_of_the_system() {
        for is_ca in [IsCa::Ca(BasicConstraints::Unconstrained), IsCa::NoCa] {
            let named = certificate(|params| params.is_ca = is_ca);
            for error in platform_errors() {
                let verified = verify(&error, &named, &named, "chat.example.com");
                assert!(verified.is_ok(), "{error}: {verified:?}");
            }
        }
    }

    #[test]
    fn other_certificates_are_rejected_with_any_error_of_the_system() {
        let named = certificate(|_| ());
        let other = certificate(|_| ());
        let expired = certificate(|params| params.not_after = date_time_ymd(2020, 1, 1));
        let future = certificate(|params| params.not_before = date_time_ymd(2999, 1, 1));
        for error in platform_errors() {
            for (named, presented, host) in [
                (&named, &other, "chat.example.com"),
                (&named, &named, "other.example.com"),
                (&expired, &expired, "chat.example.com"),
                (&future, &future, "chat.example.com"),
            ] {
                let verified = verify(&error, named, presented, host);
                assert!(verified.is_err(), "{error}: {host}");
            }
        }
    }

    #[test]
    fn a_revoked_certificate_is_rejected() {
        let named = certificate(|_| ());
        let revoked = Error::InvalidCertificate(CertificateError::Revoked);
        let verified = verify(&revoked, &named, &named, "chat.example.com");
        assert_eq!(verified.unwrap_err(), revoked);
    }
}
