//! Decides about a certificate chain that Windows checked.

use rustls::{CertificateError, Error};

use crate::config::Revocation;
use crate::host::chain_status::ChainStatus;
use crate::sending::connections::verification::verification_failure::VerificationFailure;

// CERT_TRUST_… of wincrypt.h.
const NOT_TIME_VALID: u32 = 0x1;
const REVOKED: u32 = 0x4;
const NOT_SIGNATURE_VALID: u32 = 0x8;
const NOT_VALID_FOR_USAGE: u32 = 0x10;
const UNTRUSTED_ROOT: u32 = 0x20;
const REVOCATION_STATUS_UNKNOWN: u32 = 0x40;
const PARTIAL_CHAIN: u32 = 0x1_0000;
const WEAK_SIGNATURE: u32 = 0x10_0000;
const OFFLINE_REVOCATION: u32 = 0x100_0000;
const EXPLICIT_DISTRUST: u32 = 0x400_0000;

/// Decides about a chain. Windows' rules apply after the errors that have a message of their own.
pub fn evaluate(status: ChainStatus, revocation: Revocation) -> Result<(), Error> {
    let has = |bits: u32| status.errors & bits != 0;
    let error = if has(EXPLICIT_DISTRUST) {
        return Err(VerificationFailure::Distrusted.into_error());
    } else if has(REVOKED) {
        CertificateError::Revoked
    } else if has(UNTRUSTED_ROOT | PARTIAL_CHAIN) {
        CertificateError::UnknownIssuer
    } else if has(NOT_SIGNATURE_VALID) {
        CertificateError::BadSignature
    } else if has(NOT_TIME_VALID) && status.is_early {
        CertificateError::NotValidYet
    } else if has(NOT_TIME_VALID) {
        CertificateError::Expired
    } else if has(NOT_VALID_FOR_USAGE) {
        CertificateError::InvalidPurpose
    } else if has(WEAK_SIGNATURE) {
        return Err(VerificationFailure::WeakSignature.into_error());
    } else if status.policy_error != 0 {
        return Err(VerificationFailure::Rule(status.policy_error).into_error());
    } else if revocation == Revocation::Required
        && has(OFFLINE_REVOCATION | REVOCATION_STATUS_UNKNOWN)
    {
        return Err(VerificationFailure::RevocationUnknown.into_error());
    } else {
        return Ok(());
    };
    Err(Error::InvalidCertificate(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the error's text, because rustls' other errors are never equal.
    fn evaluated(errors: u32, policy_error: u32, revocation: Revocation) -> Result<(), String> {
        let status = ChainStatus {
            errors,
            is_early: false,
            policy_error,
        };
        evaluate(status, revocation).map_err(|error| error.to_string())
    }

    #[test]
    fn only_required_rejects_an_unknown_revocation() {
        for unknown in [
            OFFLINE_REVOCATION,
            REVOCATION_STATUS_UNKNOWN,
            OFFLINE_REVOCATION | REVOCATION_STATUS_UNKNOWN,
        ] {
            assert_eq!(evaluated(unknown, 0, Revocation::BestEffort), Ok(()));
            assert_eq!(
                evaluated(unknown, 0, Revocation::Required),
                Err(VerificationFailure::RevocationUnknown
                    .into_error()
                    .to_string())
            );
        }
        assert_eq!(evaluated(0, 0, Revocation::Required), Ok(()));
    }

    #[test]
    fn each_error_of_a_chain_rejects_it_with_every_value_of_revocation() {
        let named = |error| Error::InvalidCertificate(error);
        for (errors, policy_error, expected) in [
            (REVOKED, 0, named(CertificateError::Revoked)),
            (
                REVOKED | OFFLINE_REVOCATION,
                0,
                named(CertificateError::Revoked),
            ),
            (UNTRUSTED_ROOT, 0, named(CertificateError::UnknownIssuer)),
            (
                PARTIAL_CHAIN | REVOCATION_STATUS_UNKNOWN,
                0,
                named(CertificateError::UnknownIssuer),
            ),
            (NOT_TIME_VALID, 0, named(CertificateError::Expired)),
            (
                NOT_SIGNATURE_VALID,
                0,
                named(CertificateError::BadSignature),
            ),
            (
                NOT_VALID_FOR_USAGE,
                0,
                named(CertificateError::InvalidPurpose),
            ),
            (
                EXPLICIT_DISTRUST,
                0,
                VerificationFailure::Distrusted.into_error(),
            ),
            (
                WEAK_SIGNATURE,
                0,
                VerificationFailure::WeakSignature.into_error(),
            ),
            (
                0,
                0x800b_0109,
                VerificationFailure::Rule(0x800b_0109).into_error(),
            ),
            (
                OFFLINE_REVOCATION,
                0x800b_0109,
                VerificationFailure::Rule(0x800b_0109).into_error(),
            ),
        ] {
            for revocation in [
                Revocation::Off,
                Revocation::BestEffort,
                Revocation::Required,
            ] {
                let evaluated = evaluated(errors, policy_error, revocation);
                assert_eq!(evaluated, Err(expected.to_string()), "{errors:#x}");
            }
        }
    }

    #[test]
    fn an_early_certificate_is_not_reported_as_expired() {
        let status = ChainStatus {
            errors: NOT_TIME_VALID,
            is_early: true,
            policy_error: 0,
        };
        assert_eq!(
            evaluate(status, Revocation::Off),
            Err(Error::InvalidCertificate(CertificateError::NotValidYet))
        );
    }
}
