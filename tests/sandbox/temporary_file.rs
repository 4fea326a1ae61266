//! A file that is removed at the end of the test.

use std::path::PathBuf;

pub struct TemporaryFile(PathBuf);

impl TemporaryFile {
    pub fn new(name: &str, scenario: &str) -> TemporaryFile {
        let path = std::env::temp_dir().join(format!("omnize-{name}-{}.json", std::process::id()));
        std::fs::write(&path, scenario).unwrap();
        TemporaryFile(path)
    }

    pub fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
