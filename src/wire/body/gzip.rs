//! The gzip format, RFC 1952.

use crate::wire::body::coding_error::CodingError;
use crate::wire::body::inflate::{Format, inflate};

const MAGIC: &[u8] = &[0x1F, 0x8B];
const DEFLATE: u8 = 8;

/// The sizes in bytes of a header without optional parts, and of a trailer.
const HEADER: usize = 10;
const TRAILER: usize = 8;

const HAS_HEADER_CRC: u8 = 1 << 1;
const HAS_EXTRA: u8 = 1 << 2;
const HAS_NAME: u8 = 1 << 3;
const HAS_COMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0b1110_0000;

/// Decompresses all members of a body, up to `limit` bytes. Bytes after the last member are ignored, as gzip does.
pub fn decode(body: &[u8], limit: usize) -> Result<Vec<u8>, CodingError> {
    let mut decoded = Vec::new();
    let mut rest = member(body, &mut decoded, limit)?;
    while rest.starts_with(MAGIC) {
        rest = member(rest, &mut decoded, limit)?;
    }
    Ok(decoded)
}

/// Decompresses one member, and returns the bytes after it.
fn member<'a>(
    body: &'a [u8],
    decoded: &mut Vec<u8>,
    limit: usize,
) -> Result<&'a [u8], CodingError> {
    let stream = without_header(body).ok_or(CodingError::Corrupt)?;
    let begin = decoded.len();
    let consumed = inflate(stream, Format::Raw, decoded, limit)?;
    let (trailer, rest) = stream[consumed..]
        .split_first_chunk::<TRAILER>()
        .ok_or(CodingError::Corrupt)?;
    let [c0, c1, c2, c3, l0, l1, l2, l3] = *trailer;
    let content = &decoded[begin..];
    // RFC 1952 stores the length modulo 2^32.
    let is_whole = u32::from_le_bytes([c0, c1, c2, c3]) == crc32(content)
        && u32::from_le_bytes([l0, l1, l2, l3]) == content.len() as u32;
    is_whole.then_some(rest).ok_or(CodingError::Corrupt)
}

fn without_header(body: &[u8]) -> Option<&[u8]> {
    let (header, mut rest) = body.split_first_chunk::<HEADER>()?;
    let flags = header[3];
    if !header.starts_with(MAGIC) || header[2] != DEFLATE || flags & RESERVED != 0 {
        return None;
    }
    if flags & HAS_EXTRA != 0 {
        let (length, behind) = rest.split_first_chunk::<2>()?;
        rest = behind.get(usize::from(u16::from_le_bytes(*length))..)?;
    }
    for text in [HAS_NAME, HAS_COMMENT] {
        if flags & text != 0 {
            let end = rest.iter().position(|&byte| byte == 0)?;
            rest = &rest[end + 1..];
        }
    }
    match flags & HAS_HEADER_CRC {
        0 => Some(rest),
        _ => rest.get(2..),
    }
}

/// The checksum of RFC 1952, 8, half a byte at a time. Bodies are short, so a table for whole bytes does not pay off.
fn crc32(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0xEDB8_8320;
    const TABLE: [u32; 16] = {
        let mut table = [0; 16];
        let mut index = 0;
        while index < 16 {
            let mut value = index as u32;
            let mut bit = 0;
            while bit < 4 {
                value = (value >> 1) ^ if value & 1 == 1 { POLYNOMIAL } else { 0 };
                bit += 1;
            }
            table[index] = value;
            index += 1;
        }
        table
    };
    let step = |crc: u32, half: u32| (crc >> 4) ^ TABLE[((crc ^ half) & 0x0F) as usize];
    let crc = bytes.iter().fold(u32::MAX, |crc, &byte| {
        let byte = u32::from(byte);
        step(step(crc, byte), byte >> 4)
    });
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_equals_that_of_the_standard() {
        // The check value of this CRC in the usual lists.
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc32(b""), 0);
    }
}
