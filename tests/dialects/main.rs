//! The three dialects against a service that reads each as strictly as its page allows: one application that does the same in
//! all, and what the later ones add.

#![cfg(all(feature = "sandbox", feature = "store"))]

mod account;
mod additions;
mod bot;
mod hashes;
mod same;
