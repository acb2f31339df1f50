//! What says what was said, by the settings.

use crate::settings::{Recognizer as Wanted, Settings};
use sonic::live::{
    Desk, DeskOptions, OpenAi, OpenAiOptions, Recognizer, ServiceOptions, Spelling, Whisper, WhisperOptions,
};
use sonic::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The desk of all sessions; `None` if captions have no text.
///
/// # Errors
/// What is wrong with an address or a model.
pub(crate) fn desk(settings: &Settings) -> Result<Option<Desk>> {
    let service = ServiceOptions { concurrency: settings.threads, ..ServiceOptions::default() };
    let recognizer: Arc<dyn Recognizer> = match &settings.recognizer {
        Wanted::None => return Ok(None),
        Wanted::Whisper { url, token } => {
            Arc::new(Whisper::new(url, &WhisperOptions { token: token.clone(), service })?)
        }
        Wanted::OpenAi { url, token, model } => {
            let options = OpenAiOptions { model: model.clone(), token: token.clone(), service };
            Arc::new(OpenAi::new(url, &options)?)
        }
        Wanted::Spelling(path) => Arc::new(Spelling::open(spelling(path)?)?),
    };
    let options = DeskOptions { workers: settings.threads, ..DeskOptions::default() };
    Desk::new(recognizer, &options).map(Some)
}

/// The network of a folder: the only file in it that ends as networks do.
fn spelling(path: &Path) -> Result<PathBuf> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    let failed = |e| Error::io(format!("cannot read {}", path.display()), e);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        if file.extension().is_some_and(|ending| ending == "onnx") {
            found.push(file);
        }
    }
    found.sort();
    let spelling =
        |file: &&PathBuf| file.file_name().is_some_and(|n| n.to_string_lossy().contains("spelling"));
    match (found.iter().find(spelling), found.as_slice()) {
        (Some(file), _) | (None, [file]) => Ok(file.clone()),
        _ => {
            let message =
                format!("{} holds {} networks: SPELLING_MODEL names one", path.display(), found.len());
            Err(Error::new(ErrorKind::Model, message))
        }
    }
}
