//! Host names in ASCII, as DNS and HTTP use them.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::config::network::punycode;

/// The longest label of DNS.
const MAX_LABEL: usize = 63;

/// The expected format of a rejected host or URL; `None` if there is no special advice.
pub(crate) type Rejected = Option<String>;

/// Returns the host in lowercase ASCII: an IPv6 address in brackets, an IPv4 address, or a name with punycode (`xn--…`) for
/// other letters. A dot at the end of a name is preserved.
///
/// Only letters of Latin alphabets are mapped. For others, the rules (IDNA) need tables of several hundred kilobytes. A host
/// with such letters is rejected, and the error contains its ASCII form.
pub(crate) fn to_ascii(host: &str) -> Result<String, Rejected> {
    if let Some(address) = host.strip_prefix('[') {
        let address = address.strip_suffix(']').ok_or(None)?;
        let address: Ipv6Addr = address.parse().map_err(|_| None)?;
        return Ok(format!("[{address}]"));
    }
    let ascii = likely_ascii(host).ok_or(None)?;
    if let Some(character) = ascii
        .chars()
        .find(|character| !is_name_character(*character))
    {
        return Err(Some(format!(
            "a host of letters, digits, hyphens and dots, without {character:?}"
        )));
    }
    if host
        .chars()
        .any(|character| !is_mapped_by_lowering(character))
    {
        return Err(Some(format!("a host in ASCII; its ASCII form is {ascii}")));
    }
    // An address does not end with a dot.
    match ascii.trim_end_matches('.').parse::<Ipv4Addr>() {
        Ok(address) => Ok(address.to_string()),
        Err(_) => Ok(ascii),
    }
}

/// Returns the most likely ASCII form of a name, or `None` if a label is empty or too long.
pub(crate) fn likely_ascii(host: &str) -> Option<String> {
    let (name, dot) = match host.strip_suffix('.') {
        Some(name) => (name, "."),
        None => (host, ""),
    };
    let labels: Option<Vec<_>> = name.split('.').map(label_to_ascii).collect();
    Some(labels?.join(".") + dot)
}

fn label_to_ascii(label: &str) -> Option<String> {
    let lower = label.to_lowercase();
    let ascii = if lower.is_ascii() {
        lower
    } else if lower.starts_with("xn--") {
        return None;
    } else {
        format!("xn--{}", punycode::encode(&lower)?)
    };
    Some(ascii).filter(|label| (1..=MAX_LABEL).contains(&label.len()))
}

fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-_.".contains(character)
}

/// Returns whether IDNA maps this character only to its lowercase form. This is true for ASCII and for precomposed letters of
/// Latin alphabets, with the exceptions listed here.
fn is_mapped_by_lowering(character: char) -> bool {
    match character {
        '×' | '÷' | 'ß' | 'İ' | 'Ĳ' | 'ĳ' | 'Ŀ' | 'ŀ' | 'ŉ' | 'ſ' => false,
        '\u{c0}'..='\u{17f}' => true,
        character => character.is_ascii(),
    }
}

/// Returns a host without the brackets of an IPv6 address.
pub(crate) fn without_brackets(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_normalized() {
        for (host, ascii) in [
            ("Chat.EXAMPLE.com", "chat.example.com"),
            ("example.com.", "example.com."),
            ("a_b-c", "a_b-c"),
            ("café.localhost", "xn--caf-dma.localhost"),
            ("AÇÃO.com.br", "xn--ao-siap.com.br"),
            ("xn--caf-dma.localhost", "xn--caf-dma.localhost"),
            ("127.0.0.1.", "127.0.0.1"),
            ("[2001:DB8:0::1]", "[2001:db8::1]"),
            ("[::FFFF:127.0.0.1]", "[::ffff:127.0.0.1]"),
        ] {
            assert_eq!(to_ascii(host).as_deref(), Ok(ascii), "{host}");
        }
    }

    #[test]
    fn invalid_hosts_are_rejected() {
        for host in [
            "",
            ".",
            "a..b",
            "localhost..",
            "[::1",
            "[::1%25eth0]",
            "[a]",
            "xn--é",
        ] {
            assert_eq!(to_ascii(host), Err(None), "{host}");
        }
        assert_eq!(to_ascii(&"a".repeat(64)), Err(None));
        for (host, named) in [("a%20b", "'%'"), ("a b", "' '"), ("a*b", "'*'")] {
            let expected = to_ascii(host).unwrap_err().unwrap();
            assert!(expected.contains(named), "{expected}");
        }
    }

    #[test]
    fn other_letters_are_rejected_with_the_ascii_form() {
        for (host, ascii) in [
            ("例え.jp", "xn--r8jz45g.jp"),
            ("straße.example", "xn--strae-oqa.example"),
            ("cafe\u{301}.example", "xn--cafe-yvc.example"),
        ] {
            let expected = to_ascii(host).unwrap_err().unwrap();
            assert!(expected.contains(ascii), "{expected}");
        }
    }
}
