//! A conversation: sends the requests of one interaction.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::{Delivery, Error, Result};
use crate::host::fork_guard::ForkGuarded;
use crate::interactions::State;
use crate::receiving::{EventStream, NextEvent};
use crate::sending::Interaction;
use crate::sending::{Outbox, PostOptions};
use crate::status::Status;
use crate::wire::{Address, BotRequest, Message, Request, Start, Update, WhatsApp};

/// The handle of one interaction. All methods can be called on any thread. Requests are sent one at a time, in the order of
/// the calls.
///
/// Methods that are named after a request, such as `start`, `send` and `typing`, send it and block until the response, at
/// most for [`set_timeout`](Self::set_timeout) or the option `timeout`. `Ok` means that the service accepted the request;
/// an error has a [`delivery`](crate::error::Error::delivery). `post` and `keystroke` never wait for the network: `post`
/// returns a ticket, and the outcome is an event.
///
/// Dropping a conversation sends nothing. The interaction stays open, and posted requests are still sent.
#[derive(Debug)]
pub struct Conversation {
    inner: ForkGuarded<ConversationInner>,
    address: Address,
    /// Whether the application is the external bot of the interaction, not its customer.
    is_bot: bool,
    /// In milliseconds; 0 means the client's timeout.
    timeout: AtomicU64,
}

/// The components for sending requests.
#[derive(Debug)]
struct ConversationInner {
    outbox: Arc<Outbox>,
    interaction: Arc<Interaction>,
    events: Mutex<Events>,
}

/// The event stream of a conversation.
#[derive(Debug, Default)]
enum Events {
    /// The application has not taken an event with this conversation.
    #[default]
    Unused,
    Open(Arc<EventStream>),
    /// The application has freed the conversation.
    Closed,
}

impl ConversationInner {
    /// Returns the event stream, and opens it at the first call. `None` after [`close`](Conversation::close_events).
    fn event_stream(&self) -> Result<Option<Arc<EventStream>>> {
        let mut events = self.lock_events();
        match &*events {
            Events::Open(stream) => Ok(Some(stream.clone())),
            Events::Closed => Ok(None),
            Events::Unused => {
                let stream = EventStream::open(&self.outbox.receiver, &self.interaction)?;
                let stream = Arc::new(stream);
                *events = Events::Open(stream.clone());
                Ok(Some(stream))
            }
        }
    }

    fn lock_events(&self) -> MutexGuard<'_, Events> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Conversation {
    pub(crate) fn new(
        outbox: Arc<Outbox>,
        interaction: Arc<Interaction>,
        address: Address,
        is_bot: bool,
    ) -> Self {
        Conversation {
            inner: ForkGuarded::new(ConversationInner {
                outbox,
                interaction,
                events: Mutex::default(),
            }),
            address,
            is_bot,
            timeout: AtomicU64::new(0),
        }
    }

    /// Starts the interaction.
    pub fn start(&self, start: impl Into<Start>) -> Result<()> {
        self.request(Request::Start(Box::new(start.into())))
    }

    /// Starts the interaction with a WhatsApp message.
    pub fn whatsapp(&self, whatsapp: WhatsApp) -> Result<()> {
        self.request(Request::WhatsApp(Box::new(whatsapp)))
    }

    /// Sends a message of the customer, or of the external bot.
    pub fn send(&self, message: impl Into<Message>) -> Result<()> {
        self.request(Request::Message(message.into()))
    }

    /// Reports that the customer is typing.
    pub fn typing(&self) -> Result<()> {
        self.request(Request::Typing)
    }

    /// Reports that the customer has stopped typing.
    pub fn cleared(&self) -> Result<()> {
        self.request(Request::Cleared)
    }

    /// Updates fields of the interaction.
    pub fn update(&self, update: Update) -> Result<()> {
        self.request(Request::Update(Box::new(update)))
    }

    /// Finishes the interaction.
    pub fn finish(&self) -> Result<()> {
        self.request(Request::Finish)
    }

    /// Accepts the interaction, as its external bot.
    pub fn bot_accept(&self) -> Result<()> {
        self.request(Request::Bot(BotRequest::Accept))
    }

    /// Transfers the external bot's interaction to a department, or back to its first one.
    pub fn bot_transfer(&self, department: Option<&str>) -> Result<()> {
        self.request(Request::Bot(BotRequest::Transfer(
            department.map(str::to_owned),
        )))
    }

    /// Sends any request that belongs to an interaction.
    ///
    /// # Errors
    /// Any failure of a request; [`Status::Argument`]: the request does not belong to an interaction, or only an external
    /// bot may send it.
    pub fn request(&self, request: Request) -> Result<()> {
        let request = self.adapt_request(request)?;
        let inner = self.inner.get()?;
        let timeout = match self.timeout.load(Ordering::Relaxed) {
            0 => inner.outbox.timeout(),
            milliseconds => Duration::from_millis(milliseconds),
        };
        inner
            .outbox
            .send(&inner.interaction, &self.address, &request, timeout)?;
        if request.is_end() {
            inner.outbox.receiver.end_stream(&inner.interaction);
        }
        Ok(())
    }

    /// Queues a request, and returns the ticket of its outcome.
    ///
    /// # Errors
    /// A missing id, a request that is not allowed in the current state, a full outbox, a store that can't be written, a
    /// closed client.
    pub fn post(&self, request: Request) -> Result<u64> {
        self.post_with(request, PostOptions::default())
    }

    /// Queues a request with a reference or an age limit, and returns the ticket of its outcome. If the reference is known,
    /// returns the ticket of the first post, and sends nothing.
    ///
    /// # Errors
    /// The same as [`post`](Self::post); [`Status::Argument`]: the options are invalid, or the reference is that of another
    /// request or customer.
    pub fn post_with(&self, request: Request, options: PostOptions) -> Result<u64> {
        let request = self.adapt_request(request)?;
        let inner = self.inner.get()?;
        inner
            .outbox
            .post(&inner.interaction, &self.address, request, options)
    }

    /// Cancels the posted requests of this interaction that wait, also those of other conversations with it. Returns their
    /// number. A request in progress is not cancelled.
    ///
    /// # Errors
    /// [`Status::Store`]: they are cancelled, but the store can't be written; [`Status::Closed`].
    pub fn cancel(&self) -> Result<usize> {
        let inner = self.inner.get()?;
        inner.outbox.cancel_all(&inner.interaction)
    }

    /// Reports a keystroke of the customer. The library sends typing after the first one, and cleared after a pause (option
    /// `typing.pause`) or directly before the message.
    pub fn keystroke(&self) -> Result<()> {
        self.adapt_request(Request::Typing)?;
        let inner = self.inner.get()?;
        inner.outbox.keystroke(&inner.interaction, &self.address)
    }

    /// Waits up to `timeout` for the next event of this interaction. The first call opens the event stream of the conversation:
    /// until the last conversation of the interaction is dropped, [`Client::next`](crate::Client::next) does not return the
    /// interaction's events. The stream ends after the last event of the interaction, and opens again for a new start.
    ///
    /// # Errors
    /// [`Status::Mode`]: the client has another delivery mode than next; [`Status::Closed`].
    pub fn next(&self, timeout: Duration) -> Result<NextEvent> {
        match self.inner.get()?.event_stream()? {
            Some(stream) => stream.next(timeout),
            None => Ok(NextEvent::Ended),
        }
    }

    /// Calls `wake` once, on any thread, when [`next`](Self::next) would not block any more; now, if that is the case already.
    /// For event loops. Returns an id for [`cancel_wake`](Self::cancel_wake).
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub fn wake_when_ready(&self, wake: Box<dyn FnOnce() + Send>) -> Result<u64> {
        match self.inner.get()?.event_stream()? {
            Some(stream) => Ok(stream.wake_when_ready(wake)),
            None => {
                wake();
                Ok(0)
            }
        }
    }

    /// Makes the call of `wake` unnecessary. It may run at this moment.
    pub fn cancel_wake(&self, id: u64) {
        let Ok(inner) = self.inner.get() else { return };
        if let Events::Open(stream) = &*inner.lock_events() {
            stream.cancel_wake(id);
        }
    }

    /// Closes the event stream, as a drop of the conversation does, and ends the waits of other threads in
    /// [`next`](Self::next).
    pub fn close_events(&self) {
        let Ok(inner) = self.inner.get() else { return };
        let before = std::mem::replace(&mut *inner.lock_events(), Events::Closed);
        if let Events::Open(stream) = before {
            stream.close();
        }
    }

    /// Sets the timeout of later requests. Zero means the option `timeout`.
    pub fn set_timeout(&self, timeout: Duration) {
        let milliseconds = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        self.timeout.store(milliseconds, Ordering::Relaxed);
    }

    /// Returns the state of the interaction; [`State::New`] in a forked child.
    pub fn state(&self) -> State {
        let inner = self.inner.get();
        inner.map_or(State::New, |inner| inner.interaction.state())
    }

    /// Returns the application's id of the customer.
    pub fn client_id(&self) -> &str {
        &self.address.client_id
    }

    /// Returns the department for requests. While the interaction is open, it is the department of its start, also after a
    /// transfer and for all handles; otherwise, the department of this handle.
    pub fn department(&self) -> String {
        self.shared(Interaction::department)
    }

    /// Returns the department that serves the customer. After a transfer, it differs from [`department`](Self::department).
    /// After the end of the interaction, it is the last one.
    pub fn current_department(&self) -> String {
        self.shared(Interaction::current_department)
    }

    /// Returns a department of the interaction; if it has none, that of this handle.
    fn shared(&self, department: impl FnOnce(&Interaction) -> Option<Arc<str>>) -> String {
        let inner = self.inner.get().ok().filter(|_| !self.is_bot);
        let known = inner.and_then(|inner| department(&inner.interaction));
        known.map_or_else(
            || self.address.department.clone(),
            |known| known.to_string(),
        )
    }

    /// Returns the interaction hash; `None` if the dialect has no hashes or the hash is not known yet.
    pub fn interaction_hash(&self) -> Option<String> {
        if self.is_bot {
            return Some(self.address.client_id.clone());
        }
        let hash = self.inner.get().ok()?.interaction.hash();
        hash.map(|hash| hash.to_string())
    }

    /// Returns the request as the customer or the bot sends it.
    fn adapt_request(&self, request: Request) -> Result<Request> {
        let reject = |status, reason: &str| {
            let error = Error::new(
                status,
                format!("{}: {reason}; nothing was sent", request.name()),
            );
            Err(error.with_delivery(Delivery::NotSent))
        };
        match (&request, self.is_bot) {
            (Request::Departments | Request::OnlineAgents | Request::OffHours(_), _) => reject(
                Status::Argument,
                "it does not belong to an interaction; send it with the client",
            ),
            (Request::Bot(_), false) => reject(
                Status::Argument,
                "only an external bot may send it; attach to the interaction as a bot",
            ),
            (Request::Bot(_), true) | (_, false) => Ok(request),
            (Request::Message(message), true) => {
                Ok(Request::Bot(BotRequest::Message(message.clone())))
            }
            (Request::Finish, true) => Ok(Request::Bot(BotRequest::Finish)),
            (_, true) => reject(Status::Unsupported, "an external bot can't send it"),
        }
    }
}
