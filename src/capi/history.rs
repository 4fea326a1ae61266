//! The document for an external history, as C sees it.

use std::ffi::c_char;
use std::sync::{Arc, Mutex, PoisonError};

use crate::capi::client;
use crate::capi::client::omnize_client;
use crate::capi::error::omnize_error;
use crate::capi::guard;
use crate::capi::handle::{Table, Type};
use crate::capi::media;
use crate::capi::status::omnize_status;
use crate::capi::strings;
use crate::capi::strings::OutText;
use crate::encoding::TextEncoding;
use crate::error::Error;
use crate::status::Status;
use crate::wire::{History, HistoryMessage, Media, Message, Redacted, Speaker};

/// What was said before an interaction, from which the document is made that the field external_history of a start leads to.
/// The application serves the document itself, at a URL that the service can reach. Every function of it can be called from
/// any thread and never blocks.
pub struct omnize_history {
    _opaque: [u8; 0],
}

/// The customer said it.
pub const OMNIZE_SPEAKER_CUSTOMER: i32 = 1;
/// An agent said it.
pub const OMNIZE_SPEAKER_AGENT: i32 = 2;
/// A bot said it.
pub const OMNIZE_SPEAKER_BOT: i32 = 3;

static HISTORIES: Table<omnize_history, Object> = Table::new(Type::History);

struct Object {
    history: Mutex<History>,
    encoding: TextEncoding,
    /// The documents that were given out.
    lent: Mutex<Vec<OutText>>,
}

/// Makes a history in which nothing was said yet. Its texts are in the encoding of `client`. The application owns it and frees
/// it with omnize_history_free. Statuses: OMNIZE_E_ARGUMENT where `history` is NULL.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_history_new(
    client: *const omnize_client,
    history: *mut *mut omnize_history,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let client = client::object(client)?;
        let place = strings::out("history", history)?;
        *place = HISTORIES.insert(Arc::new(Object {
            history: Mutex::default(),
            encoding: client.client.encoding(),
            lent: Mutex::default(),
        }))?;
        Ok(())
    })
}

/// Adds what was said after all that was added before. `speaker` is an OMNIZE_SPEAKER_ value; `name` may be NULL; `at` is the
/// time in milliseconds since 1970-01-01 UTC. `text` has `length` bytes, or ends at its NUL where `length` is -1. `media` is
/// an OMNIZE_MEDIA_ value, and `url` where it is; NULL for OMNIZE_MEDIA_NONE. Statuses: OMNIZE_E_ARGUMENT where a value is out
/// of range or what is required is NULL; OMNIZE_E_ENCODING.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_history_add(
    history: *mut omnize_history,
    speaker: i32,
    name: *const c_char,
    at: i64,
    text: *const c_char,
    length: i64,
    media: i32,
    url: *const c_char,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = HISTORIES.get(history)?;
        let encoding = object.encoding;
        let found = Speaker::ALL
            .into_iter()
            .find(|known| *known as i32 == speaker);
        let by = found.ok_or_else(|| {
            Error::new(
                Status::Argument,
                format!("there is no speaker {speaker}; pass an OMNIZE_SPEAKER_ value"),
            )
        })?;
        let name = strings::optional("name", name, encoding)?;
        let text = strings::with_length("text", text, length, encoding)?;
        let media = match media::kind_of(media)? {
            None => None,
            Some(kind) => Some(Media {
                kind,
                url: strings::required("url", url, encoding)?.into_owned().into(),
            }),
        };
        let said = HistoryMessage {
            speaker: by,
            name: name.map(|name| Redacted::from(name.into_owned())),
            at,
            message: Message {
                text: text.into_owned().into(),
                media,
                size: None,
            },
        };
        lock(&object.history).add(said);
        Ok(())
    })
}

/// The document: JSON in UTF-8, whatever the client's encoding is; NULL where `history` is no history. To be served as
/// application/json; it is as personal as what was said. Valid until the history is freed. `length` may be NULL; it receives
/// the length in bytes.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_history_json(
    history: *const omnize_history,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        let object = HISTORIES.get(history)?;
        let document = lock(&object.history).render();
        let mut lent = lock(&object.lent);
        // The same document is lent again, so that asking often takes no more memory.
        if lent
            .last()
            .is_none_or(|last| last.bytes() != document.as_bytes())
        {
            lent.push(OutText::new(document.as_bytes()));
        }
        let last = lent.last().map(|last| last.give(length));
        Ok(last.unwrap_or(std::ptr::null()))
    })
}

/// Frees a history. NULL, and one that was freed before, do nothing.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_history_free(history: *mut omnize_history) {
    guard::value((), || HISTORIES.remove(history).map(drop))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constants_are_the_speakers() {
        let constants = [
            OMNIZE_SPEAKER_CUSTOMER,
            OMNIZE_SPEAKER_AGENT,
            OMNIZE_SPEAKER_BOT,
        ];
        assert_eq!(constants, Speaker::ALL.map(|speaker| speaker as i32));
    }
}
