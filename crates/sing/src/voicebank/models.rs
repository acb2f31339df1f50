//! The models of a bank: what their files say, and the sessions that run them.

use super::stage::ModelFile;
use sonic_core::{Error, ErrorKind, Result};
use sonic_model::{Description, Session, SessionOptions};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use xxhash_rust::xxh3::xxh3_128;

/// How the pointer file begins that Git leaves where a large file was not fetched.
const POINTER: &[u8] = b"version https://git-lfs";

/// What the bytes of a model file say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    /// xxh3-128 of the bytes.
    pub(crate) hash: u128,
    pub(crate) description: Description,
}

impl Known {
    /// Reads the file; the error says what is wrong with it.
    pub(crate) fn read(file: &ModelFile) -> std::result::Result<Self, Unreadable> {
        let bytes = std::fs::read(&file.path).map_err(|e| Unreadable::Missing(e.to_string()))?;
        if bytes.starts_with(POINTER) {
            return Err(Unreadable::Bad(
                "it is a Git LFS pointer, not the model: fetch it with `git lfs pull`",
            ));
        }
        let description = Description::read(&bytes).filter(|d| !d.outputs.is_empty());
        let description =
            description.ok_or(Unreadable::Bad("it is no ONNX model, or a part of one: fetch it again"))?;
        Ok(Self { hash: xxh3_128(&bytes), description })
    }

    /// True if the model takes `name`.
    pub(crate) fn takes(&self, name: &str) -> bool {
        self.description.inputs.iter().any(|port| port.name == name)
    }

    /// True if the model gives `name`.
    pub(crate) fn gives(&self, name: &str) -> bool {
        self.description.outputs.iter().any(|port| port.name == name)
    }

    /// The declared length of the last dimension of an input or output.
    pub(crate) fn width(&self, name: &str) -> Option<usize> {
        let Description { inputs, outputs, .. } = &self.description;
        inputs.iter().chain(outputs).find(|p| p.name == name)?.shape.last().copied().flatten()
    }
}

/// Why a model file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unreadable {
    Missing(String),
    Bad(&'static str),
}

/// Models that are loaded when they are first asked for.
#[derive(Debug)]
pub(crate) struct Models {
    options: SessionOptions,
    known: Mutex<HashMap<PathBuf, Arc<Known>>>,
    sessions: Mutex<HashMap<PathBuf, Arc<Session>>>,
}

impl Models {
    pub(crate) fn new(options: SessionOptions) -> Self {
        Self { options, known: Mutex::default(), sessions: Mutex::default() }
    }

    /// What the file of a model says; read once.
    pub(crate) fn known(&self, file: &ModelFile) -> Result<Arc<Known>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(&file.path) {
            return Ok(found.clone());
        }
        let found = Known::read(file).map_err(|unreadable| {
            let reason = match unreadable {
                Unreadable::Missing(reason) => reason,
                Unreadable::Bad(reason) => reason.to_owned(),
            };
            Error::new(ErrorKind::Model, format!("the model {} cannot be read: {reason}", file.file))
        })?;
        let found = Arc::new(found);
        known.insert(file.path.clone(), found.clone());
        Ok(found)
    }

    /// How many sessions are loaded.
    #[cfg(test)]
    pub(crate) fn loaded(&self) -> usize {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The session of a model; loaded once.
    pub(crate) fn session(&self, file: &ModelFile) -> Result<Arc<Session>> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = sessions.get(&file.path) {
            return Ok(found.clone());
        }
        let session =
            Session::open_shared(&file.path, &self.options, false).map_err(|e| e.context(&file.file))?;
        sessions.insert(file.path.clone(), session.clone());
        Ok(session)
    }
}
