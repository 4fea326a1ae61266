//! The list of departments, with their channels.

use std::ffi::c_char;

use omnize_calling_convention::calling_convention;

use crate::capi::abi::error_handle::omnize_error;
use crate::capi::abi::guard;
use crate::capi::abi::handle::HandleType;
use crate::capi::abi::list::{ListTable, entry};
use crate::capi::abi::status_code::omnize_status;
use crate::capi::abi::text;
use crate::capi::abi::text::OutText;
use crate::capi::client;
use crate::capi::client::omnize_client;
use crate::capi::events::event;
use crate::capi::events::event::omnize_event;
use crate::error::Result;
use crate::text_encoding::TextEncoding;
use crate::wire;
use crate::wire::RequestKind;

/// A list of departments, as of the call that created it.
///
/// - Indexes count from 0.
/// - The functions of a list are thread-safe. Only omnize_departments_list() and omnize_departments_post() block.
pub struct omnize_departments {
    _opaque: [u8; 0],
}

static LISTS: ListTable<omnize_departments, Department> = ListTable::new(HandleType::Departments);

/// The fields that departments and channels have in common.
struct Entry {
    id: OutText,
    name: OutText,
    open: i32,
}

struct Department {
    entry: Entry,
    queue: i64,
    channels: Vec<Entry>,
}

impl Entry {
    fn new(id: &str, name: &str, open: Option<bool>, encoding: TextEncoding) -> Result<Self> {
        Ok(Entry {
            id: OutText::encode(id, encoding)?,
            name: OutText::encode(name, encoding)?,
            open: open.map_or(-1, i32::from),
        })
    }
}

impl Department {
    fn new(department: &wire::Department, encoding: TextEncoding) -> Result<Self> {
        let channels = department.channels.iter();
        let queue = department.queue;
        Ok(Department {
            entry: Entry::new(&department.id, &department.name, department.open, encoding)?,
            queue: queue.map_or(-1, |queue| i64::try_from(queue).unwrap_or(i64::MAX)),
            channels: channels
                .map(|channel| Entry::new(&channel.id, &channel.name, channel.open, encoding))
                .collect::<Result<_>>()?,
        })
    }
}

/// Requests the list of departments, and blocks until the service responds, at most for the option timeout.
///
/// - `client_id`: the customer. The dialect gateway requires it. Otherwise it may be NULL.
/// - The application owns the list and frees it with omnize_departments_free().
///
/// Fails with:
/// - OMNIZE_E_UNSUPPORTED: the dialect does not have this request.
/// - OMNIZE_E_CLIENT_ID: the dialect requires `client_id`.
/// - OMNIZE_E_RESPONSE: the response contains no departments.
/// - OMNIZE_E_SYSTEM: there is no memory for the list.
/// - Any status of a blocking request: see omnize_conversation.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_departments_list(
    client: *mut omnize_client,
    client_id: *const c_char,
    list: *mut *mut omnize_departments,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::request(error, || {
        let client = client::lookup(client)?;
        let list = text::required_out("list", list)?;
        let encoding = client.client.encoding();
        let client_id = text::optional("client_id", client_id, encoding)?;
        let departments = client.client.departments(client_id.as_deref())?;
        *list = insert(&departments, encoding)?;
        Ok(())
    })
}

fn insert(
    departments: &[wire::Department],
    encoding: TextEncoding,
) -> Result<*mut omnize_departments> {
    let entries = departments
        .iter()
        .map(|department| Department::new(department, encoding));
    LISTS.insert(entries.collect::<Result<_>>()?, ())
}

/// Posts the request of omnize_departments_list(). omnize_event_departments() returns the list of the outcome.
///
/// - `client_id`: the customer. The dialect gateway requires it. Otherwise it may be NULL.
/// - `ticket` receives the number of the request. It may be NULL.
/// - The outcome belongs to no customer: its client id is empty.
/// - Does not wait for the service. With a store, blocks until the ticket is on disk.
/// - A store contains neither the request nor its outcome. A query that is in the outbox when the application ends
///   has no outcome, also after a restart.
///
/// Fails with:
/// - OMNIZE_E_UNSUPPORTED: the dialect does not have this request.
/// - OMNIZE_E_CLIENT_ID: the dialect requires `client_id`.
/// - Any status of posting, except OMNIZE_E_STATE: see omnize_conversation.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_departments_post(
    client: *mut omnize_client,
    client_id: *const c_char,
    ticket: *mut i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::request(error, || {
        let client = client::lookup(client)?;
        let client_id = text::optional("client_id", client_id, client.client.encoding())?;
        let number = client.client.post_departments(client_id.as_deref())?;
        text::write_optional(ticket, number as i64);
        Ok(())
    })
}

/// Writes the list of departments to `list`, if the event is the outcome of an accepted omnize_departments_post().
///
/// - The application owns the list and frees it with omnize_departments_free(). Each call creates a list.
/// - The list is valid after the event was freed.
/// - Does not block.
///
/// Fails with:
/// - OMNIZE_E_ARGUMENT: `event` is not such an outcome, or the request was not accepted, or `list` is NULL.
/// - OMNIZE_E_SYSTEM: there is no memory for the list.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_departments(
    event: *const omnize_event,
    list: *mut *mut omnize_departments,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let event = event::lookup(event)?;
        let list = text::required_out("list", list)?;
        let outcome = event.outcome_of_query(RequestKind::Departments)?;
        *list = insert(outcome.departments().unwrap_or_default(), event.encoding())?;
        Ok(())
    })
}

/// Returns the number of departments of the list, or 0 if `list` is invalid.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_departments_count(list: *const omnize_departments) -> i64 {
    guard::value(0, || LISTS.count(list))
}

/// Returns the department id of entry `index`, or NULL if `index` is out of range.
///
/// - A start takes this id.
/// - `length` receives the length in bytes, or 0 for NULL. It may be NULL.
/// - The text is in the client's encoding, and valid until the list is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_departments_id(
    list: *const omnize_departments,
    index: i64,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        LISTS.text(list, index, length, |department| Some(&department.entry.id))
    })
}

/// Returns the department name of entry `index`, or NULL if `index` is out of range.
///
/// - `length` receives the length in bytes, or 0 for NULL. It may be NULL.
/// - The text is in the client's encoding, and valid until the list is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_departments_name(
    list: *const omnize_departments,
    index: i64,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        LISTS.text(list, index, length, |department| {
            Some(&department.entry.name)
        })
    })
}

/// Returns 1 if department `index` is open, 0 if it is closed, or -1 if this is unknown.
///
/// It is unknown if the service did not report it, or `index` is out of range.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_departments_open(
    list: *const omnize_departments,
    index: i64,
) -> i32 {
    guard::value(-1, || {
        LISTS.number(list, index, |department| department.entry.open)
    })
}

/// Returns the number of customers in the queue of department `index`, or -1 if it is unknown.
///
/// It is unknown if the service did not report it, or `index` is out of range.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_departments_queue(
    list: *const omnize_departments,
    index: i64,
) -> i64 {
    guard::value(-1, || {
        LISTS.number(list, index, |department| department.queue)
    })
}

/// Returns the number of channels of department `index`, or 0 if `index` is out of range.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_departments_channel_count(
    list: *const omnize_departments,
    index: i64,
) -> i64 {
    guard::value(0, || {
        LISTS.number(list, index, |department| department.channels.len() as i64)
    })
}

/// Returns the id of channel `channel` of department `index`, or NULL if one of them is out of range.
///
/// - `length` receives the length in bytes, or 0 for NULL. It may be NULL.
/// - The text is in the client's encoding, and valid until the list is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_departments_channel_id(
    list: *const omnize_departments,
    index: i64,
    channel: i64,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        LISTS.text(list, index, length, |department| {
            entry(&department.channels, channel).map(|channel| &channel.id)
        })
    })
}

/// Returns the name of channel `channel` of department `index`, or NULL if one of them is out of range.
///
/// - `length` receives the length in bytes, or 0 for NULL. It may be NULL.
/// - The text is in the client's encoding, and valid until the list is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_departments_channel_name(
    list: *const omnize_departments,
    index: i64,
    channel: i64,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        LISTS.text(list, index, length, |department| {
            entry(&department.channels, channel).map(|channel| &channel.name)
        })
    })
}

/// Returns 1 if channel `channel` of department `index` is open, 0 if it is closed, or -1 if this is unknown.
///
/// It is unknown if the service did not report it, or an index is out of range.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_departments_channel_open(
    list: *const omnize_departments,
    index: i64,
    channel: i64,
) -> i32 {
    guard::value(-1, || {
        LISTS.number(list, index, |department| {
            entry(&department.channels, channel).map_or(-1, |channel| channel.open)
        })
    })
}

/// Frees a list.
///
/// Does nothing if `list` is NULL or freed already.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_departments_free(list: *mut omnize_departments) {
    guard::value((), || LISTS.free(list))
}
