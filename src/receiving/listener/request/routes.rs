//! The clients of a listener, by path.

use std::sync::{Arc, PoisonError, RwLock, Weak};

use subtle::{ConditionallySelectable, ConstantTimeEq};

use crate::error::{Error, Result};
use crate::receiving::receiver::Receiver;
use crate::status::Status;
use crate::wire::Redacted;

/// Maps paths to receivers. The route of a freed receiver ends by itself.
#[derive(Debug, Default)]
pub struct Routes(RwLock<Vec<Route>>);

#[derive(Debug)]
struct Route {
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
        let mut routes = self.0.write().unwrap_or_else(PoisonError::into_inner);
        routes.retain(|other| {
            let is_replaced = other.path.expose() == path && !other.is_open();
            !is_replaced && other.receiver.strong_count() > 0
        });
        for other in &*routes {
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
        routes.push(Route {
            path: path.into(),
            receiver: Arc::downgrade(receiver),
        });
        Ok(())
    }

    /// Removes the route of `receiver`. Returns whether it had one.
    pub fn detach(&self, receiver: &Arc<Receiver>) -> bool {
        let mut routes = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let before = routes.len();
        routes.retain(|other| !other.is_for(receiver));
        routes.len() < before
    }

    /// Returns the path of `receiver`.
    pub fn path_of(&self, receiver: &Arc<Receiver>) -> Option<Redacted> {
        let routes = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let route = routes.iter().find(|other| other.is_for(receiver));
        route.map(|route| route.path.clone())
    }

    /// Returns the receiver at `path`. All paths are compared completely, so the time reveals only their number and
    /// lengths.
    pub fn find(&self, path: &str) -> Option<Arc<Receiver>> {
        let routes = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut found = u64::MAX;
        for (index, other) in routes.iter().enumerate() {
            let same = other.path.expose().as_bytes().ct_eq(path.as_bytes());
            found.conditional_assign(&(index as u64), same);
        }
        routes.get(usize::try_from(found).ok()?)?.receiver.upgrade()
    }

    /// Returns whether a client accepts triggers.
    pub fn has_any_open(&self) -> bool {
        let routes = self.0.read().unwrap_or_else(PoisonError::into_inner);
        routes.iter().any(Route::is_open)
    }

    /// Returns whether no client is attached.
    pub fn is_empty(&self) -> bool {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .is_empty()
    }
}

fn argument_error(message: &str) -> Error {
    Error::new(Status::Argument, message)
}
