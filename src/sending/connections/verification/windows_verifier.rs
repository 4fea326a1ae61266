//! The verifier of Windows.
//!
//! Windows builds the chain and knows the trusted and distrusted authorities. The name is checked here, as on other systems:
//! early versions of Windows do not know IP addresses in certificates. See docs/src/decisions/0061.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
};

use crate::config::Revocation;
use crate::detached_calls::{CallError, DetachedCalls};
use crate::host::certificate_chain::{ChainVerifier, ServerChain};
use crate::sending::connections::verification::chain_evaluation;
use crate::sending::connections::verification::verification_failure::VerificationFailure;
use crate::sending::deadlines;

/// The longest time for downloads of certificates and revocation data. It leaves time for the rest of the handshake.
const MAX_DOWNLOAD_TIME: Duration = Duration::from_secs(3);

/// Returns a verifier that trusts Windows' authorities and these.
pub fn system_verifier(
    authorities: &[CertificateDer<'static>],
    revocation: Revocation,
    provider: &Arc<CryptoProvider>,
    calls: &Arc<DetachedCalls>,
) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    let chains = ChainVerifier::new(authorities.iter().map(AsRef::as_ref))
        .map_err(|error| system_error(&error))?;
    Ok(Arc::new(WindowsVerifier {
        chains: Arc::new(chains),
        revocation,
        provider: provider.clone(),
        calls: calls.clone(),
    }))
}

#[derive(Debug)]
struct WindowsVerifier {
    chains: Arc<ChainVerifier>,
    revocation: Revocation,
    provider: Arc<CryptoProvider>,
    calls: Arc<DetachedCalls>,
}

impl ServerCertVerifier for WindowsVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let server = ServerChain {
            end_entity: end_entity.to_vec(),
            intermediates: intermediates
                .iter()
                .map(|certificate| certificate.to_vec())
                .collect(),
            ocsp_response: ocsp_response.to_vec(),
            now: Duration::from_secs(now.as_secs()),
        };
        let remaining = deadlines::remaining().unwrap_or_default();
        let download_time = MAX_DOWNLOAD_TIME.min(remaining / 2);
        let checks_revocation = self.revocation != Revocation::Off;
        let chains = self.chains.clone();
        let status = self.calls.run("omnize-verify", remaining, move || {
            chains.check(&server, checks_revocation, download_time)
        });
        let status = match status {
            Ok(status) => status.map_err(|error| system_error(&error))?,
            Err(CallError::Timeout) => return Err(VerificationFailure::Timeout.into_error()),
            Err(CallError::Io(error)) => return Err(system_error(&error)),
        };
        let parsed = ParsedCertificate::try_from(end_entity)?;
        match chain_evaluation::evaluate(status, self.revocation) {
            Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
                return Err(self.untrusted(&parsed, now));
            }
            result => result?,
        }
        verify_server_name(&parsed, server_name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

impl WindowsVerifier {
    /// Returns the error for a certificate without a trusted authority. As on other systems, it says whether the certificate is
    /// an authority's itself.
    fn untrusted(&self, certificate: &ParsedCertificate<'_>, now: UnixTime) -> Error {
        let algorithms = self.provider.signature_verification_algorithms.all;
        let nobody = RootCertStore::empty();
        let checked =
            verify_server_cert_signed_by_trust_anchor(certificate, &nobody, &[], now, algorithms);
        // No certificate is valid without a trusted authority.
        checked
            .err()
            .unwrap_or(Error::InvalidCertificate(CertificateError::UnknownIssuer))
    }
}

/// Returns the cause of an error of this verifier, as a part of a sentence.
pub fn describe_failure(error: &OtherError) -> Option<String> {
    let failure: Option<&VerificationFailure> = error.0.downcast_ref();
    failure.map(ToString::to_string)
}

fn system_error(error: &io::Error) -> Error {
    VerificationFailure::System(error.raw_os_error().unwrap_or_default() as u32).into_error()
}
