//! Sends one HTTP request and reads its response.
//!
//! [`http_client`] gets an encoded request. [`routes`] selects the [`route`]: directly, or through a proxy. If its pool has an idle connection, [`fast_path`] writes the request to it, with
//! the head of [`request_head`] and the target of [`request_target`]. Otherwise ureq sends the request: [`connector`] opens
//! the connection, [`ureq_transport`] writes what ureq writes, and [`request_context`] adds the target, which ureq must not
//! log. [`response`] reads the response in both cases.
//!
//! The result is an HTTP response, or a [`transport_error`] with the last stage. [`destination`] is the host as messages name
//! it.

pub(crate) mod connector;
pub(crate) mod destination;
pub(crate) mod fast_path;
pub(crate) mod http_client;
pub(crate) mod request_context;
pub(crate) mod request_head;
pub(crate) mod request_target;
pub(crate) mod response;
pub(crate) mod route;
pub(crate) mod routes;
pub(crate) mod transport_error;
pub(crate) mod ureq_transport;
