//! Whether a test runs under wine. Some tests change settings of the user, which a test may not do on a real Windows.

use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleW, GetProcAddress};

/// Returns whether Windows is wine.
pub fn is_wine() -> bool {
    // SAFETY: both names end with 0, and ntdll is always loaded.
    unsafe {
        let ntdll = GetModuleHandleW(windows_sys::core::w!("ntdll.dll"));
        GetProcAddress(ntdll, c"wine_get_version".as_ptr().cast()).is_some()
    }
}
