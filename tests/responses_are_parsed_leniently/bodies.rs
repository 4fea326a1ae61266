//! Codings, charsets and JSON of bodies.

use omnize::error::Delivery;

use super::{GZIP, ZLIB, assert_all, chunked, in_charset, in_coding, ok, response};

#[test]
fn compressed_rejection_is_rejected() {
    let both = [&[1, 55, 0, 200, 255][..], GZIP].concat();
    for (coding, body) in [
        ("gzip", GZIP),
        ("X-GZIP", GZIP),
        ("deflate", ZLIB),
        ("deflate", &ZLIB[2..ZLIB.len() - 4]),
        ("gzip, deflate", &both),
        ("identity", br#"{"success":false,"message":"blocked"}"#),
    ] {
        assert_all(
            coding,
            &in_coding(coding, body),
            Delivery::Rejected,
            "its reason: blocked",
        );
    }
    let refused = response("422 No", "Content-Encoding: gzip\r\n", GZIP);
    assert_all("422", &refused, Delivery::Rejected, "its reason: blocked");
}

#[test]
fn transfer_coding_is_decoded() {
    let chunks = [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n37\r\n",
        GZIP,
        b"\r\n0\r\n\r\n",
    ];
    assert_all(
        "chunked",
        &chunks.concat(),
        Delivery::Rejected,
        "its reason: blocked",
    );
}

#[test]
fn undecodable_body_is_unknown() {
    let accepted = br#"{"success":true}"#;
    for (coding, body, says) in [
        ("br", &accepted[..], "supported are gzip, deflate"),
        ("zstd", accepted, "supported are gzip, deflate"),
        ("gzip", accepted, "can't be decompressed"),
        ("gzip", &GZIP[..GZIP.len() - 1], "can't be decompressed"),
        ("deflate", &ZLIB[..20], "can't be decompressed"),
    ] {
        assert_all(coding, &in_coding(coding, body), Delivery::Unknown, says);
    }
    let refused = response("422 No", "Content-Encoding: br\r\n", b"\x01\x02");
    assert_all(
        "422",
        &refused,
        Delivery::Rejected,
        "its reason can't be read",
    );
}

#[test]
fn body_decompressed_over_the_limit_is_unknown() {
    // 100,001 spaces, compressed by deflate; the limit is 100,000 bytes.
    let begin = [
        237, 193, 49, 1, 0, 0, 0, 194, 160, 42, 235, 159, 210, 26, 30, 64, 1,
    ];
    let blanks = |end: u8| [&begin[..], &[0; 96], &[end, 6]].concat();
    assert_all(
        "over",
        &in_coding("deflate", &blanks(183)),
        Delivery::Unknown,
        "response.max_bytes",
    );
    assert_all(
        "within",
        &in_coding("deflate", &blanks(175)),
        Delivery::Accepted,
        "",
    );
    assert_all(
        "plain",
        &ok(&[b' '; 100_001]),
        Delivery::Unknown,
        "response.max_bytes",
    );
    let chunks = format!(
        "{}1\r\nx\r\n0\r\n\r\n",
        format!("C350\r\n{}\r\n", " ".repeat(50_000)).repeat(2)
    );
    assert_all(
        "chunked",
        &chunked(&chunks),
        Delivery::Unknown,
        "response.max_bytes",
    );
}

#[test]
fn rejection_is_decoded_by_its_charset() {
    let utf16: Vec<u8> =
        r#"{"success":false,"message":"não"}"#.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf32: Vec<u8> = r#"{"success":false,"message":"não"}"#
        .chars()
        .flat_map(|character| u32::from(character).to_be_bytes())
        .collect();
    let marked = [b"\xFF\xFE", &utf16[..]].concat();
    for (name, response) in [
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
        assert_all(name, &response, Delivery::Rejected, "não");
    }
    let headers = "Content-Type: application/json; charset=ISO-8859-1\r\n";
    let refused = response("422 No", headers, b"{\"message\":\"n\xE3o\"}");
    assert_all("422", &refused, Delivery::Rejected, "its reason: não");
    let replaced = ok(b"{\"success\":false,\"message\":\"n\xE3o\"}");
    assert_all(
        "no charset",
        &replaced,
        Delivery::Rejected,
        "its reason: n\u{FFFD}o",
    );
}

#[test]
fn lenient_json_rejection_is_rejected() {
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
        assert_all(name, &ok(body.as_bytes()), Delivery::Rejected, "full");
    }
}

#[test]
fn failure_in_another_form_is_rejected() {
    for body in [
        r#"{"success":"false","message":"full"}"#,
        r#"{"success":0,"message":"full"}"#,
        r#"{"Success":false,"Message":"full"}"#,
        r#"{"status":"error","message":"full"}"#,
        r#"{"error":"full"}"#,
        r#"[{"success":false,"message":"full"}]"#,
        "<b>Warning</b>: no index<br />\n{\"success\":false,\"message\":\"full\"}",
        r#""{\"success\":false,\"message\":\"full\"}""#,
    ] {
        let says = "its reason: full";
        assert_all(body, &ok(body.as_bytes()), Delivery::Rejected, says);
    }
}

#[test]
fn acceptance_with_an_empty_error_is_accepted() {
    for body in [
        r#"{"success":true,"error":"0"}"#,
        r#"{"success":true,"error":"none","errors":[""]}"#,
        r#"{"errors":{"base":[]}}"#,
    ] {
        assert_all(body, &ok(body.as_bytes()), Delivery::Accepted, "");
    }
}

#[test]
fn contradictory_response_is_unknown() {
    for body in [
        r#"{"success":false,"success":true}"#,
        r#"{"success":"perhaps"}"#,
        r#"[{"success":true},{"success":false}]"#,
        r#"{"success":true,"error":"full"}"#,
        "Warning {\"success\":fal",
    ] {
        let says = "may report a failure";
        assert_all(body, &ok(body.as_bytes()), Delivery::Unknown, says);
    }
}

#[test]
fn unparsable_json_object_is_unknown() {
    for body in [
        "{",
        "{\"success\":fal",
        "{success:false}",
        "\u{FEFF} {\"success\":false} x",
    ] {
        assert_all(
            body,
            &ok(body.as_bytes()),
            Delivery::Unknown,
            "is not valid JSON",
        );
        let refused = response("422 No", "", body.as_bytes());
        assert_all(body, &refused, Delivery::Rejected, "unknown form");
    }
    for body in ["", "OK", "<p>{</p>", "[", "\"{\"", "null"] {
        assert_all(body, &ok(body.as_bytes()), Delivery::Accepted, "");
    }
}
