//! Who speaks when: by what a meeting says about its microphones, by the voices, and by both.

mod activity;
mod by_voice;
mod cells;
mod cluster;
mod decode;
mod options;
mod path;
mod runs;
mod tracks;
mod voice;

pub use options::SpeakerOptions;

use crate::utterance::{PER_MS, SpeechFrame};
use activity::Activity;
use cells::Cells;
use runs::joined;
use serde::{Deserialize, Serialize};
use sonic_core::{Result, Turn};
use std::fmt;
use tracks::Tracks;
use voice::Windows;

/// Times further away than this, in milliseconds, are nonsense.
const LONGEST_MS: f64 = 1e15;
/// What is not settled is at least so long, and twice that at most; what lies a little before is kept as well, in milliseconds.
const KEPT_MS: u64 = 45_000;
const MARGIN_MS: u64 = 2_000;
/// Turns that began longer before a stretch are not looked at, in milliseconds.
pub(crate) const LONGEST_TURN_MS: u64 = 600_000;
/// Turns that are kept.
const MOST_TURNS: usize = 4_096;

/// Follows who speaks on one connection, in memory that does not grow. What it says of the last minute and a half may change when
/// more is known.
pub struct Speakers {
    options: SpeakerOptions,
    kept: Kept,
    /// The turns of what is not settled, while nothing was added.
    latest: Option<Vec<Turn>>,
}

/// What is remembered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Kept {
    activity: Activity,
    cells: Cells,
    windows: Windows,
    tracks: Tracks,
    /// Where the first frame begins that is not settled, in milliseconds.
    base_ms: u64,
    /// Who spoke right before it.
    first: Vec<String>,
    settled: Vec<Turn>,
}

/// What [`Speakers`] remembers, for another process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpeakerState(Kept);

impl Speakers {
    /// Follows the speakers of a connection.
    ///
    /// # Errors
    /// `InvalidArgument` if an option is out of range.
    pub fn new(options: &SpeakerOptions) -> Result<Self> {
        options.check()?;
        Ok(Self { options: options.clone(), kept: Kept::default(), latest: None })
    }

    /// What it remembers now.
    pub fn state(&self) -> SpeakerState {
        SpeakerState(self.kept.clone())
    }

    /// Goes on where `state` was taken.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn restore(state: &SpeakerState, options: &SpeakerOptions) -> Result<Self> {
        options.check()?;
        Ok(Self { options: options.clone(), kept: state.0.clone(), latest: None })
    }

    /// Takes where speech was detected.
    pub fn observe(&mut self, frames: &[SpeechFrame]) {
        self.latest = None;
        if let Some(first) = frames.first().filter(|_| self.kept.cells.is_empty()) {
            let bit = u64::from(self.options.bit_ms);
            self.kept.base_ms = self.kept.base_ms.max(first.start / PER_MS / bit * bit);
        }
        frames.iter().for_each(|frame| self.kept.cells.push(frame));
    }

    /// Takes the sound of an utterance, or of a part of one that goes on, for its voices: mono, 16 kHz, beginning at
    /// `start_ms` of the connection's sound.
    ///
    /// # Errors
    /// `Model` if the model of the voices fails.
    pub fn listen(&mut self, start_ms: u64, samples: &[f32]) -> Result<()> {
        let Some(embedder) = &self.options.voices else { return Ok(()) };
        self.latest = None;
        self.kept.windows.listen(embedder, start_ms, samples)
    }

    /// Takes an update of the microphones: for each participant the name and, bit by bit, whether the microphone was active
    /// since the update before. It was stamped `stamp_ms` milliseconds after the connection's first sound. False if
    /// it was known already.
    ///
    /// # Errors
    /// `InvalidArgument` if it holds something else than digits 0 and 1, or is too large.
    pub fn activity(&mut self, stamp_ms: f64, body: &[(String, String)]) -> Result<bool> {
        self.latest = None;
        let first_bit = stamp_ms - f64::from(self.options.delay_ms);
        self.kept.activity.push(first_bit, self.bit_ms(), body)
    }

    /// Who spoke when, in order, as far as it is known.
    pub fn turns(&mut self) -> Vec<Turn> {
        self.settle();
        let latest = match self.latest.take() {
            Some(latest) => latest,
            None => self.decode(self.frames(), false),
        };
        let all = self.kept.settled.iter().chain(&latest).cloned().collect();
        self.latest = Some(latest);
        in_order(all)
    }

    /// Asks the store of the options who the voices are that it has heard: after somebody was enrolled, their turns get the
    /// name. True if a name is new.
    ///
    /// # Errors
    /// As those of the store.
    pub fn refresh_names(&mut self) -> Result<bool> {
        let (Some(store), Some(embedder)) = (&self.options.store, &self.options.voices) else {
            return Ok(false);
        };
        let is_new = self.kept.tracks.identify(store, embedder)?;
        if is_new {
            self.latest = None;
            for turn in &mut self.kept.settled {
                turn.speaker =
                    self.kept.tracks.renamed(&turn.speaker).unwrap_or_else(|| turn.speaker.clone());
            }
        }
        Ok(is_new)
    }

    fn bit_ms(&self) -> f64 {
        f64::from(self.options.bit_ms)
    }

    fn frames(&self) -> usize {
        (self.kept.cells.end_ms().saturating_sub(self.kept.base_ms) / u64::from(self.options.bit_ms)) as usize
    }

    /// The time in the middle of a frame.
    fn middle_ms(&self, frame: usize) -> f64 {
        self.kept.base_ms as f64 + (frame as f64 + 0.5) * self.bit_ms()
    }

    /// What is old is decided for good and forgotten, but for its turns.
    fn settle(&mut self) {
        let keep = KEPT_MS / u64::from(self.options.bit_ms);
        let settled = self.frames().saturating_sub(keep as usize);
        if settled < keep as usize {
            return;
        }
        let turns = self.decode(settled, true);
        let base_ms = self.kept.base_ms + settled as u64 * u64::from(self.options.bit_ms);
        let kept = &mut self.kept;
        kept.first =
            turns.iter().filter(|turn| turn.end_ms == base_ms).map(|turn| turn.speaker.clone()).collect();
        kept.settled.extend(turns);
        let surplus = kept.settled.len().saturating_sub(MOST_TURNS);
        kept.settled.drain(..surplus);
        kept.base_ms = base_ms;
        kept.cells.forget_before(base_ms.saturating_sub(MARGIN_MS));
        kept.windows.forget_before(base_ms.saturating_sub(MARGIN_MS));
        kept.activity.forget_before(base_ms.saturating_sub(MARGIN_MS) as f64, f64::from(self.options.bit_ms));
        self.latest = None;
    }
}

/// Turns by time, without short pauses between those of one speaker.
fn in_order(mut turns: Vec<Turn>) -> Vec<Turn> {
    turns.sort_by(|a, b| (&a.speaker, a.start_ms).cmp(&(&b.speaker, b.start_ms)));
    let mut all: Vec<Turn> = Vec::new();
    for same in turns.chunk_by(|a, b| a.speaker == b.speaker) {
        all.extend(joined(same.to_vec()));
    }
    all.sort_by(|a, b| (a.start_ms, a.end_ms, &a.speaker).cmp(&(b.start_ms, b.end_ms, &b.speaker)));
    all
}

impl fmt::Debug for Speakers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Speakers").field("names", &self.kept.activity.names()).finish_non_exhaustive()
    }
}

/// Who spoke in a stretch: whoever has the longest part of it, of two with the same the louder. How sure that is: the part
/// of the stretch times how active the microphone was.
pub(crate) fn speaker_of(turns: &[Turn], start_ms: u64, end_ms: u64) -> Option<(String, f32)> {
    let mut shares: Vec<(u64, f32, &str)> = Vec::new();
    for turn in turns.iter().rev().take_while(|turn| turn.start_ms + LONGEST_TURN_MS > start_ms) {
        let common = turn.end_ms.min(end_ms).saturating_sub(turn.start_ms.max(start_ms));
        match shares.iter_mut().find(|(.., name)| *name == turn.speaker) {
            Some(share) => *share = (share.0 + common, share.1.max(turn.confidence), share.2),
            None if common > 0 => shares.push((common, turn.confidence, &turn.speaker)),
            None => (),
        }
    }
    let most = shares.into_iter().max_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let length = end_ms.saturating_sub(start_ms).max(1) as f32;
    most.map(|(common, level, name)| (name.to_owned(), (common as f32 / length).min(1.0) * level))
}
