//! Shared listeners.

use std::collections::HashMap;
use std::ffi::c_char;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use omnize_calling_convention::calling_convention;

use crate::capi::abi::error_handle::omnize_error;
use crate::capi::abi::guard;
use crate::capi::abi::handle::{HandleTable, HandleType};
use crate::capi::abi::status_code::omnize_status;
use crate::capi::abi::text;
use crate::capi::abi::text::OutText;
use crate::capi::client;
use crate::capi::client::omnize_client;
use crate::capi::config;
use crate::capi::config::omnize_config;
use crate::capi::library::statistic;
use crate::shared_listener::Listener;
use crate::text_encoding::TextEncoding;

/// A shared webhook listener: one address for the triggers of several clients, each at its own path.
///
/// - A client with the option listen has its own listener and needs none of these functions.
/// - The functions of a listener are thread-safe. Callbacks may call them.
pub struct omnize_listener {
    _opaque: [u8; 0],
}

static LISTENERS: HandleTable<omnize_listener, ListenerObject> =
    HandleTable::new(HandleType::Listener);

struct ListenerObject {
    listener: Listener,
    /// The URLs that C received.
    urls: Mutex<HashMap<String, OutText>>,
}

/// Opens a listener with those options of `config` that begin with listen, except listen.path.
///
/// - The token is not needed. `config` may be changed or freed afterwards.
/// - While no client is attached, the listener responds with 503.
/// - The application owns the listener and frees it with omnize_listener_free().
/// - Blocks while it reads files.
///
/// Fails with:
/// - OMNIZE_E_VALUE: the option listen is unset, or options contradict each other.
/// - OMNIZE_E_LISTEN: the address can't be used.
/// - OMNIZE_E_FILE: the certificate or its key can't be used.
/// - OMNIZE_E_SYSTEM: the system denied a resource.
/// - OMNIZE_E_UNSUPPORTED: this build does not have the listener.
/// - OMNIZE_E_ARGUMENT: `listener` is NULL.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_listener_open(
    config: *const omnize_config,
    listener: *mut *mut omnize_listener,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let out = text::required_out("listener", listener)?;
        let listener = Listener::open(&config::snapshot(config)?)?;
        *out = LISTENERS.insert(Arc::new(ListenerObject {
            listener,
            urls: Mutex::default(),
        }))?;
        Ok(())
    })
}

/// Attaches a client: from now on it receives the triggers posted to `path`.
///
/// - `path` is ASCII and begins with a slash. If it is NULL, the library generates a path with 128 random bits.
/// - While the client is closed, the listener responds with 503. This ends when the client is detached or freed, or
///   another client is attached at the path.
///
/// Fails with:
/// - OMNIZE_E_ARGUMENT: `path` is invalid or used already, or the client is attached already.
/// - OMNIZE_E_SYSTEM: there is no randomness for a path.
/// - OMNIZE_E_ENCODING: `path` is not ASCII.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_listener_attach(
    listener: *mut omnize_listener,
    client: *mut omnize_client,
    path: *const c_char,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = LISTENERS.get(listener)?;
        let client = client::lookup(client)?;
        let path = text::optional("path", path, TextEncoding::UTF_8)?;
        object.listener.attach(&client.client, path.as_deref())
    })
}

/// Detaches a client. The listener then responds with 404 at its path.
///
/// Freeing the client also detaches it.
///
/// Fails with:
/// - OMNIZE_E_ARGUMENT: the client is not attached to this listener.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_listener_detach(
    listener: *mut omnize_listener,
    client: *mut omnize_client,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = LISTENERS.get(listener)?;
        object.listener.detach(&client::lookup(client)?.client)
    })
}

/// Returns the webhook URL of an attached client. Returns NULL if the client is not attached, or a handle is
/// invalid.
///
/// - The URL begins with the option listen.public_url, or with the listener's address on this machine.
/// - `length` receives the length in bytes. It may be NULL.
/// - The text is ASCII, and valid until the listener is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_listener_url(
    listener: *const omnize_listener,
    client: *const omnize_client,
    length: *mut i64,
) -> *const c_char {
    guard::value(std::ptr::null(), || {
        let object = LISTENERS.get(listener)?;
        let Some(url) = object.listener.url(&client::lookup(client)?.client) else {
            return Ok(std::ptr::null());
        };
        let mut urls = object.urls.lock().unwrap_or_else(PoisonError::into_inner);
        let text = OutText::copy(url.as_bytes())?;
        Ok(urls.entry(url).or_insert(text).to_c(length))
    })
}

/// Writes a counter of this listener to `value`.
///
/// - omnize_statistic_name() lists the names. Counters that only clients have are 0.
/// - Does not block.
///
/// Fails with:
/// - OMNIZE_E_ARGUMENT: there is no such statistic, or `name` or `value` is NULL.
/// - OMNIZE_E_ENCODING: `name` is not UTF-8.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_listener_statistic(
    listener: *const omnize_listener,
    name: *const c_char,
    value: *mut i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = LISTENERS.get(listener)?;
        let value = text::required_out("value", value)?;
        *value = object.listener.count_of(statistic::find(name)?) as i64;
        Ok(())
    })
}

/// Closes a listener and all its connections.
///
/// - Triggers that are being stored get their response first.
/// - Blocks for them at most `timeout_ms` milliseconds. -1: no limit.
/// - Its clients stay open.
///
/// Fails with:
/// - OMNIZE_E_CLOSED: the listener was closed before.
/// - OMNIZE_E_ARGUMENT: `timeout_ms` is less than -1.
#[calling_convention]
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

/// Frees a listener.
///
/// - If the listener is open, it is closed first, with a timeout of 0.
/// - Does nothing if `listener` is NULL or freed already.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_listener_free(listener: *mut omnize_listener) {
    guard::value((), || {
        let object = LISTENERS.remove(listener)?;
        // Another thread may be in a call and hold the listener longer, so it is closed now. It may be closed already.
        let _ = object.listener.close(Duration::ZERO);
        Ok(())
    })
}
