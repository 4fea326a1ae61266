//! Lists of addresses and networks.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

/// A list of networks. It can be searched for an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// Parses addresses and networks separated by commas or white space. Returns `None` if a part is invalid.
    pub fn parse(list: &str) -> Option<Networks> {
        if list.trim().is_empty() {
            return Some(Networks::default());
        }
        let mut networks = Vec::new();
        for part in list.split(',') {
            let before = networks.len();
            for entry in part.split_whitespace() {
                networks.push(parse_network(entry)?);
            }
            if networks.len() == before {
                return None;
            }
        }
        Some(Networks(networks))
    }

    /// Returns whether the list is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether a network contains this address. An IPv4 address in IPv6 form counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// Parses an address, or a network with its prefix length. Mapped IPv4 addresses and networks (`::ffff:192.0.2.7`) become
/// IPv4.
pub(crate) fn parse_network(entry: &str) -> Option<IpNet> {
    const MAPPED_PREFIX: u8 = 96;
    let network = match entry.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address.to_canonical()),
        Err(_) => entry.parse().ok()?,
    };
    if let IpNet::V6(network) = network
        && let Some(prefix) = network.prefix_len().checked_sub(MAPPED_PREFIX)
        && let Some(address) = network.addr().to_ipv4_mapped()
    {
        return Some(Ipv4Net::new(address, prefix).ok()?.trunc().into());
    }
    Some(network.trunc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(list: &str) -> Networks {
        Networks::parse(list).unwrap()
    }

    #[test]
    fn finds_addresses_in_networks_of_either_family() {
        let list = networks("192.0.2.7, 198.51.100.0/24,2001:db8::/32");
        for inside in [
            "192.0.2.7",
            "198.51.100.255",
            "2001:db8:1::1",
            "::ffff:192.0.2.7",
        ] {
            assert!(list.contains(inside.parse().unwrap()), "{inside}");
        }
        for outside in [
            "192.0.2.8",
            "198.51.101.0",
            "2001:db9::1",
            "::ffff:192.0.2.8",
        ] {
            assert!(!list.contains(outside.parse().unwrap()), "{outside}");
        }
    }

    #[test]
    fn mapped_ipv4_is_ipv4() {
        for (mapped, plain) in [
            ("::ffff:127.0.0.1", "127.0.0.1"),
            ("::ffff:127.0.0.1/128", "127.0.0.1/32"),
            ("::ffff:127.0.0.1/104", "127.0.0.0/8"),
            ("::FFFF:7f00:1/97", "0.0.0.0/1"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
        ] {
            assert_eq!(networks(mapped), networks(plain), "{mapped}");
        }
        // These are wider than the mapped range, and contain no IPv4 address.
        for wider in ["::/0", "::ffff:0:0/95", "::/96"] {
            assert!(
                !networks(wider).contains("127.0.0.1".parse().unwrap()),
                "{wider}"
            );
        }
    }

    #[test]
    fn commas_and_white_space_separate_entries() {
        let list = networks("192.0.2.7,198.51.100.0/24,::1");
        for written in [
            "192.0.2.7 198.51.100.0/24\t::1",
            "\n192.0.2.7 ,\r\n198.51.100.0/24\n,::1\n",
        ] {
            assert_eq!(networks(written), list, "{written:?}");
        }
    }

    #[test]
    fn bits_after_the_prefix_are_ignored() {
        assert_eq!(networks("10.1.2.3/8"), networks("10.0.0.0/8"));
    }

    #[test]
    fn an_empty_list_is_valid_and_other_text_is_not() {
        assert!(networks(" ").is_empty());
        for bad in [
            "localhost",
            "10.0.0.0/33",
            "10.0.0.0/8,",
            "10.0.0.0/8, ,::1",
            "10.0.0.0/8;::1",
            "10.0.0",
        ] {
            assert_eq!(Networks::parse(bad), None, "{bad}");
        }
    }
}
