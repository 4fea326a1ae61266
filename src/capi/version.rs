//! What the library is.

use std::ffi::c_char;

use crate::capi::guard;
use crate::capi::strings;
use crate::encoding::TextEncoding;

/// The version of the library that is loaded, such as "0.1.0". OMNIZE_VERSION is that of the header. Valid for ever.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_version() -> *const c_char {
    guard::always(std::ptr::null(), || {
        Ok(concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast())
    })
}

/// The version of the binary interface: an application that was built against one works with every library that has the
/// same. OMNIZE_ABI_VERSION is that of the header.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_abi_version() -> i32 {
    guard::always(0, || Ok(OMNIZE_ABI_VERSION))
}

/// The version of the binary interface that this header describes.
pub const OMNIZE_ABI_VERSION: i32 = 0;

/// 1 where this build of the library has a feature, else 0. "listener": the webhook listener; "store": what was received
/// survives a crash.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_has_feature(name: *const c_char) -> i32 {
    guard::always(0, || {
        let name = strings::required("name", name, TextEncoding::UTF_8)?;
        let has = FEATURES
            .iter()
            .any(|(feature, here)| *feature == name && *here);
        Ok(i32::from(has))
    })
}

const FEATURES: [(&str, bool); 2] = [
    ("listener", cfg!(feature = "listener")),
    ("store", cfg!(feature = "store")),
];
