//! The statuses, as C sees them.

use std::ffi::c_char;

use once_cell::sync::Lazy;

use crate::capi::guard;
use crate::capi::strings::OutText;
use crate::error::{Error, Result};
use crate::status::Status;

/// How a call ended: OMNIZE_OK, or one of the OMNIZE_E_ values. The numbers are stable for ever.
pub type omnize_status = i32;

/// The call did what it was asked to do.
pub const OMNIZE_OK: omnize_status = 0;

/// A handle is NULL, freed, of another type, or was never given out. Pass one that the library gave and that is not
/// freed yet.
pub const OMNIZE_E_HANDLE: omnize_status = 1;

/// An argument is out of range, or a pointer that is required is NULL. The message names it.
pub const OMNIZE_E_ARGUMENT: omnize_status = 2;

/// A text holds bytes that its encoding does not know. Pass UTF-8, or set the option encoding to what the
/// application uses.
pub const OMNIZE_E_ENCODING: omnize_status = 3;

/// The library has a defect, and the message says where. The call had no further effect; the process goes on.
/// Please report it.
pub const OMNIZE_E_PANIC: omnize_status = 4;

/// This process was forked from one that uses the library. Use the library in the parent, or load it after the
/// fork.
pub const OMNIZE_E_FORKED: omnize_status = 5;

/// The client is closed, or closing. Open another one.
pub const OMNIZE_E_CLOSED: omnize_status = 6;

/// Events of this client already leave another way. Use one of poll, next and dispatch, and the same one always.
pub const OMNIZE_E_MODE: omnize_status = 7;

/// The time that was allowed is over. For a request, the delivery tells whether the service may have received it.
pub const OMNIZE_E_TIMEOUT: omnize_status = 8;

/// The operating system refused something that the library needs: a thread, a descriptor, randomness. The message
/// has its reason.
pub const OMNIZE_E_SYSTEM: omnize_status = 9;

/// No option has this name. The options are listed by omnize_option_count and omnize_option_name.
pub const OMNIZE_E_OPTION: omnize_status = 20;

/// The option does not take this value. The message says what it takes.
pub const OMNIZE_E_VALUE: omnize_status = 21;

/// The configuration file, or a file that the configuration names, can't be read or understood. The message says which.
pub const OMNIZE_E_FILE: omnize_status = 22;

/// The token is missing. Generate one in the portal (Menu > Settings > Integrations > ClientSDK) and set the option
/// token.
pub const OMNIZE_E_TOKEN: omnize_status = 23;

/// The department is missing. Pass the id of the department that the customer wants to talk to.
pub const OMNIZE_E_DEPARTMENT: omnize_status = 24;

/// The client id is missing. Pass the id that the application gives this customer.
pub const OMNIZE_E_CLIENT_ID: omnize_status = 25;

/// The service's host is unknown or can't be reached. Check base_url and the network. Nothing was sent.
pub const OMNIZE_E_UNREACHABLE: omnize_status = 40;

/// The service's host refused the connection. Check the port in base_url and whether the service runs. Nothing was
/// sent.
pub const OMNIZE_E_REFUSED: omnize_status = 41;

/// No secure connection could be made. Check the certificate and the clock. Nothing was sent.
pub const OMNIZE_E_TLS: omnize_status = 42;

/// The connection broke before the answer had come. The delivery tells whether the service may have received the
/// request.
pub const OMNIZE_E_LOST: omnize_status = 43;

/// What answered does not speak HTTP. Check base_url. The service may have received the request.
pub const OMNIZE_E_PROTOCOL: omnize_status = 44;

/// The answer is larger than answer.max_bytes and was not read. The service has received the request; what it
/// decided is unknown.
pub const OMNIZE_E_ANSWER_TOO_LARGE: omnize_status = 45;

/// The service refused the request (HTTP 3xx or 4xx). The message has its reason.
pub const OMNIZE_E_REJECTED: omnize_status = 46;

/// The service failed (HTTP 5xx). The message has its reason; try again later.
pub const OMNIZE_E_SERVICE: omnize_status = 47;

/// The service answered HTTP 2xx, but its body says that it refused the request. The message has its reason.
pub const OMNIZE_E_FAILED: omnize_status = 48;

/// The HTTP proxy can't be used: it can't be reached, or it refused to pass the request on. Check the option proxy, or
/// the variables http_proxy, https_proxy and all_proxy, in small letters or capitals. The delivery tells whether the
/// service may have received the request.
pub const OMNIZE_E_PROXY: omnize_status = 49;

/// A field of the customer is not of the form that validate = strict asks for. The message names it and says what is
/// expected. Nothing was sent.
pub const OMNIZE_E_CUSTOMER: omnize_status = 50;

/// The interaction is not where this request has a meaning: a message after its finish, say. Nothing was sent. The
/// option strict, set to 0, leaves such requests to the service.
pub const OMNIZE_E_STATE: omnize_status = 51;

/// The hash by which the service knows the interaction is not known: its start has not been answered, or was made by an
/// earlier run without a store. Start it again, attach to it with its hash, or wait for a trigger of it. Nothing was
/// sent.
pub const OMNIZE_E_INTERACTION: omnize_status = 52;

/// The service accepted the request, but its answer does not hold what was asked for. Check the option dialect.
pub const OMNIZE_E_ANSWER: omnize_status = 53;

/// The listener can't be opened at this address. Check that the address is this machine's and the port is free.
pub const OMNIZE_E_LISTEN: omnize_status = 60;

/// The trigger is no JSON object. Hand over the body of the service's POST as it came.
pub const OMNIZE_E_NOT_JSON: omnize_status = 61;

/// The trigger has no clientId, so no interaction is known for it.
pub const OMNIZE_E_NO_CLIENT_ID: omnize_status = 62;

/// As many events wait as events.capacity and events.max_bytes allow, or as many posted requests as outbox.capacity and
/// outbox.max_bytes allow, or there is no memory for one more. Take events out, wait for outcomes, or raise the option. The
/// trigger or the request was not taken.
pub const OMNIZE_E_FULL: omnize_status = 63;

/// This build of the library, this operating system, or the service in the dialect of the option dialect can't do that.
/// The message says what is missing. Nothing was sent.
pub const OMNIZE_E_UNSUPPORTED: omnize_status = 64;

/// The store can't be opened or written to. The message has the reason; the trigger or the request was not taken.
pub const OMNIZE_E_STORE: omnize_status = 65;

/// The trigger is larger than listen.max_body when it is decompressed, and was not taken. Answer 413, or raise the option.
pub const OMNIZE_E_TRIGGER_TOO_LARGE: omnize_status = 66;

/// The name of a status, such as "OMNIZE_E_HANDLE"; NULL for a number that is none. Valid for ever.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_status_name(status: omnize_status) -> *const c_char {
    guard::always(std::ptr::null(), || {
        Ok(texts_of(status)?.1.give(std::ptr::null_mut()))
    })
}

/// What a status means and what to do, in a sentence or two of English; NULL for a number that is none. Valid for ever.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_status_text(status: omnize_status) -> *const c_char {
    guard::always(std::ptr::null(), || {
        Ok(texts_of(status)?.2.give(std::ptr::null_mut()))
    })
}

/// How many statuses there are, OMNIZE_OK included.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_status_count() -> i32 {
    guard::always(0, || Ok(Status::ALL.len() as i32))
}

/// The status at a place of the list of all, from 0 to omnize_status_count() - 1; -1 for any other place.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_status_at(index: i32) -> omnize_status {
    guard::always(-1, || {
        let status = usize::try_from(index)
            .ok()
            .and_then(|index| Status::ALL.get(index));
        status
            .map(|status| *status as omnize_status)
            .ok_or_else(|| Error::new(Status::Argument, "there is no such place"))
    })
}

/// Name and text of each status, as C strings.
static TEXTS: Lazy<Vec<(Status, OutText, OutText)>> = Lazy::new(|| {
    let texts = |status: &Status| {
        let name = OutText::new(status.name().as_bytes());
        (*status, name, OutText::new(status.text().as_bytes()))
    };
    Status::ALL.iter().map(texts).collect()
});

fn texts_of(code: omnize_status) -> Result<&'static (Status, OutText, OutText)> {
    TEXTS
        .iter()
        .find(|(status, ..)| *status as omnize_status == code)
        .ok_or_else(|| Error::new(Status::Argument, format!("there is no status {code}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// cbindgen copies literals alone, so the numbers stand here once more, and this holds them to the table.
    #[test]
    fn the_constants_are_the_table() {
        let here =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/capi/status.rs"))
                .unwrap();
        for status in Status::ALL {
            let line = format!(
                "pub const {}: omnize_status = {};",
                status.name(),
                *status as i32
            );
            assert!(here.contains(&line), "{line}");
        }
        let constants = here
            .lines()
            .filter(|line| line.starts_with("pub const OMNIZE_"))
            .count();
        assert_eq!(constants, Status::ALL.len());
    }
}
