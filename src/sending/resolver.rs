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
use crate::host;

/// How long addresses are remembered. A host that moves is found again after this time, or at once when connecting to
/// the old addresses fails.
const FRESH: Duration = Duration::from_secs(30);

/// How many addresses of one host are tried.
const MAX_ADDRESSES: usize = 16;

/// Remembers the addresses of the hosts that it was asked for.
#[derive(Debug, Default)]
pub struct RememberingResolver {
    known: Mutex<HashMap<(String, u16), Entry>>,
    waiting: Mutex<Waiting>,
}

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
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let key = (host, port);
        if let Some(entry) = self
            .lock()
            .get(&key)
            .filter(|entry| entry.since.elapsed() < FRESH)
        {
            return Ok(entry.addresses.clone());
        }
        let addresses = self.look_up(key.clone())?;
        if addresses.is_empty() {
            return Err(Error::HostNotFound);
        }
        let entry = Entry {
            addresses: addresses.clone(),
            since: Instant::now(),
        };
        self.lock().insert(key, entry);
        Ok(addresses)
    }

    fn look_up(&self, host: (String, u16)) -> Result<Vec<SocketAddr>, Error> {
        let left = attempt::remaining_to_connect().ok_or(Error::Timeout(Timeout::Resolve))?;
        let (answer, answered) = mpsc::sync_channel(1);
        let answer = Arc::new(answer);
        self.ask(&answer)?;
        host::thread::spawn("omnize-resolve", move || {
            let addresses = host.to_socket_addrs().map(|addresses| addresses.collect());
            // Nobody listens any more where the time was over; the answer is of no use then.
            let _ = answer.try_send(addresses);
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
    use super::*;

    fn addresses(resolver: &RememberingResolver, url: &str) -> Result<Vec<SocketAddr>, Error> {
        let second = Duration::from_secs(5);
        attempt::run(second, second, || resolver.addresses(&url.parse().unwrap())).0
    }

    #[test]
    fn addresses_need_no_look_up() {
        let resolver = RememberingResolver::default();
        let found = addresses(&resolver, "http://[::1]:81/x").unwrap();
        assert_eq!(found, ["[::1]:81".parse().unwrap()]);
        let found = addresses(&resolver, "https://127.0.0.1/").unwrap();
        assert_eq!(found, ["127.0.0.1:443".parse().unwrap()]);
        assert!(resolver.lock().is_empty());
    }

    #[test]
    fn a_name_is_remembered_until_it_is_forgotten() {
        let resolver = RememberingResolver::default();
        let found = addresses(&resolver, "http://localhost:82/").unwrap();
        assert!(found.iter().all(|address| address.ip().is_loopback()));
        assert_eq!(resolver.lock().len(), 1);
        resolver.forget(&"http://localhost:82/".parse().unwrap());
        assert!(resolver.lock().is_empty());
    }

    #[test]
    fn a_name_that_nobody_has_is_not_found() {
        let resolver = RememberingResolver::default();
        let error = addresses(&resolver, "http://nobody.invalid/").unwrap_err();
        assert!(
            matches!(error, Error::HostNotFound | Error::Timeout(_)),
            "{error:?}"
        );
    }
}
