//! Limits how many connections counted are, in all and from one address, and decides which one is closed for another.
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
const EVICTION_INTERVAL: Duration = Duration::from_millis(20);
/// How many closed connections may linger beside those that count, so that their peers can read the last answer.
const MAX_LINGERING: usize = 64;

/// All connections of a listener.
#[derive(Debug)]
pub struct Connections {
    max_connections: usize,
    max_per_address: Option<usize>,
    state: Mutex<ConnectionTable>,
    closed: Notify,
    /// How many connections are to be asked to close for the next that finds no place: more with each in a row, as nobody
    /// knows how many wait in the system's queue. 0 while none waits.
    pressure: AtomicUsize,
    lingering: AtomicUsize,
}

#[derive(Debug, Default)]
struct ConnectionTable {
    last_id: u64,
    entries: HashMap<u64, ConnectionEntry>,
}

#[derive(Debug)]
struct ConnectionEntry {
    address: Option<IpAddr>,
    connection: Arc<ConnectionState>,
    task: Option<AbortHandle>,
}

/// A connection's place, given back when it is dropped.
#[derive(Debug)]
pub struct ConnectionPermit {
    id: u64,
    connection: Arc<ConnectionState>,
    connections: Arc<Connections>,
}

/// The right of a closed connection to linger.
#[derive(Debug)]
pub struct LingerPermit<'a>(&'a AtomicUsize);

impl Connections {
    /// None yet.
    pub fn new(limits: &Limits) -> Self {
        Connections {
            max_connections: limits.connections,
            max_per_address: limits.connections_per_address,
            state: Mutex::default(),
            closed: Notify::new(),
            pressure: AtomicUsize::new(0),
            lingering: AtomicUsize::new(0),
        }
    }

    /// Waits until counted is a place for a connection from `peer`, whose address is counted unless it is `exempt`. Where its
    /// address has too many, the place is for an answer of 503 alone.
    pub async fn acquire(self: &Arc<Self>, peer: IpAddr, exempt: bool) -> ConnectionPermit {
        let mut should_evict = true;
        loop {
            if let Some(permit) = self.try_acquire(peer, exempt) {
                return permit;
            }
            if should_evict {
                self.request_evictions();
            }
            should_evict = !self.wait_closed().await;
        }
    }

    fn try_acquire(self: &Arc<Self>, peer: IpAddr, exempt: bool) -> Option<ConnectionPermit> {
        let mut state = self.lock();
        if state.entries.len() >= self.max_connections {
            return None;
        }
        let address = (!exempt).then(|| address_prefix(peer));
        let is_over_limit = address
            .zip(self.max_per_address)
            .is_some_and(|(address, most)| !state.check_address_limit(address, most));
        state.last_id += 1;
        let id = state.last_id;
        let connection = Arc::new(ConnectionState::new(is_over_limit));
        let entry = ConnectionEntry {
            address,
            connection: connection.clone(),
            task: None,
        };
        state.entries.insert(id, entry);
        Some(ConnectionPermit {
            id,
            connection,
            connections: self.clone(),
        })
    }

    /// Makes known which task serves the connection with this id.
    pub fn set_task(&self, id: u64, task: AbortHandle) {
        if let Some(entry) = self.lock().entries.get_mut(&id) {
            entry.task = Some(task);
        }
    }

    /// Where no connection can be accepted: asks some to close, and waits for a moment, or until one has left.
    pub async fn evict(&self) {
        self.request_evictions();
        self.wait_closed().await;
    }

    fn request_evictions(&self) {
        let pressure = self.pressure.load(Ordering::Relaxed);
        let pressure =
            (2 * pressure).clamp(1 + self.max_connections / 64, 1 + self.max_connections / 4);
        self.pressure.store(pressure, Ordering::Relaxed);
        self.lock().request_evictions(pressure);
    }

    /// No connection waits to be accepted.
    pub fn reset_pressure(&self) {
        self.pressure.store(0, Ordering::Relaxed);
    }

    /// Waits until a connection has left. `false` where none has for a moment, so that another one is to be asked.
    async fn wait_closed(&self) -> bool {
        let closed = tokio::time::timeout(EVICTION_INTERVAL, self.closed.notified());
        closed.await.is_ok()
    }

    /// Whether connections wait for a place, so that those that have one end with their next answer.
    pub fn is_full(&self) -> bool {
        self.pressure.load(Ordering::Relaxed) > 0
    }

    /// Lets a closed connection linger, if not too many do.
    pub fn acquire_linger_permit(&self) -> Option<LingerPermit<'_>> {
        if self.lingering.load(Ordering::Relaxed) >= MAX_LINGERING {
            return None;
        }
        self.lingering.fetch_add(1, Ordering::Relaxed);
        Some(LingerPermit(&self.lingering))
    }

    /// Ends every connection but those whose trigger is being kept.
    pub fn abort_all_except_storing(&self) {
        for entry in self.lock().entries.values() {
            if let Some(task) = entry
                .task
                .as_ref()
                .filter(|_| entry.connection.phase() != Phase::Storing)
            {
                task.abort();
            }
        }
    }

    /// Waits until none is left.
    pub async fn wait_idle(&self) {
        while !self.lock().entries.is_empty() {
            self.closed.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, ConnectionTable> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ConnectionTable {
    /// Whether one more of `most` connections may come from this address, for which another one may be asked to close.
    fn check_address_limit(&self, address: IpAddr, most: usize) -> bool {
        let counted = self.entries.values().filter(|entry| {
            let connection = &entry.connection;
            let counts = !connection.is_close_requested() && !connection.is_over_limit();
            counts && connection.phase() != Phase::Closing && entry.address == Some(address)
        });
        let counted: Vec<_> = counted.map(|entry| &*entry.connection).collect();
        counted.len() < most || evict_from(counted, 1) > 0
    }

    /// Asks the connections that are missed least to close, until so many are asked.
    fn request_evictions(&self, count: usize) {
        let all = self.entries.values().map(|entry| &*entry.connection);
        let (closing, others): (Vec<_>, Vec<_>) =
            all.partition(|connection| connection.is_close_requested());
        evict_from(others, count.saturating_sub(closing.len()));
    }
}

/// Asks so many of these connections to close, if counted are so many that may be asked. How many it were.
fn evict_from(connections: Vec<&ConnectionState>, count: usize) -> usize {
    let ranked = connections
        .into_iter()
        .filter_map(|connection| Some((connection.eviction_rank()?, connection)));
    let mut ranked: Vec<_> = ranked.collect();
    ranked.sort_unstable_by_key(|(rank, _)| *rank);
    ranked.truncate(count);
    for (_, connection) in &ranked {
        connection.request_close();
    }
    ranked.len()
}

impl ConnectionPermit {
    /// Tells this connection from the others.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// What it is doing.
    pub fn connection(&self) -> &Arc<ConnectionState> {
        &self.connection
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.connections.lock().entries.remove(&self.id);
        self.connections.closed.notify_one();
    }
}

impl Drop for LingerPermit<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What counts as one address: an IPv6 host has 2^64 of them.
fn address_prefix(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address => address,
    }
}
