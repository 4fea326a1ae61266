//! Clients that share a listener each get the triggers of their path, and no others.

#![cfg(feature = "listener")]

#[path = "support/webhook_requests.rs"]
mod webhook_requests;

use std::thread;
use std::time::Duration;

use omnize::config::Config;
use omnize::status::Status;
use omnize::{Client, Listener, Statistic};
use webhook_requests::{
    TYPING, assert_no_event, exchange_with, next, request_at, split_url, status_of,
};

fn listener(options: &[(&str, &str)]) -> Listener {
    let mut config = Config::new();
    config.set("listen", "127.0.0.1:0").unwrap();
    for (name, value) in options {
        config.set(name, value).unwrap();
    }
    Listener::open(&config).unwrap()
}

fn client() -> Client {
    let mut config = Config::new();
    config.set("token", "t").unwrap();
    Client::open(&config).unwrap()
}

fn post_to(url: &str, body: &str) -> u16 {
    let (host, path) = split_url(url);
    status_of(&exchange_with(
        &host,
        &request_at(&host, &path, "POST", "", body.as_bytes()),
    ))
}

#[test]
fn each_client_gets_the_triggers_of_its_path() {
    let listener = listener(&[]);
    let clients: Vec<_> = (0..20).map(|_| client()).collect();
    for (at, client) in clients.iter().enumerate() {
        let path = format!("/client/{at}");
        let chosen = (at % 2 == 0).then_some(path.as_str());
        listener.attach(client, chosen).unwrap();
    }
    let urls: Vec<_> = clients
        .iter()
        .map(|client| listener.url(client).unwrap())
        .collect();
    assert!(urls[4].ends_with("/client/4"), "{}", urls[4]);
    assert_eq!(split_url(&urls[5]).1.len(), "/omnize/".len() + 32);
    thread::scope(|scope| {
        for (at, url) in urls.iter().enumerate() {
            scope.spawn(move || {
                for _ in 0..=at {
                    let body = format!(r#"{{"status":"typing","clientId":{at}}}"#);
                    assert_eq!(post_to(url, &body), 200);
                }
            });
        }
    });
    for (at, client) in clients.iter().enumerate() {
        assert_eq!(client.count_of(Statistic::Received), at as u64 + 1);
        for _ in 0..=at {
            assert_eq!(next(client).trigger().unwrap().client_id, at.to_string());
        }
        assert_no_event(client);
    }
    assert_eq!(listener.count_of(Statistic::Received), 210);
}

#[test]
fn path_and_client_belong_to_each_other_exclusively() {
    let listener = listener(&[("listen.health", "/health")]);
    let (first, second) = (client(), client());
    listener.attach(&first, Some("/a")).unwrap();
    let fails = |client: &Client, path: &str, words: &str| {
        let error = listener.attach(client, Some(path)).unwrap_err();
        assert_eq!(error.status(), Status::Argument);
        assert!(error.message().contains(words), "{error}");
    };
    fails(&second, "/a", "another client");
    fails(&first, "/b", "already");
    fails(&second, "/health", "health");
    fails(&second, "", "slash");
    fails(&second, "a b", "slash");
    assert_eq!(listener.url(&second), None);
    assert_eq!(
        listener.detach(&second).unwrap_err().status(),
        Status::Argument
    );
}

#[test]
fn detached_or_closed_client_releases_its_path() {
    let listener = listener(&[]);
    let (other, first, second) = (client(), client(), client());
    listener.attach(&other, None).unwrap();
    listener.attach(&first, Some("/a")).unwrap();
    let url = listener.url(&first).unwrap();
    assert_eq!(post_to(&url, TYPING), 200);
    listener.detach(&first).unwrap();
    assert_eq!(post_to(&url, TYPING), 404);
    listener.attach(&second, Some("/a")).unwrap();
    assert_eq!(post_to(&url, TYPING), 200);
    drop(second);
    assert_eq!(post_to(&url, TYPING), 404);
    listener.attach(&first, Some("/a")).unwrap();
    assert_eq!(post_to(&url, TYPING), 200);
    assert_eq!(first.count_of(Statistic::Received), 2);
    assert_eq!(listener.count_of(Statistic::WrongPath), 2);
}

#[test]
fn path_of_a_closed_client_responds_503_until_another_client_attaches() {
    let listener = listener(&[("listen.health", "/health")]);
    let (first, second) = (client(), client());
    listener.attach(&first, Some("/a")).unwrap();
    let url = listener.url(&first).unwrap();
    let health = || {
        let (host, _) = split_url(&url);
        status_of(&exchange_with(
            &host,
            &request_at(&host, "/health", "GET", "", b""),
        ))
    };
    assert_eq!(health(), 200);
    first.close(Duration::ZERO).unwrap();
    assert_eq!((post_to(&url, TYPING), health()), (503, 503));
    listener.attach(&second, Some("/a")).unwrap();
    assert_eq!((post_to(&url, TYPING), health()), (200, 200));
    next(&second);
}

#[test]
fn listener_without_clients_responds_503() {
    let listener = listener(&[("listen.basic", "a:b")]);
    let client = client();
    listener.attach(&client, None).unwrap();
    let (host, path) = split_url(&listener.url(&client).unwrap());
    listener.detach(&client).unwrap();
    let send_request = |path: &str, headers: &str| {
        let request = request_at(&host, path, "POST", headers, TYPING.as_bytes());
        exchange_with(&host, &request)
    };
    let right = "Authorization: Basic YTpi\r\n";
    for path in [path.as_str(), "/"] {
        let response = send_request(path, right);
        assert_eq!(status_of(&response), 503);
        assert!(
            response.to_ascii_lowercase().contains("retry-after: 1"),
            "{response}"
        );
        assert_eq!(status_of(&send_request(path, "")), 401);
    }
    assert_eq!(listener.count_of(Statistic::Rejected), 2);
}

#[test]
fn clients_and_listener_may_close_in_any_order() {
    let listener = listener(&[]);
    let first = client();
    listener.attach(&first, None).unwrap();
    let url = listener.url(&first).unwrap();
    assert_eq!(post_to(&url, TYPING), 200);
    listener.close(Duration::from_secs(5)).unwrap();
    assert_eq!(
        listener.close(Duration::ZERO).unwrap_err().status(),
        Status::Closed
    );
    assert!(std::net::TcpStream::connect(split_url(&url).0).is_err());
    next(&first);
    first.deliver(TYPING.as_bytes(), None).unwrap();
    drop(listener);
    next(&first);
}

#[test]
fn listener_needs_an_address_but_no_token() {
    let error = Listener::open(&Config::new()).unwrap_err();
    assert_eq!(error.status(), Status::Value);
    assert!(error.message().contains("listen"), "{error}");
}
