//! The three dialects against a service that reads each as strictly as its page allows: one application that does the same in
//! all, and what the later ones add.

#![cfg(all(feature = "sandbox", feature = "store"))]

mod external_bot;
mod interaction_hashes;
mod later_dialects;
mod same_application;
mod sandbox_account;
