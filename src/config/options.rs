//! The table of all options. C, Python, the command, the environment and the documentation use it.

use crate::config::value_kind::Kind;
use crate::wire::Dialect;
use crate::wire::dialects::rest;

/// One option.
#[derive(Debug)]
pub struct OptionSpec {
    /// Its name. A dot follows the name of its group.
    pub name: &'static str,
    /// The kind of its values.
    pub kind: Kind,
    /// The default; empty if there is none.
    pub default: &'static str,
    /// Its description.
    pub doc: &'static str,
}

/// Every option.
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
        doc: "How the service is spoken to: rest as in 2017, gateway as in 2018, interactions as today, where it is Zenvia \
              Chat. The application stays the same; the token and the ids of departments are the account's.",
    },
    OptionSpec {
        name: "base_url",
        kind: Kind::Url,
        default: rest::BASE_URL,
        doc: "Where the service listens. A query that it has goes along with each request. Without it: where the service of the dialect does, which is \
              https://api.omnize.com/client-gateway/api/rest/v1 for gateway and https://zchat.zenvia.io for interactions.",
    },
    OptionSpec {
        name: "encoding",
        kind: Kind::Encoding,
        default: "utf-8",
        doc: "The encoding of every text of a client, in both directions: a name of the WHATWG Encoding standard, such as \
              windows-1252 or iso-8859-1.",
    },
    OptionSpec {
        name: "encoding.unmappable",
        kind: Kind::Choice(&["question", "reference"]),
        default: "question",
        doc: "How a character of a trigger is written that the encoding does not have: question writes a question mark, \
              reference a numeric character reference such as &#128512;. Such an event is flagged, and its raw body \
              has the original.",
    },
    OptionSpec {
        name: "timeout",
        kind: Kind::Milliseconds,
        default: "30000",
        doc: "How long a request may take in all, from the call to the end of the answer.",
    },
    OptionSpec {
        name: "timeout.connect",
        kind: Kind::Milliseconds,
        default: "10000",
        doc: "How long finding the host, connecting, the way through a proxy and the TLS handshake may take together, \
              within timeout.",
    },
    OptionSpec {
        name: "timeout.tls",
        kind: Kind::OptionalMilliseconds,
        default: "",
        doc: "How long the TLS handshake may take, within timeout.connect. Without it: as long as that allows.",
    },
    OptionSpec {
        name: "timeout.send",
        kind: Kind::OptionalMilliseconds,
        default: "",
        doc: "How long writing a request may take, within timeout. Without it: as long as that allows.",
    },
    OptionSpec {
        name: "timeout.answer",
        kind: Kind::OptionalMilliseconds,
        default: "",
        doc: "How long the answer may take, from the request's last byte to its own, within timeout. Without it: as \
              long as that allows.",
    },
    OptionSpec {
        name: "require_tls",
        kind: Kind::Flag,
        default: "0",
        doc: "Whether a base_url of plain HTTP is refused, unless it leads to this machine itself: a loopback address, localhost, or \
              a name below localhost that has loopback addresses alone. Without it such a URL \
              works, as the service's documented one is, and a warning is logged.",
    },
    OptionSpec {
        name: "tls.ca_file",
        kind: Kind::File,
        default: "",
        doc: "A PEM file with certificates of authorities that are trusted beside those that the operating system \
              trusts. It is read when the client is opened.",
    },
    OptionSpec {
        name: "tls.certificate",
        kind: Kind::File,
        default: "",
        doc: "A PEM file with the client's certificate, followed by those between it and the root, for a service that \
              asks for one. It needs tls.key, and is read when the client is opened.",
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
        doc: "The oldest version of TLS that is spoken with the service.",
    },
    OptionSpec {
        name: "proxy",
        kind: Kind::Proxy,
        default: "",
        doc: "The HTTP proxy that requests go through, such as http://user:password@proxy.example.com:3128 (user and \
              password percent-encoded), or none. https goes through it as a tunnel (CONNECT). Without it the \
              environment decides: https_proxy or HTTPS_PROXY, or for plain HTTP http_proxy or HTTP_PROXY, else \
              all_proxy or ALL_PROXY; and never for this machine itself.",
    },
    OptionSpec {
        name: "no_proxy",
        kind: Kind::Hosts,
        default: "",
        doc: "The hosts that are reached without the proxy, separated by commas or white space: names, which stand for what is below \
              them too, addresses and networks such as 10.0.0.0/8, each with a port where it is meant for that alone, \
              or * for all. Without it, a proxy of the environment heeds no_proxy or NO_PROXY.",
    },
    OptionSpec {
        name: "address_family",
        kind: Kind::Choice(&["any", "ipv4", "ipv6"]),
        default: "any",
        doc: "Which addresses of the service's host, or of the proxy's, are used.",
    },
    OptionSpec {
        name: "validate",
        kind: Kind::Choice(&["off", "strict"]),
        default: "off",
        doc: "Whether a customer's fields are checked before anything is sent: strict wants a CPF whose check digits are \
              right, an e-mail address of the form name@domain, and a telephone number of Brazil with its area code, \
              with or without +55. The CPF of the service's own page fails this.",
    },
    OptionSpec {
        name: "answer.max_bytes",
        kind: Kind::Bytes,
        default: "1048576",
        doc: "The largest answer that is read, also when it is decompressed. The body of a larger one is not read, and the \
              delivery is unknown.",
    },
    OptionSpec {
        name: "listen",
        kind: Kind::Address,
        default: "",
        doc: "The IP address and port where the webhook listener takes triggers, such as 127.0.0.1:8080; port 0 takes a \
              free one. Without it a client has no listener of its own, and the application attaches it to one or hands \
              triggers over itself.",
    },
    OptionSpec {
        name: "listen.path",
        kind: Kind::Path,
        default: "",
        doc: "The path of the webhook URL of a client's own listener. It should hold a part that nobody can guess, for \
              whoever knows the URL can post triggers. Without it, every client makes a new path with 128 random bits. \
              A listener of several clients is told the path of each as it is attached.",
    },
    OptionSpec {
        name: "listen.public_url",
        kind: Kind::PublicUrl,
        default: "",
        doc: "What the webhook URL begins with for the service, where that is not the listener's own address because a \
              proxy stands before it, such as https://chat.example.com. The path is added to it.",
    },
    OptionSpec {
        name: "listen.health",
        kind: Kind::Path,
        default: "",
        doc: "A path where GET is answered 200 while a client is attached and 503 while none is, for load balancers. \
              It asks for no credentials, but for an address that is allowed. Without it there is no such path.",
    },
    OptionSpec {
        name: "listen.basic",
        kind: Kind::Credentials,
        default: "",
        doc: "The credentials that the service must send (HTTP Basic authentication), as user:password. Who sends \
              others, or none, is answered 401. Use it with TLS. Without it none are asked for.",
    },
    OptionSpec {
        name: "listen.allow",
        kind: Kind::Networks,
        default: "",
        doc: "The addresses that triggers may come from, such as 192.0.2.7,198.51.100.0/24, separated by commas or white space. Others are answered 403. \
              Empty means: all.",
    },
    OptionSpec {
        name: "listen.trusted_proxies",
        kind: Kind::Networks,
        default: "",
        doc: "The proxies whose X-Forwarded-For header is believed. A request from one of them counts as coming from \
              the right-most address there that is no trusted proxy. Their connections are counted in \
              listen.max_connections alone.",
    },
    OptionSpec {
        name: "listen.tls.certificate",
        kind: Kind::File,
        default: "",
        doc: "A PEM file with the listener's certificate, followed by those between it and the root. With it the \
              listener speaks TLS alone. When the file changes, new connections get the new certificate, and those \
              there are go on; a certificate or key that can't be used is logged, and the old pair stays.",
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
        doc: "The largest trigger that the listener takes. A larger one is answered 413.",
    },
    OptionSpec {
        name: "listen.max_head",
        kind: Kind::Bytes,
        default: "16384",
        doc: "The largest head (request line and header) that the listener reads. A larger one is answered 431.",
    },
    OptionSpec {
        name: "listen.timeout.head",
        kind: Kind::Milliseconds,
        default: "10000",
        doc: "How long a request's head may take to arrive, from its first byte, or from the connection's beginning \
              for the first one. A slower one is answered 408. A TLS handshake may take as long.",
    },
    OptionSpec {
        name: "listen.timeout.body",
        kind: Kind::Milliseconds,
        default: "30000",
        doc: "How long a request's body may take to arrive after its head. A slower one is answered 408.",
    },
    OptionSpec {
        name: "listen.timeout.idle",
        kind: Kind::Milliseconds,
        default: "75000",
        doc: "How long a connection may stay open between two requests.",
    },
    OptionSpec {
        name: "listen.max_connections",
        kind: Kind::Count,
        default: "512",
        doc: "How many connections the listener holds. One more waits until one ends. Connections between two requests are \
              closed for it, those that wait longest first, and connections that have sent a part of a request's head and \
              not the rest for 0.4 seconds are answered 503. Others wait in the system's queue. Each connection takes \
              a file descriptor of the process.",
    },
    OptionSpec {
        name: "listen.max_connections_per_address",
        kind: Kind::OptionalCount,
        default: "",
        doc: "How many connections the listener holds from one IPv4 address or one IPv6 network of 64 bits. Empty: no \
              limit but listen.max_connections. Over the limit, connections from there that are idle or slow are closed \
              first, as with listen.max_connections; where there are none, the new connection is answered 503 with \
              Retry-After. The service posts from one address, so set this well above the number of triggers that come \
              at once.",
    },
    OptionSpec {
        name: "events.capacity",
        kind: Kind::Count,
        default: "100000",
        doc: "How many events may wait for the application. When they do, the listener answers 503 with Retry-After.",
    },
    OptionSpec {
        name: "events.max_bytes",
        kind: Kind::Bytes,
        default: "67108864",
        doc: "How many bytes the bodies of the events that wait may have together. Beyond it, the listener answers 503 with \
              Retry-After. A single event is taken while none waits, however large it is: listen.max_body bounds that.",
    },
    OptionSpec {
        name: "outbox.capacity",
        kind: Kind::Count,
        default: "100000",
        doc: "How many posted requests may wait or be on their way. When they do, posting ends with OMNIZE_E_FULL.",
    },
    OptionSpec {
        name: "outbox.max_bytes",
        kind: Kind::Bytes,
        default: "67108864",
        doc: "How many bytes the posted requests that wait or are on their way may have together, as JSON. Beyond it, posting \
              ends with OMNIZE_E_FULL. A single request is taken while none waits, however large it is.",
    },
    OptionSpec {
        name: "outbox.connections",
        kind: Kind::Threads,
        default: "8",
        doc: "How many posted requests may be on their way at once, each on a connection and a thread of its own. Those \
              of one interaction leave one at a time.",
    },
    OptionSpec {
        name: "retry.posted",
        kind: Kind::MillisecondsOrNone,
        default: "300000",
        doc: "For how long a posted request is made again that surely was not received, or that the service asks to make \
              again later (HTTP 429 and 503); after pauses that grow from 0.2 to 30 seconds, or as Retry-After says. With a \
              store, the time goes on while the application is not running. 0: not at all.",
    },
    OptionSpec {
        name: "retry.blocking",
        kind: Kind::MillisecondsOrNone,
        default: "0",
        doc: "The same for requests that the caller waits for; the caller waits on. 0: not at all.",
    },
    OptionSpec {
        name: "on_unknown",
        kind: Kind::Choice(&["report", "resend"]),
        default: "report",
        doc: "What becomes of a start, a message or a finish that the service may or may not have received: report tells \
              the application; resend makes it again, as if it had not been sent, and the service may get it twice. \
              Typing and cleared are always made again.",
    },
    OptionSpec {
        name: "strict",
        kind: Kind::Flag,
        default: "1",
        doc: "1: a request that has no meaning where its interaction is, such as a message after the finish, ends with \
              OMNIZE_E_STATE and is not sent. 0: it is left to the service.",
    },
    OptionSpec {
        name: "typing.pause",
        kind: Kind::Milliseconds,
        default: "5000",
        doc: "How long no key is pressed before omnize_conversation_keystroke has told the service that the customer has \
              stopped typing.",
    },
    OptionSpec {
        name: "interactions.capacity",
        kind: Kind::Count,
        default: "100000",
        doc: "How many open interactions are remembered that no conversation of the application is about. Beyond it, those \
              that nothing was heard of for the longest time are forgotten; attached again, they count as active.",
    },
    OptionSpec {
        name: "dispatch.threads",
        kind: Kind::Threads,
        default: "1",
        doc: "How many threads omnize_client_dispatch starts. Events of one interaction never overlap and keep their \
              order; with more than one thread, those of different interactions may overlap.",
    },
    OptionSpec {
        name: "store",
        kind: Kind::File,
        default: "",
        doc: "The database file in which a trigger is written before the service is told that it arrived, and waits until \
              the application has handled it, across a crash or a restart; so does what was posted, and the interactions \
              that are open. One client at a time can have it open, and one account alone. Beside it are files with the \
              endings -wal and -lock. Without it, all that is in memory alone.",
    },
    OptionSpec {
        name: "store.move_account",
        kind: Kind::Flag,
        default: "0",
        doc: "A store belongs to the account that filled it: to a token, a dialect and the host of base_url. 0: a client of \
              another account can't open it. 1: it becomes this account's when it is opened, and what waits in it is sent \
              under this account. Set it once, after the token was changed, say.",
    },
    OptionSpec {
        name: "ack",
        kind: Kind::Choice(&["auto", "manual"]),
        default: "auto",
        doc: "When an event counts as handled, with a store: auto, when its callback has returned, or when an event of \
              next or one that was kept is freed; manual, when omnize_event_ack is called for it. What was not handled \
              comes again after the next start, flagged as redelivered.",
    },
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_default_is_valid() {
        for option in OPTIONS {
            assert_eq!(option.kind.check(option.default), Ok(()), "{}", option.name);
        }
    }

    #[test]
    fn no_two_names_differ_only_in_dots() {
        let names: HashSet<_> = OPTIONS
            .iter()
            .map(|option| option.name.replace('.', "_"))
            .collect();
        assert_eq!(names.len(), OPTIONS.len());
    }
}
