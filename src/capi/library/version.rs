//! The version and the features of the library.

use std::ffi::c_char;

use omnize_calling_convention::calling_convention;

use crate::capi::abi::guard;
use crate::capi::abi::text;
use crate::text_encoding::TextEncoding;

/// Returns the version of the loaded library, such as "0.1.0".
///
/// - OMNIZE_VERSION is the version of the header.
/// - The text is never freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_version() -> *const c_char {
    guard::always(std::ptr::null(), || {
        Ok(concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast())
    })
}

/// Returns the version of the loaded library's binary interface.
///
/// - A program works with every library that has the same version as its header.
/// - OMNIZE_ABI_VERSION is the version of the header.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_abi_version() -> i32 {
    guard::always(0, || Ok(OMNIZE_ABI_VERSION))
}

/// Returns the calling convention of the loaded library: 1 is stdcall, 0 is cdecl or the only one of the system.
///
/// - OMNIZE_CALLING_CONVENTION is that of the header. If they differ, call no other function: the program uses
///   omnize.dll in place of omnize-stdcall.dll, or the reverse.
/// - Both conventions call a function without parameters in the same way.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_calling_convention() -> i32 {
    guard::always(0, || Ok(i32::from(IS_STDCALL)))
}

/// Whether the functions of this build are stdcall. Other systems have one calling convention.
const IS_STDCALL: bool = cfg!(all(feature = "stdcall", windows, target_arch = "x86"));

/// The version of the binary interface of this header.
pub const OMNIZE_ABI_VERSION: i32 = 0;

/// Returns 1 if this build of the library has the feature `name`, otherwise 0.
///
/// - "listener": the webhook listener.
/// - "store": the option store, which keeps events and requests across crashes.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_has_feature(name: *const c_char) -> i32 {
    guard::always(0, || {
        let name = text::required("name", name, TextEncoding::UTF_8)?;
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
