//! What a client is made of, how it is put together, and in which order it ends.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::client::close_report::CloseReport;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::interactions::State;
use crate::receiving::{
    Listener, Receiver, RecoveredRequest as LeftRequest, SendState, Statistic, Tasks,
};
use crate::sending::Interactions;
use crate::sending::{Outbox, QueuedRequest, Sender};
use crate::status::Status;

/// The longest time that closing takes, whatever is asked for: a week.
const LONGEST_CLOSE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The parts of one client.
#[derive(Debug)]
pub struct ClientInner {
    pub sender: Arc<Sender>,
    pub outbox: Arc<Outbox>,
    pub interactions: Arc<Interactions>,
    pub receiver: Arc<Receiver>,
    /// The client's own.
    pub listener: Option<Listener>,
    closed: Mutex<bool>,
}

impl ClientInner {
    /// Puts a client together, and takes up what an earlier run has left.
    ///
    /// # Errors
    /// As [`Client::open`](crate::Client::open).
    pub fn open(settings: &Settings) -> Result<Self> {
        let sender = Sender::new(settings)?;
        let interactions = Arc::new(Interactions::new(settings.interactions_capacity));
        let (receiver, left) = Receiver::open(settings, interactions.clone())?;
        let receiver = Arc::new(receiver);
        let listener = settings
            .listen
            .as_ref()
            .map(|listen| Listener::open(listen, Some(&receiver)))
            .transpose()?;
        let sender = Arc::new(sender);
        let outbox = Arc::new(Outbox::new(sender.clone(), receiver.clone(), settings));
        for letter in left {
            if let Err(error) = take_up(&outbox, &interactions, letter) {
                // The threads that there are hold the outbox, and with it the store.
                outbox.close();
                outbox.join();
                return Err(error);
            }
        }
        Ok(ClientInner {
            sender,
            outbox,
            interactions,
            receiver,
            listener,
            closed: Mutex::new(false),
        })
    }

    /// The webhook URL of the client's own listener, if it has one.
    pub fn webhook_url(&self) -> Option<String> {
        self.listener
            .as_ref()
            .and_then(|listener| listener.url(&self.receiver))
    }

    /// How often something was counted.
    pub fn count_of(&self, statistic: Statistic) -> u64 {
        match &self.listener {
            Some(listener) if statistic.is_of_listener() => listener.count_of(statistic),
            _ => self.receiver.count_of(statistic),
        }
    }

    /// Whether this thread is in the midst of a request.
    pub fn is_requesting(&self) -> bool {
        self.sender.is_in_the_midst()
    }

    /// Ends all of them.
    ///
    /// # Errors
    /// [`Status::Closed`], [`Status::Timeout`]; see [`Client::close`](crate::Client::close).
    pub fn close(&self, tasks: Tasks, timeout: Duration) -> Result<CloseReport> {
        if std::mem::replace(
            &mut *self.closed.lock().unwrap_or_else(PoisonError::into_inner),
            true,
        ) {
            return Err(Error::new(Status::Closed, Status::Closed.text()));
        }
        let timeout = timeout.min(LONGEST_CLOSE);
        let deadline = Instant::now() + timeout;
        if let Some(listener) = &self.listener {
            listener.close(deadline);
        }
        // Callbacks may make requests, and what posted requests end with is told by callbacks: so the two end together. A
        // request that hangs is to leave the callbacks some time.
        self.receiver.begin_closing();
        self.outbox.begin_closing();
        let almost = deadline - timeout / 10;
        self.outbox.drain(almost);
        while self.receiver.wait_until_handled(tasks, almost)
            && !self.outbox.is_empty()
            && Instant::now() < almost
        {
            self.outbox.drain(almost);
        }
        let (events, still_runs) = self.receiver.close(tasks, deadline);
        self.outbox.refuse();
        // The last callbacks may have posted something.
        self.outbox.drain(deadline);
        self.outbox.close();
        let requests = self.sender.close(deadline) + self.outbox.join();
        self.receiver.let_go();
        // The outcome of a request that was broken off says no more than that one was.
        let too_late = self.receiver.came_too_late();
        let events = events + too_late.saturating_sub(self.outbox.broken_off());
        let left = CloseReport { events, requests };
        if still_runs {
            return Err(Error::new(
                Status::Timeout,
                format!(
                    "a callback runs longer than the {} ms that closing may take; it is the last one; {events} events and \
                     {requests} requests were left",
                    timeout.as_millis()
                ),
            )
            .leaving(left));
        }
        Ok(left)
    }
}

/// Takes up a request that an earlier run has left.
fn take_up(
    outbox: &Arc<Outbox>,
    interactions: &Arc<Interactions>,
    left: LeftRequest,
) -> Result<()> {
    let address = &left.letter.address;
    let interaction = if left.letter.request.is_start() {
        interactions.for_start(address)
    } else if left.book_was_kept {
        // What was open is known. An older store does not say.
        interactions.find_or_create(address, State::Finished)
    } else {
        interactions.attach(address)
    };
    let posted = QueuedRequest {
        ticket: left.ticket,
        address: left.letter.address,
        request: left.letter.request,
        quiet: false,
        size: 0,
        age_before: left.age,
        since: Instant::now(),
        tries: 0,
        unsure: left.sent == SendState::MaybeSent,
    };
    outbox.take_up(&interaction, posted, left.sent)
}
