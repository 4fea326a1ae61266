//! A JSON object whose values are texts, which is what an application sends most.

/// Gathers the fields of an object, in order.
pub struct TextObject(Vec<u8>);

impl Default for TextObject {
    fn default() -> Self {
        let mut json = Vec::with_capacity(256);
        json.push(b'{');
        TextObject(json)
    }
}

impl TextObject {
    /// Adds a field. The name is one that needs no escaping.
    pub fn put(&mut self, name: &'static str, value: &str) {
        if self.0.len() > 1 {
            self.0.push(b',');
        }
        self.0.push(b'"');
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
        if is_plain(value) {
            self.0.push(b'"');
            self.0.extend_from_slice(value.as_bytes());
            self.0.push(b'"');
        } else {
            // A string is JSON, and the Vec takes all.
            serde_json::to_writer(&mut self.0, value).expect("a string is JSON");
        }
    }

    /// The object.
    pub fn json(mut self) -> Vec<u8> {
        self.0.push(b'}');
        self.0
    }
}

/// Whether JSON writes the text as it stands. Looked at as a whole, without a way out in the middle, so that the compiler
/// takes many bytes at once: most messages are plain, and `serde_json` takes a tenth of a request's time to find that out.
fn is_plain(text: &str) -> bool {
    let needs_escape = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
    !text
        .bytes()
        .fold(false, |found, byte| found | needs_escape(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_what_serde_json_writes() {
        let texts = (0..=0x7F)
            .map(|byte| format!("a{}b", char::from(byte)))
            .chain(["", "ol\u{e1} \u{1F600}", "\u{2028}"].map(str::to_owned));
        for text in texts {
            let mut object = TextObject::default();
            object.put("first", &text);
            object.put("second", "x");
            let quoted = serde_json::to_string(&text).unwrap();
            let expected = format!(r#"{{"first":{quoted},"second":"x"}}"#);
            assert_eq!(String::from_utf8(object.json()).unwrap(), expected);
        }
        assert_eq!(TextObject::default().json(), b"{}");
    }
}
