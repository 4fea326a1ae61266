//! Compares the records of the application with the transcript of the service.

use std::collections::{HashMap, HashSet};

use omnize::error::Delivery;
use omnize::sandbox::{Direction, Entry};

use super::application_records::{RecordedOutcome, Written};
use super::faulty_proxy::Forwarded;

/// All records of a run.
pub struct RunRecords<'a> {
    /// The transcript of the service.
    pub transcript: &'a [Entry],
    /// The requests that the network forwarded, by interaction.
    pub forwarded: HashMap<usize, Vec<Forwarded>>,
    pub written: Written,
    /// Whether `on_unknown` is `resend`.
    pub resend: bool,
}

/// The number of outcomes of each kind.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub accepted: usize,
    pub rejected: usize,
    pub not_sent: usize,
    pub unknown: usize,
    /// The number of messages that the service received more than once.
    pub twice: usize,
}

impl RunRecords<'_> {
    /// Checks all promises; panics if one is broken.
    pub fn verify(&self) -> Summary {
        let accepted = self.accepted_messages();
        let outcomes = self.outcomes();
        let mut verdict = Summary::default();
        let mut outcome_of = HashMap::new();
        for (ticket, (interaction, number)) in &self.written.posted {
            let outcome = outcomes.get(ticket);
            let outcome = outcome.unwrap_or_else(|| panic!("ticket {ticket} has no outcome"));
            assert_eq!(outcome.interaction, *interaction, "ticket {ticket}");
            outcome_of.insert((*interaction, *number), *outcome);
            let times = accepted.get(interaction).map_or(0, |numbers| {
                numbers
                    .iter()
                    .filter(|accepted| *accepted == number)
                    .count()
            });
            self.check_outcome(*outcome, times, &mut verdict, *interaction, *number);
        }
        for (interaction, numbers) in &accepted {
            self.check_order(*interaction, numbers);
        }
        for (interaction, forwarded) in &self.forwarded {
            self.check_reasons(*interaction, forwarded, &outcome_of);
        }
        verdict
    }

    /// Returns the numbers of the messages that the service accepted, by interaction, in order. It must have rejected
    /// none, and the proxy's log must be equal.
    fn accepted_messages(&self) -> HashMap<usize, Vec<usize>> {
        let mut messages: HashMap<usize, Vec<usize>> = HashMap::new();
        for entry in self.transcript {
            let body = entry.body.as_ref().map_or("null", |body| body.get());
            let body: serde_json::Value = serde_json::from_str(body).unwrap();
            if entry.direction == Direction::Request && body["type"] == "message" {
                assert_eq!(entry.status, Some(200), "{:?}", entry.error);
                let number = |name: &str| body[name].as_str().unwrap().parse().unwrap();
                messages
                    .entry(number("clientId"))
                    .or_default()
                    .push(number("content"));
            }
        }
        for (interaction, forwarded) in &self.forwarded {
            let numbers: Vec<_> = forwarded.iter().map(|request| request.number).collect();
            let accepted = messages.get(interaction).map_or(&[][..], Vec::as_slice);
            assert_eq!(numbers, accepted, "the proxy's log of {interaction}");
        }
        messages
    }

    /// Returns the outcome of each ticket. A redelivery must be in a later process, flagged, and equal.
    fn outcomes(&self) -> HashMap<u64, RecordedOutcome> {
        let mut outcomes = HashMap::new();
        for (ticket, times) in &self.written.outcomes {
            let (first, mut life, _) = times[0];
            for (again, later, redelivered) in &times[1..] {
                assert!(*redelivered, "ticket {ticket} had two outcomes");
                assert_eq!(*again, first, "ticket {ticket} had two different outcomes");
                assert!(*later > life, "ticket {ticket}: twice in one process");
                life = *later;
            }
            outcomes.insert(*ticket, first);
        }
        outcomes
    }

    /// Checks an outcome against the number of receptions.
    fn check_outcome(
        &self,
        outcome: RecordedOutcome,
        times: usize,
        verdict: &mut Summary,
        interaction: usize,
        number: usize,
    ) {
        let what = format!("message {number} of {interaction}, {outcome:?}");
        let (count, right) = match outcome.delivery {
            it if it == Delivery::Accepted as i32 => (&mut verdict.accepted, times > 0),
            it if it == Delivery::Rejected as i32 => {
                assert!(matches!(outcome.http_status, 429 | 500 | 503), "{what}");
                (&mut verdict.rejected, times == 0)
            }
            it if it == Delivery::NotSent as i32 => (&mut verdict.not_sent, times == 0),
            it if it == Delivery::Unknown as i32 => (&mut verdict.unknown, true),
            _ => panic!("{what}"),
        };
        assert!(right, "{what}, was received {times} times");
        *count += 1;
        verdict.twice += usize::from(times > 1);
    }

    /// Checks that the service received messages in the order of the posts, and repetitions only if they are allowed.
    fn check_order(&self, interaction: usize, numbers: &[usize]) {
        let mut highest = 0;
        for number in numbers {
            if *number > highest {
                highest = *number;
            } else {
                assert!(
                    self.resend && *number == highest,
                    "interaction {interaction}: {number} followed {highest}"
                );
            }
        }
        let tried = self.written.last_tried.get(&interaction).copied();
        assert!(highest <= tried.unwrap_or(0), "{highest} was not posted");
    }

    /// Checks that a message whose sender received the response is accepted and not retried. The exception is a message
    /// in progress at a kill: the application may not know its response.
    fn check_reasons(
        &self,
        interaction: usize,
        forwarded: &[Forwarded],
        outcomes: &HashMap<(usize, usize), RecordedOutcome>,
    ) {
        let mut settled = HashSet::new();
        for (at, request) in forwarded.iter().enumerate() {
            let number = request.number;
            assert!(
                !settled.contains(&number),
                "interaction {interaction}: {number} was retried without a reason"
            );
            let later_life = forwarded
                .get(at + 1)
                .is_none_or(|next| next.life > request.life);
            if request.confirmed && !later_life {
                settled.insert(number);
                if let Some(outcome) = outcomes.get(&(interaction, number)) {
                    let accepted = outcome.delivery == Delivery::Accepted as i32;
                    assert!(
                        accepted,
                        "interaction {interaction}: {number} was accepted, but its outcome is {outcome:?}"
                    );
                }
            }
        }
    }
}
