//! Lists of networks, as options name them.

use std::net::IpAddr;

use ipnet::IpNet;

/// Addresses and networks, in which an address can be looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// Reads addresses and networks that are separated by commas; `None` where a part is neither.
    pub fn parse(list: &str) -> Option<Networks> {
        if list.trim().is_empty() {
            return Some(Networks::default());
        }
        let network = |part: &str| {
            let part = part.trim();
            let network = match part.parse::<IpAddr>() {
                Ok(address) => IpNet::from(address),
                Err(_) => part.parse().ok()?,
            };
            Some(network.trunc())
        };
        list.split(',')
            .map(network)
            .collect::<Option<_>>()
            .map(Networks)
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
            "10.0.0.0/8;::1",
            "10.0.0",
        ] {
            assert_eq!(Networks::parse(bad), None, "{bad}");
        }
    }
}
