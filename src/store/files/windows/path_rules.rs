//! The rules of this system for paths.

use std::borrow::Cow;
use std::fs::{self, FileType};
use std::io;
use std::path::{Component, Path, PathBuf, Prefix};

use crate::host::files::file_system::network_file_system;

const NETWORK: &str = "it is on a network drive or share, whose locks and flushes are not reliable; name a file on a local disk";
const DEVICE: &str = "Windows reserves its name for a device; name a file";

/// The names of devices, in any folder and with any ending. Digits follow the last two.
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
const NUMBERED_DEVICES: [&str; 2] = ["COM", "LPT"];

/// The beginning of the form of a path that has any length, and which nothing normalizes.
const VERBATIM: &str = r"\\?\";

/// Returns the reason if a path can't be that of a store. Opens nothing, and connects to no server.
pub fn check_path(path: &Path) -> Result<(), &'static str> {
    if let Some(Component::Prefix(prefix)) = path.components().next()
        && matches!(prefix.kind(), Prefix::DeviceNS(_))
    {
        return Err("it is a device or a pipe; name a file");
    }
    check_network(path)?;
    let Some(name) = path.file_name() else {
        return Ok(());
    };
    let Some(name) = name.to_str() else {
        return Err(NOT_UNICODE);
    };
    if is_device(name) {
        return Err(DEVICE);
    }
    if name.contains(|character: char| character.is_control() || r#"<>:"|?*"#.contains(character)) {
        return Err(
            "its name contains a control character or one of < > : \" | ? *, which Windows does not allow; name another file",
        );
    }
    if name.ends_with(['.', ' ']) {
        return Err(
            "its name ends with a dot or a blank, which Windows does not allow; name another file",
        );
    }
    Ok(())
}

const NOT_UNICODE: &str =
    "its path is not valid Unicode (it contains half of a surrogate pair); name another file";

fn is_device(name: &str) -> bool {
    let stem = name.split(['.', ':']).next().unwrap_or("").trim_end();
    let is_numbered = |device: &&str| {
        let number = stem
            .get(..device.len())
            .filter(|begin| begin.eq_ignore_ascii_case(device))
            .map(|begin| &stem[begin.len()..]);
        number.is_some_and(|number| {
            let mut characters = number.chars();
            matches!(characters.next(), Some('0'..='9' | '¹' | '²' | '³'))
                && characters.next().is_none()
        })
    };
    DEVICES
        .iter()
        .any(|device| device.eq_ignore_ascii_case(stem))
        || NUMBERED_DEVICES.iter().any(|device| is_numbered(&device))
}

fn check_network(path: &Path) -> Result<(), &'static str> {
    let absolute = std::path::absolute(path);
    match network_file_system(absolute.as_deref().unwrap_or(path)) {
        Ok(None) => Ok(()),
        _ => Err(NETWORK),
    }
}

/// Returns the reason if a folder without symbolic links can't contain a store.
pub fn check_folder(_: &Path, folder: &Path) -> Result<(), &'static str> {
    if folder.to_str().is_none() {
        return Err(NOT_UNICODE);
    }
    // A link may lead to a network drive.
    check_network(folder)
}

/// Returns the absolute path of a folder, without symbolic links, in the form that has any length.
pub fn canonicalize(folder: &Path) -> io::Result<PathBuf> {
    fs::canonicalize(folder).or_else(|error| {
        // Some drivers for disks in memory can't resolve paths.
        if !folder.is_dir() {
            return Err(error);
        }
        let absolute = std::path::absolute(folder)?;
        match absolute.to_str() {
            Some(path) if !path.starts_with(VERBATIM) => Ok(format!("{VERBATIM}{path}").into()),
            _ => Ok(absolute),
        }
    })
}

/// Returns advice about a path whose folder does not exist.
pub fn missing_folder_advice(path: &Path) -> &'static str {
    match path.to_string_lossy().matches('%').count() {
        0 | 1 => "",
        _ => "; variables such as %APPDATA% are not replaced",
    }
}

/// Returns advice about a file that the user may not access.
pub fn access_advice() -> &'static str {
    ", for example in a folder below %LOCALAPPDATA% or %PROGRAMDATA%, because a program's own folder is often read-only"
}

/// Returns the path for a message, in its usual form.
pub fn printable(path: &Path) -> Cow<'_, str> {
    let path = path.to_string_lossy();
    match path.strip_prefix(VERBATIM) {
        Some(rest) => rest.to_owned().into(),
        None => path,
    }
}

/// Returns nothing. Lists of permissions are too long for a message.
pub fn permissions_of(_: &Path) -> &'static str {
    ""
}

/// Returns the name of a kind of file that is neither a regular file nor a folder.
pub fn special_file(_: FileType) -> &'static str {
    "not a file"
}
