//! References of posted requests: a repeated post with the same reference sends nothing, also after a crash.
//!
//! A post claims its reference in [`repeated_posts`]. The [`registry`] has the references that are known, and recognizes the
//! same request by its [`request_digest`]. After the outcome, the store has an [`ended_reference`].

pub(crate) mod ended_reference;
pub(crate) mod registry;
pub(crate) mod repeated_posts;
pub(crate) mod request_digest;
