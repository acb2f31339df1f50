//! Numbers for Prometheus.

use crate::requests::Requests;
use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobEnd {
    queue: String,
    state: &'static str,
}

/// What is counted.
pub(crate) struct Metrics {
    registry: Registry,
    pub(crate) requests: Requests,
    jobs: Family<JobEnd, Counter>,
    pub(crate) in_flight: Gauge,
    pub(crate) computing: Gauge,
    pub(crate) waiting: Gauge,
    pub(crate) ready: Gauge,
    /// 1 while snapshots cannot be followed.
    pub(crate) follow_failing: Gauge,
    pub(crate) recordings: Gauge,
    pub(crate) file_bytes: Gauge,
    /// Bytes in memory that belong to this process; 0 where the system does not say.
    pub(crate) resident: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("sonic");
        let requests = Requests::new(&mut registry);
        let mut metrics = Self {
            registry,
            requests,
            jobs: Family::default(),
            in_flight: Gauge::default(),
            computing: Gauge::default(),
            waiting: Gauge::default(),
            ready: Gauge::default(),
            follow_failing: Gauge::default(),
            recordings: Gauge::default(),
            file_bytes: Gauge::default(),
            resident: Gauge::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("jobs_ended", "Jobs that ended, or failed once", self.jobs.clone());
        let gauges = [
            ("requests_in_flight", "Requests under way", &self.in_flight),
            ("computing", "Requests that compute", &self.computing),
            ("waiting", "Requests that wait to compute", &self.waiting),
            ("ready", "1 once the store is open and models are loaded", &self.ready),
            ("follow_failing", "1 while snapshots cannot be followed", &self.follow_failing),
            ("recordings", "Recordings in the store", &self.recordings),
            ("store_file_bytes", "Size of the store's file", &self.file_bytes),
            ("resident_bytes", "Memory of the process", &self.resident),
        ];
        for (name, help, gauge) in gauges {
            registry.register(name, help, gauge.clone());
        }
    }

    /// Counts a job that ended, or an attempt that failed.
    pub(crate) fn job(&self, queue: &str, state: &'static str) {
        self.jobs.get_or_create(&JobEnd { queue: queue.to_owned(), state }).inc();
    }

    /// Everything as text.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// Bytes of memory of this process; `None` where the system does not say.
pub fn resident_bytes() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").parse::<i64>().ok().map(|kib| kib * 1024)
}
