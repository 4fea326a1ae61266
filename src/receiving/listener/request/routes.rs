//! The clients of a listener, by path.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, Weak};

use subtle::{ConditionallySelectable, ConstantTimeEq};

use crate::error::{Error, Result};
use crate::receiving::receiver::Receiver;
use crate::statistics::Snapshot;
use crate::status::Status;
use crate::wire::Redacted;

/// Maps paths to receivers. The route of a freed receiver ends by itself.
#[derive(Debug, Default)]
pub struct Routes(RwLock<RouteList>);

#[derive(Debug, Default)]
struct RouteList {
    routes: Vec<Route>,
    /// The number of the latest route.
    last_number: u64,
}

#[derive(Debug)]
struct Route {
    /// It identifies the client in the statistics. No later route of the listener has the same number.
    number: u64,
    path: Redacted,
    receiver: Weak<Receiver>,
}

impl Route {
    fn is_for(&self, receiver: &Arc<Receiver>) -> bool {
        std::ptr::eq(self.receiver.as_ptr(), Arc::as_ptr(receiver))
    }

    /// Returns whether the receiver accepts triggers.
    fn is_open(&self) -> bool {
        self.receiver
            .upgrade()
            .is_some_and(|receiver| !receiver.is_closed())
    }
}

impl Routes {
    /// Routes requests at `path` to `receiver`. It replaces the route of a closed receiver.
    ///
    /// # Errors
    /// [`Status::Argument`]: the path is in use, or the receiver has a route.
    pub fn attach(&self, path: &str, receiver: &Arc<Receiver>) -> Result<()> {
        let mut list = self.0.write().unwrap_or_else(PoisonError::into_inner);
        list.routes.retain(|other| {
            let is_replaced = other.path.expose() == path && !other.is_open();
            !is_replaced && other.receiver.strong_count() > 0
        });
        for other in &list.routes {
            if other.is_for(receiver) {
                return Err(argument_error(
                    "this client is attached to the listener already; detach it first",
                ));
            }
            if other.path.expose() == path {
                return Err(argument_error(
                    "another client is attached at this path; pass a path of its own, or NULL",
                ));
            }
        }
        list.last_number += 1;
        let number = list.last_number;
        list.routes.push(Route {
            number,
            path: path.into(),
            receiver: Arc::downgrade(receiver),
        });
        Ok(())
    }

    /// Removes the route of `receiver`. Returns whether it had one.
    pub fn detach(&self, receiver: &Arc<Receiver>) -> bool {
        let routes = &mut self
            .0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .routes;
        let before = routes.len();
        routes.retain(|other| !other.is_for(receiver));
        routes.len() < before
    }

    /// Returns the path of `receiver`.
    pub fn path_of(&self, receiver: &Arc<Receiver>) -> Option<Redacted> {
        let routes = &self.read().routes;
        let route = routes.iter().find(|other| other.is_for(receiver));
        route.map(|route| route.path.clone())
    }

    /// Returns the receiver at `path`. All paths are compared completely, so the time reveals only their number and
    /// lengths.
    pub fn find(&self, path: &str) -> Option<Arc<Receiver>> {
        let routes = &self.read().routes;
        let mut found = u64::MAX;
        for (index, other) in routes.iter().enumerate() {
            let same = other.path.expose().as_bytes().ct_eq(path.as_bytes());
            found.conditional_assign(&(index as u64), same);
        }
        routes.get(usize::try_from(found).ok()?)?.receiver.upgrade()
    }

    /// Returns whether a client accepts triggers.
    pub fn has_any_open(&self) -> bool {
        let routes = &self.read().routes;
        routes.iter().any(Route::is_open)
    }

    /// Returns whether no client is attached.
    pub fn is_empty(&self) -> bool {
        self.read().routes.is_empty()
    }

    /// Returns the statistics of each client with the number of its route.
    pub fn snapshots(&self) -> Vec<(u64, Snapshot)> {
        let list = self.read();
        let receivers = list
            .routes
            .iter()
            .filter_map(|route| Some((route.number, route.receiver.upgrade()?)));
        let receivers: Vec<_> = receivers.collect();
        // The application may free a client meanwhile, and the drop of its receiver must not hold the lock.
        drop(list);
        let snapshot = |(number, receiver): &(u64, Arc<Receiver>)| (*number, receiver.snapshot());
        receivers.iter().map(snapshot).collect()
    }

    fn read(&self) -> RwLockReadGuard<'_, RouteList> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn argument_error(message: &str) -> Error {
    Error::new(Status::Argument, message)
}
