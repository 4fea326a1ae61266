//! The requests of a conversation that have no further fields, blocking and posted.

use std::ffi::c_char;

use omnize_calling_convention::calling_convention;

use crate::capi::abi::error_handle::omnize_error;
use crate::capi::abi::guard;
use crate::capi::abi::status_code::omnize_status;
use crate::capi::abi::text;
use crate::capi::requests::conversation;
use crate::capi::requests::conversation::omnize_conversation;
use crate::wire::Request;

/// Posts the start of an interaction.
///
/// - `name`, `email`, `phone` and `cpf` may be NULL. NULL fields are omitted.
/// - `ticket` receives the number of the request. It may be NULL.
///
/// Fails with:
/// - OMNIZE_E_CUSTOMER: a field is invalid, with the option validate.
/// - Any status of posting: see omnize_conversation.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_post_start(
    conversation: *mut omnize_conversation,
    name: *const c_char,
    email: *const c_char,
    phone: *const c_char,
    cpf: *const c_char,
    ticket: *mut i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::request(error, || {
        let object = conversation::lookup(conversation)?;
        let customer = conversation::customer(name, email, phone, cpf, object.encoding)?;
        object.post(Request::Start(Box::new(customer.into())), ticket)
    })
}

/// Posts a message of the customer.
///
/// - `text`: `length` bytes, or up to the NUL if `length` is -1.
/// - `ticket` receives the number of the request. It may be NULL.
///
/// Fails with:
/// - Any status of posting: see omnize_conversation.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_post(
    conversation: *mut omnize_conversation,
    text: *const c_char,
    length: i64,
    ticket: *mut i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::request(error, || {
        let object = conversation::lookup(conversation)?;
        let text = text::with_length("text", text, length, object.encoding)?;
        object.post(Request::Message(text.into_owned().into()), ticket)
    })
}

/// Posts the finish of the interaction.
///
/// - `ticket` receives the number of the request. It may be NULL.
///
/// Fails with:
/// - Any status of posting: see omnize_conversation.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_post_finish(
    conversation: *mut omnize_conversation,
    ticket: *mut i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::request(error, || {
        conversation::lookup(conversation)?.post(Request::Finish, ticket)
    })
}

/// Reports one keystroke of the customer. Call it for each key.
///
/// - The library sends one typing request at the first key.
/// - It sends one cleared request after a pause of the option typing.pause, or before the next message.
/// - Does not block, and has no outcome.
///
/// Fails with:
/// - OMNIZE_E_STATE: the interaction's state does not allow typing.
/// - OMNIZE_E_UNSUPPORTED: the conversation is an external bot's.
/// - OMNIZE_E_CLOSED: the client is closed.
/// - OMNIZE_E_SYSTEM: a thread can't be started.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_keystroke(
    conversation: *mut omnize_conversation,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::request(error, || {
        conversation::lookup(conversation)?.conversation.keystroke()
    })
}

/// Sends a message of the customer, and blocks until the service responds.
///
/// - `text`: `length` bytes, or up to the NUL if `length` is -1.
///
/// Fails with:
/// - Any status of a blocking request: see omnize_conversation.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_send(
    conversation: *mut omnize_conversation,
    text: *const c_char,
    length: i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::request(error, || {
        let object = conversation::lookup(conversation)?;
        let text = text::with_length("text", text, length, object.encoding)?;
        object.conversation.send(text.into_owned())
    })
}

/// Sends that the customer is typing, and blocks until the service responds.
///
/// Fails with:
/// - Any status of a blocking request: see omnize_conversation.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_typing(
    conversation: *mut omnize_conversation,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::request(error, || {
        conversation::lookup(conversation)?.conversation.typing()
    })
}

/// Sends that the customer stopped typing, and blocks until the service responds.
///
/// Fails with:
/// - Any status of a blocking request: see omnize_conversation.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_cleared(
    conversation: *mut omnize_conversation,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::request(error, || {
        conversation::lookup(conversation)?.conversation.cleared()
    })
}

/// Finishes the interaction, and blocks until the service responds.
///
/// The handle stays valid.
///
/// Fails with:
/// - Any status of a blocking request: see omnize_conversation.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_finish(
    conversation: *mut omnize_conversation,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::request(error, || {
        conversation::lookup(conversation)?.conversation.finish()
    })
}
