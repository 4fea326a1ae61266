//! The list of hosts without a proxy in the settings of Windows, such as `*.example.com;10.*;<local>`.

use ureq::http::Uri;

use crate::config::network::host_name;
use crate::config::network::host_name::without_brackets;

/// The entry for names without a dot.
const LOCAL_NAMES: &str = "<local>";

/// The entry that allows proxies for this machine.
const NOT_LOOPBACK: &str = "<-loopback>";

/// Returns whether an entry allows proxies for this machine.
pub(crate) fn allows_this_machine(list: &str) -> bool {
    entries(list).any(|entry| entry.eq_ignore_ascii_case(NOT_LOOPBACK))
}

/// Returns whether an entry matches the host of `url`.
pub(crate) fn matches(list: &str, url: &Uri) -> bool {
    let host = url.host().unwrap_or_default().to_ascii_lowercase();
    let host = without_brackets(&host).trim_end_matches('.');
    let scheme = url.scheme_str().unwrap_or_default();
    let default_port = if scheme == "https" { 443 } else { 80 };
    let port = url.port_u16().unwrap_or(default_port).to_string();
    entries(list).any(|entry| {
        if entry.eq_ignore_ascii_case(LOCAL_NAMES) {
            return !host.contains(['.', ':']);
        }
        let rest = match entry.split_once("://") {
            Some((wanted, rest)) if wanted.eq_ignore_ascii_case(scheme) => rest,
            Some(_) => return false,
            None => entry,
        };
        let (pattern, wanted_port) = split_port(rest.trim_end_matches('/'));
        if wanted_port.is_some_and(|wanted| wanted != port && wanted != "*") {
            return false;
        }
        let pattern = without_brackets(pattern)
            .trim_end_matches('.')
            .to_lowercase();
        match host_name::likely_ascii(&pattern) {
            Some(pattern) => matches_pattern(&pattern, host),
            None => matches_pattern(&pattern, host),
        }
    })
}

/// Returns the entries. Semicolons, commas or white space separate them.
fn entries(list: &str) -> impl Iterator<Item = &str> {
    list.split(|character: char| matches!(character, ';' | ',') || character.is_whitespace())
        .filter(|entry| !entry.is_empty())
}

/// Splits `host:port`. The port of an IPv6 address follows its bracket.
fn split_port(entry: &str) -> (&str, Option<&str>) {
    match entry.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, Some(port)),
        _ => (entry, None),
    }
}

/// Returns whether a pattern matches the whole host. `*` stands for any characters. A leading dot stands for `*.`.
fn matches_pattern(pattern: &str, host: &str) -> bool {
    let is_suffix = pattern.starts_with('.') && host.ends_with(pattern);
    let mut parts = pattern.split('*');
    // The first part exists always.
    let Some(mut rest) = host.strip_prefix(parts.next().unwrap_or_default()) else {
        return is_suffix;
    };
    let mut last = None;
    for part in parts {
        if let Some(middle) = last.replace(part) {
            let middle: &str = middle;
            match rest.find(middle) {
                Some(position) => rest = &rest[position + middle.len()..],
                None => return false,
            }
        }
    }
    match last {
        Some(last) => rest.ends_with(last),
        None => rest.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_matches_the_whole_host() {
        for (list, url, expected) in [
            ("chat.example.com", "http://chat.example.com", true),
            ("CHAT.example.com.", "http://chat.EXAMPLE.com.", true),
            ("example.com", "http://chat.example.com", false),
            ("*.example.com", "http://chat.example.com", true),
            ("*.example.com", "http://a.b.example.com", true),
            ("*.example.com", "http://example.com", false),
            ("*example.com", "http://anexample.com", true),
            (".example.com", "http://chat.example.com", true),
            ("chat.*.com", "http://chat.example.com", true),
            ("c*t.*.c*", "http://chat.example.com", true),
            ("c*t.*.c*", "http://chat.example.br", false),
            ("chat*chat", "http://chat", false),
            ("*", "http://chat.example.com", true),
            ("10.*", "http://10.1.2.3", true),
            ("10.*", "http://110.1.2.3", false),
            ("192.168.*.7", "http://192.168.1.7", true),
            ("192.168.*.7", "http://192.168.1.70", false),
            ("[2001:db8::5]", "http://[2001:db8::5]", true),
            ("[2001:db8:*]", "http://[2001:db8::5]", true),
            ("a;b.example;c", "http://b.example", true),
            ("a b.example\tc", "http://b.example", true),
            ("", "http://chat.example.com", false),
            (" ;; ", "http://chat.example.com", false),
            ("café.example", "http://xn--caf-dma.example", true),
            ("<local>", "http://intranet", true),
            ("<LOCAL>", "http://intranet:8080/x", true),
            ("<local>", "http://chat.example.com", false),
            ("<local>", "http://10.1.2.3", false),
            ("<local>", "http://[2001:db8::5]", false),
        ] {
            assert_eq!(
                matches(list, &url.parse().unwrap()),
                expected,
                "{list} {url}"
            );
        }
    }

    #[test]
    fn scheme_and_port_of_an_entry_must_match() {
        for (list, url, expected) in [
            ("http://a.example", "http://a.example", true),
            ("https://a.example", "http://a.example", false),
            ("https://*.example", "https://a.example", true),
            ("a.example:80", "http://a.example", true),
            ("a.example:443", "https://a.example", true),
            ("a.example:8080", "http://a.example", false),
            ("a.example:*", "http://a.example:81", true),
            ("[::5]:81", "http://[::5]:81", true),
            ("[::5]:81", "http://[::5]", false),
        ] {
            assert_eq!(
                matches(list, &url.parse().unwrap()),
                expected,
                "{list} {url}"
            );
        }
    }

    #[test]
    fn an_entry_allows_proxies_for_this_machine() {
        assert!(!allows_this_machine("<local>;localhost"));
        assert!(allows_this_machine("<local>;<-LOOPBACK>"));
        assert!(!matches(
            "<-loopback>",
            &"http://127.0.0.1:81".parse().unwrap()
        ));
    }
}
