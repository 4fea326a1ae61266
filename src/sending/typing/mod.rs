//! From many keystrokes to few requests: one typing when the customer begins, one cleared when no key came for a while or
//! right before the message.

pub(crate) mod keystrokes;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What the service has been told of one customer's keys.
#[derive(Debug, Default)]
pub struct Typing(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// When the last key came, while the service believes that the customer types.
    last_key: Option<Instant>,
    /// Whether an alarm is set that will look whether the customer still types.
    watched: bool,
}

/// What is to be done upon a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The service is to be told that the customer types.
    pub tell: bool,
    /// An alarm is to be set.
    pub watch: bool,
}

/// What an alarm has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimerResult {
    /// The customer has stopped: the service is to be told.
    Stopped,
    /// Keys have come since: look again then.
    Again(Instant),
    /// The service knows already.
    Known,
}

impl Typing {
    /// A key was pressed.
    pub fn key(&self, now: Instant) -> Key {
        let mut state = self.lock();
        let key = Key {
            tell: state.last_key.is_none(),
            watch: !state.watched,
        };
        state.last_key = Some(now);
        state.watched = true;
        key
    }

    /// An alarm has gone off, `pause` after a key.
    pub fn alarm(&self, now: Instant, pause: Duration) -> TimerResult {
        let mut state = self.lock();
        let Some(last_key) = state.last_key else {
            state.watched = false;
            return TimerResult::Known;
        };
        let due = last_key + pause;
        if due > now {
            return TimerResult::Again(due);
        }
        *state = State::default();
        TimerResult::Stopped
    }

    /// The customer's message is about to be sent. Whether the service is to be told first that the customer has stopped.
    pub fn stop(&self) -> bool {
        self.lock().last_key.take().is_some()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_secs(5);

    #[test]
    fn the_first_key_tells_and_the_next_ones_do_not() {
        let typing = Typing::default();
        let now = Instant::now();
        assert_eq!(
            typing.key(now),
            Key {
                tell: true,
                watch: true
            }
        );
        assert_eq!(
            typing.key(now),
            Key {
                tell: false,
                watch: false
            }
        );
    }

    #[test]
    fn a_pause_ends_it_and_keys_put_it_off() {
        let typing = Typing::default();
        let begin = Instant::now();
        typing.key(begin);
        typing.key(begin + Duration::from_secs(3));
        let again = typing.alarm(begin + PAUSE, PAUSE);
        assert_eq!(again, TimerResult::Again(begin + Duration::from_secs(8)));
        assert_eq!(
            typing.alarm(begin + Duration::from_secs(8), PAUSE),
            TimerResult::Stopped
        );
        assert!(!typing.stop());
        assert!(typing.key(begin + Duration::from_secs(9)).tell);
    }

    #[test]
    fn a_message_ends_it_and_the_alarm_finds_nothing_to_do() {
        let typing = Typing::default();
        let begin = Instant::now();
        typing.key(begin);
        assert!(typing.stop());
        assert!(!typing.stop());
        // A key after the message is watched by the alarm that is still set.
        assert_eq!(
            typing.key(begin),
            Key {
                tell: true,
                watch: false
            }
        );
        assert_eq!(typing.alarm(begin + PAUSE, PAUSE), TimerResult::Stopped);
        assert_eq!(typing.alarm(begin + PAUSE, PAUSE), TimerResult::Known);
    }
}
