//! The registry: one interaction for each client id.
//!
//! It contains all interactions that a conversation refers to, and all open ones.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::interactions::hash_index::HashIndex;
use crate::interactions::interaction::{Interaction, InteractionData, Registry};
use crate::interactions::open_interaction::OpenInteraction;
use crate::interactions::persistence::InteractionTable;
use crate::interactions::state::State;
use crate::wire::Address;

/// The interactions of one client, by client id. `L` and `T` are the types of their lanes and typing states.
#[derive(Debug)]
pub struct Interactions<L, T> {
    entries: Mutex<Entries<L, T>>,
    table: InteractionTable,
    /// The limit for open interactions without a conversation.
    capacity: usize,
}

/// The state of the registry.
#[derive(Debug)]
pub(super) struct Entries<L, T> {
    pub(super) by_client_id: HashMap<Arc<str>, Entry<L, T>>,
    pub(super) hashes: HashIndex,
    /// The number of entries at which eviction is checked.
    eviction_threshold: usize,
    /// The number of evicted interactions that were not logged yet.
    evicted: usize,
    /// The number of lookups.
    lookups: u64,
    /// The last department. Interactions with the same department share its text.
    department: Arc<str>,
}

#[derive(Debug)]
pub(super) struct Entry<L, T> {
    interaction: Weak<Interaction<L, T>>,
    /// Retains the interaction while it is open.
    open: Option<Arc<Interaction<L, T>>>,
}

impl<L, T> Interactions<L, T>
where
    L: Default + std::fmt::Debug + Send + Sync + 'static,
    T: Default + std::fmt::Debug + Send + Sync + 'static,
{
    /// Creates an empty registry, which retains at most `capacity` open interactions without a conversation.
    pub fn new(capacity: usize) -> Self {
        Interactions {
            entries: Mutex::new(Entries {
                by_client_id: HashMap::new(),
                hashes: HashIndex::new(capacity),
                eviction_threshold: capacity,
                evicted: 0,
                lookups: 0,
                department: Arc::default(),
            }),
            table: InteractionTable::new(),
            capacity,
        }
    }

    /// Restores the open interactions of an earlier process, and stores each change from now on.
    #[cfg(feature = "store")]
    pub fn restore(
        self: &Arc<Self>,
        store: Arc<crate::store::Store>,
        mut rows: Vec<(Arc<str>, crate::store::InteractionRow)>,
    ) {
        rows.sort_by_key(|(_, row)| std::cmp::Reverse(row.since));
        let excess = rows.split_off(self.capacity.min(rows.len()));
        // The newest rows last, because the index of WhatsApp ids evicts the oldest entries first.
        for (client_id, row) in rows.into_iter().rev() {
            let external_id = row.external_id.clone();
            let data = InteractionData::from(row);
            let hash = data.hash().cloned();
            let interaction = self.find_or_insert(&client_id, || data);
            if let Some(hash) = hash {
                let client_id = interaction.client_id.clone();
                self.lock().hashes.by_hash.insert(hash, client_id);
            }
            if let Some(external_id) = external_id {
                self.index_external_id(&interaction.client_id, external_id.expose());
            }
        }
        // Opened only now, because the restored rows are on disk already.
        self.table.open(store);
        for (client_id, _) in excess {
            self.table.update(&client_id, None);
        }
    }

    /// Returns the interaction of a customer for a start. If it is known, its state decides whether a start is allowed.
    pub fn for_start(self: &Arc<Self>, address: &Address) -> Arc<Interaction<L, T>> {
        self.find_or_create(address, State::New)
    }

    /// Returns the open interaction of a customer. If it is not known, its state is active.
    pub fn attach(self: &Arc<Self>, address: &Address) -> Arc<Interaction<L, T>> {
        self.find_or_create(address, State::Active)
    }

    /// Returns the interaction of a customer. If it is not known, it is created in this state.
    pub fn find_or_create(
        self: &Arc<Self>,
        address: &Address,
        initial: State,
    ) -> Arc<Interaction<L, T>> {
        let (department, evicted) = {
            let mut entries = self.lock();
            (
                entries.intern_department(&address.department),
                std::mem::take(&mut entries.evicted),
            )
        };
        // Logged without a lock, because the log callback may call the library.
        if evicted > 0 {
            log::warn!(
                "{evicted} open interactions without a conversation were dropped, because there were more than \
                 interactions.capacity"
            );
        }
        self.find_or_insert(&address.client_id, || {
            InteractionData::new(initial, department)
        })
    }

    fn find_or_insert(
        self: &Arc<Self>,
        client_id: &str,
        data: impl FnOnce() -> InteractionData,
    ) -> Arc<Interaction<L, T>> {
        let mut entries = self.lock();
        if let Some(interaction) = entries.find(client_id) {
            return interaction;
        }
        let client_id: Arc<str> = client_id.into();
        let mut data = data();
        if data.hash().is_none()
            && let Some(hash) = entries.hashes.take_seen_hash(&client_id)
        {
            data.ids_mut().hash = Some(hash);
        }
        let registry: Arc<dyn Registry<L, T>> = self.clone();
        let interaction = Arc::new(Interaction::new(
            client_id.clone(),
            data.clone(),
            Arc::downgrade(&registry),
        ));
        let entry = Entry {
            interaction: Arc::downgrade(&interaction),
            open: None,
        };
        entries.by_client_id.insert(client_id, entry);
        let released = self.update(&mut entries, &interaction, &data);
        drop(entries);
        drop(released);
        interaction
    }

    /// Returns the interaction of a client id, if it is known.
    pub fn get(&self, client_id: &str) -> Option<Arc<Interaction<L, T>>> {
        self.lock().find(client_id)
    }

    /// Returns the department of a customer's interaction. It is empty if the application is the interaction's bot.
    /// Returns `None` if the interaction is not known or has ended.
    pub fn department_of(&self, client_id: &str) -> Option<Arc<str>> {
        let interaction = self.get(client_id);
        // Its last reference may be dropped here, which takes the lock.
        interaction.and_then(|interaction| interaction.department())
    }

    /// Returns the open interactions, the oldest state change first.
    pub fn list_open(&self) -> Vec<OpenInteraction> {
        let open: Vec<_> = self
            .lock()
            .by_client_id
            .values()
            .filter_map(|entry| entry.open.clone())
            .collect();
        let mut list: Vec<_> = open
            .iter()
            .filter_map(|interaction| interaction.to_open_interaction())
            .collect();
        list.sort_by(|one, other| {
            (one.since, &one.client_id).cmp(&(other.since, &other.client_id))
        });
        list
    }
}

impl<L, T> Interactions<L, T> {
    /// Retains an open interaction or releases a finished one, in memory and on disk.
    ///
    /// Returns the released interactions. The caller must drop them without the lock.
    fn update(
        &self,
        entries: &mut Entries<L, T>,
        interaction: &Interaction<L, T>,
        data: &InteractionData,
    ) -> Vec<Arc<Interaction<L, T>>> {
        let is_same =
            |entry: &&mut Entry<L, T>| std::ptr::eq(entry.interaction.as_ptr(), interaction);
        let Some(entry) = entries
            .by_client_id
            .get_mut(&interaction.client_id)
            .filter(is_same)
        else {
            return Vec::new();
        };
        if data.state.is_open() {
            entry.open = entry.interaction.upgrade();
            self.table.update(&interaction.client_id, Some(data));
            return self.evict(entries);
        }
        let released = entry.open.take();
        if released.is_some() {
            self.table.update(&interaction.client_id, None);
        }
        Vec::from_iter(released)
    }

    /// Releases the least recently used open interactions if too many have no conversation.
    fn evict(&self, entries: &mut Entries<L, T>) -> Vec<Arc<Interaction<L, T>>> {
        if entries.by_client_id.len() <= entries.eviction_threshold {
            return Vec::new();
        }
        let mut unused: Vec<(u64, Arc<str>)> = entries
            .by_client_id
            .values()
            .filter_map(|entry| entry.open.as_ref())
            .filter(|interaction| Arc::strong_count(interaction) == 1)
            .map(|interaction| (interaction.last_lookup(), interaction.client_id.clone()))
            .collect();
        let mut released = Vec::new();
        if unused.len() > self.capacity {
            unused.sort_unstable();
            // More than necessary, so that this does not run for each new interaction.
            let excess = unused.len() - (self.capacity - self.capacity / 10);
            for (_, client_id) in unused.drain(..excess) {
                let entry = entries.by_client_id.get_mut(&client_id);
                released.extend(entry.and_then(|entry| entry.open.take()));
                self.table.update(&client_id, None);
            }
            entries.evicted += excess;
        }
        let others = entries.by_client_id.len() - released.len() - unused.len();
        entries.eviction_threshold = self.capacity + others + self.capacity / 10;
        released
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Entries<L, T>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a hash refer to this interaction. Returns `false` if it did already.
    pub(super) fn set_hash(&self, interaction: &Interaction<L, T>, hash: &str) -> bool {
        if interaction.hash().as_deref() == Some(hash) {
            return false;
        }
        let hash: Arc<str> = hash.into();
        let old = interaction.set_hash(&hash);
        let mut entries = self.lock();
        if let Some(old) = old {
            entries.hashes.by_hash.remove(&old);
        }
        entries
            .hashes
            .by_hash
            .insert(hash, interaction.client_id.clone());
        true
    }
}

impl<L, T> Registry<L, T> for Interactions<L, T>
where
    L: std::fmt::Debug + Send + Sync,
    T: std::fmt::Debug + Send + Sync,
{
    fn on_change(&self, interaction: &Interaction<L, T>, data: &InteractionData) {
        let mut entries = self.lock();
        let released = self.update(&mut entries, interaction, data);
        drop(entries);
        // The drop of the last reference takes the lock.
        drop(released);
    }

    fn assign_hash(&self, client_id: &str, hash: &str) -> bool {
        Interactions::assign_hash(self, client_id, hash)
    }

    fn remove_hash(&self, hash: &str) {
        self.lock().hashes.by_hash.remove(hash);
    }

    fn index_external_id(&self, client_id: &Arc<str>, external_id: &str) {
        self.lock()
            .hashes
            .by_external_id
            .insert(external_id, client_id.clone());
    }

    fn remove(&self, interaction: &Interaction<L, T>) {
        let mut entries = self.lock();
        for hash in interaction.hashes() {
            entries.hashes.by_hash.remove(&hash);
        }
        // Another interaction may have the client id already.
        let is_same = |entry: &&Entry<L, T>| std::ptr::eq(entry.interaction.as_ptr(), interaction);
        if entries
            .by_client_id
            .get(&interaction.client_id)
            .filter(is_same)
            .is_some()
        {
            entries.by_client_id.remove(&interaction.client_id);
        }
    }
}

impl<L, T> Entries<L, T> {
    fn intern_department(&mut self, name: &str) -> Arc<str> {
        if *self.department != *name {
            self.department = name.into();
        }
        self.department.clone()
    }

    /// Returns the interaction of a client id, and counts the lookup.
    pub(super) fn find(&mut self, client_id: &str) -> Option<Arc<Interaction<L, T>>> {
        let interaction = self.by_client_id.get(client_id)?.interaction.upgrade()?;
        self.lookups += 1;
        interaction.touch(self.lookups);
        Some(interaction)
    }
}
