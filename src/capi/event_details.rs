//! What events of the later dialects tell, as C sees it.

use std::ffi::c_char;

use crate::capi::event;
use crate::capi::event::omnize_event;
use crate::capi::guard;
use crate::capi::media::{OMNIZE_MEDIA_NONE, number_of};
use crate::capi::strings::OutText;
use crate::encoding::TextEncoding;
use crate::error::Result;
use crate::wire::{Details, Redacted};

/// The texts of what an event tells, in the application's encoding; each is empty where the event does not tell it.
#[derive(Default)]
pub(crate) struct Shown {
    department: Option<OutText>,
    agent_id: Option<OutText>,
    agent_name: Option<OutText>,
    media_url: Option<OutText>,
    message_hash: Option<OutText>,
    interaction_hash: Option<OutText>,
    external_id: Option<OutText>,
    bot_id: Option<OutText>,
    extra: Option<OutText>,
}

impl Shown {
    pub fn new(details: &Details, encoding: TextEncoding) -> Self {
        let plain = |text: &Option<String>| {
            text.as_ref()
                .map(|text| OutText::new(&encoding.encode(text).0))
        };
        let personal = |text: Option<&Redacted>| {
            text.map(|text| OutText::new(&encoding.encode(text.expose()).0))
        };
        Shown {
            department: plain(&details.department),
            agent_id: plain(&details.agent_id),
            agent_name: personal(details.agent_name.as_ref()),
            media_url: personal(details.media.as_ref().map(|media| &media.url)),
            message_hash: plain(&details.message_hash),
            interaction_hash: plain(&details.interaction_hash),
            external_id: personal(details.external_id.as_ref()),
            bot_id: plain(&details.bot_id),
            extra: personal(details.extra.as_ref()),
        }
    }
}

fn give(
    event: *const omnize_event,
    length: *mut i64,
    pick: impl FnOnce(&Shown) -> &Option<OutText>,
) -> Result<*const c_char> {
    let object = event::object(event)?;
    let text = pick(object.shown()).as_ref();
    Ok(text.unwrap_or(OutText::empty()).give(length))
}

/// The customer's place among those who wait, by the service's count, of an event of the kind OMNIZE_EVENT_QUEUED; -1 where the
/// event does not tell it, or `event` is no event.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_position(event: *const omnize_event) -> i64 {
    guard::value(-1, || {
        let object = event::object(event)?;
        let position = object.details().and_then(|details| details.position);
        Ok(position.map_or(-1, |position| i64::try_from(position).unwrap_or(i64::MAX)))
    })
}

/// The id of the department that the interaction was given to; empty where the event does not tell it, NULL where `event` is no
/// event. In the client's encoding; valid until the event is freed. `length` may be NULL; it receives the length in bytes.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_department(
    event: *const omnize_event,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        give(event, length, |shown| &shown.department)
    })
}

/// The id of the agent who wrote the message; empty where the event does not tell it, NULL where `event` is no event. In the
/// client's encoding; valid until the event is freed. `length` may be NULL; it receives the length in bytes.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_agent_id(
    event: *const omnize_event,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        give(event, length, |shown| &shown.agent_id)
    })
}

/// The name of the agent who wrote the message; empty where the event does not tell it, NULL where `event` is no event. In the
/// client's encoding; valid until the event is freed. `length` may be NULL; it receives the length in bytes.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_agent_name(
    event: *const omnize_event,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        give(event, length, |shown| &shown.agent_name)
    })
}

/// What comes with the message: an OMNIZE_MEDIA_ value, OMNIZE_MEDIA_NONE for a mere text, for any other event, and where
/// `event` is no event.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_media_kind(event: *const omnize_event) -> i32 {
    guard::value(OMNIZE_MEDIA_NONE, || {
        let object = event::object(event)?;
        let media = object.details().and_then(|details| details.media.as_ref());
        Ok(media.map_or(OMNIZE_MEDIA_NONE, |media| number_of(media.kind)))
    })
}

/// Where the image, video, sound or file of the message is; empty where it has none, NULL where `event` is no event. In the
/// client's encoding; valid until the event is freed. `length` may be NULL; it receives the length in bytes.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_media_url(
    event: *const omnize_event,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        give(event, length, |shown| &shown.media_url)
    })
}

/// The message's own hash. A message that comes again with the same hash is not given to the application again. Empty where the
/// event has none, NULL where `event` is no event. In the client's encoding; valid until the event is freed. `length` may be
/// NULL; it receives the length in bytes.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_message_hash(
    event: *const omnize_event,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        give(event, length, |shown| &shown.message_hash)
    })
}

/// The hash by which the service knows the interaction; empty where it has none in this dialect, NULL where `event` is no event.
/// It is the only id of an event whose client id is empty: its interaction was started by somebody else. In the client's
/// encoding; valid until the event is freed. `length` may be NULL; it receives the length in bytes.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_interaction_hash(
    event: *const omnize_event,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        give(event, length, |shown| &shown.interaction_hash)
    })
}

/// The customer's id at WhatsApp; empty where the event does not tell it, NULL where `event` is no event. In the client's
/// encoding; valid until the event is freed. `length` may be NULL; it receives the length in bytes.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_external_id(
    event: *const omnize_event,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        give(event, length, |shown| &shown.external_id)
    })
}

/// The bot that was named when the interaction was started; empty where none was, NULL where `event` is no event. In the
/// client's encoding; valid until the event is freed. `length` may be NULL; it receives the length in bytes.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_bot_id(
    event: *const omnize_event,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        give(event, length, |shown| &shown.bot_id)
    })
}

/// The application's own fields, which the field extra of the start has sent, as a JSON object; empty where there are none, NULL
/// where `event` is no event. In the client's encoding; valid until the event is freed. `length` may be NULL; it receives the
/// length in bytes.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_event_extra(
    event: *const omnize_event,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        give(event, length, |shown| &shown.extra)
    })
}
