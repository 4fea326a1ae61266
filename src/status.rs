//! Every status that a call can end with: its number, its name, what it means and what to do.

macro_rules! statuses {
    ($($variant:ident = $code:literal, $name:literal, $text:literal;)+) => {
        /// How a call ended. The numbers are stable for ever.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(i32)]
        pub enum Status {
            $(#[doc = $text] $variant = $code,)+
        }

        impl Status {
            /// Every status, in the order of the numbers.
            pub const ALL: &'static [Status] = &[$(Status::$variant),+];

            /// The name, as the C header has it.
            pub fn name(self) -> &'static str {
                match self { $(Status::$variant => $name,)+ }
            }

            /// What the status means and what to do.
            pub fn text(self) -> &'static str {
                match self { $(Status::$variant => $text,)+ }
            }
        }
    };
}

// 1 to 19: how the library was called; 20 to 39: configuration and what a request needs; 40 to 59: sending; 60 to 79:
// receiving.
statuses! {
    Ok = 0, "OMNIZE_OK",
        "The call did what it was asked to do.";
    Handle = 1, "OMNIZE_E_HANDLE",
        "A handle is NULL, freed, of another type, or was never given out. Pass one that the library gave and that is \
         not freed yet.";
    Argument = 2, "OMNIZE_E_ARGUMENT",
        "An argument is out of range, or a pointer that is required is NULL. The message names it.";
    Encoding = 3, "OMNIZE_E_ENCODING",
        "A text holds bytes that its encoding does not know. Pass UTF-8, or set the option encoding to what the \
         application uses.";
    Panic = 4, "OMNIZE_E_PANIC",
        "The library has a defect, and the message says where. The call had no further effect; the process goes on. \
         Please report it.";
    Forked = 5, "OMNIZE_E_FORKED",
        "This process was forked from one that uses the library. Use the library in the parent, or load it after the \
         fork.";
    Closed = 6, "OMNIZE_E_CLOSED",
        "The client is closed, or closing. Open another one.";
    Mode = 7, "OMNIZE_E_MODE",
        "Events of this client already leave another way. Use one of poll, next and dispatch, and the same one always.";
    Timeout = 8, "OMNIZE_E_TIMEOUT",
        "The time that was allowed is over. For a request, the delivery tells whether the service may have received it.";
    System = 9, "OMNIZE_E_SYSTEM",
        "The operating system refused something that the library needs: a thread, a descriptor, memory, randomness. The \
         message has its reason.";
    Option = 20, "OMNIZE_E_OPTION",
        "No option has this name. The options are listed by omnize_option_count and omnize_option_name.";
    Value = 21, "OMNIZE_E_VALUE",
        "The option does not take this value. The message says what it takes.";
    File = 22, "OMNIZE_E_FILE",
        "The configuration file, or a file that the configuration names, can't be read or understood. The message says \
         which.";
    Token = 23, "OMNIZE_E_TOKEN",
        "The token is missing. Generate one in the portal (Menu > Settings > Integrations > ClientSDK) and set the \
         option token.";
    Department = 24, "OMNIZE_E_DEPARTMENT",
        "The department is missing, or is no whole number where the dialect has numbers. Pass the id of the department that \
         the customer wants to talk to.";
    ClientId = 25, "OMNIZE_E_CLIENT_ID",
        "The client id is missing. Pass the id that the application gives this customer.";
    Unreachable = 40, "OMNIZE_E_UNREACHABLE",
        "The service's host is unknown or can't be reached. Check base_url and the network. Nothing was sent.";
    Refused = 41, "OMNIZE_E_REFUSED",
        "The service's host refused the connection. Check the port in base_url and whether the service runs. Nothing \
         was sent.";
    Tls = 42, "OMNIZE_E_TLS",
        "No secure connection could be made. Check the certificate and the clock. Nothing was sent.";
    Lost = 43, "OMNIZE_E_LOST",
        "The connection broke before the answer had come. The delivery tells whether the service may have received the \
         request.";
    Protocol = 44, "OMNIZE_E_PROTOCOL",
        "What answered does not speak HTTP, or its answer can't be read. The message says which. Check base_url. The service \
         may have received the request.";
    AnswerTooLarge = 45, "OMNIZE_E_ANSWER_TOO_LARGE",
        "The answer is larger than answer.max_bytes, or its headers are larger than 64 KiB, and was not read. The service \
         has received the request; what it decided is unknown.";
    Rejected = 46, "OMNIZE_E_REJECTED",
        "The service refused the request (HTTP 3xx or 4xx). The message has its reason.";
    Service = 47, "OMNIZE_E_SERVICE",
        "The service failed (HTTP 5xx). The message has its reason; try again later.";
    Failed = 48, "OMNIZE_E_FAILED",
        "The service answered HTTP 2xx, but its body says that it refused the request. The message has its reason.";
    Proxy = 49, "OMNIZE_E_PROXY",
        "The HTTP proxy can't be used: it can't be reached, or it refused to pass the request on. Check the option proxy, \
         or the variables http_proxy, https_proxy and all_proxy, in small letters or capitals. The delivery tells whether the service may have received \
         the request.";
    Customer = 50, "OMNIZE_E_CUSTOMER",
        "A field of the customer is not of the form that validate = strict asks for. The message names it and says what \
         is expected. Nothing was sent.";
    State = 51, "OMNIZE_E_STATE",
        "The interaction is not where this request has a meaning: a message after its finish, say. Nothing was sent. \
         The option strict, set to 0, leaves such requests to the service.";
    Interaction = 52, "OMNIZE_E_INTERACTION",
        "The hash by which the service knows the interaction is not known: its start has not been answered, or was made by an \
         earlier run without a store. Start it again, attach to it with its hash, or wait for a trigger of it. Nothing was \
         sent.";
    Answer = 53, "OMNIZE_E_ANSWER",
        "The service accepted the request, but its answer does not hold what was asked for. Check the option dialect.";
    Listen = 60, "OMNIZE_E_LISTEN",
        "The listener can't be opened at this address. Check that the address is this machine's and the port is free.";
    NotJson = 61, "OMNIZE_E_NOT_JSON",
        "The trigger is no JSON object. Hand over the body of the service's POST as it came.";
    NoClientId = 62, "OMNIZE_E_NO_CLIENT_ID",
        "The trigger has no id that ties it to an interaction: no clientId, and no hash.";
    Full = 63, "OMNIZE_E_FULL",
        "As many events wait as events.capacity and events.max_bytes allow, or as many posted requests as outbox.capacity \
         and outbox.max_bytes allow, or there is no memory for one more. Take events out, wait for outcomes, or raise the \
         option. The trigger or the request was not taken.";
    Unsupported = 64, "OMNIZE_E_UNSUPPORTED",
        "This build of the library, this operating system, or the service in the dialect of the option dialect can't do \
         that. The message says what is missing. Nothing was sent.";
    Store = 65, "OMNIZE_E_STORE",
        "The store can't be opened or written to. The message has the reason; the trigger or the request was not taken.";
    TriggerTooLarge = 66, "OMNIZE_E_TRIGGER_TOO_LARGE",
        "The trigger is larger than listen.max_body when it is decompressed, and was not taken. Answer 413, or raise the \
         option.";
}

impl Status {
    /// The status with this number.
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
    fn a_number_leads_back_to_its_status() {
        for status in Status::ALL {
            assert_eq!(Status::from_code(*status as i32), Some(*status));
        }
        assert_eq!(Status::from_code(-1), None);
    }
}
