//! From a host's name to its addresses, remembered for a while.
//!
//! The HTTP client asks for every request, pooled connection or not, so asking the system each time would cost more than
//! the request. The system's own look-up has no time-out, so it runs on a thread of its own and is waited for.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::http::uri::Scheme;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;
use ureq::{Error, Timeout};

use super::attempt::{self, Stage};
use crate::config::AddressFamily;
use crate::host;

/// How long addresses are remembered. A host that moves is found again after this time, or at once when connecting to
/// the old addresses fails.
const FRESH: Duration = Duration::from_secs(30);

/// How many addresses of one host are tried.
const MAX_ADDRESSES: usize = 16;

/// Remembers the addresses of the hosts that it was asked for.
#[derive(Debug)]
pub struct RememberingResolver {
    family: AddressFamily,
    find: LookUp,
    known: Mutex<HashMap<(String, u16), Entry>>,
    waiting: Mutex<Waiting>,
}

/// Finds the addresses of a host, and may take its time.
type LookUp = fn((String, u16)) -> Answer;

/// Who waits for the system's answer, and whether anybody still may.
#[derive(Debug, Default)]
struct Waiting {
    asked: Vec<Weak<SyncSender<Answer>>>,
    shut_down: bool,
}

type Answer = io::Result<Vec<SocketAddr>>;

#[derive(Clone, Debug)]
struct Entry {
    addresses: Vec<SocketAddr>,
    since: Instant,
}

impl RememberingResolver {
    /// One that asks the operating system, and gives addresses of this family alone.
    pub fn new(family: AddressFamily) -> Self {
        RememberingResolver {
            family,
            find: |host| Ok(host.to_socket_addrs()?.collect()),
            known: Mutex::default(),
            waiting: Mutex::default(),
        }
    }

    /// Forgets a host, for its addresses did not lead to it.
    pub fn forget(&self, url: &Uri) {
        if let Some(host) = host_and_port(url) {
            self.lock().remove(&host);
        }
    }

    /// Ends every wait for the system's answer, and looks nothing up any more.
    pub fn shut_down(&self) {
        let asked = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.shut_down = true;
            std::mem::take(&mut waiting.asked)
        };
        for answer in asked.iter().filter_map(Weak::upgrade) {
            // Where there is no room for it, the system's answer came first.
            let _ = answer.try_send(Err(shut_down()));
        }
    }

    fn ask(&self, answer: &Arc<SyncSender<Answer>>) -> Result<(), Error> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.shut_down {
            return Err(shut_down().into());
        }
        waiting.asked.retain(|answer| answer.strong_count() > 0);
        waiting.asked.push(Arc::downgrade(answer));
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(String, u16), Entry>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn addresses(&self, url: &Uri) -> Result<Vec<SocketAddr>, Error> {
        let (host, port) = host_and_port(url).ok_or(Error::HostNotFound)?;
        if let Ok(address) = host.parse::<IpAddr>() {
            return self.of_family(vec![SocketAddr::new(address, port)]);
        }
        let key = (host, port);
        if let Some(entry) = self
            .lock()
            .get(&key)
            .filter(|entry| entry.since.elapsed() < FRESH)
        {
            return Ok(entry.addresses.clone());
        }
        let addresses = self.of_family(self.look_up(key.clone())?)?;
        let entry = Entry {
            addresses: addresses.clone(),
            since: Instant::now(),
        };
        self.lock().insert(key, entry);
        Ok(addresses)
    }

    fn of_family(&self, mut addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, Error> {
        if addresses.is_empty() {
            return Err(Error::HostNotFound);
        }
        let wanted = match self.family {
            AddressFamily::Any => return Ok(addresses),
            AddressFamily::Ipv4 => {
                addresses.retain(SocketAddr::is_ipv4);
                "IPv4"
            }
            AddressFamily::Ipv6 => {
                addresses.retain(SocketAddr::is_ipv6);
                "IPv6"
            }
        };
        if addresses.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::AddrNotAvailable,
                format!("it has no {wanted} address, and address_family asks for one"),
            )
            .into());
        }
        Ok(addresses)
    }

    fn look_up(&self, host: (String, u16)) -> Result<Vec<SocketAddr>, Error> {
        let left = attempt::remaining().ok_or(Error::Timeout(Timeout::Resolve))?;
        let (answer, answered) = mpsc::sync_channel(1);
        let answer = Arc::new(answer);
        self.ask(&answer)?;
        let find = self.find;
        host::thread::spawn("omnize-resolve", move || {
            // Nobody listens any more where the time was over; the answer is of no use then.
            let _ = answer.try_send(find(host));
        })?;
        match answered.recv_timeout(left) {
            Ok(Ok(addresses)) => Ok(addresses),
            Ok(Err(error)) if error.kind() == io::ErrorKind::NotConnected => Err(error.into()),
            Ok(Err(_)) => Err(Error::HostNotFound),
            Err(_) => Err(Error::Timeout(Timeout::Resolve)),
        }
    }
}

impl Resolver for RememberingResolver {
    fn resolve(&self, url: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        attempt::reach(Stage::Resolving);
        let mut resolved = self.empty();
        for address in self.addresses(url)?.into_iter().take(MAX_ADDRESSES) {
            resolved.push(address);
        }
        Ok(resolved)
    }
}

fn host_and_port(url: &Uri) -> Option<(String, u16)> {
    let host = url.host()?.trim_start_matches('[').trim_end_matches(']');
    let default = if url.scheme() == Some(&Scheme::HTTPS) {
        443
    } else {
        80
    };
    Some((host.to_owned(), url.port_u16().unwrap_or(default)))
}

fn shut_down() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the client was closed")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU16, Ordering};

    use super::super::attempt::Limits;
    use super::*;

    fn addresses(resolver: &RememberingResolver, url: &str) -> Result<Vec<SocketAddr>, Error> {
        let limits = Limits {
            total: Duration::from_secs(5),
            connect: Duration::from_secs(5),
            tls: None,
            send: None,
            answer: None,
        };
        attempt::run(limits, || resolver.addresses(&url.parse().unwrap())).0
    }

    fn any() -> RememberingResolver {
        RememberingResolver::new(AddressFamily::Any)
    }

    #[test]
    fn addresses_need_no_look_up() {
        let resolver = any();
        let found = addresses(&resolver, "http://[::1]:81/x").unwrap();
        assert_eq!(found, ["[::1]:81".parse().unwrap()]);
        let found = addresses(&resolver, "https://127.0.0.1/").unwrap();
        assert_eq!(found, ["127.0.0.1:443".parse().unwrap()]);
        assert!(resolver.lock().is_empty());
    }

    #[test]
    fn a_name_is_remembered_until_it_is_forgotten() {
        let resolver = any();
        let found = addresses(&resolver, "http://localhost:82/").unwrap();
        assert!(found.iter().all(|address| address.ip().is_loopback()));
        assert_eq!(resolver.lock().len(), 1);
        resolver.forget(&"http://localhost:82/".parse().unwrap());
        assert!(resolver.lock().is_empty());
    }

    #[test]
    fn a_name_that_nobody_has_is_not_found() {
        let resolver = any();
        let error = addresses(&resolver, "http://nobody.invalid/").unwrap_err();
        assert!(
            matches!(error, Error::HostNotFound | Error::Timeout(_)),
            "{error:?}"
        );
    }

    #[test]
    fn a_host_that_moves_is_found_again() {
        static LOOK_UPS: AtomicU16 = AtomicU16::new(1);
        let resolver = RememberingResolver {
            find: |_| {
                let port = LOOK_UPS.fetch_add(1, Ordering::Relaxed);
                Ok(vec![SocketAddr::from(([192, 0, 2, 1], port))])
            },
            ..any()
        };
        let url = "http://chat.example.com/";
        let port = || addresses(&resolver, url).unwrap()[0].port();
        assert_eq!([port(), port()], [1, 1]);
        resolver.forget(&url.parse().unwrap());
        assert_eq!([port(), port()], [2, 2]);
        for entry in resolver.lock().values_mut() {
            entry.since -= FRESH;
        }
        assert_eq!([port(), port()], [3, 3]);
    }

    #[test]
    fn gives_addresses_of_the_family_alone() {
        let both: LookUp = |(_, port)| {
            Ok(vec![
                SocketAddr::from(([127, 0, 0, 1], port)),
                SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], port)),
            ])
        };
        let found = |family, url| {
            let resolver = RememberingResolver {
                find: both,
                ..RememberingResolver::new(family)
            };
            addresses(&resolver, url).map_err(|error| error.to_string())
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
