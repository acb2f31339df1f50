//! What every handler has at hand.

use crate::metrics::Metrics;
use crate::pipeline::Pipeline;
use crate::presence::Presence;
use crate::refusal::Refusal;
use crate::settings::Settings;
use crate::users::Users;
use sonic::Result;
use sonic_server::host::Rates;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// The service's state; clones share it.
#[derive(Clone)]
pub(crate) struct App(Arc<State>);

/// See [`App`].
pub(crate) struct State {
    pub(crate) settings: Settings,
    pub(crate) users: Users,
    pub(crate) rates: Rates,
    pub(crate) metrics: Metrics,
    pub(crate) presence: Arc<Presence>,
    /// WebSockets that there may still be.
    pub(crate) sockets: Arc<Semaphore>,
    /// Kibibytes that slices may still take.
    memory: Arc<Semaphore>,
    /// True once the service is to end.
    pub(crate) stopping: watch::Sender<bool>,
    opened: OnceLock<Arc<Pipeline>>,
}

impl Deref for App {
    type Target = State;

    fn deref(&self) -> &State {
        &self.0
    }
}

impl App {
    /// # Errors
    /// What is wrong with a file or a setting.
    pub(crate) fn new(settings: Settings) -> Result<Self> {
        Ok(Self(Arc::new(State {
            users: Users::open(&settings)?,
            rates: Rates::default(),
            metrics: Metrics::default(),
            presence: Arc::new(Presence::new(settings.redis.as_deref())?),
            sockets: Arc::new(Semaphore::new(settings.limits.sockets)),
            memory: Arc::new(Semaphore::new(settings.limits.memory_bytes >> 10)),
            stopping: watch::channel(false).0,
            opened: OnceLock::new(),
            settings,
        })))
    }

    /// Opens the queue and the store; slices are taken from then on.
    ///
    /// # Errors
    /// What cannot be opened.
    pub(crate) fn open(&self) -> Result<()> {
        let opened = Pipeline::open(&self.settings, &self.presence)?;
        let _ = self.opened.set(Arc::new(opened));
        self.metrics.ready.set(1);
        Ok(())
    }

    /// The queue and the store.
    ///
    /// # Errors
    /// 503 while they are not there yet.
    pub(crate) fn pipeline(&self) -> std::result::Result<Arc<Pipeline>, Refusal> {
        let starting = || Refusal::later(Duration::from_secs(1), "the service is starting");
        self.opened.get().cloned().ok_or_else(starting)
    }

    /// Room in memory for a slice, given back when it is dropped.
    ///
    /// # Errors
    /// 503 if there is none.
    pub(crate) fn room(&self, bytes: usize) -> std::result::Result<OwnedSemaphorePermit, Refusal> {
        let kibibytes = bytes.div_ceil(1024).max(1) as u32;
        let room = self.memory.clone().try_acquire_many_owned(kibibytes);
        room.map_err(|_| Refusal::later(Duration::from_secs(1), "too many slices are in memory already"))
    }

    /// Runs what waits for a disk or for Redis.
    ///
    /// # Errors
    /// As `work`; 500 if that panics, which is a bug.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&App) -> std::result::Result<T, Refusal> + Send + 'static,
    ) -> std::result::Result<T, Refusal> {
        let app = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&app)).await;
        done.unwrap_or_else(|_| {
            Err(Refusal::new(
                axum::http::StatusCode::INTERNAL_SERVER_ERROR,
                "a bug: the work ended in a panic",
            ))
        })
    }
}
