//! The requests of an external bot.

use std::borrow::Cow;
use std::ffi::c_char;

use omnize_calling_convention::calling_convention;

use crate::capi::abi::error_handle::omnize_error;
use crate::capi::abi::guard;
use crate::capi::abi::status_code::omnize_status;
use crate::capi::abi::text;
use crate::capi::client::omnize_client;
use crate::capi::requests::conversation;
use crate::capi::requests::conversation::omnize_conversation;
use crate::wire::{BotRequest, Request};

/// Creates a conversation for an interaction of the application's external bot.
///
/// - `interaction_hash`: omnize_event_interaction_hash() of the event OMNIZE_EVENT_NEW_INTERACTION. The hash is also
///   the client id.
/// - The conversation sends and posts the bot's messages, and its finish.
/// - Start, typing, cleared and keystroke fail with OMNIZE_E_UNSUPPORTED.
/// - The application owns the conversation and frees it with omnize_conversation_free().
/// - Sends nothing and does not block.
///
/// Fails with:
/// - OMNIZE_E_UNSUPPORTED: the dialect has no external bots.
/// - OMNIZE_E_ARGUMENT: `interaction_hash` is NULL or empty, or `conversation` is NULL.
/// - OMNIZE_E_ENCODING: `interaction_hash` is invalid in the client's encoding.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_bot_attach(
    client: *mut omnize_client,
    interaction_hash: *const c_char,
    conversation: *mut *mut omnize_conversation,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        conversation::create(client, conversation, |client, encoding| {
            let hash = text::required("interaction_hash", interaction_hash, encoding)?;
            client.bot_attach(&hash)
        })
    })
}

/// Accepts the interaction as the external bot, and blocks until the service responds.
///
/// Fails with:
/// - OMNIZE_E_ARGUMENT: the conversation is not from omnize_bot_attach().
/// - Any status of a blocking request: see omnize_conversation.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_bot_accept(
    conversation: *mut omnize_conversation,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::request(error, || {
        conversation::lookup(conversation)?
            .conversation
            .bot_accept()
    })
}

/// Transfers the bot's interaction to a department, and blocks until the service responds.
///
/// - If `department` is NULL, the interaction returns to its first department.
/// - Afterwards, the bot can't send requests of the interaction.
///
/// Fails with:
/// - OMNIZE_E_DEPARTMENT: `department` is not a whole number.
/// - OMNIZE_E_ARGUMENT: the conversation is not from omnize_bot_attach().
/// - Any status of a blocking request: see omnize_conversation.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_bot_transfer(
    conversation: *mut omnize_conversation,
    department: *const c_char,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::request(error, || {
        let object = conversation::lookup(conversation)?;
        let department = text::optional("department", department, object.encoding)?;
        object.conversation.bot_transfer(department.as_deref())
    })
}

/// Posts the accept request of the external bot.
///
/// - `ticket` receives the number of the request. It may be NULL.
///
/// Fails with:
/// - OMNIZE_E_ARGUMENT: the conversation is not from omnize_bot_attach().
/// - Any status of posting: see omnize_conversation.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_bot_post_accept(
    conversation: *mut omnize_conversation,
    ticket: *mut i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::request(error, || {
        conversation::lookup(conversation)?.post(Request::Bot(BotRequest::Accept), ticket)
    })
}

/// Posts a transfer of the bot's interaction to a department.
///
/// - If `department` is NULL, the interaction returns to its first department.
/// - `ticket` receives the number of the request. It may be NULL.
///
/// Fails with:
/// - OMNIZE_E_DEPARTMENT: `department` is not a whole number.
/// - OMNIZE_E_ARGUMENT: the conversation is not from omnize_bot_attach().
/// - Any status of posting: see omnize_conversation.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_bot_post_transfer(
    conversation: *mut omnize_conversation,
    department: *const c_char,
    ticket: *mut i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::request(error, || {
        let object = conversation::lookup(conversation)?;
        let department = text::optional("department", department, object.encoding)?;
        let department = department.map(Cow::into_owned);
        object.post(Request::Bot(BotRequest::Transfer(department)), ticket)
    })
}
