//! Requests of an open interaction contain the department of its start, from each of its conversations. A new start sets
//! another department.

#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/test_client.rs"]
mod test_client;

use http_server::{Server, http};
use omnize::wire::{Address, Customer, Request};
use omnize::{Client, Conversation};
use test_client::{next_event, open_client};

fn address(department: &str) -> Address {
    Address {
        department: department.into(),
        client_id: "12".into(),
    }
}

/// Returns content and department of the requests since the last call.
fn received(server: &Server) -> Vec<(String, String)> {
    let requests = server.requests.try_iter();
    requests
        .map(|request| {
            let body = request.split_once("\r\n\r\n").unwrap().1;
            let body: serde_json::Value = serde_json::from_str(body).unwrap();
            let text = |name: &str| body[name].as_str().unwrap().to_owned();
            (text("content"), text("departmentId"))
        })
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned =
        |(content, department): &(&str, &str)| (content.to_string(), department.to_string());
    expected.iter().map(owned).collect()
}

fn post(client: &Client, chat: &Conversation, request: Request) {
    chat.post(request).unwrap();
    let outcome = next_event(client).outcome().unwrap().clone();
    assert_eq!(outcome.message, "");
}

#[test]
fn blocking_and_posted_requests_use_the_department_of_the_start() {
    let server = Server::with_response(http("200 OK", ""));
    let client = open_client(&server.url, &[]);
    let chat = client.start(address("1"), Customer::default()).unwrap();
    let other = client.attach(address("2")).unwrap();
    assert_eq!(
        (chat.department(), other.department()),
        ("1".into(), "1".into())
    );
    other.send("a").unwrap();
    post(&client, &other, Request::Message("b".into()));
    chat.finish().unwrap();
    assert_eq!(
        received(&server),
        pairs(&[("init", "1"), ("a", "1"), ("b", "1"), ("finish", "1")])
    );
    // The next start is the handle's own, and the first handle follows it.
    assert_eq!(other.department(), "2");
    post(&client, &other, Request::Start(Box::default()));
    assert_eq!(
        (chat.department(), other.department()),
        ("2".into(), "2".into())
    );
    chat.send("c").unwrap();
    assert_eq!(received(&server), pairs(&[("init", "2"), ("c", "2")]));
}

#[test]
fn rejected_second_start_changes_no_department() {
    let server = Server::with_response(http("200 OK", ""));
    let client = open_client(&server.url, &[]);
    let chat = client.start(address("1"), Customer::default()).unwrap();
    let other = client.prepare(address("2")).unwrap();
    other.start(Customer::default()).unwrap_err();
    chat.send("a").unwrap();
    assert_eq!(received(&server), pairs(&[("init", "1"), ("a", "1")]));
}

#[test]
fn first_attach_sets_the_department_of_an_unknown_interaction() {
    let server = Server::with_response(http("200 OK", ""));
    let client = open_client(&server.url, &[]);
    let first = client.attach(address("1")).unwrap();
    let second = client.attach(address("2")).unwrap();
    first.send("a").unwrap();
    second.send("b").unwrap();
    assert_eq!(received(&server), pairs(&[("a", "1"), ("b", "1")]));
    assert_eq!(second.current_department(), "1");
}

#[test]
fn request_before_a_queued_start_uses_the_earlier_department() {
    let server = Server::with_response(http("200 OK", ""));
    let client = open_client(&server.url, &[("outbox.paused", "1")]);
    let chat = client.start(address("1"), Customer::default()).unwrap();
    let other = client.attach(address("2")).unwrap();
    chat.post(Request::Message("a".into())).unwrap();
    client
        .deliver(br#"{"status":"finish","clientId":"12"}"#, None)
        .unwrap();
    other.post(Request::Start(Box::default())).unwrap();
    chat.post(Request::Message("b".into())).unwrap();
    assert_eq!(
        (chat.department(), other.current_department()),
        ("2".into(), "2".into())
    );
    assert_eq!(client.open_interactions()[0].department, "2");
    client.resume().unwrap();
    client.flush(test_client::FAR).unwrap();
    assert_eq!(
        received(&server),
        pairs(&[("init", "1"), ("a", "1"), ("init", "2"), ("b", "2")])
    );
}

#[test]
fn queued_start_that_is_cancelled_changes_no_department() {
    let server = Server::with_response(http("200 OK", ""));
    let client = open_client(&server.url, &[("outbox.paused", "1")]);
    let chat = client.prepare(address("1")).unwrap();
    let other = client.prepare(address("2")).unwrap();
    let ticket = other.post(Request::Start(Box::default())).unwrap();
    client.cancel(ticket).unwrap();
    chat.start(Customer::default()).unwrap();
    other.send("a").unwrap();
    assert_eq!(received(&server), pairs(&[("init", "1"), ("a", "1")]));
}
