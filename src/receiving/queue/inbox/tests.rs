//! Tests of the inbox.

use crate::receiving::queue::inbox::*;
use crate::wire::dialects::rest;

fn trigger(id: u32) -> Content {
    let body = format!(r#"{{"status":"typing","clientId":{id}}}"#);
    Content::Trigger(rest::decode(body.as_bytes().into(), None).unwrap())
}

fn push(inbox: &Inbox, id: u32) -> Result<(), TryPushError> {
    inbox.push(trigger(id), 0)
}

fn pop(inbox: &Inbox) -> Option<u64> {
    inbox.pop(Instant::now(), false).map(|event| event.sequence)
}

#[test]
fn gives_events_in_the_order_of_receipt() {
    let inbox = Inbox::new(10, usize::MAX);
    for id in 1..=3 {
        push(&inbox, id).unwrap();
    }
    for sequence in 1..=3 {
        assert_eq!(pop(&inbox), Some(sequence));
    }
    assert_eq!(pop(&inbox), None);
}

#[test]
fn takes_as_many_as_it_may_hold() {
    let inbox = Inbox::new(2, usize::MAX);
    push(&inbox, 1).unwrap();
    push(&inbox, 2).unwrap();
    assert_eq!(push(&inbox, 3), Err(TryPushError::Full));
    pop(&inbox).unwrap();
    push(&inbox, 3).unwrap();
}

#[test]
#[cfg(feature = "store")]
fn a_promised_place_counts() {
    let inbox = Inbox::new(1, usize::MAX);
    let size = trigger(1).size();
    inbox.reserve(size).unwrap();
    assert_eq!(push(&inbox, 1), Err(TryPushError::Full));
    assert_eq!(inbox.reserve(size), Err(TryPushError::Full));
    inbox.give_up(size);
    inbox.reserve(size).unwrap();
    inbox.fill(QueuedEvent {
        content: trigger(1),
        sequence: 9,
        received_at: 0,
        redelivered: false,
    });
    assert_eq!(pop(&inbox), Some(9));
    push(&inbox, 2).unwrap();
}

#[test]
fn a_closed_inbox_takes_nothing_and_gives_what_it_has() {
    let inbox = Inbox::new(2, usize::MAX);
    push(&inbox, 1).unwrap();
    inbox.close();
    assert_eq!(push(&inbox, 2), Err(TryPushError::Closed));
    let far = Instant::now() + Duration::from_secs(60);
    assert!(inbox.pop(far, false).is_some());
    assert!(inbox.pop(far, false).is_none());
}

#[test]
fn what_comes_to_a_closed_inbox_is_counted() {
    let inbox = Inbox::new(2, usize::MAX);
    inbox.push_always(trigger(1), 0);
    inbox.close();
    inbox.push_always(trigger(2), 0);
    assert_eq!((inbox.clear(), inbox.dropped()), (1, 1));
}

#[test]
fn closing_wakes_who_waits() {
    let inbox = Inbox::new(2, usize::MAX);
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| inbox.pop(Instant::now() + Duration::from_secs(60), false));
        inbox.close();
        assert!(waiter.join().unwrap().is_none());
    });
}

#[test]
fn whoever_waits_for_a_held_interaction_sleeps_when_it_is_closed_too() {
    let inbox = Inbox::new(2, usize::MAX);
    push(&inbox, 1).unwrap();
    push(&inbox, 1).unwrap();
    inbox.pop(Instant::now(), true).unwrap();
    inbox.close();
    let begun = Instant::now();
    inbox.wait(begun + Duration::from_millis(50));
    assert!(begun.elapsed() >= Duration::from_millis(50));
    std::thread::scope(|scope| {
        scope.spawn(|| inbox.wait(begun + Duration::from_secs(60)));
        assert_eq!(inbox.clear(), 1);
    });
    assert!(begun.elapsed() < Duration::from_secs(30));
}

#[test]
fn one_ring_wakes_as_many_as_there_are_events() {
    let inbox = Inbox::new(2, usize::MAX);
    let far = Instant::now() + Duration::from_secs(60);
    std::thread::scope(|scope| {
        let waiters = [(); 2].map(|()| scope.spawn(|| inbox.pop(far, false)));
        while inbox.lock().awaiting < 2 {
            std::thread::yield_now();
        }
        push(&inbox, 1).unwrap();
        push(&inbox, 2).unwrap();
        inbox.ring();
        for waiter in waiters {
            assert!(waiter.join().unwrap().is_some());
        }
    });
}

#[test]
fn releasing_wakes_who_waits() {
    let inbox = Inbox::new(2, usize::MAX);
    push(&inbox, 1).unwrap();
    push(&inbox, 1).unwrap();
    inbox.pop(Instant::now(), true).unwrap();
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| inbox.pop(Instant::now() + Duration::from_secs(60), true));
        inbox.release("1");
        assert!(waiter.join().unwrap().is_some());
    });
}
