//! The statistics as a JSON object.

use std::fmt::Write;

use crate::statistics::snapshot::Snapshot;
use crate::statistics::statistic::STATISTICS;

impl Snapshot {
    /// Returns a JSON object with a number for each statistic, and the object `latency`. Times are in seconds.
    pub fn to_json(&self) -> String {
        let mut text = String::from("{");
        for spec in STATISTICS {
            push(
                &mut text,
                format_args!("\"{}\":{},", spec.name, self.get(spec.statistic)),
            );
        }
        let latency = self.latency();
        push(
            &mut text,
            format_args!(
                "\"latency\":{{\"attempts\":{},\"seconds\":{},\"buckets\":[",
                latency.attempts(),
                latency.total().as_secs_f64()
            ),
        );
        for (index, (bound, attempts)) in latency.buckets().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let limit = bound.map_or("null".to_owned(), |bound| bound.as_secs_f64().to_string());
            push(
                &mut text,
                format_args!("{comma}{{\"limit\":{limit},\"attempts\":{attempts}}}"),
            );
        }
        text.push_str("]}}");
        text
    }
}

fn push(text: &mut String, part: std::fmt::Arguments<'_>) {
    // Writing to a string never fails.
    let _ = text.write_fmt(part);
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use crate::statistics::{Counters, LATENCY_BUCKETS, STATISTICS, Statistic};

    #[test]
    fn the_object_has_each_statistic_and_the_latency() {
        let counters = Counters::default();
        counters.add(Statistic::BytesSent, u64::MAX);
        counters.count_sent(std::time::Duration::from_millis(7));
        let json: Value = serde_json::from_str(&counters.snapshot().to_json()).unwrap();
        assert_eq!(json.as_object().unwrap().len(), STATISTICS.len() + 1);
        assert_eq!(json["bytes_sent"], u64::MAX);
        assert_eq!(json["latency"]["seconds"], 0.007);
        assert_eq!(json["latency"]["attempts"], 1);
        let buckets = json["latency"]["buckets"].as_array().unwrap();
        assert_eq!(buckets.len(), LATENCY_BUCKETS);
        assert_eq!(
            (&buckets[1]["limit"], &buckets[1]["attempts"]),
            (&0.01.into(), &1.into())
        );
        assert_eq!(buckets[LATENCY_BUCKETS - 1]["limit"], Value::Null);
    }
}
