//! The tables of docs/src/dialects.md: the features of each dialect, and the vector that proves each. OMNIZE_BLESS=1
//! rewrites them.

use std::fs;

use omnize::wire::{Dialect, Kind, REQUESTS};
use serde_json::Value;

use super::pages::root;

const PAGE: &str = "docs/src/dialects.md";

/// The vectors of each dialect.
struct Proofs(Vec<(Dialect, Value)>);

impl Proofs {
    fn read() -> Self {
        let read = |dialect: Dialect| {
            let path = root().join(format!("tests/vectors/{}.json", dialect.name()));
            let text = fs::read_to_string(path).unwrap();
            (dialect, serde_json::from_str(&text).unwrap())
        };
        Proofs(Dialect::ALL.map(read).into())
    }

    /// Returns a row of a table: the feature, and for each dialect a vector that satisfies `proves`.
    fn row(
        &self,
        what: &str,
        group: &str,
        has: impl Fn(Dialect) -> bool,
        proves: impl Fn(&Value, bool) -> bool,
    ) -> String {
        let cells = self.0.iter().map(|(dialect, file)| {
            let has = has(*dialect);
            let vectors = file[group].as_array().unwrap();
            let proof = vectors.iter().find(|vector| proves(vector, has));
            match proof {
                Some(proof) => format!(
                    "{}[{}](../../tests/vectors/{}.json)",
                    if has { "" } else { "no: " },
                    proof["name"].as_str().unwrap(),
                    dialect.name()
                ),
                None if has => panic!("no vector of {} proves {what}", dialect.name()),
                None => "–".to_owned(),
            }
        });
        format!("| {what} | {} |\n", cells.collect::<Vec<_>>().join(" | "))
    }

    fn head(what: &str) -> String {
        format!(
            "| {what} | {} |\n|---|---|---|---|\n",
            Dialect::NAMES.map(|name| format!("`{name}`")).join(" | ")
        )
    }
}

fn requests(proofs: &Proofs) -> String {
    let mut table = Proofs::head("request");
    let is_of = |vector: &Value, request: &str, has: bool| {
        let refused = vector.get("unsupported").is_some();
        vector["request"] == request && refused != has && vector.get("refused").is_none()
    };
    for request in REQUESTS {
        let has = |dialect| request.dialects.contains(&dialect);
        table += &proofs.row(
            &format!("`{}`", request.name),
            "requests",
            has,
            |vector, has| {
                is_of(vector, request.name, has) && (has || vector.get("fields").is_none())
            },
        );
    }
    table
}

fn fields(proofs: &Proofs) -> String {
    let mut table = format!(
        "| request | field | what it is | {} |\n|---|---|---|---|---|---|\n",
        Dialect::NAMES.map(|name| format!("`{name}`")).join(" | ")
    );
    for request in REQUESTS {
        for field in request
            .fields
            .iter()
            .filter(|field| !field.dialects.is_empty())
        {
            let what = format!("`{}` | `{}` | {}", request.name, field.name, field.doc);
            // If the dialect lacks the whole request, the table of requests shows that.
            let there = |dialect: Dialect| request.dialects.contains(&dialect);
            let has = |dialect: Dialect| field.dialects.contains(&dialect);
            // The URL of media is tested with the media.
            let key = if field.name == "url" {
                "media"
            } else {
                field.name
            };
            let row = proofs.row(&what, "requests", has, |vector, has| {
                vector["request"] == request.name
                    && vector.get("refused").is_none()
                    && vector["fields"].get(key).is_some()
                    && vector.get("unsupported").is_none() == has
            });
            let refused_as_a_whole = Dialect::ALL.into_iter().filter(|dialect| !there(*dialect));
            assert!(
                row.matches('–').count() == refused_as_a_whole.count(),
                "no vector shows that a dialect refuses {what}: {row}"
            );
            table += &row;
        }
    }
    table
}

fn triggers(proofs: &Proofs) -> String {
    let mut table = Proofs::head("trigger");
    let shows = |what: &str, proves: &dyn Fn(&Value) -> bool| {
        let has = |dialect: Dialect| {
            let (_, file) = proofs
                .0
                .iter()
                .find(|(known, _)| *known == dialect)
                .unwrap();
            file["triggers"].as_array().unwrap().iter().any(proves)
        };
        proofs.row(what, "triggers", has, |vector, has| has && proves(vector))
    };
    for kind in Kind::ALL {
        table += &shows(&format!("`{}`", kind.name()), &|vector| {
            vector["kind"] == kind.name()
        });
    }
    for (what, key) in [
        ("the customer's place in the queue", "position"),
        ("the department it was given to", "department"),
        ("the agent's id and name", "agent_name"),
        ("media", "media"),
        ("the message's hash", "message_hash"),
        ("the interaction's hash", "interaction_hash"),
        ("the customer's id at WhatsApp", "external_id"),
        ("the bot's id", "bot_id"),
        ("the application's own fields", "extra"),
    ] {
        table += &shows(what, &|vector| {
            vector["tells"].get(key).is_some_and(|value| value != "")
        });
    }
    table
}

/// Returns the page with the content of this table replaced.
fn with(page: &str, name: &str, table: &str) -> String {
    let (begin, end) = (
        format!("<!-- Printed: {name}. OMNIZE_BLESS=1 writes it anew. -->\n"),
        format!("<!-- End of {name}. -->"),
    );
    let (before, rest) = page
        .split_once(&begin)
        .unwrap_or_else(|| panic!("no {begin:?}"));
    let (_, after) = rest
        .split_once(&end)
        .unwrap_or_else(|| panic!("no {end:?}"));
    format!("{before}{begin}\n{table}\n{end}{after}")
}

#[test]
fn dialect_tables_match_the_library_and_the_vectors() {
    let proofs = Proofs::read();
    let path = root().join(PAGE);
    let there = fs::read_to_string(&path).unwrap();
    let mut printed = there.clone();
    for (name, table) in [
        ("requests", requests(&proofs)),
        ("fields", fields(&proofs)),
        ("triggers", triggers(&proofs)),
    ] {
        printed = with(&printed, name, &table);
    }
    if std::env::var_os("OMNIZE_BLESS").is_some_and(|value| value == "1") {
        fs::write(&path, &printed).unwrap();
        return;
    }
    assert!(
        there == printed,
        "{PAGE} differs from the library's tables; OMNIZE_BLESS=1 cargo test --features cli --test documentation writes it anew"
    );
}

/// The page links each test of tests/dialects by the test's name.
#[test]
fn page_links_every_dialect_test() {
    let page = fs::read_to_string(root().join(PAGE)).unwrap();
    let mut tests = Vec::new();
    for entry in fs::read_dir(root().join("tests/dialects")).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        for part in text.split("#[test]\nfn ").skip(1) {
            let name = part.split('(').next().unwrap();
            tests.push(format!(
                "[{}](../../tests/dialects/{file})",
                name.replace('_', " ")
            ));
        }
    }
    assert!(tests.len() > 20, "only {} tests were found", tests.len());
    let missing: Vec<_> = tests.iter().filter(|test| !page.contains(*test)).collect();
    assert!(missing.is_empty(), "{PAGE} has no row for {missing:#?}");
    let named = page.matches("](../../tests/dialects/").count();
    assert_eq!(
        named,
        tests.len(),
        "{PAGE} names a test that is not there, or one twice"
    );
}
