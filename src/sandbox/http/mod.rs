//! The parts of HTTP that do not depend on the service: URLs, queries, bodies, responses, and the webhook client.
//!
//! For a request, `query` parses the query string, `request_body` reads the body up to a limit, and `responses` builds the
//! response. For a trigger, `payload` is the body, `webhook_url` the destination, and `webhook_client` sends it.

pub(crate) mod payload;
pub(crate) mod query;
pub(crate) mod request_body;
pub(crate) mod responses;
pub(crate) mod webhook_client;
pub(crate) mod webhook_url;
