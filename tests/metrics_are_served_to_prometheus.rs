//! The path of listen.metrics responds with the statistics of the listener and its clients, to those who may post triggers.
//! Without credentials or an address list, only programs of the same machine can read it.
//! It contains no client id, token or path. Without the option there is no such path.

#![cfg(feature = "listener")]

#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/webhook_requests.rs"]
mod webhook_requests;

use omnize::config::Config;
use omnize::status::Status;
use omnize::wire::Address;
use omnize::{Client, Listener, Statistic};
use webhook_requests::{TYPING, exchange_with, request_at, split_url, status_of};

const SECRET_TOKEN: &str = "segredo-do-portal";
const SECRET_PATH: &str = "/caminho-secreto";
const SECRET_CUSTOMER: &str = "12345678909";

fn config(options: &[(&str, &str)]) -> Config {
    let mut config = Config::new();
    for (name, value) in options {
        config.set(name, value).unwrap();
    }
    config
}

fn client(options: &[(&str, &str)]) -> Client {
    let mut all = vec![("token", SECRET_TOKEN)];
    all.extend(options);
    Client::open(&config(&all)).unwrap()
}

fn get(host: &str, path: &str, headers: &str) -> String {
    exchange_with(host, &request_at(host, path, "GET", headers, b""))
}

fn post(host: &str, path: &str, body: &str) -> u16 {
    let request = request_at(host, path, "POST", "", body.as_bytes());
    status_of(&exchange_with(host, &request))
}

/// Returns the value of a sample.
#[track_caller]
fn sample(response: &str, series: &str) -> f64 {
    let line = response
        .lines()
        .find(|line| line.starts_with(&format!("{series} ")));
    let line = line.unwrap_or_else(|| panic!("no {series} in\n{response}"));
    line[series.len() + 1..].parse().unwrap()
}

#[test]
fn the_path_responds_with_the_statistics_of_both_directions() {
    let server = http_server::Server::with_response(http_server::http("200 OK", ""));
    let client = client(&[
        ("base_url", &server.url),
        ("listen", "127.0.0.1:0"),
        ("listen.path", SECRET_PATH),
        ("listen.metrics", "/metrics"),
    ]);
    let (host, path) = split_url(client.webhook_url().unwrap());
    assert_eq!(post(&host, &path, TYPING), 200);
    assert_eq!(post(&host, &path, "not json"), 400);
    assert_eq!(post(&host, "/elsewhere", TYPING), 404);
    let address = Address {
        department: "1".into(),
        client_id: SECRET_CUSTOMER.into(),
    };
    client.attach(address).unwrap().send("segredo").unwrap();
    let response = get(&host, "/metrics", "");
    assert_eq!(status_of(&response), 200);
    let head = response.to_ascii_lowercase();
    assert!(
        head.contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"),
        "{head}"
    );
    for (series, value) in [
        (
            "omnize_triggers_total{client=\"1\",result=\"accepted\"}",
            1.0,
        ),
        (
            "omnize_triggers_total{client=\"1\",result=\"unreadable\"}",
            1.0,
        ),
        ("omnize_queued_events{client=\"1\"}", 1.0),
        (
            "omnize_requests_total{client=\"1\",result=\"accepted\"}",
            1.0,
        ),
        ("omnize_opened_connections_total{client=\"1\"}", 1.0),
        ("omnize_request_duration_seconds_count{client=\"1\"}", 1.0),
        ("omnize_listener_requests_total{result=\"accepted\"}", 1.0),
        ("omnize_listener_requests_total{result=\"wrong_path\"}", 1.0),
    ] {
        assert_eq!(sample(&response, series), value, "{series}");
    }
    for secret in [SECRET_TOKEN, SECRET_PATH, SECRET_CUSTOMER, "segredo"] {
        assert!(!response.contains(secret), "{secret} is in {response}");
    }
}

#[test]
fn without_the_option_there_is_no_such_path() {
    let client = client(&[("listen", "127.0.0.1:0")]);
    let (host, _) = split_url(client.webhook_url().unwrap());
    assert_eq!(status_of(&get(&host, "/metrics", "")), 404);
    assert_eq!(client.count_of(Statistic::WrongPath), 1);
}

#[test]
fn only_get_and_head_read_the_statistics() {
    let client = client(&[("listen", "127.0.0.1:0"), ("listen.metrics", "/metrics")]);
    let (host, _) = split_url(client.webhook_url().unwrap());
    let posted = exchange_with(
        &host,
        &request_at(&host, "/metrics", "POST", "", TYPING.as_bytes()),
    );
    assert_eq!(status_of(&posted), 405);
    assert!(
        posted.to_ascii_lowercase().contains("\nallow: get, head\r"),
        "{posted}"
    );
    assert_eq!(client.count_of(Statistic::WrongMethod), 1);
    assert_eq!(status_of(&get(&host, "/metrics/", "")), 404);
    assert_eq!(status_of(&get(&host, "/metri%63s?x=1", "")), 200);
    let head = exchange_with(&host, &request_at(&host, "/metrics", "HEAD", "", b""));
    assert_eq!(status_of(&head), 200);
    assert!(
        head.ends_with("\r\n\r\n") && !head.contains("omnize_"),
        "{head}"
    );
}

#[test]
fn addresses_and_credentials_are_required_as_for_triggers() {
    let options = [
        ("listen", "127.0.0.1:0"),
        ("listen.metrics", "/metrics"),
        ("listen.basic", "user:pass"),
    ];
    let client = client(&options);
    let (host, _) = split_url(client.webhook_url().unwrap());
    let denied = get(&host, "/metrics", "");
    assert_eq!(status_of(&denied), 401);
    assert!(!denied.contains("omnize_"));
    let allowed = get(&host, "/metrics", "Authorization: Basic dXNlcjpwYXNz\r\n");
    assert_eq!(status_of(&allowed), 200);
    let series = "omnize_listener_requests_total{result=\"bad_credentials\"}";
    assert_eq!(sample(&allowed, series), 1.0);

    let outside = self::client(&[
        ("listen", "127.0.0.1:0"),
        ("listen.metrics", "/metrics"),
        ("listen.allow", "192.0.2.1"),
    ]);
    let (host, _) = split_url(outside.webhook_url().unwrap());
    assert_eq!(status_of(&get(&host, "/metrics", "")), 403);
}

#[test]
fn each_client_of_a_shared_listener_has_its_own_number() {
    let options = [("listen", "127.0.0.1:0"), ("listen.metrics", "/metrics")];
    let listener = Listener::open(&config(&options)).unwrap();
    let (first, second) = (client(&[]), client(&[]));
    listener.attach(&first, Some(SECRET_PATH)).unwrap();
    let host = split_url(&listener.url(&first).unwrap()).0;
    assert_eq!(post(&host, SECRET_PATH, TYPING), 200);
    let accepted = |response: &str, number: u32| {
        let series = format!("omnize_triggers_total{{client=\"{number}\",result=\"accepted\"}}");
        sample(response, &series)
    };
    listener.attach(&second, None).unwrap();
    let response = get(&host, "/metrics", "");
    assert_eq!((accepted(&response, 1), accepted(&response, 2)), (1.0, 0.0));

    // A number is not used again, so that no counter of Prometheus falls.
    listener.detach(&first).unwrap();
    let third = client(&[]);
    listener.attach(&third, Some(SECRET_PATH)).unwrap();
    assert_eq!(post(&host, SECRET_PATH, TYPING), 200);
    let response = get(&host, "/metrics", "");
    assert_eq!((accepted(&response, 2), accepted(&response, 3)), (0.0, 1.0));
    assert!(!response.contains("client=\"1\""), "{response}");
    assert!(!response.contains(SECRET_PATH), "{response}");
    let all = "omnize_listener_requests_total{result=\"accepted\"}";
    assert_eq!(sample(&response, all), 2.0);
}

#[test]
fn a_listener_without_clients_has_statistics() {
    let options = [("listen", "127.0.0.1:0"), ("listen.metrics", "/metrics")];
    let listener = Listener::open(&config(&options)).unwrap();
    let guest = client(&[]);
    listener.attach(&guest, None).unwrap();
    let host = split_url(&listener.url(&guest).unwrap()).0;
    listener.detach(&guest).unwrap();
    let response = get(&host, "/metrics", "");
    assert_eq!(status_of(&response), 200);
    assert!(!response.contains("client="), "{response}");
}

#[test]
fn the_path_belongs_to_no_client_and_to_no_health_check() {
    let equal = [
        ("token", "t"),
        ("listen", "127.0.0.1:0"),
        ("listen.health", "/m"),
        ("listen.metrics", "/m"),
    ];
    let error = Client::open(&config(&equal)).unwrap_err();
    assert_eq!(error.status(), Status::Value);
    assert!(
        error.message().contains("listen.metrics and listen.health"),
        "{error}"
    );

    let options = [("listen", "127.0.0.1:0"), ("listen.metrics", "/m")];
    let listener = Listener::open(&config(&options)).unwrap();
    let error = listener.attach(&client(&[]), Some("/m")).unwrap_err();
    assert_eq!(error.status(), Status::Argument);
    assert!(error.message().contains("statistics"), "{error}");

    let error = Config::new().set("listen.metrics", "metrics").unwrap_err();
    assert_eq!(error.status(), Status::Value);
    assert!(error.message().contains("listen.metrics"), "{error}");
}

#[test]
fn statistics_that_anyone_could_read_are_refused() {
    let reachable: [&[(&str, &str)]; 5] = [
        &[("listen", "0.0.0.0:0")],
        &[("listen", "[::]:0")],
        // A reverse proxy on the same machine.
        &[
            ("listen", "127.0.0.1:0"),
            ("listen.public_url", "https://example.com"),
        ],
        &[
            ("listen", "127.0.0.1:0"),
            ("listen.trusted_proxies", "127.0.0.1"),
        ],
        &[("listen", "[::1]:0"), ("listen.trusted_proxies", "::1")],
    ];
    for options in reachable {
        let open = |more: &[(&str, &str)]| {
            let mut all = vec![("token", SECRET_TOKEN), ("listen.metrics", "/metrics")];
            all.extend(options);
            all.extend(more);
            Client::open(&config(&all))
        };
        let error = open(&[]).unwrap_err();
        assert_eq!(error.status(), Status::Value, "{options:?}");
        for advice in ["listen.metrics", "listen.basic", "listen.allow"] {
            assert!(error.message().contains(advice), "{error}");
        }
        open(&[("listen.allow", "10.0.0.0/8")]).unwrap();
        open(&[("listen.basic", "user:pass")]).unwrap();
        open(&[("listen.metrics", "")]).unwrap();
        let mut shared = vec![("listen.metrics", "/metrics")];
        shared.extend(options);
        assert_eq!(
            Listener::open(&config(&shared)).unwrap_err().status(),
            Status::Value
        );
    }
}
