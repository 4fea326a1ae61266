//! With any bytes from a peer, the listener continues, accepts only valid triggers, and never parses a request in two
//! ways.

#![cfg(feature = "listener")]

#[path = "support/webhook_requests.rs"]
mod webhook_requests;

use omnize::{Client, Statistic};
use webhook_requests::*;

/// Returns the request that an attacker would hide after another one.
fn smuggled_request(client: &Client) -> String {
    let body = r#"{"message":"smuggled","clientId":"12"}"#;
    String::from_utf8(request(client, "POST", "", body.as_bytes())).unwrap()
}

/// Sends a request with these header lines and this rest, and a hidden request after it.
fn send(client: &Client, version: &str, lines: &str, rest: &str) -> String {
    let (host, path) = webhook(client);
    let smuggled = smuggled_request(client);
    let bytes =
        format!("POST {path} HTTP/{version}\r\nHost: {host}\r\n{lines}\r\n{rest}{smuggled}");
    exchange(client, bytes.as_bytes())
}

fn assert_responsive(client: &Client) {
    assert_eq!(post(client, TYPING), 200);
    assert_eq!(&*next(client).trigger().unwrap().raw, TYPING.as_bytes());
    assert_no_event(client);
}

#[test]
fn contradicting_lengths_are_rejected() {
    let client = client(&[]);
    let length = TYPING.len();
    let chunk = format!("{length:x}\r\n{TYPING}\r\n0\r\n\r\n");
    let cases = [
        format!("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n"),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n"),
        format!("transfer-encoding: CHUNKED\r\nX: y\r\nCONTENT-LENGTH:{length}\r\n"),
        format!("Content-Length: {length}\r\nContent-Length: 1\r\n"),
        format!("Content-Length: {length}, 1\r\n"),
        format!("Content-Length: +{length}\r\n"),
        "Content-Length: -1\r\n".into(),
        "Content-Length: 99999999999999999999\r\n".into(),
        "Content-Length: 0x10\r\n".into(),
        "Content-Length:\r\n".into(),
        "Transfer-Encoding: xchunked\r\n".into(),
        "Transfer-Encoding: chunked, identity\r\n".into(),
        "Transfer-Encoding: gzip\r\n".into(),
        format!("Content-Length : {length}\r\n"),
        "Transfer-Encoding : chunked\r\n".into(),
        "Transfer-Encoding:\r\n chunked\r\n".into(),
        "X: a\nTransfer-Encoding: chunked\r\n".into(),
        "X: a\rTransfer-Encoding: chunked\r\n".into(),
    ];
    for lines in &cases {
        let body = if lines.to_ascii_lowercase().contains("transfer") {
            &chunk
        } else {
            TYPING
        };
        let response = send(&client, "1.1", lines, body);
        assert_eq!(status_of(&response), 400, "{lines:?}");
        assert_eq!(
            response.matches("HTTP/1.1").count(),
            1,
            "{lines:?}: {response}"
        );
        assert_no_event(&client);
    }
    let old = send(&client, "1.0", "Transfer-Encoding: chunked\r\n", &chunk);
    assert!(old.contains(" 400 "), "{old}");
    assert_no_event(&client);
    assert_eq!(
        client.count_of(Statistic::Malformed),
        cases.len() as u64 + 1
    );
    assert_responsive(&client);
}

#[test]
fn contradicting_lengths_in_a_pipeline_get_400_and_close_the_connection() {
    let client = client(&[]);
    let (host, path) = webhook(&client);
    let whole = String::from_utf8(request(&client, "POST", "", TYPING.as_bytes())).unwrap();
    let smuggled = smuggled_request(&client);
    let both = "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n";
    let chunk = format!("{:x}\r\n{TYPING}\r\n0\r\n\r\n", TYPING.len());
    let length = format!("Content-Length: {}\r\n", TYPING.len());
    for (lines, body) in [
        (both.to_owned(), chunk.as_str()),
        (both.to_owned(), "0\r\n\r\n"),
        (format!("X: a\n{length}"), TYPING),
        (format!("{length}Content-Length: 1\r\n"), TYPING),
    ] {
        for before in 1..4 {
            let bytes = format!(
                "{}POST {path} HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n{body}{smuggled}",
                whole.repeat(before)
            );
            let responses = exchange(&client, bytes.as_bytes());
            let statuses: Vec<_> = responses.split("HTTP/1.1 ").skip(1).collect();
            assert_eq!(statuses.len(), before + 1, "{lines:?}: {responses}");
            let (last, good) = statuses.split_last().unwrap();
            assert!(good.iter().all(|response| response.starts_with("200")));
            assert!(last.starts_with("400"), "{lines:?}: {responses}");
            for _ in 0..before {
                assert_eq!(&*next(&client).trigger().unwrap().raw, TYPING.as_bytes());
            }
            assert_no_event(&client);
        }
    }
    assert_responsive(&client);
}

#[test]
fn pipeline_with_every_kind_of_body_gets_responses() {
    let client = client(&[("listen.health", "/health")]);
    let (host, path) = webhook(&client);
    let length = TYPING.len();
    let start = format!("POST {path} HTTP/1.1\r\nHost: {host}\r\n");
    let kinds = [
        format!("{start}Content-Length: {length}\r\n\r\n{TYPING}"),
        format!("\r\n{start}Content-Length: {length}\r\nContent-Length: {length}\r\n\r\n{TYPING}"),
        format!("{start}Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{TYPING}\r\n0\r\n\r\n"),
        format!(
            "{start}Transfer-Encoding: chunked\r\n\r\n1 ;a=b\r\n{{\r\n{:X}\r\n{}\r\n0\r\nA: b\r\n\r\n",
            length - 1,
            &TYPING[1..]
        ),
        format!("GET /health HTTP/1.1\r\nHost: {host}\r\n\r\n"),
    ];
    let all = kinds.concat().repeat(20);
    // In one piece, and in pieces of any length.
    for size in [all.len(), 7, 100, 1000] {
        let mut stream = std::net::TcpStream::connect(&host).unwrap();
        for piece in all.as_bytes().chunks(size) {
            std::io::Write::write_all(&mut stream, piece).unwrap();
        }
        let responses = exchange_over(stream, b"");
        assert_eq!(
            responses.matches("HTTP/1.1 200").count(),
            100,
            "{responses}"
        );
        for _ in 0..80 {
            next(&client);
        }
        assert_no_event(&client);
    }
}

#[test]
fn missing_or_invalid_host_is_rejected() {
    let client = client(&[]);
    let path = webhook(&client).1;
    let send = |target: &str, version: &str, lines: &str| {
        let length = TYPING.len();
        let bytes = format!(
            "POST {target} HTTP/{version}\r\n{lines}Content-Length: {length}\r\n\r\n{TYPING}"
        );
        exchange(&client, bytes.as_bytes())
    };
    for lines in [
        "",
        "Host: a\r\nHost: a\r\n",
        "Host: a\r\nHost: b\r\n",
        "Host: a b\r\n",
        "Host: a,b\r\n",
        "Host: http://a\r\n",
        "Host: a/b\r\n",
        "Host: u@a\r\n",
        "Host: a:b\r\n",
        "Host: [::1\r\n",
        "Host: ol\u{e1}\r\n",
    ] {
        assert_eq!(status_of(&send(&path, "1.1", lines)), 400, "{lines:?}");
        assert_no_event(&client);
    }
    let absolute = format!("http://elsewhere{path}");
    assert_eq!(status_of(&send(&absolute, "1.1", "")), 400);
    for (target, version, lines) in [
        (&path, "1.0", ""),
        (&path, "1.0", "Host: a\r\n"),
        (&path, "1.1", "Host: a:80\r\n"),
        (&path, "1.1", "HOST:[::1]:80 \r\n"),
        (&absolute, "1.1", "Host: elsewhere\r\n"),
    ] {
        let response = send(target, version, lines);
        assert!(
            response.contains(" 200 OK\r\n"),
            "{target} {lines:?}: {response}"
        );
        next(&client);
    }
    for lines in ["Host: a\r\nHost: a\r\n", "Host: a b\r\n"] {
        let response = send(&path, "1.0", lines);
        assert!(response.contains(" 400 "), "{lines:?}: {response}");
    }
    assert_responsive(&client);
}

#[test]
fn number_of_header_lines_is_limited_only_by_size() {
    let client = client(&[]);
    let trigger = |count| request(&client, "POST", &"a:b\r\n".repeat(count), TYPING.as_bytes());
    for count in [97, 98, 99, 100, 101, 500, 2500] {
        assert_eq!(
            status_of(&exchange(&client, &trigger(count))),
            200,
            "{count}"
        );
        next(&client);
    }
    // Over one connection, in pieces, and pipelined.
    let all = [
        trigger(1),
        trigger(150),
        trigger(1),
        trigger(300),
        trigger(0),
    ];
    for size in [60_000, 1000, 7] {
        let mut stream = std::net::TcpStream::connect(webhook(&client).0).unwrap();
        for trigger in &all {
            for piece in trigger.chunks(size) {
                std::io::Write::write_all(&mut stream, piece).unwrap();
            }
            assert_eq!(status_of(&read_head(&mut stream)), 200, "pieces of {size}");
            next(&client);
        }
    }
    let responses = exchange(&client, &all.concat());
    assert_eq!(
        responses.matches("HTTP/1.1 200").count(),
        all.len(),
        "{responses}"
    );
    for _ in &all {
        next(&client);
    }
    let too_many = "a:b\r\n".repeat(4000);
    let trigger = request(&client, "POST", &too_many, TYPING.as_bytes());
    assert_eq!(status_of(&exchange(&client, &trigger)), 431);
    assert_responsive(&client);
}

#[test]
fn heads_of_every_allowed_size_are_handled() {
    let client = client(&[("listen.max_head", "10000000")]);
    let lines = "a:\r\n".repeat(40_000);
    let trigger = request(&client, "POST", &lines, TYPING.as_bytes());
    assert_eq!(status_of(&exchange(&client, &trigger)), 431);
    let fits = "a:\r\n".repeat(20_000);
    let trigger = request(&client, "POST", &fits, TYPING.as_bytes());
    assert_eq!(status_of(&exchange(&client, &trigger)), 200);
    next(&client);
    assert_responsive(&client);
}

#[test]
fn invalid_chunks_are_rejected() {
    let client = client(&[]);
    for chunks in [
        "x\r\n",
        "-1\r\nab\r\n0\r\n\r\n",
        "fffffffffffffffff\r\nab\r\n",
        "ffffffffffffffff\r\nab\r\n",
        "2\r\nabc\r\n0\r\n\r\n",
        "2\nab\n0\n\n",
        "0x2\r\nab\r\n0\r\n\r\n",
        "\r\n",
    ] {
        let response = send(&client, "1.1", "Transfer-Encoding: chunked\r\n", chunks);
        assert!(
            [400, 413].contains(&status_of(&response)),
            "{chunks:?}: {response}"
        );
        assert_eq!(
            response.matches("HTTP/1.1").count(),
            1,
            "{chunks:?}: {response}"
        );
        assert_no_event(&client);
    }
    assert_responsive(&client);
}

#[test]
fn invalid_heads_are_rejected() {
    let client = client(&[]);
    let (host, path) = webhook(&client);
    let good = format!("POST {path} HTTP/1.1\r\nHost: {host}\r\n");
    let length = format!("Content-Length: {}\r\n", TYPING.len());
    for head in [
        format!("{good}X: a\0b\r\n{length}\r\n"),
        format!("{good}X\0: a\r\n{length}\r\n"),
        format!("{good}X: a\n{length}\r\n"),
        format!("{good}{length}\n"),
        format!("POST {path} HTTP/1.1\n{length}\n"),
        format!("POST {path}\0 HTTP/1.1\r\n{length}\r\n"),
        format!("POST {path} x HTTP/1.1\r\n{length}\r\n"),
        format!("POST  {path} HTTP/1.1\r\n{length}\r\n"),
        format!("P\u{e9}ST {path} HTTP/1.1\r\n{length}\r\n"),
        format!("POST {path} HTTP/9.9\r\n{length}\r\n"),
        format!("POST {path}\r\n{length}\r\n"),
        format!("{good}no colon\r\n{length}\r\n"),
        format!("{good}: no name\r\n{length}\r\n"),
        format!("{good}X: a\r\n folded\r\n{length}\r\n"),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into(),
        "\x16\x03\x01\x02\x00\x01\x00\x01\u{fc}\x03\x03".into(),
    ] {
        let response = exchange(&client, format!("{head}{TYPING}").as_bytes());
        assert_eq!(status_of(&response), 400, "{head:?}");
        assert_no_event(&client);
    }
    assert_responsive(&client);
}

#[test]
fn too_large_heads_are_rejected() {
    let client = client(&[("listen.max_head", "2000")]);
    let fits = format!("X: {}\r\n", "a".repeat(1500));
    let trigger = request(&client, "POST", &fits, TYPING.as_bytes());
    assert_eq!(status_of(&exchange(&client, &trigger)), 200);
    next(&client);
    let long_line = format!("X: {}\r\n", "a".repeat(3000));
    let many_lines = "X: a\r\n".repeat(1000);
    for lines in [long_line, many_lines] {
        let trigger = request(&client, "POST", &lines, TYPING.as_bytes());
        assert_eq!(status_of(&exchange(&client, &trigger)), 431);
    }
    let host = webhook(&client).0;
    let long_path = request_at(&host, &"/a".repeat(50_000), "POST", "", b"");
    assert_eq!(status_of(&exchange(&client, &long_path)), 431);
    assert_eq!(client.count_of(Statistic::HeadTooLarge), 3);
    assert_responsive(&client);
}

#[test]
fn truncated_request_is_not_a_trigger() {
    let client = client(&[]);
    let (host, path) = webhook(&client);
    let with_length = request(&client, "POST", "", TYPING.as_bytes());
    let (first, second) = TYPING.split_at(9);
    let chunked = format!(
        "PUT {path} HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
        second.len()
    );
    for whole in [with_length, chunked.into_bytes()] {
        for length in 0..whole.len() {
            let response = exchange(&client, &whole[..length]);
            assert!(
                !response.starts_with("HTTP/1.1 2"),
                "{length} of {}: {response}",
                whole.len()
            );
        }
        assert_eq!(status_of(&exchange(&client, &whole)), 200);
        next(&client);
    }
    assert_responsive(&client);
}

#[test]
fn pipeline_responses_are_in_order_until_the_rejected_request() {
    let client = client(&[]);
    let host = webhook(&client).0;
    let good = request(&client, "POST", "", TYPING.as_bytes());
    let wrong = request_at(&host, "/", "POST", "", TYPING.as_bytes());
    let responses = exchange(&client, &[&good[..], &good, &wrong, &good].concat());
    let statuses: Vec<_> = responses
        .split("HTTP/1.1 ")
        .skip(1)
        .map(|response| &response[..3])
        .collect();
    assert_eq!(statuses, ["200", "200", "404"]);
    next(&client);
    next(&client);
    assert_responsive(&client);
}

#[test]
fn unusual_bodies_are_parsed_or_rejected() {
    let client = client(&[]);
    let deep = 100_000;
    let (open, close) = ("[".repeat(deep), "]".repeat(deep));
    for refused in [
        open.clone(),
        format!("{open}{close}"),
        format!(r#"{{"clientId":{open}{close},"status":"typing"}}"#),
        "{\"a\":".repeat(deep),
        r#"{"clientId":"1","status":"typing"}x"#.into(),
        r#"{"clientId":null,"status":"typing"}"#.into(),
        "\0".repeat(100),
    ] {
        assert_eq!(post(&client, &refused), 400, "{}", &refused[..20]);
    }
    assert_no_event(&client);

    let trigger = |body: &[u8]| {
        let response = exchange(&client, &request(&client, "POST", "", body));
        assert_eq!(status_of(&response), 200);
        let event = next(&client);
        assert_eq!(&*event.trigger().unwrap().raw, body);
        event.trigger().unwrap().clone()
    };
    let beside = format!(r#"{{"clientId":"1","status":"typing","x":{open}{close}}}"#);
    assert_eq!(trigger(beside.as_bytes()).client_id, "1");
    let twice = trigger(br#"{"clientId":"1","clientId":"2","status":"typing"}"#);
    assert_eq!(twice.client_id, "2");
    for id in [
        "18446744073709551616",
        "123456789012345678901234567890",
        "-1",
        "1e400",
    ] {
        let body = format!(r#"{{"clientId":{id},"status":"typing"}}"#);
        assert_eq!(trigger(body.as_bytes()).client_id, id);
    }
    let alone = trigger(br#"{"clientId":"1","message":"a\ud800b\udc00"}"#);
    assert_eq!(alone.text.as_deref(), Some("a\u{fffd}b\u{fffd}"));
    let invalid = trigger(b"{\"clientId\":\"1\",\"message\":\"a\xff\xfe\xc3\"}");
    assert!(invalid.replaced);
    assert_responsive(&client);
}
