//! Customer chat over the Omnize service.

#![deny(unsafe_code)]

#[cfg(feature = "sandbox")]
pub mod sandbox;
