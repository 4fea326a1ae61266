//! JSON as many programs write it: what is not quite JSON is repaired before it is given up.
//!
//! A text that is JSON is read as it stands. Else these are repaired: control characters in strings, NULs, byte-order marks
//! and other blanks between values, too many commas, backslashes that escape nothing, NaN and infinity, and the kinds of
//! blanks that follow a document. A missing comma, colon, quote or bracket is not: nobody can tell what the writer meant.
//!
//! Nothing here or in what reads the result goes deeper into the call stack where the JSON goes deeper, as long as values
//! are taken as [`RawValue`](serde_json::value::RawValue). Those keep the digits of numbers too.

/// Whether a text begins as a JSON object does.
pub fn begins_as_object(text: &str) -> bool {
    text.trim_start_matches(is_blank).starts_with('{')
}

/// Reads a text by `read`: as it stands, or repaired if it is no JSON.
///
/// # Errors
/// Those of `read` for the text as it stands, if it can't be repaired.
pub fn read<T>(text: &str, read: impl Fn(&str) -> serde_json::Result<T>) -> serde_json::Result<T> {
    read(text).or_else(|error| {
        // It is JSON, and something else than was expected.
        if error.is_data() {
            return Err(error);
        }
        match repair(text) {
            Some(json) => read(&json),
            None => Err(error),
        }
    })
}

/// What separates values, or is taken for that.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || character.is_control() || character == '\u{FEFF}'
}

/// Returns the text as JSON, or `None` if it is too far from that.
fn repair(text: &str) -> Option<String> {
    let mut repair = Repair {
        rest: text,
        json: String::with_capacity(text.len() + 16),
    };
    repair.document()?;
    Some(repair.json)
}

struct Repair<'a> {
    rest: &'a str,
    json: String,
}

impl Repair<'_> {
    fn document(&mut self) -> Option<()> {
        // The brackets that are open; each is the one that will close it.
        let mut open = Vec::new();
        self.skip(is_blank);
        loop {
            // A value begins here.
            match self.rest.chars().next()? {
                bracket @ ('{' | '[') => {
                    self.take(bracket);
                    open.push(if bracket == '{' { '}' } else { ']' });
                    self.skip_separators();
                }
                '"' => self.string()?,
                _ => self.word()?,
            }
            // A value or an opening bracket has ended here. Close what closes.
            let container = loop {
                let is_fresh = self.json.ends_with(['{', '[']);
                let blank_or_comma = self.rest;
                self.skip_separators();
                let separated = &blank_or_comma[..blank_or_comma.len() - self.rest.len()];
                let Some(&bracket) = open.last() else {
                    return self.rest.is_empty().then_some(());
                };
                if self.rest.starts_with(bracket) {
                    self.take(bracket);
                    open.pop();
                } else if is_fresh {
                    break bracket;
                } else if separated.contains(',') {
                    self.json.push(',');
                    break bracket;
                } else {
                    return None;
                }
            };
            if container == '}' {
                self.rest.starts_with('"').then_some(())?;
                self.string()?;
                self.skip(is_blank);
                self.rest.starts_with(':').then_some(())?;
                self.take(':');
                self.skip(is_blank);
            }
        }
    }

    fn skip(&mut self, what: fn(char) -> bool) {
        self.rest = self.rest.trim_start_matches(what);
    }

    fn skip_separators(&mut self) {
        self.skip(|character| character == ',' || is_blank(character));
    }

    /// Takes an ASCII character, which is the next one.
    fn take(&mut self, character: char) {
        self.json.push(character);
        self.rest = &self.rest[1..];
    }

    /// Takes a string, whose quote is the next character.
    fn string(&mut self) -> Option<()> {
        self.take('"');
        loop {
            let plain = self
                .rest
                .find(|character| matches!(character, '"' | '\\' | '\0'..='\x1F'))?;
            self.json.push_str(&self.rest[..plain]);
            self.rest = &self.rest[plain..];
            match self.rest.chars().next()? {
                '"' => {
                    self.take('"');
                    return Some(());
                }
                '\\' => match escape_length(self.rest) {
                    Some(length) => {
                        self.json.push_str(&self.rest[..length]);
                        self.rest = &self.rest[length..];
                    }
                    None => {
                        self.json.push('\\');
                        self.take('\\');
                    }
                },
                control => {
                    self.json
                        .push_str(&format!("\\u{:04x}", u32::from(control)));
                    self.rest = &self.rest[1..];
                }
            }
        }
    }

    /// Takes a number or a name.
    fn word(&mut self) -> Option<()> {
        let is_end = |character: char| {
            is_blank(character) || matches!(character, ',' | ':' | '"' | '{' | '}' | '[' | ']')
        };
        let (word, rest) = self
            .rest
            .split_at(self.rest.find(is_end).unwrap_or(self.rest.len()));
        let json = match word {
            "true" | "false" | "null" => word,
            "NaN" | "Infinity" | "-Infinity" => "null",
            _ if is_number(word) => word,
            _ => return None,
        };
        self.json.push_str(json);
        self.rest = rest;
        Some(())
    }
}

/// The length of the escape that a text begins with; `None` if its backslash escapes nothing.
fn escape_length(text: &str) -> Option<usize> {
    match text.as_bytes() {
        [
            _,
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't',
            ..,
        ] => Some(2),
        [_, b'u', digits @ ..] => {
            let is_whole = digits.get(..4)?.iter().all(u8::is_ascii_hexdigit);
            is_whole.then_some(6)
        }
        _ => None,
    }
}

/// Whether a word is a number as JSON has it.
fn is_number(word: &str) -> bool {
    // Its digits have no end that would go deeper or take longer than they are many.
    serde_json::from_str::<serde::de::IgnoredAny>(word).is_ok()
        && word.starts_with(|first: char| first == '-' || first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repairs_what_is_not_quite_json() {
        for (text, json) in [
            ("{\"a\":\"tab\there\0\"}", r#"{"a":"tab\u0009here\u0000"}"#),
            (
                "{\"a\":\"two\r\nlines\"}",
                r#"{"a":"two\u000d\u000alines"}"#,
            ),
            (r#"{"a":false,}"#, r#"{"a":false}"#),
            (r#"{,"a":[1,,2,],}"#, r#"{"a":[1,2]}"#),
            ("\u{FEFF}\0{\"a\"\0:\u{A0}1}\0\0,", r#"{"a":1}"#),
            (r#"{"a":NaN,"b":-Infinity}"#, r#"{"a":null,"b":null}"#),
            (
                r#"{"a":"\x \u12 \' \\ \" \u00e1"}"#,
                r#"{"a":"\\x \\u12 \\' \\ \" \u00e1"}"#,
            ),
            (
                r#"{"a":-1e999,"b":12345678901234567890123,}"#,
                r#"{"a":-1e999,"b":12345678901234567890123}"#,
            ),
            (r#"[[],{},[{}],]"#, "[[],{},[{}]]"),
            ("\"a\tb\"", r#""a\u0009b""#),
            ("{,}", "{}"),
        ] {
            assert_eq!(repair(text).as_deref(), Some(json), "{text:?}");
        }
    }

    #[test]
    fn leaves_json_as_it_is() {
        for json in [
            r#"{"a":{"b":[1,2.5e-7,true,false,null,"x"]},"c":[]}"#,
            "7",
            r#""""#,
            r#"{"":""}"#,
        ] {
            assert_eq!(repair(json).as_deref(), Some(json));
        }
    }

    #[test]
    fn gives_up_where_nobody_can_tell_what_was_meant() {
        for text in [
            "",
            "{",
            "}",
            "{]",
            "[}",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":,"b":1}"#,
            r#"{"a":1 "b":2}"#,
            r#"{"a" 1}"#,
            r#"{a:1}"#,
            r#"{'a':1}"#,
            r#"{"a":1"#,
            r#"{"a":"x}"#,
            r#"{"a":"x\"#,
            r#"{"a":01}"#,
            r#"{"a":+1}"#,
            r#"{"a":True}"#,
            r#"{"a":1}}"#,
            r#"{"a":1}{"a":2}"#,
            "[1 2]",
            "[--1]",
        ] {
            assert_eq!(repair(text), None, "{text}");
        }
    }

    #[test]
    fn no_depth_is_too_deep() {
        let depth = 100_000;
        let deep = "[".repeat(depth);
        assert_eq!(repair(&deep), None);
        let deep = format!("{}1,{}", "[".repeat(depth), "]".repeat(depth));
        let json = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(repair(&deep), Some(json));
    }

    #[test]
    fn what_was_repaired_is_json() {
        let text = "{\"a\":[{\"b\":\"\\q\t\"},NaN,],\"c\":\"\\u00\",}";
        let json = repair(text).unwrap();
        assert!(
            serde_json::from_str::<serde_json::Value>(&json).is_ok(),
            "{json}"
        );
    }

    #[test]
    fn knows_an_object_by_its_beginning() {
        for (text, begins) in [
            ("{", true),
            ("\u{FEFF} \0\r\n{x", true),
            ("", false),
            ("[{", false),
            ("<p>{", false),
        ] {
            assert_eq!(begins_as_object(text), begins, "{text:?}");
        }
    }

    #[test]
    fn an_error_is_that_of_the_text_as_it_came() {
        let read = |text| {
            let read = |json: &str| serde_json::from_str::<serde_json::Map<_, _>>(json);
            super::read(text, read).map_err(|error| (error.line(), error.column(), error.is_data()))
        };
        assert_eq!(read("{\"a\":1,}").map(|map| map.len()), Ok(1));
        assert_eq!(read("{\n\"a\":1 x}"), Err((2, 7, false)));
        assert_eq!(read("[]").map_err(|(.., is_data)| is_data), Err(true));
    }
}
