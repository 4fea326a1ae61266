//! The page of promises names the program that proves each promise.

use std::fs;

use super::pages::{Page, root};

/// Headers are shared by programs, and prove nothing.
#[test]
fn promises_page_links_every_test() {
    let page = Page::read("docs/src/promises.md").text;
    let mut missing = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(root().join("tests/c")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !name.ends_with(".c") {
            continue;
        }
        count += 1;
        if !page.contains(&format!("](../../tests/c/{name})")) {
            missing.push(name);
        }
    }
    assert!(count > 10, "only {count} programs were found");
    assert!(
        missing.is_empty(),
        "docs/src/promises.md has no row for {missing:?}"
    );
}
