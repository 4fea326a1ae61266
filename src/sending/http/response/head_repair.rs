//! Corrects heads that are not quite HTTP, before they are parsed.
//!
//! Folded lines are joined (RFC 9112 5.2), blanks before a colon are removed, and control characters in a value become
//! spaces. Lines that are not headers and the reason phrase are removed. The headers that define the end of the response
//! are never corrected, because another reader may understand them differently.

const FRAMING: [&[u8]; 3] = [b"content-length", b"transfer-encoding", b"connection"];

/// Returns the head as valid HTTP, or `None` if it can't be corrected.
pub fn repair(head: &[u8]) -> Option<Vec<u8>> {
    let mut lines = head
        .split(|&byte| byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .skip_while(|line| line.is_empty());
    let mut repair = Repair {
        repaired: Vec::with_capacity(head.len()),
        last_line: LineKind::Dropped,
    };
    repair.copy_status_line(lines.next()?)?;
    for line in lines.take_while(|line| !line.is_empty()) {
        match line {
            [b' ' | b'\t', ..] => repair.append_folded_line(line.trim_ascii())?,
            _ => repair.copy_header(line)?,
        }
    }
    repair.repaired.extend_from_slice(b"\r\n\r\n");
    Some(repair.repaired)
}

struct Repair {
    repaired: Vec<u8>,
    last_line: LineKind,
}

/// The treatment of a header line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LineKind {
    Copied,
    Framing,
    Dropped,
}

impl Repair {
    fn copy_status_line(&mut self, line: &[u8]) -> Option<()> {
        let (version, rest) = line.split_at_checked(b"HTTP/1.1".len())?;
        let rest = rest.trim_ascii_start();
        let (code, reason) = rest.split_at_checked(3)?;
        let is_whole = version.starts_with(b"HTTP/1.")
            && rest.len() + version.len() < line.len()
            && matches!(reason, [] | [b' ' | b'\t', ..]);
        self.repaired.extend_from_slice(version);
        self.repaired.push(b' ');
        self.repaired.extend_from_slice(code);
        is_whole.then_some(())
    }

    /// Appends a folded line to the header before it.
    fn append_folded_line(&mut self, line: &[u8]) -> Option<()> {
        match self.last_line {
            LineKind::Copied => {
                self.repaired.push(b' ');
                self.copy_value(line);
                Some(())
            }
            LineKind::Framing => None,
            LineKind::Dropped => (!is_framing(line)).then_some(()),
        }
    }

    fn copy_header(&mut self, line: &[u8]) -> Option<()> {
        let colon = line.iter().position(|&byte| byte == b':');
        let (name, value) = match colon {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &[][..]),
        };
        let trimmed = name.trim_ascii_end();
        let is_name = !trimmed.is_empty() && trimmed.iter().copied().all(is_token);
        self.last_line = if is_framing(line) {
            let is_plain = is_name && trimmed == name && !value.iter().any(is_control);
            (is_plain && colon.is_some()).then_some(LineKind::Framing)?
        } else if is_name && colon.is_some() {
            LineKind::Copied
        } else {
            LineKind::Dropped
        };
        if self.last_line != LineKind::Dropped {
            self.repaired.extend_from_slice(b"\r\n");
            self.repaired.extend_from_slice(trimmed);
            self.repaired.extend_from_slice(b": ");
            self.copy_value(value.trim_ascii());
        }
        Some(())
    }

    fn copy_value(&mut self, value: &[u8]) {
        let plain = value
            .iter()
            .map(|byte| if is_control(byte) { b' ' } else { *byte });
        self.repaired.extend(plain);
    }
}

/// Returns whether a line looks like one of the headers that define the end of the response.
fn is_framing(line: &[u8]) -> bool {
    let name = line.split(|&byte| byte == b':').next().unwrap_or_default();
    let token = |separated: &[u8]| -> Vec<u8> {
        let bytes = separated.iter().copied();
        bytes.filter(|byte| is_token(*byte)).collect()
    };
    let first_word = name
        .trim_ascii()
        .split(|byte| matches!(byte, b' ' | b'\t'))
        .next();
    let candidates = [token(name), token(first_word.unwrap_or_default())];
    let is_one = |framing: &&[u8]| {
        candidates
            .iter()
            .any(|candidate| candidate.eq_ignore_ascii_case(framing))
    };
    FRAMING.iter().any(is_one)
}

/// Returns whether a byte is allowed in a token (RFC 9110 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_control(byte: &u8) -> bool {
    byte.is_ascii_control() && *byte != b'\t'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repaired(lines: &str) -> Option<String> {
        let head = format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\n");
        let repaired = String::from_utf8(repair(head.as_bytes())?).unwrap();
        let headers = repaired.strip_prefix("HTTP/1.1 200").unwrap();
        Some(
            headers
                .strip_suffix("\r\n\r\n")
                .unwrap()
                .replace("\r\n", "|"),
        )
    }

    #[test]
    fn unusual_lines_are_corrected() {
        for (lines, headers) in [
            ("A: b", "|A: b"),
            ("A: b\r\n c\r\n\td", "|A: b c d"),
            ("A:\n b", "|A:  b"),
            ("Server : x", "|Server: x"),
            ("no colon\r\nA: b", "|A: b"),
            ("no colon\r\n goes on\r\nA: b", "|A: b"),
            (": b\r\nA: b", "|A: b"),
            ("b(ad: b\r\nA: b", "|A: b"),
            ("A: \x01b\x00c\x7F\td", "|A:  b c \td"),
            (" A: b\r\nC: d", "|C: d"),
            ("content-LENGTH:5\r\nB : c", "|content-LENGTH: 5|B: c"),
            (
                "A: Content-Length: 7\r\n Content-Length: 8",
                "|A: Content-Length: 7 Content-Length: 8",
            ),
        ] {
            assert_eq!(repaired(lines).as_deref(), Some(headers), "{lines:?}");
        }
    }

    #[test]
    fn framing_headers_are_not_corrected() {
        for name in ["Content-Length", "transfer-encoding", "CONNECTION"] {
            for lines in [
                format!("{name} : 5"),
                format!("{name}\t: 5"),
                format!("{name}:\r\n 5"),
                format!("{name}: 5\r\n 6"),
                format!("{name}: 5\x01"),
                format!("{name}\x01: 5"),
                format!("\x0b{name}: 5"),
                format!(" {name}: 5"),
                format!("{name} 5"),
                name.to_owned(),
            ] {
                assert_eq!(repaired(&lines), None, "{lines:?}");
            }
        }
    }

    #[test]
    fn status_line_needs_version_and_code() {
        for line in [
            "HTTP/1.1 200",
            "HTTP/1.1  200 OK",
            "HTTP/1.1\t200\tO\x01K",
            "\r\n\r\nHTTP/1.1 200 OK",
        ] {
            let head = format!("{line}\r\n\r\n");
            let repaired = repair(head.as_bytes());
            assert_eq!(
                repaired.as_deref(),
                Some(&b"HTTP/1.1 200\r\n\r\n"[..]),
                "{line:?}"
            );
        }
        for line in [
            "HTTP/2 200 OK",
            "HTTP/1.1",
            "HTTP/1.1200 OK",
            "HTTP/1.1 2000",
            "HTTP/1.1 20",
            "",
        ] {
            let head = format!("{line}\r\n\r\n");
            assert_eq!(repair(head.as_bytes()), None, "{line:?}");
        }
    }
}
