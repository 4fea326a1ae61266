//! The statuses of calls: number, name, meaning and advice.

macro_rules! statuses {
    ($($variant:ident = $code:literal, $name:literal, $text:literal;)+) => {
        /// The result of a call. The numbers never change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(i32)]
        pub enum Status {
            $(#[doc = $text] $variant = $code,)+
        }

        impl Status {
            /// All statuses, ordered by number.
            pub const ALL: &'static [Status] = &[$(Status::$variant),+];

            /// Returns the name of the constant in the C header.
            pub fn name(self) -> &'static str {
                match self { $(Status::$variant => $name,)+ }
            }

            /// Returns the meaning of the status and the advice.
            pub fn text(self) -> &'static str {
                match self { $(Status::$variant => $text,)+ }
            }
        }
    };
}

// 1 to 19: use of the library; 20 to 39: configuration and required fields; 40 to 59: sending; 60 to 79: receiving.
statuses! {
    Ok = 0, "OMNIZE_OK",
        "The call succeeded.";
    Handle = 1, "OMNIZE_E_HANDLE",
        "A handle is NULL, freed, of another type, or not from this library. Pass a handle that the library returned \
         and that is not freed yet.";
    Argument = 2, "OMNIZE_E_ARGUMENT",
        "An argument is out of range, or a required pointer is NULL. The message names the argument.";
    Encoding = 3, "OMNIZE_E_ENCODING",
        "A text contains bytes that are invalid in its encoding. Pass UTF-8, or set the option encoding to the \
         application's encoding.";
    Panic = 4, "OMNIZE_E_PANIC",
        "The library has a bug and panicked. The message contains the source position. The call had no further \
         effect, and the process continues. Please report it.";
    Forked = 5, "OMNIZE_E_FORKED",
        "This process was forked from a process that uses the library. Use the library in the parent process, or load \
         it after the fork.";
    Closed = 6, "OMNIZE_E_CLOSED",
        "The client or the listener is closed or closing. Open a new one.";
    Mode = 7, "OMNIZE_E_MODE",
        "The events of this client already use another delivery mode. Use one of poll, next and dispatch, and always \
         the same one.";
    Timeout = 8, "OMNIZE_E_TIMEOUT",
        "The timeout expired. For a request, the delivery reports whether the service may have received it.";
    System = 9, "OMNIZE_E_SYSTEM",
        "The operating system denied a resource: a thread, a descriptor, memory or randomness. The message contains \
         the reason.";
    Option = 20, "OMNIZE_E_OPTION",
        "No option has this name. omnize_option_count and omnize_option_name list the options.";
    Value = 21, "OMNIZE_E_VALUE",
        "The option does not accept this value. The message lists the accepted values.";
    File = 22, "OMNIZE_E_FILE",
        "The configuration file, or a file that the configuration names, can't be read or parsed. The message names \
         the file.";
    Token = 23, "OMNIZE_E_TOKEN",
        "The token is missing. Generate one in the portal (Menu > Settings > Integrations > ClientSDK) and set the \
         option token, or the variable OMNIZE_TOKEN if the program loads the environment.";
    Department = 24, "OMNIZE_E_DEPARTMENT",
        "The department is missing, or is not a whole number although the dialect requires one. Pass the id of the \
         department.";
    ClientId = 25, "OMNIZE_E_CLIENT_ID",
        "The client id is missing. Pass the application's id of this customer.";
    Unreachable = 40, "OMNIZE_E_UNREACHABLE",
        "The service's host is unknown or can't be reached. Check base_url and the network. Nothing was sent.";
    Refused = 41, "OMNIZE_E_REFUSED",
        "The service's host refused the TCP connection. Check the port in base_url and whether the service runs. \
         Nothing was sent.";
    Tls = 42, "OMNIZE_E_TLS",
        "The TLS handshake failed. Check the certificate and the clock. Nothing was sent.";
    Lost = 43, "OMNIZE_E_LOST",
        "The connection was lost before the response was complete. The delivery reports whether the service may have \
         received the request.";
    Protocol = 44, "OMNIZE_E_PROTOCOL",
        "The peer does not speak HTTP, or its response can't be parsed. The message contains the reason. Check \
         base_url. The service may have received the request.";
    ResponseTooLarge = 45, "OMNIZE_E_RESPONSE_TOO_LARGE",
        "The response is larger than response.max_bytes, or its headers are larger than 64 KiB, and was not read. The \
         service received the request; its verdict is unknown.";
    Rejected = 46, "OMNIZE_E_REJECTED",
        "The service rejected the request (HTTP 3xx or 4xx). The message contains the service's reason.";
    Service = 47, "OMNIZE_E_SERVICE",
        "The service failed (HTTP 5xx). The message contains the service's reason. Retry later.";
    Failed = 48, "OMNIZE_E_FAILED",
        "The service responded with HTTP 2xx, but the response body rejects the request. The message contains the \
         service's reason.";
    Proxy = 49, "OMNIZE_E_PROXY",
        "The HTTP proxy can't be reached, or it did not forward the request. Check the option proxy, or the \
         environment variables http_proxy, https_proxy and all_proxy, in lower or upper case. The delivery reports \
         whether the service may have received the request.";
    Customer = 50, "OMNIZE_E_CUSTOMER",
        "A field of the customer failed the check of validate = customer. The message names the field and the \
         expected form. Nothing was sent.";
    State = 51, "OMNIZE_E_STATE",
        "The state of the interaction does not allow this request, for example a message after finish. Nothing was \
         sent. If the option check_state is 0, the library sends such requests. Or the state of the outbox does not \
         allow the call: a request in progress can't be cancelled, and a paused outbox can't be flushed.";
    Interaction = 52, "OMNIZE_E_INTERACTION",
        "The interaction hash is unknown: the start has no response yet, or an earlier process sent it without a \
         store. Start the interaction again, attach with its hash, or wait for a trigger of it. Nothing was sent.";
    Response = 53, "OMNIZE_E_RESPONSE",
        "The service accepted the request, but the response does not contain the requested data. Check the option \
         dialect.";
    Auth = 54, "OMNIZE_E_AUTH",
        "The service rejected the token (HTTP 401 or 403, or a reason that names the token). Check the option token, or \
         generate a new one in the portal (Menu > Settings > Integrations > ClientSDK). The request is not retried.";
    Expired = 55, "OMNIZE_E_EXPIRED",
        "The posted request reached its age limit (message.max_age, or the limit of the post) before it could be \
         sent. Post it again if it is still wanted.";
    Cancelled = 56, "OMNIZE_E_CANCELLED",
        "The application cancelled the posted request. The delivery reports whether the service may have received an \
         earlier attempt.";
    Listen = 60, "OMNIZE_E_LISTEN",
        "The listener can't be opened at this address. Check that the address belongs to this machine and that the \
         port is free.";
    NotJson = 61, "OMNIZE_E_NOT_JSON",
        "The trigger is not a JSON object. Pass the body of the service's POST unchanged.";
    NoClientId = 62, "OMNIZE_E_NO_CLIENT_ID",
        "The trigger has neither a clientId nor an interaction hash, so it belongs to no interaction.";
    Full = 63, "OMNIZE_E_FULL",
        "The event queue is full (events.capacity, events.max_bytes), or the outbox is full (outbox.capacity, \
         outbox.max_bytes), or there is no memory for a further entry. Receive events, wait for outcomes, or raise \
         the option. The trigger or the request was not accepted.";
    Unsupported = 64, "OMNIZE_E_UNSUPPORTED",
        "Not supported by this build, by this operating system, or by the configured dialect. The message names the \
         missing feature. Nothing was sent.";
    Store = 65, "OMNIZE_E_STORE",
        "The store can't be opened or written. The message contains the reason. The trigger or the request was not \
         accepted.";
    TriggerTooLarge = 66, "OMNIZE_E_TRIGGER_TOO_LARGE",
        "The decompressed trigger is larger than listen.max_body and was not accepted. Respond with 413, or raise the \
         option.";
}

impl Status {
    /// Returns the status with this number.
    pub fn from_code(code: i32) -> Option<Status> {
        Status::ALL
            .iter()
            .copied()
            .find(|status| *status as i32 == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_are_unique_and_in_order() {
        for pair in Status::ALL.windows(2) {
            assert!((pair[0] as i32) < pair[1] as i32, "{pair:?}");
            assert_ne!(pair[0].name(), pair[1].name());
        }
    }

    #[test]
    fn from_code_is_the_inverse_of_the_number() {
        for status in Status::ALL {
            assert_eq!(Status::from_code(*status as i32), Some(*status));
        }
        assert_eq!(Status::from_code(-1), None);
    }
}
