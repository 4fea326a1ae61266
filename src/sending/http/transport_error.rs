//! The error of a request that got no response.

use std::sync::Arc;

use ureq::Error as HttpError;

use crate::sending::deadlines::Progress;
use crate::sending::http::route::Route;

/// An error of the connection or of HTTP, and how far the request came.
#[derive(Debug)]
pub struct TransportError {
    /// The error.
    pub error: HttpError,
    /// The last stage of the request, and its timeout.
    pub progress: Progress,
    /// The route of the request.
    pub route: Arc<Route>,
}
