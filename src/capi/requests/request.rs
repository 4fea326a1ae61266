//! Requests that are built field by field.

use std::ffi::c_char;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use omnize_calling_convention::calling_convention;
use once_cell::sync::OnceCell;

use crate::capi::abi::error_handle::omnize_error;
use crate::capi::abi::guard;
use crate::capi::abi::handle::{HandleTable, HandleType};
use crate::capi::abi::status_code::omnize_status;
use crate::capi::abi::text;
use crate::capi::abi::text::OutText;
use crate::capi::client;
use crate::capi::client::omnize_client;
use crate::capi::requests::conversation;
use crate::capi::requests::conversation::omnize_conversation;
use crate::error::{Delivery, Error, Result};
use crate::sending::{PostOptions, check_max_age, check_reference};
use crate::status::Status;
use crate::text_encoding::TextEncoding;
use crate::wire::{FieldError, OffHours, Request, RequestKind};

/// A request with fields for which the omnize_conversation_ functions have no parameter.
///
/// - omnize_request_new() creates it, and omnize_request_set() sets its fields.
/// - The application may send and post it several times. Each time is a separate request, unless it has a reference:
///   then only the first post is one, and further posts return its ticket.
/// - The page "Dialects" of the documentation lists the fields of each dialect.
/// - The functions of a request are thread-safe. Only those that send it block.
pub struct omnize_request {
    _opaque: [u8; 0],
}

/// Starts the interaction. Fields: name, email, phone, cpf, bot_id, media_type, extra, external_history.
pub const OMNIZE_REQUEST_START: i32 = 1;
/// Sends a message of the customer or the external bot. Fields: text, media (image, video, audio or file), url; for
/// a bot also size, in bytes.
pub const OMNIZE_REQUEST_MESSAGE: i32 = 2;
/// Updates data of the interaction. Fields: mood (POSITIVE or NEGATIVE), tags (ids, separated by commas),
/// customer_key, note.
pub const OMNIZE_REQUEST_UPDATE: i32 = 3;
/// Starts an interaction with a message over WhatsApp. Fields: external_id, which is required; text, media, url,
/// name, email, phone, cpf, bot_id, extra, external_history.
pub const OMNIZE_REQUEST_WHATSAPP: i32 = 4;
/// Submits a message while no agent is available, with omnize_client_off_hours or omnize_client_post_off_hours.
/// Fields: email, which is required; text, media, url, name, phone, cpf.
pub const OMNIZE_REQUEST_OFF_HOURS: i32 = 5;

/// Finishes the interaction, of the customer or the external bot. Without fields.
pub const OMNIZE_REQUEST_FINISH: i32 = 6;
/// The customer is typing. Without fields.
pub const OMNIZE_REQUEST_TYPING: i32 = 7;
/// The customer stopped typing. Without fields.
pub const OMNIZE_REQUEST_CLEARED: i32 = 8;
/// Accepts the interaction, as the external bot. Without fields.
pub const OMNIZE_REQUEST_BOT_ACCEPT: i32 = 9;
/// Transfers the interaction, as the external bot. Field: department; without it, the interaction returns to its
/// first department.
pub const OMNIZE_REQUEST_BOT_TRANSFER: i32 = 10;
/// Requests the departments, with omnize_departments_list or omnize_departments_post. Without fields.
pub const OMNIZE_REQUEST_DEPARTMENTS: i32 = 11;
/// Requests the online agents of a department, with omnize_agents_online or omnize_agents_post. Without fields.
pub const OMNIZE_REQUEST_ONLINE_AGENTS: i32 = 12;

static REQUESTS: HandleTable<omnize_request, RequestObject> = HandleTable::new(HandleType::Request);

struct RequestObject {
    request: Mutex<Request>,
    post_options: Mutex<PostOptions>,
    encoding: TextEncoding,
    hash: OnceCell<OutText>,
}

impl RequestObject {
    fn request(&self) -> Request {
        let request = self.request.lock();
        request.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn post_options(&self) -> MutexGuard<'_, PostOptions> {
        let options = self.post_options.lock();
        options.unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the request for a blocking call, which has neither a reference nor an age limit.
    fn request_to_send(&self) -> Result<Request> {
        let request = self.request();
        let setter = match &*self.post_options() {
            options if options.reference.is_some() => "omnize_request_set_reference",
            options if options.max_age.is_some() => "omnize_request_set_max_age",
            _ => return Ok(request),
        };
        let post = match request {
            Request::OffHours(_) => "omnize_client_post_off_hours",
            _ => "omnize_conversation_post_request",
        };
        let message = format!(
            "{}: {setter} was called for this request, but only a posted request has a reference or an age limit; post it with \
             {post}, or create a request without them; nothing was sent",
            request.name()
        );
        Err(Error::new(Status::Argument, message).with_delivery(Delivery::NotSent))
    }
}

/// Creates a request without fields.
///
/// - `kind`: an OMNIZE_REQUEST_ value.
/// - The texts of the request are in the encoding of `client`.
/// - The application owns the request and frees it with omnize_request_free().
/// - Does not block.
///
/// Fails with:
/// - OMNIZE_E_ARGUMENT: `kind` is unknown, or `request` is NULL.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_request_new(
    client: *const omnize_client,
    kind: i32,
    request: *mut *mut omnize_request,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::request(error, || {
        let encoding = client::lookup(client)?.client.encoding();
        create(encoding, kind, request)
    })
}

/// Creates a request without fields for a conversation, as omnize_request_new() does for a client.
///
/// - `kind`: an OMNIZE_REQUEST_ value.
/// - The request may be used with other conversations of the same client.
/// - The application owns the request and frees it with omnize_request_free().
/// - Does not block.
///
/// Fails with:
/// - OMNIZE_E_ARGUMENT: `kind` is unknown, or `request` is NULL.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_request_new_for_conversation(
    conversation: *const omnize_conversation,
    kind: i32,
    request: *mut *mut omnize_request,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::request(error, || {
        let encoding = conversation::lookup(conversation)?.encoding;
        create(encoding, kind, request)
    })
}

fn create(encoding: TextEncoding, kind: i32, request: *mut *mut omnize_request) -> Result<()> {
    let out = text::required_out("request", request)?;
    let known = RequestKind::ALL
        .into_iter()
        .find(|known| *known as i32 == kind);
    let kind = known.ok_or_else(|| {
        Error::new(
            Status::Argument,
            format!("there is no request kind {kind}; pass an OMNIZE_REQUEST_ value"),
        )
    })?;
    *out = REQUESTS.insert(Arc::new(RequestObject {
        request: Mutex::new(kind.empty()),
        post_options: Mutex::default(),
        encoding,
        hash: OnceCell::new(),
    }))?;
    Ok(())
}

/// Sets the field `name` of a request.
///
/// - `value`: `length` bytes, or up to the NUL if `length` is -1.
/// - `name` is ASCII.
/// - If the client's dialect does not have the field, sending or posting the request fails.
/// - Does not block.
///
/// Fails with:
/// - OMNIZE_E_ARGUMENT: the request has no such field, the field does not accept the value, or `name` or `value` is
///   NULL.
/// - OMNIZE_E_ENCODING: a text is invalid in its encoding.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_request_set(
    request: *mut omnize_request,
    name: *const c_char,
    value: *const c_char,
    length: i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::request(error, || {
        let object = REQUESTS.get(request)?;
        let name = text::required("name", name, TextEncoding::UTF_8)?;
        let value = text::with_length("value", value, length, object.encoding)?;
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

/// Sets the reference of a request that is posted: the application's own text for it.
///
/// - `reference`: `length` bytes, or up to the NUL if `length` is -1; at most 255, without NUL. NULL removes the
///   reference.
/// - The outcome contains the reference, also after a crash if the client has a store.
/// - Another post with the same reference returns the ticket of the first one, and sends nothing. This holds while
///   the request is in the outbox, and after its outcome for outbox.reference_window. If it was not sent and not
///   cancelled, its outcome frees the reference.
/// - Each reference belongs to one request of one customer. A second request needs another reference.
/// - Does not block.
///
/// Fails with:
/// - OMNIZE_E_ARGUMENT: `reference` is empty or too long, or contains a NUL.
/// - OMNIZE_E_ENCODING: `reference` is invalid in the client's encoding.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_request_set_reference(
    request: *mut omnize_request,
    reference: *const c_char,
    length: i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::request(error, || {
        let object = REQUESTS.get(request)?;
        if reference.is_null() {
            object.post_options().reference = None;
            return Ok(());
        }
        let reference = text::with_length("reference", reference, length, object.encoding)?;
        check_reference(&reference, object.encoding)?;
        object.post_options().reference = Some(reference.into_owned().into());
        Ok(())
    })
}

/// Sets the age limit of a request that is posted.
///
/// - `max_age_ms`: milliseconds from the post, at least 1. -1: no limit, also if the option message.max_age is set.
///   -2: the option applies, as before the first call.
/// - A request that is still in the outbox at that time is removed, with the outcome OMNIZE_E_EXPIRED. A request in
///   progress is not removed.
/// - With a store, the time also counts while the application is not running.
/// - Does not block.
///
/// Fails with:
/// - OMNIZE_E_ARGUMENT: `max_age_ms` is 0 or less than -2.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_request_set_max_age(
    request: *mut omnize_request,
    max_age_ms: i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::request(error, || {
        let object = REQUESTS.get(request)?;
        let max_age = match max_age_ms {
            -2 => {
                object.post_options().max_age = None;
                return Ok(());
            }
            -1 => PostOptions::NO_MAX_AGE,
            // For a negative number, the time has passed, as for zero.
            limit => Duration::from_millis(u64::try_from(limit).unwrap_or(0)),
        };
        check_max_age(max_age).map_err(|error| {
            let message = format!(
                "max_age_ms is {max_age_ms}; pass the time after the post in which the request may be sent, at least 1 ms, \
                 or -1 for no limit"
            );
            Error::new(error.status(), message)
        })?;
        object.post_options().max_age = Some(max_age);
        Ok(())
    })
}

/// Sends a request of a conversation, and blocks until the service responds.
///
/// Fails with:
/// - OMNIZE_E_UNSUPPORTED: the dialect does not have the request or one of its fields.
/// - OMNIZE_E_INTERACTION: the interaction hash is unknown.
/// - OMNIZE_E_ARGUMENT: a field is missing, or the request does not belong to a conversation, or has a reference or
///   an age limit.
/// - Any status of a blocking request: see omnize_conversation.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_request(
    conversation: *mut omnize_conversation,
    request: *const omnize_request,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::request(error, || {
        let object = conversation::lookup(conversation)?;
        object
            .conversation
            .request(REQUESTS.get(request)?.request_to_send()?)
    })
}

/// Posts a request of a conversation.
///
/// - `ticket` receives the number of the request. It may be NULL.
/// - If the reference of the request is known, `ticket` receives the number of the first post, and nothing is sent.
///
/// Fails with:
/// - OMNIZE_E_UNSUPPORTED: the dialect does not have the request or one of its fields.
/// - OMNIZE_E_ARGUMENT: a field is missing, the request does not belong to a conversation, or its reference is that
///   of another request or customer.
/// - Any status of posting: see omnize_conversation.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_post_request(
    conversation: *mut omnize_conversation,
    request: *const omnize_request,
    ticket: *mut i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::request(error, || {
        let object = REQUESTS.get(request)?;
        let options = object.post_options().clone();
        conversation::lookup(conversation)?.post_with(object.request(), options, ticket)
    })
}

/// Sends a message to a department while no agent is available, and blocks until the service responds.
///
/// - `request` must be of the kind OMNIZE_REQUEST_OFF_HOURS.
/// - Afterwards, omnize_request_interaction_hash() returns the hash of the new interaction.
///
/// Fails with:
/// - OMNIZE_E_UNSUPPORTED: the dialect does not have this request.
/// - OMNIZE_E_DEPARTMENT: `department` is missing or invalid.
/// - OMNIZE_E_ARGUMENT: `request` is of another kind, a field is missing, or it has a reference or an age limit.
/// - Any status of a blocking request: see omnize_conversation.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_off_hours(
    client: *mut omnize_client,
    department: *const c_char,
    request: *mut omnize_request,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::request(error, || {
        let client = client::lookup(client)?;
        let object = REQUESTS.get(request)?;
        let encoding = client.client.encoding();
        let department = text::optional("department", department, encoding)?.unwrap_or_default();
        let off_hours = off_hours_of(object.request_to_send()?)?;
        if let Some(hash) = client.client.off_hours(&department, off_hours)? {
            // An earlier hash must stay valid, so only the first one is stored.
            if let Ok(hash) = OutText::encode(&hash, encoding) {
                let _ = object.hash.set(hash);
            }
        }
        Ok(())
    })
}

/// Posts a message to a department while no agent is available.
///
/// - `request` must be of the kind OMNIZE_REQUEST_OFF_HOURS. It may have a reference and an age limit.
/// - `ticket` receives the number of the request. It may be NULL.
/// - If the reference of the request is known, `ticket` receives the number of the first post, and nothing is sent.
/// - The outcome belongs to no customer: its client id is empty. omnize_event_interaction_hash() returns the hash of
///   the new interaction.
/// - Does not wait for the service. With a store, blocks until the message is on disk, and it is sent after a
///   restart if necessary.
///
/// Fails with:
/// - OMNIZE_E_UNSUPPORTED: the dialect does not have this request.
/// - OMNIZE_E_DEPARTMENT: `department` is missing or invalid.
/// - OMNIZE_E_ARGUMENT: `request` is of another kind, a field is missing, or its reference is that of another
///   request.
/// - Any status of posting, except OMNIZE_E_STATE: see omnize_conversation.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_post_off_hours(
    client: *mut omnize_client,
    department: *const c_char,
    request: *const omnize_request,
    ticket: *mut i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::request(error, || {
        let client = client::lookup(client)?;
        let client = &client.client;
        let object = REQUESTS.get(request)?;
        let department = text::optional("department", department, client.encoding())?;
        let off_hours = off_hours_of(object.request())?;
        let options = object.post_options().clone();
        let number = client.post_off_hours(&department.unwrap_or_default(), off_hours, options)?;
        text::write_optional(ticket, number as i64);
        Ok(())
    })
}

fn off_hours_of(request: Request) -> Result<OffHours> {
    match request {
        Request::OffHours(off_hours) => Ok(*off_hours),
        other => {
            let message = format!(
                "the request is of the kind {}, not OMNIZE_REQUEST_OFF_HOURS; nothing was sent",
                other.name()
            );
            Err(Error::new(Status::Argument, message).with_delivery(Delivery::NotSent))
        }
    }
}

/// Returns the hash of the interaction that omnize_client_off_hours() created, or NULL if `request` is invalid.
///
/// - The text is empty if there is no such interaction, or the service did not return its hash.
/// - `length` receives the length in bytes. It may be NULL.
/// - The text is in the client's encoding, and valid until the request is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_request_interaction_hash(
    request: *const omnize_request,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        let object = REQUESTS.get(request)?;
        Ok(object.hash.get().unwrap_or(OutText::empty()).to_c(length))
    })
}

/// Frees a request.
///
/// - Requests that were sent or posted with it are not affected.
/// - Does nothing if `request` is NULL or freed already.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_request_free(request: *mut omnize_request) {
    guard::value((), || REQUESTS.remove(request).map(drop))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_equal_the_kinds() {
        let constants = [
            OMNIZE_REQUEST_START,
            OMNIZE_REQUEST_MESSAGE,
            OMNIZE_REQUEST_UPDATE,
            OMNIZE_REQUEST_WHATSAPP,
            OMNIZE_REQUEST_OFF_HOURS,
            OMNIZE_REQUEST_FINISH,
            OMNIZE_REQUEST_TYPING,
            OMNIZE_REQUEST_CLEARED,
            OMNIZE_REQUEST_BOT_ACCEPT,
            OMNIZE_REQUEST_BOT_TRANSFER,
            OMNIZE_REQUEST_DEPARTMENTS,
            OMNIZE_REQUEST_ONLINE_AGENTS,
        ];
        assert_eq!(constants, RequestKind::ALL.map(|kind| kind as i32));
    }
}
