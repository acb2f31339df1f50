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
mod archive;
#[cfg(feature = "pull")]
mod fetch;
mod hash;
#[cfg(feature = "pull")]
mod pull;

#[cfg(feature = "pull")]
pub use pull::{PullOptions, PullProgress, Pulled};

use crate::model::{Manifest, ModelFile, built_in};
use crate::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

/// The model `name` in the [default folder](Registry::default_folder); see [`Registry::resolve`].
///
/// # Errors
/// As [`Registry::resolve`].
pub fn resolve(name: &str) -> Result<ModelFile> {
    Registry::new(Registry::default_folder()?).resolve(name)
}

/// The models that are built in and those of a folder.
///
/// The folder holds ONNX files, and beside those that sonic does not know manifests of the same name (`mine.onnx`,
/// `mine.toml`).
#[derive(Debug, Clone)]
pub struct Registry {
    folder: PathBuf,
    commercial_only: bool,
}

/// A model of a registry.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// What it is.
    pub manifest: Manifest,
    /// True if the manifest came with sonic.
    pub built_in: bool,
    /// Where its file is, or would be; `None` if the model is built into sonic.
    pub path: Option<PathBuf>,
    /// Size of its file in bytes; `None` if it is not there.
    pub bytes: Option<u64>,
}

/// What is known about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verified {
    /// It is part of sonic and has no file.
    BuiltIn,
    /// It has the hash of the manifest.
    Good,
    /// The manifest has no hash to compare this one with.
    Unknown(String),
    /// It has this hash, not that of the manifest.
    Wrong(String),
    /// It is not there.
    Missing,
}

impl Registry {
    /// The models in `folder`, which need not exist.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), commercial_only: false }
    }

    /// The same registry, which refuses models whose licence forbids commercial use if `only`.
    #[must_use]
    pub fn commercial_only(mut self, only: bool) -> Self {
        self.commercial_only = only;
        self
    }

    /// `SONIC_MODELS`, or else `sonic/models` in the folder where this system keeps its users' data.
    ///
    /// # Errors
    /// `InvalidArgument` if nothing says where that is.
    pub fn default_folder() -> Result<PathBuf> {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        if let Some(folder) = variable("SONIC_MODELS") {
            return Ok(folder);
        }
        let data = if cfg!(windows) {
            variable("LOCALAPPDATA")
        } else if cfg!(target_os = "macos") {
            variable("HOME").map(|home| home.join("Library/Application Support"))
        } else {
            variable("XDG_DATA_HOME").or_else(|| variable("HOME").map(|home| home.join(".local/share")))
        };
        let message = "no folder for models is known: set SONIC_MODELS to one";
        data.map(|data| data.join("sonic/models"))
            .ok_or_else(|| Error::new(ErrorKind::InvalidArgument, message))
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// All models in order of id: those that came with sonic, and those with a manifest in the folder.
    ///
    /// # Errors
    /// `Model` if a manifest in the folder is wrong; `Io` if the folder cannot be read.
    pub fn list(&self) -> Result<Vec<Listed>> {
        let mut all: Vec<Listed> = built_in().iter().map(|m| self.listed(m.clone(), true)).collect();
        for path in self.manifests()? {
            let manifest = Manifest::read(&path)?;
            match all.iter().any(|listed| listed.manifest.id == manifest.id) {
                true => return Err(twice(&manifest.id, &path)),
                false => all.push(self.listed(beside(manifest, &path), false)),
            }
        }
        all.sort_by(|a, b| a.manifest.id.cmp(&b.manifest.id));
        Ok(all)
    }

    /// The model that `name` means: an id, the path of a manifest, or the path of an ONNX file. That has a manifest of
    /// the same name beside it, or is one of those that sonic knows by their SHA-256, whatever it is called, or is a face
    /// model that [`Manifest::guess_face`] knows by its inputs and outputs.
    ///
    /// # Errors
    /// `NotFound` for a name or a path that is not known; `Model` if the model's file is not on this machine, its
    /// manifest is wrong or missing, or its licence is refused. Nothing is ever fetched.
    pub fn resolve(&self, name: &str) -> Result<ModelFile> {
        let listed = self.find(name)?;
        self.permit(&listed.manifest)?;
        match (&listed.path, listed.bytes) {
            (Some(path), None) => Err(missing(&listed, path)),
            _ => Ok(ModelFile { path: listed.path, manifest: listed.manifest }),
        }
    }

    /// What is known about the file of the model `name`; its bytes are read.
    ///
    /// # Errors
    /// `NotFound` for a name that is not known; `Io` if the file cannot be read.
    pub fn verify(&self, name: &str) -> Result<Verified> {
        let listed = self.find(name)?;
        let Some(path) = listed.path else { return Ok(Verified::BuiltIn) };
        if listed.bytes.is_none() {
            return Ok(Verified::Missing);
        }
        let hash = hash::of_file(&path)?;
        Ok(match &listed.manifest.sha256 {
            Some(expected) if *expected == hash => Verified::Good,
            Some(_) => Verified::Wrong(hash),
            None => Verified::Unknown(hash),
        })
    }

    /// That the licence of a model is one that this registry accepts.
    fn permit(&self, manifest: &Manifest) -> Result<()> {
        if manifest.commercial || !self.commercial_only {
            return Ok(());
        }
        let Manifest { id, licence, .. } = manifest;
        let message =
            format!("{id} may not be used commercially ({licence}), and only such models are accepted here");
        Err(Error::new(ErrorKind::Model, message))
    }

    /// The model that `name` means, wherever its file may be.
    fn find(&self, name: &str) -> Result<Listed> {
        if let Some(manifest) = built_in().iter().find(|m| m.id == name) {
            return Ok(self.listed(manifest.clone(), true));
        }
        let path = Path::new(name);
        match path.extension().and_then(|e| e.to_str()) {
            Some("toml") => self.of_manifest(path),
            Some("onnx") => self.of_model(path),
            _ => self.in_folder(name),
        }
    }

    /// The model whose manifest is at `path`, its file beside it.
    fn of_manifest(&self, path: &Path) -> Result<Listed> {
        let manifest = beside(Manifest::read(path)?, path);
        let folder = path.parent().unwrap_or(Path::new(""));
        Ok(Self::new(folder).listed(manifest, false))
    }

    /// The model in an ONNX file: its manifest lies beside it, or it is one that sonic knows by its bytes, or a face model
    /// whose inputs and outputs say what it is.
    fn of_model(&self, path: &Path) -> Result<Listed> {
        let manifest = path.with_extension("toml");
        if manifest.exists() {
            return self.of_manifest(&manifest);
        }
        if !path.exists() {
            return Err(Error::new(ErrorKind::NotFound, format!("there is no model {}", path.display())));
        }
        let hash = hash::of_file(path)?;
        let known = built_in().iter().find(|m| m.sha256.as_ref() == Some(&hash));
        let mut manifest = match known {
            Some(known) => known.clone(),
            None => guessed(path)?.ok_or_else(|| nameless(path))?,
        };
        manifest.file = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let folder = path.parent().unwrap_or(Path::new(""));
        Ok(Self::new(folder).listed(manifest, known.is_some()))
    }

    fn in_folder(&self, name: &str) -> Result<Listed> {
        for path in self.manifests()? {
            let manifest = Manifest::read(&path)?;
            if manifest.id == name {
                return Ok(self.listed(beside(manifest, &path), false));
            }
        }
        let known: Vec<_> = built_in().iter().map(|m| m.id.as_str()).collect();
        let message = format!(
            "there is no model `{name}`: it is none of {}, and no manifest in {} has this id",
            known.join(", "),
            self.folder.display()
        );
        Err(Error::new(ErrorKind::NotFound, message))
    }

    /// The manifests in the folder, in order of name; none if there is no folder.
    fn manifests(&self) -> Result<Vec<PathBuf>> {
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(Error::io(format!("cannot read {}", self.folder.display()), e)),
        };
        let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|e| e == "toml"));
        paths.sort();
        Ok(paths)
    }

    fn listed(&self, manifest: Manifest, built_in: bool) -> Listed {
        let path = manifest.file.as_ref().map(|file| self.folder.join(file));
        let metadata = path.as_ref().and_then(|path| path.metadata().ok());
        let bytes = metadata.filter(|m| m.is_file()).map(|m| m.len());
        Listed { manifest, built_in, path, bytes }
    }
}

/// A manifest that names no file means the one of its own name.
fn beside(mut manifest: Manifest, path: &Path) -> Manifest {
    let name = || Some(path.with_extension("onnx").file_name()?.to_string_lossy().into_owned());
    manifest.file = manifest.file.or_else(name);
    manifest
}

/// What an ONNX file without a manifest must be; `None` if that cannot be told.
fn guessed(path: &Path) -> Result<Option<Manifest>> {
    let bytes = std::fs::read(path).map_err(|e| Error::io(format!("cannot read {}", path.display()), e))?;
    let stem = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().to_lowercase());
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    let id: String = stem.chars().map(|c| if plain(c) { c } else { '-' }).collect();
    Ok(Manifest::guess_face(&id, &bytes))
}

/// What to do about an ONNX file that nothing is known about.
fn nameless(model: &Path) -> Error {
    Error::new(
        ErrorKind::Model,
        format!(
            "{} needs a manifest that says how to feed it: write {} with at least id, task, licence, commercial, \
             source, for a speaker model dimensions and speech = {{ front_end, sample_rate }}, for a face model face = \
             {{ colour, mean, std, size or decoder }}",
            model.display(),
            model.with_extension("toml").display()
        ),
    )
}

fn missing(listed: &Listed, path: &Path) -> Error {
    let Manifest { id, url, note, .. } = &listed.manifest;
    let how = match url {
        Some(_) => format!("fetch it with `sonic models pull {id}`, or put it there"),
        None => format!("put it there. {note}"),
    };
    Error::new(
        ErrorKind::Model,
        format!("the file of {id} is not on this machine: {} is missing; {how}", path.display()),
    )
}

fn twice(id: &str, path: &Path) -> Error {
    Error::new(
        ErrorKind::Model,
        format!("{} has the id {id}, which is taken: give it another", path.display()),
    )
}
