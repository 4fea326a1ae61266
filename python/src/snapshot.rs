//! The statistics of a client at one moment.

use omnize::STATISTICS;
use pyo3::prelude::*;

/// All statistics. The package's `Statistics` reads it.
#[pyclass(frozen, module = "omnize._omnize")]
pub struct Snapshot(omnize::Snapshot);

impl Snapshot {
    pub fn new(snapshot: omnize::Snapshot) -> Self {
        Snapshot(snapshot)
    }
}

#[pymethods]
impl Snapshot {
    /// Returns the values, by name.
    fn values(&self) -> Vec<(&'static str, u64)> {
        let values = STATISTICS.iter();
        let values = values.map(|spec| (spec.name, self.0.get(spec.statistic)));
        values.collect()
    }

    /// Returns the limit of each bucket in seconds, and its attempts.
    fn buckets(&self) -> Vec<(Option<f64>, u64)> {
        let buckets = self.0.latency().buckets();
        let buckets =
            buckets.map(|(bound, attempts)| (bound.map(|bound| bound.as_secs_f64()), attempts));
        buckets.collect()
    }

    /// The duration of all attempts, in seconds.
    #[getter]
    fn seconds(&self) -> f64 {
        self.0.latency().total().as_secs_f64()
    }

    /// Returns a JSON object.
    fn json(&self) -> String {
        self.0.to_json()
    }

    /// Returns the text format of Prometheus.
    fn prometheus(&self) -> String {
        self.0.to_prometheus()
    }
}
