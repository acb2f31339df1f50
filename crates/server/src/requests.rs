//! Numbers of requests for Prometheus, the same for every server.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
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

/// A histogram of times that answers take, in seconds.
pub fn histogram() -> Histogram {
    Histogram::new([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0])
}

/// How many requests were answered, how, and after what time.
#[derive(Debug)]
pub struct Requests {
    answered: Family<Answered, Counter>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
}

impl Requests {
    /// Counts in `registry`.
    pub fn new(registry: &mut Registry) -> Self {
        let made: fn() -> Histogram = histogram;
        let it = Self { answered: Family::default(), seconds: Family::new_with_constructor(made) };
        registry.register("requests", "Requests answered", it.answered.clone());
        let seconds = it.seconds.clone();
        registry.register_with_unit("request", "Time until an answer begins", Unit::Seconds, seconds);
        it
    }

    /// Counts an answer of a route, which is the path with the names of its parts and not what stands for them.
    pub fn answered(&self, route: &str, method: &str, status: u16, took: Duration) {
        let labels = Answered { route: route.to_owned(), method: method.to_owned(), status };
        self.answered.get_or_create(&labels).inc();
        self.seconds.get_or_create(&Route { route: route.to_owned() }).observe(took.as_secs_f64());
    }
}
