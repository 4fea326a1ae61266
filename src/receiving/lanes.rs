//! Events that wait, in the order of receipt, but for this: while an event of an interaction is being handled, the
//! interaction's next ones stay back and those of others pass.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::event::Waiting;

/// All that waits.
#[derive(Debug, Default)]
pub struct Lanes {
    /// One lane for each interaction that has events here or is being handled, by client id.
    lanes: HashMap<String, Lane>,
    /// The first event of each lane that may go, by its sequence: the whole order of receipt, without those that stay
    /// back. The second number keeps apart those of the same sequence, which outcomes that the store could not write have.
    ready: BTreeMap<(u64, u64), String>,
    last_ready: u64,
    waiting: usize,
}

#[derive(Debug, Default)]
struct Lane {
    events: VecDeque<Waiting>,
    /// Whether an event of it is being handled.
    busy: bool,
}

impl Lanes {
    /// Puts an event behind those of its interaction.
    pub fn push(&mut self, event: Waiting) {
        self.waiting += 1;
        let client_id = event.content.client_id();
        if let Some(lane) = self.lanes.get_mut(client_id) {
            // A lane that is kept without events is busy.
            lane.events.push_back(event);
            return;
        }
        let client_id = client_id.to_owned();
        self.make_ready(event.sequence, client_id.clone());
        let lane = Lane {
            events: VecDeque::from([event]),
            busy: false,
        };
        self.lanes.insert(client_id, lane);
    }

    /// Takes the first event that may go. Where `hold`, its interaction's next ones stay back until
    /// [`release`](Self::release).
    pub fn pop(&mut self, hold: bool) -> Option<Waiting> {
        let (_, client_id) = self.ready.pop_first()?;
        // Every entry of `ready` stands for a lane that has an event.
        let lane = self.lanes.get_mut(&client_id)?;
        let event = lane.events.pop_front()?;
        self.waiting -= 1;
        lane.busy = hold;
        if !hold {
            self.advance(client_id);
        }
        Some(event)
    }

    /// The interaction's event was handled: its next one may go.
    pub fn release(&mut self, client_id: &str) {
        if let Some(lane) = self.lanes.get_mut(client_id) {
            lane.busy = false;
            self.advance(client_id.to_owned());
        }
    }

    /// Makes the lane's first event ready, or ends the lane.
    fn advance(&mut self, client_id: String) {
        let first = self
            .lanes
            .get(&client_id)
            .and_then(|lane| lane.events.front());
        match first.map(|event| event.sequence) {
            Some(sequence) => self.make_ready(sequence, client_id),
            None => {
                self.lanes.remove(&client_id);
            }
        }
    }

    fn make_ready(&mut self, sequence: u64, client_id: String) {
        self.last_ready += 1;
        self.ready.insert((sequence, self.last_ready), client_id);
    }

    /// Whether an event may go.
    pub fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// How many wait, those that stay back included.
    pub fn len(&self) -> usize {
        self.waiting
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::Content;
    use super::*;
    use crate::wire::rest;

    fn lanes(of: &[(&str, u64)]) -> Lanes {
        let mut lanes = Lanes::default();
        for (client_id, sequence) in of {
            let body = format!(r#"{{"status":"typing","clientId":"{client_id}"}}"#);
            lanes.push(Waiting {
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
    fn without_holding_the_order_is_that_of_receipt() {
        let mut lanes = lanes(&[("a", 1), ("b", 2), ("a", 3), ("c", 4), ("b", 5)]);
        let order: Vec<_> = std::iter::from_fn(|| pop(&mut lanes, false)).collect();
        assert_eq!(order, [1, 2, 3, 4, 5]);
        assert!(lanes.lanes.is_empty());
    }

    #[test]
    fn a_held_interaction_stays_back_and_others_pass() {
        let mut lanes = lanes(&[("a", 1), ("a", 2), ("b", 3), ("a", 4), ("b", 5)]);
        assert_eq!(pop(&mut lanes, true), Some(1));
        assert_eq!(pop(&mut lanes, true), Some(3));
        assert_eq!(pop(&mut lanes, true), None);
        assert_eq!((lanes.len(), lanes.is_ready()), (3, false));
        lanes.release("b");
        assert_eq!(pop(&mut lanes, true), Some(5));
        lanes.release("a");
        assert_eq!(pop(&mut lanes, true), Some(2));
        lanes.release("a");
        assert_eq!(pop(&mut lanes, true), Some(4));
        lanes.release("a");
        lanes.release("b");
        assert_eq!(lanes.len(), 0);
        assert!(lanes.lanes.is_empty(), "lanes that are over are not kept");
    }

    #[test]
    fn events_of_the_same_number_are_all_given() {
        // Outcomes that the store could not write have no number of their own.
        let mut lanes = lanes(&[("a", 0), ("b", 0), ("a", 7)]);
        let order: Vec<_> = std::iter::from_fn(|| pop(&mut lanes, true)).collect();
        assert_eq!(order, [0, 0]);
        lanes.release("a");
        assert_eq!(pop(&mut lanes, true), Some(7));
    }

    #[test]
    fn what_comes_while_an_interaction_is_held_stays_back_too() {
        let mut lanes = lanes(&[("a", 1)]);
        assert_eq!(pop(&mut lanes, true), Some(1));
        let mut more = self::lanes(&[("a", 2)]);
        lanes.push(more.pop(false).unwrap());
        assert!(!lanes.is_ready());
        lanes.release("a");
        assert_eq!(pop(&mut lanes, true), Some(2));
    }
}
