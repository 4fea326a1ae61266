//! An encoded request, and the errors of encoding.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::wire::Redacted;

/// The HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET, without a body.
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
}

/// An encoded request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// The method.
    pub method: Method,
    /// The path after the base URL.
    pub path: Cow<'static, str>,
    /// The query, without its question mark. It contains the token.
    pub query: Option<Redacted>,
    /// The JSON; empty for GET. It contains the token.
    pub body: Body,
}

/// A body. It is never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Body(pub Vec<u8>);

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Redacted::MARK)
    }
}

/// The reason why a request cannot be encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EncodeError {
    /// The dialect does not support the request or the field.
    Unsupported {
        /// The request.
        request: &'static str,
        /// The unsupported field; `None` if the request itself is not supported.
        field: Option<&'static str>,
        /// The dialect.
        dialect: &'static str,
        /// The dialects that support it.
        instead: String,
    },
    /// The interaction hash is not known.
    NoHash,
    /// The dialect requires a number as the id of the department.
    Department,
    /// A required field is missing.
    Missing(&'static str),
    /// The URL is too long, because of an id.
    TooLong,
}

/// The limit for path and query, in bytes. Servers accept this length.
pub(crate) const MAX_URL_LENGTH: usize = 4096;

/// The characters that are encoded in a path segment or a query value.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// Percent-encodes a text for a path segment or a query value.
pub(crate) fn percent_encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}
