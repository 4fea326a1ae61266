//! The header Host. Each HTTP/1.1 request must have exactly one (RFC 9112, 3.2).

use hyper::header::HOST;
use hyper::{HeaderMap, Version};

/// Returns whether the request has a valid Host header. HTTP/1.0 does not require it.
pub fn is_valid(version: Version, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => version < Version::HTTP_11,
        (Some(host), None) => is_host(host.as_bytes()),
        (Some(_), Some(_)) => false,
    }
}

/// Returns whether the value is a host with an optional port. It rejects a comma, which RFC 3986 allows, because web
/// servers join two headers with a comma.
fn is_host(value: &[u8]) -> bool {
    let in_brackets = value.strip_prefix(b"[");
    let rest = if let Some(address) = in_brackets {
        let Some(end) = address.iter().position(|byte| *byte == b']') else {
            return false;
        };
        let is_address = |byte: &u8| byte.is_ascii_alphanumeric() || b":.%-_~".contains(byte);
        if end == 0 || !address[..end].iter().all(is_address) {
            return false;
        }
        &address[end + 1..]
    } else {
        let end = value.iter().position(|byte| *byte == b':');
        let (name, rest) = value.split_at(end.unwrap_or(value.len()));
        if !is_name(name) {
            return false;
        }
        rest
    };
    match rest.split_first() {
        None => true,
        Some((b':', port)) => port.iter().all(u8::is_ascii_digit),
        Some(_) => false,
    }
}

fn is_name(name: &[u8]) -> bool {
    let mut bytes = name.iter();
    while let Some(byte) = bytes.next() {
        let is_good = match byte {
            b'%' => {
                let mut is_digit = || bytes.next().is_some_and(u8::is_ascii_hexdigit);
                is_digit() && is_digit()
            }
            byte => byte.is_ascii_alphanumeric() || b"-._~!$&'()*+;=".contains(byte),
        };
        if !is_good {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_valid_with_and_without_a_port() {
        for host in [
            "a",
            "a.example:8080",
            "127.0.0.1:1",
            "[::1]",
            "[2001:db8::1]:80",
            "a:",
            "a_b-c.~d",
            "a%20b",
            "",
        ] {
            assert!(is_host(host.as_bytes()), "{host}");
        }
        for host in [
            "a b", "a,b", "a/b", "a@b", "a:b", "a:1:2", "[::1", "[]", "[::1]x", "[a b]", "::1",
            "a%2", "a%zz", "ol\u{e1}", "a\t", "http://a", "a?b", "a#b", "\"a\"", "<a>", "a\\b",
            "a:-1", "a:+1",
        ] {
            assert!(!is_host(host.as_bytes()), "{host}");
        }
    }
}
