//! Random tokens, and random UUIDs for interactions and messages.

use std::fmt::Write;
use std::hash::{BuildHasher, RandomState};
use std::io;

/// Returns a random token from the operating system's secure generator.
pub(crate) fn new_token() -> io::Result<String> {
    let mut bytes = [0; 20];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(hex(&bytes))
}

/// Returns a random UUID (version 4). It does not need a secure generator, so this function does not fail.
pub(crate) fn new_hash() -> String {
    let half = || RandomState::new().hash_one(0).to_be_bytes();
    let mut bytes = [half(), half()].concat();
    bytes[6] = bytes[6] & 0x0F | 0x40;
    bytes[8] = bytes[8] & 0x3F | 0x80;
    let digits = hex(&bytes);
    let groups = [
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..],
    ];
    groups.join("-")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut digits, byte| {
        // Writing to a `String` does not fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_a_uuid_of_version_4() {
        let hash = new_hash();
        let lengths: Vec<usize> = hash.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(&hash[14..15], "4");
        assert!("89ab".contains(&hash[19..20]), "{hash}");
        assert_ne!(hash, new_hash());
    }
}
