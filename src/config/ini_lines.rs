//! Takes an INI file apart line by line, so that what is wrong is told with its line and without what stands there.

use ini::{Ini, ParseOption};

/// A `name = value` of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The number of its line, from 1.
    pub(super) line: usize,
    /// The name of the group that it stands in, if one began before it.
    pub(super) group: Option<String>,
    pub(super) name: String,
    pub(super) value: String,
}

/// The entries of a file in their order; or what is wrong with it, which holds nothing of what the file holds, for that
/// may be a token.
pub(super) fn entries(bytes: &[u8]) -> Result<Vec<Entry>, String> {
    let text = text(bytes)?;
    let mut entries = Vec::new();
    let mut group = None;
    for (index, text) in text.lines().enumerate() {
        let (line, text) = (index + 1, text.trim());
        if text.starts_with([';', '#']) {
            continue;
        }
        let ini = parse(text).ok_or_else(|| fault(line, text))?;
        for (section, properties) in &ini {
            if let Some(section) = section {
                group = Some(section.to_owned());
            }
            for (name, value) in properties {
                // No option's name has blanks; a secret whose = is its last letter may stand after them.
                if name.contains(char::is_whitespace) {
                    return Err(no_entry(line));
                }
                entries.push(Entry {
                    line,
                    group: group.clone(),
                    name: name.to_owned(),
                    value: value.to_owned(),
                });
            }
        }
    }
    Ok(entries)
}

/// What the file holds, without the mark that some editors put before it.
fn text(bytes: &[u8]) -> Result<&str, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        format!("line {line} is not UTF-8, as the whole file must be; save it as UTF-8")
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// One line. The parser takes one alone, as a line that is wrong would go on into those below it.
fn parse(line: &str) -> Option<Ini> {
    // A Windows path has backslashes that escape nothing. Without escapes the parser still lets one hide a quote.
    let literal = line.replace('\\', r"\\");
    let options = ParseOption {
        enabled_quote: true,
        enabled_escape: true,
        ..ParseOption::default()
    };
    Ini::load_from_str_opt(&literal, options).ok()
}

/// What is wrong with a line that the parser does not take.
fn fault(line: usize, text: &str) -> String {
    match text.split_once(['=', ':']) {
        Some((name, value)) if !name.is_empty() && value.contains(['"', '\'']) => {
            format!("line {line} has a quote that does not end on it")
        }
        _ => no_entry(line),
    }
}

fn no_entry(line: usize) -> String {
    format!("line {line} is no name = value, no [group] and no comment")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(usize, Option<String>, String, String)> {
        let entries = entries(text.as_bytes()).unwrap();
        entries
            .into_iter()
            .map(|entry| (entry.line, entry.group, entry.name, entry.value))
            .collect()
    }

    fn values(text: &str) -> Vec<String> {
        read(text).into_iter().map(|entry| entry.3).collect()
    }

    #[test]
    fn entries_keep_their_lines_and_groups() {
        let text =
            "\u{feff}; a\n\ntoken = x=\r\n  # b\n[ listen ]\r\n\tpath: /a\n [timeout]\n\nconnect=7";
        let entry = |line, group: Option<&str>, name: &str, value: &str| {
            (
                line,
                group.map(str::to_owned),
                name.to_owned(),
                value.to_owned(),
            )
        };
        assert_eq!(
            read(text),
            [
                entry(3, None, "token", "x="),
                entry(6, Some("listen"), "path", "/a"),
                entry(9, Some("timeout"), "connect", "7"),
            ]
        );
        assert!(read("").is_empty());
    }

    #[test]
    fn values_may_be_empty_or_quoted_and_backslashes_are_letters() {
        assert_eq!(values("a=\nb = \"\"\nc='x \"y\" '"), ["", "", "x \"y\" "]);
        let paths = "a = C:\\new\\\nb = \"C:\\new\\\"\nc = '\\\\host\\x0041'\nd = C:\\\r\n";
        assert_eq!(
            values(paths),
            ["C:\\new\\", "C:\\new\\", "\\\\host\\x0041", "C:\\"]
        );
    }

    #[test]
    fn a_line_that_is_none_is_told_by_its_number_alone() {
        for (text, line, what) in [
            ("token SECRET\ntimeout = 5\n", 1, "is no name = value"),
            ("timeout = 5\n\ntoken SECRET=\n", 3, "is no name = value"),
            ("  SECRET", 1, "is no name = value"),
            ("a = 1\n= SECRET\nb = 1", 2, "is no name = value"),
            (": SECRET", 1, "is no name = value"),
            ("a = 1\r\n[SECRET\r\nb = 1\r\n", 2, "no [group]"),
            ("a = 1\n[listen] SECRET\nb = 1", 2, "is no name = value"),
            (
                "a = 1\nb = \"SECRET\nc = \"2\"\n",
                2,
                "a quote that does not end",
            ),
            ("a = 'SECRET", 1, "a quote that does not end"),
        ] {
            let fault = entries(text.as_bytes()).unwrap_err();
            assert!(
                fault.starts_with(&format!("line {line} ")),
                "{text:?}: {fault}"
            );
            assert!(fault.contains(what), "{text:?}: {fault}");
            assert!(!fault.contains("SECRET"), "{text:?}: {fault}");
        }
    }

    #[test]
    fn another_encoding_is_told_with_its_line() {
        let fault = entries(b"token = x\n; Configura\xe7\xe3o\n").unwrap_err();
        assert!(fault.starts_with("line 2 is not UTF-8"), "{fault}");
        let fault = entries(b"\xff\xfea\0=\0b\0").unwrap_err();
        assert!(fault.starts_with("line 1 is not UTF-8"), "{fault}");
    }
}
