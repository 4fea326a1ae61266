//! What every dialect does with a request that it has read: starts an interaction, or hands what the customer's side
//! did to the agent.

use crate::sandbox::agents::agent::{AgentInput, play};
use crate::sandbox::agents::external_bot::Bot;
use crate::sandbox::customers::customer_action::{CustomerRequest, RequestKind};
use crate::sandbox::dialects::Dialect;
use crate::sandbox::state::ids::new_hash;
use crate::sandbox::state::interaction::{
    About, Ending, Interaction, Key, Remarks, State, StateError, admit,
};
use crate::sandbox::state::state::{SandboxState, Service};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{mpsc, watch};

/// What a start says.
pub(crate) struct Opening {
    pub department_id: String,
    pub about: About,
}

/// Takes a deed if it fits the interaction. `opening` goes with a start, and with nothing else.
pub(crate) fn take(
    service: &Arc<Service>,
    desk: &mut SandboxState,
    key: &Key,
    deed: RequestKind,
    opening: Option<Opening>,
) -> Result<(), StateError> {
    admit(desk.interactions.get(key), deed.act)?;
    if let Some(opening) = opening {
        let endpoint = desk.portal.bot(key.token, &opening.department_id).cloned();
        open(service, desk, key, opening);
        if let (Some(endpoint), Some(interaction)) = (endpoint, desk.interactions.get_mut(key)) {
            let ending = interaction.ending.subscribe();
            interaction.bot = Some(Bot::of(service, key, ending, endpoint));
        }
    }
    // Admitted, so it is there: a start has just made it.
    if let Some(interaction) = desk.interactions.get_mut(key) {
        if deed.act == CustomerRequest::Finish {
            interaction.finish_by_customer();
        }
        let cue = cue(service, interaction, deed);
        // The agent listens as long as the interaction lives; it is gone only when the sandbox is stopping.
        let _ = interaction.cues.send(cue);
    }
    Ok(())
}

/// Files what a customer left while nobody was there: an interaction that no agent hears of.
pub(crate) fn file(service: &Arc<Service>, desk: &mut SandboxState, key: &Key, opening: Opening) {
    open(service, desk, key, opening);
    if let Some(interaction) = desk.interactions.get_mut(key) {
        interaction.state = State::OffHours;
    }
}

fn open(service: &Arc<Service>, desk: &mut SandboxState, key: &Key, opening: Opening) {
    let cues = match desk.interactions.remove(key) {
        Some(earlier) => {
            earlier.replace();
            desk.hashes.remove(&earlier.hash);
            earlier.cues
        }
        None => {
            let (cues, agent) = mpsc::unbounded_channel();
            tokio::spawn(play(Arc::clone(service), key.clone(), agent));
            cues
        }
    };
    desk.starts += 1;
    let interaction = Interaction {
        number: desk.starts,
        hash: match key.dialect {
            Dialect::Interactions => key.id.clone(),
            Dialect::Rest | Dialect::Gateway => new_hash(),
        },
        served_by: opening.department_id.clone(),
        department_id: opening.department_id,
        about: opening.about,
        remarks: Remarks::default(),
        last: None,
        bot: None,
        visit: None,
        started: Instant::now(),
        answered_after: None,
        state: State::Waiting,
        ending: watch::Sender::new(Ending::No),
        cues,
    };
    desk.hashes.insert(interaction.hash.clone(), key.clone());
    desk.interactions.insert(key.clone(), interaction);
}

/// The deed, for the bot or the agent that serves the interaction now.
pub(crate) fn cue(service: &Service, interaction: &Interaction, deed: RequestKind) -> AgentInput {
    let about = &interaction.about;
    AgentInput {
        on: deed.act,
        message: deed.message,
        client_id: about.client_id.clone().unwrap_or_default(),
        customer_name: about.customer_name.clone().unwrap_or_default(),
        hash: interaction.hash.clone(),
        department_id: interaction.department_id.clone(),
        bot: interaction
            .bot
            .as_ref()
            .map(|bot| Arc::clone(&bot.endpoint)),
        scenario: service.agent(&interaction.served_by),
        _unheard: interaction
            .visit
            .as_ref()
            .and_then(|visit| visit.unheard.clone()),
        ending: interaction.ending.subscribe(),
    }
}
