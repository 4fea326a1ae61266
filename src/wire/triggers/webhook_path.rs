//! Normalizes the path of the webhook URL, so that paths can be compared.

use std::borrow::Cow;

/// Returns the path with normalized percent-encodings (RFC 3986, 6.2.2.1 and 6.2.2.2): unreserved characters decoded, all
/// others with capital digits. Invalid encodings and dot segments are not changed.
pub fn normalize(path: &str) -> Cow<'_, str> {
    if !path.contains('%') {
        return Cow::Borrowed(path);
    }
    let mut normal = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        normal.push_str(&rest[..at]);
        let length = match byte_at(&rest[at..]) {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                normal.push(char::from(byte));
                3
            }
            Some(_) => {
                normal.push_str(&rest[at..at + 3].to_ascii_uppercase());
                3
            }
            None => {
                normal.push('%');
                1
            }
        };
        rest = &rest[at + length..];
    }
    normal.push_str(rest);
    Cow::Owned(normal)
}

/// Returns the byte that the first three characters encode.
fn byte_at(encoded: &str) -> Option<u8> {
    let digits = encoded.as_bytes().get(1..3)?;
    let digit = |at: usize| char::from(digits[at]).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_unreserved_characters_are_decoded() {
        for (path, normal) in [
            ("/omnize/%7Ehook", "/omnize/~hook"),
            ("/omnize/%7ehook%2D%2E%5f%41%7A%30", "/omnize/~hook-._Az0"),
            ("/a%2fb%2F", "/a%2Fb%2F"),
            ("/a%2e%2E/../b", "/a../../b"),
            ("/%25%37E", "/%257E"),
            ("/%c3%A9%20%3b;", "/%C3%A9%20%3B;"),
            ("/%", "/%"),
            ("/%7", "/%7"),
            ("/%%7E", "/%~"),
            ("/%+7%7g%é", "/%+7%7g%é"),
        ] {
            assert_eq!(normalize(path), normal);
        }
    }
}
