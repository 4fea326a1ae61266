//! The result of a check of a certificate chain by Windows.

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainStatus {
    /// The errors, as bits `CERT_TRUST_…` of wincrypt.h.
    pub errors: u32,
    /// Whether the validity of the server's certificate begins later.
    pub is_early: bool,
    /// The error of Windows' rules for TLS servers, or 0. They do not check the host's name or a revocation.
    pub policy_error: u32,
}
