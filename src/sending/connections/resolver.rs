//! From the name of the peer to its addresses, remembered for a while.
//!
//! The HTTP client asks for every request, pooled connection or not, so asking the system each time would cost more than
//! the request. The system's own look-up has no time-out, so it runs on a thread of its own and is waited for.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::http::uri::Scheme;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;
use ureq::{Error, Timeout};

use crate::config::{AddressFamily, is_loopback};
use crate::host;
use crate::host::resource_limits;
use crate::interrupt;
use crate::sending::http::deadlines;
use crate::sending::http::deadlines::Stage;

/// How long addresses are remembered. A host that moves is found again after this time, or at once when connecting to
/// the old addresses fails.
const CACHE_TTL: Duration = Duration::from_secs(30);

/// How many addresses of one host are tried.
const MAX_ADDRESSES: usize = 16;

/// Remembers the addresses of the one host that is connected to, whatever URL is asked for: the service's, or the proxy's
/// where there is one.
#[derive(Debug)]
pub struct RememberingResolver {
    peer: Peer,
    family: AddressFamily,
    only_this_machine: bool,
    find: LookUp,
    known: Mutex<Option<Entry>>,
    waiting: Mutex<Waiting>,
}

/// Who is connected to.
#[derive(Debug)]
enum Peer {
    /// A host by its address.
    Address(SocketAddr),
    /// A host by its name, and the port.
    Name(String, u16),
    /// A URL without a host, which no option lets in.
    Nobody,
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
    /// One for the host of `url`, that asks the operating system, and gives addresses of this family alone. With
    /// `only_this_machine`, a host that has an address of another machine has none.
    pub fn new(url: &Uri, family: AddressFamily, only_this_machine: bool) -> Self {
        RememberingResolver {
            peer: Peer::of(url),
            family,
            only_this_machine,
            find: look_up,
            known: Mutex::default(),
            waiting: Mutex::default(),
        }
    }

    /// Forgets the host's addresses, for they did not lead to it.
    pub fn forget(&self) {
        *self.lock() = None;
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

    fn lock(&self) -> MutexGuard<'_, Option<Entry>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn resolved(&self) -> Result<ResolvedSocketAddrs, Error> {
        match &self.peer {
            Peer::Address(address) => self.of_family(&[*address]),
            Peer::Name(name, port) => {
                if let Some(entry) = &*self.lock()
                    && entry.since.elapsed() < CACHE_TTL
                {
                    return self.of_family(&entry.addresses);
                }
                let addresses = self.look_up((name.clone(), *port))?;
                let resolved = self.of_family(&addresses)?;
                *self.lock() = Some(Entry {
                    addresses,
                    since: Instant::now(),
                });
                Ok(resolved)
            }
            Peer::Nobody => Err(Error::HostNotFound),
        }
    }

    fn of_family(&self, addresses: &[SocketAddr]) -> Result<ResolvedSocketAddrs, Error> {
        if addresses.is_empty() {
            return Err(Error::HostNotFound);
        }
        let is_here = |address: &SocketAddr| is_loopback(address.ip());
        if self.only_this_machine && !addresses.iter().all(is_here) {
            return Err(io::Error::new(
                io::ErrorKind::AddrNotAvailable,
                "it leads to another machine, and require_tls asks for encryption on the way there",
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
                format!("it has no {wanted} address, and address_family asks for one"),
            )
            .into());
        }
        Ok(resolved)
    }

    fn look_up(&self, host: (String, u16)) -> Result<Vec<SocketAddr>, Error> {
        let left = deadlines::remaining().ok_or(Error::Timeout(Timeout::Resolve))?;
        let (answer, answered) = mpsc::sync_channel(1);
        let answer = Arc::new(answer);
        self.ask(&answer)?;
        let find = self.find;
        host::thread::spawn("omnize-resolve", move || {
            // Nobody listens any more where the time was over; the answer is of no use then.
            let _ = answer.try_send(find(host));
        })?;
        match wait_for(&answered, left)? {
            Ok(Ok(addresses)) => Ok(addresses),
            Ok(Err(error))
                if error.kind() == io::ErrorKind::NotConnected
                    || resource_limits::is_exhausted(&error) =>
            {
                Err(error.into())
            }
            Ok(Err(_)) => Err(Error::HostNotFound),
            Err(_) => Err(Error::Timeout(Timeout::Resolve)),
        }
    }
}

/// Waits for an answer, if the caller does not end that wait.
fn wait_for(
    answered: &Receiver<Answer>,
    timeout: Duration,
) -> io::Result<Result<Answer, RecvTimeoutError>> {
    let begun = Instant::now();
    loop {
        let left = timeout.saturating_sub(begun.elapsed());
        let slice = interrupt::slice(left);
        match answered.recv_timeout(slice) {
            Err(RecvTimeoutError::Timeout) if slice < left => {}
            ended => return Ok(ended),
        }
        if interrupt::asks_to_end() {
            return Err(interrupt::error());
        }
    }
}

impl Resolver for RememberingResolver {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        deadlines::reach(Stage::Resolving);
        self.resolved()
    }
}

impl Peer {
    fn of(url: &Uri) -> Self {
        let Some(host) = url.host() else {
            return Peer::Nobody;
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

/// Asks the operating system.
fn look_up(host: (String, u16)) -> Answer {
    match host.to_socket_addrs() {
        Ok(addresses) => Ok(addresses.collect()),
        // Without a descriptor it says that there is no such name.
        Err(error) => Err(resource_limits::check().err().unwrap_or(error)),
    }
}

/// The name as the system knows it. The C library does not find `localhost.` in the hosts file, where `localhost` stands.
fn name_to_look_up(host: &str) -> String {
    let name = host.strip_suffix('.').unwrap_or(host);
    let is_local = name == "localhost" || name.ends_with(".localhost");
    if is_local { name } else { host }.to_owned()
}

fn shut_down() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the client was closed")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU16, Ordering};

    use super::*;
    use crate::sending::http::deadlines::{Limits, TimeBudget};

    fn resolver(url: &str) -> RememberingResolver {
        RememberingResolver::new(&url.parse().unwrap(), AddressFamily::Any, false)
    }

    fn addresses(resolver: &RememberingResolver) -> Result<Vec<SocketAddr>, Error> {
        let limits = Limits {
            total: TimeBudget {
                left: Duration::from_secs(5),
                whole: Duration::from_secs(5),
            },
            connect: Duration::from_secs(5),
            tls: None,
            send: None,
            answer: None,
        };
        let resolved = deadlines::run(limits, || resolver.resolved()).0?;
        Ok(resolved.iter().copied().collect())
    }

    #[test]
    fn addresses_need_no_look_up() {
        for (url, address) in [
            ("http://[::1]:81/x", "[::1]:81"),
            ("https://127.0.0.1/", "127.0.0.1:443"),
        ] {
            let resolver = RememberingResolver {
                find: |_| unreachable!("an address is no name"),
                ..resolver(url)
            };
            assert_eq!(addresses(&resolver).unwrap(), [address.parse().unwrap()]);
        }
    }

    #[test]
    fn a_name_of_this_machine_is_looked_up_without_its_last_dot() {
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
    fn a_name_is_remembered_until_it_is_forgotten() {
        let resolver = resolver("http://localhost:82/");
        let found = addresses(&resolver).unwrap();
        assert!(found.iter().all(|address| address.ip().is_loopback()));
        assert!(resolver.lock().is_some());
        resolver.forget();
        assert!(resolver.lock().is_none());
    }

    #[test]
    fn the_callers_hook_ends_a_look_up_that_hangs() {
        let resolver = RememberingResolver {
            find: |_| {
                std::thread::sleep(Duration::from_secs(10));
                Ok(Vec::new())
            },
            ..resolver("http://chat.example.com/")
        };
        let begun = Instant::now();
        let error = interrupt::with(|| true, || addresses(&resolver)).unwrap_err();
        assert!(matches!(error, Error::Io(_)), "{error:?}");
        assert!(begun.elapsed() < Duration::from_secs(4));
        // One that has the time is not ended.
        let quick = RememberingResolver {
            find: |_| {
                std::thread::sleep(interrupt::CHECK_INTERVAL * 2);
                Ok(vec![SocketAddr::from(([192, 0, 2, 1], 80))])
            },
            ..resolver
        };
        assert_eq!(
            interrupt::with(|| false, || addresses(&quick))
                .unwrap()
                .len(),
            1
        );
    }

    #[test]
    fn a_name_that_nobody_has_is_not_found() {
        let error = addresses(&resolver("http://nobody.invalid/")).unwrap_err();
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
            ..resolver("http://chat.example.com/")
        };
        let port = || addresses(&resolver).unwrap()[0].port();
        assert_eq!([port(), port()], [1, 1]);
        resolver.forget();
        assert_eq!([port(), port()], [2, 2]);
        resolver.lock().as_mut().unwrap().since -= CACHE_TTL;
        assert_eq!([port(), port()], [3, 3]);
    }

    #[test]
    fn another_machine_is_not_connected_to_where_that_is_asked_for() {
        for (found, is_here) in [
            (
                &["127.0.0.1:80", "[::1]:80", "[::ffff:127.0.0.1]:80"][..],
                true,
            ),
            (&["127.0.0.1:80", "192.0.2.1:80"], false),
        ] {
            let resolver = RememberingResolver::new(
                &"http://localhost/".parse().unwrap(),
                AddressFamily::Any,
                true,
            );
            let found: Vec<_> = found
                .iter()
                .map(|address| address.parse().unwrap())
                .collect();
            assert_eq!(resolver.of_family(&found).is_ok(), is_here);
        }
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
