//! Events that no handler wants.

use crate::receiving::queue::event::Event;
use crate::receiving::rate_limited_log;
use crate::receiving::receiver::Receiver;
use crate::receiving::statistics::Statistic;

impl Receiver {
    /// Nobody wanted the event.
    pub fn count_unwanted(&self, event: &Event) {
        self.counters.count(Statistic::Unwanted);
        if let Some(kept_back) = self.unwanted.another() {
            let kind = event.content.kind().name();
            let more = rate_limited_log::and_more(kept_back);
            log::warn!("no callback wants the event {kind}{more}");
        }
    }

    /// With a store, events wait while there is no handler at all: calling none would use them up unseen.
    pub(crate) fn hold_back_what_nobody_wants(&self) {
        if !self.is_durable() || !self.subscriptions.is_empty() {
            return;
        }
        self.hold_back_events();
        if !self.subscriptions.is_empty() {
            // One was added in the meantime.
            self.release_events();
        }
    }

    /// With a store, holds all events back until [`release_events`](Self::release_events). Logs how many events wait.
    pub(crate) fn hold_back_events(&self) {
        if !self.is_durable() {
            return;
        }
        if let Some(waiting) = self.inbox.hold_back(true)
            && waiting > 0
        {
            log::warn!(
                "{waiting} events wait in the store until a callback is subscribed that may want them"
            );
        }
    }

    /// Releases the events that were held back.
    pub(crate) fn release_events(&self) {
        self.inbox.hold_back(false);
    }
}
