//! Links between pages.

use super::pages::{self, Page, root};

/// Returns the link targets of a page with their line numbers. Code contains no links.
fn targets(page: &Page) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (number, line) in page.text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("``");
        for part in prose.split("](").skip(1) {
            if let Some((target, _)) = part.split_once(')') {
                found.push((number + 1, target.to_owned()));
            }
        }
    }
    found
}

/// Returns the anchors of a page: its headings, as the renderers write them.
fn anchors(text: &str) -> Vec<String> {
    text.lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            line.trim_start_matches('#')
                .trim()
                .chars()
                .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter))
                .map(|letter| if letter == ' ' { '-' } else { letter })
                .flat_map(char::to_lowercase)
                .collect()
        })
        .collect()
}

#[test]
fn every_link_target_exists() {
    let mut broken = Vec::new();
    let mut count = 0;
    for page in pages::all() {
        for (line, target) in targets(&page) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            count += 1;
            if let Err(why) = follow(&page, &target) {
                broken.push(format!("{}:{line}: {target}: {why}", page.name));
            }
        }
    }
    assert!(count > 30, "only {count} links were found");
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

fn follow(page: &Page, target: &str) -> Result<(), String> {
    let (file, anchor) = match target.split_once('#') {
        Some((file, anchor)) => (file, Some(anchor)),
        None => (target, None),
    };
    let here = root().join(&page.name);
    let path = match (file, here.parent()) {
        ("", _) | (_, None) => here,
        (file, Some(folder)) => folder.join(file),
    };
    if !path.exists() {
        return Err("there is no such file".to_owned());
    }
    let Some(anchor) = anchor else { return Ok(()) };
    let text = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
    if anchors(&text).iter().any(|there| there == anchor) {
        Ok(())
    } else {
        Err("there is no such heading".to_owned())
    }
}
