//! The functions about statuses: names, descriptions, and the list.

use std::ffi::c_char;

use omnize_calling_convention::calling_convention;

use crate::capi::abi::guard;
use crate::capi::abi::static_table::StaticTable;
use crate::capi::abi::status_code::omnize_status;
use crate::capi::abi::text::OutText;
use crate::error::{Error, Result};
use crate::status::Status;

/// Returns the name of a status, such as "OMNIZE_E_HANDLE", or NULL if the number is not a status.
///
/// The text is never freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_status_name(status: omnize_status) -> *const c_char {
    guard::always(std::ptr::null(), || {
        Ok(find(status)?.1.to_c(std::ptr::null_mut()))
    })
}

/// Returns the meaning of a status and what to do, in English, or NULL if the number is not a status.
///
/// The text is never freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_status_description(status: omnize_status) -> *const c_char {
    guard::always(std::ptr::null(), || {
        Ok(find(status)?.2.to_c(std::ptr::null_mut()))
    })
}

/// Returns the number of statuses, including OMNIZE_OK.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_status_count() -> i32 {
    guard::always(0, || Ok(Status::ALL.len() as i32))
}

/// Returns the status at `index` of the list of all statuses, or -1 if `index` is out of range.
///
/// The range is 0 to omnize_status_count() - 1.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_status_at(index: i32) -> omnize_status {
    guard::always(-1, || {
        let status = usize::try_from(index)
            .ok()
            .and_then(|index| Status::ALL.get(index));
        status
            .map(|status| *status as omnize_status)
            .ok_or_else(|| {
                Error::new(
                    Status::Argument,
                    format!("the index {index} is out of range"),
                )
            })
    })
}

/// The name and the description of each status.
static DESCRIPTIONS: StaticTable<Vec<(Status, OutText, OutText)>> = StaticTable::new(|| {
    let texts = |status: &Status| {
        let name = OutText::new(status.name().as_bytes());
        (*status, name, OutText::new(status.text().as_bytes()))
    };
    Status::ALL.iter().map(texts).collect()
});

fn find(code: omnize_status) -> Result<&'static (Status, OutText, OutText)> {
    DESCRIPTIONS
        .iter()
        .find(|(status, ..)| *status as omnize_status == code)
        .ok_or_else(|| Error::new(Status::Argument, format!("there is no status {code}")))
}
