//! Errors of decoding a content coding.

use std::fmt;

/// The supported codings, for the header Accept-Encoding.
pub const SUPPORTED: &str = "gzip, deflate";

/// The reason why decoding failed. It contains no part of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodingError {
    /// A coding is unknown, or there are too many.
    Unsupported,
    /// The body is truncated, or not encoded as its coding says.
    Corrupt,
    /// The decoded body is larger than the limit, in bytes.
    TooLarge(usize),
    /// There is not enough memory.
    NoMemory,
}

impl fmt::Display for CodingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CodingError::Unsupported => {
                write!(f, "its content coding is not supported; {SUPPORTED} are")
            }
            CodingError::Corrupt => {
                f.write_str("it is truncated or not compressed as its content coding says")
            }
            CodingError::TooLarge(limit) => {
                write!(f, "it is larger than {limit} bytes when decompressed")
            }
            CodingError::NoMemory => f.write_str("there is not enough memory to decompress it"),
        }
    }
}

impl std::error::Error for CodingError {}
