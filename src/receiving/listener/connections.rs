//! Who is connected: how many there may be in all and from one address, and who makes room.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::pulse::{Phase, Pulse};
use crate::config::Limits;

/// All connections of a listener.
#[derive(Debug)]
pub struct Connections {
    most: usize,
    most_per_address: usize,
    state: Mutex<State>,
    left: Notify,
}

#[derive(Debug, Default)]
struct State {
    last: u64,
    seated: HashMap<u64, Seated>,
    per_address: HashMap<IpAddr, usize>,
}

#[derive(Debug)]
struct Seated {
    address: Option<IpAddr>,
    pulse: Arc<Pulse>,
    task: Option<AbortHandle>,
}

/// A connection's place, given back when it is dropped.
#[derive(Debug)]
pub struct Seat {
    number: u64,
    pulse: Arc<Pulse>,
    connections: Arc<Connections>,
}

impl Connections {
    /// None yet.
    pub fn new(limits: &Limits) -> Self {
        Connections {
            most: limits.connections,
            most_per_address: limits.connections_per_address,
            state: Mutex::default(),
            left: Notify::new(),
        }
    }

    /// A place for a connection from `peer`, whose address is counted unless it is `exempt`; and whether that is one too many,
    /// so that another had to make room. `None` where none can.
    pub fn admit(self: &Arc<Self>, peer: IpAddr, exempt: bool) -> (Option<Seat>, bool) {
        let mut state = self.lock();
        let address = (!exempt).then(|| neighbourhood(peer));
        let there = address.and_then(|address| state.per_address.get(&address));
        let crowded = there.is_some_and(|there| *there >= self.most_per_address);
        let full = state.seated.len() >= self.most;
        // One that makes room for its own address makes room for all.
        let among = address.filter(|_| crowded);
        if (crowded || full) && !state.make_room(among) {
            return (None, true);
        }
        if let Some(address) = address {
            *state.per_address.entry(address).or_default() += 1;
        }
        state.last += 1;
        let number = state.last;
        let pulse = Arc::new(Pulse::new());
        let seated = Seated {
            address,
            pulse: pulse.clone(),
            task: None,
        };
        state.seated.insert(number, seated);
        let seat = Seat {
            number,
            pulse,
            connections: self.clone(),
        };
        (Some(seat), crowded || full)
    }

    /// Makes known which task serves the connection with this number.
    pub fn served_by(&self, number: u64, task: AbortHandle) {
        if let Some(seated) = self.lock().seated.get_mut(&number) {
            seated.task = Some(task);
        }
    }

    /// Ends the connection that is missed least. Whether there was one.
    pub fn make_room(&self) -> bool {
        self.lock().make_room(None)
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
    /// As `Connections::make_room`, among those of one address or among all.
    fn make_room(&mut self, among: Option<IpAddr>) -> bool {
        let worth = |seated: &Seated| {
            let eligible = seated.task.is_some() && (among.is_none() || seated.address == among);
            eligible.then(|| seated.pulse.worth()).flatten()
        };
        let least = self
            .seated
            .iter()
            .filter_map(|(number, seated)| Some((worth(seated)?, *number)))
            .min();
        let Some(seated) = least.and_then(|(_, number)| self.leave(number)) else {
            return false;
        };
        if let Some(task) = seated.task {
            task.abort();
        }
        true
    }

    fn leave(&mut self, number: u64) -> Option<Seated> {
        let seated = self.seated.remove(&number)?;
        if let Some(address) = seated.address
            && let Some(there) = self.per_address.get_mut(&address)
        {
            *there -= 1;
            if *there == 0 {
                self.per_address.remove(&address);
            }
        }
        Some(seated)
    }
}

impl Seat {
    /// Tells this connection from the others.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// What it is doing.
    pub fn pulse(&self) -> &Arc<Pulse> {
        &self.pulse
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.connections.lock().leave(self.number);
        self.connections.left.notify_one();
    }
}

/// What counts as one address: an IPv6 host has 2^64 of them.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address => address,
    }
}
