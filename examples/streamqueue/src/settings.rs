//! What the service is told by the environment: the variables of the original in both of its spellings, and ours.

mod variables;

pub use variables::{VARIABLES, Variable, help};

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use variables::Reader;

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Takes slices and gives captions.
    Api,
    /// Makes captions of slices.
    Worker,
    /// Both.
    Serve,
}

/// What says what was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recognizer {
    /// Whisper as the original calls it, at this address.
    Whisper {
        /// The whole address.
        url: String,
        /// Its bearer token.
        token: Option<String>,
    },
    /// A service that speaks OpenAI's interface.
    OpenAi {
        /// The whole address.
        url: String,
        /// Its bearer token.
        token: Option<String>,
        /// The model that is named to it.
        model: String,
    },
    /// Moonshine micro's network for spoken letters or digits, in a file or a folder with one.
    Spelling(PathBuf),
    /// Nothing: captions show who speaks when.
    None,
}

/// Limits of what comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a slice.
    pub slice_bytes: usize,
    /// Bytes of all slices that are in memory together.
    pub memory_bytes: usize,
    /// WebSockets at the same time.
    pub sockets: usize,
    /// Connections at the same time that are no WebSocket.
    pub connections: usize,
    /// Requests and slices a second of one user.
    pub rate: u32,
    /// A WebSocket ends after this, before the platform cuts it off.
    pub socket: Duration,
    /// A WebSocket that sends nothing for so long is closed.
    pub idle: Duration,
    /// A client that does not read what it gets for so long is left.
    pub slow: Duration,
    /// What is under way has so long to end when the service is stopped.
    pub grace: Duration,
}

/// All settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What the process does.
    pub role: Role,
    /// The address to listen at.
    pub address: SocketAddr,
    /// The token of those who administer; without one the service is open, to this machine only.
    pub service_token: Option<String>,
    /// `redis://…` of the queue; `None`: everything in this process, in the store.
    pub redis: Option<String>,
    /// The database of that Redis in which tokens and users are.
    pub redis_admin_db: u32,
    /// Where the store, the tokens and, unless that is said otherwise, slices are kept.
    pub data: PathBuf,
    /// Where slices are kept.
    pub slices: PathBuf,
    /// Where the store is.
    pub store: PathBuf,
    /// How much sound a slice of the browser extension holds, in milliseconds.
    pub slice_ms: u32,
    /// Read, as the plan sets it; workers are told at once what came.
    pub interval: Duration,
    /// What a worker that died has claimed is others' after this.
    pub lease: Duration,
    /// Utterances that are recognised at once.
    pub threads: usize,
    /// How much later than its first bit an update of the microphones is stamped, in milliseconds.
    pub speaker_delay_ms: u32,
    /// What there is of an utterance that goes on is shown as often, in milliseconds.
    pub partial_ms: u32,
    /// Longest utterance, in milliseconds.
    pub utterance_ms: u32,
    /// A pause of this length ends an utterance, in milliseconds.
    pub pause_ms: u32,
    /// What says what was said.
    pub recognizer: Recognizer,
    /// The language that is spoken, if it is always one.
    pub language: Option<String>,
    /// Whether speakers without a name are told apart by their voices.
    pub voices: bool,
    /// Where segments are handed off to, with its token.
    pub engine: Option<(String, Option<String>)>,
    /// The first wait before a hand-off is tried again, in milliseconds.
    pub engine_retry_ms: u32,
    /// Origins of other pages that may use the service from a browser.
    pub origins: Vec<String>,
    /// Limits of what comes in.
    pub limits: Limits,
    /// What is logged.
    pub log: tracing::Level,
}

impl Settings {
    /// The settings of a process by the variables that `get` gives.
    ///
    /// # Errors
    /// What is wrong, with the name of the variable.
    pub fn read(role: Role, get: &dyn Fn(&str) -> Option<String>) -> Result<Self, String> {
        let reader = Reader::new(get);
        let data: PathBuf = reader.text("DATA_DIR")?.unwrap_or_else(|| "data".to_owned()).into();
        let folder = |name: &str, usual: &str| -> Result<PathBuf, String> {
            Ok(reader.text(name)?.map_or_else(|| data.join(usual), PathBuf::from))
        };
        let settings = Self {
            role,
            address: address(&reader)?,
            service_token: reader.text("API_TOKEN")?,
            redis: redis(&reader)?,
            redis_admin_db: reader.number("REDIS_ADMIN_DB", 0..=15)?,
            slices: folder("RAW_AUDIO_PATH", "slices")?,
            store: folder("SEGMENTS_PATH", "store")?,
            slice_ms: reader.milliseconds("AUDIO_CHUNK_DURATION_SEC", 0.1..=60.0)?,
            interval: Duration::from_millis(
                reader.milliseconds("CHECK_AND_PROCESS_CONNECTIONS_INTERVAL_SEC", 0.05..=60.0)?.into(),
            ),
            lease: Duration::from_millis(reader.milliseconds("LEASE_SEC", 0.1..=600.0)?.into()),
            threads: reader.number("PROCESSING_THREADS", 1..=64)?,
            speaker_delay_ms: reader.milliseconds("SPEAKER_DELAY_SEC", 0.0..=60.0)?,
            partial_ms: reader.milliseconds("TRANSCRIBER_STEP_SEC", 0.0..=60.0)?,
            utterance_ms: reader.milliseconds("MAX_AUDIO_LENGTH_SEC", 1.0..=60.0)?,
            pause_ms: reader.number("PAUSE_MS", 150..=10_000)?,
            recognizer: recognizer(&reader)?,
            language: reader.text("LANGUAGE_CODE")?,
            voices: reader.flag("VOICES")?,
            engine: engine(&reader)?,
            engine_retry_ms: reader.milliseconds("ENGINE_RETRY_SEC", 0.05..=3_600.0)?,
            origins: origins(&reader)?,
            limits: limits(&reader)?,
            log: reader.parsed("LOG_LEVEL", "error, warn, info or debug")?,
            data,
        };
        settings.check()
    }

    fn check(self) -> Result<Self, String> {
        if self.role != Role::Serve && self.redis.is_none() {
            return Err(
                "`api` and `worker` meet in Redis: set REDIS_HOST or REDIS_URL, or start `serve`".to_owned()
            );
        }
        let token = self.service_token.as_deref();
        if token.is_some_and(|token| token.len() < 16 || !token.bytes().all(|b| b.is_ascii_graphic())) {
            return Err(
                "API_TOKEN (TRANSCRIPTION_SERVICE_API_TOKEN) has 16 or more visible ASCII characters"
                    .to_owned(),
            );
        }
        if self.is_open() && !self.address.ip().is_loopback() && self.role != Role::Worker {
            return Err(format!(
                "whoever reaches {} could do everything: set API_TOKEN (TRANSCRIPTION_SERVICE_API_TOKEN)",
                self.address
            ));
        }
        if self.limits.slice_bytes > self.limits.memory_bytes {
            return Err("MAX_SLICE_KB is more than SLICES_MB holds".to_owned());
        }
        Ok(self)
    }

    /// True if nobody has to prove who they are.
    pub fn is_open(&self) -> bool {
        self.service_token.is_none()
    }
}

fn address(reader: &Reader<'_>) -> Result<SocketAddr, String> {
    let port: u16 = reader.number("PORT", 0..=u16::MAX)?;
    // A platform that sets PORT means every address; so do the original's variables, which have a host beside.
    let usual = if reader.is_set("PORT") { Ipv4Addr::UNSPECIFIED } else { Ipv4Addr::LOCALHOST };
    let host = match reader.text("API_HOST")? {
        Some(host) => {
            host.parse().map_err(|_| format!("API_HOST: {host:?} is no address such as 0.0.0.0"))?
        }
        None => IpAddr::V4(usual),
    };
    Ok(SocketAddr::new(host, port))
}

fn redis(reader: &Reader<'_>) -> Result<Option<String>, String> {
    if let Some(url) = reader.text("REDIS_URL")? {
        let is_one = url.starts_with("redis://") || url.starts_with("unix://");
        return if is_one { Ok(Some(url)) } else { Err("REDIS_URL begins with redis://".to_owned()) };
    }
    let Some(host) = reader.text("REDIS_HOST")? else { return Ok(None) };
    let port: u16 = reader.number("REDIS_PORT", 1..=u16::MAX)?;
    let password = reader.text("REDIS_PASSWORD")?.map_or_else(String::new, |word| {
        format!(
            ":{}@",
            url::form_urlencoded::byte_serialize(word.as_bytes()).collect::<String>().replace('+', "%20")
        )
    });
    Ok(Some(format!("redis://{password}{host}:{port}/0")))
}

fn recognizer(reader: &Reader<'_>) -> Result<Recognizer, String> {
    let whisper = reader.text("WHISPER_SERVICE_URL")?;
    let openai = reader.text("OPENAI_URL")?;
    let key = reader.text("OPENAI_API_KEY")?;
    let spelling = reader.text("SPELLING_MODEL")?;
    let name = reader.text("RECOGNIZER")?.unwrap_or_else(|| "auto".to_owned());
    let missing = |variable: &str| format!("RECOGNIZER is {name}, which takes {variable}");
    let chosen = match &*name {
        "auto" if whisper.is_some() => "whisper",
        "auto" if openai.is_some() || key.is_some() => "openai",
        "auto" if spelling.is_some() => "spelling",
        "auto" => "none",
        other => other,
    };
    match chosen {
        "whisper" => Ok(Recognizer::Whisper {
            url: whisper.ok_or_else(|| missing("WHISPER_SERVICE_URL"))?,
            token: reader.text("WHISPER_API_TOKEN")?,
        }),
        "openai" => Ok(Recognizer::OpenAi {
            url: openai.unwrap_or_else(|| "https://api.openai.com/v1/audio/transcriptions".to_owned()),
            token: key,
            model: reader.text("OPENAI_MODEL")?.unwrap_or_else(|| "whisper-1".to_owned()),
        }),
        "spelling" => Ok(Recognizer::Spelling(spelling.ok_or_else(|| missing("SPELLING_MODEL"))?.into())),
        "none" => Ok(Recognizer::None),
        other => Err(format!("RECOGNIZER: {other:?} is none of auto, whisper, openai, spelling, none")),
    }
}

fn engine(reader: &Reader<'_>) -> Result<Option<(String, Option<String>)>, String> {
    let Some(address) = reader.text("ENGINE_API_URL")? else { return Ok(None) };
    let mut url =
        url::Url::parse(&address).map_err(|e| format!("ENGINE_API_URL: {address:?} is no address: {e}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("ENGINE_API_URL begins with http:// or https://".to_owned());
    }
    if reader.is_set("ENGINE_API_PORT") && url.port().is_none() {
        let port: u16 = reader.number("ENGINE_API_PORT", 1..=u16::MAX)?;
        url.set_port(Some(port)).map_err(|()| "ENGINE_API_URL takes no port".to_owned())?;
    }
    let address = url.as_str().trim_end_matches('/').to_owned();
    Ok(Some((address, reader.text("ENGINE_API_TOKEN")?)))
}

fn origins(reader: &Reader<'_>) -> Result<Vec<String>, String> {
    let list = reader.text("ALLOWED_ORIGINS")?.unwrap_or_default();
    let origins: Vec<String> =
        list.split(',').map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect();
    for origin in &origins {
        // An extension has an origin of its own, which is opaque to the parser.
        let is_one = origin.split_once("://").is_some_and(|(scheme, host)| {
            ["https", "http", "chrome-extension", "moz-extension"].contains(&scheme)
                && !host.is_empty()
                && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b))
        });
        if !is_one {
            return Err(format!("ALLOWED_ORIGINS: {origin:?} is no origin, as https://example.org is"));
        }
    }
    Ok(origins)
}

fn limits(reader: &Reader<'_>) -> Result<Limits, String> {
    let seconds = |name: &str, range| reader.number::<u64>(name, range).map(Duration::from_secs);
    Ok(Limits {
        slice_bytes: reader.number::<usize>("MAX_SLICE_KB", 1..=16_384)? << 10,
        memory_bytes: reader.number::<usize>("SLICES_MB", 1..=65_536)? << 20,
        sockets: reader.number("MAX_SOCKETS", 1..=1_000_000)?,
        connections: reader.number("MAX_CONNECTIONS", 1..=1_000_000)?,
        rate: reader.number("RATE", 1..=1_000_000)?,
        socket: seconds("SOCKET_LIMIT_S", 1..=86_400)?,
        idle: seconds("IDLE_S", 1..=86_400)?,
        slow: seconds("SLOW_S", 1..=3_600)?,
        grace: seconds("GRACE_S", 0..=3_600)?,
    })
}

#[cfg(test)]
mod tests;
