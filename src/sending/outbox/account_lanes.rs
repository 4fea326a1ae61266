//! The lanes of the requests that belong to no interaction: queries and off-hours contacts.

use std::sync::{Arc, Weak};

use crate::interactions::{InteractionData, State};
use crate::sending::interaction_types::{Interaction, Interactions};
use crate::wire::Request;

/// One lane for each kind of request, so that no kind waits for the retries of another.
#[derive(Debug)]
pub(crate) struct AccountLanes {
    departments: Arc<Interaction>,
    online_agents: Arc<Interaction>,
    off_hours: Arc<Interaction>,
}

impl Default for AccountLanes {
    fn default() -> Self {
        AccountLanes {
            departments: lane(),
            online_agents: lane(),
            off_hours: lane(),
        }
    }
}

/// Creates an interaction that no registry contains. Only its lane is used.
fn lane() -> Arc<Interaction> {
    let data = InteractionData::new(State::New, Arc::default());
    let no_registry = Weak::<Interactions>::new();
    Arc::new(Interaction::new(Arc::default(), data, no_registry))
}

impl AccountLanes {
    /// Returns the lane of a request that belongs to no interaction; `None` for other requests.
    pub(crate) fn of(&self, request: &Request) -> Option<&Arc<Interaction>> {
        match request {
            Request::Departments => Some(&self.departments),
            Request::OnlineAgents => Some(&self.online_agents),
            Request::OffHours(_) => Some(&self.off_hours),
            _ => None,
        }
    }
}
