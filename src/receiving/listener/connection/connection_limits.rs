//! Limits the number of connections, in total and for each address, and chooses the ones to close for others.
//!
//! A connection is requested to close and never aborted: its task first checks whether a request has arrived.
//! `ConnectionState::eviction_rank` specifies which ones may be requested.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::config::Limits;
use crate::receiving::listener::connection::connection_state::{ConnectionState, Phase};

/// How long to wait for a closed connection before further ones are requested to close.
const EVICTION_INTERVAL: Duration = Duration::from_millis(20);
/// Number of closed connections that may linger in addition to the open ones, so that their peers can read the last
/// response.
const MAX_LINGERING: usize = 64;

/// All connections of a listener.
#[derive(Debug)]
pub struct Connections {
    max_connections: usize,
    max_per_address: Option<usize>,
    state: Mutex<ConnectionTable>,
    closed: Notify,
    /// Number of connections to request for the next one without a permit. It doubles each time, because the length of
    /// the system's queue is unknown. It is 0 while no connection waits.
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

/// The permit of a connection. Its drop releases it.
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
    /// Creates the limits, without connections.
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

    /// Waits for a permit for a connection from `peer`. The address is not counted if it is `exempt`. If it has too
    /// many connections, the permit is only for a 503.
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
            .is_some_and(|(address, limit)| !state.check_address_limit(address, limit));
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

    /// Sets the task that serves the connection with this id.
    pub fn set_task(&self, id: u64, task: AbortHandle) {
        if let Some(entry) = self.lock().entries.get_mut(&id) {
            entry.task = Some(task);
        }
    }

    /// Requests that some connections close, after accept failed. Waits for a moment, or until one has closed.
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

    /// Resets the pressure, because no connection waits to be accepted.
    pub fn reset_pressure(&self) {
        self.pressure.store(0, Ordering::Relaxed);
    }

    /// Waits until a connection has closed. Returns `false` after a moment, so that the caller requests more.
    async fn wait_closed(&self) -> bool {
        let closed = tokio::time::timeout(EVICTION_INTERVAL, self.closed.notified());
        closed.await.is_ok()
    }

    /// Returns whether connections wait for a permit. The others then close after their next response.
    pub fn is_full(&self) -> bool {
        self.pressure.load(Ordering::Relaxed) > 0
    }

    /// Returns the right to linger, unless too many connections linger.
    pub fn acquire_linger_permit(&self) -> Option<LingerPermit<'_>> {
        if self.lingering.load(Ordering::Relaxed) >= MAX_LINGERING {
            return None;
        }
        self.lingering.fetch_add(1, Ordering::Relaxed);
        Some(LingerPermit(&self.lingering))
    }

    /// Aborts every connection except those whose trigger is being stored.
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

    /// Waits until no connection remains.
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
    /// Returns whether `limit` allows one more connection from this address, perhaps after a request to another one to
    /// close.
    fn check_address_limit(&self, address: IpAddr, limit: usize) -> bool {
        let counted = self.entries.values().filter(|entry| {
            let connection = &entry.connection;
            let counts = !connection.is_close_requested() && !connection.is_over_limit();
            counts && connection.phase() != Phase::Closing && entry.address == Some(address)
        });
        let counted: Vec<_> = counted.map(|entry| &*entry.connection).collect();
        counted.len() < limit || evict_from(counted, 1) > 0
    }

    /// Requests that the connections with the lowest rank close, until `count` of them are closing.
    fn request_evictions(&self, count: usize) {
        let all = self.entries.values().map(|entry| &*entry.connection);
        let (closing, others): (Vec<_>, Vec<_>) =
            all.partition(|connection| connection.is_close_requested());
        evict_from(others, count.saturating_sub(closing.len()));
    }
}

/// Requests that up to `count` of these connections close. Returns how many were requested.
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
    /// Returns the id of the connection.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Returns the state of the connection.
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

/// Returns the address that is counted: the /64 prefix of an IPv6 address, because one host has 2^64 addresses.
fn address_prefix(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address => address,
    }
}
