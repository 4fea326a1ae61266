//! Decompresses deflate streams (RFC 1951) with a limit.

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_PARSE_ZLIB_HEADER, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use crate::wire::body::coding_error::CodingError;

/// The container of a deflate stream.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Two header bytes and a checksum (zlib).
    Zlib,
    /// No container.
    Raw,
}

/// Appends the decompressed stream to `decoded`, up to `limit` bytes. Returns the number of bytes of `stream` that were used.
pub fn inflate(
    stream: &[u8],
    format: Format,
    decoded: &mut Vec<u8>,
    limit: usize,
) -> Result<usize, CodingError> {
    let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF
        | match format {
            Format::Zlib => TINFL_FLAG_PARSE_ZLIB_HEADER,
            Format::Raw => 0,
        };
    // References point only into this stream.
    let begin = decoded.len();
    let mut state = Box::<DecompressorOxide>::default();
    let (mut consumed, mut end) = (0, begin);
    loop {
        let size = (decoded.len() + stream.len().max(512)).saturating_mul(2);
        // One byte more, to detect a larger body.
        let size = size.min(limit.saturating_add(1));
        let more = size.saturating_sub(decoded.len());
        if more == 0 {
            return Err(CodingError::TooLarge(limit));
        }
        decoded
            .try_reserve_exact(more)
            .map_err(|_| CodingError::NoMemory)?;
        decoded.resize(size, 0);
        let room = &mut decoded[begin..];
        let (status, read, written) =
            decompress(&mut state, &stream[consumed..], room, end - begin, flags);
        consumed += read;
        end += written;
        match status {
            TINFLStatus::Done if end <= limit => {
                decoded.truncate(end);
                return Ok(consumed);
            }
            TINFLStatus::Done => return Err(CodingError::TooLarge(limit)),
            TINFLStatus::HasMoreOutput => {}
            _ => return Err(CodingError::Corrupt),
        }
    }
}
