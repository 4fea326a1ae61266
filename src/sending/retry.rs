//! Decides whether and when a request is retried.

use std::time::Duration;

use crate::config::Settings;
use crate::error::{Delivery, Error};
use crate::wire::Request;

/// The longest first delay. Each further one may be twice as long.
const FIRST_DELAY: Duration = Duration::from_millis(200);
/// The longest delay.
const MAX_DELAY: Duration = Duration::from_secs(30);

/// The rules for retries.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// How long after its call a request is retried.
    period: Duration,
    /// Whether a request that the service may have received is retried, although it may be duplicated.
    resend_unknown: bool,
}

impl RetryPolicy {
    /// Creates the policy of posted requests.
    pub fn posted(settings: &Settings) -> Self {
        RetryPolicy {
            period: settings.retry_posted,
            resend_unknown: settings.resend_unknown,
        }
    }

    /// Creates the policy of blocking calls.
    pub fn blocking(settings: &Settings) -> Self {
        RetryPolicy {
            period: settings.retry_blocking,
            resend_unknown: settings.resend_unknown,
        }
    }

    /// Returns whether requests that the service may have received are retried.
    pub fn resends_unknown(&self) -> bool {
        self.resend_unknown
    }

    /// Returns whether a request is too old for a retry.
    pub fn is_expired(&self, age: Duration) -> bool {
        age > self.period
    }

    /// Returns how long requests are retried.
    pub fn period(&self) -> Duration {
        self.period
    }

    /// Returns the delay before the next attempt, or `None` if the request is not retried. `error` is the failure of the last
    /// of `attempts` attempts; `age` is the time since the call.
    pub fn delay(
        &self,
        request: &Request,
        error: &Error,
        attempts: u32,
        age: Duration,
    ) -> Option<Duration> {
        let is_allowed = match error.delivery()? {
            Delivery::Accepted => false,
            Delivery::NotSent | Delivery::Rejected => error.is_retryable(),
            Delivery::Unknown => request.is_idempotent() || self.resend_unknown,
        };
        // The backoff also holds if the service requests a shorter delay.
        let delay = error
            .retry_after()
            .unwrap_or_default()
            .max(backoff(attempts));
        // The service may request any number of seconds.
        (is_allowed && age.saturating_add(delay) <= self.period).then_some(delay)
    }
}

/// Returns a random delay, so that many applications do not retry at the same instant after an outage.
fn backoff(attempts: u32) -> Duration {
    let longest = FIRST_DELAY
        .saturating_mul(1 << attempts.saturating_sub(1).min(16))
        .min(MAX_DELAY);
    // Without random numbers, the delays are equal.
    let random = getrandom::u32().unwrap_or(u32::MAX / 2);
    longest / 2 + (longest / 2).mul_f64(f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::Status;

    const POLICY: RetryPolicy = RetryPolicy {
        period: Duration::from_secs(60),
        resend_unknown: false,
    };

    fn error(delivery: Delivery, retryable: bool) -> Error {
        Error::new(Status::Lost, "x")
            .with_delivery(delivery)
            .with_retryable(retryable)
    }

    fn is_retried(policy: RetryPolicy, request: &Request, error: &Error) -> bool {
        policy.delay(request, error, 1, Duration::ZERO).is_some()
    }

    #[test]
    fn requests_certainly_not_received_are_retried() {
        let message = Request::Message("x".into());
        assert!(is_retried(
            POLICY,
            &message,
            &error(Delivery::NotSent, true)
        ));
        assert!(!is_retried(
            POLICY,
            &message,
            &error(Delivery::NotSent, false)
        ));
        assert!(!is_retried(
            POLICY,
            &message,
            &error(Delivery::Rejected, false)
        ));
        assert!(is_retried(
            POLICY,
            &message,
            &error(Delivery::Rejected, true)
        ));
    }

    #[test]
    fn unknown_delivery_is_retried_only_if_idempotent_or_on_unknown_is_resend() {
        let unknown = error(Delivery::Unknown, false);
        let message = Request::Message("x".into());
        assert!(!is_retried(POLICY, &message, &unknown));
        assert!(!is_retried(POLICY, &Request::Finish, &unknown));
        assert!(is_retried(POLICY, &Request::Typing, &unknown));
        let resend = RetryPolicy {
            resend_unknown: true,
            ..POLICY
        };
        assert!(is_retried(resend, &message, &unknown));
    }

    #[test]
    fn expired_request_is_not_retried() {
        let error = error(Delivery::NotSent, true);
        let late = Duration::from_secs(60);
        assert_eq!(POLICY.delay(&Request::Typing, &error, 1, late), None);
    }

    #[test]
    fn retry_after_sets_the_delay() {
        let requested = |seconds| {
            error(Delivery::Rejected, true).with_retry_after(Some(Duration::from_secs(seconds)))
        };
        let delay =
            |seconds| POLICY.delay(&Request::Typing, &requested(seconds), 1, Duration::ZERO);
        assert_eq!(delay(7), Some(Duration::from_secs(7)));
        assert_eq!(delay(61), None);
        let longest = requested(u64::MAX);
        let age = Duration::from_secs(1);
        assert_eq!(POLICY.delay(&Request::Typing, &longest, 1, age), None);
    }

    #[test]
    fn retry_after_zero_does_not_shorten_the_backoff() {
        let requested = error(Delivery::Rejected, true).with_retry_after(Some(Duration::ZERO));
        let delay = POLICY.delay(&Request::Typing, &requested, 5, Duration::ZERO);
        assert!(
            delay.is_some_and(|delay| delay >= Duration::from_millis(1600)),
            "{delay:?}"
        );
    }

    #[test]
    fn backoff_grows_up_to_a_limit() {
        for (attempts, longest) in [(1, 200), (2, 400), (5, 3200), (9, 30_000), (60, 30_000)] {
            let delay = backoff(attempts);
            let longest = Duration::from_millis(longest);
            assert!(
                delay >= longest / 2 && delay <= longest,
                "{attempts}: {delay:?}"
            );
        }
    }
}
