//! A local Omnize service.
