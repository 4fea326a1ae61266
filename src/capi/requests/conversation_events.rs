//! Conversations: their events, and the application's data.

use std::ffi::c_void;

use omnize_calling_convention::calling_convention;

use crate::capi::abi::error_handle::omnize_error;
use crate::capi::abi::guard;
use crate::capi::abi::status_code::omnize_status;
use crate::capi::abi::text;
use crate::capi::callback::{omnize_destroy, with_user_data};
use crate::capi::client;
use crate::capi::events::event;
use crate::capi::events::event::omnize_event;
use crate::capi::requests::conversation;
use crate::capi::requests::conversation::omnize_conversation;
use crate::receiving::NextEvent;

/// Writes the next event of this interaction to `event`, or NULL if none came in time.
///
/// - Blocks until an event of the interaction is queued, at most `timeout_ms` milliseconds. 0: does not block. -1: no
///   limit.
/// - The first call opens the event stream of the conversation. From then on, until the conversation is freed,
///   omnize_client_next() does not return events of this interaction. Events of other interactions do not delay them.
/// - Another thread uses omnize_client_next() for all other events. To get every event of an interaction here, call
///   this function with a timeout of 0 before the start.
/// - The stream ends after the last event: OMNIZE_EVENT_FINISH, or the outcome of the application's own finish. Then
///   the call does not block, writes NULL, and omnize_conversation_state() returns OMNIZE_STATE_FINISHED. A new start
///   continues the stream. A redelivered last event ends it too, unless the interaction is known to be open since then.
/// - The stream also ends after the outcome of a posted start that was rejected or not sent, and the state returns
///   to OMNIZE_STATE_NEW. After an unknown delivery it does not end, because the interaction may have started.
/// - Conversations of the same interaction share its events: each event is returned once.
/// - If another thread frees the conversation, the call ends and writes NULL.
/// - The application owns the event and frees it with omnize_event_free(). With ack = auto, this acknowledges it.
/// - omnize_client_wake_fd() does not count the events of open streams.
///
/// Fails with:
/// - OMNIZE_E_MODE: the client uses poll or dispatch.
/// - OMNIZE_E_CLOSED: the client is closed.
/// - OMNIZE_E_ARGUMENT: `timeout_ms` is less than -1, or `event` is NULL.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_next(
    conversation: *mut omnize_conversation,
    timeout_ms: i64,
    event: *mut *mut omnize_event,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = conversation::lookup(conversation)?;
        let out = text::required_out("event", event)?;
        let timeout = client::timeout(timeout_ms)?;
        *out = match object.conversation.next(timeout)? {
            NextEvent::Event(event) => event::insert(event, object.encoding)?,
            NextEvent::TimedOut | NextEvent::Ended => std::ptr::null_mut(),
        };
        Ok(())
    })
}

/// Stores a pointer of the application with this handle.
///
/// - `destroy` is called once with `user_data`: when the conversation is freed, on the thread that frees it, or when
///   another pointer is set, on the thread that sets it. It is also called if this function fails. It may be NULL.
/// - The library does not read the memory. Each handle of an interaction has its own pointer.
/// - Does not block.
///
/// Fails with:
/// - OMNIZE_E_HANDLE: `conversation` is invalid.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_set_user_data(
    conversation: *mut omnize_conversation,
    user_data: *mut c_void,
    destroy: omnize_destroy,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(
        error,
        with_user_data(user_data, destroy, |user_data| {
            let object = conversation::lookup(conversation)?;
            // Without a lock, because the destroy function of the previous pointer may call the library.
            drop(object.replace_user_data(user_data));
            Ok(())
        }),
    )
}

/// Returns the pointer of omnize_conversation_set_user_data(). Returns NULL if none was set, or `conversation` is
/// invalid.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_user_data(
    conversation: *const omnize_conversation,
) -> *mut c_void {
    guard::value(std::ptr::null_mut(), || {
        Ok(conversation::lookup(conversation)?.user_data())
    })
}
