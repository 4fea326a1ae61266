//! The functions that change or await the outbox of a client: cancel, flush, pause and resume.

use omnize_calling_convention::calling_convention;

use crate::capi::abi::error_handle::omnize_error;
use crate::capi::abi::guard;
use crate::capi::abi::status_code::omnize_status;
use crate::capi::abi::text;
use crate::capi::client;
use crate::capi::client::omnize_client;
use crate::capi::requests::conversation;
use crate::capi::requests::conversation::omnize_conversation;
use crate::error::Error;
use crate::status::Status;

/// Writes the number of posted requests that wait or are in progress to `count`.
///
/// Does not block.
///
/// Fails with:
/// - OMNIZE_E_ARGUMENT: `count` is NULL.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_outbox_count(
    client: *const omnize_client,
    count: *mut i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = client::lookup(client)?;
        *text::required_out("count", count)? = object.client.outbox_count() as i64;
        Ok(())
    })
}

/// Cancels a posted request that waits.
///
/// - Its outcome has the status OMNIZE_E_CANCELLED. The delivery is not sent, or unknown if the
///   service may have received an earlier attempt.
/// - If the request is a start, the interaction is new again. Requests behind it fail with OMNIZE_E_STATE when they
///   are due. omnize_conversation_cancel() cancels all.
/// - With a store, blocks until the outcome is on disk. Otherwise does not block.
///
/// Fails with:
/// - OMNIZE_E_STATE: the request is in progress, it has ended, or it is not in this outbox.
/// - OMNIZE_E_ARGUMENT: the ticket is negative.
/// - OMNIZE_E_STORE: the request is cancelled, but the store can't be written. If the process ends before the library
///   can write it, the next process sends the request.
/// - OMNIZE_E_CLOSED: the client is closed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_cancel(
    client: *mut omnize_client,
    ticket: i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = client::lookup(client)?;
        let number = u64::try_from(ticket).map_err(|_| {
            Error::new(
                Status::Argument,
                format!("there is no ticket {ticket}; pass the ticket of a posted request"),
            )
        })?;
        object.client.cancel(number)
    })
}

/// Cancels all posted requests of an interaction that wait.
///
/// - This includes requests of other conversations with the same client id, and of earlier processes. A request in
///   progress is not cancelled.
/// - Each has an outcome, as after omnize_client_cancel().
/// - `count` receives the number of cancelled requests. It may be NULL.
/// - With a store, blocks until the outcomes are on disk. Otherwise does not block.
///
/// Fails with:
/// - OMNIZE_E_STORE: the requests are cancelled, but the store can't be written.
/// - OMNIZE_E_CLOSED: the client is closed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_conversation_cancel(
    conversation: *mut omnize_conversation,
    count: *mut i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = conversation::lookup(conversation)?;
        let cancelled = object.conversation.cancel()?;
        text::write_optional(count, cancelled as i64);
        Ok(())
    })
}

/// Blocks until all requests that were posted before the call have an outcome, at most `timeout_ms` milliseconds.
///
/// - 0: does not block. -1: no limit.
/// - Afterwards the outcomes are queued events, and with a store they are on disk.
/// - Does not close the client, and does not wait for callbacks. Callbacks may call it. Several threads may call it
///   at the same time.
/// - Does not wait for requests that other threads post during the call.
///
/// Fails with:
/// - OMNIZE_E_TIMEOUT: the timeout expired.
/// - OMNIZE_E_STATE: the outbox is paused, and requests wait. A pause ends a flush when no request is in progress. Also
///   if a log callback of a thread of the outbox calls it.
/// - OMNIZE_E_CLOSED: the client is closed, or was closed during the call.
/// - OMNIZE_E_ARGUMENT: `timeout_ms` is less than -1.
///
/// omnize_error_requests_left() returns the number of remaining requests.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_flush(
    client: *mut omnize_client,
    timeout_ms: i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = client::lookup(client)?;
        object.client.flush(client::timeout(timeout_ms)?)
    })
}

/// Pauses the sending of posted requests.
///
/// - When the call returns, no further attempt starts. Requests in progress continue.
/// - Requests can be posted and cancelled. Keystrokes send nothing.
/// - Blocking requests are sent, except behind a posted request of the same interaction.
/// - omnize_client_close() does not send the waiting requests. With a store, the next process sends them.
/// - The option outbox.paused pauses a client from its start.
/// - Does not block. A second call does nothing.
///
/// Fails with:
/// - OMNIZE_E_CLOSED: the client is closed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_pause(
    client: *mut omnize_client,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || client::lookup(client)?.client.pause())
}

/// Resumes the sending of posted requests after omnize_client_pause().
///
/// Does not block. A second call does nothing.
///
/// Fails with:
/// - OMNIZE_E_CLOSED: the client is closed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_resume(
    client: *mut omnize_client,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || client::lookup(client)?.client.resume())
}

/// Returns 1 if the sending of posted requests is paused, otherwise 0. Returns 0 if `client` is invalid.
///
/// Does not block.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_is_paused(client: *const omnize_client) -> i32 {
    guard::value(0, || {
        let is_paused = client::lookup(client)?.client.is_paused()?;
        Ok(i32::from(is_paused))
    })
}
