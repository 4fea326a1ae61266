//! Lists of networks, as options name them.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

/// Addresses and networks, in which an address can be looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// Reads addresses and networks that commas or white space separate; `None` where a part is neither.
    pub fn parse(list: &str) -> Option<Networks> {
        if list.trim().is_empty() {
            return Some(Networks::default());
        }
        let mut networks = Vec::new();
        for part in list.split(',') {
            let before = networks.len();
            for entry in part.split_whitespace() {
                networks.push(network(entry)?);
            }
            if networks.len() == before {
                return None;
            }
        }
        Some(Networks(networks))
    }

    /// Whether no network is in the list.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of the networks has this address. An IPv4 address that an IPv6 socket reports is the IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// Reads an address, or a network with the length of its prefix. What stands for IPv4 within IPv6 (`::ffff:192.0.2.7`, or
/// such a network) is the IPv4 address or network.
pub(crate) fn network(entry: &str) -> Option<IpNet> {
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
    fn ipv4_within_ipv6_is_ipv4() {
        for (mapped, plain) in [
            ("::ffff:127.0.0.1", "127.0.0.1"),
            ("::ffff:127.0.0.1/128", "127.0.0.1/32"),
            ("::ffff:127.0.0.1/104", "127.0.0.0/8"),
            ("::FFFF:7f00:1/97", "0.0.0.0/1"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
        ] {
            assert_eq!(networks(mapped), networks(plain), "{mapped}");
        }
        // These hold more than IPv4, and none of it.
        for wider in ["::/0", "::ffff:0:0/95", "::/96"] {
            assert!(
                !networks(wider).contains("127.0.0.1".parse().unwrap()),
                "{wider}"
            );
        }
    }

    #[test]
    fn commas_and_white_space_separate() {
        let list = networks("192.0.2.7,198.51.100.0/24,::1");
        for written in [
            "192.0.2.7 198.51.100.0/24\t::1",
            "\n192.0.2.7 ,\r\n198.51.100.0/24\n,::1\n",
        ] {
            assert_eq!(networks(written), list, "{written:?}");
        }
    }

    #[test]
    fn bits_behind_the_prefix_do_not_matter() {
        assert_eq!(networks("10.1.2.3/8"), networks("10.0.0.0/8"));
    }

    #[test]
    fn nothing_is_no_network_and_anything_else_is_told() {
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
