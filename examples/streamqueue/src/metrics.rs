//! Numbers for Prometheus.

use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use sonic_server::host::{Requests, histogram};
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Way {
    /// How a slice came: `http` or `socket`.
    way: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Closed {
    code: u16,
}

/// What is counted.
pub(crate) struct Metrics {
    registry: Registry,
    pub(crate) requests: Requests,
    slices: Family<Way, Counter>,
    slice_bytes: Counter,
    refused: Counter,
    stored: Histogram,
    closed: Family<Closed, Counter>,
    pub(crate) captions: Counter,
    pub(crate) sockets: Gauge,
    pub(crate) ready: Gauge,
    pub(crate) resident: Gauge,
    /// Of the queue and the worker, set when somebody looks.
    gauges: Family<Named, Gauge>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Named {
    what: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("streamqueue");
        let requests = Requests::new(&mut registry);
        let mut metrics = Self {
            registry,
            requests,
            slices: Family::default(),
            slice_bytes: Counter::default(),
            refused: Counter::default(),
            stored: histogram(),
            closed: Family::default(),
            captions: Counter::default(),
            sockets: Gauge::default(),
            ready: Gauge::default(),
            resident: Gauge::default(),
            gauges: Family::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("slices", "Slices that were stored", self.slices.clone());
        registry.register("slice_bytes", "Bytes of them", self.slice_bytes.clone());
        registry.register("slices_refused", "Slices that were refused", self.refused.clone());
        registry.register_with_unit(
            "store",
            "Time until a slice is stored",
            Unit::Seconds,
            self.stored.clone(),
        );
        registry.register("captions", "Captions that were sent to pages", self.captions.clone());
        registry.register("sockets_closed", "WebSockets that were closed, by code", self.closed.clone());
        registry.register("sockets", "WebSockets", self.sockets.clone());
        registry.register("ready", "1 once slices are taken", self.ready.clone());
        registry.register("resident_bytes", "Memory of the process", self.resident.clone());
        registry.register("pipeline", "Numbers of the queue and the worker", self.gauges.clone());
    }

    /// Counts a slice that was stored.
    pub(crate) fn stored(&self, way: &'static str, bytes: usize, took: Duration) {
        self.slices.get_or_create(&Way { way }).inc();
        self.slice_bytes.inc_by(bytes as u64);
        self.stored.observe(took.as_secs_f64());
    }

    /// Counts a slice that was refused.
    pub(crate) fn refused(&self) {
        self.refused.inc();
    }

    /// Counts a WebSocket that was closed.
    pub(crate) fn closed(&self, code: u16) {
        self.closed.get_or_create(&Closed { code }).inc();
    }

    /// Sets a number of the queue or the worker.
    pub(crate) fn set(&self, what: &'static str, value: u64) {
        self.gauges.get_or_create(&Named { what }).set(i64::try_from(value).unwrap_or(i64::MAX));
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
