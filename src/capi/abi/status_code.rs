//! The type of statuses in C, and its constants.

/// The result of a call: OMNIZE_OK or an OMNIZE_E_ value. The numbers never change.
pub type omnize_status = i32;

/// The call succeeded.
pub const OMNIZE_OK: omnize_status = 0;

/// A handle is NULL, freed, of another type, or not from this library. Pass a handle that the library returned and that
/// is not freed yet.
pub const OMNIZE_E_HANDLE: omnize_status = 1;

/// An argument is out of range, or a required pointer is NULL. The message names the argument.
pub const OMNIZE_E_ARGUMENT: omnize_status = 2;

/// A text contains bytes that are invalid in its encoding. Pass UTF-8, or set the option encoding to the application's
/// encoding.
pub const OMNIZE_E_ENCODING: omnize_status = 3;

/// The library has a bug and panicked. The message contains the source position. The call had no further effect, and
/// the process continues. Please report it.
pub const OMNIZE_E_PANIC: omnize_status = 4;

/// This process was forked from a process that uses the library. Use the library in the parent process, or load it
/// after the fork.
pub const OMNIZE_E_FORKED: omnize_status = 5;

/// The client or the listener is closed or closing. Open a new one.
pub const OMNIZE_E_CLOSED: omnize_status = 6;

/// The events of this client already use another delivery mode. Use one of poll, next and dispatch, and always the same
/// one.
pub const OMNIZE_E_MODE: omnize_status = 7;

/// The timeout expired. For a request, the delivery reports whether the service may have received it.
pub const OMNIZE_E_TIMEOUT: omnize_status = 8;

/// The operating system denied a resource: a thread, a descriptor, memory or randomness. The message contains the
/// reason.
pub const OMNIZE_E_SYSTEM: omnize_status = 9;

/// No option has this name. omnize_option_count and omnize_option_name list the options.
pub const OMNIZE_E_OPTION: omnize_status = 20;

/// The option does not accept this value. The message lists the accepted values.
pub const OMNIZE_E_VALUE: omnize_status = 21;

/// The configuration file, or a file that the configuration names, can't be read or parsed. The message names the file.
pub const OMNIZE_E_FILE: omnize_status = 22;

/// The token is missing. Generate one in the portal (Menu > Settings > Integrations > ClientSDK) and set the option
/// token, or the variable OMNIZE_TOKEN if the program loads the environment.
pub const OMNIZE_E_TOKEN: omnize_status = 23;

/// The department is missing, or is not a whole number although the dialect requires one. Pass the id of the
/// department.
pub const OMNIZE_E_DEPARTMENT: omnize_status = 24;

/// The client id is missing. Pass the application's id of this customer.
pub const OMNIZE_E_CLIENT_ID: omnize_status = 25;

/// The service's host is unknown or can't be reached. Check base_url and the network. Nothing was sent.
pub const OMNIZE_E_UNREACHABLE: omnize_status = 40;

/// The service's host refused the TCP connection. Check the port in base_url and whether the service runs. Nothing was
/// sent.
pub const OMNIZE_E_REFUSED: omnize_status = 41;

/// The TLS handshake failed. Check the certificate and the clock. Nothing was sent.
pub const OMNIZE_E_TLS: omnize_status = 42;

/// The connection was lost before the response was complete. The delivery reports whether the service may have received
/// the request.
pub const OMNIZE_E_LOST: omnize_status = 43;

/// The peer does not speak HTTP, or its response can't be parsed. The message contains the reason. Check base_url. The
/// service may have received the request.
pub const OMNIZE_E_PROTOCOL: omnize_status = 44;

/// The response is larger than response.max_bytes, or its headers are larger than 64 KiB, and was not read. The service
/// received the request; its verdict is unknown.
pub const OMNIZE_E_RESPONSE_TOO_LARGE: omnize_status = 45;

/// The service rejected the request (HTTP 3xx or 4xx). The message contains the service's reason.
pub const OMNIZE_E_REJECTED: omnize_status = 46;

/// The service failed (HTTP 5xx). The message contains the service's reason. Retry later.
pub const OMNIZE_E_SERVICE: omnize_status = 47;

/// The service responded with HTTP 2xx, but the response body rejects the request. The message contains the service's
/// reason.
pub const OMNIZE_E_FAILED: omnize_status = 48;

/// The HTTP proxy can't be reached, or it did not forward the request. Check the option proxy, or the environment
/// variables http_proxy, https_proxy and all_proxy, in lower or upper case. The delivery reports whether the service
/// may have received the request.
pub const OMNIZE_E_PROXY: omnize_status = 49;

/// A field of the customer failed the check of validate = customer. The message names the field and the expected form.
/// Nothing was sent.
pub const OMNIZE_E_CUSTOMER: omnize_status = 50;

/// The state of the interaction does not allow this request, for example a message after finish. Nothing was sent. If
/// the option check_state is 0, the library sends such requests. Or the state of the outbox does not allow the call: a
/// request in progress can't be cancelled, and a paused outbox can't be flushed.
pub const OMNIZE_E_STATE: omnize_status = 51;

/// The interaction hash is unknown: the start has no response yet, or an earlier process sent it without a store. Start
/// the interaction again, attach with its hash, or wait for a trigger of it. Nothing was sent.
pub const OMNIZE_E_INTERACTION: omnize_status = 52;

/// The service accepted the request, but the response does not contain the requested data. Check the option dialect.
pub const OMNIZE_E_RESPONSE: omnize_status = 53;

/// The service rejected the token (HTTP 401 or 403, or a reason that names the token). Check the option token, or
/// generate a new one in the portal (Menu > Settings > Integrations > ClientSDK). The request is not retried.
pub const OMNIZE_E_AUTH: omnize_status = 54;

/// The posted request reached its age limit (message.max_age, or the limit of the post) before it could be sent. Post
/// it again if it is still wanted.
pub const OMNIZE_E_EXPIRED: omnize_status = 55;

/// The application cancelled the posted request. The delivery reports whether the service may have received an earlier
/// attempt.
pub const OMNIZE_E_CANCELLED: omnize_status = 56;

/// The listener can't be opened at this address. Check that the address belongs to this machine and that the port is
/// free.
pub const OMNIZE_E_LISTEN: omnize_status = 60;

/// The trigger is not a JSON object. Pass the body of the service's POST unchanged.
pub const OMNIZE_E_NOT_JSON: omnize_status = 61;

/// The trigger has neither a clientId nor an interaction hash, so it belongs to no interaction.
pub const OMNIZE_E_NO_CLIENT_ID: omnize_status = 62;

/// The event queue is full (events.capacity, events.max_bytes), or the outbox is full (outbox.capacity,
/// outbox.max_bytes), or there is no memory for a further entry. Receive events, wait for outcomes, or raise the
/// option. The trigger or the request was not accepted.
pub const OMNIZE_E_FULL: omnize_status = 63;

/// Not supported by this build, by this operating system, or by the configured dialect. The message names the missing
/// feature. Nothing was sent.
pub const OMNIZE_E_UNSUPPORTED: omnize_status = 64;

/// The store can't be opened or written. The message contains the reason. The trigger or the request was not accepted.
pub const OMNIZE_E_STORE: omnize_status = 65;

/// The decompressed trigger is larger than listen.max_body and was not accepted. Respond with 413, or raise the option.
pub const OMNIZE_E_TRIGGER_TOO_LARGE: omnize_status = 66;

#[cfg(test)]
mod tests {
    use crate::status::Status;

    /// cbindgen copies only literals, so numbers and texts are in two files.
    #[test]
    fn constants_and_their_comments_equal_the_table() {
        let source = std::fs::read_to_string(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/src/capi/abi/status_code.rs"
        ))
        .unwrap();
        let mut comment = String::new();
        let mut constants = Vec::new();
        for line in source.lines() {
            if let Some(text) = line.strip_prefix("/// ") {
                comment = format!("{comment} {text}");
            } else {
                if line.starts_with("pub const") {
                    constants.push(format!("{line}{comment}"));
                }
                comment.clear();
            }
        }
        let expected = Status::ALL.iter().map(|status| {
            format!(
                "pub const {}: omnize_status = {}; {}",
                status.name(),
                *status as i32,
                status.text()
            )
        });
        assert_eq!(constants, expected.collect::<Vec<_>>());
    }
}
