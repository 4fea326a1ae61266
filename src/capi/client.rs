//! Clients, as C sees them.

use std::ffi::{c_char, c_void};
use std::sync::Arc;
use std::time::Duration;

use crate::capi::callback;
use crate::capi::callback::{UserData, omnize_destroy, omnize_event_callback};
use crate::capi::config;
use crate::capi::config::omnize_config;
use crate::capi::error::omnize_error;
use crate::capi::event;
use crate::capi::event::omnize_event;
use crate::capi::guard;
use crate::capi::handle::{Table, Type};
use crate::capi::status::omnize_status;
use crate::capi::strings;
use crate::capi::strings::OutText;
use crate::client::Client;
use crate::encoding::TextEncoding;
use crate::error::{Error, Result};
use crate::receiving::{EventFilter, EventKind};
use crate::status::Status;

/// One token's conversations and events. Every function of a client can be called from any thread, also from several at
/// once and from callbacks.
pub struct omnize_client {
    _opaque: [u8; 0],
}

static CLIENTS: Table<omnize_client, Object> = Table::new(Type::Client);

pub(crate) struct Object {
    pub client: Client,
    webhook_url: OutText,
}

/// What stands behind the handle.
pub(crate) fn object(client: *const omnize_client) -> Result<Arc<Object>> {
    CLIENTS.get(client)
}

/// Opens a client with the options of `config`, which can be freed or changed afterwards. Where the option listen is set,
/// the webhook takes triggers when this returns. Where the option proxy is not set, the proxy variables of the environment
/// are read, and no other thread may change the environment meanwhile. Blocks on the files that options name. Sends
/// nothing. The application owns the client and frees it with omnize_client_free. Statuses: OMNIZE_E_TOKEN;
/// OMNIZE_E_VALUE where options contradict each other or the environment names a proxy that can't be used; OMNIZE_E_FILE
/// where a file can't be used; OMNIZE_E_LISTEN, OMNIZE_E_STORE, OMNIZE_E_SYSTEM, OMNIZE_E_UNSUPPORTED;
/// OMNIZE_E_ARGUMENT where `client` is NULL.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_open(
    config: *const omnize_config,
    client: *mut *mut omnize_client,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let place = strings::out("client", client)?;
        let client = Client::open(&config::snapshot(config)?)?;
        let webhook_url = OutText::new(client.webhook_url().unwrap_or_default().as_bytes());
        *place = CLIENTS.insert(Arc::new(Object {
            client,
            webhook_url,
        }))?;
        Ok(())
    })
}

/// The webhook URL of this client's own listener, in ASCII: with the option listen.public_url, or else the address as it is
/// reached on this machine. Empty where it has none (omnize_listener_url() tells that of a shared one), NULL where `client`
/// is no client. Valid until the client is freed. `length` may be NULL; it receives the length in bytes.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_webhook_url(
    client: *const omnize_client,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        Ok(CLIENTS.get(client)?.webhook_url.give(length))
    })
}

/// Asks for `callback` to be called with events: those of one `kind`, or OMNIZE_EVENT_ANY; those of one customer, or of
/// all where `client_id` is NULL. Can be called before the interaction starts. Callbacks are called by
/// omnize_client_poll, or on the threads that omnize_client_dispatch starts; those of one interaction never overlap. `destroy`
/// is called once with `user_data`, after the last call of `callback`; also where this function fails. `subscription`
/// receives an id for omnize_client_unsubscribe; it may be NULL. Statuses: OMNIZE_E_ARGUMENT where `callback` is NULL or
/// there is no such kind, OMNIZE_E_CLOSED, OMNIZE_E_ENCODING.
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
    guard::status(error, || {
        let user_data = UserData::new(user_data, destroy);
        let object = CLIENTS.get(client)?;
        let encoding = object.client.encoding();
        let callback = callback
            .ok_or_else(|| Error::new(Status::Argument, "callback is NULL; it is required"))?;
        let interest = EventFilter {
            kind: kind_of(kind)?,
            client_id: strings::optional("client_id", client_id, encoding)?.map(Into::into),
        };
        let handler = callback::handler(callback, user_data, encoding);
        let id = object.client.subscribe(interest, handler)?;
        strings::tell(subscription, id);
        Ok(())
    })
}

/// Ends a subscription. When this returns, its callback neither runs nor will run, and its destroy function has been
/// called; it blocks for as long as the callback runs on another thread. Called from inside a callback of this client, it
/// does not wait: no further call begins, one that is under way is the last, and the destroy function follows it. Statuses: OMNIZE_E_ARGUMENT where there is no such
/// subscription.
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

/// Waits up to `timeout_ms` milliseconds for an event (0: not at all; -1: without bound), then runs the callbacks for all
/// that wait, on the calling thread. `handled` receives the number of events; it may be NULL. Statuses: OMNIZE_E_MODE
/// where events leave by next or dispatch, or this is called from a callback; OMNIZE_E_CLOSED; OMNIZE_E_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_poll(
    client: *mut omnize_client,
    timeout_ms: i64,
    handled: *mut i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = CLIENTS.get(client)?;
        let count = object.client.poll(timeout(timeout_ms)?)?;
        strings::tell(handled, count as i64);
        Ok(())
    })
}

/// Waits up to `timeout_ms` milliseconds for an event (0: not at all; -1: without bound) and gives it in `event`: the
/// application owns it and frees it with omnize_event_free. `event` receives NULL where none came. Needs no callback.
/// Statuses: OMNIZE_E_MODE where events leave by poll or dispatch; OMNIZE_E_CLOSED; OMNIZE_E_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_next(
    client: *mut omnize_client,
    timeout_ms: i64,
    event: *mut *mut omnize_event,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = CLIENTS.get(client)?;
        let place = strings::out("event", event)?;
        let encoding = object.client.encoding();
        *place = match object.client.next(timeout(timeout_ms)?)? {
            Some(event) => event::give(event, encoding)?,
            None => std::ptr::null_mut(),
        };
        Ok(())
    })
}

/// Starts the threads of the library that run the callbacks from now on, as many as the option dispatch.threads says. A
/// second call does nothing. Statuses:
/// OMNIZE_E_MODE where events leave by poll or next; OMNIZE_E_CLOSED; OMNIZE_E_SYSTEM where no thread can be had.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_dispatch(
    client: *mut omnize_client,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || CLIENTS.get(client)?.client.dispatch())
}

/// A file descriptor that is readable exactly while events wait, for select, poll, epoll, GLib, Qt and their like; call
/// omnize_client_poll or omnize_client_next when it is. It belongs to the client: watch it, but neither read nor close it,
/// and stop watching it before the client is freed. Statuses: OMNIZE_E_UNSUPPORTED where this operating system has none,
/// OMNIZE_E_SYSTEM, OMNIZE_E_ARGUMENT where `descriptor` is NULL.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_wake_fd(
    client: *mut omnize_client,
    descriptor: *mut i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = CLIENTS.get(client)?;
        let descriptor = strings::out("descriptor", descriptor)?;
        *descriptor = object.client.event_descriptor()?.descriptor();
        Ok(())
    })
}

/// Hands over the body of a trigger that the application's own web server received: `length` bytes, or up to the NUL where
/// it is -1. `content_type` is the request's Content-Type, or NULL. Never waits for the application; with a store, blocks
/// until the trigger is on disk. Statuses: OMNIZE_E_NOT_JSON and OMNIZE_E_NO_CLIENT_ID, upon which the service is to be
/// answered 400; OMNIZE_E_FULL, OMNIZE_E_STORE and OMNIZE_E_CLOSED, upon which it is to be answered 503; OMNIZE_E_ARGUMENT; OMNIZE_E_ENCODING where `content_type` is no
/// ASCII.
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
        let body = strings::bytes("body", body, length)?;
        let content_type = strings::optional("content_type", content_type, TextEncoding::UTF_8)?;
        object.client.deliver(body, content_type.as_deref())
    })
}

/// Does what omnize_client_deliver does, for a body that may be compressed. `content_encoding` is the request's
/// Content-Encoding, or NULL: gzip, x-gzip, deflate, or several with commas between. Decompressed, the body may have as many
/// bytes as the option listen.max_body says; omnize_event_raw gives the decompressed bytes. Statuses beside those of
/// omnize_client_deliver: OMNIZE_E_NOT_JSON also where the body can't be decompressed; OMNIZE_E_UNSUPPORTED where the coding
/// is not known, upon which the service is to be answered 415 with the header "Accept-Encoding: gzip, deflate";
/// OMNIZE_E_TRIGGER_TOO_LARGE, upon which it is to be answered 413; OMNIZE_E_SYSTEM where there is no memory for it, upon which
/// it is to be answered 503; OMNIZE_E_ENCODING where `content_encoding` is no ASCII.
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
        let body = strings::bytes("body", body, length)?;
        let content_type = strings::optional("content_type", content_type, TextEncoding::UTF_8)?;
        let content_encoding =
            strings::optional("content_encoding", content_encoding, TextEncoding::UTF_8)?;
        object
            .client
            .deliver_compressed(body, content_type.as_deref(), content_encoding.as_deref())
    })
}

/// Closes a client: takes in no trigger, waits up to `timeout_ms` milliseconds for requests under way, for callbacks that
/// run and for the dispatch threads to finish what waits, then breaks off what is left. While a callback runs, requests are
/// still taken, whichever thread makes them, and those that it posts go out; without one, each ends with OMNIZE_E_CLOSED.
/// `events_left` receives how many events the application was not given, `requests_left` how many requests were broken off
/// or, where they were posted, not sent; both may be NULL. After this has returned, no callback is called any more, and the
/// destroy functions have been. Called from a callback of this client, it does not wait for that one, which is the last on
/// its thread. With a store, what was left waits there for the next start; so do events that the application still holds,
/// and those whose callback still ran when the time was over. Statuses: OMNIZE_E_CLOSED where it was closed before;
/// OMNIZE_E_TIMEOUT where a callback still runs when the time is over: it is the last one, and omnize_error_events_left()
/// and omnize_error_requests_left() tell what was left; OMNIZE_E_ARGUMENT.
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
        let left = object.client.close(timeout(timeout_ms)?)?;
        strings::tell(events_left, left.events as i64);
        strings::tell(requests_left, left.requests as i64);
        Ok(())
    })
}

/// Frees a client, and closes it first, without waiting, where it is open. Its conversations stay valid, and their calls
/// end with OMNIZE_E_CLOSED. NULL, and one that was freed before, do nothing.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_free(client: *mut omnize_client) {
    guard::value((), || {
        let object = CLIENTS.remove(client)?;
        // Another thread may be in a call and hold the client longer; it is to be closed now all the same. That it was
        // closed before, or that a callback runs on, is nothing to tell here.
        let _ = object.client.close(Duration::ZERO);
        Ok(())
    })
}

/// A time to wait, as C gives it.
pub(crate) fn timeout(milliseconds: i64) -> Result<Duration> {
    match milliseconds {
        -1 => Ok(Duration::MAX),
        0.. => Ok(Duration::from_millis(milliseconds.unsigned_abs())),
        _ => Err(Error::new(
            Status::Argument,
            format!("timeout_ms is {milliseconds}; pass milliseconds, or -1 for no bound"),
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
