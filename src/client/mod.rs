//! A client: one token, its requests and its events.

pub(crate) mod close_report;
pub(crate) mod inner;

use std::sync::Arc;
use std::time::Duration;

use crate::client::close_report::CloseReport;
use crate::client::inner::ClientInner;
use crate::config::{Config, Settings};
use crate::conversation::Conversation;
use crate::encoding::TextEncoding;
use crate::error::{Error, Result};
use crate::host;
use crate::host::fork_guard::ForkGuarded;
use crate::host::wake_fd::Wake;
use crate::interactions::{Interaction, OpenInteraction};
use crate::receiving::{
    Consumer, Event, EventFilter, EventLease, Handler, OneShotNotifier, Receiver, Statistic,
    SubscriptionId, Tasks,
};
use crate::sending::Sender;
use crate::status::Status;
use crate::wire::{
    Address, BotRequest, Department, OffHours, OnlineAgents, Redacted, Request, ResponseData, Start,
};

/// Holds conversations for one token, and receives what the service says of them. All of it can be used from any thread.
///
/// Dropping a client closes it without waiting.
///
/// In a child that is forked from the process that opened it, a client is of no use: what can fail gives
/// [`Status::Forked`], the rest tells that there is nothing, and dropping it leaves what is the parent's alone. So it is with
/// all that was had of a client.
#[derive(Debug)]
pub struct Client {
    parts: ForkGuarded<ClientInner>,
    encoding: TextEncoding,
    /// Who knows it can post triggers.
    webhook_url: Option<Redacted>,
}

impl Client {
    /// Opens a client. Where the option `listen` is set, its webhook takes triggers when this returns. Sends nothing.
    ///
    /// # Errors
    /// [`Status::Token`]: it is missing; [`Status::Value`]: options contradict each other, or the environment names a proxy
    /// that can't be used; [`Status::File`]: a file that options name can't be used;
    /// [`Status::Listen`], [`Status::System`]: the webhook can't be opened;
    /// [`Status::Store`]: the store can't be opened; [`Status::Unsupported`]: this build has no listener, or no store.
    pub fn open(config: &Config) -> Result<Client> {
        let settings = Settings::read(config)?;
        host::fork::watch();
        let parts = ClientInner::open(&settings)?;
        Ok(Client {
            encoding: settings.encoding,
            webhook_url: parts.webhook_url().map(Redacted::from),
            parts: ForkGuarded::new(parts),
        })
    }

    /// Starts an interaction: sends the request and waits for its answer, for as long as the option `timeout` allows.
    ///
    /// # Errors
    /// [`Status::Department`], [`Status::ClientId`]: it is missing; [`Status::Customer`]: with the option `validate`, a
    /// field of the customer is not of the right form; [`Status::State`]: it is under way; [`Status::Closed`]; and whatever
    /// sending can end with, the [`delivery`](Error::delivery) of which tells what became of the request.
    pub fn start(&self, address: Address, start: impl Into<Start>) -> Result<Conversation> {
        let conversation = self.prepare(address)?;
        conversation.start(start)?;
        Ok(conversation)
    }

    /// A conversation for an interaction that is still to be started. Sends nothing.
    ///
    /// # Errors
    /// [`Status::Department`], [`Status::ClientId`]: it is missing.
    pub fn prepare(&self, address: Address) -> Result<Conversation> {
        Sender::check(&address)?;
        let parts = self.parts.get()?;
        let interaction = parts.interactions.to_start(&address);
        Ok(self.conversation(parts, interaction, address))
    }

    /// Takes up an interaction that is already running: one of [`open_interactions`](Self::open_interactions), where it is;
    /// another one counts as active. Sends nothing.
    ///
    /// # Errors
    /// [`Status::Department`], [`Status::ClientId`]: it is missing.
    pub fn attach(&self, address: Address) -> Result<Conversation> {
        Sender::check(&address)?;
        let parts = self.parts.get()?;
        let interaction = parts.interactions.running(&address);
        Ok(self.conversation(parts, interaction, address))
    }

    /// As [`attach`](Self::attach), for an interaction that the service knows by this hash, which the application has kept.
    ///
    /// # Errors
    /// [`Status::Department`], [`Status::ClientId`]: it is missing; [`Status::Argument`]: the hash is.
    pub fn attach_to(&self, address: Address, hash: &str) -> Result<Conversation> {
        has_hash(hash)?;
        let conversation = self.attach(address)?;
        let parts = self.parts.get()?;
        parts.interactions.tie(conversation.client_id(), hash);
        Ok(conversation)
    }

    /// Takes up the interaction of this hash, which the service gave to the application as an external bot. Its messages
    /// and its finish are the bot's, and the hash stands for the customer's id, here as in events. Sends nothing.
    ///
    /// # Errors
    /// [`Status::Argument`]: the hash is missing; [`Status::Unsupported`]: the dialect has no external bots.
    pub fn bot_attach(&self, hash: &str) -> Result<Conversation> {
        has_hash(hash)?;
        let address = Address {
            department: String::new(),
            client_id: hash.to_owned(),
        };
        let parts = self.parts.get()?;
        parts
            .outbox
            .check(&address, &Request::Bot(BotRequest::Accept))?;
        let interaction = parts.interactions.running(&address);
        Ok(Conversation::new(
            parts.outbox.clone(),
            interaction,
            address,
            true,
        ))
    }

    /// Asks which departments there are, and waits for the answer, for as long as the option `timeout` allows. `client_id`
    /// is the customer for whom it is asked: the dialect gateway wants one, others do not look at it.
    ///
    /// # Errors
    /// [`Status::Unsupported`]: the dialect has no such request; [`Status::ClientId`]: it is needed;
    /// [`Status::Response`]: the answer holds no departments; and whatever sending can end with.
    pub fn departments(&self, client_id: Option<&str>) -> Result<Vec<Department>> {
        let address = Address {
            department: String::new(),
            client_id: client_id.unwrap_or_default().to_owned(),
        };
        match self.ask(&address, Request::Departments)? {
            ResponseData::Departments(departments) => Ok(departments),
            _ => Ok(Vec::new()),
        }
    }

    /// Asks which agents of a department are there, and waits for the answer, for as long as the option `timeout` allows.
    ///
    /// # Errors
    /// As [`departments`](Self::departments); [`Status::Department`]: it is missing.
    pub fn online_agents(&self, department: &str) -> Result<OnlineAgents> {
        let address = Address {
            department: department.to_owned(),
            client_id: String::new(),
        };
        match self.ask(&address, Request::OnlineAgents)? {
            ResponseData::Agents(agents) => Ok(agents),
            _ => Ok(OnlineAgents::default()),
        }
    }

    /// Leaves a customer's message while no agent is there, and waits for the answer, for as long as the option `timeout`
    /// allows. Gives the hash of the interaction that the service made of it, where it tells one.
    ///
    /// # Errors
    /// [`Status::Department`]: it is missing; [`Status::Argument`]: a field is; [`Status::Unsupported`]; and whatever
    /// sending can end with.
    pub fn off_hours(&self, department: &str, off_hours: OffHours) -> Result<Option<String>> {
        let address = Address {
            department: department.to_owned(),
            client_id: String::new(),
        };
        match self.ask(&address, Request::OffHours(Box::new(off_hours)))? {
            ResponseData::Hash(hash) => Ok(Some(hash)),
            _ => Ok(None),
        }
    }

    fn ask(&self, address: &Address, request: Request) -> Result<ResponseData> {
        let parts = self.parts.get()?;
        parts.outbox.ask(address, &request)
    }

    /// The interactions that are under way, whether a conversation of this client is about them or not; with a store, also
    /// those that an earlier run has left. The ones that have been where they are for the longest time come first. One of
    /// an earlier run that is starting was on its way when that run ended.
    pub fn open_interactions(&self) -> Vec<OpenInteraction> {
        let parts = self.parts.get();
        parts.map_or(Vec::new(), |parts| parts.interactions.open())
    }

    fn conversation(
        &self,
        parts: &ClientInner,
        interaction: Arc<Interaction>,
        address: Address,
    ) -> Conversation {
        Conversation::new(parts.outbox.clone(), interaction, address, false)
    }

    /// Hands over the body of a trigger that the application's own web server received. Never waits for the application;
    /// with a store, waits until the trigger is on disk.
    ///
    /// # Errors
    /// [`Status::NotJson`], [`Status::NoClientId`]: answer the service 400; [`Status::Full`], [`Status::Store`],
    /// [`Status::Closed`]: answer it 503.
    pub fn deliver(&self, body: &[u8], content_type: Option<&str>) -> Result<()> {
        self.parts.get()?.receiver.deliver(body, content_type, None)
    }

    /// The same for a body that may be compressed. `content_encoding` is the request's Content-Encoding: `gzip`, `x-gzip`,
    /// `deflate`, or several with commas between. Decompressed, it may have as many bytes as `listen.max_body` says; the
    /// event's raw bytes are the decompressed ones.
    ///
    /// # Errors
    /// As [`deliver`](Self::deliver), and [`Status::NotJson`] also where the body can't be decompressed;
    /// [`Status::Unsupported`]: the coding is not known, answer 415 with `Accept-Encoding: gzip, deflate`;
    /// [`Status::TriggerTooLarge`]: answer 413; [`Status::System`]: there is no memory for it, answer 503.
    pub fn deliver_compressed(
        &self,
        body: &[u8],
        content_type: Option<&str>,
        content_encoding: Option<&str>,
    ) -> Result<()> {
        let receiver = &self.parts.get()?.receiver;
        receiver.deliver(body, content_type, content_encoding)
    }

    /// Adds a handler for the events of this interest, called by [`poll`](Self::poll) or on the thread of
    /// [`dispatch`](Self::dispatch).
    ///
    /// # Errors
    /// [`Status::Closed`].
    pub fn subscribe(&self, interest: EventFilter, handler: Handler) -> Result<SubscriptionId> {
        self.parts.get()?.receiver.subscribe(interest, handler)
    }

    /// Ends a subscription. When this returns, its handler neither runs nor will run. Called from inside a handler of this
    /// client, it does not wait: no further call begins, and one that is under way is the last.
    ///
    /// # Errors
    /// [`Status::Argument`]: there is no such subscription.
    pub fn unsubscribe(&self, id: SubscriptionId) -> Result<()> {
        self.parts.get()?.receiver.unsubscribe(id)
    }

    /// Waits up to `timeout` for an event, then runs the handlers for all that wait, on this thread; tells how many events
    /// were handled.
    ///
    /// # Errors
    /// [`Status::Mode`]: events leave another way, or this is a callback; [`Status::Closed`].
    pub fn poll(&self, timeout: Duration) -> Result<usize> {
        self.parts.get()?.receiver.poll(timeout)
    }

    /// Waits up to `timeout` for the next event.
    ///
    /// # Errors
    /// [`Status::Mode`]: events leave another way; [`Status::Closed`].
    pub fn next(&self, timeout: Duration) -> Result<Option<Event>> {
        self.parts.get()?.receiver.next(timeout)
    }

    /// Starts the threads that run the handlers from now on, as many as the option `dispatch.threads` says.
    ///
    /// # Errors
    /// [`Status::Mode`]: events leave another way; [`Status::Closed`]; [`Status::System`].
    pub fn dispatch(&self) -> Result<()> {
        self.parts.get()?.receiver.dispatch()
    }

    /// Waits up to `timeout` for an event that may be handled now, and gives it with the turn to handle it: for a binding
    /// that runs handlers itself, in the place of [`poll`](Self::poll) or [`dispatch`](Self::dispatch).
    ///
    /// # Errors
    /// [`Status::Mode`]: events leave another way, or this thread has a turn already; [`Status::Closed`].
    pub fn turn(&self, by: Consumer, timeout: Duration) -> Result<Option<EventLease>> {
        self.parts.get()?.receiver.turn(by, timeout)
    }

    /// Chooses who runs the handlers, as the first [`turn`](Self::turn) does.
    ///
    /// # Errors
    /// [`Status::Mode`]: events leave another way; [`Status::Closed`].
    pub fn choose(&self, by: Consumer) -> Result<()> {
        self.parts.get()?.receiver.choose(by)
    }

    /// Whether this thread runs a callback of this client, or has a turn.
    pub fn is_calling(&self) -> bool {
        let parts = self.parts.get();
        parts.is_ok_and(|parts| parts.receiver.is_calling())
    }

    /// Whether this thread is in the midst of a request of this client, and runs the [hook](crate::interrupt) that may end it.
    pub fn is_requesting(&self) -> bool {
        let parts = self.parts.get();
        parts.is_ok_and(|parts| parts.is_requesting())
    }

    /// A descriptor that is readable exactly while events wait.
    ///
    /// # Errors
    /// [`Status::Unsupported`]: this operating system has none; [`Status::System`].
    pub fn wake(&self) -> Result<Arc<Wake>> {
        self.parts.get()?.receiver.wake()
    }

    /// The alarm that rings once for the next event: for an event loop that asks for events itself.
    ///
    /// # Errors
    /// As [`wake`](Self::wake).
    pub fn alarm(&self) -> Result<OneShotNotifier> {
        self.parts.get()?.receiver.alarm()
    }

    /// The webhook URL of this client's listener, with `listen.public_url`, or else the address as it is reached on this machine;
    /// `None` where it has none of its own.
    pub fn webhook_url(&self) -> Option<&str> {
        self.webhook_url.as_ref().map(Redacted::expose)
    }

    /// How often something was counted since the client was opened. What a listener refuses is counted by the listener: here
    /// it is told of the client's own.
    pub fn count_of(&self, statistic: Statistic) -> u64 {
        let parts = self.parts.get();
        parts.map_or(0, |parts| parts.count_of(statistic))
    }

    /// What a listener that several clients share hands their triggers to.
    pub(crate) fn receiver(&self) -> Result<&Arc<Receiver>> {
        Ok(&self.parts.get()?.receiver)
    }

    /// How many events wait for the application.
    pub fn waiting(&self) -> usize {
        let parts = self.parts.get();
        parts.map_or(0, |parts| parts.receiver.waiting())
    }

    /// How the application writes text.
    pub fn encoding(&self) -> TextEncoding {
        self.encoding
    }

    /// Closes the client: takes in no trigger, waits up to `timeout` for requests under way, for callbacks that run and for
    /// dispatch threads to finish what waits, then breaks off what is left and returns how much that was. While a callback
    /// runs, requests are still taken, and go out; without one, none is. No callback runs after this has returned. Called from
    /// inside one, it waits for requests and for the callbacks of other threads: the one that closes is the last on its
    /// thread. Called in the midst of a request, by a [hook](crate::interrupt), it breaks that one off.
    ///
    /// With a store, an event whose callback runs longer than `timeout` comes again after the next start.
    ///
    /// # Errors
    /// [`Status::Closed`]: it was closed before. [`Status::Forked`]: it is the parent's. [`Status::Timeout`]: a callback runs
    /// longer than `timeout`; it is the last one, and [`Error::left`] says what was left.
    pub fn close(&self, timeout: Duration) -> Result<CloseReport> {
        self.parts.get()?.close(Tasks::Ignored, timeout)
    }

    /// As [`close`](Self::close), and waits for the turns of [tasks](Consumer::Task) as for callbacks. To be called on a thread that
    /// runs none of those tasks.
    ///
    /// # Errors
    /// As [`close`](Self::close).
    pub fn close_with_tasks(&self, timeout: Duration) -> Result<CloseReport> {
        self.parts.get()?.close(Tasks::Awaited, timeout)
    }
}

fn has_hash(hash: &str) -> Result<()> {
    if hash.is_empty() {
        return Err(Error::new(
            Status::Argument,
            "the interaction's hash is empty; pass the one that a trigger or the conversation told",
        ));
    }
    Ok(())
}

impl Drop for Client {
    fn drop(&mut self) {
        // There is nobody to tell what was left, or that it was closed before.
        let _ = self.close(Duration::ZERO);
    }
}
