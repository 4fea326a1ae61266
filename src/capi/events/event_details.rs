//! The fields of events that only the later dialects have.

use std::ffi::c_char;

use omnize_calling_convention::calling_convention;

use crate::capi::abi::guard;
use crate::capi::abi::text::OutText;
use crate::capi::events::event;
use crate::capi::events::event::omnize_event;
use crate::capi::events::event_texts::EventTexts;
use crate::capi::requests::media::{OMNIZE_MEDIA_NONE, number_of};
use crate::error::Result;

fn text(
    event: *const omnize_event,
    length: *mut i64,
    pick: impl FnOnce(&EventTexts) -> &Option<OutText>,
) -> Result<*const c_char> {
    let event = event::lookup(event)?;
    let text = pick(event.texts()?).as_ref();
    Ok(text.unwrap_or(OutText::empty()).to_c(length))
}

/// Returns the customer's position in the queue, counted from 1 by the service, of an event of the kind
/// OMNIZE_EVENT_QUEUED.
///
/// Returns -1 if the event contains no position, or `event` is invalid.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_position(event: *const omnize_event) -> i64 {
    guard::value(-1, || {
        let object = event::lookup(event)?;
        let position = object.details().and_then(|details| details.position);
        Ok(position.map_or(-1, |position| i64::try_from(position).unwrap_or(i64::MAX)))
    })
}

/// Returns the id of the department to which the interaction was transferred. Returns NULL if `event` is invalid, or
/// there is no memory for the text.
///
/// - The text is empty if the event does not contain it.
/// - `length` receives the length in bytes. It may be NULL.
/// - The text is in the client's encoding, and valid until the event is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_department(
    event: *const omnize_event,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        text(event, length, |texts| &texts.department)
    })
}

/// Returns the id of the agent who wrote the message. Returns NULL if `event` is invalid, or there is no memory for
/// the text.
///
/// - The text is empty if the event does not contain it.
/// - `length` receives the length in bytes. It may be NULL.
/// - The text is in the client's encoding, and valid until the event is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_agent_id(
    event: *const omnize_event,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        text(event, length, |texts| &texts.agent_id)
    })
}

/// Returns the name of the agent who wrote the message. Returns NULL if `event` is invalid, or there is no memory
/// for the text.
///
/// - The text is empty if the event does not contain it.
/// - `length` receives the length in bytes. It may be NULL.
/// - The text is in the client's encoding, and valid until the event is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_agent_name(
    event: *const omnize_event,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        text(event, length, |texts| &texts.agent_name)
    })
}

/// Returns the kind of media of the message, an OMNIZE_MEDIA_ value.
///
/// Returns OMNIZE_MEDIA_NONE if the message has only text, for other events, or if `event` is invalid.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_media_kind(event: *const omnize_event) -> i32 {
    guard::value(OMNIZE_MEDIA_NONE, || {
        let object = event::lookup(event)?;
        let media = object.details().and_then(|details| details.media.as_ref());
        Ok(media.map_or(OMNIZE_MEDIA_NONE, |media| number_of(media.kind)))
    })
}

/// Returns the URL of the message's image, video, audio or file. Returns NULL if `event` is invalid, or there is no
/// memory for the text.
///
/// - The text is empty if the event does not contain it.
/// - `length` receives the length in bytes. It may be NULL.
/// - The text is in the client's encoding, and valid until the event is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_media_url(
    event: *const omnize_event,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        text(event, length, |texts| &texts.media_url)
    })
}

/// Returns the hash of the message. Returns NULL if `event` is invalid, or there is no memory for the text.
///
/// - The library drops a message that the service posts again with the same hash.
/// - The text is empty if the event does not contain it.
/// - `length` receives the length in bytes. It may be NULL.
/// - The text is in the client's encoding, and valid until the event is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_message_hash(
    event: *const omnize_event,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        text(event, length, |texts| &texts.message_hash)
    })
}

/// Returns the interaction hash. Returns NULL if `event` is invalid, or there is no memory for the text.
///
/// - It is the only id if the client id is empty, because another application started the interaction.
/// - For the outcome of a posted start or off-hours contact, it is the hash of the created interaction.
/// - The text is empty if the dialect has no hashes.
/// - `length` receives the length in bytes. It may be NULL.
/// - The text is in the client's encoding, and valid until the event is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_interaction_hash(
    event: *const omnize_event,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        if let Some(hash) = event::lookup(event)?.created_hash()? {
            return Ok(hash.to_c(length));
        }
        text(event, length, |texts| &texts.interaction_hash)
    })
}

/// Returns the customer's id at WhatsApp. Returns NULL if `event` is invalid, or there is no memory for the text.
///
/// - The text is empty if the event does not contain it.
/// - `length` receives the length in bytes. It may be NULL.
/// - The text is in the client's encoding, and valid until the event is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_external_id(
    event: *const omnize_event,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        text(event, length, |texts| &texts.external_id)
    })
}

/// Returns the bot id of the interaction's start. Returns NULL if `event` is invalid, or there is no memory for the
/// text.
///
/// - The text is empty if the event does not contain it.
/// - `length` receives the length in bytes. It may be NULL.
/// - The text is in the client's encoding, and valid until the event is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_bot_id(
    event: *const omnize_event,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        text(event, length, |texts| &texts.bot_id)
    })
}

/// Returns the application's own fields as a JSON object: the field extra of the start. Returns NULL if `event` is
/// invalid, or there is no memory for the text.
///
/// - The text is empty if the event does not contain it.
/// - `length` receives the length in bytes. It may be NULL.
/// - The text is in the client's encoding, and valid until the event is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_extra(
    event: *const omnize_event,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        text(event, length, |texts| &texts.extra)
    })
}
