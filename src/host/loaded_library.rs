//! Prevents that Windows unloads the library after its first use.
//!
//! A thread of the library that ends late, and the thread-locals of the host's threads, need the library's code. On other systems,
//! the shared object is linked with `nodelete` for the same reason. See docs/src/decisions/0055.

/// Pins the library in the process. `FreeLibrary` has no effect afterwards.
#[cfg(windows)]
pub fn pin() {
    use std::ptr;

    use windows_sys::Win32::System::LibraryLoader::{
        GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_PIN, GetModuleHandleExW,
    };

    let here: *const u16 = (pin as *const ()).cast();
    let mut module = ptr::null_mut();
    // SAFETY: with this flag, the name is an address inside the library. The call fails only if that is not so.
    unsafe {
        GetModuleHandleExW(
            GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
            here,
            &raw mut module,
        );
    }
}

/// Does nothing. The linker has pinned the shared object.
#[cfg(not(windows))]
pub fn pin() {}
