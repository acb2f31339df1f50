//! Model files come into the folder: whole and verified, or not at all.

use super::archive::{extract, is_archive};
use super::fetch::{Download, Step};
use super::hash::{self, Hasher};
use super::{Listed, Registry, Verified};
use crate::model::Manifest;
use crate::{Error, ErrorKind, Result};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The callback is asked at least this often whether to go on.
const PATIENCE: Duration = Duration::from_millis(100);
/// No file grows larger than this, whatever a server or an archive says.
const MOST_BYTES: u64 = 8 << 30;

/// How to pull a model.
#[derive(Debug, Clone, Default)]
pub struct PullOptions {
    /// Take a file although its manifest has no hash to verify it by.
    pub accept_unverified: bool,
    /// The address of a folder that has model files by their names; then the published places are not asked.
    pub mirror: Option<String>,
    /// A folder that has the file, or the published archive that holds it; then no server is asked.
    pub offline: Option<PathBuf>,
}

/// How far a pull is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PullProgress<'a> {
    /// The address or path that bytes come from; the next one follows if it fails.
    pub source: &'a str,
    /// Bytes that have come.
    pub bytes: u64,
    /// Bytes that there are, if the source says so.
    pub total: Option<u64>,
}

/// A model that is in the folder now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// Its file; `None` if the model is built into sonic.
    pub path: Option<PathBuf>,
    /// Where the file came from; `None` if it was there already.
    pub source: Option<String>,
    /// SHA-256 of the file; empty if there is none.
    pub sha256: String,
    /// True if that is the hash of the manifest.
    pub verified: bool,
}

type OnProgress<'a> = dyn FnMut(PullProgress<'_>) -> ControlFlow<()> + 'a;

impl Registry {
    /// Brings the file of the model `name` into the folder, unless it is there and right.
    ///
    /// The bytes go to a temporary file in the same folder, which gets its name when all are there and their hash is
    /// the manifest's. Places are tried one after the other. `on_progress` hears several times a second how far it is;
    /// if it breaks off, nothing is left behind.
    ///
    /// # Errors
    /// `NotFound` for a name that is not known; `Model` if its licence is refused, nobody publishes it, or it cannot be
    /// verified and `accept_unverified` is not set; `Mismatch` for a wrong hash; `Io`, `NotFound` or `Malformed` for
    /// what went wrong at the last place; `Closed` if it was broken off.
    pub fn pull(
        &self,
        name: &str,
        options: &PullOptions,
        mut on_progress: impl FnMut(PullProgress<'_>) -> ControlFlow<()>,
    ) -> Result<Pulled> {
        let listed = self.find(name)?;
        self.permit(&listed.manifest)?;
        let (Some(path), Some(file)) = (&listed.path, &listed.manifest.file) else {
            return Ok(Pulled { path: None, source: None, sha256: String::new(), verified: true });
        };
        if let Some(there) = self.is_there(name, path)? {
            return Ok(there);
        }
        may_be_unverified(&listed.manifest, options)?;
        let folder = path.parent().unwrap_or(&self.folder);
        fs::create_dir_all(folder).map_err(|e| Error::io(format!("cannot make {}", folder.display()), e))?;
        remove_remains(folder, file);
        let sources = sources(&listed, file, options)?;
        from_first(&sources, &listed.manifest, path, &mut on_progress)
    }

    /// The file if it needs no pulling.
    fn is_there(&self, name: &str, path: &Path) -> Result<Option<Pulled>> {
        let there = |sha256: String, verified| {
            Ok(Some(Pulled { path: Some(path.to_owned()), source: None, sha256, verified }))
        };
        match self.verify(name)? {
            Verified::Good => there(hash::of_file(path)?, true),
            Verified::Unknown(hash) => there(hash, false),
            Verified::BuiltIn | Verified::Wrong(_) | Verified::Missing => Ok(None),
        }
    }
}

fn may_be_unverified(manifest: &Manifest, options: &PullOptions) -> Result<()> {
    if manifest.sha256.is_some() || options.accept_unverified {
        return Ok(());
    }
    let message = format!(
        "no hash is known that {} could be verified by: pull it with --accept-unverified if you trust where it comes from",
        manifest.id
    );
    Err(Error::new(ErrorKind::Model, message))
}

/// Where the bytes may come from, in the order to try them.
fn sources(listed: &Listed, file: &str, options: &PullOptions) -> Result<Vec<String>> {
    let published: Vec<String> =
        listed.manifest.url.iter().chain(&listed.manifest.mirrors).cloned().collect();
    if let Some(folder) = &options.offline {
        let archives =
            published.iter().filter(|url| is_archive(url)).filter_map(|url| url.rsplit('/').next());
        let candidates = std::iter::once(file).chain(archives).map(|name| folder.join(name));
        let found: Vec<String> = candidates
            .filter(|path| path.is_file())
            .map(|path| path.to_string_lossy().into_owned())
            .collect();
        let message = || format!("{} does not have {file}", folder.display());
        return if found.is_empty() { Err(Error::new(ErrorKind::NotFound, message())) } else { Ok(found) };
    }
    if let Some(mirror) = &options.mirror {
        return Ok(vec![format!("{}/{}", mirror.trim_end_matches('/'), file.replace('+', "%2B"))]);
    }
    match published.is_empty() {
        false => Ok(published),
        true => {
            let Manifest { id, note, .. } = &listed.manifest;
            Err(Error::new(ErrorKind::Model, format!("{id} is published nowhere in this form. {note}")))
        }
    }
}

/// The file from the first place that has it; of several failures the last one's kind and all their reasons.
fn from_first(
    sources: &[String],
    manifest: &Manifest,
    path: &Path,
    on_progress: &mut OnProgress<'_>,
) -> Result<Pulled> {
    let mut reasons = Vec::new();
    for (number, source) in sources.iter().enumerate() {
        match from_one(source, manifest, path, on_progress) {
            Ok(pulled) => return Ok(pulled),
            Err(e) if e.kind() == ErrorKind::Closed => return Err(e.context(&manifest.id)),
            Err(e) => {
                reasons.push(format!("{source}: {e}"));
                if number + 1 == sources.len() {
                    let message = format!("cannot pull {}: {}", manifest.id, reasons.join("; "));
                    return Err(Error::new(e.kind(), message));
                }
            }
        }
    }
    Err(Error::new(ErrorKind::NotFound, format!("{} is nowhere to be had", manifest.id)))
}

fn from_one(
    source: &str,
    manifest: &Manifest,
    path: &Path,
    on_progress: &mut OnProgress<'_>,
) -> Result<Pulled> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut partial = Partial::create(path, "part", manifest.bytes.unwrap_or(MOST_BYTES))?;
    if is_archive(source) {
        let mut archive = Partial::create(path, "zip.part", MOST_BYTES)?;
        copy(source, &mut archive, on_progress)?;
        archive.flush()?;
        extract(&archive.path, &name, &mut |bytes| partial.write(bytes))?;
    } else {
        copy(source, &mut partial, on_progress)?;
    }
    let sha256 = partial.hash();
    if let Some(expected) = manifest.sha256.as_ref().filter(|expected| **expected != sha256) {
        let message = format!("the SHA-256 of what came is {sha256}, but {expected} is expected");
        return Err(Error::new(ErrorKind::Mismatch, message));
    }
    partial.keep(path)?;
    let verified = manifest.sha256.is_some();
    Ok(Pulled { path: Some(path.to_owned()), source: Some(source.to_owned()), sha256, verified })
}

/// All bytes of an address or a file; that they are all is checked where the source says how many there are.
fn copy(source: &str, to: &mut Partial, on_progress: &mut OnProgress<'_>) -> Result<()> {
    let mut tell = |bytes, total| match on_progress(PullProgress { source, bytes, total }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Error::new(ErrorKind::Closed, "the pull was broken off")),
    };
    if !source.starts_with("https://") && !source.starts_with("http://") {
        return copy_file(Path::new(source), to, &mut tell);
    }
    let mut download = Download::start(source)?;
    loop {
        match download.next(PATIENCE)? {
            Step::Bytes(chunk) => to.write(&chunk)?,
            Step::Nothing => {}
            Step::End => break,
        }
        tell(to.bytes, download.length)?;
    }
    match download.length {
        Some(length) if length != to.bytes => Err(Error::new(
            ErrorKind::Io,
            format!("the connection ended after {} of {length} bytes", to.bytes),
        )),
        _ => Ok(()),
    }
}

fn copy_file(
    path: &Path,
    to: &mut Partial,
    tell: &mut dyn FnMut(u64, Option<u64>) -> Result<()>,
) -> Result<()> {
    let fail = |e| Error::io("cannot read it", e);
    let mut file = File::open(path).map_err(fail)?;
    let total = file.metadata().map_err(fail)?.len();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer).map_err(fail)? {
            0 => return Ok(()),
            n => to.write(&buffer[..n])?,
        }
        tell(to.bytes, Some(total))?;
    }
}

/// A file that is being written; gone with this value unless it is kept.
struct Partial {
    path: PathBuf,
    file: File,
    hasher: Hasher,
    bytes: u64,
    /// More bytes than this are refused.
    most: u64,
}

impl Partial {
    /// A hidden file beside `target`, which no other process writes.
    fn create(target: &Path, ending: &str, most: u64) -> Result<Self> {
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let path = target.with_file_name(format!(".{name}.{}.{ending}", std::process::id()));
        let file =
            File::create(&path).map_err(|e| Error::io(format!("cannot make {}", path.display()), e))?;
        Ok(Self { path, file, hasher: Hasher::default(), bytes: 0, most })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        if self.bytes > self.most {
            return Err(Error::new(ErrorKind::Mismatch, format!("more than {} bytes came", self.most)));
        }
        self.file.write_all(bytes).map_err(|e| self.cannot_write(e))
    }

    fn flush(&mut self) -> Result<()> {
        self.file.sync_all().map_err(|e| self.cannot_write(e))
    }

    /// The hash of what was written.
    fn hash(&mut self) -> String {
        std::mem::take(&mut self.hasher).finish()
    }

    /// Gives the file its name; what was there before is replaced.
    fn keep(mut self, target: &Path) -> Result<()> {
        self.flush()?;
        fs::rename(&self.path, target).map_err(|e| self.cannot_write(e))
    }

    fn cannot_write(&self, error: std::io::Error) -> Error {
        Error::io(format!("cannot write {}", self.path.display()), error)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path); // It is gone already if it was kept.
    }
}

/// Removes what a process that was killed left of the same file an hour ago or earlier.
fn remove_remains(folder: &Path, file: &str) {
    let is_old = |path: &Path| {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let modified = path.metadata().and_then(|m| m.modified()).ok();
        let age = modified.and_then(|m| m.elapsed().ok()).unwrap_or_default();
        name.starts_with(&format!(".{file}.")) && name.ends_with(".part") && age > Duration::from_secs(3600)
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| is_old(path)).for_each(|path| drop(fs::remove_file(path)));
}
