//! The pages: Markdown files of the repository.

use std::fs;
use std::path::{Path, PathBuf};

/// A file, by its path from the root of the repository.
pub struct Page {
    pub name: String,
    pub text: String,
}

impl Page {
    pub fn read(name: &str) -> Page {
        let text =
            fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        Page {
            name: name.to_owned(),
            text,
        }
    }
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Fails if a block that shows an example is not equal to its file.
pub fn compare_example(path: &str, shown: &str) -> Result<(), String> {
    match fs::read_to_string(root().join(path)) {
        Ok(text) if text == shown => Ok(()),
        Ok(_) => Err(format!("the block differs from {path}")),
        Err(error) => Err(format!("{path}: {error}")),
    }
}

/// Returns the pages of the book.
pub fn book() -> Vec<Page> {
    below("docs/src")
}

/// Returns every page of the repository.
pub fn all() -> Vec<Page> {
    below("")
}

/// Returns the pages in a folder, sorted by name, without build output and ignored files.
fn below(folder: &str) -> Vec<Page> {
    let mut names = Vec::new();
    collect(&root().join(folder), &mut names);
    names.sort();
    names.iter().map(|name| Page::read(name)).collect()
}

fn collect(folder: &Path, names: &mut Vec<String>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    for entry in entries {
        let path: PathBuf = entry.unwrap().path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            collect(&path, names);
        } else if name.ends_with(".md") {
            let below_root = path.strip_prefix(root()).unwrap();
            names.push(below_root.to_str().unwrap().to_owned());
        }
    }
}

/// mdbook silently omits a page that is not in the summary.
#[test]
fn summary_lists_every_page() {
    let summary = Page::read("docs/src/SUMMARY.md").text;
    for page in book() {
        let name = page.name.strip_prefix("docs/src/").unwrap();
        assert!(
            name == "SUMMARY.md" || summary.contains(&format!("({name})")),
            "{name} is not in docs/src/SUMMARY.md"
        );
    }
}

#[test]
fn changed_examples_are_detected() {
    let path = "examples/messages.tsv";
    let text = fs::read_to_string(root().join(path)).unwrap();
    compare_example(path, &text).unwrap();
    assert!(compare_example(path, &text.replace('!', ".")).is_err());
    assert!(compare_example("examples/none", &text).is_err());
}
