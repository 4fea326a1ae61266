//! The interactions that the client knows: those that somebody holds, and those that are open, whether somebody holds them
//! or not. With a store the open ones are on disk too, so that they are known after a restart.

mod hash_index;
mod interaction;
mod limited_cache;
mod persistence;
mod state;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

pub use crate::interactions::interaction::Interaction;
pub use crate::interactions::state::State;

use crate::interactions::hash_index::HashIndex;
use crate::interactions::interaction::InteractionData;
use crate::interactions::persistence::InteractionTable;

use crate::wire::Address;

/// An interaction that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenInteraction {
    /// The id that the application gave the customer.
    pub client_id: String,
    /// The department that the customer talks to.
    pub department: String,
    /// The bot that the start named, in the dialects that have bots.
    pub bot_id: Option<String>,
    /// Where it is: starting, waiting or active.
    pub state: State,
    /// Since when it is there, in milliseconds since 1970-01-01 UTC by this machine's clock.
    pub since: i64,
}

/// The interactions of one client, by client id. There is one for each, so that its requests have one order.
#[derive(Debug)]
pub struct Interactions {
    known: Mutex<Known>,
    book: InteractionTable,
    /// How many open ones are remembered that nobody holds.
    capacity: usize,
}

#[derive(Debug)]
struct Known {
    entries: HashMap<Arc<str>, Entry>,
    names: HashIndex,
    /// How many there may be before it is counted how many of them nobody holds.
    crowded_at: usize,
    /// How many were forgotten that the log was not told of.
    forgotten: usize,
    /// How often one was looked up.
    lookups: u64,
    /// The department that was named last, which is likely the next one too: interactions share it.
    department: Arc<str>,
}

#[derive(Debug)]
struct Entry {
    here: Weak<Interaction>,
    /// Keeps it while it is open.
    open: Option<Arc<Interaction>>,
}

impl Interactions {
    /// None yet. Of the open ones that nobody holds, `capacity` are remembered.
    pub fn new(capacity: usize) -> Self {
        Interactions {
            known: Mutex::new(Known {
                entries: HashMap::new(),
                names: HashIndex::new(capacity),
                crowded_at: capacity,
                forgotten: 0,
                lookups: 0,
                department: Arc::default(),
            }),
            book: InteractionTable::new(),
            capacity,
        }
    }

    /// Takes up those that an earlier run has left open, and writes every change down from now on.
    #[cfg(feature = "store")]
    pub fn restore(
        self: &Arc<Self>,
        store: Arc<crate::store::Store>,
        mut pages: Vec<(Arc<str>, crate::store::InteractionRow)>,
    ) {
        pages.sort_by_key(|(_, page)| std::cmp::Reverse(page.since));
        let too_many = pages.split_off(self.capacity.min(pages.len()));
        // Of customers' ids at WhatsApp, too, the last are the last to be forgotten.
        for (client_id, page) in pages.into_iter().rev() {
            let external_id = page.external_id.clone();
            let place = InteractionData::from(page);
            let hash = place.hash().cloned();
            let interaction = self.find_or(&client_id, || place);
            if let Some(hash) = hash {
                let client_id = interaction.client_id.clone();
                self.lock().names.by_hash.insert(hash, client_id);
            }
            if let Some(external_id) = external_id {
                self.tie_external(&interaction.client_id, external_id.expose());
            }
        }
        // What was just read is not written again.
        self.book.open(store);
        for (client_id, _) in too_many {
            self.book.note(&client_id, None);
        }
    }

    /// The interaction that is to be started for this customer. One that is known already is the same: there a start shows
    /// whether it is over.
    pub fn to_start(self: &Arc<Self>, address: &Address) -> Arc<Interaction> {
        self.resumed(address, State::New)
    }

    /// The interaction of this customer, which is under way: where it is known, where it is.
    pub fn running(self: &Arc<Self>, address: &Address) -> Arc<Interaction> {
        self.resumed(address, State::Active)
    }

    /// The interaction of this customer; in this state, where it is not known.
    pub fn resumed(self: &Arc<Self>, address: &Address, otherwise: State) -> Arc<Interaction> {
        let (department, forgotten) = {
            let mut known = self.lock();
            (
                known.department(&address.department),
                std::mem::take(&mut known.forgotten),
            )
        };
        // Here, where no lock is held, for the log's callback may call anything.
        if forgotten > 0 {
            log::warn!(
                "{forgotten} open interactions that no conversation is about were forgotten: there were more than \
                 interactions.capacity allows"
            );
        }
        let interaction = self.find_or(&address.client_id, || {
            InteractionData::new(otherwise, department.clone())
        });
        interaction.belongs_to(&department);
        interaction
    }

    fn find_or(
        self: &Arc<Self>,
        client_id: &str,
        place: impl FnOnce() -> InteractionData,
    ) -> Arc<Interaction> {
        let mut known = self.lock();
        if let Some(interaction) = known.find(client_id) {
            return interaction;
        }
        let client_id: Arc<str> = client_id.into();
        let mut place = place();
        if place.hash().is_none()
            && let Some(hash) = known.names.met(&client_id)
        {
            place.called().hash = Some(hash);
        }
        let interaction = Arc::new(Interaction::new(
            client_id.clone(),
            place.clone(),
            Arc::downgrade(self),
        ));
        let entry = Entry {
            here: Arc::downgrade(&interaction),
            open: None,
        };
        known.entries.insert(client_id, entry);
        let let_go = self.note(&mut known, &interaction, &place);
        drop(known);
        drop(let_go);
        interaction
    }

    /// Those that are open now, the ones that have been where they are for the longest time first.
    pub fn open(&self) -> Vec<OpenInteraction> {
        let open: Vec<_> = self
            .lock()
            .entries
            .values()
            .filter_map(|entry| entry.open.clone())
            .collect();
        let mut shown: Vec<_> = open
            .iter()
            .filter_map(|interaction| interaction.shown())
            .collect();
        shown.sort_by(|one, other| {
            (one.since, &one.client_id).cmp(&(other.since, &other.client_id))
        });
        shown
    }

    /// The interaction has come to this place, which it holds until this returns.
    fn changed(&self, interaction: &Interaction, place: &InteractionData) {
        let mut known = self.lock();
        let let_go = self.note(&mut known, interaction, place);
        drop(known);
        // Letting go of the last one takes the lock.
        drop(let_go);
    }

    /// Holds an open interaction and lets go of one that is over, on disk as in memory. Gives what it has let go of.
    fn note(
        &self,
        known: &mut Known,
        interaction: &Interaction,
        place: &InteractionData,
    ) -> Vec<Arc<Interaction>> {
        let is_this = |entry: &&mut Entry| std::ptr::eq(entry.here.as_ptr(), interaction);
        let Some(entry) = known
            .entries
            .get_mut(&interaction.client_id)
            .filter(is_this)
        else {
            return Vec::new();
        };
        if place.state.is_open() {
            entry.open = entry.here.upgrade();
            self.book.note(&interaction.client_id, Some(place));
            return self.make_room(known);
        }
        let let_go = entry.open.take();
        if let_go.is_some() {
            self.book.note(&interaction.client_id, None);
        }
        Vec::from_iter(let_go)
    }

    /// Where more are open that nobody holds than may be, forgets those that nothing was heard of for the longest time.
    fn make_room(&self, known: &mut Known) -> Vec<Arc<Interaction>> {
        if known.entries.len() <= known.crowded_at {
            return Vec::new();
        }
        let mut unheld: Vec<(u64, Arc<str>)> = known
            .entries
            .values()
            .filter_map(|entry| entry.open.as_ref())
            .filter(|interaction| Arc::strong_count(interaction) == 1)
            .map(|interaction| (interaction.touched(), interaction.client_id.clone()))
            .collect();
        let mut let_go = Vec::new();
        if unheld.len() > self.capacity {
            unheld.sort_unstable();
            // More than needs be, so that this is not done for each one.
            let too_many = unheld.len() - (self.capacity - self.capacity / 10);
            for (_, client_id) in unheld.drain(..too_many) {
                let entry = known.entries.get_mut(&client_id);
                let_go.extend(entry.and_then(|entry| entry.open.take()));
                self.book.note(&client_id, None);
            }
            known.forgotten += too_many;
        }
        let others = known.entries.len() - let_go.len() - unheld.len();
        known.crowded_at = self.capacity + others + self.capacity / 10;
        let_go
    }

    /// Nobody holds the interaction any more.
    fn forget(&self, interaction: &Interaction) {
        let mut known = self.lock();
        for hash in interaction.hashes() {
            known.names.by_hash.remove(&hash);
        }
        // Another one may stand in its place already.
        let is_this = |entry: &&Entry| std::ptr::eq(entry.here.as_ptr(), interaction);
        if known
            .entries
            .get(&interaction.client_id)
            .filter(is_this)
            .is_some()
        {
            known.entries.remove(&interaction.client_id);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn department(&mut self, name: &str) -> Arc<str> {
        if *self.department != *name {
            self.department = name.into();
        }
        self.department.clone()
    }

    fn find(&mut self, client_id: &str) -> Option<Arc<Interaction>> {
        let interaction = self.entries.get(client_id)?.here.upgrade()?;
        self.lookups += 1;
        interaction.touch(self.lookups);
        Some(interaction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Delivery, Result};
    use crate::status::Status;
    use crate::wire::{Kind, Request};

    pub(crate) fn start() -> Request {
        Request::Start(Box::default())
    }

    fn message() -> Request {
        Request::Message("x".into())
    }

    pub(crate) fn address(client_id: &str) -> Address {
        Address {
            department: "1".into(),
            client_id: client_id.into(),
        }
    }

    pub(crate) fn none_yet(capacity: usize) -> Arc<Interactions> {
        Arc::new(Interactions::new(capacity))
    }

    pub(crate) fn begin(interaction: &Interaction, request: &Request) -> Result<()> {
        interaction.begin(request, true)
    }

    pub(crate) fn started(interactions: &Arc<Interactions>, client_id: &str) -> Arc<Interaction> {
        let interaction = interactions.to_start(&address(client_id));
        begin(&interaction, &start()).unwrap();
        interaction.ended(&start(), true);
        interaction
    }

    #[test]
    fn goes_from_new_to_finished() {
        let interaction = none_yet(9).to_start(&address("12"));
        assert!(begin(&interaction, &Request::Typing).is_err());
        begin(&interaction, &start()).unwrap();
        assert_eq!(interaction.state(), State::Starting);
        assert!(begin(&interaction, &start()).is_err(), "one of two starts");
        interaction.ended(&start(), true);
        assert_eq!(interaction.state(), State::Waiting);
        interaction.hear(Kind::Accepted);
        assert_eq!(interaction.state(), State::Active);
        interaction.check(&message()).unwrap();
        interaction.ended(&Request::Finish, false);
        assert_eq!(interaction.state(), State::Active);
        interaction.ended(&Request::Finish, true);
        assert_eq!(interaction.state(), State::Finished);
        let error = interaction.check(&message()).unwrap_err();
        assert_eq!(
            (error.status(), error.delivery()),
            (Status::State, Some(Delivery::NotSent))
        );
        interaction.check(&start()).unwrap();
    }

    #[test]
    fn a_start_that_failed_may_be_made_again() {
        let interaction = none_yet(9).to_start(&address("12"));
        begin(&interaction, &start()).unwrap();
        interaction.ended(&start(), false);
        begin(&interaction, &start()).unwrap();
    }

    #[test]
    fn a_trigger_may_overtake_the_answer_to_the_start() {
        let interaction = none_yet(9).to_start(&address("12"));
        begin(&interaction, &start()).unwrap();
        interaction.hear(Kind::Accepted);
        interaction.ended(&start(), true);
        assert_eq!(interaction.state(), State::Active);
    }

    #[test]
    fn who_stands_in_a_queue_has_started() {
        let interaction = none_yet(9).to_start(&address("12"));
        begin(&interaction, &start()).unwrap();
        interaction.hear(Kind::Queued);
        assert_eq!(interaction.state(), State::Waiting);
        interaction.ended(&start(), false);
        assert_eq!(interaction.state(), State::Waiting);
        interaction.hear(Kind::Accepted);
        interaction.hear(Kind::Queued);
        assert_eq!(interaction.state(), State::Active);
    }

    #[test]
    fn who_waited_in_vain_may_finish_or_start_again() {
        let interaction = started(&none_yet(9), "12");
        interaction.hear(Kind::Unavailable);
        assert!(interaction.check(&Request::Typing).is_err());
        interaction.check(&Request::Finish).unwrap();
        interaction.check(&start()).unwrap();
    }

    #[test]
    fn what_the_agent_says_late_opens_nothing_again() {
        let interaction = started(&none_yet(9), "12");
        interaction.hear(Kind::Finish);
        for late in [Kind::Message, Kind::Accepted, Kind::Unavailable] {
            interaction.hear(late);
            assert_eq!(interaction.state(), State::Finished);
        }
    }

    #[test]
    fn one_client_id_has_one_interaction_for_as_long_as_somebody_holds_it() {
        let interactions = none_yet(9);
        let first = interactions.to_start(&address("12"));
        assert!(Arc::ptr_eq(&first, &interactions.running(&address("12"))));
        interactions.hear("12", None, Kind::Finish);
        assert!(Arc::ptr_eq(&first, &interactions.to_start(&address("12"))));
        drop(first);
        assert_eq!(interactions.to_start(&address("12")).state(), State::New);
        assert!(interactions.lock().entries.is_empty());
    }

    #[test]
    fn one_that_is_open_is_known_though_nobody_holds_it() {
        let interactions = none_yet(9);
        drop(started(&interactions, "12"));
        drop(interactions.to_start(&address("13")));
        let open = interactions.open();
        assert_eq!(open.len(), 1);
        assert_eq!((&*open[0].client_id, open[0].state), ("12", State::Waiting));
        assert_eq!(&*open[0].department, "1");
        interactions.hear("12", None, Kind::Accepted);
        assert_eq!(
            interactions.running(&address("12")).state(),
            State::Active,
            "where it is"
        );
        interactions.hear("12", None, Kind::Unavailable);
        assert!(interactions.open().is_empty());
        assert!(interactions.lock().entries.is_empty());
    }

    #[test]
    fn of_those_that_nobody_holds_the_quietest_are_forgotten() {
        let interactions = none_yet(20);
        let held: Vec<_> = (0..50)
            .map(|id| interactions.running(&address(&format!("held {id}"))))
            .collect();
        for id in 0..1000 {
            drop(started(&interactions, &id.to_string()));
            interactions.hear("7", None, Kind::Typing);
        }
        let open = interactions.open();
        assert!(
            open.len() >= 50 + 18 && open.len() <= 50 + 24,
            "{}",
            open.len()
        );
        let is_open = |id: &str| open.iter().any(|open| open.client_id == id);
        assert!(is_open("7") && is_open("999") && !is_open("8"));
        assert!(held.iter().all(|held| is_open(&held.client_id)));
    }
}
