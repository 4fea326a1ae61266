//! Loads a DLL of Windows that is needed only sometimes.

use std::ffi::CStr;
use std::io;

use windows_sys::Win32::System::LibraryLoader::{GetProcAddress, LoadLibraryW};
use windows_sys::Win32::System::SystemInformation::GetSystemDirectoryW;

/// A loaded DLL. It stays loaded until the process ends, because its threads may continue.
#[derive(Debug)]
pub struct SystemLibrary(*mut std::ffi::c_void);

impl SystemLibrary {
    /// Loads a DLL by its full path below the system folder, so that no other DLL of that name is loaded.
    pub fn load(name: &str) -> io::Result<Self> {
        let mut path = [0; 512];
        // SAFETY: the buffer has the given length.
        let length = unsafe { GetSystemDirectoryW(path.as_mut_ptr(), path.len() as u32) } as usize;
        if length == 0 || length > path.len() {
            return Err(io::Error::last_os_error());
        }
        let mut path = path[..length].to_vec();
        path.extend(format!("\\{name}\0").encode_utf16());
        // SAFETY: the path ends with 0.
        let module = unsafe { LoadLibraryW(path.as_ptr()) };
        if module.is_null() {
            return Err(io::Error::last_os_error());
        }
        Ok(SystemLibrary(module))
    }

    /// Returns a function of the DLL.
    ///
    /// # Safety
    /// `F` is a function pointer with the type of this function.
    pub unsafe fn function<F: Copy>(&self, name: &CStr) -> io::Result<F> {
        // SAFETY: the module is loaded, and the name ends with 0.
        let Some(function) = (unsafe { GetProcAddress(self.0, name.as_ptr().cast()) }) else {
            return Err(io::Error::last_os_error());
        };
        const { assert!(size_of::<F>() == size_of::<unsafe extern "system" fn() -> isize>()) };
        // SAFETY: the caller promises the type, and the sizes are equal.
        Ok(unsafe { std::mem::transmute_copy(&function) })
    }
}
