//! What the service answers is read in whatever coding, charset and JSON it comes, and a refusal never passes for an
//! acceptance: in every dialect, on a new connection and on one that is there, for a request that waits and for a posted one.

mod server;

use std::io::Write;
use std::time::Duration;

use omnize::config::Config;
use omnize::error::Delivery;
use omnize::wire::{Address, BotRequest, Request, Start};
use omnize::{Client, Conversation};
use server::Server;

/// `{"success":false,"message":"blocked"}` by gzip.
const GZIP: &[u8] = &[
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 86, 42, 46, 77, 78, 78, 45, 46, 86, 178, 74, 75, 204, 41,
    78, 213, 81, 202, 5, 114, 18, 211, 83, 149, 172, 148, 146, 114, 242, 147, 179, 83, 83, 148,
    106, 1, 92, 80, 205, 233, 37, 0, 0, 0,
];
/// The same by deflate, as zlib has it.
const ZLIB: &[u8] = &[
    120, 218, 171, 86, 42, 46, 77, 78, 78, 45, 46, 86, 178, 74, 75, 204, 41, 78, 213, 81, 202, 5,
    114, 18, 211, 83, 149, 172, 148, 146, 114, 242, 147, 179, 83, 83, 148, 106, 1, 252, 141, 13,
    34,
];

fn client(dialect: &str, url: &str) -> Client {
    let mut config = Config::new();
    for (name, value) in [("token", "t"), ("dialect", dialect), ("base_url", url)] {
        config.set(name, value).unwrap();
    }
    config.set("answer.max_bytes", "100000").unwrap();
    Client::open(&config).unwrap()
}

fn address() -> Address {
    Address {
        department: "1".into(),
        client_id: "12".into(),
    }
}

/// A conversation that can send in this dialect, and what it sends.
fn conversation(client: &Client, dialect: &str) -> (Conversation, Request) {
    match dialect {
        "interactions" => {
            let accept = Request::Bot(BotRequest::Accept);
            (client.bot_attach("hash").unwrap(), accept)
        }
        _ => {
            let message = Request::Message("oi".into());
            (client.attach(address()).unwrap(), message)
        }
    }
}

/// An answer with these headers and this body.
fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn ok(body: &[u8]) -> Vec<u8> {
    answer("200 OK", "", body)
}

fn in_charset(charset: &str, body: &[u8]) -> Vec<u8> {
    let headers = format!("Content-Type: application/json; charset={charset}\r\n");
    answer("200 OK", &headers, body)
}

fn in_coding(coding: &str, body: &[u8]) -> Vec<u8> {
    answer("200 OK", &format!("Content-Encoding: {coding}\r\n"), body)
}

fn with_headers(headers: &str) -> Vec<u8> {
    answer(
        "200 OK",
        headers,
        br#"{"success":false,"message":"blocked"}"#,
    )
}

fn chunked(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}").into_bytes()
}

/// What became of a request that was answered like this, and what is said of it. `is_later` is the second request on a
/// connection.
fn ended(dialect: &str, is_later: bool, is_posted: bool, answer: &[u8]) -> (Delivery, String) {
    let answer = answer.to_vec();
    let server = Server::start(move |mut stream, read| {
        if is_later {
            assert!(read(&mut stream).is_some());
            stream.write_all(&ok(b"")).unwrap();
        }
        assert!(read(&mut stream).is_some());
        stream.write_all(&answer).unwrap();
    });
    let client = client(dialect, &server.url);
    let (chat, request) = conversation(&client, dialect);
    if is_later {
        chat.request(request.clone()).unwrap();
    }
    let (delivery, message) = if is_posted {
        chat.post(request).unwrap();
        let event = client.next(Duration::from_secs(20)).unwrap().unwrap();
        let outcome = event.outcome().unwrap();
        let accepted = Delivery::Accepted as i32;
        let rejected = Delivery::Rejected as i32;
        let delivery = match outcome.delivery {
            delivery if delivery == accepted => Delivery::Accepted,
            delivery if delivery == rejected => Delivery::Rejected,
            delivery => {
                assert_eq!(delivery, Delivery::Unknown as i32);
                Delivery::Unknown
            }
        };
        (delivery, outcome.message.to_string())
    } else {
        match chat.request(request) {
            Ok(()) => (Delivery::Accepted, String::new()),
            Err(error) => (error.delivery().unwrap(), error.message().to_owned()),
        }
    };
    assert_eq!(server.requests(), 1 + usize::from(is_later), "made twice");
    (delivery, message)
}

/// Each dialect, new and used connections, requests that wait and posted ones.
fn all_end(name: &str, answer: &[u8], delivery: Delivery, says: &str) {
    for dialect in ["rest", "gateway", "interactions"] {
        for (is_later, is_posted) in [(false, false), (true, false), (false, true), (true, true)] {
            let (became, message) = ended(dialect, is_later, is_posted, answer);
            let case =
                format!("{name}: {dialect}, later {is_later}, posted {is_posted}: {message}");
            assert_eq!(became, delivery, "{case}");
            assert!(message.contains(says), "{says:?} in {case}");
        }
    }
}

#[test]
fn a_compressed_refusal_is_a_refusal() {
    let both = [&[1, 55, 0, 200, 255][..], GZIP].concat();
    for (coding, body) in [
        ("gzip", GZIP),
        ("X-GZIP", GZIP),
        ("deflate", ZLIB),
        ("deflate", &ZLIB[2..ZLIB.len() - 4]),
        ("gzip, deflate", &both),
        ("identity", br#"{"success":false,"message":"blocked"}"#),
    ] {
        all_end(
            coding,
            &in_coding(coding, body),
            Delivery::Rejected,
            "it said: blocked",
        );
    }
    let refused = answer("422 No", "Content-Encoding: gzip\r\n", GZIP);
    all_end("422", &refused, Delivery::Rejected, "it said: blocked");
}

#[test]
fn a_coding_below_the_chunks_is_undone_too() {
    let chunks = [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n37\r\n",
        GZIP,
        b"\r\n0\r\n\r\n",
    ];
    all_end(
        "chunked",
        &chunks.concat(),
        Delivery::Rejected,
        "it said: blocked",
    );
}

#[test]
fn a_body_whose_coding_can_not_be_undone_leaves_the_outcome_unknown() {
    let accepted = br#"{"success":true}"#;
    for (coding, body, says) in [
        ("br", &accepted[..], "gzip, deflate are"),
        ("zstd", accepted, "gzip, deflate are"),
        ("gzip", accepted, "can't be decompressed"),
        ("gzip", &GZIP[..GZIP.len() - 1], "can't be decompressed"),
        ("deflate", &ZLIB[..20], "can't be decompressed"),
    ] {
        all_end(coding, &in_coding(coding, body), Delivery::Unknown, says);
    }
    let refused = answer("422 No", "Content-Encoding: br\r\n", b"\x01\x02");
    all_end(
        "422",
        &refused,
        Delivery::Rejected,
        "its reason can't be read",
    );
}

#[test]
fn a_body_that_grows_over_the_limit_leaves_the_outcome_unknown() {
    // 100,001 blanks by deflate; the limit is 100,000 bytes.
    let begin = [
        237, 193, 49, 1, 0, 0, 0, 194, 160, 42, 235, 159, 210, 26, 30, 64, 1,
    ];
    let blanks = |end: u8| [&begin[..], &[0; 96], &[end, 6]].concat();
    all_end(
        "over",
        &in_coding("deflate", &blanks(183)),
        Delivery::Unknown,
        "answer.max_bytes",
    );
    all_end(
        "within",
        &in_coding("deflate", &blanks(175)),
        Delivery::Accepted,
        "",
    );
    all_end(
        "plain",
        &ok(&[b' '; 100_001]),
        Delivery::Unknown,
        "answer.max_bytes",
    );
    let chunks = format!(
        "{}1\r\nx\r\n0\r\n\r\n",
        format!("C350\r\n{}\r\n", " ".repeat(50_000)).repeat(2)
    );
    all_end(
        "chunked",
        &chunked(&chunks),
        Delivery::Unknown,
        "answer.max_bytes",
    );
}

#[test]
fn a_refusal_is_read_in_its_charset() {
    let utf16: Vec<u8> =
        r#"{"success":false,"message":"não"}"#.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf32: Vec<u8> = r#"{"success":false,"message":"não"}"#
        .chars()
        .flat_map(|character| u32::from(character).to_be_bytes())
        .collect();
    let marked = [b"\xFF\xFE", &utf16[..]].concat();
    for (name, answer) in [
        (
            "mark",
            ok(b"\xEF\xBB\xBF{\"success\":false,\"errors\":[\"n\xC3\xA3o\"]}"),
        ),
        ("mark of UTF-16", in_charset("utf-8", &marked)),
        (
            "latin-1",
            in_charset("ISO-8859-1", b"{\"success\":false,\"message\":\"n\xE3o\"}"),
        ),
        ("UTF-16", in_charset("utf-16le", &utf16)),
        ("UTF-16 without a label", ok(&utf16)),
        ("UTF-32", in_charset("utf-32be", &utf32)),
        (
            "UTF-8",
            ok("{\"success\":false,\"message\":\"não\"}".as_bytes()),
        ),
        (
            "an escape",
            ok(br#"{"success":false,"message":"n\u00e3o"}"#),
        ),
    ] {
        all_end(name, &answer, Delivery::Rejected, "não");
    }
    let headers = "Content-Type: application/json; charset=ISO-8859-1\r\n";
    let refused = answer("422 No", headers, b"{\"message\":\"n\xE3o\"}");
    all_end("422", &refused, Delivery::Rejected, "it said: não");
    let replaced = ok(b"{\"success\":false,\"message\":\"n\xE3o\"}");
    all_end(
        "no charset",
        &replaced,
        Delivery::Rejected,
        "it said: n\u{FFFD}o",
    );
}

#[test]
fn json_that_is_not_quite_json_refuses_nevertheless() {
    let nested = format!(
        r#"{{"errors":{}"full"{}}}"#,
        "[".repeat(200),
        "]".repeat(200)
    );
    let beside = format!(
        r#"{{"x":{}{},"errors":["full"]}}"#,
        "[".repeat(40_000),
        "]".repeat(40_000)
    );
    for body in [
        r#"{"errors":["full \ud83d"]}"#,
        "{\"errors\":[\"full\t!\"]}",
        r#"{"errors":["full"],"success":false,}"#,
        r#"{"errors":["full"],"at":1e999}"#,
        r#"{"errors":["full",1e999]}"#,
        "{\"errors\":[\"full\"]}\0\0",
        "\0{\"errors\"\0:[\"full\"]}",
        r#"{"errors":["full"],"average":NaN}"#,
        r#"{"errors":["full"],"path":"C:\x"}"#,
        &nested,
        &beside,
    ] {
        let name = &body[..body.len().min(50)];
        all_end(name, &ok(body.as_bytes()), Delivery::Rejected, "full");
    }
}

#[test]
fn a_json_object_that_can_not_be_read_leaves_the_outcome_unknown() {
    for body in [
        "{",
        "{\"success\":fal",
        "{success:false}",
        "\u{FEFF} {\"success\":false} x",
    ] {
        all_end(
            body,
            &ok(body.as_bytes()),
            Delivery::Unknown,
            "can't be read",
        );
        let refused = answer("422 No", "", body.as_bytes());
        all_end(body, &refused, Delivery::Rejected, "no form that is known");
    }
    for body in ["", "OK", "<p>{</p>", "[", "\"{\"", "null"] {
        all_end(body, &ok(body.as_bytes()), Delivery::Accepted, "");
    }
}

#[test]
fn an_odd_head_is_read_as_browsers_and_curl_read_it() {
    let many = "X: y\r\n".repeat(130);
    let long = format!("X-Long: {}\r\n", "y".repeat(17_000));
    let longest = "X: y\r\n".repeat(10_900);
    for headers in [
        "X-Trace: a\r\n b\r\n",
        "X-Trace:\r\n\ta\r\n",
        "Server : x\r\n",
        "a header without a colon\r\n",
        "X: a\x01b\r\n",
        "X: a\0b\r\n",
        ": nothing\r\n",
        "b(ad): x\r\n",
        &many,
        &long,
        &longest,
        &format!("{many}Server : x\r\n"),
    ] {
        let name = &headers[..headers.len().min(30)];
        all_end(
            name,
            &with_headers(headers),
            Delivery::Rejected,
            "it said: blocked",
        );
    }
    let status = b"HTTP/1.1  200  O\x01K\r\nContent-Length: 37\r\n\r\n{\"success\":false,\"message\":\"blocked\"}";
    all_end("status", status, Delivery::Rejected, "it said: blocked");
}

#[test]
fn what_tells_where_an_answer_ends_is_read_strictly() {
    for head in [
        "Content-Length : 4",
        "Content-Length: 4\r\n 4",
        "Content-Length: 4\x01",
        "Content-Length: +4",
        "Content-Length: 4, 5",
        "Content-Length: 4\r\nContent-Length: 5",
        "Content-Length 4",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding:\r\n chunked",
        "Transfer-Encoding: chunked, gzip",
        "Connection : close",
    ] {
        let answer = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\ntrue");
        all_end(head, answer.as_bytes(), Delivery::Unknown, "not in HTTP");
    }
    for chunks in ["x\r\n", "2\n{}\n0\n\n", "-2\r\n{}", "2\r\n{}0\r\n"] {
        all_end(chunks, &chunked(chunks), Delivery::Unknown, "no HTTP");
    }
}

#[test]
fn a_head_that_is_too_large_is_said_to_be() {
    let large = with_headers(&format!("X: {}\r\n", "y".repeat(65_536)));
    all_end("one", &large, Delivery::Unknown, "more than 65536 bytes");
    let many = with_headers(&"X: y\r\n".repeat(11_000));
    all_end("many", &many, Delivery::Unknown, "more than 65536 bytes");
    let hints = "HTTP/1.1 103 Early\r\nLink: a\r\n\r\n".repeat(3_000);
    all_end(
        "hints",
        hints.as_bytes(),
        Delivery::Unknown,
        "more than 65536 bytes",
    );
}

#[test]
fn chunk_extensions_and_blanks_are_ignored() {
    let refusal = r#"{"success":false,"message":"blocked"}"#;
    for size in [
        "25;signature=\"0123456789abcdef0123\"",
        "25                         ",
        "25;a=b;c=\"d;e\"",
        "0000000000000000000025",
        "25 \t; a = b",
    ] {
        let chunks = chunked(&format!("{size}\r\n{refusal}\r\n0;x=\"y\"\r\nT: x\r\n\r\n"));
        all_end(size, &chunks, Delivery::Rejected, "it said: blocked");
    }
    let old = format!(
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n25\r\n{refusal}\r\n0\r\n\r\n"
    );
    all_end(
        "HTTP/1.0",
        old.as_bytes(),
        Delivery::Rejected,
        "it said: blocked",
    );
}

/// The hash of a start that is answered like this, by what the next request asks for.
fn hash(answer: &[u8], is_later: bool, is_posted: bool) -> String {
    let answer = answer.to_vec();
    let server = Server::start(move |mut stream, read| {
        if is_later {
            assert!(read(&mut stream).is_some());
            stream.write_all(&ok(b"[]")).unwrap();
        }
        assert!(read(&mut stream).is_some());
        stream.write_all(&answer).unwrap();
        while read(&mut stream).is_some() {
            stream.write_all(&ok(b"")).unwrap();
        }
    });
    let client = client("interactions", &server.url);
    if is_later {
        client.departments(None).unwrap();
    }
    let chat = client.prepare(address()).unwrap();
    if is_posted {
        chat.post(Request::Start(Box::default())).unwrap();
        client.next(Duration::from_secs(20)).unwrap().unwrap();
    } else {
        chat.start(Start::default()).unwrap();
    }
    chat.send("oi").unwrap();
    let path = server.requests.try_iter().last().unwrap();
    let hash = path.split("/interactions/").nth(1).unwrap();
    assert_eq!(chat.interaction_hash().as_deref(), hash.split('/').next());
    chat.interaction_hash().unwrap()
}

#[test]
fn the_hash_of_a_start_is_known_however_it_is_written() {
    for (answer, expected) in [
        (
            ok(b"\xEF\xBB\xBF{\"data\":{\"interaction_hash\":\"h1\"}}"),
            "h1",
        ),
        (
            ok(br#"{"data":{"interaction_hash":"h1","agent":"half \ud83d"}}"#),
            "h1",
        ),
        (
            ok(b"{\"data\":{\"interaction_hash\":\"h1\",\"agent\":\"a\tb\",},}"),
            "h1",
        ),
        (ok(br#"{"data":{"interaction_hash":"h1"},"x":1e999}"#), "h1"),
        (
            ok(br#"{"interaction_hash":12345678901234567890123}"#),
            "12345678901234567890123",
        ),
        (
            ok(br#"{"data":{"interaction_hash":18446744073709551616}}"#),
            "18446744073709551616",
        ),
        (
            in_charset(
                "latin1",
                b"{\"data\":{\"agent\":\"Jo\xE3o\",\"interaction_hash\":\"h1\"}}",
            ),
            "h1",
        ),
    ] {
        for (is_later, is_posted) in [(false, false), (true, false), (false, true), (true, true)] {
            assert_eq!(hash(&answer, is_later, is_posted), expected);
        }
    }
}

#[test]
fn departments_and_agents_are_read_in_their_charset_and_with_their_digits() {
    let list = b"[{\"id\":18446744073709551616,\"name\":\"T\xE9cnico\",\"channels\":[{\"id\":1e3,\"name\":\"x\"}]}, {\"id\":1.50,\"name\":\"y\",}]";
    let agents = b"{\"agents\":[{\"id\":12345678901234567890123,\"name\":\"Jos\xE9\"}],\"count\":1,\"averageService\":1e999}";
    let bodies = [&list[..], &[b"{\"departments\":", &list[..], b"}"].concat()]
        .map(|body| in_charset("iso-8859-1", body));
    for dialect in ["gateway", "interactions"] {
        for answer in &bodies {
            let server = Server::answering(answer.clone());
            let client = client(dialect, &server.url);
            for _ in 0..2 {
                let departments = client.departments(Some("12")).unwrap();
                let [first, second] = &departments[..] else {
                    panic!("{departments:?}")
                };
                assert_eq!(
                    (&*first.id, &*first.name),
                    ("18446744073709551616", "Técnico")
                );
                assert_eq!(first.channels[0].id, "1e3");
                assert_eq!(second.id, "1.50");
            }
        }
    }
    let marked = [b"\xEF\xBB\xBF", &br#"[{"id":1,"name":"x"}]"#[..]].concat();
    let server = Server::answering(ok(&marked));
    assert_eq!(
        client("interactions", &server.url)
            .departments(None)
            .unwrap()[0]
            .id,
        "1"
    );
    let server = Server::answering(in_charset("windows-1252", agents));
    let online = client("interactions", &server.url)
        .online_agents("1")
        .unwrap();
    assert_eq!(online.agents[0].id, "12345678901234567890123");
    assert_eq!(online.agents[0].name.expose(), "José");
    assert_eq!((online.count, online.average), (1, None));
}
