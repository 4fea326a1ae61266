//! The end of the receiving half: who is waited for, and what is left.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Instant;

use crate::receiving::dispatch::callback_gate::Tasks;
use crate::receiving::receiver::Receiver;

impl Receiver {
    /// Takes no further trigger in. Outcomes still come, and handlers go on.
    pub fn begin_closing(&self) {
        self.inbox.reject_triggers();
        self.callback_gate.begin_closing();
    }

    /// Whether a handler runs, but for one that closes the client.
    pub fn has_callbacks(&self) -> bool {
        self.callback_gate.has_callbacks()
    }

    /// Waits until the dispatch threads have handled all that waits, or `deadline`; `false` when they have not by then.
    /// Where there are none, or this is one of them, there is nothing to wait for.
    pub fn wait_until_handled(&self, tasks: Tasks, deadline: Instant) -> bool {
        if !self.callback_gate.is_dispatching() || self.callback_gate.is_in_callback() {
            return true;
        }
        loop {
            self.inbox.wait_until_empty(deadline);
            // Each takes its event while it has the turn, so that there is no event between the two.
            if !self.callback_gate.wait_for_callbacks(tasks, deadline) {
                return false;
            }
            if !self.inbox.has_deliverable_events() {
                return true;
            }
            if Instant::now() >= deadline {
                return false;
            }
        }
    }

    /// Takes nothing more in, lets the dispatch threads finish what waits, and ends all calls, consumer `deadline`. Afterwards
    /// no handler is called, and all are dropped. Returns how many events were left, and whether a handler still ran.
    /// With a store, what was left waits there; [`release_store`](Self::release_store) closes it.
    pub fn close(&self, tasks: Tasks, deadline: Instant) -> (usize, bool) {
        self.inbox.close();
        let dispatchers = std::mem::take(
            &mut *self
                .dispatchers
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        let in_callback = self.callback_gate.is_in_callback();
        if self.callback_gate.is_dispatching() && !in_callback {
            // The callback that runs then is to have some time to return.
            let time_left = deadline.saturating_duration_since(Instant::now());
            self.inbox.wait_until_empty(deadline - time_left / 10);
        }
        let no_callback_runs = self.callback_gate.close(tasks, deadline);
        let remaining = self.inbox.clear();
        if !no_callback_runs {
            return (remaining, true);
        }
        self.subscriptions.close();
        self.log_suppressed();
        if !in_callback {
            for thread in dispatchers {
                // It runs no handler any more, so it is about to end. It can't have panicked: handlers are caught.
                let _ = thread.join();
            }
        }
        (remaining, false)
    }

    /// Logs how many lines a flood has kept out of the log.
    fn log_suppressed(&self) {
        let suppressed = [
            (&self.unreadable_log, "bodies were no trigger"),
            (
                &self.unwanted_log,
                "events were wanted consumer no callback",
            ),
        ];
        for (limiter, description) in suppressed {
            let count = limiter.take_suppressed();
            if count > 0 {
                log::warn!("{count} more {description}");
            }
        }
    }

    /// Lets go of the store, once the last posted request has ended and the last handler has returned.
    pub fn release_store(&self) {
        self.requests_ended.store(true, Ordering::SeqCst);
        self.finish_close();
    }

    /// How many outcomes and kept triggers came after [`close`](Self::close): the application was not given them either.
    pub fn dropped_after_close(&self) -> usize {
        self.inbox.dropped()
    }

    /// Ends what closing from in_callback a handler, or during one that ran too long, had to leave.
    pub(crate) fn finish_close(&self) {
        if self.callback_gate.is_finished() {
            self.subscriptions.close();
            // What becomes of the last requests is written down too.
            if self.requests_ended.load(Ordering::SeqCst) {
                self.journal.close();
            }
        }
    }
}
