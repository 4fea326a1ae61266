//! Requests behind a start that is cancelled or expires are not sent, also if a worker looks for them at the same time.

use std::hint;
use std::sync::atomic::{AtomicUsize, Ordering};

use omnize::PostOptions;

use super::*;

/// A server that has no time for a start, and accepts anything else.
fn without_starts() -> Server {
    Server::start(|mut stream, read| {
        while let Some(request) = read(&mut stream) {
            let response = match content(&request).as_str() {
                "init" => {
                    "HTTP/1.1 503 Busy\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n".into()
                }
                _ => http("200 OK", ""),
            };
            stream.write_all(response.as_bytes()).unwrap();
        }
    })
}

/// Ends the starts of many interactions while further requests of them are posted, which wakes workers each time.
fn end_starts(max_age: Option<Duration>, status: Status, end: impl Fn(&Client, u64) + Sync) {
    const STARTS: usize = 100;
    let server = without_starts();
    let client = open_client(&server.url, &[("outbox.capacity", "100000")]);
    let mut posted = 0;
    for at in 0..STARTS {
        let address = Address {
            department: "1".into(),
            client_id: at.to_string(),
        };
        let chat = client.prepare(address).unwrap();
        let options = PostOptions {
            max_age,
            ..PostOptions::default()
        };
        let start = Request::Start(Box::default());
        let ticket = chat.post_with(start, options).unwrap();
        if max_age.is_none() {
            wait_for_entry(&client, |entry| entry.last_status == Status::Service);
        }
        let behind = AtomicUsize::new(0);
        thread::scope(|scope| {
            let posts = scope.spawn(|| {
                while chat.post(message("behind")).is_ok() {
                    behind.fetch_add(1, Ordering::Relaxed);
                }
            });
            while behind.load(Ordering::Relaxed) < 10 && !posts.is_finished() {
                hint::spin_loop();
            }
            end(&client, ticket);
        });
        let behind = behind.into_inner();
        for _ in 0..=behind {
            let outcome = outcome(&client);
            let expected = match outcome.ticket == ticket {
                true => status,
                false => Status::State,
            };
            assert_eq!(outcome.status, expected as i32, "{outcome:?}");
            assert_eq!(outcome.delivery, Delivery::NotSent as i32, "{outcome:?}");
        }
        posted += behind;
    }
    assert!(posted > STARTS, "no post competed");
    assert!(contents(&server).iter().all(|content| content == "init"));
}

#[test]
fn requests_behind_a_cancelled_start_are_never_sent() {
    end_starts(None, Status::Cancelled, |client, ticket| {
        client.cancel(ticket).unwrap();
    });
}

#[test]
fn requests_behind_an_expired_start_are_never_sent() {
    let max_age = Some(Duration::from_millis(10));
    end_starts(max_age, Status::Expired, |_, _| {});
}
