//! The list of open interactions, as C sees it.

use std::ffi::c_char;
use std::sync::Arc;

use crate::capi::client;
use crate::capi::client::omnize_client;
use crate::capi::error::omnize_error;
use crate::capi::guard;
use crate::capi::handle::{Table, Type};
use crate::capi::status::omnize_status;
use crate::capi::strings;
use crate::capi::strings::OutText;
use crate::error::{Error, Result};
use crate::status::Status;

/// The interactions that were open when the list was made. It does not change; every function of it can be called from any
/// thread, and none blocks.
pub struct omnize_interactions {
    _opaque: [u8; 0],
}

static LISTS: Table<omnize_interactions, Vec<Open>> = Table::new(Type::Interactions);

/// One open interaction.
struct Open {
    client_id: OutText,
    department: OutText,
    bot_id: Option<OutText>,
    state: i32,
    since: i64,
}

/// Lists the interactions of a client that are under way, whether a conversation is about them or not; with the option
/// store, also those that an earlier run has left: omnize_conversation_attach takes them up. Those that have been where they
/// are for the longest time come first. The application owns the list and frees it with omnize_interactions_free. Statuses:
/// OMNIZE_E_ARGUMENT where `list` is NULL.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_interactions_list(
    client: *const omnize_client,
    list: *mut *mut omnize_interactions,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = client::object(client)?;
        let place = strings::out("list", list)?;
        let encoding = object.client.encoding();
        let encoded = |text: &str| OutText::new(&encoding.encode(text).0);
        let open = object.client.open_interactions().into_iter();
        let open = open.map(|open| Open {
            client_id: encoded(&open.client_id),
            department: encoded(&open.department),
            bot_id: open.bot_id.as_deref().map(encoded),
            state: open.state as i32,
            since: open.since,
        });
        *place = LISTS.insert(Arc::new(open.collect()))?;
        Ok(())
    })
}

/// How many interactions the list has; 0 where `list` is no list.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_interactions_count(list: *const omnize_interactions) -> i64 {
    guard::value(0, || Ok(LISTS.get(list)?.len() as i64))
}

/// The id that the application gave the customer of the interaction at a place of the list, from 0 to
/// omnize_interactions_count() - 1; NULL for any other place. In the client's encoding; valid until the list is freed.
/// `length` may be NULL; it receives the length in bytes, 0 for a place that has no such text.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_interactions_client_id(
    list: *const omnize_interactions,
    index: i64,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        let list = LISTS.get(list)?;
        strings::tell(length, 0);
        Ok(at(&list, index)?.client_id.give(length))
    })
}

/// The department that the customer of the interaction at a place of the list talks to; empty for one that is the
/// application's as an external bot, which omnize_bot_attach takes up by its client id; NULL for any other place. In the
/// client's encoding; valid until the list is freed. `length` may be NULL; it receives the length in bytes, 0 for a place
/// that has no such text.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_interactions_department(
    list: *const omnize_interactions,
    index: i64,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        let list = LISTS.get(list)?;
        strings::tell(length, 0);
        Ok(at(&list, index)?.department.give(length))
    })
}

/// The bot that the start of the interaction at a place of the list named; NULL where it named none, and for any other place.
/// In the client's encoding; valid until the list is freed. `length` may be NULL; it receives the length in bytes, 0 for a
/// place that has no such text.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_interactions_bot_id(
    list: *const omnize_interactions,
    index: i64,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        let list = LISTS.get(list)?;
        strings::tell(length, 0);
        let bot_id = at(&list, index)?.bot_id.as_ref();
        Ok(bot_id.map_or(std::ptr::null(), |bot_id| bot_id.give(length)))
    })
}

/// Where the interaction at a place of the list is: OMNIZE_STATE_STARTING, OMNIZE_STATE_WAITING or OMNIZE_STATE_ACTIVE; 0 for
/// any other place. One that an earlier run has left as starting was on its way when that run ended.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_interactions_state(
    list: *const omnize_interactions,
    index: i64,
) -> i32 {
    guard::value(0, || Ok(at(&LISTS.get(list)?, index)?.state))
}

/// Since when the interaction at a place of the list is in its state, in milliseconds since 1970-01-01 UTC by this machine's
/// clock; 0 for any other place.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_interactions_since(
    list: *const omnize_interactions,
    index: i64,
) -> i64 {
    guard::value(0, || Ok(at(&LISTS.get(list)?, index)?.since))
}

/// Frees a list. NULL, and one that was freed before, do nothing.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_interactions_free(list: *mut omnize_interactions) {
    guard::value((), || LISTS.remove(list).map(drop))
}

fn at(list: &[Open], index: i64) -> Result<&Open> {
    let found = usize::try_from(index).ok().and_then(|at| list.get(at));
    found.ok_or_else(|| Error::new(Status::Argument, format!("the list has no place {index}")))
}
