//! Reads the identity, size and time of a file.

#[cfg(feature = "store")]
use std::ffi::CStr;
#[cfg(feature = "store")]
use std::fs::File;
use std::fs::Metadata;
use std::io;
#[cfg(feature = "store")]
use std::mem::MaybeUninit;
#[cfg(feature = "store")]
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
#[cfg(feature = "listener")]
use std::path::Path;

/// The identity, size and time of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStatus {
    /// The number of its device.
    pub device: u64,
    /// Its number on the device.
    pub inode: u64,
    /// Its number of names (hard links).
    #[cfg(feature = "store")]
    pub links: u64,
    /// Its size in bytes.
    pub size: u64,
    /// The time of its last write, in seconds and nanoseconds.
    pub modified: (i64, i64),
}

impl From<Metadata> for FileStatus {
    fn from(found: Metadata) -> Self {
        FileStatus {
            device: found.dev(),
            inode: found.ino(),
            #[cfg(feature = "store")]
            links: found.nlink(),
            size: found.len(),
            modified: (found.mtime(), found.mtime_nsec()),
        }
    }
}

/// Returns the status of an open file.
///
/// # Errors
/// The error of the system call.
#[cfg(feature = "store")]
pub fn file_status(file: &File) -> io::Result<FileStatus> {
    file.metadata().map(FileStatus::from)
}

/// Returns the status of the file at a path. Follows symbolic links.
///
/// # Errors
/// The error of the system call.
#[cfg(feature = "listener")]
pub fn file_status_of_path(path: &Path) -> io::Result<FileStatus> {
    path.metadata().map(FileStatus::from)
}

/// Returns the status of `name` in an open folder, even if the working directory or the folder has moved. Follows no symbolic
/// link.
///
/// # Errors
/// The error of `fstatat`.
#[cfg(feature = "store")]
pub fn file_status_at(folder: &File, name: &CStr) -> io::Result<FileStatus> {
    let mut stat = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: the name ends with a zero byte, and `stat` has the size of the result.
    let failed = unsafe {
        libc::fstatat(
            folder.as_raw_fd(),
            name.as_ptr(),
            stat.as_mut_ptr(),
            libc::AT_SYMLINK_NOFOLLOW,
        )
    };
    if failed != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has succeeded, so it is initialized.
    let stat = unsafe { stat.assume_init() };
    // The types differ between systems; on all of them the values are these.
    #[allow(clippy::unnecessary_cast, clippy::cast_sign_loss)]
    Ok(FileStatus {
        device: stat.st_dev as u64,
        inode: stat.st_ino as u64,
        links: stat.st_nlink as u64,
        size: stat.st_size as u64,
        modified: (stat.st_mtime as i64, stat.st_mtime_nsec as i64),
    })
}
