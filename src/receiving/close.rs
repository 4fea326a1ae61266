//! The end of the receiving half: who is waited for, and what is left.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Instant;

use crate::receiving::dispatch::callback_gate::Tasks;
use crate::receiving::receiver::Receiver;

impl Receiver {
    /// Takes no further trigger in. Outcomes still come, and handlers go on.
    pub fn begin_closing(&self) {
        self.inbox.refuse_triggers();
        self.turnstile.begin_closing();
    }

    /// Whether a handler runs, but for one that closes the client.
    pub fn has_callbacks(&self) -> bool {
        self.turnstile.has_callbacks()
    }

    /// Waits until the dispatch threads have handled all that waits, or `deadline`; `false` when they have not by then.
    /// Where there are none, or this is one of them, there is nothing to wait for.
    pub fn wait_until_handled(&self, tasks: Tasks, deadline: Instant) -> bool {
        if !self.turnstile.is_dispatching() || self.turnstile.is_calling() {
            return true;
        }
        loop {
            self.inbox.wait_until_empty(deadline);
            // Each takes its event while it has the turn, so that there is no event between the two.
            if !self.turnstile.wait_for_callbacks(tasks, deadline) {
                return false;
            }
            if !self.inbox.has_to_be_handled() {
                return true;
            }
            if Instant::now() >= deadline {
                return false;
            }
        }
    }

    /// Takes nothing more in, lets the dispatch threads finish what waits, and ends all calls, by `deadline`. Afterwards
    /// no handler is called, and all are dropped. Returns how many events were left, and whether a handler still ran.
    /// With a store, what was left waits there; [`let_go`](Self::let_go) closes it.
    pub fn close(&self, tasks: Tasks, deadline: Instant) -> (usize, bool) {
        self.inbox.close();
        let dispatchers = std::mem::take(
            &mut *self
                .dispatchers
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        let inside = self.turnstile.is_calling();
        if self.turnstile.is_dispatching() && !inside {
            // The callback that runs then is to have some time to return.
            let left = deadline.saturating_duration_since(Instant::now());
            self.inbox.wait_until_empty(deadline - left / 10);
        }
        let quiet = self.turnstile.close(tasks, deadline);
        let left = self.inbox.clear();
        if !quiet {
            return (left, true);
        }
        self.subscriptions.close();
        self.tell_what_was_kept_back();
        if !inside {
            for thread in dispatchers {
                // It runs no handler any more, so it is about to end. It can't have panicked: handlers are caught.
                let _ = thread.join();
            }
        }
        (left, false)
    }

    /// Logs how many lines a flood has kept out of the log.
    fn tell_what_was_kept_back(&self) {
        let kept_back = [
            (&self.unreadable, "bodies were no trigger"),
            (&self.unwanted, "events were wanted by no callback"),
        ];
        for (lines, what) in kept_back {
            let count = lines.kept_back();
            if count > 0 {
                log::warn!("{count} more {what}");
            }
        }
    }

    /// Lets go of the store, once the last posted request has ended and the last handler has returned.
    pub fn let_go(&self) {
        self.requests_ended.store(true, Ordering::SeqCst);
        self.end_if_closed();
    }

    /// How many outcomes and kept triggers came after [`close`](Self::close): the application was not given them either.
    pub fn came_too_late(&self) -> usize {
        self.inbox.dropped()
    }

    /// Ends what closing from inside a handler, or during one that ran too long, had to leave.
    pub(crate) fn end_if_closed(&self) {
        if self.turnstile.is_over() {
            self.subscriptions.close();
            // What becomes of the last requests is written down too.
            if self.requests_ended.load(Ordering::SeqCst) {
                self.keeper.close();
            }
        }
    }
}
