//! Parses JSON, and repairs text that is almost JSON.
//!
//! Valid JSON is parsed unchanged. In other texts, these are repaired: control characters in strings, NULs, byte-order marks
//! and other blanks between values, extra commas, invalid escapes, NaN and infinity, and blanks after the document. A missing
//! comma, colon, quote or bracket is not repaired, because the intended value is unknown.
//!
//! The stack depth does not depend on the depth of the JSON if values are parsed as
//! [`RawValue`](serde_json::value::RawValue). Raw values preserve the digits of numbers too.

/// Parses a text by `parse`: unchanged, or repaired if it is not valid JSON.
///
/// # Errors
/// The error of `parse` for the unchanged text, if the text cannot be repaired.
pub fn parse<T>(
    text: &str,
    parse: impl Fn(&str) -> serde_json::Result<T>,
) -> serde_json::Result<T> {
    parse(text).or_else(|error| {
        // It is valid JSON of another type.
        if error.is_data() {
            return Err(error);
        }
        match repair(text) {
            Some(json) => parse(&json),
            None => Err(error),
        }
    })
}

/// Returns whether a character is accepted as a blank between values.
pub fn is_blank(character: char) -> bool {
    character.is_whitespace() || character.is_control() || character == '\u{FEFF}'
}

/// Returns the repaired text, or `None` if it cannot be repaired.
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
        // The closing brackets of the open containers.
        let mut open = Vec::new();
        self.skip(is_blank);
        loop {
            // A value begins here.
            match self.rest.chars().next()? {
                bracket @ ('{' | '[') => {
                    self.copy(bracket);
                    open.push(if bracket == '{' { '}' } else { ']' });
                    self.skip_separators();
                }
                '"' => self.string()?,
                _ => self.word()?,
            }
            // A value or an opening bracket has ended here. Close the containers that end.
            let container = loop {
                let is_empty = self.json.ends_with(['{', '[']);
                let blank_or_comma = self.rest;
                self.skip_separators();
                let separated = &blank_or_comma[..blank_or_comma.len() - self.rest.len()];
                let Some(&bracket) = open.last() else {
                    return self.rest.is_empty().then_some(());
                };
                if self.rest.starts_with(bracket) {
                    self.copy(bracket);
                    open.pop();
                } else if is_empty {
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
                self.copy(':');
                self.skip(is_blank);
            }
        }
    }

    fn skip(&mut self, is_skipped: fn(char) -> bool) {
        self.rest = self.rest.trim_start_matches(is_skipped);
    }

    fn skip_separators(&mut self) {
        self.skip(|character| character == ',' || is_blank(character));
    }

    /// Copies the next character, which is ASCII.
    fn copy(&mut self, character: char) {
        self.json.push(character);
        self.rest = &self.rest[1..];
    }

    /// Copies a string. The next character is its quote.
    fn string(&mut self) -> Option<()> {
        self.copy('"');
        loop {
            let plain = self
                .rest
                .find(|character| matches!(character, '"' | '\\' | '\0'..='\x1F'))?;
            self.json.push_str(&self.rest[..plain]);
            self.rest = &self.rest[plain..];
            match self.rest.chars().next()? {
                '"' => {
                    self.copy('"');
                    return Some(());
                }
                '\\' => match escape_length(self.rest) {
                    Some(length) => {
                        self.json.push_str(&self.rest[..length]);
                        self.rest = &self.rest[length..];
                    }
                    None => {
                        self.json.push('\\');
                        self.copy('\\');
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

    /// Copies a number or a literal.
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

/// Returns the length of the escape at the start, or `None` if it is not a valid escape.
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

/// Returns whether a word is a JSON number.
fn is_number(word: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(word).is_ok()
        && word.starts_with(|first: char| first == '-' || first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repairs_text_that_is_almost_json() {
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
    fn does_not_change_valid_json() {
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
    fn does_not_repair_ambiguous_text() {
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
    fn repairs_json_of_any_depth() {
        let depth = 100_000;
        let deep = "[".repeat(depth);
        assert_eq!(repair(&deep), None);
        let deep = format!("{}1,{}", "[".repeat(depth), "]".repeat(depth));
        let json = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(repair(&deep), Some(json));
    }

    #[test]
    fn repaired_text_is_valid_json() {
        let text = "{\"a\":[{\"b\":\"\\q\t\"},NaN,],\"c\":\"\\u00\",}";
        let json = repair(text).unwrap();
        assert!(
            serde_json::from_str::<serde_json::Value>(&json).is_ok(),
            "{json}"
        );
    }

    #[test]
    fn errors_have_positions_of_the_original_text() {
        let read = |text| {
            let read = |json: &str| serde_json::from_str::<serde_json::Map<_, _>>(json);
            super::parse(text, read)
                .map_err(|error| (error.line(), error.column(), error.is_data()))
        };
        assert_eq!(read("{\"a\":1,}").map(|map| map.len()), Ok(1));
        assert_eq!(read("{\n\"a\":1 x}"), Err((2, 7, false)));
        assert_eq!(read("[]").map_err(|(.., is_data)| is_data), Err(true));
    }
}
