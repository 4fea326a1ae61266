//! Parses and normalizes the URLs of options.

use std::fmt::Write;

use ureq::http::Uri;

use crate::config::network::host_name;
use crate::config::network::host_name::Rejected;

/// The limit for a URL. HTTP has no limit; servers accept 8 KiB in addition to the path of a request.
const MAX_LENGTH: usize = 8 * 1024;

/// Parses an absolute http or https URL without user, password and fragment.
///
/// Returns it with scheme and host in lowercase ASCII, and with percent-encoded path and query. Existing percent-encodings are
/// preserved, and an empty query is removed.
pub(crate) fn parse(url: &str) -> Result<Uri, Rejected> {
    if url.contains('#') || url.contains(char::is_control) || url.trim() != url {
        return Err(None);
    }
    let (scheme, rest) = url.split_once("://").ok_or(None)?;
    let scheme = scheme.to_ascii_lowercase();
    if !matches!(&*scheme, "http" | "https") {
        return Err(None);
    }
    if rest.contains('\\') {
        return Err(Some("a URL with slashes (/) instead of backslashes".into()));
    }
    let (authority, tail) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    if authority.contains('@') {
        return Err(None);
    }
    let (host, port) = split_port(authority)?;
    let (path, query) = tail.split_once('?').unwrap_or((tail, ""));

    let mut whole = format!("{scheme}://{}", host_name::to_ascii(host)?);
    if let Some(port) = port {
        // Writing to a string does not fail.
        let _ = write!(whole, ":{port}");
    }
    whole.push_str(if path.is_empty() { "/" } else { "" });
    push_encoded(&mut whole, path, b"/:@");
    if !query.is_empty() {
        whole.push('?');
        push_encoded(&mut whole, query, b"/:@?");
    }
    if whole.len() > MAX_LENGTH {
        return Err(Some(format!("a URL of at most {MAX_LENGTH} bytes")));
    }
    whole.parse().map_err(|_| None)
}

/// Returns the host and the port, if there is one.
fn split_port(authority: &str) -> Result<(&str, Option<u16>), Rejected> {
    let after_host = authority.find(']').map_or(0, |bracket| bracket + 1);
    let Some(colon) = authority[after_host..].find(':') else {
        return Ok((authority, None));
    };
    let (host, port) = authority.split_at(after_host + colon);
    let digits = &port[1..];
    let port = digits.parse().ok().filter(|port| *port > 0);
    match port.filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit())) {
        Some(port) => Ok((host, Some(port))),
        None => Err(None),
    }
}

/// Appends `part`, and percent-encodes all characters that neither RFC 3986 nor `also` allows.
fn push_encoded(whole: &mut String, part: &str, also: &[u8]) {
    let bytes = part.as_bytes();
    for (index, byte) in bytes.iter().enumerate() {
        let is_allowed = match byte {
            b'%' => bytes
                .get(index + 1..index + 3)
                .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)),
            byte => {
                byte.is_ascii_alphanumeric()
                    || b"-._~!$&'()*+,;=".contains(byte)
                    || also.contains(byte)
            }
        };
        if is_allowed {
            whole.push(char::from(*byte));
        } else {
            whole.push_str(percent_encoding::percent_encode_byte(*byte));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_normalized() {
        for (url, form) in [
            ("http://h", "http://h/"),
            ("HTTP://H:080/X", "http://h:80/X"),
            ("http://h:81?key=1", "http://h:81/?key=1"),
            ("https://h/x/?", "https://h/x/"),
            ("http://h/olá/a b", "http://h/ol%C3%A1/a%20b"),
            (
                "http://h/x?n=ã b|c&q=\"1\"",
                "http://h/x?n=%C3%A3%20b%7Cc&q=%221%22",
            ),
            (
                "http://h/%C3%A1/%2f/100%/%4",
                "http://h/%C3%A1/%2f/100%25/%254",
            ),
            (
                "http://h/{a}[b]^`<c>",
                "http://h/%7Ba%7D%5Bb%5D%5E%60%3Cc%3E",
            ),
            (
                "http://h/a;b=c,d:e@f!$&'()*+~?x/y?z",
                "http://h/a;b=c,d:e@f!$&'()*+~?x/y?z",
            ),
            ("http://café.localhost/", "http://xn--caf-dma.localhost/"),
            ("http://[2001:DB8::1]:81/x", "http://[2001:db8::1]:81/x"),
            ("http://[::ffff:127.0.0.1]", "http://[::ffff:127.0.0.1]/"),
            ("http://localhost./x", "http://localhost./x"),
        ] {
            assert_eq!(parse(url).unwrap().to_string(), form, "{url}");
        }
    }

    #[test]
    fn nothing_else_is_read() {
        for url in [
            "",
            "h",
            "/x",
            "ftp://h",
            "http://",
            "http:///x",
            "http://?x",
            "http://h b",
            " http://h",
            "http://h/x ",
            "http://h/a\tb",
            "http://u:p@h",
            "http://u@h",
            "http://h:/",
            "http://h:0",
            "http://h:+80",
            "http://h:65536",
            "http://[::1]x",
            "http://[::1]:",
            "http://h/#x",
        ] {
            assert!(parse(url).is_err(), "{url}");
        }
        let expected = parse("http://h\\x").unwrap_err().unwrap();
        assert!(expected.contains("backslashes"), "{expected}");
    }
}
