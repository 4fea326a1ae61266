//! Events, as C sees them.

use std::ffi::c_char;
use std::sync::Arc;

use once_cell::sync::{Lazy, OnceCell};

use crate::capi::error::omnize_error;
use crate::capi::event_details::Shown;
use crate::capi::guard;
use crate::capi::handle::{Table, Type};
use crate::capi::status::omnize_status;
use crate::capi::strings;
use crate::capi::strings::OutText;
use crate::encoding::TextEncoding;
use crate::error::{Error, Result};
use crate::memory;
use crate::receiving::{Content, Event, EventKind};
use crate::sending::Outcome;
use crate::status::Status;
use crate::wire::Details;

/// A trigger that the service posted, or the outcome of a request that the application posted. Every function of an event can be called from any thread and never blocks.
pub struct omnize_event {
    _opaque: [u8; 0],
}

/// Every kind, where a subscription asks for one.
pub const OMNIZE_EVENT_ANY: i32 = 0;
/// Something that this version does not know; omnize_event_raw has the whole object.
pub const OMNIZE_EVENT_UNKNOWN: i32 = 1;
/// An agent has accepted the interaction.
pub const OMNIZE_EVENT_ACCEPTED: i32 = 2;
/// No agent is available.
pub const OMNIZE_EVENT_UNAVAILABLE: i32 = 3;
/// The agent has finished the interaction.
pub const OMNIZE_EVENT_FINISH: i32 = 4;
/// The agent types.
pub const OMNIZE_EVENT_TYPING: i32 = 5;
/// The agent has stopped typing.
pub const OMNIZE_EVENT_CLEARED: i32 = 6;
/// The agent's message, or to an external bot the customer's; omnize_event_text has it.
pub const OMNIZE_EVENT_MESSAGE: i32 = 7;
/// The customer waits behind others; omnize_event_position tells behind how many.
pub const OMNIZE_EVENT_QUEUED: i32 = 8;
/// The interaction was given to the department that omnize_event_department tells.
pub const OMNIZE_EVENT_TRANSFERRED: i32 = 9;
/// An interaction was given to the application, which is an external bot.
pub const OMNIZE_EVENT_NEW_INTERACTION: i32 = 10;
/// A request that was posted has ended; the omnize_event_outcome_ functions tell how.
pub const OMNIZE_EVENT_OUTCOME: i32 = 100;

static EVENTS: Table<omnize_event, Object> = Table::new(Type::Event);

/// An event, and what C has asked of it in the application's encoding.
pub(crate) struct Object {
    event: Arc<Event>,
    encoding: TextEncoding,
    client_id: OnceCell<Encoded>,
    text: OnceCell<Encoded>,
    raw: OnceCell<OutText>,
    shown: OnceCell<Box<Shown>>,
}

struct Encoded {
    text: OutText,
    /// Whether a character had to be written otherwise.
    unmapped: bool,
}

impl Object {
    fn new(event: Arc<Event>, encoding: TextEncoding) -> Arc<Self> {
        Arc::new(Object {
            event,
            encoding,
            client_id: OnceCell::new(),
            text: OnceCell::new(),
            raw: OnceCell::new(),
            shown: OnceCell::new(),
        })
    }

    fn client_id(&self) -> &Encoded {
        self.client_id
            .get_or_init(|| self.encode(self.event.content.client_id()))
    }

    /// The agent's message, or what an outcome says.
    fn text(&self) -> &Encoded {
        let text = match &self.event.content {
            Content::Trigger(trigger) => trigger.text.as_deref().unwrap_or_default(),
            Content::Outcome(outcome) => &outcome.message,
        };
        self.text.get_or_init(|| self.encode(text))
    }

    fn raw(&self) -> &[u8] {
        self.event.trigger().map_or(&[], |trigger| &trigger.raw)
    }

    /// What the later dialects tell.
    pub fn details(&self) -> Option<&Details> {
        self.event.trigger()?.details.as_deref()
    }

    /// The texts of that.
    pub fn shown(&self) -> &Shown {
        self.shown.get_or_init(|| {
            let details = self.details();
            Box::new(
                details.map_or_else(Shown::default, |details| Shown::new(details, self.encoding)),
            )
        })
    }

    fn encode(&self, text: &str) -> Encoded {
        let (bytes, unmapped) = self.encoding.encode(text);
        Encoded {
            text: OutText::new(&bytes),
            unmapped,
        }
    }
}

/// What stands behind the handle.
pub(crate) fn object(event: *const omnize_event) -> Result<Arc<Object>> {
    EVENTS.get(event)
}

/// Gives an event to the application for good.
pub(crate) fn give(event: Event, encoding: TextEncoding) -> Result<*mut omnize_event> {
    EVENTS.insert(Object::new(Arc::new(event), encoding))
}

/// Lends an event to the application for the time of a call.
pub(crate) fn lend(
    event: &Arc<Event>,
    encoding: TextEncoding,
    call: impl FnOnce(*const omnize_event),
) {
    match EVENTS.insert(Object::new(event.clone(), encoding)) {
        Ok(handle) => {
            call(handle);
            // The callback may have freed it, though it need not.
            let _ = EVENTS.remove(handle);
        }
        Err(error) => log::error!("an event could not be given to its callback: {error}"),
    }
}

/// What the event says: an OMNIZE_EVENT_ value, to which later versions may add; 0 where `event` is no event.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_kind(event: *const omnize_event) -> i32 {
    guard::value(0, || Ok(EVENTS.get(event)?.event.content.kind().number()))
}

/// The name of a kind, such as "accepted"; NULL for a number that is none. Valid for ever.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_kind_name(kind: i32) -> *const c_char {
    guard::value(std::ptr::null(), || {
        let found = KINDS.iter().find(|(known, _)| *known == kind);
        let (_, name) =
            found.ok_or_else(|| Error::new(Status::Argument, "there is no such kind"))?;
        Ok(name.give(std::ptr::null_mut()))
    })
}

/// The id that the application gave the customer whose interaction this is, exactly as the service wrote it; empty where the
/// service names an interaction that is not known, by omnize_event_interaction_hash alone; NULL where `event` is no event. In the client's encoding; valid until the event is freed. `length` may be NULL; it receives the
/// length in bytes.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_client_id(
    event: *const omnize_event,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        Ok(EVENTS.get(event)?.client_id().text.give(length))
    })
}

/// The agent's message, or an outcome's error message, which is empty where the service accepted; empty for other kinds, NULL
/// where `event` is no event. In the client's encoding; it may hold NUL,
/// which `length` counts; valid until the event is freed. `length` may be NULL; it receives the length in bytes.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_text(
    event: *const omnize_event,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        Ok(EVENTS.get(event)?.text().text.give(length))
    })
}

/// 1 where client id and text are not all that the service sent: bytes that were no text are U+FFFD, or characters that
/// the client's encoding does not have are written as the option encoding.unmappable says. omnize_event_raw has all. Else
/// 0.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_replaced(event: *const omnize_event) -> i32 {
    guard::value(0, || {
        let object = EVENTS.get(event)?;
        let replaced = object
            .event
            .trigger()
            .is_some_and(|trigger| trigger.replaced)
            || object.client_id().unmapped
            || object.text().unmapped;
        Ok(i32::from(replaced))
    })
}

/// The trigger's body, byte for byte as the service posted it, in the service's encoding; empty for an outcome, NULL where `event` is no event,
/// or there is no memory for it. Valid until the event is freed. `length` may be NULL; it receives the length in bytes.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_raw(
    event: *const omnize_event,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        let object = EVENTS.get(event)?;
        if object.raw.get().is_none() {
            memory::check(object.raw().len(), Status::System)?;
        }
        let raw = object.raw.get_or_init(|| OutText::new(object.raw()));
        Ok(raw.give(length))
    })
}

/// The event's place in the order in which its client received, from 1; 0 where `event` is no event, and for an outcome that could
/// not be written into the store when it came.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_sequence(event: *const omnize_event) -> i64 {
    guard::value(0, || Ok(EVENTS.get(event)?.event.sequence as i64))
}

/// When the event was received: milliseconds since 1970-01-01 UTC by this machine's clock; 0 where `event` is no event.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_received_at(event: *const omnize_event) -> i64 {
    guard::value(0, || Ok(EVENTS.get(event)?.event.received_at))
}

/// 1 where the event was received in an earlier run of the application, which may have handled it already, and comes again
/// from the store; else 0.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_redelivered(event: *const omnize_event) -> i32 {
    guard::value(0, || Ok(i32::from(EVENTS.get(event)?.event.redelivered)))
}

/// Says that the application has handled the event, so that it does not come again from the store. Needed only where the
/// option ack is manual; a second call, and one without a store, do nothing. Never blocks. Statuses: OMNIZE_E_HANDLE.
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

/// Says that the application has not handled the event, for what it does on it failed, say: with a store it comes again after
/// the next start, though its callback returns or it is freed, unless omnize_event_ack says otherwise later. Without a store,
/// and where the option ack is manual, this does nothing. Never blocks. Statuses: OMNIZE_E_HANDLE.
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

/// Gives an event of a callback to the application for good: a further handle, in `kept`, which outlives the callback and
/// which the application frees with omnize_event_free. Statuses: OMNIZE_E_ARGUMENT where `kept` is NULL.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_keep(
    event: *const omnize_event,
    kept: *mut *mut omnize_event,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = EVENTS.get(event)?;
        let kept = strings::out("kept", kept)?;
        *kept = EVENTS.insert(Object::new(object.event.clone(), object.encoding))?;
        Ok(())
    })
}

/// The ticket that posting the request gave; 0 where `event` is no outcome. omnize_event_client_id tells the customer,
/// omnize_event_text the error's message.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_outcome_ticket(event: *const omnize_event) -> i64 {
    guard::value(0, || Ok(outcome(event)?.ticket as i64))
}

/// What became of the posted request: an OMNIZE_DELIVERY_ value; OMNIZE_DELIVERY_NONE where `event` is no outcome.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_outcome_delivery(event: *const omnize_event) -> i32 {
    guard::value(0, || Ok(outcome(event)?.delivery))
}

/// The status that a blocking call would have returned, OMNIZE_OK where the service accepted; OMNIZE_E_HANDLE where `event`
/// is no outcome.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_outcome_status(event: *const omnize_event) -> omnize_status {
    guard::value(Status::Handle as omnize_status, || {
        Ok(outcome(event)?.status)
    })
}

/// The HTTP status by which the service refused; 0 where it accepted, where there was no answer, or `event` is no outcome.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_outcome_http_status(event: *const omnize_event) -> i32 {
    guard::value(0, || Ok(i32::from(outcome(event)?.http_status)))
}

fn outcome(event: *const omnize_event) -> Result<Outcome> {
    let object = EVENTS.get(event)?;
    let outcome = object.event.outcome().cloned();
    outcome.ok_or_else(|| Error::new(Status::Argument, "the event is no outcome"))
}

/// Frees an event. NULL, and one that was freed before, do nothing.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_free(event: *mut omnize_event) {
    guard::value((), || EVENTS.remove(event).map(drop))
}

static KINDS: Lazy<Vec<(i32, OutText)>> = Lazy::new(|| {
    let name = |kind: EventKind| (kind.number(), OutText::new(kind.name().as_bytes()));
    EventKind::all().map(name).collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constants_are_the_kinds() {
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
