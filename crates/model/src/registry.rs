//! Which models there are, where their files are, and how they get there: only when `Registry::pull` is called.
//!
//! ```no_run
//! use sonic_model::registry::Registry;
//! use sonic_model::{Session, SessionOptions};
//!
//! let model = Registry::new(Registry::default_folder()?).resolve("silero-vad")?;
//! let session = Session::load(&model, &SessionOptions::default())?;
//! # Ok::<(), sonic_core::Error>(())
//! ```

#[cfg(feature = "pull")]
pub use crate::fetch::{PullOptions, PullProgress, Pulled, PulledFile};

use crate::{Manifest, ManifestFile, Model, built_in, hash};
use sonic_core::{Error, ErrorKind, Result};
use std::fmt;
use std::path::{Path, PathBuf};

/// What the model in the bytes of an ONNX file must be, by the id to give it and its bytes; `None` if that cannot be
/// told.
pub type Guess = fn(&str, &[u8]) -> Option<Manifest>;

/// The models that are built in and those of a folder.
///
/// The folder holds ONNX files, and beside those that sonic does not know manifests of the same name (`mine.onnx`,
/// `mine.toml`). A model of several files may have a folder of its own in it.
#[derive(Clone)]
pub struct Registry {
    folder: PathBuf,
    commercial_only: bool,
    guess: Option<Guess>,
}

/// A model of a registry.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RegistryEntry {
    /// What it is.
    pub manifest: Manifest,
    /// True if the manifest came with sonic.
    pub built_in: bool,
    /// Its files; none if the model is built into sonic.
    pub files: Vec<RegistryFile>,
}

/// A file of a model of a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegistryFile {
    /// What the manifest calls it.
    pub name: String,
    /// Where it is, or would be.
    pub path: PathBuf,
    /// Its size in bytes; `None` if it is not there.
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

impl RegistryEntry {
    /// True if all files are there, or the model is built into sonic.
    pub fn is_installed(&self) -> bool {
        self.files.iter().all(|file| file.bytes.is_some())
    }

    /// Where its file is, or would be, or the folder of its files; `None` if the model is built into sonic.
    pub fn path(&self) -> Option<&Path> {
        match self.files.as_slice() {
            [] => None,
            [file] => Some(&file.path),
            [file, ..] => file.path.parent(),
        }
    }

    /// Size of its files in bytes; `None` if one is not there, or there are none.
    pub fn bytes(&self) -> Option<u64> {
        let sizes: Option<Vec<u64>> = self.files.iter().map(|file| file.bytes).collect();
        sizes.filter(|sizes| !sizes.is_empty()).map(|sizes| sizes.iter().sum())
    }
}

impl Registry {
    /// The models in `folder`, which need not exist.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), commercial_only: false, guess: None }
    }

    /// The same registry, which refuses models whose licence forbids commercial use if `only`.
    #[must_use]
    pub fn commercial_only(mut self, only: bool) -> Self {
        self.commercial_only = only;
        self
    }

    /// The same registry, which asks `guess` about ONNX files that have no manifest.
    #[must_use]
    pub fn with_guess(mut self, guess: Guess) -> Self {
        self.guess = Some(guess);
        self
    }

    /// `SONIC_MODELS`, or else `sonic/models` in the folder where this system keeps its users' data.
    ///
    /// # Errors
    /// `InvalidArgument` if nothing says where that is.
    pub fn default_folder() -> Result<PathBuf> {
        if let Some(folder) = std::env::var_os("SONIC_MODELS").filter(|value| !value.is_empty()) {
            return Ok(folder.into());
        }
        let message = "no folder for models is known: set SONIC_MODELS to one";
        dirs::data_local_dir()
            .map(|data| data.join("sonic/models"))
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
    pub fn list(&self) -> Result<Vec<RegistryEntry>> {
        let mut all: Vec<RegistryEntry> = built_in().iter().map(|m| self.entry(m.clone(), true)).collect();
        for path in self.manifests()? {
            let manifest = Manifest::read(&path)?;
            match all.iter().any(|entry| entry.manifest.id == manifest.id) {
                true => return Err(id_is_taken(&manifest.id, &path)),
                false => all.push(self.entry(named_after(manifest, &path), false)),
            }
        }
        all.sort_by(|a, b| a.manifest.id.cmp(&b.manifest.id));
        Ok(all)
    }

    /// The model that `name` means: an id, the path of a manifest, or the path of an ONNX file. That has a manifest of
    /// the same name beside it, or is one of those that sonic knows by their SHA-256, whatever it is called, or is one
    /// that a [guess](Self::with_guess) knows by its inputs and outputs.
    ///
    /// # Errors
    /// `NotFound` for a name or a path that is not known; `Model` if a file of the model is not on this machine, its
    /// manifest is wrong or missing, or its licence is refused. Nothing is ever fetched.
    pub fn resolve(&self, name: &str) -> Result<Model> {
        let entry = self.find(name)?;
        self.permit(&entry.manifest)?;
        match entry.files.iter().find(|file| file.bytes.is_none()) {
            Some(file) => Err(missing(&entry, file)),
            None => {
                let files = entry.files.into_iter().map(|file| (file.name, file.path)).collect();
                Ok(Model { manifest: entry.manifest, files })
            }
        }
    }

    /// What is known about the files of the model `name`, whose bytes are read: the worst of what
    /// [`verify_files`](Self::verify_files) says of each.
    ///
    /// # Errors
    /// As [`verify_files`](Self::verify_files).
    pub fn verify(&self, name: &str) -> Result<Verified> {
        let severity = |verified: &Verified| match verified {
            Verified::BuiltIn | Verified::Good => 0,
            Verified::Unknown(_) => 1,
            Verified::Wrong(_) => 2,
            Verified::Missing => 3,
        };
        let mut worst = Verified::BuiltIn;
        for (_, verified) in self.verify_files(name)? {
            if worst == Verified::BuiltIn || severity(&verified) > severity(&worst) {
                worst = verified;
            }
        }
        Ok(worst)
    }

    /// What is known about each file of the model `name`, by the names that the manifest gives them; nothing if it is
    /// built into sonic.
    ///
    /// # Errors
    /// `NotFound` for a name that is not known; `Io` if a file cannot be read.
    pub fn verify_files(&self, name: &str) -> Result<Vec<(String, Verified)>> {
        let entry = self.find(name)?;
        let verified = entry.files.iter().map(|file| {
            let expected = entry.manifest.files.get(&file.name).and_then(|f| f.sha256.as_ref());
            Ok((file.name.clone(), verify_file(file, expected)?))
        });
        verified.collect()
    }

    /// That the licence of a model is one that this registry accepts.
    pub(crate) fn permit(&self, manifest: &Manifest) -> Result<()> {
        if manifest.commercial || !self.commercial_only {
            return Ok(());
        }
        let Manifest { id, licence, .. } = manifest;
        let message =
            format!("{id} may not be used commercially ({licence}), and only such models are accepted here");
        Err(Error::new(ErrorKind::Model, message))
    }

    /// The model that `name` means, wherever its files may be.
    pub(crate) fn find(&self, name: &str) -> Result<RegistryEntry> {
        if let Some(manifest) = built_in().iter().find(|m| m.id == name) {
            return Ok(self.entry(manifest.clone(), true));
        }
        let path = Path::new(name);
        match path.extension().and_then(|e| e.to_str()) {
            Some("toml") => Self::of_manifest(path),
            Some("onnx") => self.of_model(path),
            _ => self.in_folder(name),
        }
    }

    /// The model whose manifest is at `path`, its files beside it.
    fn of_manifest(path: &Path) -> Result<RegistryEntry> {
        let manifest = named_after(Manifest::read(path)?, path);
        let folder = path.parent().unwrap_or(Path::new(""));
        Ok(Self::new(folder).entry(manifest, false))
    }

    /// The model in an ONNX file: its manifest lies beside it, or it is one that sonic knows by its bytes, or one that
    /// is guessed.
    fn of_model(&self, path: &Path) -> Result<RegistryEntry> {
        let manifest = path.with_extension("toml");
        if manifest.exists() {
            return Self::of_manifest(&manifest);
        }
        if !path.exists() {
            return Err(Error::new(ErrorKind::NotFound, format!("there is no model {}", path.display())));
        }
        let hash = hash::of_file(path)?;
        let file_name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let has_hash = |file: &ManifestFile| file.sha256.as_ref() == Some(&hash);
        let known = built_in().iter().find(|m| m.files.values().any(has_hash));
        let mut manifest = match known {
            Some(known) => known.clone(),
            None => named_after(self.guessed(path)?.ok_or_else(|| needs_manifest(path))?, path),
        };
        if let Some(file) = manifest.files.values_mut().find(|file| has_hash(file)) {
            file.file = file_name;
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        Ok(Self::new(folder).entry(manifest, known.is_some()))
    }

    /// What an ONNX file without a manifest must be; `None` if that cannot be told.
    fn guessed(&self, path: &Path) -> Result<Option<Manifest>> {
        let Some(guess) = self.guess else { return Ok(None) };
        let bytes =
            std::fs::read(path).map_err(|e| Error::io(format!("cannot read {}", path.display()), e))?;
        let stem = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().to_lowercase());
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
        let id: String = stem.chars().map(|c| if plain(c) { c } else { '-' }).collect();
        Ok(guess(&id, &bytes))
    }

    fn in_folder(&self, name: &str) -> Result<RegistryEntry> {
        for path in self.manifests()? {
            let manifest = Manifest::read(&path)?;
            if manifest.id == name {
                return Ok(self.entry(named_after(manifest, &path), false));
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
        let mut paths = files_in(&self.folder)?;
        paths.retain(|path| path.extension().is_some_and(|e| e == "toml"));
        Ok(paths)
    }

    fn entry(&self, manifest: Manifest, built_in: bool) -> RegistryEntry {
        let folder = manifest.folder.as_ref().map_or_else(|| self.folder.clone(), |f| self.folder.join(f));
        let file = |(name, file): (&String, &ManifestFile)| {
            let path = folder.join(file.file.as_ref()?);
            Some(RegistryFile { name: name.clone(), bytes: size_of(&path), path })
        };
        let files = match manifest.folder.is_some() && manifest.files.is_empty() {
            true => whole_folder(&folder),
            false => manifest.files.iter().filter_map(file).collect(),
        };
        RegistryEntry { manifest, built_in, files }
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Registry({}, commercial_only: {})", self.folder.display(), self.commercial_only)
    }
}

/// A manifest that names no file means the ONNX file of its own name.
fn named_after(mut manifest: Manifest, path: &Path) -> Manifest {
    let name = || Some(path.with_extension("onnx").file_name()?.to_string_lossy().into_owned());
    if manifest.files.is_empty() && manifest.folder.is_none() {
        manifest.files.insert(Manifest::ONLY_FILE.to_owned(), ManifestFile::default());
    }
    for file in manifest.files.values_mut() {
        file.file = file.file.take().or_else(name);
    }
    manifest
}

/// The paths in a folder, in order of name; none if there is no folder.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(Error::io(format!("cannot read {}", folder.display()), e)),
    };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

/// Every file of a folder, by its own name; if there is none, the folder itself as a file that is missing.
fn whole_folder(folder: &Path) -> Vec<RegistryFile> {
    let file = |path: PathBuf| {
        let name = path.file_name()?.to_string_lossy().into_owned();
        Some(RegistryFile { bytes: Some(size_of(&path)?), name, path })
    };
    let files: Vec<_> = files_in(folder).unwrap_or_default().into_iter().filter_map(file).collect();
    if !files.is_empty() {
        return files;
    }
    vec![RegistryFile { name: Manifest::ONLY_FILE.to_owned(), path: folder.to_owned(), bytes: None }]
}

/// Size of a file in bytes; `None` if it is not there.
fn size_of(path: &Path) -> Option<u64> {
    path.metadata().ok().filter(|m| m.is_file()).map(|m| m.len())
}

pub(crate) fn verify_file(file: &RegistryFile, expected: Option<&String>) -> Result<Verified> {
    if file.bytes.is_none() {
        return Ok(Verified::Missing);
    }
    let hash = hash::of_file(&file.path)?;
    Ok(match expected {
        Some(expected) if *expected == hash => Verified::Good,
        Some(_) => Verified::Wrong(hash),
        None => Verified::Unknown(hash),
    })
}

/// What to do about an ONNX file that nothing is known about.
fn needs_manifest(model: &Path) -> Error {
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

fn missing(entry: &RegistryEntry, file: &RegistryFile) -> Error {
    let Manifest { id, note, files, .. } = &entry.manifest;
    let how = match files.get(&file.name).and_then(|file| file.url.as_ref()) {
        Some(_) => format!("fetch it with `sonic models pull {id}`, or put it there"),
        None => format!("put it there. {note}"),
    };
    let path = file.path.display();
    Error::new(ErrorKind::Model, format!("the file of {id} is not on this machine: {path} is missing; {how}"))
}

fn id_is_taken(id: &str, path: &Path) -> Error {
    Error::new(
        ErrorKind::Model,
        format!("{} has the id {id}, which is taken: give it another", path.display()),
    )
}
