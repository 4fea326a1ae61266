//! A compressed trigger is decompressed within the limit, or rejected with a status that contains the reason.

#![cfg(feature = "listener")]

#[path = "support/webhook_requests.rs"]
mod webhook_requests;

use omnize::status::Status;
use omnize::{Client, Statistic};
use webhook_requests::*;

/// Returns the body as stored (uncompressed) gzip.
fn gzip(body: &[u8]) -> Vec<u8> {
    let mut gzip = vec![0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255];
    for (at, block) in body.chunks(0xFFFF).enumerate() {
        let is_last = (at + 1) * 0xFFFF >= body.len();
        let length = block.len() as u16;
        gzip.push(u8::from(is_last));
        gzip.extend(length.to_le_bytes());
        gzip.extend((!length).to_le_bytes());
        gzip.extend(block);
    }
    gzip.extend(crc(body).to_le_bytes());
    gzip.extend((body.len() as u32).to_le_bytes());
    gzip
}

fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32| {
        if crc & 1 == 1 {
            crc >> 1 ^ 0xEDB8_8320
        } else {
            crc >> 1
        }
    };
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc))
    })
}

/// Returns the listener's response to this body.
fn response_to(client: &Client, coding: &str, body: &[u8]) -> String {
    let headers = format!("Content-Encoding: {coding}\r\n");
    exchange(client, &request(client, "POST", &headers, body))
}

#[test]
fn listener_delivers_decompressed_bytes() {
    let client = client(&[]);
    for coding in ["gzip", "x-gzip", "GZIP", "identity, gzip"] {
        let response = response_to(&client, coding, &gzip(TYPING.as_bytes()));
        assert_eq!(status_of(&response), 200, "{coding}");
        assert_eq!(&*next(&client).trigger().unwrap().raw, TYPING.as_bytes());
    }
    let twice = gzip(&gzip(TYPING.as_bytes()));
    assert_eq!(status_of(&response_to(&client, "gzip,gzip", &twice)), 200);
    next(&client);
    assert_no_event(&client);
}

#[test]
fn undecodable_bodies_are_rejected_and_the_connection_stays_open() {
    let client = client(&[("listen.max_body", "1000")]);
    let good = gzip(TYPING.as_bytes());
    let as_large_as_may_be = gzip(format!("{TYPING:1000}").as_bytes());
    assert!(as_large_as_may_be.len() > 1000);
    for (coding, body, status) in [
        ("br", &good[..], 415),
        ("gzip, zstd", &good, 415),
        ("\u{e9}", &good, 415),
        ("gzip", TYPING.as_bytes(), 400),
        ("gzip", &good[..good.len() - 1], 400),
        ("gzip", &as_large_as_may_be, 413),
    ] {
        let response = response_to(&client, coding, body);
        assert_eq!(status_of(&response), status, "{coding}: {response}");
        let lists_codings = response.contains("accept-encoding: gzip, deflate\r\n");
        assert_eq!(lists_codings, status == 415, "{response}");
        assert_no_event(&client);
    }
    assert_eq!(client.count_of(Statistic::Unreadable), 5);
    assert_eq!(client.count_of(Statistic::TooLarge), 1);
    let wrong = request(&client, "POST", "Content-Encoding: br\r\n", &good);
    let right = request(&client, "POST", "", TYPING.as_bytes());
    let responses = exchange(&client, &[wrong, right].concat());
    assert!(responses.contains("HTTP/1.1 415 ") && responses.contains("HTTP/1.1 200 "));
    next(&client);
}

#[test]
fn deliver_function_decodes_compressed_triggers() {
    let client = client(&[("listen.max_body", "1000")]);
    let deliver = |coding, body: &[u8]| client.deliver_compressed(body, None, coding);
    let good = gzip(TYPING.as_bytes());
    deliver(Some("gzip"), &good).unwrap();
    deliver(None, TYPING.as_bytes()).unwrap();
    for _ in 0..2 {
        assert_eq!(&*next(&client).trigger().unwrap().raw, TYPING.as_bytes());
    }
    let status = |coding, body: &[u8]| deliver(Some(coding), body).unwrap_err().status();
    assert_eq!(status("br", &good), Status::Unsupported);
    assert_eq!(status("gzip", TYPING.as_bytes()), Status::NotJson);
    assert_eq!(status("gzip", &gzip(b"{}")), Status::NoClientId);
    assert_eq!(
        status("gzip", &gzip(&[b' '; 1001])),
        Status::TriggerTooLarge
    );
    assert_no_event(&client);
}

#[cfg(feature = "store")]
#[test]
fn store_contains_decompressed_bytes() {
    let name = format!("omnize-{}-compressed.db", std::process::id());
    let store = std::env::temp_dir().join(name);
    let options = [("store", store.to_str().unwrap())];
    let first = client(&options);
    let latin = b"{\"message\":\"ol\xE1\",\"clientId\":\"12\"}";
    let headers = "Content-Encoding: gzip\r\nContent-Type: a/b; charset=latin1\r\n";
    let request = request(&first, "POST", headers, &gzip(latin));
    assert_eq!(status_of(&exchange(&first, &request)), 200);
    drop(first);
    let again = client(&options);
    let event = next(&again);
    assert_eq!(&*event.trigger().unwrap().raw, latin);
    assert_eq!(event.trigger().unwrap().text.as_deref(), Some("olá"));
    drop((event, again));
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{ending}", store.display()));
    }
}
