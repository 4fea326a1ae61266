//! Polling with a maximum calls handlers for at most so many events. The others stay queued, in their order.

#[path = "support/test_client.rs"]
mod test_client;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use omnize::EventFilter;
use test_client::{deliver_typing, plain_client};

#[test]
fn the_other_events_stay_queued() {
    let client = plain_client();
    let received = Arc::new(Mutex::new(Vec::new()));
    let sink = received.clone();
    let handler = move |event: &Arc<omnize::Event>| sink.lock().unwrap().push(event.sequence);
    client
        .subscribe(EventFilter::default(), Box::new(handler))
        .unwrap();
    for _ in 0..5 {
        deliver_typing(&client, "1");
    }
    let poll = |maximum| client.poll_at_most(maximum, Duration::ZERO).unwrap();
    assert_eq!((poll(2), client.queued_events()), (2, 3));
    assert_eq!((poll(1), client.queued_events()), (1, 2));
    assert_eq!(poll(0), 2, "0 means no maximum");
    assert_eq!(poll(7), 0);
    assert_eq!(*received.lock().unwrap(), [1, 2, 3, 4, 5]);
}

#[test]
fn the_maximum_does_not_shorten_the_wait() {
    let client = plain_client();
    std::thread::scope(|scope| {
        let poll = scope.spawn(|| client.poll_at_most(1, Duration::from_secs(60)).unwrap());
        deliver_typing(&client, "1");
        assert_eq!(poll.join().unwrap(), 1);
    });
}
