//! A conversation: the requests of one interaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::error::{Delivery, Error, Result};
use crate::host::fork_guard::ForkGuarded;
use crate::interactions::State;
use crate::sending::Interaction;
use crate::sending::Outbox;
use crate::status::Status;
use crate::wire::{Address, BotRequest, Message, Request, Start, Update, WhatsApp};

/// One customer's interaction, as the application drives it. Can be used from any thread. Its requests leave in the order
/// in which they are made, one at a time.
///
/// `start`, `send`, `typing` and the others that are named after a request make it and wait for its answer, for as long as the option
/// `timeout` allows, or [`set_timeout`](Self::set_timeout); `Ok` means that the service accepted it, and an error's
/// [`delivery`](crate::error::Error::delivery) tells what became of it otherwise. The `post` functions and `keystroke`
/// never wait for the network: a post gives a ticket at once, and its outcome comes as an event.
///
/// Dropping it sends nothing: the interaction goes on, and so does what was posted.
#[derive(Debug)]
pub struct Conversation {
    way: ForkGuarded<Way>,
    address: Address,
    /// Whether the application is the external bot of it, and not its customer's.
    as_bot: bool,
    /// In milliseconds; 0 is the client's.
    timeout: AtomicU64,
}

/// Where the requests of a conversation go.
#[derive(Debug)]
struct Way {
    outbox: Arc<Outbox>,
    interaction: Arc<Interaction>,
}

impl Conversation {
    pub(crate) fn new(
        outbox: Arc<Outbox>,
        interaction: Arc<Interaction>,
        address: Address,
        as_bot: bool,
    ) -> Self {
        Conversation {
            way: ForkGuarded::new(Way {
                outbox,
                interaction,
            }),
            address,
            as_bot,
            timeout: AtomicU64::new(0),
        }
    }

    /// Starts the interaction.
    pub fn start(&self, start: impl Into<Start>) -> Result<()> {
        self.request(Request::Start(Box::new(start.into())))
    }

    /// Starts the interaction by a message over WhatsApp.
    pub fn whatsapp(&self, whatsapp: WhatsApp) -> Result<()> {
        self.request(Request::WhatsApp(Box::new(whatsapp)))
    }

    /// Sends the customer's message, or the external bot's.
    pub fn send(&self, message: impl Into<Message>) -> Result<()> {
        self.request(Request::Message(message.into()))
    }

    /// Says that the customer types.
    pub fn typing(&self) -> Result<()> {
        self.request(Request::Typing)
    }

    /// Says that the customer has stopped typing.
    pub fn cleared(&self) -> Result<()> {
        self.request(Request::Cleared)
    }

    /// Notes something about the interaction.
    pub fn update(&self, update: Update) -> Result<()> {
        self.request(Request::Update(Box::new(update)))
    }

    /// Finishes the interaction.
    pub fn finish(&self) -> Result<()> {
        self.request(Request::Finish)
    }

    /// Takes the interaction that was given to the application, which is an external bot.
    pub fn bot_accept(&self) -> Result<()> {
        self.request(Request::Bot(BotRequest::Accept))
    }

    /// Gives the external bot's interaction to a department, or back to where it started.
    pub fn bot_transfer(&self, department: Option<&str>) -> Result<()> {
        self.request(Request::Bot(BotRequest::Transfer(
            department.map(str::to_owned),
        )))
    }

    /// Makes a request of any kind that belongs to an interaction.
    ///
    /// # Errors
    /// As every request; [`Status::Argument`]: it belongs to no interaction, or to the other side of one.
    pub fn request(&self, request: Request) -> Result<()> {
        let request = self.told_as_what_it_is(request)?;
        let way = self.way.get()?;
        let timeout = match self.timeout.load(Ordering::Relaxed) {
            0 => way.outbox.timeout(),
            milliseconds => Duration::from_millis(milliseconds),
        };
        way.outbox
            .send(&way.interaction, &self.address, &request, timeout)
    }

    /// Posts a request, and gives the ticket that its outcome will carry.
    ///
    /// # Errors
    /// What is known at once: a missing id, a request that has no meaning now, a full outbox, a store that can't be
    /// written, a closed client.
    pub fn post(&self, request: Request) -> Result<u64> {
        let request = self.told_as_what_it_is(request)?;
        let way = self.way.get()?;
        way.outbox.post(&way.interaction, &self.address, request)
    }

    /// The customer has pressed a key. Called as often as keys are pressed, it lets the service see one typing, and one
    /// cleared after a pause (option `typing.pause`) or right before the message.
    pub fn keystroke(&self) -> Result<()> {
        self.told_as_what_it_is(Request::Typing)?;
        let way = self.way.get()?;
        way.outbox.key(&way.interaction, &self.address)
    }

    /// How long each later request may take in all; zero is what the option `timeout` says.
    pub fn set_timeout(&self, timeout: Duration) {
        let milliseconds = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        self.timeout.store(milliseconds, Ordering::Relaxed);
    }

    /// Where the interaction is; new in a forked child, which knows of none.
    pub fn state(&self) -> State {
        let way = self.way.get();
        way.map_or(State::New, |way| way.interaction.state())
    }

    /// The id that the application gave the customer.
    pub fn client_id(&self) -> &str {
        &self.address.client_id
    }

    /// The department that the customer talks to.
    pub fn department(&self) -> &str {
        &self.address.department
    }

    /// The hash by which the service knows the interaction, where it does and it is known.
    pub fn interaction_hash(&self) -> Option<String> {
        if self.as_bot {
            return Some(self.address.client_id.clone());
        }
        let hash = self.way.get().ok()?.interaction.hash();
        hash.map(|hash| hash.to_string())
    }

    /// The request as this side of the interaction makes it.
    fn told_as_what_it_is(&self, request: Request) -> Result<Request> {
        let refused = |status, why: &str| {
            let error = Error::new(
                status,
                format!("{}: {why}; nothing was sent", request.name()),
            );
            Err(error.delivered(Delivery::NotSent))
        };
        match (&request, self.as_bot) {
            (Request::Departments | Request::OnlineAgents | Request::OffHours(_), _) => refused(
                Status::Argument,
                "it belongs to no interaction; ask for it on the client",
            ),
            (Request::Bot(_), false) => refused(
                Status::Argument,
                "it is an external bot's; attach to the interaction as one",
            ),
            (Request::Bot(_), true) | (_, false) => Ok(request),
            (Request::Message(message), true) => {
                Ok(Request::Bot(BotRequest::Message(message.clone())))
            }
            (Request::Finish, true) => Ok(Request::Bot(BotRequest::Finish)),
            (_, true) => refused(Status::Unsupported, "an external bot can't do that"),
        }
    }
}
