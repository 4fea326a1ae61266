//! Queued events in the order of receipt, with one lane for each interaction.
//!
//! While an event of an interaction is being handled, its later events are held, and events of other interactions
//! pass.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::receiving::queue::event::QueuedEvent;

/// All queued events.
///
/// Most applications handle one event after the other and never hold one. For them it is a plain queue. An interaction
/// has a lane only while one of its events is held.
#[derive(Debug, Default)]
pub struct Lanes {
    /// Events in the order of receipt. The first one has no lane, or is moved there before the next access.
    queue: VecDeque<(Position, QueuedEvent)>,
    /// Lanes by client id.
    lanes: HashMap<String, Lane>,
    /// The first event of each released lane.
    ready: BTreeMap<Position, QueuedEvent>,
    last_position: Position,
    count: usize,
}

/// A position in the order of receipt.
type Position = u64;

/// The later events of an interaction while an earlier one is handled or ready.
type Lane = VecDeque<(Position, QueuedEvent)>;

impl Lanes {
    /// Adds an event after those of its interaction.
    pub fn push(&mut self, event: QueuedEvent) {
        self.count += 1;
        self.last_position += 1;
        self.queue.push_back((self.last_position, event));
        self.distribute();
    }

    /// Pops the first event that is not held. With `hold`, the next events of its interaction are held until
    /// [`release`](Self::release).
    pub fn pop(&mut self, hold: bool) -> Option<QueuedEvent> {
        let queued = self.queue.front().map(|(position, _)| *position);
        let ready = self.ready.first_key_value().map(|(position, _)| *position);
        let from_queue = match (queued, ready) {
            (Some(queued), Some(ready)) => queued < ready,
            (queued, _) => queued.is_some(),
        };
        let event = if from_queue {
            let (_, event) = self.queue.pop_front()?;
            if hold {
                let client_id = event.content.client_id().to_owned();
                self.lanes.insert(client_id, Lane::new());
            }
            event
        } else {
            let (_, event) = self.ready.pop_first()?;
            if !hold {
                self.release(event.content.client_id());
            }
            event
        };
        self.count -= 1;
        self.distribute();
        Some(event)
    }

    /// Releases the next event of an interaction after its held event was handled.
    pub fn release(&mut self, client_id: &str) {
        let Some(lane) = self.lanes.get_mut(client_id) else {
            return;
        };
        match lane.pop_front() {
            Some((position, event)) => {
                self.ready.insert(position, event);
            }
            None => {
                self.lanes.remove(client_id);
            }
        }
    }

    /// Moves events from the front of the queue into their lanes, up to the first without a lane.
    fn distribute(&mut self) {
        if self.lanes.is_empty() {
            return;
        }
        while let Some((_, event)) = self.queue.front()
            && let Some(lane) = self.lanes.get_mut(event.content.client_id())
        {
            lane.extend(self.queue.pop_front());
        }
    }

    /// Returns an upper bound of the events that can be popped: queued ones after the first may be held.
    pub fn ready_count(&self) -> usize {
        self.queue.len() + self.ready.len()
    }

    /// Returns the number of queued events, held ones included.
    pub fn len(&self) -> usize {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receiving::queue::event::Content;
    use crate::wire::dialects::rest;

    fn lanes(of: &[(&str, u64)]) -> Lanes {
        let mut lanes = Lanes::default();
        for (client_id, sequence) in of {
            let body = format!(r#"{{"status":"typing","clientId":"{client_id}"}}"#);
            lanes.push(QueuedEvent {
                content: Content::Trigger(rest::decode(body.as_bytes().into(), None).unwrap()),
                sequence: *sequence,
                received_at: 0,
                redelivered: false,
            });
        }
        lanes
    }

    fn pop(lanes: &mut Lanes, hold: bool) -> Option<u64> {
        lanes.pop(hold).map(|event| event.sequence)
    }

    #[test]
    fn without_hold_events_are_popped_in_the_order_of_receipt() {
        let mut lanes = lanes(&[("a", 1), ("b", 2), ("a", 3), ("c", 4), ("b", 5)]);
        let order: Vec<_> = std::iter::from_fn(|| pop(&mut lanes, false)).collect();
        assert_eq!(order, [1, 2, 3, 4, 5]);
        assert!(lanes.lanes.is_empty());
    }

    #[test]
    fn events_of_a_held_interaction_wait_and_others_pass() {
        let mut lanes = lanes(&[("a", 1), ("a", 2), ("b", 3), ("a", 4), ("b", 5)]);
        assert_eq!(pop(&mut lanes, true), Some(1));
        assert_eq!(pop(&mut lanes, true), Some(3));
        assert_eq!(pop(&mut lanes, true), None);
        assert_eq!((lanes.len(), lanes.ready_count()), (3, 0));
        lanes.release("b");
        assert_eq!(pop(&mut lanes, true), Some(5));
        lanes.release("a");
        assert_eq!(pop(&mut lanes, true), Some(2));
        lanes.release("a");
        assert_eq!(pop(&mut lanes, true), Some(4));
        lanes.release("a");
        lanes.release("b");
        assert_eq!(lanes.len(), 0);
        assert!(lanes.lanes.is_empty(), "empty lanes are removed");
    }

    #[test]
    fn events_with_equal_sequence_numbers_are_all_popped() {
        // An outcome that could not be stored has no sequence number.
        let mut lanes = lanes(&[("a", 0), ("b", 0), ("a", 7)]);
        let order: Vec<_> = std::iter::from_fn(|| pop(&mut lanes, true)).collect();
        assert_eq!(order, [0, 0]);
        lanes.release("a");
        assert_eq!(pop(&mut lanes, true), Some(7));
    }

    #[test]
    fn new_events_of_a_held_interaction_wait_too() {
        let mut lanes = lanes(&[("a", 1)]);
        assert_eq!(pop(&mut lanes, true), Some(1));
        let mut more = self::lanes(&[("a", 2)]);
        lanes.push(more.pop(false).unwrap());
        assert_eq!(lanes.ready_count(), 0);
        lanes.release("a");
        assert_eq!(pop(&mut lanes, true), Some(2));
    }

    #[test]
    fn pop_returns_the_oldest_event_that_is_not_held() {
        let mut lanes = Lanes::default();
        let (mut queued, mut held) = (Vec::new(), Vec::new());
        let mut random = 7u64;
        for sequence in 1..20_000 {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let id = ["a", "b", "c", "d", "e"][(random >> 33) as usize % 5];
            match (random >> 60) % 3 {
                0 => {
                    let mut more = self::lanes(&[(id, sequence)]);
                    lanes.push(more.pop(false).unwrap());
                    queued.push((id, sequence));
                }
                1 => {
                    let first = queued.iter().position(|(id, _)| !held.contains(id));
                    let first = first.map(|first| queued.remove(first));
                    assert_eq!(lanes.ready_count() > 0, first.is_some());
                    assert_eq!(pop(&mut lanes, true), first.map(|(_, sequence)| sequence));
                    held.extend(first.map(|(id, _)| id));
                }
                _ => {
                    if let Some(at) = held.iter().position(|other| *other == id) {
                        held.swap_remove(at);
                        lanes.release(id);
                    }
                }
            }
            assert_eq!(lanes.len(), queued.len());
        }
    }
}
