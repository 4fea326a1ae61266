//! Decides whether a URL refers to this machine.

use std::net::{IpAddr, ToSocketAddrs};
use std::time::Duration;

use ureq::http::Uri;

use crate::config::network::host_name::without_brackets;
use crate::detached_calls::DetachedCalls;

/// Returns the addresses of a name; empty if it has none, or after a timeout.
type Lookup<'a> = &'a dyn Fn(&str) -> Vec<IpAddr>;

/// Returns whether `url` refers to this machine: by a loopback address, by `localhost`, or by a name below `localhost` that
/// has only loopback addresses. Such a name is resolved, which blocks for at most `timeout`.
pub(crate) fn is_this_machine(url: &Uri, timeout: Duration) -> bool {
    is_this_machine_with(url, &|name| resolve(name, timeout))
}

fn is_this_machine_with(url: &Uri, look_up: Lookup) -> bool {
    let host = url.host().unwrap_or_default();
    if let Ok(address) = without_brackets(host).parse() {
        return is_loopback(address);
    }
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    if !name.ends_with(".localhost") {
        return name == "localhost";
    }
    let addresses = look_up(&name);
    !addresses.is_empty() && addresses.into_iter().all(is_loopback)
}

/// Returns whether an address is a loopback address, also as IPv4 in IPv6.
pub fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// Resolves a name. The system's resolver has no timeout.
fn resolve(name: &str, timeout: Duration) -> Vec<IpAddr> {
    let host = (name.to_owned(), 0);
    let found = DetachedCalls::default().run("omnize-resolve", timeout, move || {
        host.to_socket_addrs().map(Iterator::collect::<Vec<_>>)
    });
    match found {
        Ok(Ok(found)) => found.into_iter().map(|address| address.ip()).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_below_localhost_refer_to_this_machine_if_all_their_addresses_do() {
        let here: &[&str] = &["127.0.0.1", "::1", "::ffff:127.0.0.9"];
        for (url, found, is_here) in [
            ("http://localhost", None, true),
            ("http://LOCALHOST.:81/x", None, true),
            ("http://127.0.0.9", None, true),
            ("http://[::1]:1", None, true),
            ("http://[::ffff:127.0.0.1]", None, true),
            ("http://192.0.2.1", None, false),
            ("http://[::ffff:192.0.2.1]", None, false),
            ("http://notlocalhost", None, false),
            ("http://localhost.example.com", None, false),
            ("http://a.localhost", Some(here), true),
            ("http://a.b.localhost.", Some(here), true),
            (
                "http://a.localhost",
                Some(&["127.0.0.1", "192.0.2.1"]),
                false,
            ),
            ("http://a.localhost", Some(&[]), false),
        ] {
            let look_up = |_: &str| {
                let found = found.expect("no look-up for this one");
                found
                    .iter()
                    .map(|address| address.parse().unwrap())
                    .collect()
            };
            assert_eq!(
                is_this_machine_with(&url.parse().unwrap(), &look_up),
                is_here,
                "{url}"
            );
        }
    }
}
