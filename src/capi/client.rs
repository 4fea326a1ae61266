//! Clients: opening, events, inbound triggers and closing.

use std::ffi::{c_char, c_void};
use std::sync::Arc;
use std::time::Duration;

use omnize_calling_convention::calling_convention;

use crate::capi::abi::error_handle::omnize_error;
use crate::capi::abi::guard;
use crate::capi::abi::handle::{HandleTable, HandleType};
use crate::capi::abi::status_code::omnize_status;
use crate::capi::abi::text;
use crate::capi::abi::text::OutText;
use crate::capi::callback;
use crate::capi::callback::{omnize_destroy, omnize_event_callback, with_user_data};
use crate::capi::config;
use crate::capi::config::omnize_config;
use crate::capi::events::event;
use crate::capi::events::event::omnize_event;
use crate::client::Client;
use crate::error::{Error, Result};
use crate::receiving::{EventFilter, EventKind};
use crate::status::Status;
use crate::text_encoding::TextEncoding;

/// The conversations and events of one token.
///
/// The functions of a client are thread-safe. Callbacks may call them.
pub struct omnize_client {
    _opaque: [u8; 0],
}

static CLIENTS: HandleTable<omnize_client, ClientObject> = HandleTable::new(HandleType::Client);

pub(crate) struct ClientObject {
    pub client: Client,
    webhook_url: OutText,
}

/// Returns the object of a handle.
pub(crate) fn lookup(client: *const omnize_client) -> Result<Arc<ClientObject>> {
    CLIENTS.get(client)
}

/// Opens a client with the options of `config`.
///
/// - The application owns the client and frees it with omnize_client_free().
/// - `config` may be changed or freed afterwards.
/// - If the option listen is set, the client accepts triggers when the call returns.
/// - If the option proxy is unset, the call reads the proxy variables of the environment. No other thread may change
///   the environment during the call.
/// - Blocks while it reads files. Sends nothing.
///
/// Fails with:
/// - OMNIZE_E_TOKEN: the option token is unset.
/// - OMNIZE_E_VALUE: options contradict each other, or the proxy of the environment is invalid.
/// - OMNIZE_E_FILE: a file of an option can't be used.
/// - OMNIZE_E_LISTEN: the address can't be used.
/// - OMNIZE_E_STORE: the store can't be opened.
/// - OMNIZE_E_SYSTEM: the system denied a resource.
/// - OMNIZE_E_UNSUPPORTED: this build does not have the listener or the store.
/// - OMNIZE_E_ARGUMENT: `client` is NULL.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_open(
    config: *const omnize_config,
    client: *mut *mut omnize_client,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let out = text::required_out("client", client)?;
        let client = Client::open(&config::snapshot(config)?)?;
        let webhook_url = OutText::copy(client.webhook_url().unwrap_or_default().as_bytes())?;
        *out = CLIENTS.insert(Arc::new(ClientObject {
            client,
            webhook_url,
        }))?;
        Ok(())
    })
}

/// Returns the webhook URL of the client's own listener, or NULL if `client` is invalid.
///
/// - The URL is empty if the client has no listener of its own. omnize_listener_url() returns the URL at a shared
///   listener.
/// - The URL begins with the option listen.public_url, or with the listener's address on this machine.
/// - `length` receives the length in bytes. It may be NULL.
/// - The text is ASCII, and valid until the client is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_webhook_url(
    client: *const omnize_client,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        Ok(CLIENTS.get(client)?.webhook_url.to_c(length))
    })
}

/// Registers `callback` for events.
///
/// - `kind`: an OMNIZE_EVENT_ value. OMNIZE_EVENT_ANY selects all kinds.
/// - `client_id`: selects the events of one customer. NULL selects all customers.
/// - `destroy` is called once with `user_data`, after the last call of `callback`. It is also called if this
///   function fails. It may be NULL.
/// - `subscription` receives an id for omnize_client_unsubscribe(). It may be NULL.
/// - Callbacks run in omnize_client_poll(), or on the threads of omnize_client_dispatch(). Callbacks of one
///   interaction never overlap.
/// - The application may subscribe before the interaction starts.
///
/// Fails with:
/// - OMNIZE_E_ARGUMENT: `callback` is NULL, or `kind` is unknown.
/// - OMNIZE_E_CLOSED: the client is closed.
/// - OMNIZE_E_ENCODING: `client_id` is invalid in the client's encoding.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_subscribe(
    client: *mut omnize_client,
    kind: i32,
    client_id: *const c_char,
    callback: omnize_event_callback,
    user_data: *mut c_void,
    destroy: omnize_destroy,
    subscription: *mut i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(
        error,
        with_user_data(user_data, destroy, |user_data| {
            let object = CLIENTS.get(client)?;
            let encoding = object.client.encoding();
            let filter = EventFilter {
                kind: kind_of(kind)?,
                client_id: text::optional("client_id", client_id, encoding)?.map(Into::into),
            };
            let handler = callback::handler(callback, user_data, encoding)?;
            let id = object.client.subscribe(filter, handler)?;
            text::write_optional(subscription, id);
            Ok(())
        }),
    )
}

/// Ends a subscription, and blocks until its callback returns on other threads.
///
/// - After the call, the callback does not run any more, and its destroy function has returned.
/// - Inside a callback of this client, the call does not block. No new call of the callback starts, and `destroy`
///   runs after the call in progress.
///
/// Fails with:
/// - OMNIZE_E_ARGUMENT: there is no such subscription.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_unsubscribe(
    client: *mut omnize_client,
    subscription: i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        CLIENTS.get(client)?.client.unsubscribe(subscription)
    })
}

/// Runs the callbacks of queued events on the calling thread.
///
/// - `maximum`: the largest number of events. The others stay queued for the next call. 0: all events that are queued
///   when the first callback starts.
/// - Blocks until an event is queued, at most `timeout_ms` milliseconds. 0: does not block. -1: no limit.
/// - `delivered` receives the number of events. It may be NULL.
///
/// Fails with:
/// - OMNIZE_E_MODE: the client uses next or dispatch, or the caller is a callback.
/// - OMNIZE_E_CLOSED: the client is closed.
/// - OMNIZE_E_ARGUMENT: `maximum` is negative, or `timeout_ms` is less than -1.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_poll(
    client: *mut omnize_client,
    maximum: i64,
    timeout_ms: i64,
    delivered: *mut i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = CLIENTS.get(client)?;
        let maximum = usize::try_from(maximum).map_err(|_| {
            let message =
                format!("maximum is {maximum}; pass a number of events, or 0 for no maximum");
            Error::new(Status::Argument, message)
        })?;
        let count = object.client.poll_at_most(maximum, timeout(timeout_ms)?)?;
        text::write_optional(delivered, count as i64);
        Ok(())
    })
}

/// Writes the next event to `event`, or NULL if none came in time.
///
/// - Blocks until an event is queued, at most `timeout_ms` milliseconds. 0: does not block. -1: no limit.
/// - The application owns the event and frees it with omnize_event_free().
/// - Needs no callback.
///
/// Fails with:
/// - OMNIZE_E_MODE: the client uses poll or dispatch.
/// - OMNIZE_E_CLOSED: the client is closed.
/// - OMNIZE_E_ARGUMENT: `timeout_ms` is less than -1, or `event` is NULL.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_next(
    client: *mut omnize_client,
    timeout_ms: i64,
    event: *mut *mut omnize_event,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = CLIENTS.get(client)?;
        let out = text::required_out("event", event)?;
        let encoding = object.client.encoding();
        *out = match object.client.next(timeout(timeout_ms)?)? {
            Some(event) => event::insert(event, encoding)?,
            None => std::ptr::null_mut(),
        };
        Ok(())
    })
}

/// Starts threads of the library that run the callbacks from now on.
///
/// - The option dispatch.threads is the number of threads.
/// - A second call does nothing.
///
/// Fails with:
/// - OMNIZE_E_MODE: the client uses poll or next.
/// - OMNIZE_E_CLOSED: the client is closed.
/// - OMNIZE_E_SYSTEM: a thread can't be started.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_dispatch(
    client: *mut omnize_client,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || CLIENTS.get(client)?.client.dispatch())
}

/// Passes an inbound trigger to the client: the body of a request that the application's own web server received.
///
/// - `body`: `length` bytes, or up to the NUL if `length` is -1.
/// - `content_type`: the request's Content-Type, or NULL.
/// - With a store, blocks until the trigger is on disk. Never waits for callbacks.
///
/// Fails with:
/// - OMNIZE_E_NOT_JSON: the body is not a JSON object. Respond with 400.
/// - OMNIZE_E_NO_CLIENT_ID: the trigger belongs to no interaction. Respond with 400.
/// - OMNIZE_E_FULL: the event queue is full. Respond with 503.
/// - OMNIZE_E_STORE: the store can't be written. Respond with 503.
/// - OMNIZE_E_CLOSED: the client is closed. Respond with 503.
/// - OMNIZE_E_ARGUMENT: `body` is NULL, or `length` is less than -1.
/// - OMNIZE_E_ENCODING: `content_type` is not ASCII.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_deliver(
    client: *mut omnize_client,
    body: *const c_char,
    length: i64,
    content_type: *const c_char,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = CLIENTS.get(client)?;
        let body = text::bytes("body", body, length)?;
        let content_type = text::optional("content_type", content_type, TextEncoding::UTF_8)?;
        object.client.deliver(body, content_type.as_deref())
    })
}

/// Passes an inbound trigger to the client, as omnize_client_deliver() does, and decompresses its body.
///
/// - `body`: `length` bytes, or up to the NUL if `length` is -1.
/// - `content_type`: the request's Content-Type, or NULL.
/// - `content_encoding`: the request's Content-Encoding, or NULL: gzip, x-gzip, deflate, or several separated by
///   commas.
/// - The option listen.max_body limits the decompressed size.
/// - omnize_event_raw() returns the decompressed body.
/// - With a store, blocks until the trigger is on disk. Never waits for callbacks.
///
/// Fails with:
/// - OMNIZE_E_NOT_JSON: the body can't be decompressed, or is not a JSON object. Respond with 400.
/// - OMNIZE_E_NO_CLIENT_ID: the trigger belongs to no interaction. Respond with 400.
/// - OMNIZE_E_TRIGGER_TOO_LARGE: the decompressed body is too large. Respond with 413.
/// - OMNIZE_E_UNSUPPORTED: the coding is unknown. Respond with 415 and the header "Accept-Encoding: gzip, deflate".
/// - OMNIZE_E_FULL: the event queue is full. Respond with 503.
/// - OMNIZE_E_STORE: the store can't be written. Respond with 503.
/// - OMNIZE_E_CLOSED: the client is closed. Respond with 503.
/// - OMNIZE_E_SYSTEM: there is no memory for the body. Respond with 503.
/// - OMNIZE_E_ARGUMENT: `body` is NULL, or `length` is less than -1.
/// - OMNIZE_E_ENCODING: `content_type` or `content_encoding` is not ASCII.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_deliver_compressed(
    client: *mut omnize_client,
    body: *const c_char,
    length: i64,
    content_type: *const c_char,
    content_encoding: *const c_char,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = CLIENTS.get(client)?;
        let body = text::bytes("body", body, length)?;
        let content_type = text::optional("content_type", content_type, TextEncoding::UTF_8)?;
        let content_encoding =
            text::optional("content_encoding", content_encoding, TextEncoding::UTF_8)?;
        object
            .client
            .deliver_compressed(body, content_type.as_deref(), content_encoding.as_deref())
    })
}

/// The service can be reached: name, TCP, TLS and proxy are right. The token was not sent.
pub const OMNIZE_CHECK_CONNECTION: i32 = 1;
/// The service can be reached, and accepted a harmless request with the token.
pub const OMNIZE_CHECK_ACCOUNT: i32 = 2;

/// Checks the configuration of a client, for example at the start of the application.
///
/// - The dialects gateway and interactions have a harmless request, the list of departments. If the service accepts
///   it, `level` receives OMNIZE_CHECK_ACCOUNT.
/// - The dialect rest has none. The check then opens a connection and sends nothing, and `level` receives
///   OMNIZE_CHECK_CONNECTION.
/// - With a proxy and an unencrypted base_url, a connection to the proxy is enough for OMNIZE_CHECK_CONNECTION.
/// - `level` may be NULL. Later versions may add values.
/// - `timeout_ms`: milliseconds. 0 means the option timeout. The check blocks at most for this time, and is not
///   retried.
/// - The client keeps the connection for later requests.
///
/// Fails with:
/// - OMNIZE_E_AUTH: the service rejected the token.
/// - OMNIZE_E_UNREACHABLE, OMNIZE_E_REFUSED, OMNIZE_E_TLS, OMNIZE_E_PROXY, OMNIZE_E_TIMEOUT: no connection.
/// - OMNIZE_E_REJECTED: another rejection. After HTTP 404, base_url or the option dialect may be wrong.
/// - OMNIZE_E_RESPONSE: the response contains no departments. The option dialect may be wrong.
/// - OMNIZE_E_ARGUMENT: `timeout_ms` is negative.
/// - Any other status of a blocking request: see omnize_conversation.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_check(
    client: *mut omnize_client,
    timeout_ms: i64,
    level: *mut i32,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = CLIENTS.get(client)?;
        let timeout = request_timeout(timeout_ms)?;
        let checked = object
            .client
            .check((!timeout.is_zero()).then_some(timeout))?;
        text::write_optional(level, checked as i32);
        Ok(())
    })
}

/// Closes a client.
///
/// - The client accepts no further triggers.
/// - Blocks at most `timeout_ms` milliseconds (-1: no limit) for requests in progress, for running callbacks and for
///   the dispatch threads. Then it aborts the remaining requests.
/// - While a callback runs, any thread may send and post requests, and the library sends them. Otherwise requests
///   fail with OMNIZE_E_CLOSED.
/// - `events_left` receives the number of undelivered events. It may be NULL.
/// - `requests_left` receives the number of aborted requests and of unsent posted requests. It may be NULL.
/// - After the call, no callback runs, and the destroy functions have returned.
/// - When called from a callback of this client, it does not wait for that callback. No further callback starts on
///   that thread.
/// - With a store, undelivered events and unsent requests stay there for the next process. The same holds for
///   unacknowledged events that the application holds, and for events whose callback still runs after the timeout.
///
/// Fails with:
/// - OMNIZE_E_CLOSED: the client was closed before.
/// - OMNIZE_E_TIMEOUT: a callback still runs. No further callback starts. omnize_error_events_left() and
///   omnize_error_requests_left() return the numbers.
/// - OMNIZE_E_ARGUMENT: `timeout_ms` is less than -1.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_close(
    client: *mut omnize_client,
    timeout_ms: i64,
    events_left: *mut i64,
    requests_left: *mut i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = CLIENTS.get(client)?;
        let report = object.client.close(timeout(timeout_ms)?)?;
        text::write_optional(events_left, report.events as i64);
        text::write_optional(requests_left, report.requests as i64);
        Ok(())
    })
}

/// Frees a client.
///
/// - If the client is open, it is closed first, with a timeout of 0.
/// - Its conversations stay valid. Their requests fail with OMNIZE_E_CLOSED.
/// - Does nothing if `client` is NULL or freed already.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_free(client: *mut omnize_client) {
    guard::value((), || {
        let object = CLIENTS.remove(client)?;
        // Another thread may be in a call and hold the client longer, so it is closed now. Errors are ignored: the client may
        // be closed already, and a callback may still run.
        let _ = object.client.close(Duration::ZERO);
        Ok(())
    })
}

/// Converts the timeout of a request; zero means the option `timeout`.
pub(crate) fn request_timeout(milliseconds: i64) -> Result<Duration> {
    let timeout = u64::try_from(milliseconds).map_err(|_| {
        Error::new(
            Status::Argument,
            format!("timeout_ms is {milliseconds}; pass milliseconds, or 0 for the option timeout"),
        )
    })?;
    Ok(Duration::from_millis(timeout))
}

/// Converts a timeout of C.
pub(crate) fn timeout(milliseconds: i64) -> Result<Duration> {
    match milliseconds {
        -1 => Ok(Duration::MAX),
        0.. => Ok(Duration::from_millis(milliseconds.unsigned_abs())),
        _ => Err(Error::new(
            Status::Argument,
            format!("timeout_ms is {milliseconds}; pass milliseconds, or -1 for no limit"),
        )),
    }
}

fn kind_of(number: i32) -> Result<Option<EventKind>> {
    if number == event::OMNIZE_EVENT_ANY {
        return Ok(None);
    }
    let kind = EventKind::all().find(|kind| kind.number() == number);
    kind.map(Some).ok_or_else(|| {
        Error::new(
            Status::Argument,
            format!("there is no event kind {number}; pass an OMNIZE_EVENT_ value"),
        )
    })
}
