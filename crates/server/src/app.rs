//! What every handler has at hand: the store and the models once they are there, and who may use them how.

use crate::auth::Auth;
use crate::error::Refusal;
use crate::metrics::Metrics;
use crate::outbound::Outbound;
use crate::rates::Rates;
use crate::settings::{Durable, Faces, Settings};
use crate::work::{Work, quick};
use sonic::faces::{FaceAnalyzer, FaceAnalyzerOptions};
use sonic::remote::{self, FollowOptions, Follower, RemoteOptions, Writer, WriterOptions};
use sonic::vision::{DecodeOptions, Image};
use sonic::voices::{VoiceEmbedder, VoiceEmbedderOptions};
use sonic::{Access, Error, ErrorKind, Result, Store, StoreOptions};
use std::ops::{ControlFlow, Deref};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

const BUILT_IN: &str = "celda128";

/// The server's state; clones share it.
#[derive(Clone)]
pub(crate) struct App(Arc<State>);

/// See [`App`].
pub(crate) struct State {
    pub(crate) settings: Settings,
    pub(crate) auth: Auth,
    pub(crate) work: Work,
    pub(crate) rates: Rates,
    pub(crate) metrics: Metrics,
    pub(crate) outbound: Arc<Outbound>,
    /// Kibibytes that bodies may still take.
    pub(crate) uploads: Arc<Semaphore>,
    /// True once the server is to end.
    pub(crate) stopping: watch::Sender<bool>,
    /// Workers of jobs.
    pub(crate) workers: Mutex<Vec<JoinHandle<()>>>,
    opened: OnceLock<Arc<Opened>>,
}

/// The store and the models.
pub(crate) struct Opened {
    pub(crate) store: Store,
    pub(crate) voice: VoiceEmbedder,
    faces: std::result::Result<FaceAnalyzer, String>,
    follower: Mutex<Option<Follower>>,
    /// Of a store that is kept in a bucket.
    writer: Mutex<Option<Arc<Writer>>>,
    only_reads: bool,
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
        let is_used = settings.callbacks || settings.jwks.as_ref().is_some_and(|jwks| jwks.contains("://"));
        let outbound = Arc::new(Outbound::new(settings.allow_private, is_used)?);
        Ok(Self(Arc::new(State {
            auth: Auth::new(&settings, &outbound)?,
            work: Work::new(settings.workers, settings.queue),
            rates: Rates::default(),
            metrics: Metrics::default(),
            outbound,
            uploads: Arc::new(Semaphore::new(settings.uploads_mb as usize * 1024)),
            stopping: watch::channel(false).0,
            workers: Mutex::default(),
            opened: OnceLock::new(),
            settings,
        })))
    }

    /// Opens the store and loads the models; requests are answered from then on.
    ///
    /// # Errors
    /// What cannot be opened or loaded.
    pub(crate) fn open(&self) -> Result<()> {
        let opened = Opened::new(&self.settings)?;
        let _ = self.opened.set(Arc::new(opened));
        Ok(())
    }

    /// The store and the models.
    ///
    /// # Errors
    /// 503 while they are not there yet.
    pub(crate) fn opened(&self) -> std::result::Result<Arc<Opened>, Refusal> {
        self.opened.get().cloned().ok_or_else(|| Refusal::overloaded("the server is starting"))
    }

    /// Runs what takes a moment with the store.
    pub(crate) async fn quick<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Opened) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Refusal> {
        let opened = self.opened()?;
        quick(move || work(&opened)).await
    }

    /// Runs what computes.
    pub(crate) async fn heavy<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Opened) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Refusal> {
        let opened = self.opened()?;
        self.work.heavy(move || work(&opened)).await
    }

    /// Runs what decodes sound, until the deadline.
    pub(crate) async fn decoding<T: Send + 'static>(
        &self,
        deadline: Instant,
        work: impl FnOnce(&Opened) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Refusal> {
        self.heavy(work).await.map_err(|refusal| match refusal.kind {
            // That is what reading beyond it looks like.
            "io" if Instant::now() >= deadline => {
                Refusal::timeout(format!("it takes more than {} seconds to decode", self.settings.request_s))
            }
            _ => refusal,
        })
    }

    /// When what begins now is to have ended.
    pub(crate) fn deadline(&self) -> Instant {
        Instant::now() + Duration::from_secs(self.settings.request_s)
    }

    /// What decoding a picture may cost.
    pub(crate) fn decode(&self) -> DecodeOptions {
        DecodeOptions::within(self.settings.max_pixels)
    }

    /// Ends what goes on by itself.
    pub(crate) fn close(&self) {
        self.auth.save();
        if let Some(opened) = self.opened.get() {
            drop(opened.follower.lock().unwrap_or_else(PoisonError::into_inner).take());
            drop(opened.writer.lock().unwrap_or_else(PoisonError::into_inner).take());
            opened.store.close();
        }
    }
}

impl Opened {
    fn new(settings: &Settings) -> Result<Self> {
        let access = if settings.only_reads() { Access::ReadOnly } else { Access::Create };
        if let (Some(url), false) = (&settings.follow, settings.store.join("current").exists()) {
            remote::pull(&settings.store, url, &RemoteOptions::default(), |_| ControlFlow::Continue(()))?;
        }
        let (store, writer) = match &settings.bucket {
            Some(url) => {
                let durable = match settings.durable {
                    Durable::Bucket => remote::Durable::Bucket,
                    Durable::Disk => remote::Durable::Disk,
                };
                let options = WriterOptions { durable, ..WriterOptions::default() };
                let writer = Writer::open(&settings.store, url, &options)?;
                (writer.store().clone(), Some(Arc::new(writer)))
            }
            None => {
                let options = StoreOptions { access, ..StoreOptions::default() };
                (Store::open(&settings.store, options)?, None)
            }
        };
        let options = FollowOptions {
            interval: Duration::from_secs(settings.follow_interval_s.max(1)),
            ..FollowOptions::default()
        };
        let follower =
            settings.follow.as_ref().map(|url| remote::follow(&store, url, &options)).transpose()?;
        let (follower, writer) = (Mutex::new(follower), Mutex::new(writer));
        let (voice, faces, only_reads) = (voice(settings)?, faces(settings)?, settings.only_reads());
        Ok(Self { store, voice, faces, follower, writer, only_reads })
    }

    /// True if the store can be changed here: in a bucket only one of many servers does it.
    pub(crate) fn is_writing(&self) -> bool {
        self.writer().map_or(!self.only_reads, |writer| writer.is_writing())
    }

    /// What keeps the store in a bucket, if it is kept in one.
    pub(crate) fn writer(&self) -> Option<Arc<Writer>> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What recognises faces.
    ///
    /// # Errors
    /// `Model` if it is not there.
    pub(crate) fn faces(&self) -> Result<&FaceAnalyzer> {
        self.faces
            .as_ref()
            .map_err(|why| Error::new(ErrorKind::Model, format!("faces are not recognised here: {why}")))
    }
}

fn voice(settings: &Settings) -> Result<VoiceEmbedder> {
    let options = VoiceEmbedderOptions::default();
    match settings.voice_model.as_str() {
        BUILT_IN => Ok(VoiceEmbedder::built_in_with(&options)),
        name => VoiceEmbedder::load(&sonic::models::resolve(name)?, &options),
    }
}

/// What recognises faces, warm; or why there is nothing.
fn faces(settings: &Settings) -> Result<std::result::Result<FaceAnalyzer, String>> {
    let load = || {
        let (detector, embedder) =
            (sonic::models::resolve(&settings.detector)?, sonic::models::resolve(&settings.embedder)?);
        let analyzer = FaceAnalyzer::load(&detector, &embedder, &FaceAnalyzerOptions::default())?;
        // The first picture takes longer than the others.
        analyzer.analyze(&Image::new(64, 64, vec![128; 64 * 64 * 3])?)?;
        Ok(analyzer)
    };
    match settings.faces {
        Faces::Off => Ok(Err("SONIC_SERVER_FACES is off".to_owned())),
        Faces::On => load().map(Ok),
        Faces::Auto => Ok(load().map_err(|e: Error| e.to_string())),
    }
}
