//! The name of a host, in the form that the name service and HTTP know it by.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::config::punycode;

/// The longest label that the name service knows.
const MAX_LABEL: usize = 63;

/// Why a host can't be used: what is expected in its place, or `None` where it is no name of a host at all.
pub(crate) type Unusable = Option<String>;

/// The host in small letters and in ASCII: an IPv6 address in brackets and in its shortest form, an IPv4 address, or a name
/// with punycode (`xn--…`) for labels that hold other letters. A dot at the end of a name stays.
///
/// Letters of Latin alphabets are mapped here. For those of other alphabets the rules (IDNA) need tables of some hundred
/// kilobytes; a host with such letters is refused, and the error shows its form in ASCII.
pub(crate) fn to_ascii(host: &str) -> Result<String, Unusable> {
    if let Some(address) = host.strip_prefix('[') {
        let address = address.strip_suffix(']').ok_or(None)?;
        let address: Ipv6Addr = address.parse().map_err(|_| None)?;
        return Ok(format!("[{address}]"));
    }
    let ascii = guess(host).ok_or(None)?;
    if let Some(character) = ascii.chars().find(|character| !is_of_a_name(*character)) {
        return Err(Some(format!(
            "a host of letters, digits, hyphens and dots, without {character:?}"
        )));
    }
    if host
        .chars()
        .any(|character| !is_mapped_by_lowering(character))
    {
        return Err(Some(format!(
            "a host in ASCII; the name service knows this one as {ascii}"
        )));
    }
    // An address does not end with a dot.
    match ascii.trim_end_matches('.').parse::<Ipv4Addr>() {
        Ok(address) => Ok(address.to_string()),
        Err(_) => Ok(ascii),
    }
}

/// The most probable form of a name in ASCII; `None` where a label is empty or too long.
pub(crate) fn guess(host: &str) -> Option<String> {
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

fn is_of_a_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-_.".contains(character)
}

/// Whether the rules for names map this character to its small letter and to nothing else. Holds for ASCII and for the
/// precomposed letters of Latin alphabets, apart from those named here.
fn is_mapped_by_lowering(character: char) -> bool {
    match character {
        '×' | '÷' | 'ß' | 'İ' | 'Ĳ' | 'ĳ' | 'Ŀ' | 'ŀ' | 'ŉ' | 'ſ' => false,
        '\u{c0}'..='\u{17f}' => true,
        character => character.is_ascii(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_take_one_form() {
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
    fn what_is_no_host_is_refused() {
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
    fn letters_that_need_the_whole_tables_are_told_in_ascii() {
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
