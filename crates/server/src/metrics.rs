//! Numbers for Prometheus.

use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: String,
    method: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobEnd {
    queue: String,
    state: &'static str,
}

/// Upper ends of the classes of the time that an answer takes, in seconds.
const CLASSES: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];

/// What is counted.
pub(crate) struct Metrics {
    registry: Registry,
    answered: Family<Answered, Counter>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
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
        let histogram: fn() -> Histogram = || Histogram::new(CLASSES);
        let mut metrics = Self {
            registry: Registry::with_prefix("sonic"),
            answered: Family::default(),
            seconds: Family::new_with_constructor(histogram),
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
        registry.register("requests", "Requests answered", self.answered.clone());
        registry.register_with_unit(
            "request",
            "Time until an answer begins",
            Unit::Seconds,
            self.seconds.clone(),
        );
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

    /// Counts an answer.
    pub(crate) fn answered(&self, route: &str, method: &str, status: u16, took: Duration) {
        let labels = Answered { route: route.to_owned(), method: method.to_owned(), status };
        self.answered.get_or_create(&labels).inc();
        self.seconds.get_or_create(&Route { route: route.to_owned() }).observe(took.as_secs_f64());
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
