//! The table of all options. The C functions, Python, the command, the environment and the documentation use it.

use crate::config::value_kind::Kind;
use crate::wire::Dialect;
use crate::wire::dialects::rest;

/// One option.
#[derive(Debug)]
pub struct OptionSpec {
    /// The name. A dot separates the group from the rest.
    pub name: &'static str,
    /// The accepted values.
    pub kind: Kind,
    /// The default value; empty if the option has no default.
    pub default: &'static str,
    /// The description, in English.
    pub doc: &'static str,
}

/// All options.
pub const OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        name: "token",
        kind: Kind::Secret,
        default: "",
        doc: "The token that the portal generated (Menu > Settings > Integrations > ClientSDK). Required.",
    },
    OptionSpec {
        name: "dialect",
        kind: Kind::Choice(&Dialect::NAMES),
        default: "rest",
        doc: "The dialect of the service's protocol: rest (2017), gateway (2018) or interactions (today, Zenvia \
              Chat). The application's code stays the same. The token and the department ids depend on the account.",
    },
    OptionSpec {
        name: "base_url",
        kind: Kind::Url,
        default: rest::BASE_URL,
        doc: "The URL of the service. If it has a query, the library adds the query to each request. If unset: \
              https://api.omnize.com/client-gateway/api/rest/v1 for gateway and https://zchat.zenvia.io for \
              interactions.",
    },
    OptionSpec {
        name: "encoding",
        kind: Kind::Encoding,
        default: "utf-8",
        doc: "The encoding of the texts of a client's conversations, in both directions: a name of the WHATWG \
              Encoding standard, such as windows-1252 or iso-8859-1, or utf-16le. On Windows also acp, the ANSI code \
              page of the process, and oem, its OEM code page.",
    },
    OptionSpec {
        name: "encoding.unmappable",
        kind: Kind::Choice(&["question", "reference"]),
        default: "question",
        doc: "How characters of a trigger are written if the encoding does not have them: question writes a question \
              mark, reference a numeric character reference such as &#128512;. The event is flagged, and its raw \
              body is unchanged.",
    },
    OptionSpec {
        name: "timeout",
        kind: Kind::Milliseconds,
        default: "30000",
        doc: "The timeout of a request, from the call to the end of the response.",
    },
    OptionSpec {
        name: "timeout.connect",
        kind: Kind::Milliseconds,
        default: "10000",
        doc: "The timeout of name resolution, connecting, the proxy tunnel and the TLS handshake together, within \
              timeout.",
    },
    OptionSpec {
        name: "timeout.tls",
        kind: Kind::OptionalMilliseconds,
        default: "",
        doc: "The timeout of the TLS handshake, within timeout.connect. If unset: no further limit.",
    },
    OptionSpec {
        name: "timeout.send",
        kind: Kind::OptionalMilliseconds,
        default: "",
        doc: "The timeout of sending a request, within timeout. If unset: no further limit.",
    },
    OptionSpec {
        name: "timeout.response",
        kind: Kind::OptionalMilliseconds,
        default: "",
        doc: "The timeout of the response, from the last byte of the request to the last byte of the response, \
              within timeout. If unset: no further limit.",
    },
    OptionSpec {
        name: "require_tls",
        kind: Kind::Flag,
        default: "0",
        doc: "1: a base_url of plain HTTP fails, unless its host is this machine: a loopback address, localhost, or \
              a name below localhost that has only loopback addresses. 0: such a URL works, and a warning is logged.",
    },
    OptionSpec {
        name: "tls.ca_file",
        kind: Kind::File,
        default: "",
        doc: "A PEM file with CA certificates that are trusted in addition to those of the operating system. It is \
              read when the client opens.",
    },
    OptionSpec {
        name: "tls.certificate",
        kind: Kind::File,
        default: "",
        doc: "A PEM file with the client certificate, followed by its intermediate certificates, if the service \
              requires one. It needs tls.key. It is read when the client opens.",
    },
    OptionSpec {
        name: "tls.key",
        kind: Kind::File,
        default: "",
        doc: "A PEM file with the private key of tls.certificate, without a passphrase.",
    },
    OptionSpec {
        name: "tls.min_version",
        kind: Kind::Choice(&["1.2", "1.3"]),
        default: "1.2",
        doc: "The lowest TLS version that the client accepts.",
    },
    OptionSpec {
        name: "tls.revocation",
        kind: Kind::Choice(&["off", "best_effort", "required"]),
        default: "off",
        doc: "Whether Windows checks that the service's certificates were not revoked. With off, it does not, and sends \
              no request to an authority. With best_effort, a revoked certificate is rejected, and one whose state is \
              unknown is accepted. With required, both are rejected. Other systems support only off.",
    },
    OptionSpec {
        name: "proxy",
        kind: Kind::Proxy,
        default: "",
        doc: "The HTTP proxy, such as http://user:password@proxy.example.com:3128 (user and password percent- \
              encoded), or none for no proxy. With system, the settings of Windows select it for each new connection; \
              on other systems, the environment does. https uses a tunnel (CONNECT). If unset, the environment decides: \
              https_proxy or HTTPS_PROXY, for plain HTTP http_proxy or HTTP_PROXY, otherwise all_proxy or ALL_PROXY. \
              Requests to this machine then use no proxy.",
    },
    OptionSpec {
        name: "no_proxy",
        kind: Kind::Hosts,
        default: "",
        doc: "The hosts that are connected to without the proxy, separated by commas or white space. Names include \
              their subdomains. Addresses and networks such as 10.0.0.0/8 are possible, all optionally with a port. \
              * means all hosts. If unset, no_proxy or NO_PROXY applies to a proxy of the environment.",
    },
    OptionSpec {
        name: "address_family",
        kind: Kind::Choice(&["any", "ipv4", "ipv6"]),
        default: "any",
        doc: "The addresses of the service's host, or of the proxy, that are used.",
    },
    OptionSpec {
        name: "validate",
        kind: Kind::Choice(&["off", "customer"]),
        default: "off",
        doc: "Whether the fields of a customer are checked before a request is sent. customer requires a CPF with \
              valid check digits and an e-mail address of the form name@domain. A telephone number must be Brazilian \
              with area code, with or without +55. The CPF in the service's own page fails this check.",
    },
    OptionSpec {
        name: "response.max_bytes",
        kind: Kind::Bytes,
        default: "1048576",
        doc: "The size limit of a response body, also after decompression. A larger body is not read, and the \
              delivery is unknown.",
    },
    OptionSpec {
        name: "listen",
        kind: Kind::Address,
        default: "",
        doc: "The IP address and port of the webhook listener, such as 127.0.0.1:8080. Port 0 selects a free port. \
              If unset, the client has no listener. The application then attaches it to a shared listener or passes \
              triggers itself.",
    },
    OptionSpec {
        name: "listen.path",
        kind: Kind::Path,
        default: "",
        doc: "The path of the webhook URL of a client's own listener. It should contain a secret part, because \
              anyone who knows the URL can post triggers. If unset, each client generates a path with 128 random \
              bits. A shared listener gets the path of each client when it is attached.",
    },
    OptionSpec {
        name: "listen.public_url",
        kind: Kind::PublicUrl,
        default: "",
        doc: "The beginning of the webhook URL as the service sees it, such as https://chat.example.com, if a proxy \
              stands before the listener. The path is appended.",
    },
    OptionSpec {
        name: "listen.health",
        kind: Kind::Path,
        default: "",
        doc: "A path for load balancers. GET responds with 200 while a client is attached, and with 503 otherwise. \
              It requires no credentials, but an allowed address. If unset, there is no such path.",
    },
    OptionSpec {
        name: "listen.metrics",
        kind: Kind::Path,
        default: "",
        doc: "A path for Prometheus, such as /metrics. GET responds with the statistics of the listener and of its \
              clients. The response contains no client id, path or token. It requires the credentials of listen.basic \
              and an address in listen.allow, if these are set. One of them must be set unless only programs of the same \
              machine can connect. If unset, there is no such path.",
    },
    OptionSpec {
        name: "listen.basic",
        kind: Kind::Credentials,
        default: "",
        doc: "The credentials that the service must send (HTTP Basic authentication), as user:password. Requests \
              without them are rejected with 401. Use it with TLS. If unset, no credentials are required.",
    },
    OptionSpec {
        name: "listen.allow",
        kind: Kind::Networks,
        default: "",
        doc: "The addresses from which triggers are accepted, such as 192.0.2.7,198.51.100.0/24, separated by commas \
              or white space. Requests from other addresses are rejected with 403. If unset: all addresses.",
    },
    OptionSpec {
        name: "listen.trusted_proxies",
        kind: Kind::Networks,
        default: "",
        doc: "The proxies whose X-Forwarded-For header is trusted. The client address of their requests is the \
              right-most address in the header that is not a trusted proxy. Their connections count only for \
              listen.max_connections.",
    },
    OptionSpec {
        name: "listen.tls.certificate",
        kind: Kind::File,
        default: "",
        doc: "A PEM file with the listener's certificate, followed by its intermediate certificates. If set, the \
              listener accepts only TLS. When the file changes, new connections use the new certificate. An invalid \
              certificate or key is logged, and the previous pair stays in use.",
    },
    OptionSpec {
        name: "listen.tls.key",
        kind: Kind::File,
        default: "",
        doc: "A PEM file with the private key of listen.tls.certificate.",
    },
    OptionSpec {
        name: "listen.max_body",
        kind: Kind::Bytes,
        default: "1048576",
        doc: "The size limit of a trigger. A larger trigger is rejected with 413.",
    },
    OptionSpec {
        name: "listen.max_head",
        kind: Kind::Bytes,
        default: "16384",
        doc: "The size limit of a request's head (request line and headers). A larger head is rejected with 431.",
    },
    OptionSpec {
        name: "listen.timeout.head",
        kind: Kind::Milliseconds,
        default: "10000",
        doc: "The timeout of receiving a request's head, from its first byte. For the first request it starts with \
              the connection. A slower request is rejected with 408. The same timeout applies to a TLS handshake.",
    },
    OptionSpec {
        name: "listen.timeout.body",
        kind: Kind::Milliseconds,
        default: "30000",
        doc: "The timeout of receiving a request's body after its head. A slower request is rejected with 408.",
    },
    OptionSpec {
        name: "listen.timeout.idle",
        kind: Kind::Milliseconds,
        default: "75000",
        doc: "How long a connection may be idle between two requests.",
    },
    OptionSpec {
        name: "listen.max_connections",
        kind: Kind::Count,
        default: "512",
        doc: "The maximum number of connections of the listener. Over the limit, the listener closes connections \
              that are idle between two requests, the longest idle first. It responds with 503 on connections whose \
              request head is incomplete for 0.4 seconds. Further connections wait in the system's queue. Each \
              connection uses a file descriptor of the process.",
    },
    OptionSpec {
        name: "listen.max_connections_per_address",
        kind: Kind::OptionalCount,
        default: "",
        doc: "The maximum number of connections from one IPv4 address or one IPv6 network of 64 bits. If unset: only \
              listen.max_connections. Over the limit, idle or slow connections of that address are closed first. \
              Otherwise, the listener responds with 503 and Retry-After to the new connection. The service posts \
              from one address, so set this well above the number of concurrent triggers.",
    },
    OptionSpec {
        name: "events.capacity",
        kind: Kind::Count,
        default: "100000",
        doc: "The maximum number of queued events. If the queue is full, the listener responds with 503 and Retry- \
              After.",
    },
    OptionSpec {
        name: "events.max_bytes",
        kind: Kind::Bytes,
        default: "67108864",
        doc: "The maximum total size of the bodies of queued events. Over the limit, the listener responds with 503 \
              and Retry-After. If the queue is empty, one event of any size is accepted; listen.max_body limits it.",
    },
    OptionSpec {
        name: "outbox.capacity",
        kind: Kind::Count,
        default: "100000",
        doc: "The maximum number of posted requests that are queued or in progress. If the outbox is full, posting \
              fails with OMNIZE_E_FULL.",
    },
    OptionSpec {
        name: "outbox.max_bytes",
        kind: Kind::Bytes,
        default: "67108864",
        doc: "The maximum total size, as JSON, of posted requests that are queued or in progress. Over the limit, \
              posting fails with OMNIZE_E_FULL. If the outbox is empty, one request of any size is accepted.",
    },
    OptionSpec {
        name: "outbox.reference_window",
        kind: Kind::MillisecondsOrNone,
        default: "86400000",
        doc: "How long the reference of a posted request stays known after its outcome. Until then, another post \
              with the same reference returns the first ticket and sends nothing. 0: only until the outcome.",
    },
    OptionSpec {
        name: "outbox.reference_capacity",
        kind: Kind::Count,
        default: "100000",
        doc: "The maximum number of references that stay known after the outcome of their request. Over the limit, \
              the oldest ones are forgotten before outbox.reference_window has passed, and a warning is logged.",
    },
    OptionSpec {
        name: "message.max_age",
        kind: Kind::OptionalMilliseconds,
        default: "",
        doc: "How long after its post a message may be sent. A message that is still in the outbox then is removed, \
              with the outcome OMNIZE_E_EXPIRED. A message in progress is not. With a store, the time also counts \
              while the application is not running. A post may have its own limit. If unset: no limit.",
    },
    OptionSpec {
        name: "outbox.connections",
        kind: Kind::Threads,
        default: "8",
        doc: "The maximum number of posted requests in progress, each on its own connection and thread. Requests of \
              one interaction are sent one at a time.",
    },
    OptionSpec {
        name: "outbox.paused",
        kind: Kind::Flag,
        default: "0",
        doc: "1: a new client sends no posted request until omnize_client_resume(). The application can look at the \
              requests of an earlier process, and cancel them, before they are sent. 0: it sends them at once.",
    },
    OptionSpec {
        name: "retry.posted",
        kind: Kind::MillisecondsOrNone,
        default: "300000",
        doc: "How long a posted request is retried if it was certainly not received, or if the service responded \
              with HTTP 429 or 503. Pauses grow from 0.2 to 30 seconds, or follow Retry-After. With a store, the \
              time also counts while the application is not running. 0: no retry.",
    },
    OptionSpec {
        name: "retry.blocking",
        kind: Kind::MillisecondsOrNone,
        default: "0",
        doc: "How long the request of a blocking call is retried in the same cases. The call blocks in the meantime. \
              0: no retry.",
    },
    OptionSpec {
        name: "on_unknown",
        kind: Kind::Choice(&["report", "resend"]),
        default: "report",
        doc: "The action if the service may or may not have received a start, message or finish. With report, the \
              application gets the delivery unknown. With resend, the request is retried, and the service may receive \
              it twice. Typing and cleared are always retried.",
    },
    OptionSpec {
        name: "check_state",
        kind: Kind::Flag,
        default: "1",
        doc: "1: a request that the interaction's state does not allow, such as a message after finish, fails with \
              OMNIZE_E_STATE and is not sent. 0: the library sends it.",
    },
    OptionSpec {
        name: "typing.pause",
        kind: Kind::Milliseconds,
        default: "5000",
        doc: "How long after the last keystroke omnize_conversation_keystroke reports to the service that the \
              customer stopped typing.",
    },
    OptionSpec {
        name: "interactions.capacity",
        kind: Kind::Count,
        default: "100000",
        doc: "The maximum number of remembered open interactions without a conversation. Over the limit, the least \
              recently active ones are forgotten. If the application attaches to them later, their state is active.",
    },
    OptionSpec {
        name: "dispatch.threads",
        kind: Kind::Threads,
        default: "1",
        doc: "The number of threads that omnize_client_dispatch starts. Events of one interaction never overlap and \
              keep their order. With several threads, events of different interactions may overlap.",
    },
    OptionSpec {
        name: "handlers.concurrency",
        kind: Kind::Count,
        default: "100",
        doc: "The maximum number of asynchronous handlers that a binding runs at the same time, for example in the \
              tasks of Python's AsyncClient. Events of one interaction never overlap and keep their order. Callbacks \
              of the C interface do not use it.",
    },
    OptionSpec {
        name: "store",
        kind: Kind::File,
        default: "",
        doc: "The database file for triggers, posted requests and open interactions. A trigger is written before the \
              listener responds. It stays there across crashes and restarts until the application acknowledges its \
              event. One client at a time may open the file, and only for one account. Two more files have the same \
              name with -wal and -lock appended. If unset, all data is only in memory.",
    },
    OptionSpec {
        name: "store.move_account",
        kind: Kind::Flag,
        default: "0",
        doc: "A store belongs to one account: a token, a dialect and the host of base_url. 0: a client of another \
              account can't open it. 1: opening it moves it to this account, and its stored requests are sent under \
              this account. Set it once, for example after a change of the token.",
    },
    OptionSpec {
        name: "ack",
        kind: Kind::Choice(&["auto", "manual"]),
        default: "auto",
        doc: "When an event counts as acknowledged in the store. auto: when its callback returns, or when the \
              application frees it. manual: when omnize_event_ack is called. Other events are redelivered after a \
              restart, with the flag redelivered.",
    },
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_default_is_an_accepted_value() {
        for option in OPTIONS {
            assert_eq!(option.kind.check(option.default), Ok(()), "{}", option.name);
        }
    }

    #[test]
    fn names_differ_in_more_than_dots() {
        let names: HashSet<_> = OPTIONS
            .iter()
            .map(|option| option.name.replace('.', "_"))
            .collect();
        assert_eq!(names.len(), OPTIONS.len());
    }
}
