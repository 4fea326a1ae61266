//! Concurrent requests of several threads or handles.

use super::*;

fn prepared(client: &Client, client_id: &str) -> Conversation {
    let address = Address {
        department: "1".into(),
        client_id: client_id.into(),
    };
    client.prepare(address).unwrap()
}

fn start() -> Request {
    Request::Start(Box::default())
}

/// Starts a server with one thread for each connection, which responds after this delay. Returns its URL and the
/// received requests.
fn delayed_server_per_connection(time: Duration) -> (String, mpsc::Receiver<(String, Instant)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (sender, received) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, sender) = (stream.unwrap(), sender.clone());
            thread::spawn(move || {
                while let Some(request) = http_server::read_request(&mut stream) {
                    let _ = sender.send((content(&request), Instant::now()));
                    thread::sleep(time);
                    if stream.write_all(http("200 OK", "").as_bytes()).is_err() {
                        break;
                    }
                }
            });
        }
    });
    (url, received)
}

#[test]
fn only_one_of_two_simultaneous_starts_is_sent() {
    let server = accepting();
    let client = open_client(&server.url, &[]);
    for round in 0..50 {
        let client_id = round.to_string();
        let chats = [prepared(&client, &client_id), prepared(&client, &client_id)];
        let barrier = std::sync::Barrier::new(2);
        let posted = thread::scope(|scope| {
            chats
                .each_ref()
                .map(|chat| {
                    scope.spawn(|| {
                        barrier.wait();
                        chat.post(start())
                    })
                })
                .map(|poster| poster.join().unwrap())
        });
        let refused: Vec<_> = posted
            .iter()
            .filter_map(|post| post.as_ref().err())
            .collect();
        assert_eq!(refused.len(), 1, "{posted:?}");
        assert_eq!(refused[0].status(), Status::State);
        assert_eq!(outcome(&client).delivery, Delivery::Accepted as i32);
    }
    assert_eq!(server.requests(), 50);
}

#[test]
fn start_after_finish_does_not_overtake_queued_requests() {
    let (url, arrived) = delayed_server_per_connection(Duration::from_millis(150));
    let client = open_client(&url, &[("check_state", "0")]);
    let first = attach(&client, "12");
    first.finish().unwrap();
    for text in ["1", "2"] {
        first.post(message(text)).unwrap();
    }
    let second = prepared(&client, "12");
    second.post(start()).unwrap();
    for _ in 0..3 {
        assert_eq!(outcome(&client).delivery, Delivery::Accepted as i32);
    }
    let arrived: Vec<_> = arrived.try_iter().map(|(content, _)| content).collect();
    assert_eq!(arrived, ["finish", "1", "2", "init"]);
}

#[test]
#[cfg(feature = "store")]
fn posts_of_two_interactions_are_sent_concurrently() {
    let store = std::env::temp_dir().join(format!("omnize-{}-at-once.db", std::process::id()));
    let (url, arrived) = delayed_server_per_connection(Duration::from_millis(1500));
    let client = open_client(&url, &[("store", store.to_str().unwrap())]);
    // Starts one worker, which is then idle.
    attach(&client, "0").post(message("first")).unwrap();
    assert_eq!(outcome(&client).delivery, Delivery::Accepted as i32);
    thread::sleep(Duration::from_millis(100));
    arrived.try_iter().for_each(drop);
    let chats: Vec<_> = (1..=4).map(|id| attach(&client, &id.to_string())).collect();
    let barrier = std::sync::Barrier::new(4);
    thread::scope(|scope| {
        for chat in &chats {
            scope.spawn(|| {
                barrier.wait();
                chat.post(message("at once")).unwrap();
            });
        }
    });
    let times: Vec<_> = (0..4)
        .map(|_| arrived.recv_timeout(Duration::from_secs(20)).unwrap().1)
        .collect();
    let apart = *times.iter().max().unwrap() - *times.iter().min().unwrap();
    assert!(apart < Duration::from_millis(1200), "{apart:?}");
    drop(client);
    std::fs::remove_file(store).unwrap();
}
