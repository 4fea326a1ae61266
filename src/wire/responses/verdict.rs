//! Decides from a response whether the service accepted the request, for all dialects.

use crate::wire::responses::field_verdict::FieldVerdict;
use crate::wire::responses::response_object::{Reason, find_result};

/// The result that a response reports.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The service accepted the request.
    Accepted,
    /// The service rejected it, with a reason.
    Rejected(Reason),
    /// The service rejected the token: the `status` in the body is 401 or 403.
    TokenRejected(Reason),
    /// The response cannot be parsed, and may be a rejection.
    Unknown,
}

/// Returns the verdict of a response.
///
/// HTTP 2xx means accepted, unless the body reports a failure: a `status` of 400 or more, `success` false, or non-empty `errors`. If no other
/// field reports a success, [other forms](crate::wire::responses::field_verdict) count too. An empty body and a body without JSON do not change this. If the
/// body contradicts itself, or begins like a JSON object but cannot be parsed, the verdict is unknown.
pub fn parse_verdict(http_status: u16, body: &str) -> Verdict {
    let found = find_result(body);
    let is_accepted = (200..300).contains(&http_status);
    match found.verdict {
        FieldVerdict::Silent | FieldVerdict::Success if is_accepted => Verdict::Accepted,
        FieldVerdict::Unclear if is_accepted => Verdict::Unknown,
        _ if body.trim().is_empty() => Verdict::Rejected(Reason::Missing),
        _ => {
            let reason = found.reason.unwrap_or(Reason::Unreadable);
            match found.rejects_token {
                true => Verdict::TokenRejected(reason),
                false => Verdict::Rejected(reason),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_2xx_response_without_an_error_is_accepted() {
        for body in [
            "",
            "OK",
            "[]",
            "{}",
            "null",
            r#"{"message":"done","status":200}"#,
            r#"{"status":"200"}"#,
            r#"{"status":"typing"}"#,
            r#"{"errors":[],"success":true}"#,
            r#"{"errors":null}"#,
            r#"{"errors":0,"error":""}"#,
            r#"{"success":true,"error":"0"}"#,
            r#"{"success":true,"error":" None "}"#,
            r#"{"error":"null"}"#,
            r#"{"error":"false","errors":"false"}"#,
            r#"{"success":true,"errors":" "}"#,
            r#"{"errors":[""]}"#,
            r#"{"errors":[null, "0", 0.0]}"#,
            r#"{"errors":{"base":[],"name":[{"detail":""}]}}"#,
            r#"{"errors":"[]","error":{"code":0}}"#,
            r#"{"status":"ok","error":"none"}"#,
            r#"{"success":"true"}"#,
            r#"{"success":1,"success":true}"#,
            r#"{"message":"false"}"#,
            r#"{"data":{"status":"error"}}"#,
            r#"[{"id":1,"state":0},{"id":2}]"#,
            "<style>a{color:red}</style><p>done",
            r#"<script>f({"a":1})</script>"#,
            "\"done\"",
            r#"{"errors":[ ],"success":null}"#,
            r#"{"status":1e400}"#,
        ] {
            assert_eq!(parse_verdict(200, body), Verdict::Accepted, "{body}");
        }
        assert_eq!(parse_verdict(204, ""), Verdict::Accepted);
    }

    #[test]
    fn a_2xx_response_with_an_error_is_rejected() {
        for (body, reason) in [
            (r#"{"message":"no","status":402}"#, Some("no")),
            (r#"{"status":401.5}"#, None),
            (r#"{"status":400.0}"#, None),
            (r#"{"success":false}"#, None),
            (
                r#"{"success":false,"errors":["a","b"]}"#,
                Some(r#"["a","b"]"#),
            ),
            (r#"{"errors":"bad"}"#, Some("bad")),
            (r#"{"message":"m","errors":{"a":1}}"#, Some(r#"m: {"a":1}"#)),
            (r#"{"success":true,"errors":["","m"]}"#, Some(r#"["","m"]"#)),
            (r#"{"success":true,"status":400,"message":"m"}"#, Some("m")),
            (
                r#"{"success":false,"status":200,"error":"none","message":"m"}"#,
                Some("m"),
            ),
            (
                r#"{"status":"ok","errors":{"none":"m"}}"#,
                Some(r#"{"none":"m"}"#),
            ),
        ] {
            let reason = reason.map_or(Reason::Missing, |reason| Reason::Given(reason.into()));
            let expected = Verdict::Rejected(reason);
            assert_eq!(parse_verdict(200, body), expected, "{body}");
        }
    }

    #[test]
    fn a_failure_in_another_form_is_rejected() {
        for body in [
            r#"{"success":"false","message":"m"}"#,
            r#"{"success":" False ","message":"m"}"#,
            r#"{"success":0,"message":"m"}"#,
            r#"{"success":-0.0,"message":"m"}"#,
            r#"{"success":"0","message":"m"}"#,
            r#"{"success":"no","message":"m"}"#,
            r#"{"Success":false,"Message":"m"}"#,
            r#"{"SUCCESS":false,"message":"m"}"#,
            r#"{"status":"422","message":"m"}"#,
            r#"{"status":"error","message":"m"}"#,
            r#"{"status":"Failed","message":"m"}"#,
            r#"{"status":false,"message":"m"}"#,
            r#"{"error":"m"}"#,
            r#"{"error":true,"message":"m"}"#,
            r#"{"success":false,"success":false,"message":"m","message":""}"#,
            r#"{"success":true,"success":false,"errors":"m"}"#,
            r#"{"errors":"m","errors":[]}"#,
            r#"[{"success":false,"message":"m"}]"#,
            r#"[{"success":false,"message":"m"}"#,
            r#"[1,{"errors":["m"]},]"#,
            "<br />\n<b>Warning</b>: x on line <b>3</b><br />\n{\"success\":false,\"message\":\"m\"}",
            r#")]}',{"success":false,"message":"m"}"#,
            r#"done({"success":false,"message":"m"});"#,
            r#""{\"success\":false,\"message\":\"m\"}""#,
        ] {
            match parse_verdict(200, body) {
                Verdict::Rejected(Reason::Given(reason)) => {
                    let shown = reason.replace("true", "m").replace("m: m", "m");
                    assert!(["m", r#"["m"]"#].contains(&&*shown), "{body}: {reason}");
                }
                other => panic!("{other:?} of {body}"),
            }
        }
    }

    #[test]
    fn a_body_with_status_401_or_403_rejects_the_token() {
        for http_status in [200, 422] {
            for body in [
                r#"{"message":"no","status":401}"#,
                r#"{"message":"no","status":403.0}"#,
                r#"{"message":"no","status":"401"}"#,
                r#"[{"message":"no","status":401}]"#,
                r#"Warning {"message":"no","status":401}"#,
            ] {
                let expected = Verdict::TokenRejected(Reason::Given("no".into()));
                assert_eq!(parse_verdict(http_status, body), expected, "{body}");
            }
        }
    }

    #[test]
    fn a_contradictory_response_has_an_unknown_verdict() {
        for body in [
            r#"{"success":false,"success":true}"#,
            r#"{"success":true,"success":false}"#,
            r#"{"status":500,"status":200}"#,
            r#"{"success":"perhaps"}"#,
            r#"{"success":""}"#,
            r#"{"success":[false]}"#,
            r#"[{"success":true},{"success":false}]"#,
            r#"{"success":true}{"success":false}"#,
            r#"{"success":true,"error":"m"}"#,
            r#"{"success":true,"error":true}"#,
            r#"{"error":{"code":1},"success":"yes"}"#,
            r#"{"success":true,"status":"error"}"#,
            r#"{"success":true,"status":"422"}"#,
            r#"{"success":1,"status":false}"#,
            r#"{"status":200,"success":"false"}"#,
            r#"{"status":200,"error":"m"}"#,
            r#"{"status":"ok","error":"m"}"#,
            r#"Warning {"success":true} {"success":false}"#,
            r#"Warning {"success":fal"#,
            r#"[{"success":fal"#,
            "false",
        ] {
            assert_eq!(parse_verdict(200, body), Verdict::Unknown, "{body}");
        }
    }

    #[test]
    fn a_text_with_many_braces_is_parsed_once() {
        let begun = std::time::Instant::now();
        for part in ["{", "{\"", "{\"a\":", "{}", "[{"] {
            parse_verdict(200, &format!("x{}", part.repeat(300_000)));
        }
        assert!(begun.elapsed() < std::time::Duration::from_secs(10));
    }

    #[test]
    fn any_other_status_is_rejected() {
        assert_eq!(parse_verdict(301, ""), Verdict::Rejected(Reason::Missing));
        assert_eq!(
            parse_verdict(422, r#"{"message":"no"}"#),
            Verdict::Rejected(Reason::Given("no".into()))
        );
    }

    #[test]
    fn a_reason_of_an_unknown_format_is_unreadable() {
        for (body, reason) in [
            ("<html>", Reason::Unreadable),
            ("Oops", Reason::Unreadable),
            (r#"["no"]"#, Reason::Unreadable),
            (r#"{"detail":"no"}"#, Reason::Unreadable),
            (" \r\n", Reason::Missing),
            ("{}", Reason::Missing),
            (r#"{"status":500,"message":""}"#, Reason::Missing),
        ] {
            assert_eq!(
                parse_verdict(500, body),
                Verdict::Rejected(reason),
                "{body:?}"
            );
        }
    }

    #[test]
    fn malformed_rejections_are_not_accepted() {
        let nested = format!(r#"{{"errors":{}1{}}}"#, "[".repeat(200), "]".repeat(200));
        let deep = "[".repeat(100_000);
        let after_deep = format!(
            r#"{{"deep":{deep}{},"success":false}}"#,
            "]".repeat(100_000)
        );
        for body in [
            r#"{"errors":["half \ud83d"]}"#,
            "{\"errors\":[\"a\tb\"]}",
            "{\"message\":\"a\tb\",\"success\":false}",
            r#"{"success":false,}"#,
            r#"{"success":false,"at":1e999}"#,
            r#"{"status":4e2}"#,
            r#"{"success":false,"at":NaN}"#,
            "{\"success\":false}\0",
            "\0{\0\"success\":false}",
            "{\"success\"\u{A0}:\u{A0}false}",
            r#"{"success":false,"path":"C:\x"}"#,
            r#"{"s\u0075ccess":false}"#,
            &nested,
            &after_deep,
        ] {
            let verdict = parse_verdict(200, body);
            assert!(
                matches!(verdict, Verdict::Rejected(_)),
                "{verdict:?} of {body}"
            );
        }
    }

    #[test]
    fn an_unreadable_object_has_an_unknown_verdict() {
        let deep = format!(r#"{{"a":{}"#, "[".repeat(100_000));
        for body in [
            "{",
            r#"{"success":false"#,
            r#"{"success":False}"#,
            r#"{success:false}"#,
            r#"{"success":false} x"#,
            "\u{FEFF} {'success':false}",
            &deep,
        ] {
            assert_eq!(parse_verdict(200, body), Verdict::Unknown, "{body}");
            let unreadable = Verdict::Rejected(Reason::Unreadable);
            assert_eq!(parse_verdict(500, body), unreadable, "{body}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(parse_verdict(200, &deep), Verdict::Accepted);
    }

    #[test]
    fn a_reason_is_printed_without_blanks_and_escapes() {
        let body = "{\"errors\": { \"b\": [1e3, \"n\\u00e3o  \\\" }\"],\n\"a\":12345678901234567890123 } }";
        let shown = "{\"b\":[1e3,\"não  \\\" }\"],\"a\":12345678901234567890123}";
        assert_eq!(
            parse_verdict(200, body),
            Verdict::Rejected(Reason::Given(shown.into()))
        );
    }
}
