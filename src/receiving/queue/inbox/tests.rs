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
fn pops_events_in_the_order_of_receipt() {
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
fn push_fails_at_capacity() {
    let inbox = Inbox::new(2, usize::MAX);
    push(&inbox, 1).unwrap();
    push(&inbox, 2).unwrap();
    assert_eq!(push(&inbox, 3), Err(TryPushError::Full));
    pop(&inbox).unwrap();
    push(&inbox, 3).unwrap();
}

#[test]
#[cfg(feature = "store")]
fn reserved_slots_count_against_the_capacity() {
    let inbox = Inbox::new(1, usize::MAX);
    let size = trigger(1).size();
    inbox.reserve(size).unwrap();
    assert_eq!(push(&inbox, 1), Err(TryPushError::Full));
    assert_eq!(inbox.reserve(size), Err(TryPushError::Full));
    inbox.release_slot(size);
    inbox.reserve(size).unwrap();
    inbox.push_reserved(QueuedEvent {
        content: trigger(1),
        sequence: 9,
        received_at: 0,
        redelivered: false,
    });
    assert_eq!(pop(&inbox), Some(9));
    push(&inbox, 2).unwrap();
}

#[test]
fn a_closed_inbox_rejects_events_and_pops_queued_ones() {
    let inbox = Inbox::new(2, usize::MAX);
    push(&inbox, 1).unwrap();
    inbox.close();
    assert_eq!(push(&inbox, 2), Err(TryPushError::Closed));
    let far = Instant::now() + Duration::from_secs(60);
    assert!(inbox.pop(far, false).is_some());
    assert!(inbox.pop(far, false).is_none());
}

#[test]
fn events_pushed_after_close_are_counted_as_dropped() {
    let inbox = Inbox::new(2, usize::MAX);
    inbox.push_always(trigger(1), 0);
    inbox.close();
    inbox.push_always(trigger(2), 0);
    assert_eq!((inbox.clear(), inbox.dropped()), (1, 1));
}

#[test]
fn close_wakes_waiting_consumers() {
    let inbox = Inbox::new(2, usize::MAX);
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| inbox.pop(Instant::now() + Duration::from_secs(60), false));
        inbox.close();
        assert!(waiter.join().unwrap().is_none());
    });
}

#[test]
fn waiting_for_a_held_interaction_sleeps_even_after_close() {
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
fn one_notification_wakes_one_consumer_per_event() {
    let inbox = Inbox::new(2, usize::MAX);
    let far = Instant::now() + Duration::from_secs(60);
    std::thread::scope(|scope| {
        let waiters = [(); 2].map(|()| scope.spawn(|| inbox.pop(far, false)));
        while inbox.lock().waiting_consumers < 2 {
            std::thread::yield_now();
        }
        push(&inbox, 1).unwrap();
        push(&inbox, 2).unwrap();
        inbox.notify();
        for waiter in waiters {
            assert!(waiter.join().unwrap().is_some());
        }
    });
}

#[test]
fn release_wakes_a_waiting_consumer() {
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

#[test]
fn clear_resets_the_wake_object() {
    let inbox = Inbox::new(2, usize::MAX);
    let wake = inbox.wake().unwrap();
    push(&inbox, 1).unwrap();
    assert!(!wake.is_set());
    inbox.notify();
    assert!(wake.is_set());
    inbox.close();
    inbox.clear();
    assert!(!wake.is_set());
}

#[test]
fn the_wake_object_is_set_while_an_event_can_be_popped() {
    let inbox = Inbox::new(10, usize::MAX);
    let wake = inbox.wake().unwrap();
    push(&inbox, 1).unwrap();
    push(&inbox, 1).unwrap();
    inbox.notify();
    assert!(wake.is_set());
    inbox.pop(Instant::now(), true).unwrap();
    assert!(!wake.is_set());
    push(&inbox, 2).unwrap();
    inbox.notify();
    assert!(wake.is_set());
    inbox.pop(Instant::now(), true).unwrap();
    assert!(!wake.is_set());
    inbox.release("1");
    assert!(wake.is_set());
}

#[test]
#[cfg(feature = "store")]
fn reservation_can_be_released_after_clear() {
    let inbox = Inbox::new(2, 1000);
    inbox.reserve(10).unwrap();
    inbox.clear();
    inbox.release_slot(10);
    inbox.reserve(1000).unwrap();
}

#[test]
fn the_wake_object_does_not_count_the_events_of_streams() {
    let inbox = Inbox::new(10, usize::MAX);
    let wake = inbox.wake().unwrap();
    let push_and_notify = |id| {
        push(&inbox, id).unwrap();
        inbox.notify();
    };
    push_and_notify(1);
    assert!(wake.is_set());
    inbox.open_stream(&"1".into());
    assert!(!wake.is_set());
    push_and_notify(1);
    assert!(!wake.is_set());
    push_and_notify(2);
    assert!(wake.is_set());
    assert_eq!(pop(&inbox), Some(3));
    assert!(!wake.is_set());
    inbox.close_stream(&"1".into());
    assert!(wake.is_set());
    assert_eq!([pop(&inbox), pop(&inbox)], [Some(1), Some(2)]);
    assert!(!wake.is_set());
}

#[test]
fn the_events_of_streams_count_against_the_capacity() {
    let inbox = Inbox::new(2, usize::MAX);
    inbox.open_stream(&"1".into());
    push(&inbox, 1).unwrap();
    push(&inbox, 2).unwrap();
    assert_eq!(push(&inbox, 3), Err(TryPushError::Full));
    let unset = std::sync::atomic::AtomicBool::new(false);
    assert!(matches!(
        inbox.pop_of("1", None, &unset, &unset),
        streams::StreamResult::Event(_)
    ));
    push(&inbox, 3).unwrap();
    assert_eq!(inbox.len(), 2);
    inbox.close();
    assert_eq!(inbox.clear(), 2);
}
