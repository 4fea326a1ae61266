//! The events of one interaction, for one conversation.
//!
//! The delivery mode is next. While the stream is open, no other consumer of the client gets its events. It ends when the
//! interaction has ended, or its start has failed, and its last event was delivered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::error::{Delivery, Error, Result};
use crate::interactions::{FailedStart, LastEvent};
use crate::receiving::dispatch::callback_gate::DeliveryMode;
use crate::receiving::queue::event::{Content, Event, QueuedEvent};
use crate::receiving::queue::inbox::streams::StreamResult;
use crate::receiving::receiver::Receiver;
use crate::receiving::time::deadline_after;
use crate::sending::{Interaction, Outcome};
use crate::statistics::Statistic;
use crate::status::Status;
use crate::wire::{Kind, RequestKind};

/// The next event of a conversation.
#[derive(Debug)]
pub enum NextEvent {
    /// The event.
    Event(Event),
    /// None came in time.
    TimedOut,
    /// There will be none: the interaction has ended, its start has failed, or the conversation was freed.
    Ended,
}

/// The open event stream of a conversation. Its drop closes it.
#[derive(Debug)]
pub struct EventStream {
    receiver: Arc<Receiver>,
    interaction: Arc<Interaction>,
    is_closed: AtomicBool,
}

impl EventStream {
    /// Opens the stream of an interaction, which gets the queued events too.
    ///
    /// # Errors
    /// [`Status::Mode`], [`Status::Closed`].
    pub fn open(receiver: &Arc<Receiver>, interaction: &Arc<Interaction>) -> Result<Self> {
        receiver.callback_gate.choose_mode(DeliveryMode::Next)?;
        receiver.inbox.open_stream(&interaction.client_id);
        let stream = EventStream {
            receiver: receiver.clone(),
            interaction: interaction.clone(),
            is_closed: AtomicBool::new(false),
        };
        // After it was opened, so that a hash that is learned now is not missed.
        receiver.adopt_events(interaction);
        Ok(stream)
    }

    /// Blocks up to `timeout` for the next event.
    ///
    /// # Errors
    /// [`Status::Closed`].
    pub fn next(&self, timeout: Duration) -> Result<NextEvent> {
        self.receiver
            .callback_gate
            .choose_mode(DeliveryMode::Next)?;
        // Reads the clock only if it must wait.
        let popped = match self.pop(None) {
            StreamResult::TimedOut if timeout > Duration::ZERO => {
                self.pop(Some(deadline_after(timeout)))
            }
            popped => popped,
        };
        match popped {
            StreamResult::Event(queued) => {
                self.receiver.counters.count(Statistic::Delivered);
                self.receiver.note_end_of(&queued, &self.interaction);
                Ok(NextEvent::Event(self.receiver.make_event(queued)))
            }
            StreamResult::TimedOut => Ok(NextEvent::TimedOut),
            StreamResult::Ended => Ok(NextEvent::Ended),
            StreamResult::Closed => Err(Error::new(Status::Closed, Status::Closed.text())),
        }
    }

    fn pop(&self, deadline: Option<Instant>) -> StreamResult {
        let is_ended = self.interaction.is_end_delivered();
        let client_id = &self.interaction.client_id;
        self.receiver
            .inbox
            .pop_of(client_id, deadline, &self.is_closed, is_ended)
    }

    /// Calls `wake` once, when [`next`](Self::next) would not block any more; now, if that is the case already. Returns an
    /// id for [`cancel_wake`](Self::cancel_wake).
    pub fn wake_when_ready(&self, wake: Box<dyn FnOnce() + Send>) -> u64 {
        let is_over = || {
            self.is_closed.load(Ordering::Acquire)
                || self.interaction.is_end_delivered().load(Ordering::Acquire)
        };
        self.receiver
            .inbox
            .wake_for_stream(&self.interaction.client_id, is_over, wake)
    }

    /// Makes the call of `wake` unnecessary. It may run at this moment.
    pub fn cancel_wake(&self, id: u64) {
        self.receiver
            .inbox
            .cancel_wake(&self.interaction.client_id, id);
    }

    /// Closes the stream, and ends the waits of other threads. Its events are for the client's other consumers now.
    pub fn close(&self) {
        if !self.is_closed.swap(true, Ordering::AcqRel) {
            self.receiver
                .inbox
                .close_stream(&self.interaction.client_id);
        }
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.close();
    }
}

impl Receiver {
    /// Passes triggers that contain only the hash of this interaction to its stream, if it has one.
    pub fn adopt_events(&self, interaction: &Interaction) {
        if let Some(hash) = interaction.hash() {
            self.assign_events(&hash, &interaction.client_id);
        }
    }

    /// Passes triggers that contain only this hash to the stream of its client id, if there is one.
    pub fn assign_events(&self, hash: &str, client_id: &str) {
        self.inbox.adopt(hash, client_id);
    }

    /// Ends the stream of an interaction that the application has finished itself.
    pub fn end_stream(&self, interaction: &Interaction) {
        if interaction.mark_end_delivered() {
            self.inbox.signal_stream(&interaction.client_id);
        }
    }

    /// Records that another consumer than the stream of the interaction gets its last event.
    pub(crate) fn note_end(&self, queued: &QueuedEvent) {
        if last_event(queued).is_some()
            && let Some(interaction) = self.interactions.get(queued.content.client_id())
        {
            self.note_end_of(queued, &interaction);
        }
    }

    /// Records that the application gets an event, which may be the last one of this interaction.
    fn note_end_of(&self, queued: &QueuedEvent, interaction: &Interaction) {
        if last_event(queued).is_some_and(|last| interaction.on_last_event(last)) {
            self.inbox.signal_stream(&interaction.client_id);
        }
    }
}

/// Returns what the event ends if it may be the last one of its interaction.
fn last_event(queued: &QueuedEvent) -> Option<LastEvent<'_>> {
    let (failed_start, hash) = match &queued.content {
        Content::Trigger(trigger) if trigger.kind == Kind::Finish => {
            // Triggers for an external bot carry only the hash, which is also their client id.
            let hash = trigger.interaction_hash();
            (None, hash.filter(|hash| *hash != trigger.client_id))
        }
        Content::Outcome(outcome) if ends_interaction(outcome) => (None, None),
        Content::Outcome(outcome) => (Some(failed_start(outcome)?), None),
        Content::Trigger(_) => return None,
    };
    Some(LastEvent {
        failed_start,
        hash,
        redelivered_from: queued.redelivered.then_some(queued.received_at),
    })
}

fn ends_interaction(outcome: &Outcome) -> bool {
    outcome.delivery == Delivery::Accepted as i32
        && matches!(&*outcome.request, "finish" | "bot_finish" | "bot_transfer")
}

/// Returns the start that failed. If its delivery is unknown, the interaction may have started.
fn failed_start(outcome: &Outcome) -> Option<FailedStart> {
    let is_start = matches!(
        outcome.request_kind()?,
        RequestKind::Start | RequestKind::WhatsApp
    );
    let has_failed = [Delivery::NotSent, Delivery::Rejected]
        .iter()
        .any(|delivery| *delivery as i32 == outcome.delivery);
    let status = Status::ALL.iter();
    let status = status
        .copied()
        .find(|status| *status as i32 == outcome.status)?;
    (is_start && has_failed).then_some(FailedStart {
        ticket: outcome.ticket,
        status,
    })
}
