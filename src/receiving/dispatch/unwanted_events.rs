//! Events that no handler wants.

use crate::receiving::queue::event::Event;
use crate::receiving::rate_limited_log;
use crate::receiving::receiver::Receiver;
use crate::receiving::statistics::Statistic;

impl Receiver {
    /// Nobody wanted the event.
    pub fn count_unwanted(&self, event: &Event) {
        self.counters.count(Statistic::Unwanted);
        if let Some(suppressed) = self.unwanted_log.check() {
            let kind = event.content.kind().name();
            let more = rate_limited_log::suppressed_suffix(suppressed);
            log::warn!("no callback wants the event {kind}{more}");
        }
    }

    /// With a store, events wait while there is no handler at all: calling none would use them up unseen.
    pub(crate) fn pause_without_subscriptions(&self) {
        if !self.is_durable() || !self.subscriptions.is_empty() {
            return;
        }
        let held = self.inbox.set_paused(true);
        if !self.subscriptions.is_empty() {
            // One was added meanwhile.
            self.inbox.set_paused(false);
        } else if let Some(queued) = held
            && queued > 0
        {
            log::warn!(
                "{queued} events wait in the store until a callback is subscribed that may want them"
            );
        }
    }
}
