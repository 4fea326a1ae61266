//! A conversation: the requests of one interaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::error::Result;
use crate::interactions::{Interaction, State};
use crate::sending::Outbox;
use crate::wire::{Address, Customer, Redacted, Request};

/// One customer's interaction, as the application drives it. Can be used from any thread. Its requests leave in the order
/// in which they are made, one at a time.
///
/// `start`, `send`, `typing`, `cleared` and `finish` make one request and wait for its answer, for as long as the option
/// `timeout` allows, or [`set_timeout`](Self::set_timeout); `Ok` means that the service accepted it, and an error's
/// [`delivery`](crate::error::Error::delivery) tells what became of it otherwise. The `post` functions and `keystroke`
/// never wait for the network: a post gives a ticket at once, and its outcome comes as an event.
///
/// Dropping it sends nothing: the interaction goes on, and so does what was posted.
#[derive(Debug)]
pub struct Conversation {
    outbox: Arc<Outbox>,
    interaction: Arc<Interaction>,
    address: Address,
    default_timeout: Duration,
    /// In milliseconds; 0 is the client's.
    timeout: AtomicU64,
}

impl Conversation {
    pub(crate) fn new(
        outbox: Arc<Outbox>,
        interaction: Arc<Interaction>,
        address: Address,
        default_timeout: Duration,
    ) -> Self {
        Conversation {
            outbox,
            interaction,
            address,
            default_timeout,
            timeout: AtomicU64::new(0),
        }
    }

    /// Starts the interaction.
    pub fn start(&self, customer: Customer) -> Result<()> {
        self.request(&Request::Start(customer))
    }

    /// Sends the customer's message.
    pub fn send(&self, text: impl Into<Redacted>) -> Result<()> {
        self.request(&Request::Message(text.into()))
    }

    /// Says that the customer types.
    pub fn typing(&self) -> Result<()> {
        self.request(&Request::Typing)
    }

    /// Says that the customer has stopped typing.
    pub fn cleared(&self) -> Result<()> {
        self.request(&Request::Cleared)
    }

    /// Finishes the interaction.
    pub fn finish(&self) -> Result<()> {
        self.request(&Request::Finish)
    }

    /// Posts a request, and gives the ticket that its outcome will carry.
    ///
    /// # Errors
    /// What is known at once: a missing id, a request that has no meaning now, a full outbox, a store that can't be
    /// written, a closed client.
    pub fn post(&self, request: Request) -> Result<u64> {
        self.outbox.post(&self.interaction, &self.address, request)
    }

    /// The customer has pressed a key. Called as often as keys are pressed, it lets the service see one typing, and one
    /// cleared after a pause (option `typing.pause`) or right before the message.
    pub fn keystroke(&self) -> Result<()> {
        self.outbox.key(&self.interaction, &self.address)
    }

    /// How long each later request may take in all; zero is what the option `timeout` says.
    pub fn set_timeout(&self, timeout: Duration) {
        let milliseconds = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        self.timeout.store(milliseconds, Ordering::Relaxed);
    }

    /// Where the interaction is.
    pub fn state(&self) -> State {
        self.interaction.state()
    }

    /// The id that the application gave the customer.
    pub fn client_id(&self) -> &str {
        &self.address.client_id
    }

    /// The department that the customer talks to.
    pub fn department(&self) -> &str {
        &self.address.department
    }

    fn request(&self, request: &Request) -> Result<()> {
        let timeout = match self.timeout.load(Ordering::Relaxed) {
            0 => self.default_timeout,
            milliseconds => Duration::from_millis(milliseconds),
        };
        self.outbox
            .send(&self.interaction, &self.address, request, timeout)
    }
}
