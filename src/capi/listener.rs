//! Listeners, as C sees them.

use std::collections::HashMap;
use std::ffi::c_char;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::capi::client;
use crate::capi::client::omnize_client;
use crate::capi::config;
use crate::capi::config::omnize_config;
use crate::capi::error::omnize_error;
use crate::capi::guard;
use crate::capi::handle::{Table, Type};
use crate::capi::statistic;
use crate::capi::status::omnize_status;
use crate::capi::strings;
use crate::capi::strings::OutText;
use crate::encoding::TextEncoding;
use crate::shared_listener::Listener;

/// One address that takes triggers for several clients, each at a path of its own. Every function of a listener can be called
/// from any thread, also from several at once and from callbacks. A client whose option listen is set has a listener of its
/// own and needs none of these.
pub struct omnize_listener {
    _opaque: [u8; 0],
}

static LISTENERS: Table<omnize_listener, Object> = Table::new(Type::Listener);

struct Object {
    listener: Listener,
    /// The URLs that were lent out.
    urls: Mutex<HashMap<String, OutText>>,
}

/// Opens a listener with the options of `config` that begin with listen, except listen.path; it needs no token. `config` can
/// be freed or changed afterwards. Until a client is attached, whoever may post is answered 503. The application owns the
/// listener and frees it with omnize_listener_free. Statuses: OMNIZE_E_VALUE where the option listen is not set, or options
/// contradict each other; OMNIZE_E_LISTEN; OMNIZE_E_FILE where the certificate or its key can't be used; OMNIZE_E_SYSTEM;
/// OMNIZE_E_UNSUPPORTED; OMNIZE_E_ARGUMENT where `listener` is NULL.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_listener_open(
    config: *const omnize_config,
    listener: *mut *mut omnize_listener,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let place = strings::out("listener", listener)?;
        let listener = Listener::open(&config::snapshot(config)?)?;
        *place = LISTENERS.insert(Arc::new(Object {
            listener,
            urls: Mutex::default(),
        }))?;
        Ok(())
    })
}

/// Hands the triggers that come at `path` to `client` from now on; at a path with 128 random bits where `path` is NULL. It is
/// ASCII and begins with a slash. Where the client is closed, the service is answered 503, until the client is detached or
/// freed or another one is attached at its path. Statuses: OMNIZE_E_ARGUMENT where it is no path, or taken, or the client is
/// attached to this listener already; OMNIZE_E_SYSTEM; OMNIZE_E_ENCODING.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_listener_attach(
    listener: *mut omnize_listener,
    client: *mut omnize_client,
    path: *const c_char,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = LISTENERS.get(listener)?;
        let client = client::object(client)?;
        let path = strings::optional("path", path, TextEncoding::UTF_8)?;
        object.listener.attach(&client.client, path.as_deref())
    })
}

/// Hands nothing to `client` any more; its path is answered 404. Freeing the client does the same. Statuses:
/// OMNIZE_E_ARGUMENT where it is not attached to this listener.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_listener_detach(
    listener: *mut omnize_listener,
    client: *mut omnize_client,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = LISTENERS.get(listener)?;
        object.listener.detach(&client::object(client)?.client)
    })
}

/// The webhook URL of an attached client, in ASCII: with the option listen.public_url, or else the address as it is reached on
/// this machine. NULL where the client is not attached, or a handle is none. Valid until the listener is freed. `length` may
/// be NULL; it receives the length in bytes.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_listener_url(
    listener: *const omnize_listener,
    client: *const omnize_client,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        let object = LISTENERS.get(listener)?;
        let Some(url) = object.listener.url(&client::object(client)?.client) else {
            return Ok(std::ptr::null());
        };
        let mut urls = object.urls.lock().unwrap_or_else(PoisonError::into_inner);
        let text = OutText::new(url.as_bytes());
        Ok(urls.entry(url).or_insert(text).give(length))
    })
}

/// How often the thing of this name was counted at this listener since it was opened, in `value`. The names are those of
/// omnize_statistic_name(); what a listener does not count is 0. Never blocks. Statuses: OMNIZE_E_ARGUMENT where there is no
/// such statistic, or `name` or `value` is NULL; OMNIZE_E_ENCODING.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_listener_statistic(
    listener: *const omnize_listener,
    name: *const c_char,
    value: *mut i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = LISTENERS.get(listener)?;
        let value = strings::out("value", value)?;
        *value = object.listener.count_of(statistic::named(name)?) as i64;
        Ok(())
    })
}

/// Closes a listener: accepts nothing more and ends every connection; triggers that are being kept are answered first, if that
/// takes no longer than `timeout_ms` milliseconds (-1: without bound). Its clients stay open. Statuses: OMNIZE_E_CLOSED where
/// it was closed before; OMNIZE_E_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_listener_close(
    listener: *mut omnize_listener,
    timeout_ms: i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = LISTENERS.get(listener)?;
        object.listener.close(client::timeout(timeout_ms)?)
    })
}

/// Frees a listener, and closes it first, without waiting, where it is open. NULL, and one that was freed before, do nothing.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_listener_free(listener: *mut omnize_listener) {
    guard::value((), || {
        let object = LISTENERS.remove(listener)?;
        // Another thread may be in a call and hold it longer; it is to be closed now all the same. That it was closed before is
        // nothing to tell here.
        let _ = object.listener.close(Duration::ZERO);
        Ok(())
    })
}
