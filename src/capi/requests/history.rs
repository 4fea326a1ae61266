//! The document of an external history.

use std::ffi::c_char;
use std::sync::{Arc, Mutex, PoisonError};

use omnize_calling_convention::calling_convention;

use crate::capi::abi::error_handle::omnize_error;
use crate::capi::abi::guard;
use crate::capi::abi::handle::{HandleTable, HandleType};
use crate::capi::abi::status_code::omnize_status;
use crate::capi::abi::text;
use crate::capi::abi::text::OutText;
use crate::capi::client;
use crate::capi::client::omnize_client;
use crate::capi::requests::media;
use crate::error::Error;
use crate::status::Status;
use crate::text_encoding::TextEncoding;
use crate::wire::{History, HistoryMessage, Media, Message, Redacted, Speaker};

/// The messages exchanged before an interaction. The library renders them as the document that the start field
/// external_history links to.
///
/// - The application serves the document, at a URL that the service can reach.
/// - The functions of a history are thread-safe and do not block.
pub struct omnize_history {
    _opaque: [u8; 0],
}

/// The customer wrote the message.
pub const OMNIZE_SPEAKER_CUSTOMER: i32 = 1;
/// An agent wrote the message.
pub const OMNIZE_SPEAKER_AGENT: i32 = 2;
/// A bot wrote the message.
pub const OMNIZE_SPEAKER_BOT: i32 = 3;

static HISTORIES: HandleTable<omnize_history, HistoryObject> =
    HandleTable::new(HandleType::History);

struct HistoryObject {
    history: Mutex<History>,
    encoding: TextEncoding,
    /// The documents that C received. They stay valid until the history is freed.
    documents: Mutex<Vec<OutText>>,
}

/// Creates an empty history.
///
/// - The texts of the history are in the encoding of `client`.
/// - The application owns the history and frees it with omnize_history_free().
///
/// Fails with:
/// - OMNIZE_E_ARGUMENT: `history` is NULL.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_history_new(
    client: *const omnize_client,
    history: *mut *mut omnize_history,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let client = client::lookup(client)?;
        let out = text::required_out("history", history)?;
        *out = HISTORIES.insert(Arc::new(HistoryObject {
            history: Mutex::default(),
            encoding: client.client.encoding(),
            documents: Mutex::default(),
        }))?;
        Ok(())
    })
}

/// Appends a message to a history.
///
/// - `speaker`: an OMNIZE_SPEAKER_ value.
/// - `name`: the speaker's name, or NULL.
/// - `at`: the time in milliseconds since 1970-01-01 UTC.
/// - `text`: `length` bytes, or up to the NUL if `length` is -1.
/// - `media`: an OMNIZE_MEDIA_ value.
/// - `url`: the URL of the media. NULL for OMNIZE_MEDIA_NONE.
///
/// Fails with:
/// - OMNIZE_E_ARGUMENT: a value is out of range, or a required argument is NULL.
/// - OMNIZE_E_ENCODING: a text is invalid in the client's encoding.
#[calling_convention]
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
        let name = text::optional("name", name, encoding)?;
        let text = text::with_length("text", text, length, encoding)?;
        let media = match media::kind_of(media)? {
            None => None,
            Some(kind) => Some(Media {
                kind,
                url: text::required("url", url, encoding)?.into_owned().into(),
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

/// Returns the history as a JSON document. Returns NULL if `history` is invalid, or there is no memory for the
/// document.
///
/// - The document is UTF-8, independent of the client's encoding. Serve it as application/json.
/// - It contains personal data.
/// - `length` receives the length in bytes. It may be NULL.
/// - The text is valid until the history is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_history_json(
    history: *const omnize_history,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        let object = HISTORIES.get(history)?;
        let document = lock(&object.history).render();
        let mut documents = lock(&object.documents);
        // An unchanged document is reused, so that repeated calls need no more memory.
        if documents
            .last()
            .is_none_or(|last| last.bytes() != document.as_bytes())
        {
            documents.push(OutText::copy(document.as_bytes())?);
        }
        let last = documents.last().map(|last| last.to_c(length));
        Ok(last.unwrap_or(std::ptr::null()))
    })
}

/// Frees a history.
///
/// Does nothing if `history` is NULL or freed already.
#[calling_convention]
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
    fn constants_equal_the_speakers() {
        let constants = [
            OMNIZE_SPEAKER_CUSTOMER,
            OMNIZE_SPEAKER_AGENT,
            OMNIZE_SPEAKER_BOT,
        ];
        assert_eq!(constants, Speaker::ALL.map(|speaker| speaker as i32));
    }
}
