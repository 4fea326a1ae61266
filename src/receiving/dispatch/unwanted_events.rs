//! Events that no handler wants: counted and logged, or retained in the store.

use crate::receiving::queue::event::Event;
use crate::receiving::rate_limited_log;
use crate::receiving::receiver::Receiver;
use crate::statistics::Statistic;

impl Receiver {
    /// Counts and logs an event that no handler wants. It is a warning only if the application has no handler at all, because
    /// otherwise the application ignores this kind of event.
    pub fn count_unwanted(&self, event: &Event, has_handlers: bool) {
        self.counters.count(Statistic::Unwanted);
        let kind = event.content.kind().name();
        let hash = || self.client_id_hasher.hash(event.content.client_id());
        if has_handlers {
            log::debug!(
                event_kind = kind,
                client_id_hash = hash().as_str();
                "no callback wants the event {kind}"
            );
        } else if let Some(suppressed) = self.unwanted_log.check() {
            let more = rate_limited_log::suppressed_suffix(suppressed);
            log::warn!(event_kind = kind, client_id_hash = hash().as_str(); "no callback is subscribed for the event {kind}, nor for any other{more}");
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
