//! The list of a client's posted requests that have no outcome yet.

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
use crate::status::Status;

/// A list of the posted requests in the outbox, as of the call that created it.
///
/// - Indexes count from 0.
/// - The functions of a list are thread-safe and do not block.
pub struct omnize_outbox {
    _opaque: [u8; 0],
}

static LISTS: ListTable<omnize_outbox, Entry> = ListTable::new(HandleType::Outbox);

struct Entry {
    ticket: i64,
    client_id: OutText,
    reference: Option<OutText>,
    request_kind: i32,
    age: i64,
    attempts: i64,
    is_in_progress: bool,
    last_status: i32,
    last_message: Option<OutText>,
}

/// Lists the posted requests of a client that wait or are in progress.
///
/// - With a store, the list includes requests of earlier processes.
/// - The order is by ticket, the oldest request first.
/// - Requests that are posted or end during the call may be included or missing.
/// - The application owns the list and frees it with omnize_outbox_free().
/// - Does not block.
///
/// Fails with:
/// - OMNIZE_E_ARGUMENT: `list` is NULL.
/// - OMNIZE_E_SYSTEM: there is no memory for the list.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_outbox_list(
    client: *const omnize_client,
    list: *mut *mut omnize_outbox,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let client = client::lookup(client)?;
        let list = text::required_out("list", list)?;
        let encoding = client.client.encoding();
        let entries = client.client.outbox().into_iter().map(|entry| {
            let reference = entry.reference.as_ref();
            let last_message = (entry.last_status != Status::Ok)
                .then(|| OutText::encode(&entry.last_message, encoding));
            Ok(Entry {
                ticket: entry.ticket as i64,
                client_id: OutText::encode(&entry.client_id, encoding)?,
                reference: reference
                    .map(|text| OutText::encode(text.expose(), encoding))
                    .transpose()?,
                request_kind: entry.kind as i32,
                age: i64::try_from(entry.age.as_millis()).unwrap_or(i64::MAX),
                attempts: i64::from(entry.attempts),
                is_in_progress: entry.is_in_progress,
                last_status: entry.last_status as i32,
                last_message: last_message.transpose()?,
            })
        });
        *list = LISTS.insert(entries.collect::<Result<_>>()?, ())?;
        Ok(())
    })
}

/// Returns the number of entries of the list, or 0 if `list` is invalid.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_outbox_count(list: *const omnize_outbox) -> i64 {
    guard::value(0, || LISTS.count(list))
}

/// Returns the ticket of entry `index`, or 0 if `index` is out of range.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_outbox_ticket(list: *const omnize_outbox, index: i64) -> i64 {
    guard::value(0, || LISTS.number(list, index, |entry| entry.ticket))
}

/// Returns the client id of entry `index`, or NULL if `index` is out of range.
///
/// - For an external bot's request, this is the interaction hash.
/// - `length` receives the length in bytes, or 0 for NULL. It may be NULL.
/// - The text is in the client's encoding, and valid until the list is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_outbox_client_id(
    list: *const omnize_outbox,
    index: i64,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        LISTS.text(list, index, length, |entry| Some(&entry.client_id))
    })
}

/// Returns the reference of entry `index`, or NULL if its post had none or `index` is out of range.
///
/// - `length` receives the length in bytes, or 0 for NULL. It may be NULL.
/// - The text is in the client's encoding, and valid until the list is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_outbox_reference(
    list: *const omnize_outbox,
    index: i64,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        LISTS.text(list, index, length, |entry| entry.reference.as_ref())
    })
}

/// Returns the kind of entry `index`, an OMNIZE_REQUEST_ value, or 0 if `index` is out of range.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_outbox_request_kind(list: *const omnize_outbox, index: i64) -> i32 {
    guard::value(0, || LISTS.number(list, index, |entry| entry.request_kind))
}

/// Returns the milliseconds since entry `index` was posted, or 0 if `index` is out of range.
///
/// With a store, the time also counts while the application is not running.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_outbox_age(list: *const omnize_outbox, index: i64) -> i64 {
    guard::value(0, || LISTS.number(list, index, |entry| entry.age))
}

/// Returns the number of attempts of entry `index` in this process, or 0 if `index` is out of range.
///
/// An attempt in progress counts.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_outbox_attempts(list: *const omnize_outbox, index: i64) -> i64 {
    guard::value(0, || LISTS.number(list, index, |entry| entry.attempts))
}

/// Returns 1 if an attempt of entry `index` was in progress, otherwise 0.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_outbox_in_progress(list: *const omnize_outbox, index: i64) -> i32 {
    guard::value(0, || {
        LISTS.number(list, index, |entry| i32::from(entry.is_in_progress))
    })
}

/// Returns the status of the last failed attempt of entry `index` in this process.
///
/// Returns OMNIZE_OK if there was none, or `index` is out of range.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_outbox_last_status(
    list: *const omnize_outbox,
    index: i64,
) -> omnize_status {
    guard::value(Status::Ok as omnize_status, || {
        LISTS.number(list, index, |entry| entry.last_status)
    })
}

/// Returns the error message of the last failed attempt of entry `index` in this process.
///
/// - Returns NULL if there was none, or `index` is out of range.
/// - It contains no token and no personal data.
/// - `length` receives the length in bytes, or 0 for NULL. It may be NULL.
/// - The text is in the client's encoding, and valid until the list is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_outbox_last_message(
    list: *const omnize_outbox,
    index: i64,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        LISTS.text(list, index, length, |entry| entry.last_message.as_ref())
    })
}

/// Frees a list.
///
/// Does nothing if `list` is NULL or freed already.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_outbox_free(list: *mut omnize_outbox) {
    guard::value((), || LISTS.free(list))
}
