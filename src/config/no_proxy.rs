//! The hosts that are reached without a proxy, as a list of the usual form tells them.

use std::net::IpAddr;

use ureq::http::Uri;

use crate::config::proxy::bare;
use crate::config::{host_name, networks};

/// Whether one of the entries of `list`, which commas or white space separate, stands for the host and port of `url`.
pub(crate) fn covers(list: &str, url: &Uri) -> bool {
    let host = url.host().unwrap_or_default().to_ascii_lowercase();
    let host = bare(&host).trim_end_matches('.');
    let default = if url.scheme_str() == Some("https") {
        443
    } else {
        80
    };
    let port = url.port_u16().unwrap_or(default);
    list.split(|character: char| character == ',' || character.is_whitespace())
        .filter(|entry| !entry.is_empty())
        .any(|entry| entry_covers(entry, host, port))
}

fn entry_covers(entry: &str, host: &str, port: u16) -> bool {
    if entry == "*" {
        return true;
    }
    let (name, entry_port) = split_port(entry);
    if entry_port.is_some_and(|entry_port| entry_port != port) {
        return false;
    }
    let name = bare(name);
    if let Ok(address) = host.parse::<IpAddr>() {
        let network = networks::network(name.trim_end_matches('.'));
        return network.is_some_and(|network| network.contains(&address.to_canonical()));
    }
    let name = name
        .trim_start_matches('*')
        .trim_start_matches('.')
        .trim_end_matches('.');
    // What is no name stands for no host.
    host_name::guess(name).is_some_and(|name| {
        host.strip_suffix(&*name)
            .is_some_and(|before| before.is_empty() || before.ends_with('.'))
    })
}

/// A host and, where it has one, its port. An IPv6 address has one behind brackets alone.
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
    fn a_name_stands_for_itself_and_what_is_below() {
        for (list, url, covered) in [
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
            assert_eq!(covers(list, &url.parse().unwrap()), covered, "{list} {url}");
        }
    }

    #[test]
    fn addresses_networks_and_ports() {
        for (list, url, covered) in [
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
            assert_eq!(covers(list, &url.parse().unwrap()), covered, "{list} {url}");
        }
    }
}
