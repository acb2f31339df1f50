//! What the files of one season hold, whatever they are written as: hashes, episodes, frames.

use crate::hash::hash_of;
use serde::Serialize;
use sonic_core::{Error, ErrorKind, PAIR_HASH_FRAME_MS, PairHash, Result};
use sonic_store::ImportEntry;
use std::collections::{BTreeMap, HashMap};

/// Something that is odd about a file, but has a reasonable reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Warning {
    /// Hashes that no pair of peaks has: of another version, or damaged. They are left out.
    UnknownHashes,
    /// Hashes in capitals.
    UpperCaseHashes,
    /// Episodes that are not named like `S01E02`.
    OddEpisodeNames,
    /// Episodes of another season than the file is of.
    OtherSeason,
    /// Episodes, or totals, of which the file tells another number of entries than it has.
    CountsDiffer,
    /// Bytes that follow the end of what was read.
    TrailingBytes,
    /// Entries whose episode had no number when they were written. They are left out.
    UnnamedEpisode,
    /// Files that do not say what is in them.
    NoMetadata,
}

impl Warning {
    /// Its name in snake case.
    pub fn name(self) -> &'static str {
        match self {
            Self::UnknownHashes => "unknown_hashes",
            Self::UpperCaseHashes => "upper_case_hashes",
            Self::OddEpisodeNames => "odd_episode_names",
            Self::OtherSeason => "other_season",
            Self::CountsDiffer => "counts_differ",
            Self::TrailingBytes => "trailing_bytes",
            Self::UnnamedEpisode => "unnamed_episode",
            Self::NoMetadata => "no_metadata",
        }
    }

    /// What it means, for people.
    pub fn message(self) -> &'static str {
        match self {
            Self::UnknownHashes => "hashes of another version, or damaged, were left out",
            Self::UpperCaseHashes => "hashes are in capitals",
            Self::OddEpisodeNames => "episodes are not named like S01E02",
            Self::OtherSeason => "the file is of another season than it says, or some of its episodes are",
            Self::CountsDiffer => "the file has another number of entries than it says",
            Self::TrailingBytes => "bytes follow the end",
            Self::UnnamedEpisode => "entries without an episode were left out",
            Self::NoMetadata => "the file does not say what is in it",
        }
    }
}

/// Warnings, each with how often it applies.
pub type Warnings = BTreeMap<Warning, u64>;

/// A season that was read.
#[derive(Debug)]
pub(crate) struct Season {
    /// Its number; `None` if nothing tells.
    pub(crate) number: Option<u32>,
    /// The names of episodes, in order.
    pub(crate) episodes: Vec<String>,
    /// In order.
    pub(crate) entries: Vec<ImportEntry>,
    /// Hashes of the file, those included that were left out.
    pub(crate) hashes_read: u64,
    pub(crate) warnings: Warnings,
}

/// Collects the entries of a season.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    places: HashMap<String, u16>,
    episodes: Vec<String>,
    /// Entries of each episode, those included that are left out.
    counts: Vec<u64>,
    entries: Vec<ImportEntry>,
    hashes_read: u64,
    warnings: Warnings,
}

impl Collector {
    pub(crate) fn warn(&mut self, warning: Warning, count: u64) {
        if count > 0 {
            *self.warnings.entry(warning).or_default() += count;
        }
    }

    /// Begins the entries of a hash.
    pub(crate) fn hash(&mut self, bytes: [u8; 8]) -> Option<PairHash> {
        self.hashes_read += 1;
        let hash = hash_of(bytes);
        if hash.is_none() {
            self.warn(Warning::UnknownHashes, 1);
        }
        hash
    }

    /// The place of an episode.
    pub(crate) fn episode(&mut self, name: &str) -> Result<u16> {
        if let Some(place) = self.places.get(name) {
            return Ok(*place);
        }
        let place = u16::try_from(self.episodes.len())
            .map_err(|_| Error::new(ErrorKind::Limit, "a file has more than 65,536 episodes: split it"))?;
        self.places.insert(name.to_owned(), place);
        self.episodes.push(name.to_owned());
        self.counts.push(0);
        Ok(place)
    }

    /// Adds an entry of a hash, if that is known.
    ///
    /// # Errors
    /// `Malformed` if no episode has such a time.
    pub(crate) fn add(&mut self, hash: Option<PairHash>, episode: u16, ms: f64) -> Result<()> {
        let frame = (ms / PAIR_HASH_FRAME_MS).round();
        if !(0.0..f64::from(ImportEntry::MAX_FRAMES)).contains(&frame) {
            let name = &self.episodes[usize::from(episode)];
            let message = format!("an entry of {name:?} is at {} s, where no episode is", ms / 1000.0);
            return Err(Error::new(ErrorKind::Malformed, message));
        }
        self.counts[usize::from(episode)] += 1;
        if let Some(hash) = hash {
            self.entries.push(ImportEntry::new(hash, episode, frame as u32));
        }
        Ok(())
    }

    /// Compares what the file tells of an episode.
    pub(crate) fn told(&mut self, name: &str, entries: i64) {
        let found = self.places.get(name).map_or(0, |place| self.counts[usize::from(*place)]);
        if i64::try_from(found) != Ok(entries) {
            self.warn(Warning::CountsDiffer, 1);
        }
    }

    pub(crate) fn entries_read(&self) -> u64 {
        self.counts.iter().sum()
    }

    pub(crate) fn hashes_read(&self) -> u64 {
        self.hashes_read
    }

    /// The season, of which a file tells `number`.
    ///
    /// # Errors
    /// `Malformed` if it is empty.
    pub(crate) fn finish(mut self, number: Option<u32>) -> Result<Season> {
        if self.entries_read() == 0 {
            return Err(Error::new(ErrorKind::Malformed, "it holds no fingerprints"));
        }
        let seasons: Vec<Option<u32>> = self.episodes.iter().map(|name| season_of(name)).collect();
        self.warn(Warning::OddEpisodeNames, seasons.iter().filter(|season| season.is_none()).count() as u64);
        let number = number.or_else(|| seasons.iter().copied().flatten().min());
        let other = seasons.iter().flatten().filter(|season| Some(**season) != number).count();
        self.warn(Warning::OtherSeason, other as u64);
        self.sort();
        Ok(Season {
            number,
            hashes_read: self.hashes_read,
            episodes: self.episodes,
            entries: self.entries,
            warnings: self.warnings,
        })
    }
}

impl Collector {
    /// Puts episodes and entries in order: the same whatever order the file has.
    fn sort(&mut self) {
        let mut order: Vec<u16> = (0..self.episodes.len() as u16).collect();
        order.sort_by(|a, b| self.episodes[usize::from(*a)].cmp(&self.episodes[usize::from(*b)]));
        let mut places = vec![0; order.len()];
        order.iter().enumerate().for_each(|(place, old)| places[usize::from(*old)] = place as u16);
        for entry in &mut self.entries {
            *entry = entry.of_recording(places[usize::from(entry.recording())]);
        }
        self.entries.sort_unstable();
        self.episodes.sort();
    }
}

/// The season in a name like `S01E02`.
fn season_of(episode: &str) -> Option<u32> {
    let (season, number) = episode.strip_prefix('S')?.split_once('E')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    (is_number(season) && is_number(number)).then(|| season.parse().ok())?
}

/// The name of the episode with a number as the packed files write it: season times 100 plus episode.
pub(crate) fn name_of(number: u16) -> String {
    format!("S{:02}E{:02}", number / 100, number % 100)
}
