//! Which models there are, where their files are, and how they get there: only when [`Registry::pull`] is called.
//!
//! ```no_run
//! use sonic::model::{Session, SessionOptions};
//!
//! let model = sonic::models::resolve("silero-vad")?;
//! let session = Session::load(&model, &SessionOptions::default())?;
//! # Ok::<(), sonic::Error>(())
//! ```

#[cfg(feature = "pull")]
pub use sonic_model::registry::{PullOptions, PullProgress, Pulled, PulledFile};
pub use sonic_model::registry::{Registry, RegistryEntry, RegistryFile, Verified};

use crate::Result;
use crate::model::Model;
use std::path::PathBuf;

/// The model `name` in the [default folder](Registry::default_folder); see [`Registry::resolve`].
///
/// # Errors
/// As [`Registry::resolve`].
pub fn resolve(name: &str) -> Result<Model> {
    registry(Registry::default_folder()?).resolve(name)
}

/// The models in `folder`, which need not exist; of ONNX files without a manifest it knows, with the feature `vision`,
/// the face models that `vision::guess_face` knows.
pub fn registry(folder: impl Into<PathBuf>) -> Registry {
    let registry = Registry::new(folder);
    #[cfg(feature = "vision")]
    let registry = registry.with_guess(crate::vision::guess_face);
    registry
}
