//! The folder in which `make stage` installed the library.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A prefix with include/, lib/, lib/pkgconfig/ and bin/.
pub struct Stage(PathBuf);

impl Stage {
    /// Returns the prefix in OMNIZE_STAGE.
    ///
    /// # Panics
    /// If it is not set or incomplete, because a check that cannot run must not pass.
    pub fn find() -> Stage {
        let prefix = std::env::var_os("OMNIZE_STAGE").unwrap_or_else(|| {
            panic!(
                "OMNIZE_STAGE is not set; run `make stage`, and set it to the folder target/stage, as an absolute path"
            )
        });
        let stage = Stage(PathBuf::from(prefix));
        for part in [
            "include/omnize.h",
            "lib/libomnize.so",
            "lib/pkgconfig/omnize.pc",
            "bin/omnize",
        ] {
            let path = stage.0.join(part);
            assert!(
                stage.0.is_absolute() && path.exists(),
                "OMNIZE_STAGE is {:?}, but there is no {path:?}; run `make stage`, and name its folder by an absolute path",
                stage.0
            );
        }
        stage
    }

    pub fn prefix(&self) -> &Path {
        &self.0
    }

    pub fn command(&self) -> PathBuf {
        self.0.join("bin/omnize")
    }

    pub fn libraries(&self) -> PathBuf {
        self.0.join("lib")
    }

    pub fn pascal_units(&self) -> PathBuf {
        self.0.join("share/omnize/pascal")
    }

    pub fn package_descriptions(&self) -> PathBuf {
        self.0.join("lib/pkgconfig")
    }

    /// Returns the search path for commands, with the stage's first.
    pub fn search_path(&self) -> OsString {
        let mut folders = vec![self.0.join("bin")];
        if let Some(path) = std::env::var_os("PATH") {
            folders.extend(std::env::split_paths(&path));
        }
        // The stage's path was checked, and the others were split from such a list.
        std::env::join_paths(folders).expect("no folder of a search path holds a colon")
    }
}
