//! Closes the receiving half: waits for callbacks and counts the events that remain.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Instant;

use crate::receiving::dispatch::callback_gate::Tasks;
use crate::receiving::receiver::Receiver;

impl Receiver {
    /// Rejects further triggers. Outcomes are still accepted, and handlers continue.
    pub fn begin_closing(&self) {
        self.inbox.reject_triggers();
        self.callback_gate.begin_closing();
    }

    /// Returns whether a handler runs, except one that closes the client.
    pub fn has_callbacks(&self) -> bool {
        self.callback_gate.has_callbacks()
    }

    /// Blocks until the dispatch threads have handled all queued events. Returns `false` at `deadline`. Returns `true`
    /// at once if there are no dispatch threads, or if one of their callbacks closes the client.
    pub fn wait_until_handled(&self, tasks: Tasks, deadline: Instant) -> bool {
        if !self.callback_gate.is_dispatching() || self.is_closed_by_callback(tasks) {
            return true;
        }
        loop {
            self.inbox.wait_until_empty(deadline);
            // Each thread pops its event while it has a permit, so that no event is missed between the two waits.
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

    /// Rejects new events, lets the dispatch threads finish the queued ones until `deadline`, and ends all calls.
    /// Afterwards no handler is called, and all are dropped.
    ///
    /// Returns the number of remaining events, and whether a handler still ran. With a store, the remaining events
    /// stay in it; [`release_store`](Self::release_store) closes it.
    pub fn close(&self, tasks: Tasks, deadline: Instant) -> (usize, bool) {
        self.inbox.close();
        let dispatchers = std::mem::take(
            &mut *self
                .dispatchers
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        let in_callback = self.is_closed_by_callback(tasks);
        if self.callback_gate.is_dispatching() && !in_callback {
            // A callback that runs at the deadline needs some time to return.
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
                // The thread runs no more handlers and is about to end. It cannot have panicked: panics of handlers
                // are caught.
                let _ = thread.join();
            }
        }
        (remaining, false)
    }

    /// Returns whether a callback closes the client. While it waits, its interaction's next events are held.
    fn is_closed_by_callback(&self, tasks: Tasks) -> bool {
        tasks.closing().is_some() || self.callback_gate.is_in_callback()
    }

    /// Logs the number of suppressed log lines.
    fn log_suppressed(&self) {
        let suppressed = [
            (&self.unreadable_log, "bodies were not triggers"),
            (&self.unwanted_log, "events had no callback"),
        ];
        for (limiter, description) in suppressed {
            let count = limiter.take_suppressed();
            if count > 0 {
                log::warn!("{count} more {description}");
            }
        }
    }

    /// Closes the store after the last posted request has ended and the last handler has returned.
    pub fn release_store(&self) {
        self.requests_ended.store(true, Ordering::SeqCst);
        self.finish_close();
    }

    /// Returns the number of outcomes and stored triggers that arrived after [`close`](Self::close) and were not
    /// delivered.
    pub fn dropped_after_close(&self) -> usize {
        self.inbox.dropped()
    }

    /// Finishes a close that was made inside a handler, or that timed out because of one.
    pub(crate) fn finish_close(&self) {
        if self.callback_gate.is_finished() {
            self.subscriptions.close();
            // The outcomes of the last requests must be stored too.
            if self.requests_ended.load(Ordering::SeqCst) {
                self.journal.close();
            }
        }
    }
}
