//! Whether what goes to a URL stays on this machine.

use std::net::{IpAddr, ToSocketAddrs};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use ureq::http::Uri;

use crate::config::proxy::bare;
use crate::{host, interrupt};

/// Finds the addresses of a name; none where it has none, or where finding them took too long.
type LookUp<'a> = &'a dyn Fn(&str) -> Vec<IpAddr>;

/// Whether `url` leads to this machine: a loopback address, `localhost`, or a name below that which has loopback addresses
/// alone. Blocks for at most `patience`, and only for a name below `localhost`.
pub(crate) fn is_led_to(url: &Uri, patience: Duration) -> bool {
    is_led_to_by(url, &|name| addresses(name, patience))
}

fn is_led_to_by(url: &Uri, look_up: LookUp) -> bool {
    let host = url.host().unwrap_or_default();
    if let Ok(address) = bare(host).parse() {
        return is_loopback(address);
    }
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    if !name.ends_with(".localhost") {
        return name == "localhost";
    }
    let addresses = look_up(&name);
    !addresses.is_empty() && addresses.into_iter().all(is_loopback)
}

/// Whether an address is a loopback address, in its IPv6 form too.
pub fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// The system's look-up has no time-out, so it runs on a thread of its own.
fn addresses(name: &str, patience: Duration) -> Vec<IpAddr> {
    let (answer, answered) = mpsc::sync_channel(1);
    let host = (name.to_owned(), 0);
    let looking = host::thread::spawn("omnize-resolve", move || {
        let found = host.to_socket_addrs().map(Iterator::collect::<Vec<_>>);
        // Nobody listens any more where the time was over.
        let _ = answer.try_send(found.unwrap_or_default());
    });
    if looking.is_err() {
        return Vec::new();
    }
    let deadline = Instant::now() + patience;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match answered.recv_timeout(interrupt::wait_slice(left)) {
            Ok(found) => return found.into_iter().map(|address| address.ip()).collect(),
            Err(RecvTimeoutError::Timeout) if !left.is_zero() && !interrupt::should_interrupt() => {
            }
            Err(_) => return Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_below_localhost_are_here_if_all_their_addresses_are() {
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
                is_led_to_by(&url.parse().unwrap(), &look_up),
                is_here,
                "{url}"
            );
        }
    }
}
