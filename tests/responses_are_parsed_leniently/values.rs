//! Values in responses: hashes, departments, agents.

use std::io::Write;
use std::time::Duration;

use omnize::wire::{Request, Start};

use super::http_server::Server;
use super::{address, client, in_charset, ok};

/// Returns the hash that the next request uses after a start with this response.
fn hash_used_by_next_request(response: &[u8], is_later: bool, is_posted: bool) -> String {
    let response = response.to_vec();
    let server = Server::start(move |mut stream, read| {
        if is_later {
            assert!(read(&mut stream).is_some());
            stream.write_all(&ok(b"[]")).unwrap();
        }
        assert!(read(&mut stream).is_some());
        stream.write_all(&response).unwrap();
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
    let hash_used_by_next_request = path.split("/interactions/").nth(1).unwrap();
    assert_eq!(
        chat.interaction_hash().as_deref(),
        hash_used_by_next_request.split('/').next()
    );
    chat.interaction_hash().unwrap()
}

#[test]
fn hash_in_a_start_response_is_found_in_every_form() {
    for (response, expected) in [
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
            assert_eq!(
                hash_used_by_next_request(&response, is_later, is_posted),
                expected
            );
        }
    }
}

#[test]
fn departments_and_agents_keep_their_text_and_digits() {
    let list = b"[{\"id\":18446744073709551616,\"name\":\"T\xE9cnico\",\"channels\":[{\"id\":1e3,\"name\":\"x\"}]}, {\"id\":1.50,\"name\":\"y\",}]";
    let agents = b"{\"agents\":[{\"id\":12345678901234567890123,\"name\":\"Jos\xE9\"}],\"count\":1,\"averageService\":1e999}";
    let bodies = [&list[..], &[b"{\"departments\":", &list[..], b"}"].concat()]
        .map(|body| in_charset("iso-8859-1", body));
    for dialect in ["gateway", "interactions"] {
        for response in &bodies {
            let server = Server::with_response(response.clone());
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
    let server = Server::with_response(ok(&marked));
    assert_eq!(
        client("interactions", &server.url)
            .departments(None)
            .unwrap()[0]
            .id,
        "1"
    );
    let server = Server::with_response(in_charset("windows-1252", agents));
    let online = client("interactions", &server.url)
        .online_agents("1")
        .unwrap();
    assert_eq!(online.agents[0].id, "12345678901234567890123");
    assert_eq!(online.agents[0].name.expose(), "José");
    assert_eq!((online.count, online.average), (1, None));
}
