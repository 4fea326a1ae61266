//! The list of proxies in the settings of Windows: `proxy:8080`, or `http=a:1;https=b:2;socks=c:3`.

use crate::config::network::proxy::ProxyServer;

/// The proxies of a list for one scheme.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ProxyList {
    /// The usable ones, in their order.
    pub usable: Vec<ProxyServer>,
    /// Whether the list contains `DIRECT`, so that a connection without a proxy is allowed.
    pub is_direct_allowed: bool,
    /// Whether the list has entries for the scheme that are not HTTP proxies, such as SOCKS.
    pub has_unusable: bool,
}

/// Parses a list for requests with this scheme (`http` or `https`). Semicolons or white space separate the entries. An entry of
/// the scheme has precedence over entries without a scheme, as in Windows.
pub(crate) fn parse(list: &str, scheme: &str) -> ProxyList {
    let entries: Vec<_> = list
        .split(|character: char| character == ';' || character.is_whitespace())
        .filter(|entry| !entry.is_empty())
        .map(split_scheme)
        .collect();
    let has_scheme = entries
        .iter()
        .any(|(name, _)| name.is_some_and(|name| name.eq_ignore_ascii_case(scheme)));
    let mut listed = ProxyList {
        usable: Vec::new(),
        is_direct_allowed: false,
        has_unusable: false,
    };
    for (name, proxy) in entries {
        match name {
            Some(name) if name.eq_ignore_ascii_case("socks") => listed.has_unusable = true,
            Some(name) if !name.eq_ignore_ascii_case(scheme) => {}
            None if has_scheme => {}
            None if proxy.eq_ignore_ascii_case("direct") => listed.is_direct_allowed = true,
            _ => match ProxyServer::parse(proxy) {
                Some(proxy) => listed.usable.push(proxy),
                None => listed.has_unusable = true,
            },
        }
    }
    listed
}

/// Splits `scheme=proxy`.
fn split_scheme(entry: &str) -> (Option<&str>, &str) {
    match entry.split_once('=') {
        Some((scheme, proxy)) if scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            (Some(scheme), proxy)
        }
        _ => (None, entry),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_of_the_scheme_is_used() {
        for (list, http, https) in [
            ("proxy:8080", "proxy:8080", "proxy:8080"),
            ("http://proxy:8080/", "proxy:8080", "proxy:8080"),
            ("proxy", "proxy:80", "proxy:80"),
            ("http=a:1;https=b:2;ftp=c:3", "a:1", "b:2"),
            ("HTTP=a:1;HTTPS=http://b:2", "a:1", "b:2"),
            ("ftp=c:3;socks=d:4", "", ""),
            ("https=b:2;c:3", "c:3", "b:2"),
            ("a:1; b:2\tc:3", "a:1 b:2 c:3", "a:1 b:2 c:3"),
            ("http=a:1;http=b:2", "a:1 b:2", ""),
            ("[::1]:3128", "[::1]:3128", "[::1]:3128"),
            ("", "", ""),
            (" ; ", "", ""),
        ] {
            for (scheme, expected) in [("http", http), ("https", https)] {
                let listed = parse(list, scheme);
                let names: Vec<_> = listed.usable.iter().map(ProxyServer::name).collect();
                assert_eq!(names.join(" "), expected, "{list} {scheme}");
            }
        }
    }

    #[test]
    fn entries_that_are_not_http_proxies_are_reported() {
        for (list, has_unusable, is_direct_allowed) in [
            ("socks=a:1", true, false),
            ("http=a:1;socks=b:2", true, false),
            ("socks5://a:1", true, false),
            ("https://a:443", true, false),
            ("a:99999", true, false),
            ("ftp=socks5://a:1", false, false),
            ("a:1;DIRECT", false, true),
            ("direct", false, true),
            ("a:1", false, false),
        ] {
            let listed = parse(list, "http");
            assert_eq!(listed.has_unusable, has_unusable, "{list}");
            assert_eq!(listed.is_direct_allowed, is_direct_allowed, "{list}");
        }
    }
}
