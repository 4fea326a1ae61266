//! Checks the configuration before the first request of a customer: the connection, and the token if the dialect has a
//! harmless request.

use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::interrupt;
use crate::sending::deadlines::TimeBudget;
use crate::sending::outbox::Outbox;
use crate::sending::request_log::RequestRecord;
use crate::statistics::Statistic;
use crate::status::Status;

/// The longest timeout of a check: a week.
const MAX_TIMEOUT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The parts of the configuration that a successful check has shown to be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum CheckLevel {
    /// The connection: name, TCP, TLS, and the proxy if there is one. The token was not sent.
    Connection = 1,
    /// The connection, the token and the dialect: the service accepted a harmless request.
    Account = 2,
}

impl CheckLevel {
    /// Every level, in the order of their numbers.
    pub const ALL: [CheckLevel; 2] = [CheckLevel::Connection, CheckLevel::Account];

    /// Returns the level's name.
    pub fn name(self) -> &'static str {
        match self {
            CheckLevel::Connection => "connection",
            CheckLevel::Account => "account",
        }
    }
}

impl Outbox {
    /// Sends the dialect's harmless request, or opens a connection if it has none. Blocks at most for `timeout` (default: the
    /// option `timeout`). It is not retried, except once if the connection was lost.
    ///
    /// # Errors
    /// The same as `Sender::send`, and [`Status::Closed`].
    pub fn check_account(&self, timeout: Option<Duration>) -> Result<CheckLevel> {
        self.sender.check_origin()?;
        self.check_open()?;
        let timeout = timeout.unwrap_or(self.timeout).min(MAX_TIMEOUT);
        let started = Instant::now();
        let counters = &self.sender.counters;
        // Only then it is counted as a request.
        let sends_request = self.sender.dialect.harmless_request().is_some();
        let mut result = self.attempt_check(started, timeout);
        // The service may have closed an idle connection. A harmless request can be sent twice.
        let is_lost = |error: &Error| error.status() == Status::Lost;
        if result.as_ref().is_err_and(is_lost) && !self.is_ended() {
            if sends_request {
                counters.count(Statistic::RequestsRetried);
            }
            result = self.attempt_check(started, timeout);
        }
        // After a fork in the hook, the check belongs to the parent.
        self.sender.check_origin()?;
        if sends_request {
            counters.count_ended(&result);
        }
        let logged = RequestRecord {
            name: "check",
            ticket: None,
            client_id: None,
            is_returned: true,
            retry: None,
        };
        self.sender.log(&logged, &result);
        result
    }

    /// Returns whether the application has ended the check.
    fn is_ended(&self) -> bool {
        interrupt::is_interrupted() || self.sender.is_aborted()
    }

    fn attempt_check(&self, started: Instant, timeout: Duration) -> Result<CheckLevel> {
        let budget = TimeBudget {
            remaining: timeout.saturating_sub(started.elapsed()),
            total: timeout,
        };
        match self.sender.dialect.harmless_request() {
            Some((address, request)) => self
                .sender
                .send(&address, None, &request, Some(budget))
                .map(|_| CheckLevel::Account)
                .map_err(|error| error.rename_request(request.name(), "check")),
            None => self.sender.connect(budget).map(|()| CheckLevel::Connection),
        }
    }
}
