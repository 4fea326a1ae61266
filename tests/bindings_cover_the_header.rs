//! The bindings for C++ and for Free Pascal and Delphi give all that the header has: each function is used by the classes, and
//! each constant has its value there, unless a line at the foot of this file says why not.
//!
//! That what is used does what it should is for the tests of the bindings themselves: see conformance.rs.

use std::fs;
use std::path::Path;

/// The ABI that they are all made for.
const HEADER: &str = include_str!("../include/omnize.h");

/// What a binding leaves out, and why.
type Exceptions = [(&'static str, &'static str)];

/// The functions that the header declares.
fn functions() -> Vec<&'static str> {
    let declarations = HEADER.split("extern \"C\" {").nth(1).unwrap();
    let names: Vec<_> = declarations
        .lines()
        .filter(|line| !line.starts_with([' ', '/', '#', '}']))
        .filter_map(|line| line.split_once('('))
        .filter_map(|(before, _)| before.rsplit([' ', '*']).next())
        .collect();
    assert!(names.len() > 50, "only {} were found", names.len());
    names
}

/// The constants of the header with their values, but for those that begin with one of `but` and those that are the header's
/// own.
fn constants(but: &[&str]) -> Vec<(&'static str, &'static str)> {
    let found: Vec<_> = HEADER
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            (words.next() == Some("#define")).then(|| Some((words.next()?, words.next()?)))?
        })
        .filter(|(name, _)| {
            !["OMNIZE_VERSION", "OMNIZE_ABI_VERSION"]
                .iter()
                .any(|own| name.starts_with(own))
        })
        .collect();
    assert!(found.len() > 70, "only {} were found", found.len());
    let left = |(name, _): &(&str, &str)| !but.iter().any(|start| name.starts_with(start));
    found.into_iter().filter(left).collect()
}

/// The files of a folder whose names end so, as one text.
fn read(folder: &str, ends: &[&str]) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap() {
        let path = entry.unwrap().path();
        if ends.iter().any(|end| path.to_str().unwrap().ends_with(end)) {
            text += &fs::read_to_string(path).unwrap();
        }
    }
    text
}

/// Takes the comments out, each from its opening to its closing: what is only spoken of is not used.
fn without_comments(text: &str, comments: &[(&str, &str)]) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(here) = rest.chars().next() {
        let opened = comments.iter().find(|(open, _)| rest.starts_with(open));
        if let Some((open, close)) = opened {
            let inside = &rest[open.len()..];
            let end = inside
                .find(close)
                .map_or(inside.len(), |at| at + close.len());
            // What stood before and after it are two words.
            code.push('\n');
            rest = &inside[end..];
        } else {
            code.push(here);
            rest = &rest[here.len_utf8()..];
        }
    }
    code
}

fn words(code: &str) -> Vec<&str> {
    code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .collect()
}

/// Fails where a name of the header is neither in the code nor left out for a reason, and where a reason is outlived.
fn missing_names(code: &str, names: &[&str], but: &Exceptions) {
    let words = words(code);
    let excused = |name: &&&str| but.iter().any(|(left_out, _)| left_out == *name);
    let missing: Vec<_> = names
        .iter()
        .filter(|name| !words.contains(*name) && !excused(name))
        .collect();
    assert!(
        missing.is_empty(),
        "not wrapped, and no reason is given: {missing:?}"
    );
    for (left_out, reason) in but {
        assert!(names.contains(left_out), "the header has no {left_out}");
        assert!(!words.contains(left_out), "{left_out} is there: {reason}");
    }
}

/// The header with all that it includes.
fn cpp() -> String {
    let text = read("bindings/cpp/omnize", &[".hpp"]) + &read("bindings/cpp", &["omnize.hpp"]);
    without_comments(&text, &[("/*", "*/"), ("//", "\n")])
}

/// The unit with the parts that it includes, or the imports below it.
fn pascal(ends: &[&str]) -> String {
    without_comments(&read("bindings/pascal", ends), &[("{", "}"), ("//", "\n")])
}

#[test]
fn comments_are_ignored() {
    let comments = [("/*", "*/"), ("//", "\n")];
    let code = without_comments("a /* b\n*/ c // d é\ne/**/f /* g", &comments);
    let words: Vec<_> = code.split_whitespace().collect();
    assert_eq!(words, ["a", "c", "e", "f"]);
}

#[test]
fn cpp_wraps_every_function() {
    missing_names(&cpp(), &functions(), &OMITTED_BY_BOTH);
}

#[test]
fn cpp_names_every_constant_in_an_enumeration() {
    // Statuses are numbers there too: an application asks whether one is OMNIZE_E_STATE, say.
    let all = constants(&["OMNIZE_OK", "OMNIZE_E_"]);
    let names: Vec<_> = all.iter().map(|(name, _)| *name).collect();
    missing_names(&cpp(), &names, &[]);
}

#[test]
fn pascal_imports_every_function() {
    missing_names(
        &pascal(&["omnize_abi.pas"]),
        &functions(),
        &OMITTED_BY_PASCAL,
    );
}

#[test]
fn pascal_wraps_every_function() {
    let but: Vec<_> = [&OMITTED_BY_PASCAL[..], &OMITTED_BY_BOTH[..]].concat();
    missing_names(&pascal(&["omnize.pas", ".inc"]), &functions(), &but);
}

#[test]
fn pascal_declares_every_constant() {
    let code = pascal(&["omnize_constants.inc"]);
    // There is no callback for the log.
    for (name, value) in constants(&["OMNIZE_LOG_"]) {
        let line = format!(" {name} = {value};");
        assert!(code.contains(&line), "there is no \"{line}\"");
    }
}

const OMITTED_BY_BOTH: [(&str, &str); 1] = [(
    "omnize_error_status",
    "the call that failed has returned the status",
)];

/// They call back, or are for events of callbacks: Pascal's runtime does not know the library's threads, and
/// `omnize_client_next` needs none.
const OMITTED_BY_PASCAL: [(&str, &str); 6] = [
    ("omnize_client_subscribe", "calls back"),
    ("omnize_client_unsubscribe", "there is no subscription"),
    ("omnize_client_poll", "calls back"),
    (
        "omnize_client_dispatch",
        "calls back on a thread of the library",
    ),
    (
        "omnize_event_keep",
        "an event of omnize_client_next is kept already",
    ),
    (
        "omnize_log_set",
        "calls back on any thread, also on several at once",
    ),
];
