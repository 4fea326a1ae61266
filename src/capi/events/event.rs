//! Events: their handles, and the fields that all events have.

use std::ffi::c_char;
use std::sync::Arc;

use omnize_calling_convention::calling_convention;
use once_cell::sync::OnceCell;

use crate::capi::abi::error_handle::omnize_error;
use crate::capi::abi::guard;
use crate::capi::abi::handle::{HandleTable, HandleType};
use crate::capi::abi::status_code::omnize_status;
use crate::capi::abi::text;
use crate::capi::abi::text::OutText;
use crate::capi::events::event_texts::EventTexts;
use crate::error::{Delivery, Error, Result};
use crate::receiving::{Content, Event};
use crate::sending::Outcome;
use crate::status::Status;
use crate::text_encoding::TextEncoding;
use crate::wire::{Details, RequestKind};

/// A trigger that the service posted, or the outcome of a posted request.
///
/// The functions of an event are thread-safe and do not block.
pub struct omnize_event {
    _opaque: [u8; 0],
}

/// All kinds, in a subscription.
pub const OMNIZE_EVENT_ANY: i32 = 0;
/// A kind that this version does not recognize. omnize_event_raw returns the whole object.
pub const OMNIZE_EVENT_UNKNOWN: i32 = 1;
/// An agent accepted the interaction.
pub const OMNIZE_EVENT_ACCEPTED: i32 = 2;
/// No agent is available.
pub const OMNIZE_EVENT_UNAVAILABLE: i32 = 3;
/// The agent finished the interaction.
pub const OMNIZE_EVENT_FINISH: i32 = 4;
/// The agent is typing.
pub const OMNIZE_EVENT_TYPING: i32 = 5;
/// The agent stopped typing.
pub const OMNIZE_EVENT_CLEARED: i32 = 6;
/// A message of the agent; for an external bot, a message of the customer. omnize_event_text returns it.
pub const OMNIZE_EVENT_MESSAGE: i32 = 7;
/// The customer waits in a queue. omnize_event_position returns the position.
pub const OMNIZE_EVENT_QUEUED: i32 = 8;
/// The interaction was transferred to a department. omnize_event_department returns it.
pub const OMNIZE_EVENT_TRANSFERRED: i32 = 9;
/// The service assigned an interaction to the application, which is an external bot.
pub const OMNIZE_EVENT_NEW_INTERACTION: i32 = 10;
/// A posted request ended. The omnize_event_outcome_ functions return the details.
pub const OMNIZE_EVENT_OUTCOME: i32 = 100;

static EVENTS: HandleTable<omnize_event, EventObject> = HandleTable::new(HandleType::Event);

/// An event, and those of its texts that C requested, in the application's encoding.
pub(crate) struct EventObject {
    event: Arc<Event>,
    encoding: TextEncoding,
    client_id: OnceCell<Encoded>,
    text: OnceCell<Encoded>,
    raw: OnceCell<OutText>,
    reference: OnceCell<OutText>,
    created_hash: OnceCell<OutText>,
    texts: OnceCell<Box<EventTexts>>,
}

struct Encoded {
    text: OutText,
    /// Whether the encoding lacks a character.
    is_unmappable: bool,
}

impl EventObject {
    fn new(event: Arc<Event>, encoding: TextEncoding) -> Arc<Self> {
        Arc::new(EventObject {
            event,
            encoding,
            client_id: OnceCell::new(),
            text: OnceCell::new(),
            raw: OnceCell::new(),
            reference: OnceCell::new(),
            created_hash: OnceCell::new(),
            texts: OnceCell::new(),
        })
    }

    fn client_id(&self) -> Result<&Encoded> {
        self.client_id
            .get_or_try_init(|| self.encode(self.event.content.client_id()))
    }

    /// Returns the text of a message, or the error message of an outcome.
    fn text(&self) -> Result<&Encoded> {
        let text = match &self.event.content {
            Content::Trigger(trigger) => trigger.text.as_deref().unwrap_or_default(),
            Content::Outcome(outcome) => &outcome.message,
        };
        self.text.get_or_try_init(|| self.encode(text))
    }

    fn raw(&self) -> Result<&OutText> {
        let raw: &[u8] = self.event.trigger().map_or(&[], |trigger| &trigger.raw);
        self.raw.get_or_try_init(|| OutText::copy(raw))
    }

    /// Returns the hash of the interaction that a posted request created, if the event is its outcome.
    pub fn created_hash(&self) -> Result<Option<&OutText>> {
        let outcome = self.event.outcome();
        let hash = outcome.and_then(Outcome::interaction_hash);
        hash.map(|hash| {
            let encode = || OutText::encode(hash, self.encoding);
            self.created_hash.get_or_try_init(encode)
        })
        .transpose()
    }

    /// Returns the fields of the later dialects.
    pub fn details(&self) -> Option<&Details> {
        self.event.trigger()?.details.as_deref()
    }

    /// Returns the texts of these fields.
    pub fn texts(&self) -> Result<&EventTexts> {
        let texts = self.texts.get_or_try_init(|| {
            let texts = self.details().map_or_else(
                || Ok(EventTexts::default()),
                |details| EventTexts::new(details, self.encoding),
            );
            texts.map(Box::new)
        });
        texts.map(|texts| &**texts)
    }

    /// Returns the outcome, if it is that of an accepted query of this kind.
    ///
    /// # Errors
    /// [`Status::Argument`].
    pub fn outcome_of_query(&self, kind: RequestKind) -> Result<&Outcome> {
        let outcome = outcome_of(self)?;
        let expected = kind.empty().name();
        let message = if outcome.request != expected {
            format!(
                "the event is the outcome of the request {}, not of {expected}; compare its ticket or its kind first",
                outcome.request
            )
        } else if outcome.delivery != Delivery::Accepted as i32 {
            format!(
                "the request {expected} was not accepted, so there is no list; omnize_event_text returns the reason"
            )
        } else {
            return Ok(outcome);
        };
        Err(Error::new(Status::Argument, message))
    }

    /// Returns the application's encoding.
    pub fn encoding(&self) -> TextEncoding {
        self.encoding
    }

    fn encode(&self, text: &str) -> Result<Encoded> {
        let (text, is_unmappable) = OutText::encode_lossy(text, self.encoding)?;
        Ok(Encoded {
            text,
            is_unmappable,
        })
    }
}

/// Returns the object of a handle.
pub(crate) fn lookup(event: *const omnize_event) -> Result<Arc<EventObject>> {
    EVENTS.get(event)
}

/// Creates a handle that the application owns.
pub(crate) fn insert(event: Event, encoding: TextEncoding) -> Result<*mut omnize_event> {
    EVENTS.insert(EventObject::new(Arc::new(event), encoding))
}

/// Creates a handle for the time of a callback.
pub(crate) fn with_handle(
    event: &Arc<Event>,
    encoding: TextEncoding,
    call: impl FnOnce(*const omnize_event),
) {
    match EVENTS.insert(EventObject::new(event.clone(), encoding)) {
        Ok(handle) => {
            call(handle);
            // The callback may have freed it.
            let _ = EVENTS.remove(handle);
        }
        Err(error) => log::error!("an event could not be passed to its callback: {error}"),
    }
}

/// Returns the kind of the event, an OMNIZE_EVENT_ value, or 0 if `event` is invalid.
///
/// Later versions may add values.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_kind(event: *const omnize_event) -> i32 {
    guard::value(0, || Ok(EVENTS.get(event)?.event.content.kind().number()))
}

/// Returns the client id of the customer, exactly as the service sent it. Returns NULL if `event` is invalid, or
/// there is no memory for the text.
///
/// - The text is empty if the service sent only the hash of an unknown interaction. omnize_event_interaction_hash()
///   then returns the hash.
/// - `length` receives the length in bytes. It may be NULL.
/// - The text is in the client's encoding, and valid until the event is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_client_id(
    event: *const omnize_event,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        Ok(EVENTS.get(event)?.client_id()?.text.to_c(length))
    })
}

/// Returns the text of a message, or the error message of an outcome. Returns NULL if `event` is invalid, or there
/// is no memory for the text.
///
/// - The text is empty for an accepted request and for other kinds.
/// - The text may contain NUL bytes. `length` counts them.
/// - `length` receives the length in bytes. It may be NULL.
/// - The text is in the client's encoding, and valid until the event is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_text(
    event: *const omnize_event,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        Ok(EVENTS.get(event)?.text()?.text.to_c(length))
    })
}

/// Returns 1 if client id or text contain replaced characters, otherwise 0.
///
/// - Invalid bytes of the trigger became U+FFFD.
/// - Characters that the client's encoding does not have are written as the option encoding.unmappable specifies.
/// - omnize_event_raw() returns the unchanged trigger.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_replaced(event: *const omnize_event) -> i32 {
    guard::value(0, || {
        let object = EVENTS.get(event)?;
        let replaced = object
            .event
            .trigger()
            .is_some_and(|trigger| trigger.replaced)
            || object.client_id()?.is_unmappable
            || object.text()?.is_unmappable;
        Ok(i32::from(replaced))
    })
}

/// Returns the body of the trigger, unchanged, in the service's encoding. Returns NULL if `event` is invalid, or
/// there is no memory for the text.
///
/// - The body is empty for an outcome.
/// - A compressed trigger is returned decompressed.
/// - `length` receives the length in bytes. It may be NULL.
/// - The body is valid until the event is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_raw(
    event: *const omnize_event,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        Ok(EVENTS.get(event)?.raw()?.to_c(length))
    })
}

/// Returns the event's number in the order in which the client received events, from 1. Returns 0 if `event` is
/// invalid.
///
/// With a store, the number of an outcome is 0 if it is not stored: that of a query, or if the store could not be
/// written.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_sequence(event: *const omnize_event) -> i64 {
    guard::value(0, || Ok(EVENTS.get(event)?.event.sequence as i64))
}

/// Returns the time when the event was received, or 0 if `event` is invalid.
///
/// The unit is milliseconds since 1970-01-01 UTC, by this machine's clock.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_received_at(event: *const omnize_event) -> i64 {
    guard::value(0, || Ok(EVENTS.get(event)?.event.received_at))
}

/// Returns 1 if an earlier process received the event and may have handled it, otherwise 0.
///
/// Such an event is delivered again from the store, because it was not acknowledged.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_redelivered(event: *const omnize_event) -> i32 {
    guard::value(0, || Ok(i32::from(EVENTS.get(event)?.event.redelivered)))
}

/// Acknowledges that the application handled the event. The store then deletes it.
///
/// - Needed only if the option ack is manual.
/// - Does nothing without a store, for the outcome of a query, or if the event is acknowledged already.
/// - Does not block.
///
/// Fails with:
/// - OMNIZE_E_HANDLE: `event` is invalid.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_ack(
    event: *const omnize_event,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        EVENTS.get(event)?.event.ack();
        Ok(())
    })
}

/// Reports that the application did not handle the event. The store redelivers it after a restart.
///
/// - With ack = auto, the event is then not acknowledged when its callback returns or it is freed.
/// - A later omnize_event_ack() still acknowledges it.
/// - Does nothing without a store, or if the option ack is manual.
/// - Does not block.
///
/// Fails with:
/// - OMNIZE_E_HANDLE: `event` is invalid.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_nack(
    event: *const omnize_event,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        EVENTS.get(event)?.event.nack();
        Ok(())
    })
}

/// Writes a further handle of the event to `kept`, which is valid after the callback returns.
///
/// The application owns it and frees it with omnize_event_free().
///
/// Fails with:
/// - OMNIZE_E_ARGUMENT: `kept` is NULL.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_keep(
    event: *const omnize_event,
    kept: *mut *mut omnize_event,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = EVENTS.get(event)?;
        let kept = text::required_out("kept", kept)?;
        *kept = EVENTS.insert(EventObject::new(object.event.clone(), object.encoding))?;
        Ok(())
    })
}

/// Returns the ticket of the posted request, or 0 if `event` is not an outcome.
///
/// omnize_event_client_id() returns the client id of the request, which is empty if it belongs to no conversation.
/// omnize_event_text() returns the error message.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_outcome_ticket(event: *const omnize_event) -> i64 {
    guard::value(0, || Ok(outcome(event)?.ticket as i64))
}

/// Returns the delivery of the posted request, an OMNIZE_DELIVERY_ value. Returns OMNIZE_DELIVERY_NONE if `event` is
/// not an outcome.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_outcome_delivery(event: *const omnize_event) -> i32 {
    guard::value(0, || Ok(outcome(event)?.delivery))
}

/// Returns the status that a blocking call would have returned, or OMNIZE_E_HANDLE if `event` is not an outcome.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_outcome_status(event: *const omnize_event) -> omnize_status {
    guard::value(Status::Handle as omnize_status, || {
        Ok(outcome(event)?.status)
    })
}

/// Returns the HTTP status of the rejection, or 0 if the request was accepted or had no response.
///
/// Returns 0 if `event` is not an outcome.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_outcome_http_status(event: *const omnize_event) -> i32 {
    guard::value(0, || Ok(i32::from(outcome(event)?.http_status)))
}

/// Returns the reference of the posted request. Returns NULL if `event` is not an outcome, or there is no memory for
/// the text.
///
/// - The text is empty if the request was posted without a reference.
/// - `length` receives the length in bytes. It may be NULL.
/// - The text is in the client's encoding, and valid until the event is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_outcome_reference(
    event: *const omnize_event,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        let object = EVENTS.get(event)?;
        let Some(reference) = &outcome_of(&object)?.reference else {
            return Ok(OutText::empty().to_c(length));
        };
        let encode = || OutText::encode(reference.expose(), object.encoding);
        Ok(object.reference.get_or_try_init(encode)?.to_c(length))
    })
}

/// Returns the kind of the posted request, an OMNIZE_REQUEST_ value, or 0 if `event` is not an outcome.
///
/// Later versions may add values. Returns 0 if a later version stored the outcome of a kind that this version does not
/// recognize.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_outcome_request_kind(event: *const omnize_event) -> i32 {
    guard::value(0, || {
        let kind = outcome(event)?.request_kind();
        Ok(kind.map_or(0, |kind| kind as i32))
    })
}

/// Returns the time when the request was posted, or 0 if `event` is not an outcome.
///
/// - The unit is milliseconds since 1970-01-01 UTC, by this machine's clock.
/// - Returns 0 if an earlier version of the library stored the request.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_outcome_posted_at(event: *const omnize_event) -> i64 {
    guard::value(0, || Ok(outcome(event)?.posted_at))
}

fn outcome(event: *const omnize_event) -> Result<Outcome> {
    outcome_of(&*EVENTS.get(event)?).cloned()
}

fn outcome_of(object: &EventObject) -> Result<&Outcome> {
    let outcome = object.event.outcome();
    outcome.ok_or_else(|| Error::new(Status::Argument, "the event is not an outcome"))
}

/// Frees an event.
///
/// - With ack = auto, this acknowledges an event of omnize_client_next() or omnize_event_keep().
/// - Does nothing if `event` is NULL or freed already.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_free(event: *mut omnize_event) {
    guard::value((), || EVENTS.remove(event).map(drop))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receiving::EventKind;

    #[test]
    fn constants_equal_the_kinds() {
        let constants = [
            OMNIZE_EVENT_UNKNOWN,
            OMNIZE_EVENT_ACCEPTED,
            OMNIZE_EVENT_UNAVAILABLE,
            OMNIZE_EVENT_FINISH,
            OMNIZE_EVENT_TYPING,
            OMNIZE_EVENT_CLEARED,
            OMNIZE_EVENT_MESSAGE,
            OMNIZE_EVENT_QUEUED,
            OMNIZE_EVENT_TRANSFERRED,
            OMNIZE_EVENT_NEW_INTERACTION,
            OMNIZE_EVENT_OUTCOME,
        ];
        assert!(EventKind::all().map(EventKind::number).eq(constants));
    }
}
