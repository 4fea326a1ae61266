//! The paths that are not part of the chat API: the portal's settings page, and the control API for tests.
//!
//! The control router passes the body or query of a request to one of these files. `request_object` parses the body.
//!
//! - `portal_api`: tokens, webhooks and bots, under `/portal/`.
//! - `control_api`: transcript, interactions, agents and customers, under `/sandbox/`.
//! - `faults_api`: error responses on demand.
//! - `manual_agent`: steps and triggers that a test sends in the place of an agent.

pub(crate) mod control_api;
pub(crate) mod faults_api;
pub(crate) mod manual_agent;
pub(crate) mod portal_api;
pub(crate) mod request_parser;
