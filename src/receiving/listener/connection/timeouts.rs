//! The timer that ends a phase of a connection.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::time::Sleep;

use crate::config::Limits;
use crate::receiving::listener::connection::connection_state::ConnectionState;

/// Longest sleep if the phase has no timeout.
const MAX_SLEEP: Duration = Duration::from_secs(60 * 60);

/// The timer of one connection. It is reset only if it is late, not at every request.
#[derive(Debug)]
pub struct PhaseTimer<'a> {
    sleep: Pin<&'a mut Sleep>,
    limits: &'a Limits,
    /// The age of the connection at which the timer fires.
    deadline: Duration,
    /// Whether the sleep has the task's waker.
    is_registered: bool,
}

impl<'a> PhaseTimer<'a> {
    /// Creates the timer of a connection that waits for a head. `sleep` lasts for `head_time`.
    pub fn new(sleep: Pin<&'a mut Sleep>, limits: &'a Limits, head_time: Duration) -> Self {
        PhaseTimer {
            sleep,
            limits,
            deadline: head_time,
            is_registered: false,
        }
    }

    /// Completes when the phase has timed out. `idle_time` is the timeout between two requests.
    pub fn poll_elapsed(
        &mut self,
        connection: &ConnectionState,
        idle_time: Duration,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        loop {
            if let Some(deadline) = connection.deadline(self.limits, idle_time)
                && deadline < self.deadline
            {
                self.reset(deadline, connection);
            }
            if self.is_registered && !self.sleep.is_elapsed() {
                return Poll::Pending;
            }
            self.is_registered = true;
            std::task::ready!(self.sleep.as_mut().poll(cx));
            let (deadline, age) = (
                connection.deadline(self.limits, idle_time),
                connection.age(),
            );
            if deadline.is_some_and(|deadline| deadline <= age) {
                return Poll::Ready(());
            }
            self.reset(deadline.unwrap_or(age + MAX_SLEEP), connection);
        }
    }

    fn reset(&mut self, deadline: Duration, connection: &ConnectionState) {
        self.deadline = deadline;
        self.is_registered = false;
        let time_left = deadline.saturating_sub(connection.age());
        self.sleep
            .as_mut()
            .reset((Instant::now() + time_left).into());
    }
}
