//! A request as HTTP has it, and why there may be none.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::wire::Redacted;

/// What HTTP is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET, without a body.
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
}

/// A request, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// The method.
    pub method: Method,
    /// What stands behind the base URL.
    pub path: Cow<'static, str>,
    /// What stands behind the path and its question mark; it holds the token.
    pub query: Option<Redacted>,
    /// The JSON; empty for GET. It holds the token.
    pub body: Body,
}

/// A body, of which nothing is shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Body(pub Vec<u8>);

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Redacted::MARK)
    }
}

/// Why a request can't be written in a dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EncodeError {
    /// The service has no such thing in this dialect.
    Unsupported {
        /// The request.
        request: &'static str,
        /// The field that is given and that the dialect lacks, where it is not the request itself.
        field: Option<&'static str>,
        /// The dialect.
        dialect: &'static str,
        /// The dialects that have it.
        instead: String,
    },
    /// The hash by which the service knows the interaction is not known.
    NoHash,
    /// The department's id is not of the form that the dialect has.
    Department,
    /// A field that the request needs is missing.
    Missing(&'static str),
    /// An id makes the URL longer than servers take.
    TooLong,
}

/// Servers take URLs of this length, in bytes.
pub(crate) const LONGEST_URL: usize = 4096;

/// What stands for itself in a part of a path or of a query.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// A text as a part of a path or of a query.
pub(crate) fn part(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}
