//! Detects network drives.

use std::io;
use std::path::{Component, Path, Prefix};

use windows_sys::Win32::Storage::FileSystem::GetDriveTypeW;

/// The type of a drive of another machine.
const DRIVE_REMOTE: u32 = 4;

/// Returns the kind of the network file system that contains an absolute path, or `None` if it is a local one. Connects to no
/// server.
///
/// # Errors
/// None. Other systems have errors.
#[allow(clippy::unnecessary_wraps)]
pub fn network_file_system(path: &Path) -> io::Result<Option<&'static str>> {
    let Some(Component::Prefix(prefix)) = path.components().next() else {
        return Ok(None);
    };
    Ok(match prefix.kind() {
        Prefix::UNC(..) | Prefix::VerbatimUNC(..) => Some("a network share"),
        Prefix::Disk(letter) | Prefix::VerbatimDisk(letter) => {
            let root = [letter.into(), b':'.into(), b'\\'.into(), 0];
            // SAFETY: the text ends with a zero.
            let kind = unsafe { GetDriveTypeW(root.as_ptr()) };
            (kind == DRIVE_REMOTE).then_some("a network drive")
        }
        _ => None,
    })
}
