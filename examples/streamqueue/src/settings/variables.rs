//! The variables: their names, what they are without being set, and what they are for.

use std::fmt::{Display, Write};
use std::ops::RangeInclusive;
use std::str::FromStr;

/// A variable of the environment.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// Its names: the first is ours, the others are those that the original or its deployment plan have for it.
    pub names: &'static [&'static str],
    /// What it is without being set; empty for nothing.
    pub usual: &'static str,
    /// What it is for.
    pub about: &'static str,
}

macro_rules! variables {
    ($($($name:literal)|+ = $usual:literal, $about:literal;)+) => {
        /// All variables, in the order in which the help has them.
        pub const VARIABLES: &[Variable] =
            &[$(Variable { names: &[$($name),+], usual: $usual, about: $about }),+];
    };
}

variables! {
    "PORT" | "API_PORT" | "TRANSCRIPTION_SERVICE_API_PORT" = "8008", "port to listen at; a platform sets PORT";
    "API_HOST" = "", "address to listen at [127.0.0.1, or 0.0.0.0 if a port is set]";
    "API_TOKEN" | "TRANSCRIPTION_SERVICE_API_TOKEN" = "", "token of those who administer; without one only this machine may come, and may do all";
    "ALLOWED_ORIGINS" = "", "origins of other pages that may use it from a browser, separated by commas";
    "REDIS_URL" = "", "address of Redis, redis://:PASSWORD@HOST:PORT/0; or the three that follow";
    "REDIS_HOST" = "", "host of Redis; without Redis `serve` does everything in one process";
    "REDIS_PORT" = "6379", "port of Redis";
    "REDIS_PASSWORD" = "", "password of Redis";
    "REDIS_ADMIN_DB" = "1", "database of tokens and users, as in the original";
    "DATA_DIR" | "VOLUME_DATA_PATH" = "data", "folder of the store, and of what the two that follow do not place elsewhere";
    "RAW_AUDIO_PATH" = "", "folder of slices; api and worker must see the same one [DATA_DIR/slices]";
    "SEGMENTS_PATH" = "", "folder of the store [DATA_DIR/store]";
    "AUDIO_CHUNK_DURATION_SEC" = "3", "how much sound a slice of the extension holds";
    "SEGMENT_SIZE_SEC" = "", "read and not used, as in the original";
    "PROCESSING_THREADS" = "4", "threads of a worker, and utterances that are recognised at once";
    "CHECK_AND_PROCESS_CONNECTIONS_INTERVAL_SEC" = "2.0", "read and not used: workers are told at once what came";
    "LEASE_SEC" = "10", "what a worker that died worked at is others' after this";
    "SPEAKER_DELAY_SEC" = "1", "how much later than its first bit an update of the microphones is stamped";
    "TRANSCRIBER_STEP_SEC" = "5", "what there is of an utterance that goes on is shown as often; 0 for never";
    "MAX_AUDIO_LENGTH_SEC" = "15", "longest utterance, up to 60";
    "PAUSE_MS" = "500", "a pause of this length ends an utterance";
    "RECOGNIZER" = "auto", "whisper, openai, spelling or none; auto: the first for which there is an address or a model";
    "WHISPER_SERVICE_URL" = "", "Whisper as the original calls it";
    "WHISPER_API_TOKEN" = "", "its token";
    "OPENAI_URL" = "", "a service with OpenAI's interface [https://api.openai.com/v1/audio/transcriptions]";
    "OPENAI_API_KEY" = "", "its key";
    "OPENAI_MODEL" = "whisper-1", "the model that is named to it";
    "SPELLING_MODEL" = "", "Moonshine micro's spelling network, an ONNX file or a folder with one: letters and digits";
    "LANGUAGE_CODE" = "", "the language that is spoken, as ISO 639-1, if it is always one";
    "VOICES" = "true", "tell speakers without a name apart by their voices";
    "ENGINE_API_URL" = "", "where final segments are handed off to";
    "ENGINE_API_PORT" = "", "port of it, if its address has none";
    "ENGINE_API_TOKEN" = "", "its token";
    "ENGINE_RETRY_SEC" = "60", "what was not taken is sent again after this, then after twice as long, five times in all";
    "MAX_SLICE_KB" = "4096", "largest slice";
    "SLICES_MB" = "256", "memory of all slices that are under way";
    "MAX_SOCKETS" = "20000", "WebSockets at the same time";
    "MAX_CONNECTIONS" = "2048", "other connections at the same time";
    "RATE" = "100", "requests and slices a second of one user";
    "SOCKET_LIMIT_S" = "3300", "a WebSocket is ended, and comes again, after this: before the platform cuts it off";
    "IDLE_S" = "120", "a WebSocket that sends nothing for so long is closed";
    "SLOW_S" = "20", "a client that does not read for so long is left";
    "GRACE_S" = "9", "what is under way has so long to end: less than the platform grants";
    "LOG_LEVEL" = "info", "error, warn, info or debug";
}

/// The help: what each variable is for.
pub fn help() -> String {
    let mut text = String::from(
        "Live captions of meetings.\n\n  streamqueue [serve | api | worker]\n\n\
         serve does both in one process, and needs no Redis. What it is told are variables of the environment:\n\n",
    );
    for Variable { names, usual, about } in VARIABLES {
        let usual = if usual.is_empty() { String::new() } else { format!(" [{usual}]") };
        let _ = writeln!(text, "  {}\n      {about}{usual}", names.join(", "));
    }
    text
}

/// Reads variables, by the first of their names.
pub(super) struct Reader<'a> {
    get: &'a dyn Fn(&str) -> Option<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(get: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { get }
    }

    fn found(&self, name: &str) -> Result<Option<(&'static str, String)>, String> {
        let variable = VARIABLES.iter().find(|variable| variable.names[0] == name);
        let mut found: Option<(&str, String)> = None;
        for name in variable.map_or(&[][..], |variable| variable.names) {
            let Some(value) = (self.get)(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty()) else {
                continue;
            };
            match &found {
                Some((first, other)) if *other != value => {
                    return Err(format!("{first} and {name} are two spellings of one setting, and differ"));
                }
                _ => found = Some((name, value)),
            }
        }
        Ok(found)
    }

    pub(super) fn is_set(&self, name: &str) -> bool {
        matches!(self.found(name), Ok(Some(_)) | Err(_))
    }

    /// What a variable holds; `None` if it is not set.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, String> {
        Ok(self.found(name)?.map(|(_, value)| value))
    }

    /// What a variable holds or is without being set, with the name that it has.
    fn value(&self, name: &str) -> Result<(String, String), String> {
        let usual = VARIABLES.iter().find(|variable| variable.names[0] == name);
        let usual = usual.map_or("", |variable| variable.usual);
        Ok(self
            .found(name)?
            .map_or((name.to_owned(), usual.to_owned()), |(name, value)| (name.to_owned(), value)))
    }

    pub(super) fn parsed<T: FromStr>(&self, name: &str, what: &str) -> Result<T, String> {
        let (name, value) = self.value(name)?;
        value.parse().map_err(|_| format!("{name}: {value:?} is not {what}"))
    }

    /// A whole number; one that is written with zeros behind the point is one.
    pub(super) fn number<T>(&self, name: &str, range: RangeInclusive<T>) -> Result<T, String>
    where
        T: FromStr + PartialOrd + Display,
    {
        let (name, value) = self.value(name)?;
        let whole = match value.split_once('.') {
            Some((whole, zeros)) if zeros.bytes().all(|digit| digit == b'0') => whole,
            _ => &value,
        };
        whole.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
            format!("{name}: {value:?} is no whole number from {} to {}", range.start(), range.end())
        })
    }

    /// Seconds, with or without a fraction, as milliseconds.
    pub(super) fn milliseconds(&self, name: &str, range: RangeInclusive<f64>) -> Result<u32, String> {
        let (name, value) = self.value(name)?;
        let seconds: Option<f64> = value.parse().ok().filter(|seconds| range.contains(seconds));
        seconds.map(|seconds| (seconds * 1e3).round() as u32).ok_or_else(|| {
            format!("{name}: {value:?} is no number of seconds from {} to {}", range.start(), range.end())
        })
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, String> {
        let (name, value) = self.value(name)?;
        match &*value.to_ascii_lowercase() {
            "true" | "1" | "yes" | "on" => Ok(true),
            "false" | "0" | "no" | "off" => Ok(false),
            _ => Err(format!("{name}: {value:?} is neither true nor false")),
        }
    }
}
