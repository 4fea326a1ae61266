//! Reads the identity, size and time of a file.

use std::fs::File;
#[cfg(feature = "listener")]
use std::fs::OpenOptions;
use std::io;
use std::mem::MaybeUninit;
#[cfg(feature = "listener")]
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::AsRawHandle;
#[cfg(feature = "listener")]
use std::path::Path;

use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, GetFileInformationByHandle,
};
#[cfg(feature = "listener")]
use windows_sys::Win32::Storage::FileSystem::{FILE_FLAG_BACKUP_SEMANTICS, FILE_READ_ATTRIBUTES};

/// The units of a file time in a second. Each is 100 nanoseconds.
const UNITS_IN_A_SECOND: i64 = 10_000_000;

/// The identity, size and time of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStatus {
    /// The serial number of its volume.
    pub device: u64,
    /// Its number on the volume.
    pub inode: u64,
    /// Its number of names (hard links). Zero if it was deleted.
    #[cfg(feature = "store")]
    pub links: u64,
    /// Its size in bytes.
    pub size: u64,
    /// The time of its last write, in seconds and nanoseconds.
    pub modified: (i64, i64),
}

/// Returns the status of an open file.
///
/// # Errors
/// The error of `GetFileInformationByHandle`.
pub fn file_status(file: &File) -> io::Result<FileStatus> {
    let mut found = MaybeUninit::<BY_HANDLE_FILE_INFORMATION>::uninit();
    // SAFETY: the handle is open as long as `file` lives, and `found` has the size of the result.
    if unsafe { GetFileInformationByHandle(file.as_raw_handle(), found.as_mut_ptr()) } == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has succeeded, so it is initialized.
    let found = unsafe { found.assume_init() };
    let written = found.ftLastWriteTime;
    let units = joined(written.dwHighDateTime, written.dwLowDateTime).cast_signed();
    Ok(FileStatus {
        device: found.dwVolumeSerialNumber.into(),
        inode: joined(found.nFileIndexHigh, found.nFileIndexLow),
        #[cfg(feature = "store")]
        links: found.nNumberOfLinks.into(),
        size: joined(found.nFileSizeHigh, found.nFileSizeLow),
        modified: (
            units.div_euclid(UNITS_IN_A_SECOND),
            units.rem_euclid(UNITS_IN_A_SECOND) * 100,
        ),
    })
}

/// Returns the status of the file at a path. Follows symbolic links. Other programs may read, write and remove it at the same time.
///
/// # Errors
/// The error of opening the file.
#[cfg(feature = "listener")]
pub fn file_status_of_path(path: &Path) -> io::Result<FileStatus> {
    let file = OpenOptions::new()
        .access_mode(FILE_READ_ATTRIBUTES)
        .custom_flags(FILE_FLAG_BACKUP_SEMANTICS)
        .open(path)?;
    file_status(&file)
}

fn joined(high: u32, low: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}
