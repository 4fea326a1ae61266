//! Limits how many connections there are, in all and from one address, and decides which one is closed for another.
//!
//! A connection is asked to close and never cut off: its task looks first whether a request has arrived. Whom nobody may ask
//! is in `ConnectionState::rank`.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::config::Limits;
use crate::receiving::listener::connection::connection_state::{ConnectionState, Phase};

/// How long to wait before further connections are asked to close, where none has left.
const ASK_AGAIN: Duration = Duration::from_millis(20);
/// How many closed connections may linger beside those that count, so that their peers can read the last answer.
const MOST_LINGERING: usize = 64;

/// All connections of a listener.
#[derive(Debug)]
pub struct Connections {
    most: usize,
    most_per_address: Option<usize>,
    state: Mutex<State>,
    left: Notify,
    /// How many connections are to be asked to close for the next that finds no place: more with each in a row, as nobody
    /// knows how many wait in the system's queue. 0 while none waits.
    pressure: AtomicUsize,
    lingering: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    last: u64,
    seated: HashMap<u64, ConnectionEntry>,
}

#[derive(Debug)]
struct ConnectionEntry {
    address: Option<IpAddr>,
    pulse: Arc<ConnectionState>,
    task: Option<AbortHandle>,
}

/// A connection's place, given back when it is dropped.
#[derive(Debug)]
pub struct ConnectionPermit {
    number: u64,
    pulse: Arc<ConnectionState>,
    connections: Arc<Connections>,
}

/// The right of a closed connection to linger.
#[derive(Debug)]
pub struct Lingering<'a>(&'a AtomicUsize);

impl Connections {
    /// None yet.
    pub fn new(limits: &Limits) -> Self {
        Connections {
            most: limits.connections,
            most_per_address: limits.connections_per_address,
            state: Mutex::default(),
            left: Notify::new(),
            pressure: AtomicUsize::new(0),
            lingering: AtomicUsize::new(0),
        }
    }

    /// Waits until there is a place for a connection from `peer`, whose address is counted unless it is `exempt`. Where its
    /// address has too many, the place is for an answer of 503 alone.
    pub async fn admit(self: &Arc<Self>, peer: IpAddr, exempt: bool) -> ConnectionPermit {
        let mut ask = true;
        loop {
            if let Some(seat) = self.admit_now(peer, exempt) {
                return seat;
            }
            if ask {
                self.ask_some();
            }
            ask = !self.one_left().await;
        }
    }

    fn admit_now(self: &Arc<Self>, peer: IpAddr, exempt: bool) -> Option<ConnectionPermit> {
        let mut state = self.lock();
        if state.seated.len() >= self.most {
            return None;
        }
        let address = (!exempt).then(|| neighbourhood(peer));
        let is_over_limit = address
            .zip(self.most_per_address)
            .is_some_and(|(address, most)| !state.has_room_at(address, most));
        state.last += 1;
        let number = state.last;
        let pulse = Arc::new(ConnectionState::new(is_over_limit));
        let seated = ConnectionEntry {
            address,
            pulse: pulse.clone(),
            task: None,
        };
        state.seated.insert(number, seated);
        Some(ConnectionPermit {
            number,
            pulse,
            connections: self.clone(),
        })
    }

    /// Makes known which task serves the connection with this number.
    pub fn served_by(&self, number: u64, task: AbortHandle) {
        if let Some(seated) = self.lock().seated.get_mut(&number) {
            seated.task = Some(task);
        }
    }

    /// Where no connection can be accepted: asks some to close, and waits for a moment, or until one has left.
    pub async fn make_room(&self) {
        self.ask_some();
        self.one_left().await;
    }

    fn ask_some(&self) {
        let pressure = self.pressure.load(Ordering::Relaxed);
        let pressure = (2 * pressure).clamp(1 + self.most / 64, 1 + self.most / 4);
        self.pressure.store(pressure, Ordering::Relaxed);
        self.lock().ask(pressure);
    }

    /// No connection waits to be accepted.
    pub fn none_waits(&self) {
        self.pressure.store(0, Ordering::Relaxed);
    }

    /// Waits until a connection has left. `false` where none has for a moment, so that another one is to be asked.
    async fn one_left(&self) -> bool {
        let left = tokio::time::timeout(ASK_AGAIN, self.left.notified());
        left.await.is_ok()
    }

    /// Whether connections wait for a place, so that those that have one end with their next answer.
    pub fn is_full(&self) -> bool {
        self.pressure.load(Ordering::Relaxed) > 0
    }

    /// Lets a closed connection linger, if not too many do.
    pub fn linger(&self) -> Option<Lingering<'_>> {
        if self.lingering.load(Ordering::Relaxed) >= MOST_LINGERING {
            return None;
        }
        self.lingering.fetch_add(1, Ordering::Relaxed);
        Some(Lingering(&self.lingering))
    }

    /// Ends every connection but those whose trigger is being kept.
    pub fn end_all_but_keeping(&self) {
        for seated in self.lock().seated.values() {
            if let Some(task) = seated
                .task
                .as_ref()
                .filter(|_| seated.pulse.phase() != Phase::Keeping)
            {
                task.abort();
            }
        }
    }

    /// Waits until none is left.
    pub async fn emptied(&self) {
        while !self.lock().seated.is_empty() {
            self.left.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether one more of `most` connections may come from this address, for which another one may be asked to close.
    fn has_room_at(&self, address: IpAddr, most: usize) -> bool {
        let there = self.seated.values().filter(|seated| {
            let pulse = &seated.pulse;
            let counts = !pulse.must_close() && !pulse.is_over_limit();
            counts && pulse.phase() != Phase::Ending && seated.address == Some(address)
        });
        let there: Vec<_> = there.map(|seated| &*seated.pulse).collect();
        there.len() < most || ask_of(there, 1) > 0
    }

    /// Asks the connections that are missed least to close, until so many are asked.
    fn ask(&self, count: usize) {
        let all = self.seated.values().map(|seated| &*seated.pulse);
        let (asked, others): (Vec<_>, Vec<_>) = all.partition(|pulse| pulse.must_close());
        ask_of(others, count.saturating_sub(asked.len()));
    }
}

/// Asks so many of these connections to close, if there are so many that may be asked. How many it were.
fn ask_of(connections: Vec<&ConnectionState>, count: usize) -> usize {
    let ranked = connections
        .into_iter()
        .filter_map(|pulse| Some((pulse.rank()?, pulse)));
    let mut ranked: Vec<_> = ranked.collect();
    ranked.sort_unstable_by_key(|(rank, _)| *rank);
    ranked.truncate(count);
    for (_, pulse) in &ranked {
        pulse.ask_to_close();
    }
    ranked.len()
}

impl ConnectionPermit {
    /// Tells this connection from the others.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// What it is doing.
    pub fn pulse(&self) -> &Arc<ConnectionState> {
        &self.pulse
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.connections.lock().seated.remove(&self.number);
        self.connections.left.notify_one();
    }
}

impl Drop for Lingering<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What counts as one address: an IPv6 host has 2^64 of them.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address => address,
    }
}
