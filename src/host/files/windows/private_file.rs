//! Creates and opens files that only this user, the system and administrators may access.
//!
//! While one of these files is open, other programs may read and write it, but not remove or rename it.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::FromRawHandle;
use std::path::Path;
use std::ptr;

use windows_sys::Win32::Foundation::{GENERIC_READ, GENERIC_WRITE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::Security::SECURITY_ATTRIBUTES;
use windows_sys::Win32::Storage::FileSystem::{
    CREATE_NEW, CreateFileW, FILE_ATTRIBUTE_NORMAL, FILE_SHARE_READ, FILE_SHARE_WRITE,
};

use crate::host::files::file_access::retry;
use crate::host::files::private_permissions::PrivatePermissions;

/// Creates a private file, or opens the existing one.
///
/// # Errors
/// The error of creating or opening it.
pub fn create_or_open(path: &Path) -> io::Result<File> {
    match create_private(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if path.symlink_metadata()?.file_type().is_symlink() {
                return Err(io::Error::other("it is a symbolic link"));
            }
            let mut options = OpenOptions::new();
            options.read(true).write(true);
            options.share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE);
            retry(|| options.open(path))
        }
        created => created,
    }
}

/// Creates a private file. It has its permissions before another program can open it.
///
/// # Errors
/// The error of creating it, [`io::ErrorKind::AlreadyExists`] for example.
pub fn create_private(path: &Path) -> io::Result<File> {
    let name: Vec<u16> = path.as_os_str().encode_wide().chain([0]).collect();
    if name[..name.len() - 1].contains(&0) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let permissions = PrivatePermissions::new()?;
    let attributes = SECURITY_ATTRIBUTES {
        nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
        lpSecurityDescriptor: permissions.as_ptr(),
        bInheritHandle: 0,
    };
    retry(|| {
        // SAFETY: the name ends with a zero, and the attributes and the permissions live through the call.
        let handle = unsafe {
            CreateFileW(
                name.as_ptr(),
                GENERIC_READ | GENERIC_WRITE,
                FILE_SHARE_READ | FILE_SHARE_WRITE,
                &raw const attributes,
                CREATE_NEW,
                FILE_ATTRIBUTE_NORMAL,
                ptr::null_mut(),
            )
        };
        if handle == INVALID_HANDLE_VALUE {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the handle is open, and nothing else owns it.
        Ok(unsafe { File::from_raw_handle(handle) })
    })
}
