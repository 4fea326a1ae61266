//! The counters of clients, and the table of statistics.

use std::ffi::c_char;

use omnize_calling_convention::calling_convention;
use once_cell::sync::Lazy;

use crate::capi::abi::error_handle::omnize_error;
use crate::capi::abi::guard;
use crate::capi::abi::status_code::omnize_status;
use crate::capi::abi::text;
use crate::capi::abi::text::OutText;
use crate::capi::client;
use crate::capi::client::omnize_client;
use crate::error::{Error, Result};
use crate::statistics::{STATISTICS, Statistic, StatisticSpec};
use crate::status::Status;
use crate::text_encoding::TextEncoding;

/// Returns the number of statistics.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_statistic_count() -> i32 {
    guard::value(0, || Ok(STATISTICS.len() as i32))
}

/// Returns the name of the statistic at `index`, or NULL if `index` is out of range.
///
/// - The range is 0 to omnize_statistic_count() - 1.
/// - The text is never freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_statistic_name(index: i32) -> *const c_char {
    guard::value(std::ptr::null(), || {
        Ok(row(index)?.name.to_c(std::ptr::null_mut()))
    })
}

/// Returns the kind of the statistic at `index`: "counter", or "gauge" for a value that also falls. Returns NULL if
/// `index` is out of range.
///
/// The text is never freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_statistic_kind(index: i32) -> *const c_char {
    guard::value(std::ptr::null(), || {
        Ok(row(index)?.kind.to_c(std::ptr::null_mut()))
    })
}

/// Returns the English description of the statistic at `index`, or NULL if `index` is out of range.
///
/// The text is never freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_statistic_description(index: i32) -> *const c_char {
    guard::value(std::ptr::null(), || {
        Ok(row(index)?.doc.to_c(std::ptr::null_mut()))
    })
}

/// Writes a statistic of this client to `value`. omnize_client_snapshot() copies all of them.
///
/// - A counter starts at 0 when the client opens.
/// - Counters of rejected requests include those of the client's own listener. omnize_listener_statistic() returns
///   those of a shared listener.
/// - Does not block.
///
/// Fails with:
/// - OMNIZE_E_ARGUMENT: there is no such statistic, or `name` or `value` is NULL.
/// - OMNIZE_E_ENCODING: `name` is not UTF-8.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_statistic(
    client: *const omnize_client,
    name: *const c_char,
    value: *mut i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = client::lookup(client)?;
        let value = text::required_out("value", value)?;
        *value = object.client.count_of(find(name)?) as i64;
        Ok(())
    })
}

/// Returns the statistic with this name.
pub(crate) fn find(name: *const c_char) -> Result<Statistic> {
    let name = text::required("name", name, TextEncoding::UTF_8)?;
    let found = STATISTICS.iter().find(|spec| spec.name == name);
    found.map(|spec| spec.statistic).ok_or_else(|| {
        let names: Vec<_> = STATISTICS.iter().map(|spec| spec.name).collect();
        Error::new(
            Status::Argument,
            format!(
                "there is no statistic {name:?}; there are {}",
                names.join(", ")
            ),
        )
    })
}

/// The texts of a statistic.
struct Row {
    name: OutText,
    kind: OutText,
    doc: OutText,
}

static ROWS: Lazy<Vec<Row>> = Lazy::new(|| {
    let row = |spec: &StatisticSpec| Row {
        name: OutText::new(spec.name.as_bytes()),
        kind: OutText::new(spec.kind.name().as_bytes()),
        doc: OutText::new(spec.doc.as_bytes()),
    };
    STATISTICS.iter().map(row).collect()
});

fn row(index: i32) -> Result<&'static Row> {
    let row = usize::try_from(index)
        .ok()
        .and_then(|index| ROWS.get(index));
    row.ok_or_else(|| {
        Error::new(
            Status::Argument,
            format!("the index {index} is out of range"),
        )
    })
}
