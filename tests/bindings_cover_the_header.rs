//! The C++, Pascal and COM bindings are complete: their classes call each function of the header, and define each constant
//! with its value. The exceptions and their reasons are at the end of this file.
//!
//! Tests of the bindings' behavior: see conformance.rs.

use std::fs;
use std::path::Path;

/// The ABI that all bindings use.
const HEADER: &str = include_str!("../include/omnize.h");

/// The beginnings of macros that are not constants of the API.
const OWN_MACROS: [&str; 4] = [
    "OMNIZE_VERSION",
    "OMNIZE_ABI_VERSION",
    "OMNIZE_API",
    "OMNIZE_CALL",
];

/// Names that a binding omits, each with the reason.
type Exceptions = [(&'static str, &'static str)];

/// Returns the functions that the header declares.
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

/// Returns the constants of the header with their values, without the header's own and those that begin with a prefix
/// in `but`.
fn constants(but: &[&str]) -> Vec<(&'static str, &'static str)> {
    let found: Vec<_> = HEADER
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            (words.next() == Some("#define")).then(|| Some((words.next()?, words.next()?)))?
        })
        .filter(|(name, _)| !OWN_MACROS.iter().any(|own| name.starts_with(own)))
        .collect();
    assert!(found.len() > 70, "only {} were found", found.len());
    let left = |(name, _): &(&str, &str)| !but.iter().any(|start| name.starts_with(start));
    found.into_iter().filter(left).collect()
}

/// Returns the files of a folder whose names end with one of `ends`, as one text.
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

/// Removes the comments, each from its opening to its closing mark: a name in a comment is not a use.
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
            // The words before and after a comment must not join.
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

/// Fails if a name of the header is neither in the code nor an exception, or if an exception is obsolete.
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

/// Returns the C++ header with all files that it includes.
fn cpp() -> String {
    let text = read("bindings/cpp/omnize", &[".hpp"]) + &read("bindings/cpp", &["omnize.hpp"]);
    without_comments(&text, &[("/*", "*/"), ("//", "\n")])
}

/// Returns the Pascal unit with its include files, or the import unit.
fn pascal(ends: &[&str]) -> String {
    without_comments(&read("bindings/pascal", ends), &[("{", "}"), ("//", "\n")])
}

/// Returns the sources of the automation server, with the parts of the C++ header that its objects contain.
fn com() -> String {
    let parts = [
        "agents.hpp",
        "config.hpp",
        "department.hpp",
        "error.hpp",
        "event.hpp",
        "library.hpp",
        "outbox.hpp",
        "snapshot.hpp",
    ];
    let text = read("bindings/com/src", &[".cpp", ".hpp"]) + &read("bindings/cpp/omnize", &parts);
    without_comments(&text, &[("/*", "*/"), ("//", "\n")])
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
    // Statuses are plain numbers in Pascal too: an application can compare one with OMNIZE_E_STATE.
    let all = constants(&["OMNIZE_OK", "OMNIZE_E_"]);
    let names: Vec<_> = all.iter().map(|(name, _)| *name).collect();
    missing_names(&cpp(), &names, &[]);
}

#[test]
fn com_wraps_every_function() {
    let but: Vec<_> = [&OMITTED_BY_COM[..], &OMITTED_BY_BOTH[..]].concat();
    missing_names(&com(), &functions(), &but);
}

/// The enumerations of the type library are generated, by the prefixes of constants.
#[test]
fn com_has_an_enumeration_for_every_constant() {
    let script = read("bindings/com/idl", &["constants.awk"]);
    let prefixes: Vec<_> = script
        .lines()
        .filter_map(|line| line.trim().strip_prefix("add(\"")?.split('"').next())
        .collect();
    assert!(prefixes.len() > 5, "only {prefixes:?} were found");
    for (name, _) in constants(&["OMNIZE_OK", "OMNIZE_LOG_"]) {
        assert!(
            prefixes.iter().any(|prefix| name.starts_with(prefix)),
            "no enumeration has {name}"
        );
    }
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
fn pascal_imports_have_the_selected_calling_convention() {
    let code = include_str!("../bindings/pascal/omnize_abi.pas");
    let declared = |line: &&str| line.starts_with("function ") || line.starts_with("procedure ");
    let imported = code.matches("{$I omnize_import.inc}").count();
    assert_eq!(code.lines().filter(declared).count(), imported);
    let fixed = pascal(&[".pas", ".inc"]).matches("cdecl;").count();
    assert_eq!(fixed, 0, "these types or imports are always cdecl");
}

#[test]
fn pascal_wraps_every_function() {
    let but: Vec<_> = [&OMITTED_BY_PASCAL[..], &OMITTED_BY_BOTH[..]].concat();
    missing_names(&pascal(&["omnize.pas", ".inc"]), &functions(), &but);
}

#[test]
fn pascal_declares_every_constant() {
    let code = pascal(&["omnize_constants.inc"]);
    // Pascal has no log callback.
    for (name, value) in constants(&["OMNIZE_LOG_"]) {
        let line = format!(" {name} = {value};");
        assert!(code.contains(&line), "there is no \"{line}\"");
    }
}

const OMITTED_BY_BOTH: [(&str, &str); 1] = [(
    "omnize_error_status",
    "the call that failed has returned the status",
)];

/// These functions take callbacks, or belong to callback events. Pascal's runtime does not know the library's threads,
/// and `omnize_client_next` needs no callback.
const OMITTED_BY_PASCAL: [(&str, &str); 7] = [
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
    ("omnize_log_level_name", "there is no log"),
];

/// Objects of COM run no code on threads of the library.
const OMITTED_BY_COM: [(&str, &str); 16] = [
    ("omnize_client_subscribe", "calls back"),
    ("omnize_client_unsubscribe", "there is no subscription"),
    (
        "omnize_client_poll",
        "calls back; Poll takes the events one by one",
    ),
    (
        "omnize_client_dispatch",
        "calls back on a thread of the library",
    ),
    (
        "omnize_log_set",
        "calls back on any thread, also on several at once",
    ),
    ("omnize_log_level_name", "there is no log"),
    (
        "omnize_client_deliver",
        "omnize_client_deliver_compressed does the same without a coding",
    ),
    ("omnize_client_wake_fd", "Windows has no descriptors"),
    (
        "omnize_client_wake_handle",
        "AutoPoll has a window, as these languages have",
    ),
    (
        "omnize_conversation_set_user_data",
        "the property Tag belongs to the object",
    ),
    (
        "omnize_conversation_user_data",
        "the property Tag belongs to the object",
    ),
    ("omnize_conversation_post", POSTED_AS_REQUEST),
    ("omnize_conversation_post_start", POSTED_AS_REQUEST),
    ("omnize_conversation_post_finish", POSTED_AS_REQUEST),
    ("omnize_bot_post_accept", POSTED_AS_REQUEST),
    ("omnize_bot_post_transfer", POSTED_AS_REQUEST),
];

const POSTED_AS_REQUEST: &str = "a request with an optional reference is posted instead";
