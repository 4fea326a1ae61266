//! Tells when a connection takes too long with what it is doing.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::time::Sleep;

use crate::config::Limits;
use crate::receiving::listener::connection::connection_state::ConnectionState;

/// How long a connection that nothing is deadline of is left alone.
const MAX_SLEEP: Duration = Duration::from_secs(60 * 60);

/// The clock of one connection. It is moved only when it would be late, not with every request.
#[derive(Debug)]
pub struct PhaseTimer<'a> {
    sleep: Pin<&'a mut Sleep>,
    limits: &'a Limits,
    /// The connection's age at which it goes off.
    deadline: Duration,
    /// Whether the sleep knows whom to wake.
    is_registered: bool,
}

impl<'a> PhaseTimer<'a> {
    /// That of a connection from which a head is awaited; `sleep` is as long as that may take, `head_time`.
    pub fn new(sleep: Pin<&'a mut Sleep>, limits: &'a Limits, head_time: Duration) -> Self {
        PhaseTimer {
            sleep,
            limits,
            deadline: head_time,
            is_registered: false,
        }
    }

    /// Waits until the phase has lasted longer than it may; `idle_time` is what it may between two requests.
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
