//! The verifier of systems other than Windows.

use std::sync::Arc;

use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::{Error, OtherError};
use rustls_platform_verifier::Verifier;

use crate::config::Revocation;
use crate::detached_calls::DetachedCalls;

/// Returns a verifier that trusts the system's authorities and these. `Revocation` has no effect; the settings reject every
/// value except `Off` on these systems.
pub fn system_verifier(
    authorities: &[CertificateDer<'static>],
    _: Revocation,
    provider: &Arc<CryptoProvider>,
    _: &Arc<DetachedCalls>,
) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    let verifier = Verifier::new_with_extra_roots(authorities.iter().cloned(), provider.clone())?;
    Ok(Arc::new(verifier))
}

/// Returns the cause of an error of the system, as a part of a sentence. None is known.
pub fn describe_failure(_: &OtherError) -> Option<String> {
    None
}
