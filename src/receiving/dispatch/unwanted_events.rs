//! Events that no handler wants: counted and logged, or retained in the store.

use crate::receiving::queue::event::Event;
use crate::receiving::rate_limited_log;
use crate::receiving::receiver::Receiver;
use crate::receiving::statistics::Statistic;

impl Receiver {
    /// Counts and logs an event that no handler wants.
    pub fn count_unwanted(&self, event: &Event) {
        self.counters.count(Statistic::Unwanted);
        if let Some(suppressed) = self.unwanted_log.check() {
            let kind = event.content.kind().name();
            let more = rate_limited_log::suppressed_suffix(suppressed);
            log::warn!("no callback wants the event {kind}{more}");
        }
    }

    /// With a store, pauses the inbox while no subscription exists. Otherwise the events would be lost unseen.
    pub(crate) fn pause_without_subscriptions(&self) {
        if !self.is_durable() || !self.subscriptions.is_empty() {
            return;
        }
        let held = self.inbox.set_paused(true);
        if !self.subscriptions.is_empty() {
            // A subscription was added in the meantime.
            self.inbox.set_paused(false);
        } else if let Some(queued) = held
            && queued > 0
        {
            log::warn!("{queued} events stay in the store until a callback is subscribed");
        }
    }
}
