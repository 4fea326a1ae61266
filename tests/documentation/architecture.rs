//! The page about the architecture names files and folders that exist.

use super::pages::{Page, root};

#[test]
fn every_path_of_the_architecture_exists() {
    let page = Page::read("docs/src/architecture.md").text;
    let prose = page.split("```").step_by(2).collect::<String>();
    let is_path = |span: &&str| {
        (span.ends_with('/') || span.ends_with(".rs"))
            && span
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || "/_.".contains(letter))
    };
    let paths: Vec<&str> = prose
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(is_path)
        .collect();
    let missing: Vec<&str> = paths
        .iter()
        .filter(|path| !root().join("src").join(path).exists() && !root().join(path).exists())
        .copied()
        .collect();

    assert!(paths.len() > 40, "only {} paths were found", paths.len());
    assert!(missing.is_empty(), "these do not exist: {missing:?}");
}
