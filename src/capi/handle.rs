//! Handles: what C holds instead of addresses.
//!
//! A handle's value is a type tag, a generation and a slot of a table. It is looked up on every call, so that a handle
//! which is NULL, freed, freed twice or of another type is found out, and one that another thread frees in the middle of
//! a call stays alive until that call ends.

use std::sync::{Arc, PoisonError, RwLock};

use thunderdome::{Arena, Index};

use crate::error::{Error, Result};
use crate::status::Status;

// How the bits of a pointer are shared out, from the lowest: slot, generation, tag. A slot's generation comes round after
// 2^24 uses (64-bit) or 2^10 (32-bit); until then a stale handle is known as stale, and after that it can be taken for its
// successor of the same type, which is wrong but never undefined.
#[cfg(target_pointer_width = "64")]
const SLOT_BITS: u32 = 32;
#[cfg(target_pointer_width = "64")]
const GENERATION_BITS: u32 = 24;
#[cfg(target_pointer_width = "32")]
const SLOT_BITS: u32 = 18;
#[cfg(target_pointer_width = "32")]
const GENERATION_BITS: u32 = 10;

const SLOT_MASK: usize = (1 << SLOT_BITS) - 1;
const GENERATION_MASK: usize = (1 << GENERATION_BITS) - 1;
const TAG_SHIFT: u32 = SLOT_BITS + GENERATION_BITS;

/// Every type that has handles. The numbers are tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Type {
    Error = 1,
    Config = 2,
    Client = 3,
    Conversation = 4,
    Event = 5,
    Listener = 6,
    Interactions = 7,
    Request = 8,
    Departments = 9,
    Agents = 10,
    History = 11,
}

impl Type {
    const ALL: [Type; 11] = [
        Type::Error,
        Type::Config,
        Type::Client,
        Type::Conversation,
        Type::Event,
        Type::Listener,
        Type::Interactions,
        Type::Request,
        Type::Departments,
        Type::Agents,
        Type::History,
    ];

    fn name(self) -> &'static str {
        match self {
            Type::Error => "omnize_error",
            Type::Config => "omnize_config",
            Type::Client => "omnize_client",
            Type::Conversation => "omnize_conversation",
            Type::Event => "omnize_event",
            Type::Listener => "omnize_listener",
            Type::Interactions => "omnize_interactions",
            Type::Request => "omnize_request",
            Type::Departments => "omnize_departments",
            Type::Agents => "omnize_agents",
            Type::History => "omnize_history",
        }
    }
}

/// All handles of one type. `C` is the type that the header shows, which has no values; `T` is what stands behind it.
pub struct Table<C, T> {
    of: Type,
    arena: RwLock<Arena<Arc<T>>>,
    shown_as: std::marker::PhantomData<fn() -> C>,
}

impl<C, T> Table<C, T> {
    /// An empty table.
    pub const fn new(of: Type) -> Self {
        Table {
            of,
            arena: RwLock::new(Arena::new()),
            shown_as: std::marker::PhantomData,
        }
    }

    /// Gives out a new handle.
    pub fn insert(&self, object: Arc<T>) -> Result<*mut C> {
        let mut arena = self.arena.write().unwrap_or_else(PoisonError::into_inner);
        let index = arena.insert(object);
        if index.slot() as usize >= SLOT_MASK {
            arena.remove(index);
            return Err(Error::new(
                Status::System,
                format!(
                    "there are {} {} handles, the most there can be; free some",
                    SLOT_MASK,
                    self.of.name()
                ),
            ));
        }
        let value = (self.of as usize) << TAG_SHIFT
            | (index.generation() as usize & GENERATION_MASK) << SLOT_BITS
            | index.slot() as usize;
        Ok(std::ptr::without_provenance_mut(value))
    }

    /// A handle that is never given out for an object of the table.
    pub fn reserved(&self) -> *mut C {
        std::ptr::without_provenance_mut(
            (self.of as usize) << TAG_SHIFT | GENERATION_MASK << SLOT_BITS | SLOT_MASK,
        )
    }

    /// What stands behind a handle. It lives for as long as the caller holds it, even when the handle is freed meanwhile.
    pub fn get(&self, handle: *const C) -> Result<Arc<T>> {
        self.check(handle)?;
        let arena = self.arena.read().unwrap_or_else(PoisonError::into_inner);
        let found = find(&arena, handle.addr()).map(|(_, object)| object.clone());
        found.ok_or_else(|| self.stale())
    }

    /// Takes a handle back; it is stale from now on.
    pub fn remove(&self, handle: *const C) -> Result<Arc<T>> {
        self.check(handle)?;
        let mut arena = self.arena.write().unwrap_or_else(PoisonError::into_inner);
        let index = find(&arena, handle.addr()).map(|(index, _)| index);
        index
            .and_then(|index| arena.remove(index))
            .ok_or_else(|| self.stale())
    }

    /// Whether the value can be a handle of this type at all.
    fn check(&self, handle: *const C) -> Result<()> {
        if handle.is_null() {
            return Err(self.bad("is NULL"));
        }
        let tag = handle.addr() >> TAG_SHIFT;
        if tag == self.of as usize {
            return Ok(());
        }
        Err(
            match Type::ALL.iter().find(|other| **other as usize == tag) {
                Some(other) => self.bad(&format!("is an {}", other.name())),
                None => self.bad("was never given out by this library"),
            },
        )
    }

    fn stale(&self) -> Error {
        self.bad("was freed before")
    }

    fn bad(&self, why: &str) -> Error {
        let name = self.of.name();
        Error::new(
            Status::Handle,
            format!(
                "the {name} handle {why}; pass one that the library gave and that is not freed yet"
            ),
        )
    }
}

fn find<T>(arena: &Arena<Arc<T>>, value: usize) -> Option<(Index, &Arc<T>)> {
    let slot = u32::try_from(value & SLOT_MASK).ok()?;
    let generation = value >> SLOT_BITS & GENERATION_MASK;
    arena
        .get_by_slot(slot)
        .filter(|(index, _)| index.generation() as usize & GENERATION_MASK == generation)
}

#[cfg(test)]
mod tests {
    use super::*;

    enum Shown {}

    fn message<T>(result: Result<T>) -> String {
        let error = result.err().unwrap();
        assert_eq!(error.status(), Status::Handle);
        error.message().to_owned()
    }

    #[test]
    fn a_handle_leads_to_its_object_until_it_is_removed() {
        let table = Table::<Shown, u32>::new(Type::Event);
        let handle = table.insert(Arc::new(7)).unwrap();
        assert_eq!(*table.get(handle).unwrap(), 7);
        assert_eq!(*table.remove(handle).unwrap(), 7);
        assert!(message(table.get(handle)).contains("freed before"));
        assert!(message(table.remove(handle)).contains("freed before"));
    }

    #[test]
    fn a_stale_handle_does_not_lead_to_its_successor() {
        let table = Table::<Shown, u32>::new(Type::Event);
        let first = table.insert(Arc::new(1)).unwrap();
        table.remove(first).unwrap();
        for _ in 0..1000 {
            let next = table.insert(Arc::new(2)).unwrap();
            assert_ne!(first, next);
            assert!(table.get(first).is_err());
            table.remove(next).unwrap();
        }
    }

    #[test]
    fn null_foreign_and_invented_handles_are_told_apart() {
        let events = Table::<Shown, u32>::new(Type::Event);
        let clients = Table::<Shown, u32>::new(Type::Client);
        let client = clients.insert(Arc::new(1)).unwrap();
        assert!(message(events.get(std::ptr::null())).contains("is NULL"));
        assert!(message(events.get(client)).contains("is an omnize_client"));
        let local = 5u32;
        let address = (&raw const local).cast();
        assert!(message(events.get(address)).contains("never given out"));
    }

    #[test]
    fn an_object_outlives_its_handle_while_it_is_held() {
        let table = Table::<Shown, String>::new(Type::Event);
        let handle = table.insert(Arc::new("kept".to_owned())).unwrap();
        let held = table.get(handle).unwrap();
        table.remove(handle).unwrap();
        assert_eq!(*held, "kept");
    }
}
