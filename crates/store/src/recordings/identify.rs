//! Naming a clip: what is asked and answered.

use serde::Serialize;

/// From this probability on a match is reported as the answer.
pub const ACCEPT: f32 = 0.75;

/// How a clip is searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentifyOptions {
    /// Matches reported at most. The pieces of a long clip that were recognised are always reported, however many they
    /// are; what else it may be fills up to this number.
    pub limit: usize,
    /// Threads that share the work on one clip; 0 means as many as the machine has cores.
    pub threads: usize,
    /// Ids of recordings that are not to be found.
    pub exclude: Vec<String>,
}

impl Default for IdentifyOptions {
    fn default() -> Self {
        Self { limit: 5, threads: 0, exclude: Vec::new() }
    }
}

/// Whether a clip was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Decision {
    /// The first match is the answer: likely enough by the rule of the query, [`ACCEPT`] for clips, the options
    /// `accept` or `threshold` for voices.
    Match,
    /// Nothing in the store is likely enough; matches, if any, are guesses.
    #[default]
    Unknown,
}

impl Decision {
    /// The decision as it is written in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::Unknown => "unknown",
        }
    }
}

/// A recording that a clip, or a stretch of it, may come from.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct Match {
    /// The recording's id.
    pub id: String,
    /// Where in the recording the clip starts, in milliseconds: the place of the clip's first sample, also when the
    /// match begins later in the clip. Negative if the clip starts before the recording.
    pub offset_ms: i64,
    /// Log-odds that the match is right; comparable between clips and stores.
    pub score: f32,
    /// Landmarks of the recording that are found in the clip.
    pub aligned: u32,
    /// Probability that the match is right, 0 to 1.
    pub probability: f32,
    /// Seconds of recording per second of clip: above 1 if the clip was sped up.
    pub time_scale: f32,
    /// Semitones by which the clip is higher than the recording.
    pub pitch_semitones: f32,
    /// Start of the stretch of the clip that matches, in milliseconds.
    pub query_start_ms: u64,
    /// Its end.
    pub query_end_ms: u64,
    /// Share of the clip that the match explains, 0 to 1; gaps between joined stretches do not count.
    pub coverage: f32,
    /// True if it was found by hashes that were imported without the recording's sound, and not by landmarks.
    pub imported: bool,
}

/// The answer to a clip.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct Answer {
    /// Whether the clip was recognised.
    pub decision: Decision,
    /// Matches, likeliest first.
    pub matches: Vec<Match>,
    /// Postings that were read.
    pub postings_read: u64,
    /// Postings of very common hashes that were passed over: lists are read from the shortest on until a fixed budget
    /// is spent, so that the time of a search is bounded at any size of the store.
    pub postings_skipped: u64,
    /// Changes of speed, tempo and pitch that were tried, none included.
    pub scales_tried: usize,
}

pub(super) fn probability(score: f32) -> f32 {
    1.0 / (1.0 + (-score).exp())
}

impl Answer {
    /// True if the clip was recognised.
    pub fn is_match(&self) -> bool {
        self.decision == Decision::Match
    }
}
