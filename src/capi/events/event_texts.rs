//! The texts of the later dialects' fields, in the application's encoding.

use crate::capi::abi::text::OutText;
use crate::error::Result;
use crate::text_encoding::TextEncoding;
use crate::wire::{Details, Redacted};

/// The texts of an event; `None` if the event does not contain them.
#[derive(Default)]
pub(crate) struct EventTexts {
    pub department: Option<OutText>,
    pub agent_id: Option<OutText>,
    pub agent_name: Option<OutText>,
    pub media_url: Option<OutText>,
    pub message_hash: Option<OutText>,
    pub interaction_hash: Option<OutText>,
    pub external_id: Option<OutText>,
    pub bot_id: Option<OutText>,
    pub extra: Option<OutText>,
}

impl EventTexts {
    /// Encodes the texts.
    ///
    /// # Errors
    /// [`Status::System`](crate::status::Status::System) if there is no memory for one of them.
    pub fn new(details: &Details, encoding: TextEncoding) -> Result<Self> {
        let encode =
            |text: Option<&str>| text.map(|text| OutText::encode(text, encoding)).transpose();
        let plain = |text: &Option<String>| encode(text.as_deref());
        let personal = |text: Option<&Redacted>| encode(text.map(Redacted::expose));
        Ok(EventTexts {
            department: plain(&details.department)?,
            agent_id: plain(&details.agent_id)?,
            agent_name: personal(details.agent_name.as_ref())?,
            media_url: personal(details.media.as_ref().map(|media| &media.url))?,
            message_hash: plain(&details.message_hash)?,
            interaction_hash: plain(&details.interaction_hash)?,
            external_id: personal(details.external_id.as_ref())?,
            bot_id: plain(&details.bot_id)?,
            extra: personal(details.extra.as_ref())?,
        })
    }
}
