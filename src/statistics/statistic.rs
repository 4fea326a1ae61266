//! The table of statistics: counters, and gauges.

/// A statistic of a client or a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistic {
    /// Triggers that were accepted.
    Received,
    /// Events that were delivered to the application.
    Delivered,
    /// Events without a matching subscription.
    Unwanted,
    /// Bodies that are not a valid trigger.
    Unreadable,
    /// Triggers that were rejected because the event queue was full or no client was open.
    Rejected,
    /// Messages that the service posted again with the same hash. They were delivered once.
    Repeated,
    /// Rows of the store that could not be read when the client opened. They were moved to its table aside.
    Quarantined,
    /// Events that wait for the application.
    EventsQueued,
    /// Requests that the service accepted.
    RequestsAccepted,
    /// Requests that the service rejected.
    RequestsRejected,
    /// Requests that the service may or may not have received.
    RequestsUnknown,
    /// Requests that were not sent for a reason other than the next two.
    RequestsNotSent,
    /// Requests that were not sent because they reached their age limit.
    RequestsExpired,
    /// Requests that were not sent because the application cancelled them.
    RequestsCancelled,
    /// Attempts that wrote at least one byte of a request.
    RequestsSent,
    /// Attempts after the first one of a request.
    RequestsRetried,
    /// Attempts that are in progress now.
    InProgress,
    /// Posted requests that are queued or in progress now.
    Outbox,
    /// Connections to the service that were opened, including their TLS handshake.
    ConnectionsOpened,
    /// Attempts over a connection that an earlier request opened.
    ConnectionsReused,
    /// Bytes written to connections to the service, including TLS and HTTP headers.
    BytesSent,
    /// Bytes read from connections to the service, including TLS and HTTP headers.
    BytesReceived,
    /// Requests to the listener at a path without a client.
    WrongPath,
    /// Requests to the listener with a method other than POST and PUT.
    WrongMethod,
    /// Requests to the listener with a body larger than listen.max_body.
    TooLarge,
    /// Requests to the listener that ended before they were complete.
    Incomplete,
    /// Requests to the listener that exceeded listen.timeout.head or listen.timeout.body.
    TooSlow,
    /// Requests to the listener that are not valid HTTP, or contradict themselves.
    Malformed,
    /// Requests to the listener with a head larger than listen.max_head.
    HeadTooLarge,
    /// Requests to the listener from an address outside listen.allow.
    NotAllowed,
    /// Requests to the listener without the credentials of listen.basic.
    BadCredentials,
    /// Connections to the listener whose TLS handshake failed.
    TlsFailed,
    /// Connections to the listener over listen.max_connections or listen.max_connections_per_address.
    OverLimit,
}

impl Statistic {
    /// Returns whether the listener counts it, before it knows the client of a request.
    pub fn is_of_listener(self) -> bool {
        self as usize >= Statistic::WrongPath as usize
    }
}

/// The kind of a statistic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatisticKind {
    /// A number that only grows.
    Counter,
    /// A number that also falls.
    Gauge,
}

impl StatisticKind {
    /// Returns its name, which is also that of Prometheus.
    pub fn name(self) -> &'static str {
        match self {
            StatisticKind::Counter => "counter",
            StatisticKind::Gauge => "gauge",
        }
    }
}

/// A row of the table.
#[derive(Debug)]
pub struct StatisticSpec {
    /// The statistic.
    pub statistic: Statistic,
    /// Its name.
    pub name: &'static str,
    /// Its kind.
    pub kind: StatisticKind,
    /// Its meaning, in English.
    pub doc: &'static str,
}

const fn counter(statistic: Statistic, name: &'static str, doc: &'static str) -> StatisticSpec {
    StatisticSpec {
        statistic,
        name,
        kind: StatisticKind::Counter,
        doc,
    }
}

const fn gauge(statistic: Statistic, name: &'static str, doc: &'static str) -> StatisticSpec {
    StatisticSpec {
        statistic,
        name,
        kind: StatisticKind::Gauge,
        doc,
    }
}

/// All statistics, in the order of [`Statistic`].
pub const STATISTICS: &[StatisticSpec] = &[
    counter(
        Statistic::Received,
        "received",
        "Triggers that were accepted.",
    ),
    counter(
        Statistic::Delivered,
        "delivered",
        "Events that were delivered to the application.",
    ),
    counter(
        Statistic::Unwanted,
        "unwanted",
        "Events without a matching subscription.",
    ),
    counter(
        Statistic::Unreadable,
        "unreadable",
        "Bodies that are not a valid trigger.",
    ),
    counter(
        Statistic::Rejected,
        "rejected",
        "Triggers that were rejected because the event queue was full or no client was open.",
    ),
    counter(
        Statistic::Repeated,
        "repeated",
        "Messages that the service posted again with the same hash. They were delivered once.",
    ),
    counter(
        Statistic::Quarantined,
        "quarantined",
        "Rows of the store that could not be read when the client opened. They were moved to its table aside.",
    ),
    gauge(
        Statistic::EventsQueued,
        "events_queued",
        "Events that wait for the application.",
    ),
    counter(
        Statistic::RequestsAccepted,
        "requests_accepted",
        "Requests that the service accepted.",
    ),
    counter(
        Statistic::RequestsRejected,
        "requests_rejected",
        "Requests that the service rejected.",
    ),
    counter(
        Statistic::RequestsUnknown,
        "requests_unknown",
        "Requests that the service may or may not have received.",
    ),
    counter(
        Statistic::RequestsNotSent,
        "requests_not_sent",
        "Requests that were not sent for a reason other than the next two.",
    ),
    counter(
        Statistic::RequestsExpired,
        "requests_expired",
        "Requests that were not sent because they reached their age limit.",
    ),
    counter(
        Statistic::RequestsCancelled,
        "requests_cancelled",
        "Requests that were not sent because the application cancelled them.",
    ),
    counter(
        Statistic::RequestsSent,
        "requests_sent",
        "Attempts that wrote at least one byte of a request.",
    ),
    counter(
        Statistic::RequestsRetried,
        "requests_retried",
        "Attempts after the first one of a request.",
    ),
    gauge(
        Statistic::InProgress,
        "in_progress",
        "Attempts that are in progress now.",
    ),
    gauge(
        Statistic::Outbox,
        "outbox",
        "Posted requests that are queued or in progress now.",
    ),
    counter(
        Statistic::ConnectionsOpened,
        "connections_opened",
        "Connections to the service that were opened, including their TLS handshake.",
    ),
    counter(
        Statistic::ConnectionsReused,
        "connections_reused",
        "Attempts over a connection that an earlier request opened.",
    ),
    counter(
        Statistic::BytesSent,
        "bytes_sent",
        "Bytes written to connections to the service, including TLS and HTTP headers.",
    ),
    counter(
        Statistic::BytesReceived,
        "bytes_received",
        "Bytes read from connections to the service, including TLS and HTTP headers.",
    ),
    counter(
        Statistic::WrongPath,
        "wrong_path",
        "Requests to the listener at a path without a client.",
    ),
    counter(
        Statistic::WrongMethod,
        "wrong_method",
        "Requests to the listener with a method other than POST and PUT.",
    ),
    counter(
        Statistic::TooLarge,
        "too_large",
        "Requests to the listener with a body larger than listen.max_body.",
    ),
    counter(
        Statistic::Incomplete,
        "incomplete",
        "Requests to the listener that ended before they were complete.",
    ),
    counter(
        Statistic::TooSlow,
        "too_slow",
        "Requests to the listener that exceeded listen.timeout.head or listen.timeout.body.",
    ),
    counter(
        Statistic::Malformed,
        "malformed",
        "Requests to the listener that are not valid HTTP, or contradict themselves.",
    ),
    counter(
        Statistic::HeadTooLarge,
        "head_too_large",
        "Requests to the listener with a head larger than listen.max_head.",
    ),
    counter(
        Statistic::NotAllowed,
        "not_allowed",
        "Requests to the listener from an address outside listen.allow.",
    ),
    counter(
        Statistic::BadCredentials,
        "bad_credentials",
        "Requests to the listener without the credentials of listen.basic.",
    ),
    counter(
        Statistic::TlsFailed,
        "tls_failed",
        "Connections to the listener whose TLS handshake failed.",
    ),
    counter(
        Statistic::OverLimit,
        "over_limit",
        "Connections to the listener over listen.max_connections or listen.max_connections_per_address.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_statistics() {
        for (index, spec) in STATISTICS.iter().enumerate() {
            assert_eq!(spec.statistic as usize, index);
        }
    }
}
