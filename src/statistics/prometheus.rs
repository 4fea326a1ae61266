//! The statistics in the text format of Prometheus, version 0.0.4.
//!
//! A sample has the client's number at its listener as its only identification: no client id, path or token.

use std::fmt::{Arguments, Write};

use crate::statistics::snapshot::{Snapshot, Values};
use crate::statistics::statistic::{STATISTICS, Statistic};

/// The type of the text, for the header Content-Type.
#[cfg(feature = "listener")]
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Statistics with one name. Their kind is that of the first.
struct Family {
    name: &'static str,
    help: &'static str,
    /// Each with the value of its label `result`, unless it has none.
    members: &'static [(Statistic, &'static str)],
}

/// The statistics of a client.
const CLIENT_FAMILIES: &[Family] = &[
    Family {
        name: "omnize_triggers_total",
        help: "Triggers of the service, by result.",
        members: &[
            (Statistic::Received, "accepted"),
            (Statistic::Unreadable, "unreadable"),
            (Statistic::Rejected, "rejected"),
            (Statistic::Repeated, "repeated"),
        ],
    },
    Family {
        name: "omnize_delivered_events_total",
        help: "Events that were delivered to the application.",
        members: &[(Statistic::Delivered, "")],
    },
    Family {
        name: "omnize_unwanted_events_total",
        help: "Events without a matching subscription.",
        members: &[(Statistic::Unwanted, "")],
    },
    Family {
        name: "omnize_queued_events",
        help: "Events that wait for the application.",
        members: &[(Statistic::EventsQueued, "")],
    },
    Family {
        name: "omnize_quarantined_rows_total",
        help: "Rows of the store that could not be read.",
        members: &[(Statistic::Quarantined, "")],
    },
    Family {
        name: "omnize_requests_total",
        help: "Requests to the service that ended, by result.",
        members: &[
            (Statistic::RequestsAccepted, "accepted"),
            (Statistic::RequestsRejected, "rejected"),
            (Statistic::RequestsUnknown, "unknown"),
            (Statistic::RequestsNotSent, "not_sent"),
            (Statistic::RequestsExpired, "expired"),
            (Statistic::RequestsCancelled, "cancelled"),
        ],
    },
    Family {
        name: "omnize_sent_requests_total",
        help: "Attempts that wrote at least one byte of a request.",
        members: &[(Statistic::RequestsSent, "")],
    },
    Family {
        name: "omnize_retried_requests_total",
        help: "Attempts after the first one of a request.",
        members: &[(Statistic::RequestsRetried, "")],
    },
    Family {
        name: "omnize_requests_in_progress",
        help: "Attempts that are in progress.",
        members: &[(Statistic::InProgress, "")],
    },
    Family {
        name: "omnize_outbox_requests",
        help: "Posted requests that are queued or in progress.",
        members: &[(Statistic::Outbox, "")],
    },
    Family {
        name: "omnize_opened_connections_total",
        help: "Connections to the service that were opened.",
        members: &[(Statistic::ConnectionsOpened, "")],
    },
    Family {
        name: "omnize_reused_connections_total",
        help: "Attempts over a connection that an earlier request opened.",
        members: &[(Statistic::ConnectionsReused, "")],
    },
    Family {
        name: "omnize_sent_bytes_total",
        help: "Bytes written to connections to the service.",
        members: &[(Statistic::BytesSent, "")],
    },
    Family {
        name: "omnize_received_bytes_total",
        help: "Bytes read from connections to the service.",
        members: &[(Statistic::BytesReceived, "")],
    },
];

/// The statistics of a listener. It counts some for all its clients.
const LISTENER_FAMILY: Family = Family {
    name: "omnize_listener_requests_total",
    help: "Requests and connections to the listener, by result.",
    members: &[
        (Statistic::Received, "accepted"),
        (Statistic::Unreadable, "unreadable"),
        (Statistic::Rejected, "rejected"),
        (Statistic::WrongPath, "wrong_path"),
        (Statistic::WrongMethod, "wrong_method"),
        (Statistic::TooLarge, "too_large"),
        (Statistic::Incomplete, "incomplete"),
        (Statistic::TooSlow, "too_slow"),
        (Statistic::Malformed, "malformed"),
        (Statistic::HeadTooLarge, "head_too_large"),
        (Statistic::NotAllowed, "not_allowed"),
        (Statistic::BadCredentials, "bad_credentials"),
        (Statistic::TlsFailed, "tls_failed"),
        (Statistic::OverLimit, "over_limit"),
    ],
};

const LATENCY_NAME: &str = "omnize_request_duration_seconds";
const LATENCY_HELP: &str =
    "Time from the start of an attempt to the end of its response or to its failure.";

impl Snapshot {
    /// Returns the statistics in the text format of Prometheus.
    pub fn to_prometheus(&self) -> String {
        render(&[(None, self)], self.listener.as_ref())
    }
}

/// Returns the name and the label of a statistic, for example `omnize_requests_total{result="accepted"}`.
pub fn series_of(statistic: Statistic) -> String {
    let families = CLIENT_FAMILIES.iter().chain([&LISTENER_FAMILY]);
    for family in families {
        for (member, result) in family.members {
            if *member == statistic {
                return format!("{}{}", family.name, labels(None, &[("result", result)]));
            }
        }
    }
    String::new()
}

/// Returns the text of these clients, each with its number if it has one, and of their listener.
pub fn render(clients: &[(Option<u64>, &Snapshot)], listener: Option<&Values>) -> String {
    let mut text = String::new();
    for family in CLIENT_FAMILIES {
        begin(&mut text, family);
        for (number, snapshot) in clients {
            for (statistic, result) in family.members {
                let labels = labels(*number, &[("result", result)]);
                let value = snapshot.get(*statistic);
                line(&mut text, format_args!("{}{labels} {value}", family.name));
            }
        }
    }
    line(
        &mut text,
        format_args!("# HELP {LATENCY_NAME} {LATENCY_HELP}"),
    );
    line(&mut text, format_args!("# TYPE {LATENCY_NAME} histogram"));
    for (number, snapshot) in clients {
        add_latency(&mut text, *number, snapshot);
    }
    if let Some(values) = listener {
        begin(&mut text, &LISTENER_FAMILY);
        for (statistic, result) in LISTENER_FAMILY.members {
            let labels = labels(None, &[("result", result)]);
            let value = values[*statistic as usize];
            line(
                &mut text,
                format_args!("{}{labels} {value}", LISTENER_FAMILY.name),
            );
        }
    }
    text
}

fn begin(text: &mut String, family: &Family) {
    let kind = STATISTICS[family.members[0].0 as usize].kind.name();
    line(text, format_args!("# HELP {} {}", family.name, family.help));
    line(text, format_args!("# TYPE {} {kind}", family.name));
}

fn add_latency(text: &mut String, number: Option<u64>, snapshot: &Snapshot) {
    let mut attempts = 0;
    for (bound, in_bucket) in snapshot.latency().buckets() {
        attempts += in_bucket;
        let bound = bound.map_or("+Inf".to_owned(), |bound| bound.as_secs_f64().to_string());
        let labels = labels(number, &[("le", &bound)]);
        line(
            text,
            format_args!("{LATENCY_NAME}_bucket{labels} {attempts}"),
        );
    }
    let labels = labels(number, &[]);
    let seconds = snapshot.latency().total().as_secs_f64();
    line(text, format_args!("{LATENCY_NAME}_sum{labels} {seconds}"));
    line(
        text,
        format_args!("{LATENCY_NAME}_count{labels} {attempts}"),
    );
}

/// Returns the labels in braces, without those that are empty. The values need no escaping.
fn labels(number: Option<u64>, others: &[(&str, &str)]) -> String {
    let client = number.map(|number| format!("client=\"{number}\""));
    let others = others.iter().filter(|(_, value)| !value.is_empty());
    let others = others.map(|(name, value)| format!("{name}=\"{value}\""));
    let all: Vec<_> = client.into_iter().chain(others).collect();
    match all.is_empty() {
        true => String::new(),
        false => format!("{{{}}}", all.join(",")),
    }
}

fn line(text: &mut String, line: Arguments<'_>) {
    // Writing to a string never fails.
    let _ = text.write_fmt(line);
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::statistics::{Counters, StatisticKind};

    #[test]
    fn each_statistic_has_a_series_of_its_own() {
        let series: HashSet<_> = STATISTICS
            .iter()
            .map(|spec| series_of(spec.statistic))
            .collect();
        assert_eq!(series.len(), STATISTICS.len());
        assert!(!series.contains(""));
        assert_eq!(
            series_of(Statistic::RequestsAccepted),
            "omnize_requests_total{result=\"accepted\"}"
        );
        assert_eq!(series_of(Statistic::Outbox), "omnize_outbox_requests");
    }

    #[test]
    fn only_names_of_counters_end_with_total() {
        for family in CLIENT_FAMILIES.iter().chain([&LISTENER_FAMILY]) {
            for (statistic, _) in family.members {
                let is_counter = STATISTICS[*statistic as usize].kind == StatisticKind::Counter;
                assert_eq!(
                    family.name.ends_with("_total"),
                    is_counter,
                    "{}",
                    family.name
                );
            }
        }
    }

    #[test]
    fn each_client_has_its_number_and_a_listener_has_none() {
        let (one, two) = (Counters::default(), Counters::default());
        two.count(Statistic::RequestsAccepted);
        two.count_sent(std::time::Duration::from_millis(20));
        let text = render(
            &[(Some(1), &one.snapshot()), (Some(2), &two.snapshot())],
            Some(&one.values()),
        );
        for line in [
            "omnize_requests_total{client=\"1\",result=\"accepted\"} 0",
            "omnize_requests_total{client=\"2\",result=\"accepted\"} 1",
            "omnize_request_duration_seconds_bucket{client=\"2\",le=\"0.01\"} 0",
            "omnize_request_duration_seconds_bucket{client=\"2\",le=\"0.025\"} 1",
            "omnize_request_duration_seconds_bucket{client=\"2\",le=\"+Inf\"} 1",
            "omnize_request_duration_seconds_sum{client=\"2\"} 0.02",
            "omnize_listener_requests_total{result=\"wrong_path\"} 0",
        ] {
            assert!(
                text.lines().any(|found| found == line),
                "{line} is not in\n{text}"
            );
        }
        assert_eq!(
            text.matches("# TYPE omnize_requests_total counter\n")
                .count(),
            1
        );
    }
}
