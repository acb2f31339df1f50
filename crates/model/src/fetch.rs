//! Model files come into the folder: whole and verified, or not at all.

mod archive;
mod download;
mod partial;

use crate::registry::{Registry, RegistryFile, Verified, verify_file};
use crate::{Manifest, ManifestFile, hash};
use archive::{extract, is_archive};
use download::{Download, Step};
use partial::Partial;
use sonic_core::{Error, ErrorKind, Result};
use std::fs::{self, File};
use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The callback is called at least this often to say whether to cancel.
const PATIENCE: Duration = Duration::from_millis(100);
/// No file grows larger than this, whatever a server or an archive says.
const MOST_BYTES: u64 = 8 << 30;

/// How to pull a model.
#[derive(Debug, Clone, Default)]
pub struct PullOptions {
    /// Take a file although its manifest has no hash to verify it by.
    pub accept_unverified: bool,
    /// The address of a folder that has model files by their names; then the published places are not used.
    pub mirror: Option<String>,
    /// A folder that has the file, or the published archive that holds it; then no server is used.
    pub offline: Option<PathBuf>,
}

/// How far a pull is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PullProgress<'a> {
    /// What the manifest calls the file that comes now.
    pub file: &'a str,
    /// The address or path that bytes come from; the next one follows if it fails.
    pub source: &'a str,
    /// Bytes of the file that have come.
    pub bytes: u64,
    /// Bytes that there are, if the source says so.
    pub total: Option<u64>,
}

/// A model that is in the folder now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pulled {
    /// Its files; none if the model is built into sonic.
    pub files: Vec<PulledFile>,
}

/// A file that is in the folder now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PulledFile {
    /// What the manifest calls it.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Where it came from; `None` if it was there already.
    pub source: Option<String>,
    /// Its SHA-256.
    pub sha256: String,
    /// True if that is the hash of the manifest.
    pub verified: bool,
}

type OnProgress<'a> = dyn FnMut(PullProgress<'_>) -> ControlFlow<()> + 'a;

impl Registry {
    /// Brings the files of the model `name` into the folder, unless they are there and right.
    ///
    /// The bytes go to a temporary file in the same folder, which gets its name when all are there and their hash is
    /// the manifest's. Places are tried one after the other. `on_progress` is called several times a second with how
    /// far it is; if it cancels, nothing is left of the file that was coming.
    ///
    /// # Errors
    /// `NotFound` for a name that is not known; `Model` if its licence is refused, nobody publishes it, or it cannot be
    /// verified and `accept_unverified` is not set; `Mismatch` for a wrong hash; `Io`, `NotFound` or `Malformed` for
    /// what went wrong at the last place; `Closed` if it was cancelled.
    pub fn pull(
        &self,
        name: &str,
        options: &PullOptions,
        mut on_progress: impl FnMut(PullProgress<'_>) -> ControlFlow<()>,
    ) -> Result<Pulled> {
        let entry = self.find(name)?;
        self.permit(&entry.manifest)?;
        let mut pull = Pull { manifest: &entry.manifest, options, archive: None };
        let files = entry.files.iter().map(|file| pull.file(file, &mut on_progress));
        Ok(Pulled { files: files.collect::<Result<_>>()? })
    }
}

impl Pulled {
    /// True if every file has the hash of the manifest.
    pub fn is_verified(&self) -> bool {
        self.files.iter().all(|file| file.verified)
    }
}

/// The pulling of one model.
struct Pull<'a> {
    manifest: &'a Manifest,
    options: &'a PullOptions,
    /// The archive that came last, and from where: the next file may lie in it too.
    archive: Option<(String, Partial)>,
}

impl Pull<'_> {
    /// Brings one file into the folder, unless it is there and right.
    fn file(&mut self, file: &RegistryFile, on_progress: &mut OnProgress<'_>) -> Result<PulledFile> {
        let unpublished = ManifestFile::default();
        let wanted = self.manifest.files.get(&file.name).unwrap_or(&unpublished);
        let there = |sha256, verified| {
            Ok(PulledFile {
                name: file.name.clone(),
                path: file.path.clone(),
                source: None,
                sha256,
                verified,
            })
        };
        match verify_file(file, wanted.sha256.as_ref())? {
            Verified::Good => return there(hash::of_file(&file.path)?, true),
            Verified::Unknown(hash) => return there(hash, false),
            Verified::BuiltIn | Verified::Wrong(_) | Verified::Missing => (),
        }
        self.may_be_unverified(wanted)?;
        let folder = file.path.parent().unwrap_or(Path::new(""));
        fs::create_dir_all(folder).map_err(|e| Error::io(format!("cannot make {}", folder.display()), e))?;
        let file_name = file.path.file_name().unwrap_or_default().to_string_lossy();
        partial::remove_remains(folder, &file_name);
        let sources = self.sources(wanted, &file_name)?;
        self.first_that_has_it(&sources, wanted, file, on_progress)
    }

    fn may_be_unverified(&self, wanted: &ManifestFile) -> Result<()> {
        if wanted.sha256.is_some() || self.options.accept_unverified {
            return Ok(());
        }
        let message = format!(
            "no hash is known that {} could be verified by: pull it with --accept-unverified if you trust where it comes from",
            self.manifest.id
        );
        Err(Error::new(ErrorKind::Model, message))
    }

    /// Where the bytes may come from, in the order to try them.
    fn sources(&self, wanted: &ManifestFile, file: &str) -> Result<Vec<String>> {
        let published: Vec<String> = wanted.url.iter().chain(&wanted.mirrors).cloned().collect();
        if let Some(folder) = &self.options.offline {
            return offline(folder, file, &published);
        }
        if let Some(mirror) = &self.options.mirror {
            return Ok(vec![format!("{}/{}", mirror.trim_end_matches('/'), file.replace('+', "%2B"))]);
        }
        match published.is_empty() {
            false => Ok(published),
            true => {
                let Manifest { id, note, .. } = self.manifest;
                let message = format!("{id} is published nowhere in this form. {note}");
                Err(Error::new(ErrorKind::Model, message))
            }
        }
    }

    /// The file from the first place that has it; of several failures the last one's kind and all their reasons.
    fn first_that_has_it(
        &mut self,
        sources: &[String],
        wanted: &ManifestFile,
        file: &RegistryFile,
        on_progress: &mut OnProgress<'_>,
    ) -> Result<PulledFile> {
        let id = &self.manifest.id;
        let mut reasons = Vec::new();
        for (number, source) in sources.iter().enumerate() {
            match self.pull_from(source, wanted, file, on_progress) {
                Ok(pulled) => return Ok(pulled),
                Err(e) if e.kind() == ErrorKind::Closed => return Err(e.context(id)),
                Err(e) => {
                    reasons.push(format!("{source}: {e}"));
                    if number + 1 == sources.len() {
                        let message = format!("cannot pull {id}: {}", reasons.join("; "));
                        return Err(Error::new(e.kind(), message));
                    }
                }
            }
        }
        Err(Error::new(ErrorKind::NotFound, format!("{id} is nowhere to be had")))
    }

    fn pull_from(
        &mut self,
        source: &str,
        wanted: &ManifestFile,
        file: &RegistryFile,
        on_progress: &mut OnProgress<'_>,
    ) -> Result<PulledFile> {
        let path = &file.path;
        let mut partial = Partial::create(path, "part", wanted.bytes.unwrap_or(MOST_BYTES))?;
        let mut tell =
            |bytes, total| match on_progress(PullProgress { file: &file.name, source, bytes, total }) {
                ControlFlow::Continue(()) => Ok(()),
                ControlFlow::Break(()) => Err(Error::new(ErrorKind::Closed, "the pull was cancelled")),
            };
        if is_archive(source) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let archive = self.archive(source, path, &mut tell)?;
            extract(archive, &name, &mut |bytes| partial.write(bytes))?;
        } else {
            copy(source, &mut partial, &mut tell)?;
        }
        let sha256 = partial.hash();
        if let Some(expected) = wanted.sha256.as_ref().filter(|expected| **expected != sha256) {
            let message = format!("the SHA-256 of what came is {sha256}, but {expected} is expected");
            return Err(Error::new(ErrorKind::Mismatch, message));
        }
        partial.keep(path)?;
        let (name, source) = (file.name.clone(), Some(source.to_owned()));
        Ok(PulledFile { name, path: path.clone(), source, sha256, verified: wanted.sha256.is_some() })
    }

    /// The archive at `source`, which comes once for all files that lie in it.
    fn archive(&mut self, source: &str, beside: &Path, tell: &mut Tell<'_>) -> Result<&Path> {
        if self.archive.as_ref().is_none_or(|(there, _)| there != source) {
            let mut archive = Partial::create(beside, "zip.part", MOST_BYTES)?;
            copy(source, &mut archive, tell)?;
            archive.flush()?;
            self.archive = Some((source.to_owned(), archive));
        }
        let archive = self.archive.as_ref().map(|(_, archive)| archive.path());
        archive.ok_or_else(|| Error::new(ErrorKind::Internal, "an archive is lost"))
    }
}

/// Says how many bytes of how many have come; an error cancels.
type Tell<'a> = dyn FnMut(u64, Option<u64>) -> Result<()> + 'a;

/// The file, or published archives that may hold it, in a folder.
fn offline(folder: &Path, file: &str, published: &[String]) -> Result<Vec<String>> {
    let archives = published.iter().filter(|url| is_archive(url)).filter_map(|url| url.rsplit('/').next());
    let candidates = std::iter::once(file).chain(archives).map(|name| folder.join(name));
    let found: Vec<String> =
        candidates.filter(|path| path.is_file()).map(|path| path.to_string_lossy().into_owned()).collect();
    let message = || format!("{} does not have {file}", folder.display());
    if found.is_empty() { Err(Error::new(ErrorKind::NotFound, message())) } else { Ok(found) }
}

/// All bytes of an address or a file; that they are all is checked where the source says how many there are.
fn copy(source: &str, to: &mut Partial, tell: &mut Tell<'_>) -> Result<()> {
    if !source.starts_with("https://") && !source.starts_with("http://") {
        return copy_file(Path::new(source), to, tell);
    }
    let mut download = Download::start(source)?;
    loop {
        match download.next(PATIENCE)? {
            Step::Bytes(chunk) => to.write(&chunk)?,
            Step::Nothing => {}
            Step::End => break,
        }
        tell(to.bytes(), download.length)?;
    }
    match download.length {
        Some(length) if length != to.bytes() => Err(Error::new(
            ErrorKind::Io,
            format!("the connection ended after {} of {length} bytes", to.bytes()),
        )),
        _ => Ok(()),
    }
}

fn copy_file(path: &Path, to: &mut Partial, tell: &mut Tell<'_>) -> Result<()> {
    let fail = |e| Error::io("cannot read it", e);
    let mut file = File::open(path).map_err(fail)?;
    let total = file.metadata().map_err(fail)?.len();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer).map_err(fail)? {
            0 => return Ok(()),
            n => to.write(&buffer[..n])?,
        }
        tell(to.bytes(), Some(total))?;
    }
}
