//! With a store, posted requests survive a restart.

use super::*;

pub fn store(name: &str) -> String {
    let path = std::env::temp_dir().join(format!("omnize-{}-posted-{name}.db", std::process::id()));
    for suffix in ["", "-wal"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
    }
    path.to_str().unwrap().to_owned()
}

#[test]
fn unsent_requests_are_sent_after_a_restart() {
    let store = store("restart");
    let options = [("store", &*store)];
    let first = open_client("http://127.0.0.1:1/", &options);
    let chat = attach(&first, "12");
    let tickets: Vec<_> = (0..3)
        .map(|at| chat.post(message(&at.to_string())).unwrap())
        .collect();
    let left = first.close(Duration::from_millis(50)).unwrap();
    assert_eq!(left.requests, 3);
    drop((chat, first));

    let server = accepting();
    let second = open_client(&server.url, &options);
    let outcomes: Vec<_> = (0..3).map(|_| outcome(&second)).collect();
    assert!(outcomes.iter().map(|outcome| outcome.ticket).eq(tickets));
    assert!(
        outcomes
            .iter()
            .all(|outcome| outcome.delivery == Delivery::Accepted as i32)
    );
    drop(second);
    let third = open_client(&server.url, &options);
    assert!(
        third.next(Duration::from_millis(100)).unwrap().is_none(),
        "each has one outcome"
    );
    std::fs::remove_file(store).unwrap();
}

#[test]
fn unsent_request_aborted_by_close_is_sent_after_a_restart() {
    let store = store("broken-off");
    let options = [("store", &*store)];
    let server = silent();
    let url = format!("https://{}/", server.local_addr().unwrap());
    let first = open_client(&url, &options);
    attach(&first, "12").post(message("oi")).unwrap();
    first.close(Duration::from_millis(300)).unwrap();
    drop(first);

    let server = accepting();
    let second = open_client(&server.url, &options);
    let outcome = outcome(&second);
    assert_eq!(
        outcome.delivery,
        Delivery::Accepted as i32,
        "{}",
        outcome.message
    );
    assert_eq!(contents(&server), ["oi"]);
    std::fs::remove_file(store).unwrap();
}

#[test]
fn request_closed_between_retries_is_sent_after_a_restart() {
    let store = store("between");
    let options = [("store", &*store)];
    // The server signals that it is busy when close accepts no more requests, and waits for those in progress.
    let busy = Server::start(|mut stream, read| {
        while read(&mut stream).is_some() {
            thread::sleep(Duration::from_millis(7600));
            let _ = stream.write_all(BUSY.as_bytes());
        }
    });
    let first = open_client(&busy.url, &options);
    let ticket = attach(&first, "12").post(message("oi")).unwrap();
    let left = first.close(Duration::from_millis(8000)).unwrap();
    assert_eq!((left.events, left.requests), (0, 1));
    assert_eq!(busy.requests(), 1);
    drop(first);

    let server = accepting();
    let second = open_client(&server.url, &options);
    let outcome = outcome(&second);
    assert_eq!(
        (outcome.ticket, outcome.delivery),
        (ticket, Delivery::Accepted as i32),
        "{}",
        outcome.message
    );
    assert_eq!(contents(&server), ["oi"]);
    std::fs::remove_file(store).unwrap();
}

#[test]
fn restored_request_missing_in_the_dialect_has_outcome_not_sent() {
    let store = store("dialect");
    let interactions = [("store", &*store), ("dialect", "interactions")];
    let first = open_client("http://127.0.0.1:1/", &interactions);
    let address = Address {
        department: "1".into(),
        client_id: "12".into(),
    };
    let chat = first.attach_by_hash(address, "h").unwrap();
    let note = Request::Update(Box::new(omnize::wire::Update {
        note: Some("ligar".into()),
        ..Default::default()
    }));
    let ticket = chat.post(note).unwrap();
    first.close(Duration::from_millis(50)).unwrap();
    drop((chat, first));

    let server = accepting();
    let moved = [("store", &*store), ("store.move_account", "1")];
    let second = open_client(&server.url, &moved);
    let outcome = outcome(&second);
    assert_eq!(
        (outcome.ticket, outcome.status, outcome.delivery),
        (ticket, Status::Unsupported as i32, Delivery::NotSent as i32),
        "{}",
        outcome.message
    );
    assert_eq!(server.requests(), 0);
    std::fs::remove_file(store).unwrap();
}
