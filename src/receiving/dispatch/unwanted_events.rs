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
        if let Some(waiting) = self.inbox.set_paused(true)
            && waiting > 0
        {
            log::warn!("{waiting} events stay in the store until a callback is subscribed");
        }
    }

    /// Releases the events that were held back.
    pub(crate) fn release_events(&self) {
        self.inbox.set_paused(false);
    }
}
