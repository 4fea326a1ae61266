//! A client: the requests and the events of one token.
//!
//! [`inner`] creates the components and closes them. This file is the interface for applications and bindings.

mod account_posts;
pub(crate) mod inner;
mod outbox_control;

use std::ffi::c_void;
use std::sync::Arc;
use std::time::Duration;

use crate::client::inner::ClientInner;
use crate::close_report::CloseReport;
use crate::config::{Config, Settings};
use crate::conversation::Conversation;
use crate::error::{Error, Result};
use crate::host;
use crate::host::fork_guard::ForkGuarded;
use crate::host::wake::{Wake, WindowMessage};
use crate::interactions::OpenInteraction;
use crate::receiving::{
    Consumer, Event, EventFilter, EventLease, Handler, OneShotNotifier, Receiver, SubscriptionId,
    TaskId, Tasks,
};
use crate::sending::CheckLevel;
use crate::sending::Interaction;
use crate::sending::Sender;
use crate::statistics::{Snapshot, Statistic};
use crate::status::Status;
use crate::text_encoding::TextEncoding;
use crate::wire::{
    Address, BotRequest, Department, OffHours, OnlineAgents, Redacted, Request, ResponseData, Start,
};

/// Sends the requests of one token, and receives its events. All methods can be called on any thread.
///
/// Dropping a client closes it without waiting.
///
/// A client can't be used in a child that was forked from the process that opened it. Methods fail with [`Status::Forked`],
/// or return empty values. Dropping it there does not affect the parent. The same is true for the client's conversations
/// and events.
#[derive(Debug)]
pub struct Client {
    inner: ForkGuarded<ClientInner>,
    encoding: TextEncoding,
    /// Secret, because it lets anyone post triggers.
    webhook_url: Option<Redacted>,
}

impl Client {
    /// Opens a client. If the option `listen` is set, the webhook accepts triggers when this returns. Sends nothing.
    ///
    /// # Errors
    /// - [`Status::Token`]: it is missing.
    /// - [`Status::Value`]: options contradict each other, or the environment names an invalid proxy.
    /// - [`Status::File`]: a file that options name can't be used.
    /// - [`Status::Listen`], [`Status::System`]: the webhook can't be opened.
    /// - [`Status::Store`]: the store can't be opened.
    /// - [`Status::Unsupported`]: this build has no listener, or no store.
    pub fn open(config: &Config) -> Result<Client> {
        let settings = Settings::read(config)?;
        host::fork::watch();
        let inner = ClientInner::open(&settings)?;
        Ok(Client {
            encoding: settings.encoding,
            webhook_url: inner.webhook_url().map(Redacted::from),
            inner: ForkGuarded::new(inner),
        })
    }

    /// Starts an interaction. Blocks until the response, at most for the option `timeout`.
    ///
    /// # Errors
    /// [`Status::Department`], [`Status::ClientId`]: it is missing; [`Status::Customer`]: the option `validate` rejects a
    /// field of the customer; [`Status::State`]: the interaction is open; [`Status::Closed`]; and any failure of the request,
    /// with its [`delivery`](Error::delivery).
    pub fn start(&self, address: Address, start: impl Into<Start>) -> Result<Conversation> {
        let conversation = self.prepare(address)?;
        conversation.start(start)?;
        Ok(conversation)
    }

    /// Creates a conversation for an interaction that is not started yet. Sends nothing.
    ///
    /// # Errors
    /// [`Status::Department`], [`Status::ClientId`]: it is missing.
    pub fn prepare(&self, address: Address) -> Result<Conversation> {
        Sender::check_address(&address)?;
        let inner = self.inner.get()?;
        let interaction = inner.interactions.for_start(&address);
        Ok(self.conversation(inner, interaction, address))
    }

    /// Creates a conversation for an open interaction. Its state comes from [`open_interactions`](Self::open_interactions), or
    /// is active if it is not listed. Sends nothing.
    ///
    /// # Errors
    /// [`Status::Department`], [`Status::ClientId`]: it is missing.
    pub fn attach(&self, address: Address) -> Result<Conversation> {
        Sender::check_address(&address)?;
        let inner = self.inner.get()?;
        let interaction = inner.interactions.attach(&address);
        Ok(self.conversation(inner, interaction, address))
    }

    /// Creates a conversation as [`attach`](Self::attach) does, for the interaction with this hash.
    ///
    /// # Errors
    /// [`Status::Department`], [`Status::ClientId`]: it is missing; [`Status::Argument`]: the hash is empty.
    pub fn attach_by_hash(&self, address: Address, hash: &str) -> Result<Conversation> {
        check_hash(hash)?;
        let conversation = self.attach(address)?;
        let inner = self.inner.get()?;
        inner
            .interactions
            .assign_hash(conversation.client_id(), hash);
        inner.receiver.assign_events(hash, conversation.client_id());
        Ok(conversation)
    }

    /// Creates a conversation in which the application is the external bot of the interaction with this hash. Messages and
    /// finish are then the bot's. The hash is the customer id, here and in events. Sends nothing.
    ///
    /// # Errors
    /// [`Status::Argument`]: the hash is empty; [`Status::Unsupported`]: the dialect has no external bots.
    pub fn bot_attach(&self, hash: &str) -> Result<Conversation> {
        check_hash(hash)?;
        let address = Address {
            department: String::new(),
            client_id: hash.to_owned(),
        };
        let inner = self.inner.get()?;
        inner
            .outbox
            .check(&address, &Request::Bot(BotRequest::Accept))?;
        let interaction = inner.interactions.attach(&address);
        Ok(Conversation::new(
            inner.outbox.clone(),
            interaction,
            address,
            true,
        ))
    }

    /// Requests the list of departments. Blocks until the response, at most for the option `timeout`. The dialect gateway
    /// requires a customer id (`client_id`); others ignore it.
    ///
    /// # Errors
    /// [`Status::Unsupported`]: the dialect has no such request; [`Status::ClientId`]: it is required;
    /// [`Status::Response`]: the response contains no departments; and any failure of the request.
    pub fn departments(&self, client_id: Option<&str>) -> Result<Vec<Department>> {
        let address = Address {
            department: String::new(),
            client_id: client_id.unwrap_or_default().to_owned(),
        };
        match self.request(&address, Request::Departments)? {
            ResponseData::Departments(departments) => Ok(departments),
            _ => Ok(Vec::new()),
        }
    }

    /// Requests the online agents of a department. Blocks until the response, at most for the option `timeout`.
    ///
    /// # Errors
    /// The same as [`departments`](Self::departments), and [`Status::Department`]: it is missing.
    pub fn online_agents(&self, department: &str) -> Result<OnlineAgents> {
        let address = Address {
            department: department.to_owned(),
            client_id: String::new(),
        };
        match self.request(&address, Request::OnlineAgents)? {
            ResponseData::Agents(agents) => Ok(agents),
            _ => Ok(OnlineAgents::default()),
        }
    }

    /// Sends an off-hours contact. Blocks until the response, at most for the option `timeout`. Returns the hash of the
    /// created interaction, or `None` if the response contains none.
    ///
    /// # Errors
    /// [`Status::Department`]: it is missing; [`Status::Argument`]: a field is missing; [`Status::Unsupported`]; and any
    /// failure of the request.
    pub fn off_hours(&self, department: &str, off_hours: OffHours) -> Result<Option<String>> {
        let address = Address {
            department: department.to_owned(),
            client_id: String::new(),
        };
        match self.request(&address, Request::OffHours(Box::new(off_hours)))? {
            ResponseData::Hash(hash) => Ok(Some(hash)),
            _ => Ok(None),
        }
    }

    /// Checks the configuration, for example at the start of the application. Blocks at most for `timeout` (default: the
    /// option `timeout`). If the dialect has a harmless request (`gateway` and `interactions`: the list of departments), the
    /// service must accept it, and the result is [`CheckLevel::Account`]. Otherwise the check opens a connection and sends
    /// nothing, and the result is [`CheckLevel::Connection`].
    ///
    /// # Errors
    /// [`Status::Auth`]: the service rejected the token; [`Status::Unreachable`], [`Status::Refused`], [`Status::Tls`],
    /// [`Status::Proxy`], [`Status::Timeout`]: no connection; [`Status::Closed`]; and any other failure of a request.
    pub fn check(&self, timeout: Option<Duration>) -> Result<CheckLevel> {
        self.inner.get()?.outbox.check_account(timeout)
    }

    fn request(&self, address: &Address, request: Request) -> Result<ResponseData> {
        let inner = self.inner.get()?;
        inner.outbox.send_without_interaction(address, &request)
    }

    /// Returns the open interactions, with or without a conversation; with a store, also those of earlier processes. The one
    /// that has its state for the longest time comes first. If an interaction of an earlier process is starting, its start
    /// was in progress when that process ended.
    pub fn open_interactions(&self) -> Vec<OpenInteraction> {
        let inner = self.inner.get();
        inner.map_or(Vec::new(), |inner| inner.interactions.list_open())
    }

    /// Returns the department of a customer's interaction: of an open one, or of one that has a conversation. It is empty if
    /// the application is the interaction's bot. Returns `None` if the interaction is not known.
    pub fn department_of(&self, client_id: &str) -> Option<String> {
        let department = self.inner.get().ok()?.interactions.department_of(client_id);
        department.map(|department| department.to_string())
    }

    fn conversation(
        &self,
        inner: &ClientInner,
        interaction: Arc<Interaction>,
        address: Address,
    ) -> Conversation {
        Conversation::new(inner.outbox.clone(), interaction, address, false)
    }

    /// Accepts the body of a trigger that the application's own web server received. Does not wait for callbacks; with a
    /// store, blocks until the trigger is on disk.
    ///
    /// # Errors
    /// [`Status::NotJson`], [`Status::NoClientId`]: respond with 400; [`Status::Full`], [`Status::Store`],
    /// [`Status::Closed`]: respond with 503.
    pub fn deliver(&self, body: &[u8], content_type: Option<&str>) -> Result<()> {
        self.inner.get()?.receiver.deliver(body, content_type, None)
    }

    /// Accepts a trigger as [`deliver`](Self::deliver) does, with a body that may be compressed. `content_encoding` is the
    /// request's Content-Encoding: `gzip`, `x-gzip`, `deflate`, or several separated by commas. The option
    /// `listen.max_body` limits the decompressed body, which is also the event's raw body.
    ///
    /// # Errors
    /// The same as [`deliver`](Self::deliver), and:
    /// - [`Status::NotJson`] also if the body can't be decompressed.
    /// - [`Status::Unsupported`]: unknown coding; respond with 415 and `Accept-Encoding: gzip, deflate`.
    /// - [`Status::TriggerTooLarge`]: respond with 413.
    /// - [`Status::System`]: not enough memory; respond with 503.
    pub fn deliver_compressed(
        &self,
        body: &[u8],
        content_type: Option<&str>,
        content_encoding: Option<&str>,
    ) -> Result<()> {
        let receiver = &self.inner.get()?.receiver;
        receiver.deliver(body, content_type, content_encoding)
    }

    /// Adds a handler for the events that match a filter. [`poll`](Self::poll) or a thread of [`dispatch`](Self::dispatch)
    /// calls it.
    ///
    /// # Errors
    /// [`Status::Closed`].
    pub fn subscribe(&self, filter: EventFilter, handler: Handler) -> Result<SubscriptionId> {
        self.inner.get()?.receiver.subscribe(filter, handler)
    }

    /// Ends a subscription. Blocks until its handler has returned; the handler is not called again. Inside a handler of this
    /// client, it does not block: a call in progress is the last.
    ///
    /// # Errors
    /// [`Status::Argument`]: there is no such subscription.
    pub fn unsubscribe(&self, id: SubscriptionId) -> Result<()> {
        self.inner.get()?.receiver.unsubscribe(id)
    }

    /// Waits up to `timeout` for an event, then calls the handlers for all queued events, on this thread. Returns the number
    /// of events.
    ///
    /// # Errors
    /// [`Status::Mode`]: the client has another delivery mode, or this is a callback; [`Status::Closed`].
    pub fn poll(&self, timeout: Duration) -> Result<usize> {
        self.inner.get()?.receiver.poll(usize::MAX, timeout)
    }

    /// Calls handlers as [`poll`](Self::poll) does, for at most `maximum` events; 0 means no maximum. The others stay queued.
    ///
    /// # Errors
    /// The same as [`poll`](Self::poll).
    pub fn poll_at_most(&self, maximum: usize, timeout: Duration) -> Result<usize> {
        let maximum = if maximum == 0 { usize::MAX } else { maximum };
        self.inner.get()?.receiver.poll(maximum, timeout)
    }

    /// Waits up to `timeout` for the next event.
    ///
    /// # Errors
    /// [`Status::Mode`]: the client has another delivery mode; [`Status::Closed`].
    pub fn next(&self, timeout: Duration) -> Result<Option<Event>> {
        self.inner.get()?.receiver.next(timeout)
    }

    /// Starts the threads that call the handlers from now on. The option `dispatch.threads` is their number.
    ///
    /// # Errors
    /// [`Status::Mode`]: the client has another delivery mode; [`Status::Closed`]; [`Status::System`].
    pub fn dispatch(&self) -> Result<()> {
        self.inner.get()?.receiver.dispatch()
    }

    /// Waits up to `timeout` for an event that may be handled now, and returns its lease. For bindings that call handlers
    /// themselves, instead of [`poll`](Self::poll) or [`dispatch`](Self::dispatch).
    ///
    /// # Errors
    /// [`Status::Mode`]: the client has another delivery mode, or this thread has a lease already; [`Status::Closed`].
    pub fn next_lease(&self, consumer: Consumer, timeout: Duration) -> Result<Option<EventLease>> {
        self.inner.get()?.receiver.next_lease(consumer, timeout)
    }

    /// Sets the kind of consumer, as the first [`next_lease`](Self::next_lease) does.
    ///
    /// # Errors
    /// [`Status::Mode`]: the client has another delivery mode; [`Status::Closed`].
    pub fn set_consumer(&self, consumer: Consumer) -> Result<()> {
        self.inner.get()?.receiver.set_consumer(consumer)
    }

    /// Holds all events back: for a binding that keeps handlers itself and has none now. Without a store, does nothing.
    ///
    /// # Errors
    /// [`Status::Forked`].
    pub fn hold_back_events(&self) -> Result<()> {
        self.inner.get()?.receiver.hold_back_events();
        Ok(())
    }

    /// Releases the events that [`hold_back_events`](Self::hold_back_events) holds back.
    ///
    /// # Errors
    /// [`Status::Forked`].
    pub fn release_events(&self) -> Result<()> {
        self.inner.get()?.receiver.release_events();
        Ok(())
    }

    /// Returns whether this thread runs a callback of this client, or has a lease.
    pub fn is_in_callback(&self) -> bool {
        let inner = self.inner.get();
        inner.is_ok_and(|inner| inner.receiver.is_in_callback())
    }

    /// Returns whether this thread runs the [interrupt hook](crate::interrupt) of a request of this client.
    pub fn is_requesting(&self) -> bool {
        let inner = self.inner.get();
        inner.is_ok_and(|inner| inner.is_requesting())
    }

    /// Returns an object whose [descriptor](Wake::descriptor) is readable exactly while events are queued.
    ///
    /// # Errors
    /// [`Status::Unsupported`]: Windows has no such descriptors; [`Status::System`].
    pub fn event_descriptor(&self) -> Result<Arc<Wake>> {
        self.inner.get()?.receiver.wake_with_descriptor()
    }

    /// Returns an object whose [HANDLE](Wake::handle) is signalled exactly while events are queued.
    ///
    /// # Errors
    /// [`Status::Unsupported`]: only Windows has such handles; [`Status::System`].
    pub fn event_handle(&self) -> Result<Arc<Wake>> {
        self.inner.get()?.receiver.wake_with_handle()
    }

    /// Posts `message` to `window` when events are queued, and again after each call of `poll` or `next` that leaves events in
    /// the queue. A NULL window ends that.
    ///
    /// # Errors
    /// [`Status::Unsupported`]: only Windows has window messages. [`Status::Argument`]: the window does not exist, or the number
    /// belongs to the system's messages. [`Status::System`]: `user32.dll` can't be loaded.
    pub fn set_window_message(&self, window: *mut c_void, message: u32) -> Result<()> {
        let receiver = &self.inner.get()?.receiver;
        receiver.set_window_message(WindowMessage::new(window, message)?);
        Ok(())
    }

    /// Returns a notifier that calls `function` once, for the next event. For event loops that request events themselves.
    /// The function is called on any thread. It must not block, and must not use the client. It replaces that of an
    /// earlier notifier.
    ///
    /// # Errors
    /// [`Status::Forked`].
    pub fn one_shot_notifier(
        &self,
        function: Arc<dyn Fn() + Send + Sync>,
    ) -> Result<OneShotNotifier> {
        Ok(self.inner.get()?.receiver.one_shot_notifier(function))
    }

    /// Returns the webhook URL of this client's own listener, with `listen.public_url` or else with an address of this machine;
    /// `None` if it has no listener.
    pub fn webhook_url(&self) -> Option<&str> {
        self.webhook_url.as_ref().map(Redacted::expose)
    }

    /// Returns the value of a statistic since the client was opened. A listener counts rejections, so they are included only
    /// for the client's own listener.
    pub fn count_of(&self, statistic: Statistic) -> u64 {
        let inner = self.inner.get();
        inner.map_or(0, |inner| inner.count_of(statistic))
    }

    /// Returns all statistics since the client was opened, with those of the client's own listener.
    ///
    /// # Errors
    /// [`Status::Forked`].
    pub fn snapshot(&self) -> Result<Snapshot> {
        Ok(self.inner.get()?.snapshot())
    }

    /// Returns the receiver of triggers, for a shared listener.
    pub(crate) fn receiver(&self) -> Result<&Arc<Receiver>> {
        Ok(&self.inner.get()?.receiver)
    }

    /// Returns the number of queued events.
    pub fn queued_events(&self) -> usize {
        let inner = self.inner.get();
        inner.map_or(0, |inner| inner.receiver.queue_length())
    }

    /// Returns the application's text encoding.
    pub fn encoding(&self) -> TextEncoding {
        self.encoding
    }

    /// Closes the client. It accepts no further trigger, and waits up to `timeout` for requests in progress, for running
    /// callbacks, and for dispatch threads to handle the queued events. Then it aborts the remaining requests and returns
    /// their number. While a callback runs, requests are still accepted and sent; otherwise none is. No callback runs after
    /// the return.
    ///
    /// When called from one of this client's callbacks, it waits for requests and for the callbacks of other threads. No
    /// further callback starts on this thread. When called from an [interrupt hook](crate::interrupt), it aborts the hook's
    /// request.
    ///
    /// With a store, an event whose callback runs longer than `timeout` is redelivered after a restart. So is the event of a
    /// [task](Consumer::Task) that still runs, because this does not wait for tasks.
    ///
    /// # Errors
    /// [`Status::Closed`]: it was closed before. [`Status::Forked`]: another process opened it. [`Status::Timeout`]: a callback
    /// ran longer than `timeout`; no further callback starts, and [`Error::close_report`] contains what remains.
    pub fn close(&self, timeout: Duration) -> Result<CloseReport> {
        self.inner.get()?.close(Tasks::Ignored, timeout)
    }

    /// Closes the client as [`close`](Self::close) does, and also waits for the leases of [tasks](Consumer::Task). Must be
    /// called on a thread that runs none of these tasks.
    ///
    /// If a task's callback closes the client, `closing` is the [number of its lease](EventLease::task). The close does not
    /// wait for this lease, and its event is acknowledged when it ends.
    ///
    /// # Errors
    /// The same as [`close`](Self::close).
    pub fn close_with_tasks(
        &self,
        timeout: Duration,
        closing: Option<TaskId>,
    ) -> Result<CloseReport> {
        self.inner.get()?.close(Tasks::Awaited { closing }, timeout)
    }
}

fn check_hash(hash: &str) -> Result<()> {
    if hash.is_empty() {
        return Err(Error::new(
            Status::Argument,
            "the interaction hash is empty; pass the hash of a trigger or of a conversation",
        ));
    }
    Ok(())
}

impl Drop for Client {
    fn drop(&mut self) {
        // `drop` can't report errors or what remains.
        let _ = self.close(Duration::ZERO);
    }
}
