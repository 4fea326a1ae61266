//! Undoes content codings: gzip and deflate.

use std::borrow::Cow;
use std::fmt;

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_PARSE_ZLIB_HEADER, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use crate::wire::body::gzip;

/// Bodies with more codings than this are refused: each costs as much as the limit allows.
const MOST_CODINGS: usize = 4;

/// What a server may name in Accept-Encoding.
pub const SUPPORTED: &str = "gzip, deflate";

/// Why a content coding can't be undone. Shows nothing of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodingError {
    /// The coding is unknown, or there are too many.
    Unsupported,
    /// The body is not what its coding says, or it is cut off.
    Corrupt,
    /// The body without its coding is larger than the limit, in bytes.
    TooLarge(usize),
    /// There is no memory for the body.
    NoMemory,
}

impl fmt::Display for CodingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CodingError::Unsupported => {
                write!(f, "its content coding is not supported; {SUPPORTED} are")
            }
            CodingError::Corrupt => {
                f.write_str("it is cut off or not compressed as its content coding says")
            }
            CodingError::TooLarge(limit) => {
                write!(f, "it is larger than {limit} bytes when decompressed")
            }
            CodingError::NoMemory => f.write_str("there is no memory to decompress it"),
        }
    }
}

impl std::error::Error for CodingError {}

/// Undoes the codings that the header Content-Encoding lists, the last one first. A body without a coding is borrowed.
/// An empty body stays empty, whatever its coding. With several lines of the header, join their values by commas.
///
/// # Errors
/// See [`CodingError`].
pub fn decode<'a>(
    body: &'a [u8],
    content_encoding: Option<&str>,
    limit: usize,
) -> Result<Cow<'a, [u8]>, CodingError> {
    let mut decoded = Cow::Borrowed(body);
    let Some(codings) = content_encoding.filter(|_| !body.is_empty()) else {
        return Ok(decoded);
    };
    let codings = codings
        .rsplit(',')
        .map(str::trim)
        .filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity"));
    for (undone, coding) in codings.enumerate() {
        let is = |name: &str| coding.eq_ignore_ascii_case(name);
        decoded = if undone == MOST_CODINGS {
            return Err(CodingError::Unsupported);
        } else if is("gzip") || is("x-gzip") {
            Cow::Owned(gzip::decode(&decoded, limit)?)
        } else if is("deflate") {
            Cow::Owned(deflate(&decoded, limit)?)
        } else {
            return Err(CodingError::Unsupported);
        };
    }
    Ok(decoded)
}

/// Undoes deflate in the zlib format, as RFC 9110 8.4.1.2 has it, or raw, as some servers send it.
fn deflate(body: &[u8], limit: usize) -> Result<Vec<u8>, CodingError> {
    let mut decoded = Vec::new();
    let format = match has_zlib_header(body) {
        true => Format::Zlib,
        false => Format::Raw,
    };
    inflate(body, format, &mut decoded, limit)?;
    Ok(decoded)
}

/// Whether a body begins as RFC 1950 2.2 says. A raw stream does not: it would begin with a stored block whose padding is
/// not zero, which no encoder writes.
fn has_zlib_header(body: &[u8]) -> bool {
    match *body {
        [method, flags, ..] => {
            method & 0x0F == 8 && u16::from_be_bytes([method, flags]).is_multiple_of(31)
        }
        _ => false,
    }
}

/// What stands around a deflate stream.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The two bytes before it and the checksum behind it of zlib.
    Zlib,
    /// Nothing.
    Raw,
}

/// Appends what a deflate stream holds to `decoded`, which grows to `limit` bytes at most, and returns how many bytes of
/// `stream` it has.
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
    // References reach back into this stream alone.
    let begin = decoded.len();
    let mut state = Box::<DecompressorOxide>::default();
    let (mut consumed, mut end) = (0, begin);
    loop {
        let size = (decoded.len() + stream.len().max(512)).saturating_mul(2);
        // One byte more tells a body of exactly the limit from a larger one.
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

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &[u8] = br#"{"success":false,"message":"blocked"}"#;
    /// [`PLAIN`] as a raw deflate stream.
    const RAW: &[u8] = &[
        171, 86, 42, 46, 77, 78, 78, 45, 46, 86, 178, 74, 75, 204, 41, 78, 213, 81, 202, 5, 114,
        18, 211, 83, 149, 172, 148, 146, 114, 242, 147, 179, 83, 83, 148, 106, 1,
    ];
    const GZIP_HEADER: &[u8] = &[31, 139, 8, 0, 0, 0, 0, 0, 2, 3];
    const GZIP_TRAILER: &[u8] = &[92, 80, 205, 233, 37, 0, 0, 0];
    const ZLIB_HEADER: &[u8] = &[0x78, 0xDA];
    const ZLIB_TRAILER: &[u8] = &[0xFC, 0x8D, 0x0D, 0x22];

    fn gzip() -> Vec<u8> {
        [GZIP_HEADER, RAW, GZIP_TRAILER].concat()
    }

    fn zlib() -> Vec<u8> {
        [ZLIB_HEADER, RAW, ZLIB_TRAILER].concat()
    }

    fn decoded(body: &[u8], coding: &str) -> Result<Vec<u8>, CodingError> {
        decode(body, Some(coding), 100).map(Cow::into_owned)
    }

    #[test]
    fn undoes_each_coding() {
        for (body, coding) in [
            (gzip(), "gzip"),
            (gzip(), "X-GZip"),
            (zlib(), "deflate"),
            (RAW.to_vec(), "Deflate"),
            (PLAIN.to_vec(), "identity"),
            (PLAIN.to_vec(), " , "),
            (gzip(), "identity, gzip,"),
            (gzip(), "gzip\t, IDENTITY"),
            ([gzip(), b"\0\0".to_vec()].concat(), "gzip"),
        ] {
            assert_eq!(decoded(&body, coding).as_deref(), Ok(PLAIN), "{coding}");
        }
        assert!(matches!(decode(PLAIN, None, 1), Ok(Cow::Borrowed(_))));
        assert_eq!(decoded(b"", "gzip").as_deref(), Ok(&b""[..]));
        assert_eq!(decoded(b"", "br").as_deref(), Ok(&b""[..]));
    }

    #[test]
    fn undoes_the_last_coding_first() {
        let stored = |bytes: &[u8]| {
            let length = u16::try_from(bytes.len()).unwrap();
            [
                &[1][..],
                &length.to_le_bytes(),
                &(!length).to_le_bytes(),
                bytes,
            ]
            .concat()
        };
        let twice = stored(&gzip());
        assert_eq!(decoded(&twice, "gzip, deflate").as_deref(), Ok(PLAIN));
        assert_eq!(decoded(&twice, "deflate, gzip"), Err(CodingError::Corrupt));
        let five = (0..4).fold(gzip(), |body, _| stored(&body));
        let codings = "gzip, deflate, deflate, deflate, deflate";
        assert_eq!(decoded(&five, codings), Err(CodingError::Unsupported));
    }

    #[test]
    fn reads_every_header_and_member_of_gzip() {
        let header = [
            &[31, 139, 8, 0b1_1110, 0, 0, 0, 0, 0, 255, 3, 0][..],
            b"abcname\0comment\0\x12\x34",
        ];
        let full = [&header.concat(), RAW, GZIP_TRAILER].concat();
        assert_eq!(decoded(&full, "gzip").as_deref(), Ok(PLAIN));
        let two = [gzip(), gzip()].concat();
        assert_eq!(decoded(&two, "gzip"), Ok([PLAIN, PLAIN].concat()));
    }

    #[test]
    fn refuses_what_is_cut_off_or_changed() {
        for (whole, coding) in [
            (gzip(), "gzip"),
            (zlib(), "deflate"),
            (RAW.to_vec(), "deflate"),
        ] {
            for end in 1..whole.len() {
                let cut = decoded(&whole[..end], coding);
                assert_eq!(cut, Err(CodingError::Corrupt), "{coding} {end}");
            }
        }
        let mut changed = gzip();
        let end = changed.len();
        changed[end - 8] ^= 1;
        assert_eq!(decoded(&changed, "gzip"), Err(CodingError::Corrupt));
        changed[end - 8] ^= 1;
        changed[end - 1] ^= 1;
        assert_eq!(decoded(&changed, "gzip"), Err(CodingError::Corrupt));
        assert_eq!(decoded(PLAIN, "gzip"), Err(CodingError::Corrupt));
    }

    #[test]
    fn refuses_unknown_codings() {
        for coding in ["br", "zstd", "compress", "gzip;q=1", "utf-8", "br, gzip"] {
            let refused = decoded(&gzip(), coding);
            assert_eq!(refused, Err(CodingError::Unsupported), "{coding}");
        }
    }

    #[test]
    fn stops_at_the_limit() {
        for (body, coding) in [
            (gzip(), "gzip"),
            (zlib(), "deflate"),
            (RAW.to_vec(), "deflate"),
        ] {
            let at = |limit| decode(&body, Some(coding), limit).map(|decoded| decoded.len());
            assert_eq!(at(PLAIN.len()), Ok(PLAIN.len()), "{coding}");
            for limit in [0, 1, PLAIN.len() - 1] {
                assert_eq!(at(limit), Err(CodingError::TooLarge(limit)), "{coding}");
            }
        }
        let many = gzip().repeat(3);
        let limited = decode(&many, Some("gzip"), 2 * PLAIN.len());
        assert_eq!(limited, Err(CodingError::TooLarge(2 * PLAIN.len())));
    }

    #[test]
    fn a_long_run_is_decompressed_whole() {
        // 1,032 bytes for one: what a decompression bomb is made of.
        let run = miniz_oxide::deflate::compress_to_vec(&vec![b' '; 3_000_000], 9);
        let whole = decode(&run, Some("deflate"), 3_000_000).unwrap();
        assert_eq!(whole.len(), 3_000_000);
        assert!(whole.iter().all(|&byte| byte == b' '));
        let limited = decode(&run, Some("deflate"), 2_999_999);
        assert_eq!(limited, Err(CodingError::TooLarge(2_999_999)));
    }
}
