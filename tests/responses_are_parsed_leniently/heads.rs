//! Heads and chunks with unusual HTTP.

use omnize::error::Delivery;

use super::{assert_all, chunked, with_headers};

#[test]
fn unusual_heads_are_parsed_as_browsers_and_curl_do() {
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
        assert_all(
            name,
            &with_headers(headers),
            Delivery::Rejected,
            "its reason: blocked",
        );
    }
    let status = b"HTTP/1.1  200  O\x01K\r\nContent-Length: 37\r\n\r\n{\"success\":false,\"message\":\"blocked\"}";
    assert_all("status", status, Delivery::Rejected, "its reason: blocked");
}

#[test]
fn framing_headers_are_parsed_strictly() {
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
        let response = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\ntrue");
        assert_all(head, response.as_bytes(), Delivery::Unknown, "not in HTTP");
    }
    for chunks in ["x\r\n", "2\n{}\n0\n\n", "-2\r\n{}", "2\r\n{}0\r\n"] {
        assert_all(
            chunks,
            &chunked(chunks),
            Delivery::Unknown,
            "not valid HTTP",
        );
    }
}

#[test]
fn too_large_head_is_reported() {
    let large = with_headers(&format!("X: {}\r\n", "y".repeat(65_536)));
    assert_all("one", &large, Delivery::Unknown, "more than 65536 bytes");
    let many = with_headers(&"X: y\r\n".repeat(11_000));
    assert_all("many", &many, Delivery::Unknown, "more than 65536 bytes");
    let hints = "HTTP/1.1 103 Early\r\nLink: a\r\n\r\n".repeat(3_000);
    assert_all(
        "hints",
        hints.as_bytes(),
        Delivery::Unknown,
        "more than 65536 bytes",
    );
}

#[test]
fn chunk_extensions_and_spaces_are_ignored() {
    let refusal = r#"{"success":false,"message":"blocked"}"#;
    for size in [
        "25;signature=\"0123456789abcdef0123\"",
        "25                         ",
        "25;a=b;c=\"d;e\"",
        "0000000000000000000025",
        "25 \t; a = b",
    ] {
        let chunks = chunked(&format!("{size}\r\n{refusal}\r\n0;x=\"y\"\r\nT: x\r\n\r\n"));
        assert_all(size, &chunks, Delivery::Rejected, "its reason: blocked");
    }
    let old = format!(
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n25\r\n{refusal}\r\n0\r\n\r\n"
    );
    assert_all(
        "HTTP/1.0",
        old.as_bytes(),
        Delivery::Rejected,
        "its reason: blocked",
    );
}
