//! Triggers, from an agent's decision to the webhook.
//!
//! `trigger_sender` receives an `OutgoingTrigger` and an interaction's key. It waits for the interaction's earlier triggers.
//! `encoder` builds the payload in the interaction's dialect, by `rest_encoder` or `interactions_encoder`. The sender changes
//! the interaction's state and writes the transcript. It then posts the payload to the webhook of the token, or passes the
//! trigger to the scripted customer. The transcript gets the result.

pub(crate) mod encoder;
pub(crate) mod interactions_encoder;
pub(crate) mod rest_encoder;
pub(crate) mod trigger_sender;
