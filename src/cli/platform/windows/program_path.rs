//! The search for a program, as the command interpreter does it.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

/// The suffixes of files that the system can start. A script of another type requires its interpreter.
const SUFFIXES: &str = ".COM;.EXE;.BAT;.CMD";

/// Returns the path of the program. A name without a folder is searched for in the current folder and in PATH. In each folder,
/// the suffixes of PATHEXT are added to a name without one.
///
/// # Errors
/// `NotFound` if there is no such program, and `InvalidInput` if the system can't start a file of this type.
pub fn find_program(name: &OsStr) -> io::Result<PathBuf> {
    let suffixes = startable_suffixes(std::env::var_os("PATHEXT"));
    if Path::new(name).components().count() > 1 {
        return find_in(Path::new(""), name, &suffixes);
    }
    // This variable is the system's own switch against programs of the current folder.
    let current = std::env::var_os("NoDefaultCurrentDirectoryInExePath")
        .is_none()
        .then(|| PathBuf::from("."));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = current.into_iter().chain(std::env::split_paths(&path));
    folders
        .find_map(|folder| match find_in(&folder, name, &suffixes) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            found => Some(found),
        })
        .unwrap_or_else(|| Err(not_found(&suffixes)))
}

fn find_in(folder: &Path, name: &OsStr, suffixes: &[String]) -> io::Result<PathBuf> {
    let path = folder.join(name);
    let suffix = path.extension().map(|suffix| {
        let suffix = suffix.to_string_lossy().to_uppercase();
        format!(".{suffix}")
    });
    let is_startable = suffix.is_some_and(|suffix| suffixes.contains(&suffix));
    if is_startable && path.is_file() {
        return absolute(&path);
    }
    let candidates = suffixes.iter().map(|suffix| {
        let mut candidate = OsString::from(&path);
        candidate.push(suffix.to_lowercase());
        PathBuf::from(candidate)
    });
    if let Some(found) = candidates.into_iter().find(|candidate| candidate.is_file()) {
        return absolute(&found);
    }
    if path.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "Windows can't start a file of this type; start its interpreter with the file as argument, for example \
             python program.py or cscript program.vbs",
        ));
    }
    Err(not_found(suffixes))
}

/// Returns an absolute path, because the system searches other folders for a relative one.
fn absolute(path: &Path) -> io::Result<PathBuf> {
    std::path::absolute(path)
}

fn not_found(suffixes: &[String]) -> io::Error {
    io::Error::new(
        io::ErrorKind::NotFound,
        format!(
            "program not found; expected a path, or the name of a program in the current folder or in PATH, with or without {}",
            suffixes.join(", ").to_lowercase()
        ),
    )
}

/// Returns the suffixes of PATHEXT that the system can start, in its order and in upper case.
fn startable_suffixes(pathext: Option<OsString>) -> Vec<String> {
    let all = |list: &str| -> Vec<String> {
        list.split(';')
            .map(|suffix| suffix.trim().to_uppercase())
            .collect()
    };
    let startable = all(SUFFIXES);
    let mut suffixes = pathext.map_or_else(Vec::new, |list| all(&list.to_string_lossy()));
    suffixes.retain(|suffix| startable.contains(suffix));
    if suffixes.is_empty() {
        startable
    } else {
        suffixes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A folder with a space and accents in its path, which is removed at the end.
    struct Folder(PathBuf);

    impl Folder {
        fn with_files(name: &str, files: &[&str]) -> Folder {
            let folder = std::env::temp_dir().join(format!("ação {name} {}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            for file in files {
                fs::write(folder.join(file), "").unwrap();
            }
            Folder(folder)
        }

        fn find(&self, name: &str) -> io::Result<OsString> {
            let suffixes = startable_suffixes(Some(".COM;.EXE;.BAT;.CMD;.VBS".into()));
            find_in(&self.0, OsStr::new(name), &suffixes)
                .map(|path| path.file_name().unwrap().to_owned())
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn suffixes_are_tried_in_the_order_of_pathext() {
        let folder = Folder::with_files("order", &["a.exe", "a.cmd", "b.bat", "c", "v1.2.exe"]);
        assert_eq!(folder.find("a").unwrap(), "a.exe");
        assert_eq!(folder.find("a.cmd").unwrap(), "a.cmd");
        assert_eq!(folder.find("b").unwrap(), "b.bat");
        assert_eq!(folder.find("v1.2").unwrap(), "v1.2.exe");
        assert_eq!(
            folder.find("none").unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
        let first = startable_suffixes(Some(".CMD;.exe".into()));
        assert_eq!(first, [".CMD", ".EXE"]);
        assert_eq!(startable_suffixes(None)[0], ".COM");
    }

    #[test]
    fn a_script_of_another_type_is_an_error() {
        let folder = Folder::with_files("type", &["chat.py", "chat"]);
        for name in ["chat.py", "chat"] {
            let error = folder.find(name).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{name}");
            assert!(error.to_string().contains("interpreter"), "{error}");
        }
    }
}
