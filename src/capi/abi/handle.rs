//! Handles: values that C holds instead of addresses.
//!
//! A handle consists of a type tag, a generation and a slot of a table. Every call looks it up. Therefore a handle that is
//! NULL, freed or of another type is detected. If another thread frees a handle during a call, the object lives until that
//! call ends.

use std::sync::{Arc, PoisonError, RwLock};

use thunderdome::{Arena, Index};

use crate::error::{Error, Result};
use crate::status::Status;

// The bits of a handle, from the lowest: slot, generation, tag. The generation of a slot wraps after 2^24 uses (64-bit) or
// 2^10 uses (32-bit). Until then a stale handle is detected. After that, it may match a newer handle of the same type, which
// is wrong but not undefined behaviour.
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

/// The types of handles. The numbers are the tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum HandleType {
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
    Snapshot = 12,
    Outbox = 13,
}

impl HandleType {
    const ALL: [HandleType; 13] = [
        HandleType::Error,
        HandleType::Config,
        HandleType::Client,
        HandleType::Conversation,
        HandleType::Event,
        HandleType::Listener,
        HandleType::Interactions,
        HandleType::Request,
        HandleType::Departments,
        HandleType::Agents,
        HandleType::History,
        HandleType::Snapshot,
        HandleType::Outbox,
    ];

    fn name(self) -> &'static str {
        match self {
            HandleType::Error => "omnize_error",
            HandleType::Config => "omnize_config",
            HandleType::Client => "omnize_client",
            HandleType::Conversation => "omnize_conversation",
            HandleType::Event => "omnize_event",
            HandleType::Listener => "omnize_listener",
            HandleType::Interactions => "omnize_interactions",
            HandleType::Request => "omnize_request",
            HandleType::Departments => "omnize_departments",
            HandleType::Agents => "omnize_agents",
            HandleType::History => "omnize_history",
            HandleType::Snapshot => "omnize_snapshot",
            HandleType::Outbox => "omnize_outbox",
        }
    }
}

/// All handles of one type. `C` is the opaque type of the header, `T` the object.
pub struct HandleTable<C, T> {
    of: HandleType,
    arena: RwLock<Arena<Arc<T>>>,
    in_header: std::marker::PhantomData<fn() -> C>,
}

impl<C, T> HandleTable<C, T> {
    /// Creates an empty table.
    pub const fn new(of: HandleType) -> Self {
        HandleTable {
            of,
            arena: RwLock::new(Arena::new()),
            in_header: std::marker::PhantomData,
        }
    }

    /// Creates a handle.
    pub fn insert(&self, object: Arc<T>) -> Result<*mut C> {
        let mut arena = self.arena.write().unwrap_or_else(PoisonError::into_inner);
        let index = arena.insert(object);
        if index.slot() as usize >= SLOT_MASK {
            arena.remove(index);
            return Err(Error::new(
                Status::System,
                format!(
                    "there are {} {} handles, which is the limit; free some",
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

    /// Returns a handle that `insert` never returns.
    pub fn reserved(&self) -> *mut C {
        std::ptr::without_provenance_mut(
            (self.of as usize) << TAG_SHIFT | GENERATION_MASK << SLOT_BITS | SLOT_MASK,
        )
    }

    /// Returns the object of a handle. The object lives as long as the caller holds it, even if the handle is freed.
    pub fn get(&self, handle: *const C) -> Result<Arc<T>> {
        self.check(handle)?;
        let arena = self.arena.read().unwrap_or_else(PoisonError::into_inner);
        let found = find(&arena, handle.addr()).map(|(_, object)| object.clone());
        found.ok_or_else(|| self.stale_error())
    }

    /// Removes a handle, and returns its object.
    pub fn remove(&self, handle: *const C) -> Result<Arc<T>> {
        self.check(handle)?;
        let mut arena = self.arena.write().unwrap_or_else(PoisonError::into_inner);
        let index = find(&arena, handle.addr()).map(|(index, _)| index);
        index
            .and_then(|index| arena.remove(index))
            .ok_or_else(|| self.stale_error())
    }

    /// Checks that the handle has the tag of this type.
    fn check(&self, handle: *const C) -> Result<()> {
        if handle.is_null() {
            return Err(self.error("is NULL"));
        }
        let tag = handle.addr() >> TAG_SHIFT;
        if tag == self.of as usize {
            return Ok(());
        }
        Err(
            match HandleType::ALL.iter().find(|other| **other as usize == tag) {
                Some(other) => self.error(&format!("is an {}", other.name())),
                None => self.error("is not from this library"),
            },
        )
    }

    fn stale_error(&self) -> Error {
        self.error("was freed already")
    }

    fn error(&self, why: &str) -> Error {
        let name = self.of.name();
        Error::new(
            Status::Handle,
            format!(
                "the {name} handle {why}; pass a handle that the library returned and that is not freed yet"
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

    enum InHeader {}

    fn message<T>(result: Result<T>) -> String {
        let error = result.err().unwrap();
        assert_eq!(error.status(), Status::Handle);
        error.message().to_owned()
    }

    #[test]
    fn a_handle_is_valid_until_it_is_removed() {
        let table = HandleTable::<InHeader, u32>::new(HandleType::Event);
        let handle = table.insert(Arc::new(7)).unwrap();
        assert_eq!(*table.get(handle).unwrap(), 7);
        assert_eq!(*table.remove(handle).unwrap(), 7);
        assert!(message(table.get(handle)).contains("freed already"));
        assert!(message(table.remove(handle)).contains("freed already"));
    }

    #[test]
    fn a_stale_handle_does_not_match_a_newer_one() {
        let table = HandleTable::<InHeader, u32>::new(HandleType::Event);
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
    fn errors_distinguish_null_foreign_and_invalid_handles() {
        let events = HandleTable::<InHeader, u32>::new(HandleType::Event);
        let clients = HandleTable::<InHeader, u32>::new(HandleType::Client);
        let client = clients.insert(Arc::new(1)).unwrap();
        assert!(message(events.get(std::ptr::null())).contains("is NULL"));
        assert!(message(events.get(client)).contains("is an omnize_client"));
        let local = 5u32;
        let address = (&raw const local).cast();
        assert!(message(events.get(address)).contains("not from this library"));
    }

    #[test]
    fn an_object_outlives_its_handle_during_a_call() {
        let table = HandleTable::<InHeader, String>::new(HandleType::Event);
        let handle = table.insert(Arc::new("object".to_owned())).unwrap();
        let held = table.get(handle).unwrap();
        table.remove(handle).unwrap();
        assert_eq!(*held, "object");
    }
}
