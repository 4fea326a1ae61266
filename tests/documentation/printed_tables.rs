//! Pages that are printed from the library's tables. OMNIZE_BLESS=1 rewrites them.

use std::fmt::Write;
use std::fs;

use omnize::config::{Kind, OPTIONS};
use omnize::status::Status;
use omnize::{STATISTICS, series_of};

use super::pages::root;

const PRINTED: &str = "<!-- Printed from the library's table by tests/documentation; OMNIZE_BLESS=1 writes it anew. -->";

fn options() -> String {
    let mut page =
        format!("# Options\n\n{PRINTED}\n\n[Configure](configure.md) explains how to set them.\n");
    for option in OPTIONS {
        let takes = match option.kind {
            Kind::Choice(words) => format!("{}: {}", option.kind.name(), words.join(", ")),
            kind => kind.name().to_owned(),
        };
        let default = match option.default {
            "" => "none".to_owned(),
            default => format!("`{default}`"),
        };
        let variable = option.name.replace('.', "_").to_ascii_uppercase();
        write!(
            page,
            "\n## `{}`\n\n{}\n\n| takes | default | environment |\n|---|---|---|\n| {takes} | {default} | `OMNIZE_{variable}` |\n",
            option.name,
            escaped(option.doc)
        )
        .unwrap();
    }
    page
}

fn statuses() -> String {
    let mut page = format!(
        "# Statuses\n\n{PRINTED}\n\n[Errors](errors.md) explains how to handle them. The numbers never change.\n\n\
         | number | name | meaning |\n|---|---|---|\n"
    );
    for status in Status::ALL {
        let (number, name, text) = (*status as i32, status.name(), escaped(status.text()));
        writeln!(page, "| {number} | `{name}` | {text} |").unwrap();
    }
    page
}

fn statistics() -> String {
    let mut page = format!(
        "# Statistics\n\n{PRINTED}\n\n[Log and count](watching.md) explains how to read them. A counter counts since the \
         client was opened. A gauge is the present value. The last column is the name for Prometheus.\n\n\
         | name | kind | meaning | Prometheus |\n|---|---|---|---|\n"
    );
    for spec in STATISTICS {
        let (name, kind, doc) = (spec.name, spec.kind.name(), escaped(spec.doc));
        let series = series_of(spec.statistic);
        writeln!(page, "| `{name}` | {kind} | {doc} | `{series}` |").unwrap();
    }
    page
}

/// Escapes a text for Markdown.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('|', "\\|")
        .replace('*', "\\*")
        .replace('_', "\\_")
}

#[test]
fn printed_tables_match_the_library() {
    for (name, printed) in [
        ("options", options()),
        ("statuses", statuses()),
        ("statistics", statistics()),
    ] {
        let path = root().join(format!("docs/src/{name}.md"));
        if std::env::var_os("OMNIZE_BLESS").is_some_and(|value| value == "1") {
            fs::write(&path, &printed).unwrap();
        }
        let there = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            there == printed,
            "{path:?} differs from the library's table; OMNIZE_BLESS=1 cargo test --features cli --test documentation \
             writes it anew"
        );
    }
}
