//! The option `no_proxy`: hosts without a proxy, in the usual format of curl.

use std::net::IpAddr;

use ureq::http::Uri;

use crate::config::network::host_name::without_brackets;
use crate::config::network::{host_name, networks};

/// Returns whether an entry of `list` matches host and port of `url`. Commas or white space separate the entries.
pub(crate) fn matches(list: &str, url: &Uri) -> bool {
    let host = url.host().unwrap_or_default().to_ascii_lowercase();
    let host = without_brackets(&host).trim_end_matches('.');
    let default = if url.scheme_str() == Some("https") {
        443
    } else {
        80
    };
    let port = url.port_u16().unwrap_or(default);
    list.split(|character: char| character == ',' || character.is_whitespace())
        .filter(|entry| !entry.is_empty())
        .any(|entry| entry_matches(entry, host, port))
}

fn entry_matches(entry: &str, host: &str, port: u16) -> bool {
    if entry == "*" {
        return true;
    }
    let (name, entry_port) = split_port(entry);
    if entry_port.is_some_and(|entry_port| entry_port != port) {
        return false;
    }
    let name = without_brackets(name);
    if let Ok(address) = host.parse::<IpAddr>() {
        let network = networks::parse_network(name.trim_end_matches('.'));
        return network.is_some_and(|network| network.contains(&address.to_canonical()));
    }
    let name = name
        .trim_start_matches('*')
        .trim_start_matches('.')
        .trim_end_matches('.');
    // An invalid name matches no host.
    host_name::likely_ascii(name).is_some_and(|name| {
        host.strip_suffix(&*name)
            .is_some_and(|before| before.is_empty() || before.ends_with('.'))
    })
}

/// Returns a host and its port, if it has one. An IPv6 address with a port must be in brackets.
fn split_port(entry: &str) -> (&str, Option<u16>) {
    match entry.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') || name.ends_with(']') => match port.parse() {
            Ok(port) => (name, Some(port)),
            Err(_) => (entry, None),
        },
        _ => (entry, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_matches_itself_and_its_subdomains() {
        for (list, url, expected) in [
            ("example.com", "http://example.com", true),
            ("Example.com.", "http://chat.EXAMPLE.com", true),
            (".example.com", "http://example.com", true),
            ("*.example.com", "http://a.b.example.com", true),
            ("example.com", "http://anexample.com", false),
            ("example.com", "http://example.com.br", false),
            ("a, b example.com", "http://example.com", true),
            ("*", "http://example.com", true),
            ("", "http://example.com", false),
            (", .", "http://example.com", false),
            (
                "a.example,\n\t EXAMPLE.com.:80\r\n",
                "http://example.com.",
                true,
            ),
            ("café.example", "http://a.xn--caf-dma.example", true),
            (".AÇÃO.com.br", "http://xn--ao-siap.com.br", true),
            ("*.xn--caf-dma.example", "http://xn--caf-dma.example", true),
            ("例え.jp", "http://xn--r8jz45g.jp", true),
        ] {
            assert_eq!(
                matches(list, &url.parse().unwrap()),
                expected,
                "{list} {url}"
            );
        }
    }

    #[test]
    fn matches_addresses_networks_and_ports() {
        for (list, url, expected) in [
            ("10.0.0.7", "http://10.0.0.7:81", true),
            ("10.0.0.7", "http://10.0.0.77", false),
            ("0.0.7", "http://10.0.0.7", false),
            ("10.0.0.0/8", "http://10.200.0.7", true),
            ("10.0.0.0/8", "http://11.0.0.7", false),
            ("10.0.0.0/8", "http://example.com", false),
            ("::1", "http://[::1]:8080", true),
            ("[::1]", "http://[::1]", true),
            ("[::1]:8080", "http://[::1]:8080", true),
            ("[::1]:8080", "http://[::1]", false),
            ("2001:db8::/32", "http://[2001:db8::5]", true),
            ("10.0.0.0/8:81", "http://10.0.0.7:81", true),
            ("10.0.0.0/8:81", "http://10.0.0.7", false),
            ("[2001:db8::/32]:81", "http://[2001:db8::5]:81", true),
            ("::ffff:127.0.0.1", "http://127.0.0.1", true),
            ("[::ffff:127.0.0.1]:81", "http://127.0.0.1:81", true),
            ("::ffff:127.0.0.1/104", "http://127.9.9.9", true),
            ("::ffff:127.0.0.1/104", "http://128.0.0.1", false),
            ("127.0.0.1", "http://[::ffff:127.0.0.1]", true),
            ("127.0.0.0/8", "http://[::ffff:127.0.0.1]", true),
            ("127.0.0.1.", "http://127.0.0.1", true),
            ("example.com:80", "http://example.com", true),
            ("example.com:443", "https://example.com", true),
            ("example.com:8080", "http://example.com", false),
        ] {
            assert_eq!(
                matches(list, &url.parse().unwrap()),
                expected,
                "{list} {url}"
            );
        }
    }
}
