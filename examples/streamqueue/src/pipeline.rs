//! From a slice to captions: the queue, the worker and the feed, as the settings have them.

use crate::engine::Engine;
use crate::metrics::Metrics;
use crate::presence::Presence;
use crate::recognizers::desk;
use crate::settings::{Role, Settings};
use sonic::live::transport::{
    Feed, FolderSink, Intake, IntakeOptions, LocalTransport, Origin, RedisOptions, RedisTransport, SliceSink,
    Transport,
};
use sonic::live::{
    Deliver, Desk, LiveOptions, Prompt, SessionSetup, SpeakerOptions, UtteranceOptions, Worker,
    WorkerOptions, WorkerParts,
};
use sonic::voices::{VoiceEmbedder, VoiceEmbedderOptions};
use sonic::{Error, ErrorKind, Result, Store, StoreOptions};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Meetings whose last words are remembered for recognisers.
const MOST_PROMPTS: usize = 4_096;

/// The queue, and what works at it.
pub(crate) struct Pipeline {
    pub(crate) transport: Arc<dyn Transport>,
    /// Of a process that takes slices.
    pub(crate) intake: Option<Intake>,
    pub(crate) feed: Feed,
    worker: Mutex<Option<Worker>>,
    store: Option<Store>,
}

impl Pipeline {
    pub(crate) fn open(settings: &Settings, presence: &Arc<Presence>) -> Result<Self> {
        let store = match (settings.role, &settings.redis) {
            (Role::Api, Some(_)) => None,
            _ => Some(Store::open(&settings.store, StoreOptions::default())?),
        };
        let transport = transport(settings, store.as_ref())?;
        for warning in transport.warnings() {
            tracing::warn!(warning, "the queue");
        }
        let sink: Arc<dyn SliceSink> = Arc::new(FolderSink::new(&settings.slices)?);
        let options =
            IntakeOptions { max_slice_bytes: settings.limits.slice_bytes, ..IntakeOptions::default() };
        let intake = (settings.role != Role::Worker)
            .then(|| Intake::new(transport.clone(), sink.clone(), &options))
            .transpose()?;
        let worker = match (&store, settings.role) {
            (Some(store), Role::Worker | Role::Serve) => {
                Some(worker(settings, presence, store.clone(), transport.clone(), sink)?)
            }
            _ => None,
        };
        let feed = Feed::new(transport.clone())?;
        Ok(Self { transport, intake, feed, worker: Mutex::new(worker), store })
    }

    /// What takes slices.
    ///
    /// # Errors
    /// `Unsupported` in a process that only works.
    pub(crate) fn intake(&self) -> Result<&Intake> {
        let none = || Error::new(ErrorKind::Unsupported, "this is a worker: it takes no slices");
        self.intake.as_ref().ok_or_else(none)
    }

    /// Sets the numbers of the queue and the worker.
    pub(crate) fn measure(&self, metrics: &Metrics) {
        if let Ok(queue) = self.transport.stats() {
            metrics.set("queue_connections", queue.connections);
            metrics.set("queue_waiting", queue.waiting);
            metrics.set("queue_dead", queue.dead);
        }
        if let Some(intake) = &self.intake {
            let stats = intake.stats();
            metrics.set("intake_waiting", stats.waiting);
            metrics.set("intake_resent", stats.resent);
            metrics.set("queue_unreachable", u64::from(!stats.is_connected));
        }
        if let Some(worker) = self.worker.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            let stats = worker.stats();
            metrics.set("worker_slices", stats.slices);
            metrics.set("worker_bad_slices", stats.bad_slices);
            metrics.set("worker_segments", stats.segments);
            metrics.set("worker_connections", stats.connections);
            metrics.set("delivered", stats.delivered);
            metrics.set("worker_dead", stats.dead);
            metrics.set("deliveries_refused", stats.refused);
        }
    }

    /// Ends everything without losing anything: what was taken gets durable, what was worked out is stored.
    pub(crate) fn close(&self, grace: Duration) {
        if let Some(Err(error)) = self.intake.as_ref().map(|intake| intake.close(grace)) {
            tracing::warn!(%error, "slices that were not answered for are left to those who sent them");
        }
        let worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Err(error)) = worker.map(|worker| worker.stop(grace)) {
            tracing::warn!(%error, "the worker was cut off: another goes on with what it had");
        }
        if let Some(store) = &self.store {
            store.close();
        }
    }
}

fn transport(settings: &Settings, store: Option<&Store>) -> Result<Arc<dyn Transport>> {
    match (&settings.redis, store) {
        (Some(url), _) => {
            let options = RedisOptions {
                url: url.clone(),
                prefix: "{streamqueue}".to_owned(),
                ..RedisOptions::default()
            };
            Ok(Arc::new(RedisTransport::open(&options)?))
        }
        (None, Some(store)) => Ok(Arc::new(LocalTransport::new(store.clone()))),
        (None, None) => {
            Err(Error::new(ErrorKind::InvalidArgument, "without Redis there is one process: `serve`"))
        }
    }
}

fn worker(
    settings: &Settings,
    presence: &Arc<Presence>,
    store: Store,
    transport: Arc<dyn Transport>,
    sink: Arc<dyn SliceSink>,
) -> Result<Worker> {
    let deliver = settings.engine.as_ref().map(|(address, token)| -> Arc<dyn Deliver> {
        Arc::new(Engine::new(address, token.as_deref(), presence.clone()))
    });
    let (desk, options) = (desk(settings)?, live_options(settings));
    let prompts = Prompts::default();
    let setup = move |origin: &Origin| session(origin, desk.clone(), &options, &prompts);
    let parts = WorkerParts { store, transport, sink, sessions: Arc::new(setup), deliver };
    let options = WorkerOptions {
        name: "streamqueue".to_owned(),
        threads: settings.threads,
        lease: settings.lease,
        slice: Duration::from_millis(settings.slice_ms.into()),
        backoff: Duration::from_millis(settings.engine_retry_ms.into()),
        ..WorkerOptions::default()
    };
    Worker::start(parts, &options)
}

fn session(origin: &Origin, desk: Option<Desk>, options: &LiveOptions, prompts: &Prompts) -> SessionSetup {
    let prompt = prompts.of(&origin.meeting);
    SessionSetup { desk, options: LiveOptions { prompt, ..options.clone() } }
}

fn live_options(settings: &Settings) -> LiveOptions {
    let utterances = UtteranceOptions {
        hangover_ms: settings.pause_ms,
        max_ms: settings.utterance_ms,
        partial_ms: settings.partial_ms,
        ..UtteranceOptions::default()
    };
    let voices = settings.voices.then(|| VoiceEmbedder::built_in_with(&VoiceEmbedderOptions::default()));
    let speakers =
        SpeakerOptions { delay_ms: settings.speaker_delay_ms, voices, ..SpeakerOptions::default() };
    LiveOptions { utterances, speakers, language: settings.language.clone(), ..LiveOptions::default() }
}

/// What was said last in each meeting: sessions of one share it.
#[derive(Default)]
struct Prompts(Mutex<HashMap<String, Prompt>>);

impl Prompts {
    fn of(&self, meeting: &str) -> Prompt {
        let mut prompts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if prompts.len() >= MOST_PROMPTS && !prompts.contains_key(meeting) {
            prompts.clear();
        }
        prompts.entry(meeting.to_owned()).or_default().clone()
    }
}
