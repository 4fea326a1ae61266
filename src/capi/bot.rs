//! The external bot, as C sees it.

use std::borrow::Cow;
use std::ffi::c_char;

use crate::capi::client;
use crate::capi::client::omnize_client;
use crate::capi::conversation;
use crate::capi::conversation::omnize_conversation;
use crate::capi::error::omnize_error;
use crate::capi::guard;
use crate::capi::status::omnize_status;
use crate::capi::strings;
use crate::wire::{BotRequest, Request};

/// Takes up an interaction that the service gave to the application, which is an external bot. `interaction_hash` is the one
/// that omnize_event_interaction_hash tells of an event of the kind OMNIZE_EVENT_NEW_INTERACTION, whose client id it is
/// too. What the conversation sends or posts are the bot's messages, and its finish is the bot's; typing, cleared, keystroke
/// and start are OMNIZE_E_UNSUPPORTED. Sends nothing and never blocks. The application owns the conversation and frees it with
/// omnize_conversation_free. Statuses: OMNIZE_E_UNSUPPORTED where the dialect has no external bots; OMNIZE_E_ARGUMENT where
/// the hash is empty or `conversation` is NULL; OMNIZE_E_ENCODING.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_bot_attach(
    client: *mut omnize_client,
    interaction_hash: *const c_char,
    conversation: *mut *mut omnize_conversation,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = client::object(client)?;
        let encoding = object.client.encoding();
        let place = strings::out("conversation", conversation)?;
        let hash = strings::required("interaction_hash", interaction_hash, encoding)?;
        *place = conversation::give(object.client.bot_attach(&hash)?, encoding)?;
        Ok(())
    })
}

/// Takes the interaction, as an external bot: makes the request. Blocks and ends as the requests of every conversation do.
/// Further status: OMNIZE_E_ARGUMENT where the conversation is not one of omnize_bot_attach.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_bot_accept(
    conversation: *mut omnize_conversation,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        conversation::object(conversation)?
            .conversation
            .bot_accept()
    })
}

/// Gives the external bot's interaction to a department, or back to where it started where `department` is NULL: makes the
/// request. The bot has no part in it any more. Blocks and ends as the requests of every conversation do. Further statuses:
/// OMNIZE_E_DEPARTMENT where it is no number; OMNIZE_E_ARGUMENT where the conversation is not one of omnize_bot_attach.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_bot_transfer(
    conversation: *mut omnize_conversation,
    department: *const c_char,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = conversation::object(conversation)?;
        let department = strings::optional("department", department, object.encoding)?;
        object.conversation.bot_transfer(department.as_deref())
    })
}

/// Posts that the external bot takes the interaction, as omnize_conversation_post posts a message. Further status:
/// OMNIZE_E_ARGUMENT where the conversation is not one of omnize_bot_attach.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_bot_post_accept(
    conversation: *mut omnize_conversation,
    ticket: *mut i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        conversation::object(conversation)?.post(Request::Bot(BotRequest::Accept), ticket)
    })
}

/// Posts that the external bot gives its interaction to a department, or back to where it started where `department` is
/// NULL, as omnize_conversation_post posts a message. Further statuses: OMNIZE_E_DEPARTMENT where it is no number;
/// OMNIZE_E_ARGUMENT where the conversation is not one of omnize_bot_attach.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_bot_post_transfer(
    conversation: *mut omnize_conversation,
    department: *const c_char,
    ticket: *mut i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = conversation::object(conversation)?;
        let department = strings::optional("department", department, object.encoding)?;
        let department = department.map(Cow::into_owned);
        object.post(Request::Bot(BotRequest::Transfer(department)), ticket)
    })
}
