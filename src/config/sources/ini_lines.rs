//! Parses an INI file line by line. Errors contain the number of the line and no part of its text.

/// A line `name = value`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The number of the line, from 1.
    pub(crate) line: usize,
    /// The name of its group, if there is one.
    pub(crate) group: Option<String>,
    pub(crate) name: String,
    pub(crate) value: String,
}

/// Returns the entries of a file in their order.
///
/// # Errors
/// A message without any text of the file, because the text may contain a token.
pub(crate) fn parse(bytes: &[u8]) -> Result<Vec<Entry>, String> {
    let text = decode(bytes)?;
    let mut entries = Vec::new();
    let mut group = None;
    for (index, text) in lines(text).enumerate() {
        let (line, text) = (index + 1, text.trim());
        if is_comment_or_empty(text) {
            continue;
        }
        if text.starts_with('[') {
            group = Some(
                group_name(text)
                    .ok_or_else(|| invalid_line(line))?
                    .to_owned(),
            );
            continue;
        }
        let (name, rest) = text
            .split_once(['=', ':'])
            .ok_or_else(|| invalid_line(line))?;
        let name = name.trim_end();
        // Names contain no blanks. Text with blanks may be a secret that ends with `=`.
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err(invalid_line(line));
        }
        let value = parse_value(rest).map_err(|fault| format!("line {line} {fault}"))?;
        entries.push(Entry {
            line,
            group: group.clone(),
            name: name.to_owned(),
            value: value.to_owned(),
        });
    }
    Ok(entries)
}

/// Returns the text of a file without a byte-order mark.
fn decode(bytes: &[u8]) -> Result<&str, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = line_number_after(&bytes[..error.valid_up_to()]);
        format!("line {line} is not UTF-8, which is required; save the file as UTF-8")
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// Returns the lines, with line ends of any system.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
        .flat_map(|line| line.split('\r'))
}

/// Returns the number of the line after these bytes.
fn line_number_after(bytes: &[u8]) -> usize {
    let ends = |(at, byte): (usize, &u8)| match byte {
        b'\n' => true,
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    };
    1 + bytes.iter().enumerate().filter(|end| ends(*end)).count()
}

fn is_comment_or_empty(text: &str) -> bool {
    text.is_empty() || text.starts_with([';', '#'])
}

/// Returns the name in a line `[group]`. A comment may follow it.
fn group_name(text: &str) -> Option<&str> {
    let (name, rest) = text.strip_prefix('[')?.split_once(']')?;
    is_comment_or_empty(rest.trim_start()).then(|| name.trim())
}

/// Parses the text after the equals sign. A quoted value ends at the next quote of the same kind, another one at a comment,
/// which begins after a blank. Backslashes escape nothing, so Windows paths can be written unchanged.
fn parse_value(rest: &str) -> Result<&str, &'static str> {
    let trimmed = rest.trim_start();
    for quote in ['"', '\''] {
        let Some(quoted) = trimmed.strip_prefix(quote) else {
            continue;
        };
        let (value, tail) = quoted.split_once(quote).ok_or("has an unclosed quote")?;
        return if is_comment_or_empty(tail.trim_start()) {
            Ok(value)
        } else {
            Err(
                "has text after the closing quote; only a comment may follow, and a value that contains a quote must be in \
                 quotes of the other kind",
            )
        };
    }
    let is_comment = |(at, _): &(usize, &str)| rest[..*at].ends_with(char::is_whitespace);
    let comment = rest.match_indices([';', '#']).find(is_comment);
    let end = comment.map_or(rest.len(), |(at, _)| at);
    Ok(rest[..end].trim())
}

fn invalid_line(line: usize) -> String {
    format!("line {line} is not a name = value, a [group] or a comment")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(usize, Option<String>, String, String)> {
        let entries = parse(text.as_bytes()).unwrap();
        entries
            .into_iter()
            .map(|entry| (entry.line, entry.group, entry.name, entry.value))
            .collect()
    }

    fn values(text: &str) -> Vec<String> {
        read(text).into_iter().map(|entry| entry.3).collect()
    }

    #[test]
    fn entries_have_their_lines_and_groups() {
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
    fn values_may_be_empty_or_quoted_and_backslashes_escape_nothing() {
        assert_eq!(values("a=\nb = \"\"\nc='x \"y\" '"), ["", "", "x \"y\" "]);
        let paths = "a = C:\\new\\\nb = \"C:\\new\\\"\nc = '\\\\host\\x0041'\nd = C:\\\r\n";
        assert_eq!(
            values(paths),
            ["C:\\new\\", "C:\\new\\", "\\\\host\\x0041", "C:\\"]
        );
    }

    #[test]
    fn comments_may_follow_values_and_groups() {
        for (text, value) in [
            ("a = \"abc\" # from the portal", "abc"),
            ("a = \"ini/c.db\" # here", "ini/c.db"),
            ("a = 'abc'\t; from the portal\r\n", "abc"),
            ("a = 'abc'# here", "abc"),
            ("a = \"x # y\" ; z", "x # y"),
            ("a = 'say \"x ; y\"'", "say \"x ; y\""),
            ("a = abc # here", "abc"),
            ("a = abc\t; here \"and\" 'there'", "abc"),
            ("a = abc#def;ghi", "abc#def;ghi"),
            ("a = #def", ""),
            ("a = ; nothing", ""),
            ("a =#def", "#def"),
            ("a = x \"y\" z", "x \"y\" z"),
            ("a = C:\\new # here", "C:\\new"),
            ("a = \"C:\\new\\\" # here", "C:\\new\\"),
            ("a = \"\" # here", ""),
            ("a: 'b' # here", "b"),
            ("\ta\t=\tb\t#\there\t", "b"),
        ] {
            assert_eq!(values(text), [value], "{text:?}");
        }
        let groups = read("[listen] # here\npath = /a ; there\n[ timeout ]; here\nconnect = 7");
        let groups: Vec<_> = groups.iter().map(|entry| entry.1.as_deref()).collect();
        assert_eq!(groups, [Some("listen"), Some("timeout")]);
    }

    #[test]
    fn line_ends_of_any_system_are_accepted() {
        assert_eq!(values("a = 1\rb = 2\r\n\nc = 3\n\r"), ["1", "2", "3"]);
        let numbers: Vec<_> = read("\ra = 1\r\n\r\rb = 2")
            .iter()
            .map(|entry| entry.0)
            .collect();
        assert_eq!(numbers, [2, 5]);
        let fault = parse(b"a = 1\r\n\rb = \xe7\n").unwrap_err();
        assert!(fault.starts_with("line 3 "), "{fault}");
    }

    #[test]
    fn an_invalid_line_is_reported_by_its_number_only() {
        for (text, line, expected) in [
            ("token SECRET\ntimeout = 5\n", 1, "is not a name = value"),
            ("timeout = 5\n\ntoken SECRET=\n", 3, "is not a name = value"),
            ("  SECRET", 1, "is not a name = value"),
            ("a = 1\n= SECRET\nb = 1", 2, "is not a name = value"),
            (": SECRET", 1, "is not a name = value"),
            ("a = 1\r\n[SECRET\r\nb = 1\r\n", 2, "a [group]"),
            ("a = 1\n[listen] SECRET\nb = 1", 2, "is not a name = value"),
            ("a = 1\nb = \"SECRET\nc = \"2\"\n", 2, "an unclosed quote"),
            ("a = 'SECRET", 1, "an unclosed quote"),
            ("a = 1\nb = \"SECRET\" SECRET", 2, "after the closing quote"),
            ("a = 'SECRET'SECRET # here", 1, "after the closing quote"),
            ("a = \"SECRET \\\" SECRET\"", 1, "after the closing quote"),
            ("a = \"\"\"SECRET\"\"\"", 1, "after the closing quote"),
            ("a = 'SECRET # here", 1, "an unclosed quote"),
        ] {
            let fault = parse(text.as_bytes()).unwrap_err();
            assert!(
                fault.starts_with(&format!("line {line} ")),
                "{text:?}: {fault}"
            );
            assert!(fault.contains(expected), "{text:?}: {fault}");
            assert!(!fault.contains("SECRET"), "{text:?}: {fault}");
        }
    }

    #[test]
    fn another_encoding_is_reported_with_its_line() {
        let fault = parse(b"token = x\n; Configura\xe7\xe3o\n").unwrap_err();
        assert!(fault.starts_with("line 2 is not UTF-8"), "{fault}");
        let fault = parse(b"\xff\xfea\0=\0b\0").unwrap_err();
        assert!(fault.starts_with("line 1 is not UTF-8"), "{fault}");
    }
}
