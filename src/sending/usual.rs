//! Answers of the usual kind: short, of a length that is told, over a connection that stays.

use std::mem::MaybeUninit;

use super::transport::Answer;
use crate::wire::Body;

/// How many headers such an answer has at the most.
const MOST_HEADERS: usize = 32;

/// What was seen of an answer.
#[derive(Debug)]
pub enum Seen {
    /// All of it, and how many bytes it has.
    Whole(Answer, usize),
    /// The beginning of one.
    Part,
    /// Something that is for the HTTP client to read.
    Other,
}

/// Reads an answer whose body has no more than `limit` bytes.
pub fn read(received: &[u8], limit: u64) -> Seen {
    let mut room = [const { MaybeUninit::uninit() }; MOST_HEADERS];
    let mut head = httparse::Response::new(&mut []);
    let parsed = httparse::ParserConfig::default()
        .parse_response_with_uninit_headers(&mut head, received, &mut room);
    let begin = match parsed {
        Ok(httparse::Status::Complete(begin)) => begin,
        Ok(httparse::Status::Partial) => return Seen::Part,
        Err(_) => return Seen::Other,
    };
    // Without a body, whatever it says (204, 304), with another answer behind it (1xx), or pointing elsewhere.
    let (Some(1), Some(status @ (200..=203 | 205..=299 | 400..=599))) = (head.version, head.code)
    else {
        return Seen::Other;
    };
    let mut length = None;
    let mut retry_after = None;
    for header in &*head.headers {
        let is = |name: &str| header.name.eq_ignore_ascii_case(name);
        if is("content-length") && length.is_none() {
            match number(header.value) {
                Some(bytes) => length = Some(bytes),
                None => return Seen::Other,
            }
        } else if is("retry-after") && retry_after.is_none() {
            retry_after = Some(String::from_utf8_lossy(header.value).into_owned());
        } else if is("content-length")
            || is("transfer-encoding")
            || is("connection") && !header.value.eq_ignore_ascii_case(b"keep-alive")
        {
            return Seen::Other;
        }
    }
    let Some(length) = length.filter(|length| *length as u64 <= limit) else {
        return Seen::Other;
    };
    match received.get(begin..begin.saturating_add(length)) {
        Some(body) => Seen::Whole(
            Answer {
                status,
                retry_after,
                body: Ok(Body(body.to_vec())),
            },
            begin + length,
        ),
        None => Seen::Part,
    }
}

/// A number of digits alone.
fn number(digits: &[u8]) -> Option<usize> {
    let digits = std::str::from_utf8(digits).ok()?;
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: u64 = 100;

    fn whole(answer: &str) -> (u16, Option<String>, String, usize) {
        match read(answer.as_bytes(), LIMIT) {
            Seen::Whole(answer, length) => {
                let body = String::from_utf8(answer.body.unwrap().0).unwrap();
                (answer.status, answer.retry_after, body, length)
            }
            seen => panic!("{seen:?} of {answer}"),
        }
    }

    #[test]
    fn is_read_to_its_end_and_not_further() {
        let answer = "HTTP/1.1 200 OK\r\nServer: a\r\ncontent-LENGTH: 4\r\nConnection: Keep-Alive\r\n\r\ntrue";
        assert_eq!(whole(answer), (200, None, "true".into(), answer.len()));
        let more = format!("{answer}HTTP/1.1 ");
        assert_eq!(whole(&more), (200, None, "true".into(), answer.len()));
        let busy = "HTTP/1.1 503 \r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(
            whole(busy),
            (503, Some("7".into()), String::new(), busy.len())
        );
    }

    #[test]
    fn a_part_is_known_for_one_wherever_it_ends() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrue";
        for end in 0..answer.len() {
            let seen = read(&answer[..end], LIMIT);
            assert!(matches!(seen, Seen::Part), "{seen:?} of {end} bytes");
        }
    }

    #[test]
    fn what_is_not_usual_is_left_to_the_http_client() {
        let many = "X: y\r\n".repeat(MOST_HEADERS);
        for head in [
            "HTTP/1.0 200 OK\r\nContent-Length: 4",
            "HTTP/1.1 100 Continue\r\nContent-Length: 4",
            "HTTP/1.1 204 None\r\nContent-Length: 4",
            "HTTP/1.1 304 Same\r\nContent-Length: 4",
            "HTTP/1.1 302 There\r\nContent-Length: 4",
            "HTTP/1.1 600 What\r\nContent-Length: 4",
            "HTTP/1.1 200 OK\r\nServer: without a length",
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 4",
            "HTTP/1.1 200 OK\r\nContent-Length: 4, 4",
            "HTTP/1.1 200 OK\r\nContent-Length: +4",
            "HTTP/1.1 200 OK\r\nContent-Length: ",
            "HTTP/1.1 200 OK\r\nContent-Length: 101",
            "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551617",
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked",
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close",
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: keep-alive, close",
            &format!("HTTP/1.1 200 OK\r\n{many}Content-Length: 4"),
            "SSH-2.0-OpenSSH_9.2",
        ] {
            let seen = read(format!("{head}\r\n\r\ntrue").as_bytes(), LIMIT);
            assert!(matches!(seen, Seen::Other), "{seen:?} of {head}");
        }
    }
}
