//! Resolves the peer's name to addresses, and caches them.
//!
//! ureq resolves the name for every request, also with a pooled connection; without the cache, that would cost more than the
//! request. The system's lookup has no timeout, so it is a detached call.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::http::uri::Scheme;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;
use ureq::{Error, Timeout};

use crate::config::{AddressFamily, is_loopback};
use crate::detached_calls::{CallError, DetachedCalls};
use crate::host::resource_limits;
use crate::sending::deadlines;
use crate::sending::deadlines::Stage;

/// How long addresses are cached. After that, or after a failed connection, the name is resolved again.
const CACHE_TTL: Duration = Duration::from_secs(30);

/// The largest number of addresses of one host that are tried.
const MAX_ADDRESSES: usize = 16;

/// Resolves one host for every URL: the proxy's, or the service's if there is no proxy.
#[derive(Debug)]
pub struct CachingResolver {
    peer: Peer,
    family: AddressFamily,
    only_this_machine: bool,
    lookup: Lookup,
    cache: Mutex<Option<CacheEntry>>,
    calls: Arc<DetachedCalls>,
}

/// The host to connect to.
#[derive(Debug)]
enum Peer {
    /// An address and port.
    Address(SocketAddr),
    /// A name and port.
    Name(String, u16),
    /// A URL without a host. The options reject it.
    Missing,
}

/// A blocking function that finds the addresses of a host.
type Lookup = fn((String, u16)) -> LookupResult;

type LookupResult = io::Result<Vec<SocketAddr>>;

#[derive(Clone, Debug)]
struct CacheEntry {
    addresses: Vec<SocketAddr>,
    since: Instant,
}

impl CachingResolver {
    /// Creates a resolver for the host of `url`, which returns only addresses of this family. With `only_this_machine`, a
    /// host with an address of another machine fails. Lookups are part of `calls`.
    pub fn new(
        url: &Uri,
        family: AddressFamily,
        only_this_machine: bool,
        calls: Arc<DetachedCalls>,
    ) -> Self {
        CachingResolver {
            peer: Peer::of(url),
            family,
            only_this_machine,
            lookup: lookup_by_system,
            cache: Mutex::default(),
            calls,
        }
    }

    /// Clears the cache, because connecting to the cached addresses failed.
    pub fn clear_cache(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> MutexGuard<'_, Option<CacheEntry>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn resolve_peer(&self) -> Result<ResolvedSocketAddrs, Error> {
        match &self.peer {
            Peer::Address(address) => self.select(&[*address]),
            Peer::Name(name, port) => {
                if let Some(entry) = &*self.lock()
                    && entry.since.elapsed() < CACHE_TTL
                {
                    return self.select(&entry.addresses);
                }
                let addresses = self.look_up((name.clone(), *port))?;
                let resolved = self.select(&addresses)?;
                *self.lock() = Some(CacheEntry {
                    addresses,
                    since: Instant::now(),
                });
                Ok(resolved)
            }
            Peer::Missing => Err(Error::HostNotFound),
        }
    }

    /// Returns the addresses that the options allow.
    fn select(&self, addresses: &[SocketAddr]) -> Result<ResolvedSocketAddrs, Error> {
        if addresses.is_empty() {
            return Err(Error::HostNotFound);
        }
        let is_here = |address: &SocketAddr| is_loopback(address.ip());
        if self.only_this_machine && !addresses.iter().all(is_here) {
            return Err(io::Error::new(
                io::ErrorKind::AddrNotAvailable,
                "its address is on another machine, and require_tls requires encryption for that",
            )
            .into());
        }
        let is_wanted = |address: &&SocketAddr| match self.family {
            AddressFamily::Any => true,
            AddressFamily::Ipv4 => address.is_ipv4(),
            AddressFamily::Ipv6 => address.is_ipv6(),
        };
        let mut resolved = self.empty();
        for address in addresses.iter().filter(is_wanted).take(MAX_ADDRESSES) {
            resolved.push(*address);
        }
        if resolved.is_empty() {
            let wanted = match self.family {
                AddressFamily::Ipv4 => "IPv4",
                _ => "IPv6",
            };
            return Err(io::Error::new(
                io::ErrorKind::AddrNotAvailable,
                format!("it has no {wanted} address, and address_family requires one"),
            )
            .into());
        }
        Ok(resolved)
    }

    fn look_up(&self, host: (String, u16)) -> Result<Vec<SocketAddr>, Error> {
        let remaining = deadlines::remaining().ok_or(Error::Timeout(Timeout::Resolve))?;
        let lookup = self.lookup;
        match self
            .calls
            .run("omnize-resolve", remaining, move || lookup(host))
        {
            Ok(Ok(addresses)) => Ok(addresses),
            Ok(Err(error)) if resource_limits::is_exhausted(&error) => Err(error.into()),
            Ok(Err(_)) => Err(Error::HostNotFound),
            Err(CallError::Timeout) => Err(Error::Timeout(Timeout::Resolve)),
            Err(CallError::Io(error)) => Err(error.into()),
        }
    }
}

impl Resolver for CachingResolver {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        deadlines::set_stage(Stage::Resolving);
        self.resolve_peer()
    }
}

impl Peer {
    fn of(url: &Uri) -> Self {
        let Some(host) = url.host() else {
            return Peer::Missing;
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let default = if url.scheme() == Some(&Scheme::HTTPS) {
            443
        } else {
            80
        };
        let port = url.port_u16().unwrap_or(default);
        match host.parse::<IpAddr>() {
            Ok(address) => Peer::Address(SocketAddr::new(address, port)),
            Err(_) => Peer::Name(name_to_look_up(host), port),
        }
    }
}

/// Finds the addresses with the operating system.
fn lookup_by_system(host: (String, u16)) -> LookupResult {
    match host.to_socket_addrs() {
        Ok(addresses) => Ok(addresses.collect()),
        // Without a free descriptor, the system reports an unknown name.
        Err(error) => Err(resource_limits::check().err().unwrap_or(error)),
    }
}

/// Removes the final dot of a local name, because the hosts file contains `localhost` without it.
fn name_to_look_up(host: &str) -> String {
    let name = host.strip_suffix('.').unwrap_or(host);
    let is_local = name == "localhost" || name.ends_with(".localhost");
    if is_local { name } else { host }.to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU16, Ordering};

    use super::*;
    use crate::interrupt;
    use crate::sending::deadlines::{TimeBudget, Timeouts};

    fn resolver(url: &str) -> CachingResolver {
        CachingResolver::new(
            &url.parse().unwrap(),
            AddressFamily::Any,
            false,
            Arc::default(),
        )
    }

    fn addresses(resolver: &CachingResolver) -> Result<Vec<SocketAddr>, Error> {
        let timeouts = Timeouts {
            total: TimeBudget {
                remaining: Duration::from_secs(5),
                total: Duration::from_secs(5),
            },
            connect: Duration::from_secs(5),
            tls: None,
            send: None,
            response: None,
        };
        let resolved = deadlines::run(timeouts, || resolver.resolve_peer()).0?;
        Ok(resolved.iter().copied().collect())
    }

    #[test]
    fn addresses_are_not_looked_up() {
        for (url, address) in [
            ("http://[::1]:81/x", "[::1]:81"),
            ("https://127.0.0.1/", "127.0.0.1:443"),
        ] {
            let resolver = CachingResolver {
                lookup: |_| unreachable!("an address is not a name"),
                ..resolver(url)
            };
            assert_eq!(addresses(&resolver).unwrap(), [address.parse().unwrap()]);
        }
    }

    #[test]
    fn local_name_is_looked_up_without_its_final_dot() {
        for (host, name) in [
            ("localhost.", "localhost"),
            ("a.localhost.", "a.localhost"),
            ("localhost", "localhost"),
            ("example.com.", "example.com."),
        ] {
            assert_eq!(name_to_look_up(host), name);
        }
        assert!(
            !addresses(&resolver("http://localhost.:82/"))
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn addresses_are_cached_until_the_cache_is_cleared() {
        let resolver = resolver("http://localhost:82/");
        let found = addresses(&resolver).unwrap();
        assert!(found.iter().all(|address| address.ip().is_loopback()));
        assert!(resolver.lock().is_some());
        resolver.clear_cache();
        assert!(resolver.lock().is_none());
    }

    #[test]
    fn interrupt_hook_ends_a_lookup_that_hangs() {
        let resolver = CachingResolver {
            lookup: |_| {
                std::thread::sleep(Duration::from_secs(10));
                Ok(Vec::new())
            },
            ..resolver("http://chat.example.com/")
        };
        let started = Instant::now();
        let error = interrupt::with_hook(|| true, || addresses(&resolver)).unwrap_err();
        assert!(matches!(error, Error::Io(_)), "{error:?}");
        assert!(started.elapsed() < Duration::from_secs(4));
        // A lookup within the timeout succeeds.
        let quick = CachingResolver {
            lookup: |_| {
                std::thread::sleep(interrupt::CHECK_INTERVAL * 2);
                Ok(vec![SocketAddr::from(([192, 0, 2, 1], 80))])
            },
            ..resolver
        };
        assert_eq!(
            interrupt::with_hook(|| false, || addresses(&quick))
                .unwrap()
                .len(),
            1
        );
    }

    #[test]
    fn unknown_name_is_not_found() {
        let error = addresses(&resolver("http://nobody.invalid/")).unwrap_err();
        assert!(
            matches!(error, Error::HostNotFound | Error::Timeout(_)),
            "{error:?}"
        );
    }

    #[test]
    fn expired_addresses_are_not_reused() {
        static LOOKUPS: AtomicU16 = AtomicU16::new(1);
        let resolver = CachingResolver {
            lookup: |_| {
                let port = LOOKUPS.fetch_add(1, Ordering::Relaxed);
                Ok(vec![SocketAddr::from(([192, 0, 2, 1], port))])
            },
            ..resolver("http://chat.example.com/")
        };
        let port = || addresses(&resolver).unwrap()[0].port();
        assert_eq!([port(), port()], [1, 1]);
        resolver.clear_cache();
        assert_eq!([port(), port()], [2, 2]);
        resolver.lock().as_mut().unwrap().since -= CACHE_TTL;
        assert_eq!([port(), port()], [3, 3]);
    }

    #[test]
    fn another_machine_is_rejected_if_require_tls_demands_it() {
        for (found, is_here) in [
            (
                &["127.0.0.1:80", "[::1]:80", "[::ffff:127.0.0.1]:80"][..],
                true,
            ),
            (&["127.0.0.1:80", "192.0.2.1:80"], false),
        ] {
            let resolver = CachingResolver::new(
                &"http://localhost/".parse().unwrap(),
                AddressFamily::Any,
                true,
                Arc::default(),
            );
            let found: Vec<_> = found
                .iter()
                .map(|address| address.parse().unwrap())
                .collect();
            assert_eq!(resolver.select(&found).is_ok(), is_here);
        }
    }

    #[test]
    fn only_addresses_of_the_family_are_returned() {
        let both: Lookup = |(_, port)| {
            Ok(vec![
                SocketAddr::from(([127, 0, 0, 1], port)),
                SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], port)),
            ])
        };
        let found = |family, url| {
            let resolver = CachingResolver {
                lookup: both,
                family,
                ..resolver(url)
            };
            addresses(&resolver).map_err(|error| error.to_string())
        };
        let four = "127.0.0.1:80".parse().unwrap();
        let six = "[::1]:80".parse().unwrap();
        assert_eq!(
            found(AddressFamily::Any, "http://both/"),
            Ok(vec![four, six])
        );
        assert_eq!(found(AddressFamily::Ipv4, "http://both/"), Ok(vec![four]));
        assert_eq!(found(AddressFamily::Ipv6, "http://both/"), Ok(vec![six]));
        let error = found(AddressFamily::Ipv4, "http://[::1]/").unwrap_err();
        assert!(error.contains("IPv4"), "{error}");
    }
}
