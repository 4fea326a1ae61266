//! The list of the requests in an outbox.

use omnize::wire::RequestKind;

use super::*;

#[test]
fn list_contains_waiting_requests_in_the_order_of_their_tickets() {
    let client = open_client("http://127.0.0.1:1/", &[("outbox.paused", "1")]);
    let chats = ["12", "13"].map(|id| attach(&client, id));
    let requests = [
        message("first"),
        Request::Typing,
        message("second"),
        Request::Finish,
    ];
    let tickets: Vec<_> = (0..4)
        .map(|at| chats[at % 2].post(requests[at].clone()).unwrap())
        .collect();
    let list = client.outbox();
    assert!(list.iter().map(|entry| entry.ticket).eq(tickets));
    let clients: Vec<_> = list.iter().map(|entry| &*entry.client_id).collect();
    assert_eq!(clients, ["12", "13", "12", "13"]);
    let kinds: Vec<_> = list.iter().map(|entry| entry.kind).collect();
    let (text, typing) = (RequestKind::Message, RequestKind::Typing);
    assert_eq!(kinds, [text, typing, text, RequestKind::Finish]);
    for entry in &list {
        assert_eq!((entry.attempts, entry.is_in_progress), (0, false));
        assert_eq!((entry.last_status, &*entry.last_message), (Status::Ok, ""));
        assert!(entry.age < Duration::from_secs(20), "{:?}", entry.age);
    }
    assert_eq!(client.outbox_count(), 4);
    let output = format!("{list:?}");
    assert!(!output.contains("first"), "{output}");
}

#[test]
fn request_in_progress_is_marked_and_an_ended_one_is_not_listed() {
    let (server, responses) = controlled_server();
    let client = open_client(&server.url, &[]);
    let chat = attach(&client, "12");
    let ticket = chat.post(message("1")).unwrap();
    chat.post(message("2")).unwrap();
    server.requests.recv().unwrap();
    let list = client.outbox();
    assert_eq!((list[0].ticket, list[0].attempts), (ticket, 1));
    assert!(list[0].is_in_progress && !list[1].is_in_progress);
    responses.send("").unwrap();
    assert_eq!(outcome(&client).ticket, ticket);
    assert_eq!(client.outbox_count(), 1);
    responses.send("").unwrap();
    assert_eq!(outcome(&client).delivery, Delivery::Accepted as i32);
    assert!(client.outbox().is_empty());
}

#[test]
fn entry_has_the_last_error_without_secrets() {
    // The service repeats the token and the text in its error message.
    const BODY: &str = r#"{"message":"secret-token may not say secret-text"}"#;
    let server = Server::start(|mut stream, read| {
        while read(&mut stream).is_some() {
            let head = "HTTP/1.1 503 Busy\r\nRetry-After: 60\r\nContent-Length";
            let _ = write!(stream, "{head}: {}\r\n\r\n{BODY}", BODY.len());
        }
    });
    let client = open_client(&server.url, &[("token", "secret-token")]);
    attach(&client, "12").post(message("secret-text")).unwrap();
    server.requests.recv().unwrap();
    let entry = wait_for_entry(&client, |entry| !entry.last_message.is_empty());
    assert_eq!((entry.attempts, entry.is_in_progress), (1, false));
    assert_eq!(entry.last_status, Status::Service);
    let text = entry.last_message;
    assert!(
        text.contains("503") && text.contains("may not say"),
        "{text}"
    );
    assert!(!text.contains("secret"), "{text}");
}

#[test]
fn long_list_is_complete() {
    let client = open_client("http://127.0.0.1:1/", &[("outbox.paused", "1")]);
    let chats: Vec<_> = (0..50).map(|id| attach(&client, &id.to_string())).collect();
    let tickets: Vec<_> = (0..2000)
        .map(|at| chats[at % 50].post(Request::Typing).unwrap())
        .collect();
    let list = client.outbox();
    assert!(list.iter().map(|entry| entry.ticket).eq(tickets));
    assert_eq!(client.outbox_count(), 2000);
}

#[cfg(feature = "store")]
#[test]
fn list_contains_requests_of_an_earlier_process_with_their_age() {
    let store = restarts::store("list");
    let options = [("store", &*store), ("outbox.paused", "1")];
    let first = open_client("http://127.0.0.1:1/", &options);
    let ticket = attach(&first, "12").post(message("1")).unwrap();
    assert_eq!(first.close(Duration::from_secs(20)).unwrap().requests, 1);
    drop(first);
    thread::sleep(Duration::from_millis(20));
    let second = open_client("http://127.0.0.1:1/", &options);
    let list = second.outbox();
    assert_eq!((list.len(), list[0].ticket), (1, ticket));
    assert_eq!((&*list[0].client_id, list[0].attempts), ("12", 0));
    assert!(
        list[0].age >= Duration::from_millis(20),
        "{:?}",
        list[0].age
    );
    drop(second);
    std::fs::remove_file(store).unwrap();
}
