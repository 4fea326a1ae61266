//! The state that requests and triggers change: interactions, settings, faults and transcript.

use crate::sandbox::state::customer_session::CustomerSession;
use crate::sandbox::state::faults::FaultList;
use crate::sandbox::state::interaction::{Interaction, InteractionKey, InteractionState};
use crate::sandbox::state::portal_settings::PortalSettings;
use crate::sandbox::state::transcript::{Transcript, Watcher};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Serializes the triggers of one interaction. Tokio's mutex is fair, so triggers are sent in the order of the calls.
pub(crate) type SendLock = Arc<tokio::sync::Mutex<()>>;

pub(crate) struct SandboxState {
    pub portal: PortalSettings,
    pub interactions: HashMap<InteractionKey, Interaction>,
    /// The interaction of each hash.
    pub hashes: HashMap<String, InteractionKey>,
    /// The number of interactions that were started.
    pub starts: u64,
    pub transcript: Transcript,
    pub faults: FaultList,
    send_locks: HashMap<InteractionKey, SendLock>,
}

impl SandboxState {
    pub fn new(portal: PortalSettings, watcher: Option<Watcher>) -> SandboxState {
        SandboxState {
            portal,
            interactions: HashMap::new(),
            hashes: HashMap::new(),
            starts: 0,
            transcript: Transcript::new(watcher),
            faults: FaultList::default(),
            send_locks: HashMap::new(),
        }
    }

    pub fn send_lock(&mut self, key: &InteractionKey) -> SendLock {
        Arc::clone(self.send_locks.entry(key.clone()).or_default())
    }

    /// Returns the client id of the interaction with this hash.
    pub fn client_id_of(&self, hash: &str) -> Option<String> {
        let interaction = self.interactions.get(self.hashes.get(hash)?)?;
        interaction.start_data.client_id.clone()
    }

    /// Returns the open WhatsApp interaction with this external id.
    pub fn open_by_external_id(&self, token: usize, external_id: &str) -> Option<InteractionKey> {
        let found = self.interactions.iter().find(|(key, interaction)| {
            key.token == token
                && interaction.is_open()
                && interaction.start_data.external_id.as_deref() == Some(external_id)
        });
        found.map(|(key, _)| key.clone())
    }

    /// Returns `None` if the interaction has no scripted customer, or after a reset.
    pub fn customer_session(&mut self, key: &InteractionKey) -> Option<&mut CustomerSession> {
        self.interactions.get_mut(key)?.customer_session.as_mut()
    }

    /// Returns the interaction's position in the queue of its agent; 0 if the agent serves it now.
    pub fn queue_position(&self, key: &InteractionKey, max_interactions: usize) -> u64 {
        let Some(own) = self.interactions.get(key) else {
            return 0;
        };
        let earlier = self.interactions.values().filter(|other| {
            other.is_open()
                && other.serving_department_id == own.serving_department_id
                && other.sequence < own.sequence
        });
        let position = (earlier.count() + 1).saturating_sub(max_interactions);
        u64::try_from(position).unwrap_or(u64::MAX)
    }

    /// Returns the number of interactions of this department that no agent has accepted yet.
    pub fn waiting_count(&self, department_id: &str) -> usize {
        let waits = |interaction: &&Interaction| {
            interaction.state == InteractionState::Waiting
                && interaction.serving_department_id == department_id
        };
        self.interactions.values().filter(waits).count()
    }

    /// Returns the average time from start to accept, in one department or in all; zero if no interaction was accepted.
    pub fn average_wait(&self, department_id: Option<&str>) -> Duration {
        let waits: Vec<Duration> = self
            .interactions
            .values()
            .filter(|interaction| {
                department_id.is_none_or(|id| interaction.serving_department_id == id)
            })
            .filter_map(|interaction| interaction.accepted_after)
            .collect();
        match u32::try_from(waits.len()) {
            Ok(count) if count > 0 => waits.iter().sum::<Duration>() / count,
            _ => Duration::ZERO,
        }
    }

    /// Removes interactions, faults and transcript. Tokens, webhooks and bots remain.
    pub fn reset(&mut self) {
        for interaction in self.interactions.values() {
            interaction.mark_replaced();
        }
        self.interactions.clear();
        self.hashes.clear();
        self.send_locks.clear();
        self.faults.clear();
        self.transcript.reset();
    }
}
