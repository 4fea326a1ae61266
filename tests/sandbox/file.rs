//! A file that goes with the test.

use std::path::PathBuf;

pub struct File(PathBuf);

impl File {
    pub fn new(name: &str, scenario: &str) -> File {
        let path = std::env::temp_dir().join(format!("omnize-{name}-{}.json", std::process::id()));
        std::fs::write(&path, scenario).unwrap();
        File(path)
    }

    pub fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
