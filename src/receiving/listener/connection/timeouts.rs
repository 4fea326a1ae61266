//! Tells when a connection takes too long with what it is doing.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::time::Sleep;

use crate::config::Limits;
use crate::receiving::listener::connection::connection_state::ConnectionState;

/// How long a connection that nothing is due of is left alone.
const MAX_SLEEP: Duration = Duration::from_secs(60 * 60);

/// The clock of one connection. It is moved only when it would be late, not with every request.
#[derive(Debug)]
pub struct PhaseTimer<'a> {
    sleep: Pin<&'a mut Sleep>,
    limits: &'a Limits,
    /// The connection's age at which it goes off.
    due: Duration,
    /// Whether the sleep knows whom to wake.
    is_set: bool,
}

impl<'a> PhaseTimer<'a> {
    /// That of a connection from which a head is awaited; `sleep` is as long as that may take, `head_time`.
    pub fn new(sleep: Pin<&'a mut Sleep>, limits: &'a Limits, head_time: Duration) -> Self {
        PhaseTimer {
            sleep,
            limits,
            due: head_time,
            is_set: false,
        }
    }

    /// Waits until the phase has lasted longer than it may; `idle_time` is what it may between two requests.
    pub fn poll_overdue(
        &mut self,
        pulse: &ConnectionState,
        idle_time: Duration,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        loop {
            if let Some(due) = pulse.due(self.limits, idle_time)
                && due < self.due
            {
                self.set(due, pulse);
            }
            if self.is_set && !self.sleep.is_elapsed() {
                return Poll::Pending;
            }
            self.is_set = true;
            std::task::ready!(self.sleep.as_mut().poll(cx));
            let (due, age) = (pulse.due(self.limits, idle_time), pulse.age());
            if due.is_some_and(|due| due <= age) {
                return Poll::Ready(());
            }
            self.set(due.unwrap_or(age + MAX_SLEEP), pulse);
        }
    }

    fn set(&mut self, due: Duration, pulse: &ConnectionState) {
        self.due = due;
        self.is_set = false;
        let left = due.saturating_sub(pulse.age());
        self.sleep.as_mut().reset((Instant::now() + left).into());
    }
}
