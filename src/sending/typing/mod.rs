//! Turns many keystrokes into few requests.
//!
//! A keystroke comes in at [`keystrokes`]. This file holds whether the service believes that the customer types. The first
//! keystroke queues typing and starts a [`typing_timer`]. When the timer is due and no keystroke has followed, or directly
//! before a message, cleared is queued. The [`outbox`](crate::sending::outbox) sends both.

pub(crate) mod keystrokes;
pub(crate) mod typing_timer;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The typing state of one customer, as the service knows it.
#[derive(Debug, Default)]
pub struct Typing(Mutex<TypingState>);

#[derive(Debug, Default)]
struct TypingState {
    /// The time of the last keystroke, while the service believes that the customer types.
    last_keystroke: Option<Instant>,
    /// Whether a timer is running.
    has_timer: bool,
}

/// The actions after a keystroke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keystroke {
    /// Typing must be sent.
    pub sends_typing: bool,
    /// A timer must be started.
    pub starts_timer: bool,
}

/// The result of a timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimerResult {
    /// The customer has stopped; cleared must be sent.
    Stopped,
    /// There were further keystrokes; the next check is due at this instant.
    CheckAgainAt(Instant),
    /// Cleared was already sent.
    AlreadySent,
}

impl Typing {
    /// Records a keystroke.
    pub fn record_keystroke(&self, now: Instant) -> Keystroke {
        let mut state = self.lock();
        let keystroke = Keystroke {
            sends_typing: state.last_keystroke.is_none(),
            starts_timer: !state.has_timer,
        };
        state.last_keystroke = Some(now);
        state.has_timer = true;
        keystroke
    }

    /// Evaluates a timer that was started `pause` ago.
    pub fn check_timer(&self, now: Instant, pause: Duration) -> TimerResult {
        let mut state = self.lock();
        let Some(last_keystroke) = state.last_keystroke else {
            state.has_timer = false;
            return TimerResult::AlreadySent;
        };
        let due = last_keystroke + pause;
        if due > now {
            return TimerResult::CheckAgainAt(due);
        }
        *state = TypingState::default();
        TimerResult::Stopped
    }

    /// Ends typing before a message. Returns whether cleared must be sent first.
    pub fn stop(&self) -> bool {
        self.lock().last_keystroke.take().is_some()
    }

    fn lock(&self) -> MutexGuard<'_, TypingState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_secs(5);

    #[test]
    fn only_the_first_keystroke_sends_typing() {
        let typing = Typing::default();
        let now = Instant::now();
        assert_eq!(
            typing.record_keystroke(now),
            Keystroke {
                sends_typing: true,
                starts_timer: true
            }
        );
        assert_eq!(
            typing.record_keystroke(now),
            Keystroke {
                sends_typing: false,
                starts_timer: false
            }
        );
    }

    #[test]
    fn pause_ends_typing_and_keystrokes_postpone_it() {
        let typing = Typing::default();
        let begin = Instant::now();
        typing.record_keystroke(begin);
        typing.record_keystroke(begin + Duration::from_secs(3));
        let result = typing.check_timer(begin + PAUSE, PAUSE);
        assert_eq!(
            result,
            TimerResult::CheckAgainAt(begin + Duration::from_secs(8))
        );
        assert_eq!(
            typing.check_timer(begin + Duration::from_secs(8), PAUSE),
            TimerResult::Stopped
        );
        assert!(!typing.stop());
        assert!(
            typing
                .record_keystroke(begin + Duration::from_secs(9))
                .sends_typing
        );
    }

    #[test]
    fn message_ends_typing_and_the_timer_does_nothing() {
        let typing = Typing::default();
        let begin = Instant::now();
        typing.record_keystroke(begin);
        assert!(typing.stop());
        assert!(!typing.stop());
        // The running timer is used for a keystroke after the message.
        assert_eq!(
            typing.record_keystroke(begin),
            Keystroke {
                sends_typing: true,
                starts_timer: false
            }
        );
        assert_eq!(
            typing.check_timer(begin + PAUSE, PAUSE),
            TimerResult::Stopped
        );
        assert_eq!(
            typing.check_timer(begin + PAUSE, PAUSE),
            TimerResult::AlreadySent
        );
    }
}
