//! An unauthorized request gets the same response on all paths.

#![cfg(feature = "listener")]

#[path = "support/webhook_requests.rs"]
mod webhook_requests;

use omnize::Statistic;
use webhook_requests::*;

/// Returns the response without the lines that always differ.
fn comparable_part(response: &str) -> String {
    let lines = response
        .lines()
        .filter(|line| !line.to_ascii_lowercase().starts_with("date:"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn unauthenticated_requests_get_equal_responses_on_all_paths() {
    let client = client(&[
        ("listen.path", "/hook/s3cret"),
        ("listen.basic", "joao:segredo"),
    ]);
    let (host, path) = webhook(&client);
    let send_request = |path: &str, method: &str, headers: &str, body: &[u8]| {
        exchange(&client, &request_at(&host, path, method, headers, body))
    };
    let first = send_request(&path, "POST", "", TYPING.as_bytes());
    assert_eq!(status_of(&first), 401);
    let challenge = "www-authenticate: basic";
    assert!(first.to_ascii_lowercase().contains(challenge), "{first}");
    let wrong = "Authorization: Basic am9hbzpzZWdyZWRh\r\n";
    for path in [path.as_str(), "/", "/hook", "/hook/s3cres"] {
        for method in ["POST", "GET", "DELETE"] {
            for headers in ["", wrong, "Authorization: Bearer x\r\n"] {
                let response = send_request(path, method, headers, &vec![b' '; 2_000_000]);
                assert_eq!(
                    comparable_part(&response),
                    comparable_part(&first),
                    "{method} {path}"
                );
            }
        }
    }
    assert_eq!(client.count_of(Statistic::BadCredentials), 37);

    let right = "Authorization: Basic am9hbzpzZWdyZWRv\r\n";
    assert_eq!(
        status_of(&send_request(&path, "POST", right, TYPING.as_bytes())),
        200
    );
    assert_eq!(status_of(&send_request("/hook", "POST", right, b"")), 404);
    assert_eq!(status_of(&send_request(&path, "GET", right, b"")), 405);
    next(&client);
    assert_no_event(&client);
}

#[test]
fn forbidden_networks_get_equal_responses_for_all_credentials() {
    let client = client(&[
        ("listen.allow", "127.0.0.2,2001:db8::/32"),
        ("listen.basic", "joao:segredo"),
        ("listen.health", "/health"),
    ]);
    let (host, path) = webhook(&client);
    let right = "Authorization: Basic am9hbzpzZWdyZWRv\r\n";
    for path in [path.as_str(), "/", "/health"] {
        for headers in ["", right, "X-Forwarded-For: 127.0.0.2\r\n"] {
            let response = exchange(&client, &request_at(&host, path, "GET", headers, b""));
            assert_eq!(status_of(&response), 403, "{path}");
        }
    }
    assert_eq!(client.count_of(Statistic::NotAllowed), 9);
    let allowed = connect_from("127.0.0.2", &host);
    let close = format!("{right}Connection: close\r\n");
    let trigger = request(&client, "POST", &close, TYPING.as_bytes());
    assert_eq!(status_of(&exchange_over(allowed, &trigger)), 200);
}

#[test]
fn ipv4_mapped_address_is_ipv4() {
    for (allow, trusted) in [
        ("::ffff:127.0.0.1", "::ffff:127.0.0.2"),
        ("::ffff:127.0.0.1/104,\n192.0.2.1", "::ffff:127.0.0.2/127"),
    ] {
        let client = client(&[("listen.allow", allow), ("listen.trusted_proxies", trusted)]);
        let host = webhook(&client).0;
        let from = |address: &str, forwarded: &str| {
            let headers = format!("{forwarded}Connection: close\r\n");
            let trigger = request(&client, "POST", &headers, TYPING.as_bytes());
            status_of(&exchange_over(connect_from(address, &host), &trigger))
        };
        assert_eq!(from("127.0.0.1", ""), 200);
        assert_eq!(from("127.0.0.2", "X-Forwarded-For: 127.0.0.1\r\n"), 200);
        assert_eq!(from("127.0.0.2", "X-Forwarded-For: 203.0.113.9\r\n"), 403);
    }
}

#[test]
fn only_trusted_proxies_set_the_forwarded_address() {
    let client = client(&[
        ("listen.allow", "198.51.100.0/24"),
        ("listen.trusted_proxies", "127.0.0.2"),
    ]);
    let host = webhook(&client).0;
    let from = |address: &str, forwarded: &str| {
        let headers = format!("X-Forwarded-For: {forwarded}\r\nConnection: close\r\n");
        let trigger = request(&client, "POST", &headers, TYPING.as_bytes());
        status_of(&exchange_over(connect_from(address, &host), &trigger))
    };
    assert_eq!(from("127.0.0.2", "198.51.100.7"), 200);
    assert_eq!(from("127.0.0.2", "203.0.113.9, 198.51.100.7"), 200);
    assert_eq!(from("127.0.0.2", "198.51.100.7, 203.0.113.9"), 403);
    assert_eq!(from("127.0.0.2", "unknown"), 403);
    assert_eq!(from("127.0.0.1", "198.51.100.7"), 403);
    assert_eq!(client.count_of(Statistic::Received), 2);
}

#[test]
fn health_check_needs_no_credentials_and_reveals_nothing_else() {
    let client = client(&[("listen.health", "/health"), ("listen.basic", "a:b")]);
    let host = webhook(&client).0;
    let send_request =
        |method: &str| exchange(&client, &request_at(&host, "/health", method, "", b""));
    for method in ["GET", "HEAD"] {
        let response = send_request(method);
        assert_eq!(status_of(&response), 200);
        assert!(response.ends_with("\r\n\r\n"), "{response}");
    }
    assert_eq!(status_of(&send_request("POST")), 401);
    assert_eq!(client.count_of(Statistic::BadCredentials), 1);
}

#[test]
fn webhook_url_is_returned_as_the_service_reaches_it() {
    let client = client(&[
        ("listen.path", "/a"),
        ("listen.public_url", "https://chat.example.com/hooks/"),
    ]);
    let url = "https://chat.example.com/hooks/a";
    assert_eq!(client.webhook_url(), Some(url));
}
