//! Verification of a server's certificate.
//!
//! `server_certificate.rs` trusts certificates that the application names, and otherwise those of authorities. The operating
//! system checks the latter: `platform_verifier.rs`, or `windows_verifier.rs` on Windows, with the rules of `chain_evaluation.rs`.

#[cfg(any(windows, test))]
mod chain_evaluation;
#[cfg(not(windows))]
mod platform_verifier;
pub mod server_certificate;
#[cfg(any(windows, test))]
mod verification_failure;
#[cfg(windows)]
mod windows_verifier;

#[cfg(not(windows))]
pub use crate::sending::connections::verification::platform_verifier::{
    describe_failure, system_verifier,
};
#[cfg(windows)]
pub use crate::sending::connections::verification::windows_verifier::{
    describe_failure, system_verifier,
};
