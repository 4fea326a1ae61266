//! The three dialects against a sandbox that parses each strictly: one application that behaves the same in all, and
//! the additions of the later ones.

#![cfg(all(feature = "sandbox", feature = "store"))]

mod external_bot;
mod interaction_hashes;
mod later_dialects;
mod same_application;
mod sandbox_account;
mod transfers;
