//! What lies at a path: pickles, LMDB environments, a bucket.

use crate::archive;
use crate::entries::{Season, Warning};
use crate::watch::Watch;
use crate::{lmdb, pickle};
use serde::Deserialize;
use sonic_core::{Error, ErrorKind, Result, path_text};
use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

/// How the packed pickles of an archive begin.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Files to import.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Where they lie: one file or a folder.
    pub path: &'a Path,
    /// What `path` is called in reports and in the store: the address that the files were copied from.
    pub name: &'a Path,
}

impl<'a> From<&'a Path> for Place<'a> {
    fn from(path: &'a Path) -> Self {
        Self { path, name: path }
    }
}

/// True for the names of files that are read when a folder is imported.
pub fn is_wanted(name: &str) -> bool {
    let ends = [".pkl", ".pickle", ".pkl.zst", ".lmdb.tar.gz", ".mdb", ".sha256", "versions.json"];
    ends.iter().any(|end| name.ends_with(end))
}

/// A season to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    /// The path as reports have it.
    pub(crate) name: PathBuf,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Pickle,
    /// A data file of LMDB.
    Lmdb,
    /// A packed environment and its checksum.
    Archive(PathBuf),
}

/// The seasons at a place, in order of name: a file, an environment, a folder of them, or a bucket.
pub(crate) fn sources(place: Place<'_>) -> Result<Vec<Source>> {
    let path = place.path;
    let mut found = match std::fs::metadata(path) {
        Err(e) => return Err(Error::io(format!("cannot read {}", path.display()), e)),
        Ok(metadata) if metadata.is_dir() => folder(path)?,
        Ok(_) => vec![file(path)],
    };
    for source in &mut found {
        if let Ok(below) = source.path.strip_prefix(path) {
            let is_whole = below.as_os_str().is_empty();
            source.name = if is_whole { place.name.to_owned() } else { place.name.join(below) };
        }
    }
    match found.is_empty() {
        false => Ok(found),
        true => {
            let message = format!(
                "{} holds no season: no `.pkl`, no `season_NN.lmdb`, no `fingerprints/VERSION/season_NN.lmdb.tar.gz`",
                place.name.display()
            );
            Err(Error::new(ErrorKind::NotFound, message))
        }
    }
}

fn file(path: &Path) -> Source {
    let name = path_text(path.file_name().unwrap_or_default());
    let kind = match name {
        name if name.ends_with(".tar.gz") => Kind::Archive(checksum_of(path)),
        name if name.ends_with(".mdb") => Kind::Lmdb,
        _ => Kind::Pickle,
    };
    Source::new(path.to_owned(), kind)
}

/// Where a bucket has the checksum of `fingerprints/VERSION/NAME.lmdb.tar.gz`.
fn checksum_of(archive: &Path) -> PathBuf {
    let name = path_text(archive.file_name().unwrap_or_default());
    let season = name.trim_end_matches(".tar.gz").trim_end_matches(".lmdb");
    let version = archive.parent().unwrap_or(Path::new("."));
    let folder = version.file_name().map(|version| Path::new("../../checksums").join(version));
    version.join(folder.unwrap_or_default()).join(format!("{season}.sha256"))
}

fn folder(path: &Path) -> Result<Vec<Source>> {
    if path.join("data.mdb").exists() {
        return Ok(vec![Source::new(path.join("data.mdb"), Kind::Lmdb)]);
    }
    let fingerprints = path.join("fingerprints");
    if fingerprints.is_dir() {
        return seasons(&version(&fingerprints)?);
    }
    seasons(path)
}

/// The seasons that lie in a folder.
fn seasons(path: &Path) -> Result<Vec<Source>> {
    let mut found = Vec::new();
    for path in entries(path)? {
        let name = path_text(path.file_name().unwrap_or_default());
        if path.is_dir() {
            if path.join("data.mdb").exists() {
                found.push(Source::new(path.join("data.mdb"), Kind::Lmdb));
            }
        } else if [".pkl", ".pickle", ".pkl.zst", ".lmdb.tar.gz"].iter().any(|end| name.ends_with(end)) {
            found.push(file(&path));
        }
    }
    Ok(found)
}

fn entries(path: &Path) -> Result<Vec<PathBuf>> {
    let fail = |e| Error::io(format!("cannot read {}", path.display()), e);
    let entries = std::fs::read_dir(path).map_err(fail)?;
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<std::io::Result<_>>().map_err(fail)?;
    paths.sort();
    Ok(paths)
}

/// What a bucket says of its versions.
#[derive(Debug, Deserialize)]
struct Versions {
    latest: String,
}

/// The folder of the version that a bucket calls the latest; without that file, of the last: `v10` comes after `v9`.
fn version(fingerprints: &Path) -> Result<PathBuf> {
    let file = fingerprints.join("versions.json");
    let Ok(text) = std::fs::read(&file) else {
        let versions = entries(fingerprints)?.into_iter().filter(|path| path.is_dir());
        let last = versions.max_by_key(|path| (path.as_os_str().len(), path.clone()));
        return Ok(last.unwrap_or_else(|| fingerprints.to_owned()));
    };
    let wrong = || Error::new(ErrorKind::Malformed, format!("{} does not name a version", file.display()));
    let versions: Versions = serde_json::from_slice(&text).map_err(|e| wrong().with_source(e))?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    match !versions.latest.starts_with('.') && versions.latest.chars().all(is_name) {
        true => Ok(fingerprints.join(versions.latest)),
        false => Err(wrong()),
    }
}

impl Source {
    fn new(path: PathBuf, kind: Kind) -> Self {
        Self { name: path.clone(), path, kind }
    }

    /// Bytes that reading takes; `None` if nobody knows before.
    pub(crate) fn length(&self) -> Option<u64> {
        let length = std::fs::metadata(&self.path).ok()?.len();
        match self.kind {
            Kind::Pickle if path_text(&self.path).ends_with(".zst") => None,
            // It is read twice.
            Kind::Pickle => Some(2 * length),
            Kind::Lmdb => None,
            Kind::Archive(_) => None,
        }
    }

    /// Reads the season.
    pub(crate) fn read(&self, watch: &mut Watch<'_>) -> Result<Season> {
        let read = match &self.kind {
            Kind::Pickle => pickle::read(|| self.open_pickle(), watch),
            Kind::Lmdb => self.open().and_then(|file| lmdb::read(file, watch)),
            Kind::Archive(checksum) => {
                archive::unpack(&self.path, checksum, watch).and_then(|file| lmdb::read(file, watch))
            }
        };
        let mut season = read.map_err(|e| self.named(e))?;
        if let Some(named) = self.season_in_name()
            && season.number.is_some_and(|number| number != named)
        {
            *season.warnings.entry(Warning::OtherSeason).or_default() += 1;
        }
        Ok(season)
    }

    /// The error, with the path if it does not name it.
    fn named(&self, error: Error) -> Error {
        let path = self.path.display().to_string();
        if error.message().contains(&path) { error } else { error.context(self.name.display()) }
    }

    fn open(&self) -> Result<File> {
        File::open(&self.path).map_err(|e| Error::io(format!("cannot read {}", self.path.display()), e))
    }

    fn open_pickle(&self) -> Result<Box<dyn Read>> {
        let fail = |e| Error::io(format!("cannot read {}", self.path.display()), e);
        let mut file = self.open()?;
        let mut begin = [0; 4];
        let packed = file.read(&mut begin).map_err(fail)? == begin.len() && begin == ZSTD;
        file.rewind().map_err(fail)?;
        match packed {
            true => Ok(Box::new(zstd::Decoder::new(file).map_err(fail)?)),
            false => Ok(Box::new(file)),
        }
    }

    /// The season in a name like `season_01.lmdb` or `audio_fingerprints_s01.pkl`.
    fn season_in_name(&self) -> Option<u32> {
        let own = self.path.file_name()?;
        let name = if own == "data.mdb" { self.path.parent()?.file_name()? } else { own };
        let name = path_text(name);
        let stem = name.split('.').next()?;
        let digits =
            stem.strip_prefix("season_").or_else(|| stem.rsplit_once("_s").map(|(_, digits)| digits))?;
        digits.parse().ok()
    }
}
