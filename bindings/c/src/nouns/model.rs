//! Models by their names, and what they run on.

use crate::convert::{optional_text, path};
use crate::options::choice;
use sonic::Result;
use sonic::model::{Model, Provider, Runtime, RuntimeOptions};
use sonic::models::{self, Registry};
use std::ffi::c_char;
use std::path::PathBuf;

/// What a model runs on.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum sonic_provider {
    /// The processor.
    SONIC_PROVIDER_CPU = 0,
    /// An NVIDIA GPU; an error if that cannot be.
    SONIC_PROVIDER_CUDA = 1,
    /// An NVIDIA GPU if that can be, otherwise the processor.
    SONIC_PROVIDER_AUTO = 2,
}

/// `options.provider`.
pub(crate) fn provider(number: i32) -> Result<Provider> {
    choice("provider", "sonic_provider", number, &[Provider::Cpu, Provider::Cuda, Provider::Auto])
}

/// Where a model and what it runs in are looked for.
pub(crate) struct Places {
    folder: Option<PathBuf>,
    library: Option<PathBuf>,
}

impl Places {
    /// # Safety
    /// The pointers are null or strings.
    pub(crate) unsafe fn new(folder: *const c_char, library: *const c_char) -> Result<Self> {
        let optional = |pointer: *const c_char, name| match pointer.is_null() {
            true => Ok(None),
            // SAFETY: the caller's promise.
            false => unsafe { path(pointer, name) }.map(Some),
        };
        let folder = optional(folder, "options.models_folder")?;
        Ok(Self { folder, library: optional(library, "options.onnxruntime")? })
    }

    /// The model that `name` means, and ONNX Runtime loaded if it needs that.
    pub(crate) fn find(&self, name: &str) -> Result<Model> {
        let folder = self.folder.clone().map_or_else(Registry::default_folder, Ok)?;
        let model = models::registry(folder).resolve(name)?;
        if !model.is_built_in() {
            Runtime::load(&RuntimeOptions { library: self.library.clone(), python_package: None })?;
        }
        Ok(model)
    }
}

/// The name of a model, or `default` for a null pointer.
///
/// # Safety
/// `model` is null or a string that outlives the call.
pub(crate) unsafe fn name(model: *const c_char, default: &str) -> Result<&str> {
    // SAFETY: the caller's promise.
    Ok(unsafe { optional_text(model, "model") }?.unwrap_or(default))
}
