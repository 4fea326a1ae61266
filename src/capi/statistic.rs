//! What a client or a listener has counted, as C sees it.

use std::ffi::c_char;

use once_cell::sync::Lazy;

use crate::capi::client;
use crate::capi::client::omnize_client;
use crate::capi::error::omnize_error;
use crate::capi::guard;
use crate::capi::status::omnize_status;
use crate::capi::strings;
use crate::capi::strings::OutText;
use crate::encoding::TextEncoding;
use crate::error::{Error, Result};
use crate::receiving::{STATISTICS, Statistic};
use crate::status::Status;

/// How many statistics there are.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_statistic_count() -> i32 {
    guard::value(0, || Ok(STATISTICS.len() as i32))
}

/// The name of a statistic, by its place from 0 to omnize_statistic_count() - 1; NULL for any other place. Valid for ever.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_statistic_name(index: i32) -> *const c_char {
    guard::value(std::ptr::null(), || {
        Ok(row(index)?.0.give(std::ptr::null_mut()))
    })
}

/// What a statistic counts, in English; NULL for a place that is none. Valid for ever.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_statistic_description(index: i32) -> *const c_char {
    guard::value(std::ptr::null(), || {
        Ok(row(index)?.1.give(std::ptr::null_mut()))
    })
}

/// How often the thing of this name was counted since the client was opened, in `value`. What a listener refuses is counted
/// by the listener: here it is told of the client's own, and omnize_listener_statistic() tells it of a shared one. Never blocks. Statuses:
/// OMNIZE_E_ARGUMENT where there is no such statistic, or `name` or `value` is NULL; OMNIZE_E_ENCODING.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_statistic(
    client: *const omnize_client,
    name: *const c_char,
    value: *mut i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = client::object(client)?;
        let value = strings::out("value", value)?;
        *value = object.client.count_of(named(name)?) as i64;
        Ok(())
    })
}

/// The statistic of this name.
pub(crate) fn named(name: *const c_char) -> Result<Statistic> {
    let name = strings::required("name", name, TextEncoding::UTF_8)?;
    let found = STATISTICS.iter().find(|(_, known, _)| *known == name);
    found.map(|(statistic, ..)| *statistic).ok_or_else(|| {
        let names: Vec<_> = STATISTICS.iter().map(|(_, name, _)| *name).collect();
        Error::new(
            Status::Argument,
            format!(
                "there is no statistic {name:?}; there are {}",
                names.join(", ")
            ),
        )
    })
}

/// Name and description of each statistic, as C strings.
static ROWS: Lazy<Vec<(OutText, OutText)>> = Lazy::new(|| {
    let texts =
        |name: &str, doc: &str| (OutText::new(name.as_bytes()), OutText::new(doc.as_bytes()));
    STATISTICS
        .iter()
        .map(|(_, name, doc)| texts(name, doc))
        .collect()
});

fn row(index: i32) -> Result<&'static (OutText, OutText)> {
    let row = usize::try_from(index)
        .ok()
        .and_then(|index| ROWS.get(index));
    row.ok_or_else(|| Error::new(Status::Argument, "there is no such place"))
}
