//! Detects network file systems.

use std::io;
use std::path::Path;

/// Returns the kind of the network file system that contains a folder, or `None` if it is a local one.
///
/// # Errors
/// The error of the system call.
#[cfg(target_os = "linux")]
pub fn network_file_system(folder: &Path) -> io::Result<Option<&'static str>> {
    use std::ffi::CString;
    use std::mem::MaybeUninit;
    use std::os::unix::ffi::OsStrExt;

    let name = CString::new(folder.as_os_str().as_bytes())?;
    let mut found = MaybeUninit::<libc::statfs>::uninit();
    // SAFETY: the name ends with a zero byte, and `found` has the size of the result.
    if unsafe { libc::statfs(name.as_ptr(), found.as_mut_ptr()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has succeeded, so it is initialized.
    let kind = unsafe { found.assume_init() }.f_type;
    // The type differs between systems; the numbers have 32 bits.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::unnecessary_cast
    )]
    Ok(network_name(kind as u32))
}

/// Detects nothing on this system.
#[cfg(not(target_os = "linux"))]
pub fn network_file_system(_: &Path) -> io::Result<Option<&'static str>> {
    Ok(None)
}

/// Returns the name of a network file system with this number. The numbers are those of `man 2 statfs`.
#[cfg(target_os = "linux")]
fn network_name(number: u32) -> Option<&'static str> {
    Some(match number {
        0x0000_6969 => "NFS",
        0xff53_4d42 | 0xfe53_4d42 | 0x0000_517b => "SMB",
        0x0102_1997 => "9p",
        0x5346_414f | 0x6b41_4653 => "AFS",
        0x00c3_6400 => "Ceph",
        0x6573_5546 => "FUSE, perhaps over a network",
        _ => return None,
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn local_file_systems_are_not_network_file_systems() {
        for folder in ["/proc", "/dev/shm", "/"] {
            let found = network_file_system(Path::new(folder));
            assert_eq!(found.unwrap(), None, "{folder}");
        }
        assert!(network_file_system(Path::new("/nowhere")).is_err());
        assert_eq!(network_name(0x6969), Some("NFS"));
    }
}
