//! Whether a request that was not accepted is made again, and when.

use std::time::Duration;

use crate::config::Settings;
use crate::error::{Delivery, Error};
use crate::wire::Request;

/// The first pause; each further one may be twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// When to make requests again.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// For how long after it was made a request is made again.
    within: Duration,
    /// Whether one that the service may have received is, though it may come twice.
    resend_unknown: bool,
}

impl Policy {
    /// The policy for requests that were posted.
    pub fn posted(settings: &Settings) -> Self {
        Policy {
            within: settings.retry_posted,
            resend_unknown: settings.resend_unknown,
        }
    }

    /// The policy for requests that somebody waits for.
    pub fn blocking(settings: &Settings) -> Self {
        Policy {
            within: settings.retry_blocking,
            resend_unknown: settings.resend_unknown,
        }
    }

    /// Whether a request that the service may have received is made again.
    pub fn resends_unknown(&self) -> bool {
        self.resend_unknown
    }

    /// Whether the time is over in which a request of this age is made again.
    pub fn is_over(&self, age: Duration) -> bool {
        age > self.within
    }

    /// For how long a request is made again.
    pub fn within(&self) -> Duration {
        self.within
    }

    /// How long to wait before a request is made again that was made `tries` times, `age` ago for the first time, and
    /// ended like this; `None` where it is not.
    pub fn pause(
        &self,
        request: &Request,
        error: &Error,
        tries: u32,
        age: Duration,
    ) -> Option<Duration> {
        let again = match error.delivery()? {
            Delivery::Accepted => false,
            Delivery::NotSent | Delivery::Rejected => error.is_retryable(),
            Delivery::Unknown => request.is_idempotent() || self.resend_unknown,
        };
        // A service that asks for no wait, or for a date that has passed, is not to be hurried either.
        let pause = error
            .asked_to_wait()
            .unwrap_or_default()
            .max(backoff(tries));
        // The service may ask for any number of seconds.
        (again && age.saturating_add(pause) <= self.within).then_some(pause)
    }
}

/// A pause of random length, so that many applications that lost the service at once do not come back at once.
fn backoff(tries: u32) -> Duration {
    let longest = FIRST_PAUSE
        .saturating_mul(1 << tries.saturating_sub(1).min(16))
        .min(LONGEST_PAUSE);
    // Without randomness the pauses are merely equal.
    let random = getrandom::u32().unwrap_or(u32::MAX / 2);
    longest / 2 + (longest / 2).mul_f64(f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::Status;

    const POLICY: Policy = Policy {
        within: Duration::from_secs(60),
        resend_unknown: false,
    };

    fn error(delivery: Delivery, retryable: bool) -> Error {
        Error::new(Status::Lost, "x")
            .delivered(delivery)
            .retryable(retryable)
    }

    fn again(policy: Policy, request: &Request, error: &Error) -> bool {
        policy.pause(request, error, 1, Duration::ZERO).is_some()
    }

    #[test]
    fn what_surely_was_not_received_is_made_again() {
        let message = Request::Message("x".into());
        assert!(again(POLICY, &message, &error(Delivery::NotSent, true)));
        assert!(!again(POLICY, &message, &error(Delivery::NotSent, false)));
        assert!(!again(POLICY, &message, &error(Delivery::Rejected, false)));
        assert!(again(POLICY, &message, &error(Delivery::Rejected, true)));
    }

    #[test]
    fn what_may_have_been_received_is_made_again_where_twice_does_no_harm_or_the_application_says_so()
     {
        let unknown = error(Delivery::Unknown, false);
        let message = Request::Message("x".into());
        assert!(!again(POLICY, &message, &unknown));
        assert!(!again(POLICY, &Request::Finish, &unknown));
        assert!(again(POLICY, &Request::Typing, &unknown));
        let resend = Policy {
            resend_unknown: true,
            ..POLICY
        };
        assert!(again(resend, &message, &unknown));
    }

    #[test]
    fn nothing_is_made_again_after_its_time() {
        let error = error(Delivery::NotSent, true);
        let late = Duration::from_secs(60);
        assert_eq!(POLICY.pause(&Request::Typing, &error, 1, late), None);
    }

    #[test]
    fn the_service_says_how_long_to_wait() {
        let asked = |seconds| {
            error(Delivery::Rejected, true).retry_after(Some(Duration::from_secs(seconds)))
        };
        let pause = |seconds| POLICY.pause(&Request::Typing, &asked(seconds), 1, Duration::ZERO);
        assert_eq!(pause(7), Some(Duration::from_secs(7)));
        assert_eq!(pause(61), None);
        let longest = asked(u64::MAX);
        let age = Duration::from_secs(1);
        assert_eq!(POLICY.pause(&Request::Typing, &longest, 1, age), None);
    }

    #[test]
    fn a_service_that_asks_for_no_wait_is_not_hurried() {
        let asked = error(Delivery::Rejected, true).retry_after(Some(Duration::ZERO));
        let pause = POLICY.pause(&Request::Typing, &asked, 5, Duration::ZERO);
        assert!(
            pause.is_some_and(|pause| pause >= Duration::from_millis(1600)),
            "{pause:?}"
        );
    }

    #[test]
    fn pauses_grow_up_to_a_bound() {
        for (tries, longest) in [(1, 200), (2, 400), (5, 3200), (9, 30_000), (60, 30_000)] {
            let pause = backoff(tries);
            let longest = Duration::from_millis(longest);
            assert!(
                pause >= longest / 2 && pause <= longest,
                "{tries}: {pause:?}"
            );
        }
    }
}
