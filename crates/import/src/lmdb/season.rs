//! The fingerprints of one season in an LMDB file.

use super::damaged;
use super::file::DataFile;
use super::walk::Walk;
use crate::entries::{Collector, Season, Warning, name_of};
use crate::watch::Watch;
use serde::Deserialize;
use sonic_core::{Error, ErrorKind, Result};
use std::collections::BTreeMap;
use std::fs::File;
use zstd::bulk::Decompressor;

/// Bytes of the entries of a hash at most: 65,535, of up to ten bytes of time each.
const MAX_UNPACKED: usize = 2 + 65_535 * 12;
/// How the only files that exist name their hashes.
const HASH_FORMAT: &str = "md5_as_int64";

/// What the table of facts tells.
#[derive(Debug, Deserialize)]
#[serde(default)]
struct Info {
    season: Option<u32>,
    unique_hashes: Option<u64>,
    total_entries: Option<u64>,
    /// Entries of each episode.
    episodes: BTreeMap<String, i64>,
    hash_format: String,
}

impl Default for Info {
    fn default() -> Self {
        let hash_format = HASH_FORMAT.to_owned();
        Self {
            season: None,
            unique_hashes: None,
            total_entries: None,
            episodes: BTreeMap::new(),
            hash_format,
        }
    }
}

/// Reads the season in an LMDB file.
pub(crate) fn read(file: File, watch: &mut Watch<'_>) -> Result<Season> {
    let file = DataFile::open(file)?;
    let mut walk = Walk::new(&file, watch);
    let tables = walk.tables()?;
    let table = |name: &str| tables.iter().find(|(own, _)| own == name.as_bytes()).map(|(_, tree)| *tree);
    let Some(fingerprints) = table("fingerprints") else {
        let message = "the LMDB file has no table of fingerprints: it is something else";
        return Err(Error::new(ErrorKind::Malformed, message));
    };
    let mut info = None;
    if let Some(metadata) = table("metadata") {
        walk.rows(&metadata, &mut |key, value| {
            if key == b"info" {
                info = Some(parse_info(value)?);
            }
            Ok(())
        })?;
    }
    let mut collector = Collector::default();
    collector.warn(Warning::NoMetadata, u64::from(info.is_none()));
    let mut values = Values::new()?;
    walk.rows(&fingerprints, &mut |key, value| values.collect(key, value, &mut collector))?;
    let info = info.unwrap_or_default();
    let told =
        [(info.unique_hashes, collector.hashes_read()), (info.total_entries, collector.entries_read())];
    let differ = told.iter().filter(|(told, found)| told.is_some_and(|told| told != *found)).count();
    collector.warn(Warning::CountsDiffer, differ as u64);
    info.episodes.iter().for_each(|(name, entries)| collector.told(name, *entries));
    collector.finish(info.season)
}

fn parse_info(value: &[u8]) -> Result<Info> {
    let info: Info = serde_json::from_slice(value)
        .map_err(|e| damaged("what it tells of itself is not JSON").with_source(e))?;
    match info.hash_format.as_str() {
        HASH_FORMAT => Ok(info),
        other => {
            let message =
                format!("its hashes are {other:?}, not {HASH_FORMAT:?}: such recordings cannot be searched");
            Err(Error::new(ErrorKind::Unsupported, message))
        }
    }
}

/// Unpacks values.
struct Values {
    decompressor: Decompressor<'static>,
    unpacked: Vec<u8>,
}

impl Values {
    fn new() -> Result<Self> {
        let decompressor =
            Decompressor::new().map_err(|e| Error::io("cannot set up the unpacking of values", e))?;
        Ok(Self { decompressor, unpacked: Vec::with_capacity(MAX_UNPACKED) })
    }

    fn collect(&mut self, key: &[u8], value: &[u8], collector: &mut Collector) -> Result<()> {
        let bytes: [u8; 8] =
            key.try_into().map_err(|_| damaged(format!("a hash of {} bytes in place of 8", key.len())))?;
        self.unpacked.clear();
        // What does not fit into the buffer is refused, whatever the value claims.
        self.decompressor.decompress_to_buffer(value, &mut self.unpacked).map_err(|e| {
            damaged(format!("the entries of a hash cannot be unpacked to {MAX_UNPACKED} bytes"))
                .with_source(e)
        })?;
        let hash = collector.hash(bytes);
        let mut entries = Entries(&self.unpacked);
        for _ in 0..entries.number()? {
            let (episode, ms) = (entries.number()?, entries.varint()?);
            if episode == 0 {
                collector.warn(Warning::UnnamedEpisode, 1);
                continue;
            }
            let episode = collector.episode(&name_of(episode))?;
            collector.add(hash, episode, ms as f64)?;
        }
        collector.warn(Warning::TrailingBytes, entries.0.len() as u64);
        Ok(())
    }
}

/// The entries of a hash: how many, then episode and milliseconds of each.
struct Entries<'v>(&'v [u8]);

impl Entries<'_> {
    fn number(&mut self) -> Result<u16> {
        let (number, rest) =
            self.0.split_first_chunk().ok_or_else(|| damaged("the entries of a hash end early"))?;
        self.0 = rest;
        Ok(u16::from_le_bytes(*number))
    }

    /// Seven bits a byte, the lowest first.
    fn varint(&mut self) -> Result<u64> {
        let mut value = 0;
        for shift in (0..).step_by(7) {
            let (byte, rest) = self.0.split_first().ok_or_else(|| damaged("a time ends early"))?;
            self.0 = rest;
            if shift >= 56 {
                return Err(damaged("a time without end"));
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        Ok(value)
    }
}
