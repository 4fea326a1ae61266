//! The list of departments, as C sees it.

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
use crate::encoding::TextEncoding;
use crate::error::{Error, Result};
use crate::status::Status;
use crate::wire;

/// The departments that there were when the list was made. It does not change; every function of it can be called from any
/// thread, and only omnize_departments_list blocks. Places count from 0.
pub struct omnize_departments {
    _opaque: [u8; 0],
}

static LISTS: Table<omnize_departments, Vec<Department>> = Table::new(Type::Departments);

/// A department, or one of its channels.
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
    fn new(id: &str, name: &str, open: Option<bool>, encoding: TextEncoding) -> Self {
        let encoded = |text: &str| OutText::new(&encoding.encode(text).0);
        Entry {
            id: encoded(id),
            name: encoded(name),
            open: open.map_or(-1, i32::from),
        }
    }
}

impl Department {
    fn new(department: &wire::Department, encoding: TextEncoding) -> Self {
        let channels = department.channels.iter();
        Department {
            entry: Entry::new(&department.id, &department.name, department.open, encoding),
            queue: department
                .queue
                .map_or(-1, |queue| i64::try_from(queue).unwrap_or(i64::MAX)),
            channels: channels
                .map(|channel| Entry::new(&channel.id, &channel.name, channel.open, encoding))
                .collect(),
        }
    }
}

/// Asks the service for its departments: makes a request, and blocks until it has answered, at the most for as long as the
/// option timeout says. `client_id` is the customer for whom it is asked; the dialect gateway wants one, and else it may be
/// NULL. The application owns the list and frees it with omnize_departments_free. Statuses: those of every request of a
/// conversation; OMNIZE_E_UNSUPPORTED where the dialect has no such request; OMNIZE_E_CLIENT_ID where it is needed;
/// OMNIZE_E_RESPONSE where the answer holds no departments.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_departments_list(
    client: *mut omnize_client,
    client_id: *const c_char,
    list: *mut *mut omnize_departments,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = client::object(client)?;
        let place = strings::out("list", list)?;
        let encoding = object.client.encoding();
        let client_id = strings::optional("client_id", client_id, encoding)?;
        let departments = object.client.departments(client_id.as_deref())?;
        let shown = departments
            .iter()
            .map(|department| Department::new(department, encoding));
        *place = LISTS.insert(Arc::new(shown.collect()))?;
        Ok(())
    })
}

/// How many departments the list has; 0 where `list` is no list.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_departments_count(list: *const omnize_departments) -> i64 {
    guard::value(0, || Ok(LISTS.get(list)?.len() as i64))
}

/// The id of the department at a place of the list, which a start takes; NULL for a place that is none. In the client's
/// encoding; valid until the list is freed. `length` may be NULL; it receives the length in bytes, 0 for a place that has no
/// such text.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_departments_id(
    list: *const omnize_departments,
    index: i64,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        let list = LISTS.get(list)?;
        strings::tell(length, 0);
        Ok(at(&list, index)?.entry.id.give(length))
    })
}

/// The name of the department at a place of the list; NULL for a place that is none. In the client's encoding; valid until
/// the list is freed. `length` may be NULL; it receives the length in bytes, 0 for a place that has no such text.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_departments_name(
    list: *const omnize_departments,
    index: i64,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        let list = LISTS.get(list)?;
        strings::tell(length, 0);
        Ok(at(&list, index)?.entry.name.give(length))
    })
}

/// Whether the department at a place of the list is open: 1 or 0; -1 where the service does not say, or the place is none.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_departments_open(
    list: *const omnize_departments,
    index: i64,
) -> i32 {
    guard::value(-1, || Ok(at(&LISTS.get(list)?, index)?.entry.open))
}

/// How many customers wait at the department at a place of the list; -1 where the service does not say, or the place is none.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_departments_queue(
    list: *const omnize_departments,
    index: i64,
) -> i64 {
    guard::value(-1, || Ok(at(&LISTS.get(list)?, index)?.queue))
}

/// How many channels the department at a place of the list has; 0 where the place is none.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_departments_channel_count(
    list: *const omnize_departments,
    index: i64,
) -> i64 {
    guard::value(
        0,
        || Ok(at(&LISTS.get(list)?, index)?.channels.len() as i64),
    )
}

/// The id of a channel of a department, each by its place; NULL for a place that is none. In the client's encoding; valid
/// until the list is freed. `length` may be NULL; it receives the length in bytes, 0 for a place that has no such text.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_departments_channel_id(
    list: *const omnize_departments,
    index: i64,
    channel: i64,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        let list = LISTS.get(list)?;
        strings::tell(length, 0);
        Ok(at(&at(&list, index)?.channels, channel)?.id.give(length))
    })
}

/// The name of a channel of a department, each by its place; NULL for a place that is none. In the client's encoding; valid
/// until the list is freed. `length` may be NULL; it receives the length in bytes, 0 for a place that has no such text.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_departments_channel_name(
    list: *const omnize_departments,
    index: i64,
    channel: i64,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        let list = LISTS.get(list)?;
        strings::tell(length, 0);
        Ok(at(&at(&list, index)?.channels, channel)?.name.give(length))
    })
}

/// Whether a channel of a department, each by its place, is open: 1 or 0; -1 where the service does not say, or a place is
/// none.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_departments_channel_open(
    list: *const omnize_departments,
    index: i64,
    channel: i64,
) -> i32 {
    guard::value(-1, || {
        let list = LISTS.get(list)?;
        Ok(at(&at(&list, index)?.channels, channel)?.open)
    })
}

/// Frees a list. NULL, and one that was freed before, do nothing.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_departments_free(list: *mut omnize_departments) {
    guard::value((), || LISTS.remove(list).map(drop))
}

fn at<T>(list: &[T], index: i64) -> Result<&T> {
    let found = usize::try_from(index).ok().and_then(|at| list.get(at));
    found.ok_or_else(|| Error::new(Status::Argument, format!("the list has no place {index}")))
}
