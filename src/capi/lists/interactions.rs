//! The list of a client's open interactions.

use std::ffi::c_char;

use omnize_calling_convention::calling_convention;

use crate::capi::abi::error_handle::omnize_error;
use crate::capi::abi::guard;
use crate::capi::abi::handle::HandleType;
use crate::capi::abi::list::ListTable;
use crate::capi::abi::status_code::omnize_status;
use crate::capi::abi::text;
use crate::capi::abi::text::OutText;
use crate::capi::client;
use crate::capi::client::omnize_client;
use crate::error::Result;

/// A list of open interactions, as of the call that created it.
///
/// - Indexes count from 0.
/// - The functions of a list are thread-safe and do not block.
pub struct omnize_interactions {
    _opaque: [u8; 0],
}

static LISTS: ListTable<omnize_interactions, OpenInteraction> =
    ListTable::new(HandleType::Interactions);

struct OpenInteraction {
    client_id: OutText,
    department: OutText,
    current_department: OutText,
    bot_id: Option<OutText>,
    state: i32,
    since: i64,
}

/// Lists the open interactions of a client, with and without a conversation.
///
/// - With a store, the list includes open interactions of earlier processes. omnize_conversation_attach() attaches
///   to them.
/// - The order is by the time of the last state change, the oldest first.
/// - The application owns the list and frees it with omnize_interactions_free().
/// - Does not block.
///
/// Fails with:
/// - OMNIZE_E_ARGUMENT: `list` is NULL.
/// - OMNIZE_E_SYSTEM: there is no memory for the list.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_interactions_list(
    client: *const omnize_client,
    list: *mut *mut omnize_interactions,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let client = client::lookup(client)?;
        let list = text::required_out("list", list)?;
        let encoding = client.client.encoding();
        let open = client.client.open_interactions().into_iter();
        let entries = open.map(|open| {
            let bot_id = open.bot_id.as_deref();
            Ok(OpenInteraction {
                client_id: OutText::encode(&open.client_id, encoding)?,
                department: OutText::encode(&open.department, encoding)?,
                current_department: OutText::encode(&open.current_department, encoding)?,
                bot_id: bot_id
                    .map(|bot_id| OutText::encode(bot_id, encoding))
                    .transpose()?,
                state: open.state as i32,
                since: open.since,
            })
        });
        *list = LISTS.insert(entries.collect::<Result<_>>()?, ())?;
        Ok(())
    })
}

/// Returns the number of entries of the list, or 0 if `list` is invalid.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_interactions_count(list: *const omnize_interactions) -> i64 {
    guard::value(0, || LISTS.count(list))
}

/// Returns the client id of entry `index`, or NULL if `index` is out of range.
///
/// - For an external bot's interaction, this is the interaction hash.
/// - `length` receives the length in bytes, or 0 for NULL. It may be NULL.
/// - The text is in the client's encoding, and valid until the list is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_interactions_client_id(
    list: *const omnize_interactions,
    index: i64,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        LISTS.text(list, index, length, |open| Some(&open.client_id))
    })
}

/// Returns the department of entry `index`, or NULL if `index` is out of range.
///
/// - The text is empty if the application is the external bot of the interaction. Then attach with
///   omnize_bot_attach() and the client id.
/// - `length` receives the length in bytes, or 0 for NULL. It may be NULL.
/// - The text is in the client's encoding, and valid until the list is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_interactions_department(
    list: *const omnize_interactions,
    index: i64,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        LISTS.text(list, index, length, |open| Some(&open.department))
    })
}

/// Returns the department that serves the customer of entry `index`, or NULL if `index` is out of range.
///
/// - After a transfer, it differs from omnize_interactions_department().
/// - `length` receives the length in bytes, or 0 for NULL. It may be NULL.
/// - The text is in the client's encoding, and valid until the list is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_interactions_current_department(
    list: *const omnize_interactions,
    index: i64,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        LISTS.text(list, index, length, |open| Some(&open.current_department))
    })
}

/// Returns the bot id of the start of entry `index`, or NULL if the start had no bot id or `index` is out of range.
///
/// - `length` receives the length in bytes, or 0 for NULL. It may be NULL.
/// - The text is in the client's encoding, and valid until the list is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_interactions_bot_id(
    list: *const omnize_interactions,
    index: i64,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        LISTS.text(list, index, length, |open| open.bot_id.as_ref())
    })
}

/// Returns the state of entry `index`: OMNIZE_STATE_STARTING, OMNIZE_STATE_WAITING or OMNIZE_STATE_ACTIVE. Returns 0
/// if `index` is out of range.
///
/// An earlier process may have ended during a start. The list then contains the state OMNIZE_STATE_STARTING, and the
/// service may have received the start.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_interactions_state(
    list: *const omnize_interactions,
    index: i64,
) -> i32 {
    guard::value(0, || LISTS.number(list, index, |open| open.state))
}

/// Returns the time of the last state change of entry `index`, or 0 if `index` is out of range.
///
/// The unit is milliseconds since 1970-01-01 UTC, by this machine's clock.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_interactions_since(
    list: *const omnize_interactions,
    index: i64,
) -> i64 {
    guard::value(0, || LISTS.number(list, index, |open| open.since))
}

/// Frees a list.
///
/// Does nothing if `list` is NULL or freed already.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_interactions_free(list: *mut omnize_interactions) {
    guard::value((), || LISTS.free(list))
}
