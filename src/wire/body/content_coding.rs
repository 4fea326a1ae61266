//! Decodes content codings: gzip and deflate.

use std::borrow::Cow;

use crate::wire::body::gzip;
use crate::wire::body::inflate::{Format, inflate};

pub use crate::wire::body::coding_error::{CodingError, SUPPORTED};

/// The limit for the number of codings. Each of them costs memory up to the limit of the body.
const MAX_CODINGS: usize = 4;

/// Decodes the codings of the header Content-Encoding, the last one first. Returns at most `limit` bytes.
///
/// A body without a coding is borrowed. An empty body stays empty, with any coding. Values of several header lines must be
/// joined by commas.
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
    for (decoded_count, coding) in codings.enumerate() {
        let is = |name: &str| coding.eq_ignore_ascii_case(name);
        decoded = if decoded_count == MAX_CODINGS {
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

/// Decodes deflate in the zlib format (RFC 9110, 8.4.1.2), or raw, as some servers send it.
fn deflate(body: &[u8], limit: usize) -> Result<Vec<u8>, CodingError> {
    let mut decoded = Vec::new();
    let format = match has_zlib_header(body) {
        true => Format::Zlib,
        false => Format::Raw,
    };
    inflate(body, format, &mut decoded, limit)?;
    Ok(decoded)
}

/// Returns whether a body begins with the header of RFC 1950, 2.2. No encoder writes a raw stream that begins so.
fn has_zlib_header(body: &[u8]) -> bool {
    match *body {
        [method, flags, ..] => {
            method & 0x0F == 8 && u16::from_be_bytes([method, flags]).is_multiple_of(31)
        }
        _ => false,
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
    fn decodes_each_coding() {
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
    fn decodes_the_last_coding_first() {
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
    fn decodes_every_header_and_member_of_gzip() {
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
    fn rejects_truncated_and_corrupt_bodies() {
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
    fn rejects_unknown_codings() {
        for coding in ["br", "zstd", "compress", "gzip;q=1", "utf-8", "br, gzip"] {
            let result = decoded(&gzip(), coding);
            assert_eq!(result, Err(CodingError::Unsupported), "{coding}");
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
    fn decompresses_a_body_of_a_thousandfold_size() {
        // 1,032 bytes for one, like a decompression bomb.
        let run = miniz_oxide::deflate::compress_to_vec(&vec![b' '; 3_000_000], 9);
        let whole = decode(&run, Some("deflate"), 3_000_000).unwrap();
        assert_eq!(whole.len(), 3_000_000);
        assert!(whole.iter().all(|&byte| byte == b' '));
        let limited = decode(&run, Some("deflate"), 2_999_999);
        assert_eq!(limited, Err(CodingError::TooLarge(2_999_999)));
    }
}
