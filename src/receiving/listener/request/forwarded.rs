//! The origin of a request that came through reverse proxies.

use std::net::{IpAddr, SocketAddr};

use hyper::HeaderMap;

use crate::config::Networks;

/// Returns the address from which a request originates.
///
/// A trusted proxy reports its own peer in X-Forwarded-For. Therefore the origin is the rightmost address there that
/// is not a trusted proxy. Returns `None` if a trusted proxy reports an invalid address.
pub fn origin(peer: IpAddr, headers: &HeaderMap, trusted: &Networks) -> Option<IpAddr> {
    let mut address = peer.to_canonical();
    // A proxy appends to the last header or adds a header after it.
    let mut chain = headers
        .get_all("x-forwarded-for")
        .into_iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .rev();
    while trusted.contains(address) {
        let Some(before) = chain.next() else { break };
        address = parse(before)?.to_canonical();
    }
    Some(address)
}

/// Parses an address. Some proxies add the port.
fn parse(text: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(text).ok()?.trim();
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    bare.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_origin(peer: &str, forwarded: &[&'static str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        let trusted = Networks::parse("10.0.0.0/8,fd00::/8").unwrap();
        origin(peer.parse().unwrap(), &headers, &trusted).map(|address| address.to_string())
    }

    #[test]
    fn the_header_of_an_untrusted_peer_is_ignored() {
        assert_eq!(
            parse_origin("192.0.2.1", &["198.51.100.9"]).unwrap(),
            "192.0.2.1"
        );
    }

    #[test]
    fn the_rightmost_untrusted_address_is_used() {
        for forwarded in [
            &["203.0.113.5, 198.51.100.9"][..],
            &["203.0.113.5, 198.51.100.9, 10.9.9.9"],
            &["203.0.113.5", "198.51.100.9", "10.9.9.9,10.1.1.1"],
            &["203.0.113.5,198.51.100.9:4711"],
            &["unknown, 198.51.100.9"],
        ] {
            assert_eq!(
                parse_origin("10.0.0.1", forwarded).unwrap(),
                "198.51.100.9",
                "{forwarded:?}"
            );
        }
        assert_eq!(
            parse_origin("::ffff:10.0.0.1", &["[2001:db8::1]:80"]).unwrap(),
            "2001:db8::1"
        );
    }

    #[test]
    fn without_an_untrusted_address_the_proxy_is_used() {
        assert_eq!(parse_origin("10.0.0.1", &[]).unwrap(), "10.0.0.1");
        assert_eq!(parse_origin("10.0.0.1", &["10.0.0.2"]).unwrap(), "10.0.0.2");
    }

    #[test]
    fn an_invalid_address_has_no_origin() {
        for forwarded in ["unknown", "", "198.51.100.9,", "1.2.3"] {
            assert_eq!(parse_origin("10.0.0.1", &[forwarded]), None, "{forwarded}");
        }
    }
}
