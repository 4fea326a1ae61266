//! Requests that are made field by field, as C sees them.

use std::ffi::c_char;
use std::sync::{Arc, Mutex, PoisonError};

use once_cell::sync::OnceCell;

use crate::capi::client;
use crate::capi::client::omnize_client;
use crate::capi::conversation;
use crate::capi::conversation::omnize_conversation;
use crate::capi::error::omnize_error;
use crate::capi::guard;
use crate::capi::handle::{Table, Type};
use crate::capi::status::omnize_status;
use crate::capi::strings;
use crate::capi::strings::OutText;
use crate::encoding::TextEncoding;
use crate::error::{Error, Result};
use crate::status::Status;
use crate::wire::{FieldError, Request, RequestKind};

/// A request that says more than the functions of a conversation have parameters for. It is made with omnize_request_new,
/// given its fields by omnize_request_set, and then sent or posted, as often as the application likes; each is a request of
/// its own. The page "Dialects" of the documentation lists the fields, and which dialects have them. Every function of a
/// request can be called from any thread; only those that send it block.
pub struct omnize_request {
    _opaque: [u8; 0],
}

/// Starts the interaction. Fields: name, email, phone, cpf, bot_id, media_type, extra, external_history.
pub const OMNIZE_REQUEST_START: i32 = 1;
/// Sends the customer's message, or the external bot's. Fields: text, media (image, video, audio or file), url; of a bot
/// also size, in bytes.
pub const OMNIZE_REQUEST_MESSAGE: i32 = 2;
/// Notes something about the interaction. Fields: mood (POSITIVE or NEGATIVE), tags (ids, separated by commas),
/// customer_key, note.
pub const OMNIZE_REQUEST_UPDATE: i32 = 3;
/// Writes to a customer over WhatsApp, which starts the interaction. Fields: external_id, which is required; text, media,
/// url, name, email, phone, cpf, bot_id, extra, external_history.
pub const OMNIZE_REQUEST_WHATSAPP: i32 = 4;
/// Leaves a message while no agent is there, with omnize_client_off_hours. Fields: email, which is required; text, media,
/// url, name, phone, cpf.
pub const OMNIZE_REQUEST_OFF_HOURS: i32 = 5;

static REQUESTS: Table<omnize_request, Object> = Table::new(Type::Request);

struct Object {
    request: Mutex<Request>,
    encoding: TextEncoding,
    hash: OnceCell<OutText>,
}

/// The request that stands behind the handle, as it is now.
fn snapshot(request: *const omnize_request) -> Result<Request> {
    let object = REQUESTS.get(request)?;
    let request = object
        .request
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    Ok(request.clone())
}

/// Makes a request of a kind, an OMNIZE_REQUEST_ value, that says nothing yet. Its texts are in the encoding of `client`. The
/// application owns it and frees it with omnize_request_free. Never blocks. Statuses: OMNIZE_E_ARGUMENT where there is no
/// such kind, or `request` is NULL.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_request_new(
    client: *const omnize_client,
    kind: i32,
    request: *mut *mut omnize_request,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let client = client::object(client)?;
        let place = strings::out("request", request)?;
        let known = RequestKind::ALL
            .into_iter()
            .find(|known| *known as i32 == kind);
        let kind = known.ok_or_else(|| {
            Error::new(
                Status::Argument,
                format!("there is no kind {kind} of request; pass an OMNIZE_REQUEST_ value"),
            )
        })?;
        *place = REQUESTS.insert(Arc::new(Object {
            request: Mutex::new(kind.empty()),
            encoding: client.client.encoding(),
            hash: OnceCell::new(),
        }))?;
        Ok(())
    })
}

/// Sets a field of a request. `name` is ASCII; `value` has `length` bytes, or ends at its NUL where `length` is -1. Whether the
/// dialect of the client has the field is told when the request is sent or posted. Never blocks. Statuses:
/// OMNIZE_E_ARGUMENT where the request has no such field or it does not take this value, and where `name` or `value` is
/// NULL; OMNIZE_E_ENCODING.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_request_set(
    request: *mut omnize_request,
    name: *const c_char,
    value: *const c_char,
    length: i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = REQUESTS.get(request)?;
        let name = strings::required("name", name, TextEncoding::UTF_8)?;
        let value = strings::with_length("value", value, length, object.encoding)?;
        let mut request = object
            .request
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        request.set(&name, &value).map_err(|why| {
            let request = request.name();
            let message = match why {
                FieldError::UnknownField(names) => format!(
                    "the request {request} has no field {name:?}; it has {}",
                    names.join(", ")
                ),
                FieldError::InvalidValue(expected) => format!(
                    "request {request}: the field {name} does not take this value; it takes {expected}"
                ),
            };
            Error::new(Status::Argument, message)
        })
    })
}

/// Makes a request of a conversation, and blocks until the service has answered, as the other functions of a conversation
/// do, with their statuses. Further ones: OMNIZE_E_UNSUPPORTED where the dialect lacks the request or a field that is set,
/// OMNIZE_E_INTERACTION where the service's id of the interaction is not known, OMNIZE_E_ARGUMENT where a field is missing or
/// the request belongs to no interaction.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_request(
    conversation: *mut omnize_conversation,
    request: *const omnize_request,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = conversation::object(conversation)?;
        object.conversation.request(snapshot(request)?)
    })
}

/// Posts a request of a conversation, as omnize_conversation_post does. Further statuses: OMNIZE_E_UNSUPPORTED where the
/// dialect lacks the request or a field that is set; OMNIZE_E_ARGUMENT where a field is missing or the request belongs to no
/// interaction.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_post_request(
    conversation: *mut omnize_conversation,
    request: *const omnize_request,
    ticket: *mut i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        conversation::object(conversation)?.post(snapshot(request)?, ticket)
    })
}

/// Leaves a customer's message with a department while no agent is there: makes a request of the kind
/// OMNIZE_REQUEST_OFF_HOURS, and blocks until the service has answered, at the most for as long as the option timeout says.
/// omnize_request_interaction_hash tells afterwards which interaction the service made of it. Statuses: those of every
/// request of a conversation; OMNIZE_E_UNSUPPORTED where the dialect lacks it; OMNIZE_E_DEPARTMENT; OMNIZE_E_ARGUMENT where
/// the request is of another kind, or a field is missing.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_off_hours(
    client: *mut omnize_client,
    department: *const c_char,
    request: *mut omnize_request,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let client = client::object(client)?;
        let object = REQUESTS.get(request)?;
        let encoding = client.client.encoding();
        let department = strings::optional("department", department, encoding)?.unwrap_or_default();
        let Request::OffHours(off_hours) = snapshot(request)? else {
            return Err(Error::new(
                Status::Argument,
                "the request is not of the kind OMNIZE_REQUEST_OFF_HOURS; nothing was sent",
            ));
        };
        if let Some(hash) = client.client.off_hours(&department, *off_hours)? {
            // What was told once stays valid; a second sending has a request of its own to be told in.
            let _ = object.hash.set(OutText::new(&encoding.encode(&hash).0));
        }
        Ok(())
    })
}

/// The hash by which the service knows the interaction that omnize_client_off_hours made of this request; empty where it made
/// none or did not tell, NULL where `request` is no request. In the client's encoding; valid until the request is freed.
/// `length` may be NULL; it receives the length in bytes.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_request_interaction_hash(
    request: *const omnize_request,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        let object = REQUESTS.get(request)?;
        Ok(object.hash.get().unwrap_or(OutText::empty()).give(length))
    })
}

/// Frees a request. What was sent or posted with it goes on. NULL, and one that was freed before, do nothing.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_request_free(request: *mut omnize_request) {
    guard::value((), || REQUESTS.remove(request).map(drop))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constants_are_the_kinds() {
        let constants = [
            OMNIZE_REQUEST_START,
            OMNIZE_REQUEST_MESSAGE,
            OMNIZE_REQUEST_UPDATE,
            OMNIZE_REQUEST_WHATSAPP,
            OMNIZE_REQUEST_OFF_HOURS,
        ];
        assert_eq!(constants, RequestKind::ALL.map(|kind| kind as i32));
    }
}
