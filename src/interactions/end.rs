//! The last event of an interaction: its event stream ends after it.

use std::sync::atomic::Ordering;

use crate::interactions::interaction::{FailedStart, Interaction};
use crate::interactions::state::State;

/// An event that may be the last one of its interaction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LastEvent<'a> {
    /// The posted start that failed; `None` for a finish.
    pub failed_start: Option<FailedStart>,
    /// The interaction hash of a trigger.
    pub hash: Option<&'a str>,
    /// For a redelivered event, when an earlier process received it.
    pub redelivered_from: Option<i64>,
}

impl<L, T> Interaction<L, T> {
    /// Records that the application got this event. Returns whether it ends the interaction's event stream.
    pub(crate) fn on_last_event(&self, last: LastEvent<'_>) -> bool {
        if let Some(received_at) = last.redelivered_from {
            self.restore_end(&last, received_at);
        }
        let data = self.lock();
        let is_last = match last.failed_start {
            Some(failed) => {
                let known = data.failed_start.as_deref();
                data.state == State::New && known.is_some_and(|known| known.ticket == failed.ticket)
            }
            None => data.state == State::Finished,
        };
        if is_last {
            self.is_end_delivered.store(true, Ordering::Release);
        }
        is_last
    }

    /// Repeats the state change of a redelivered event. The store contains no ended interactions, so after a restart an
    /// attach assumes that it is open. Does nothing if the interaction was seen open after the event.
    fn restore_end(&self, last: &LastEvent<'_>, received_at: i64) {
        if !last.hash.is_none_or(|hash| self.matches_hash(hash)) {
            return;
        }
        let mut data = self.lock();
        if received_at <= data.confirmed_at {
            return;
        }
        let ended = match last.failed_start {
            Some(failed) => {
                data.failed_start = Some(Box::new(failed));
                State::New
            }
            None => State::Finished,
        };
        self.set_state(data, ended);
    }
}
