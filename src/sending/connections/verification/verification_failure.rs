//! The errors of the operating system's verification that rustls has no name for.

use std::fmt;
use std::sync::Arc;

use rustls::{CertificateError, Error, OtherError};

/// The reason why the operating system did not accept a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerificationFailure {
    /// The verification did not end in time.
    Timeout,
    /// Whether the certificate was revoked is unknown, but required.
    RevocationUnknown,
    /// The system distrusts the certificate or one of its authorities.
    Distrusted,
    /// A signature in the chain uses an algorithm that the system rejects.
    WeakSignature,
    /// Another rule of the system, with its error number.
    Rule(u32),
    /// The system failed to verify it, with its error number.
    System(u32),
}

impl VerificationFailure {
    /// Returns the error for rustls.
    pub fn into_error(self) -> Error {
        Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(self))))
    }
}

/// A part of a sentence, for messages.
impl fmt::Display for VerificationFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VerificationFailure::Timeout => f.write_str(
                "the operating system did not verify its certificate in time; it may try to download a revocation list or an \
                 authority's certificate that this network blocks: set tls.revocation to off, and name the authority in \
                 tls.ca_file",
            ),
            VerificationFailure::RevocationUnknown => f.write_str(
                "tls.revocation requires proof that its certificate was not revoked, and no list (CRL) or OCSP response is \
                 available; let this machine reach the URL in the certificate, or set tls.revocation to best_effort",
            ),
            VerificationFailure::Distrusted => {
                f.write_str("the operating system distrusts its certificate or its authority")
            }
            VerificationFailure::WeakSignature => f.write_str(
                "the signature algorithm of its certificate is not supported, for example SHA-1",
            ),
            VerificationFailure::Rule(number) => write!(
                f,
                "its certificate violates a rule of the operating system (error {number:#010x})"
            ),
            VerificationFailure::System(number) => write!(
                f,
                "the operating system can't verify its certificate (error {number:#010x})"
            ),
        }
    }
}

impl std::error::Error for VerificationFailure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_has_a_text_and_a_solution_if_there_is_one() {
        for (failure, expected) in [
            (VerificationFailure::Timeout, "set tls.revocation to off"),
            (
                VerificationFailure::RevocationUnknown,
                "set tls.revocation to best_effort",
            ),
            (VerificationFailure::Distrusted, "distrusts"),
            (VerificationFailure::WeakSignature, "SHA-1"),
            (VerificationFailure::Rule(0x800b_0109), "error 0x800b0109"),
            (VerificationFailure::System(5), "error 0x00000005"),
        ] {
            let text = failure.to_string();
            assert!(text.contains(expected), "{text}");
            assert!(failure.into_error().to_string().contains("certificate"));
        }
    }
}
