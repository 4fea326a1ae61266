//! A conversation: the requests of one interaction.

use std::sync::Arc;

use crate::error::Result;
use crate::sending::Sender;
use crate::wire::{Address, Redacted, Request};

/// One customer's interaction, as the application drives it. Each call sends one request and waits for its answer, for as
/// long as the option `timeout` allows; `Ok` means that the service accepted it, and an error's
/// [`delivery`](crate::error::Error::delivery) tells what became of it otherwise. Can be used from any thread.
///
/// Dropping it sends nothing: the interaction goes on.
#[derive(Debug)]
pub struct Conversation {
    sender: Arc<Sender>,
    address: Address,
}

impl Conversation {
    pub(crate) fn new(sender: Arc<Sender>, address: Address) -> Self {
        Conversation { sender, address }
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

    /// The id that the application gave the customer.
    pub fn client_id(&self) -> &str {
        &self.address.client_id
    }

    /// The department that the customer talks to.
    pub fn department(&self) -> &str {
        &self.address.department
    }

    fn request(&self, request: &Request) -> Result<()> {
        self.sender.send(&self.address, request)
    }
}
