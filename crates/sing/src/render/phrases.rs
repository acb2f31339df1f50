//! The phrases of a song, one after the other.

use super::engine::SentencePlan;
use super::options::RenderOptions;
use super::plan::Plan;
use super::singer::Singer;
use super::spelled::{RenderWarning, spell};
use crate::score::Score;
use crate::timing::{self, HEAD_FRAMES, Selection, Timed, Timeline, Word};
use crate::voicebank::{Stage, Voicebank};
use sonic_core::{Error, ErrorKind, Result};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A phrase that was sung.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Phrase {
    /// Where it starts in the song, in seconds: a whole number of samples, 0 or more.
    pub start_seconds: f64,
    /// The same in samples.
    pub start_sample: u64,
    /// The sound, one channel, -1 to 1. It begins and ends with silence, and may overlap its neighbours, whose samples
    /// are added.
    pub samples: Vec<f32>,
    /// Its phonemes and where they start and end, in seconds from the start of the song.
    pub phonemes: Vec<(String, f64, f64)>,
    /// True if it was taken from the cache.
    pub from_cache: bool,
}

/// How far a song has come.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct RenderProgress {
    /// Seconds of the song up to the end of the last phrase that is ready.
    pub done_seconds: f64,
    /// Seconds of the song up to the end of its last word.
    pub total_seconds: f64,
    /// Phrases that were rendered.
    pub rendered: u64,
    /// Phrases that came from the cache.
    pub from_cache: u64,
}

/// Cancels a song and tells how far it is, from any thread.
#[derive(Debug, Clone, Default)]
pub struct RenderHandle(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    cancelled: AtomicBool,
    done_bits: AtomicU64,
    total_bits: AtomicU64,
    rendered: AtomicU64,
    from_cache: AtomicU64,
}

impl RenderHandle {
    /// Ends the song: the phrase that is being sung, and every later one, is an error of the kind `Closed`.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Relaxed);
    }

    /// How far it is.
    pub fn progress(&self) -> RenderProgress {
        let seconds = |bits: &AtomicU64| f64::from_bits(bits.load(Ordering::Relaxed));
        RenderProgress {
            done_seconds: seconds(&self.0.done_bits),
            total_seconds: seconds(&self.0.total_bits),
            rendered: self.0.rendered.load(Ordering::Relaxed),
            from_cache: self.0.from_cache.load(Ordering::Relaxed),
        }
    }

    /// That neither it nor `flag` cancels the song.
    fn go_on(&self, flag: Option<&AtomicBool>) -> Result<()> {
        let is_set = |flag: &AtomicBool| flag.load(Ordering::Relaxed);
        match is_set(&self.0.cancelled) || flag.is_some_and(is_set) {
            true => Err(Error::new(ErrorKind::Closed, "the song was cancelled")),
            false => Ok(()),
        }
    }
}

/// The phrases of a song: an iterator. A sentence is timed, and a phrase sung, when it is needed; dropping the iterator
/// ends the work.
#[derive(Debug)]
pub struct Phrases {
    singer: Singer,
    identity: Option<String>,
    words: Vec<Word>,
    sentences: std::vec::IntoIter<Range<usize>>,
    timeline: Timeline,
    warnings: Vec<RenderWarning>,
    handle: RenderHandle,
    flag: Option<Arc<AtomicBool>>,
    /// True after an error: there is nothing more.
    ended: bool,
}

impl Phrases {
    pub(crate) fn new(bank: &Voicebank, score: &Score, options: &RenderOptions) -> Result<Self> {
        let part = Selection::part(score, options.part, options.part_id.as_deref())?;
        let selection = Selection { part, voice: options.voice.as_deref(), verse: options.verse.as_deref() };
        let (notes, is_wordless) = timing::notes_of(selection)?;
        let singer = Singer::new(bank, options.clone())?;
        let (words, mut warnings) = spell(&singer, &notes)?;
        if is_wordless && !notes.is_empty() {
            let message = format!("the part {} has no words; it is sung on a vowel", part.part_id);
            warnings.push(RenderWarning {
                code: "no_words",
                measure: String::new(),
                verse: String::new(),
                message,
            });
        }
        warnings.extend(super::spelled::unusual(bank, &notes));
        let identity = options.cache.as_ref().map(|_| singer.identity()).transpose()?;
        let handle = RenderHandle::default();
        let total_seconds = words.last().map_or(0.0, |word| word.end_ms() / 1000.0);
        handle.0.total_bits.store(total_seconds.to_bits(), Ordering::Relaxed);
        let sentences = timing::sentences(&words).into_iter();
        let timeline = Timeline::default();
        Ok(Self { singer, identity, words, sentences, timeline, warnings, handle, flag: None, ended: false })
    }

    /// What is not sung as it is written. All but those about the cache are known before the first phrase.
    pub fn warnings(&self) -> &[RenderWarning] {
        &self.warnings
    }

    /// Samples a second.
    pub fn sample_rate(&self) -> u32 {
        self.singer.bank.sample_rate()
    }

    /// What cancels the song and tells how far it is, from any thread.
    pub fn handle(&self) -> RenderHandle {
        self.handle.clone()
    }

    /// Has a flag of the caller cancel the song too once it is true, from now on: as [`RenderHandle::cancel`] does.
    pub fn cancel_by(&mut self, flag: Option<Arc<AtomicBool>>) {
        self.flag = flag;
    }

    /// All phrases in one sound from the start of the song.
    ///
    /// # Errors
    /// The first of the phrases.
    pub fn collect_samples(self) -> Result<Vec<f32>> {
        let mut out = Vec::new();
        for phrase in self {
            let phrase = phrase?;
            crate::mix::add(&mut out, phrase.start_sample, &phrase.samples, 1.0);
        }
        Ok(out)
    }

    /// The next phrase, timed but not sung; `None` at the end.
    pub(crate) fn next_timed(&mut self) -> Result<Option<Vec<Timed>>> {
        while !self.timeline.has_phrase() {
            self.handle.go_on(self.flag.as_deref())?;
            match self.sentences.next() {
                Some(sentence) => self.time(sentence)?,
                None => {
                    self.timeline.finish();
                    break;
                }
            }
        }
        Ok(self.timeline.next())
    }

    fn time(&mut self, sentence: Range<usize>) -> Result<()> {
        let grouped = timing::group(&self.words[sentence.clone()], sentence.start, &self.singer.dictionary);
        let bank = self.singer.bank.clone();
        let (predicted, frame_ms) = match bank.stage(Stage::Duration) {
            Some(stage) => {
                let plan = SentencePlan::new(stage, &grouped)?;
                let predicted = self.predict(&plan)?;
                (predicted.into_iter().map(f64::from).collect(), stage.frame_ms)
            }
            None => (timing::guessed(&grouped, &self.singer.dictionary), self.singer.acoustic.frame_ms),
        };
        let starts_ms = timing::align(&grouped, &predicted, frame_ms);
        self.timeline.add(&grouped, &starts_ms, &self.words);
        Ok(())
    }

    /// Durations of a sentence, from the cache if it has them.
    fn predict(&mut self, plan: &SentencePlan) -> Result<Vec<f32>> {
        let bank = self.singer.bank.clone();
        let Some(stage) = bank.stage(Stage::Duration) else { return Ok(Vec::new()) };
        let Some(cache) = self.singer.options.cache.clone() else {
            return self.singer.durations(stage, plan);
        };
        let key = self.singer.sentence_key(stage, plan)?;
        if let Some(found) = cache.get(&key).filter(|found| found.len() == plan.ph_midi.len()) {
            return Ok(found);
        }
        let durations = self.singer.durations(stage, plan)?;
        let kept = cache.put(&key, &durations);
        self.note_cache(kept);
        Ok(durations)
    }

    /// A cache that cannot be written costs time, nothing else.
    fn note_cache(&mut self, kept: Result<()>) {
        if let Err(error) = kept
            && !self.warnings.iter().any(|w| w.code == "cache")
        {
            let message = format!("phrases are not kept: {error}");
            let (measure, verse) = (String::new(), String::new());
            self.warnings.push(RenderWarning { code: "cache", measure, verse, message });
        }
    }

    fn sing(&mut self, phrase: &[Timed]) -> Result<Phrase> {
        let plan = Plan::new(&self.singer, phrase, &self.words)?;
        let (samples, from_cache) = self.samples(&plan)?;
        let start_ms = phrase[0].start_ms - HEAD_FRAMES as f64 * self.singer.acoustic.frame_ms;
        let rate = f64::from(self.sample_rate());
        // R24: what lies before the song is cut.
        let at = (start_ms * rate / 1000.0).round_ties_even() as i64;
        let cut = usize::try_from(-at).unwrap_or(0).min(samples.len());
        let samples = if cut == 0 { samples } else { samples[cut..].to_vec() };
        let start_sample = u64::try_from(at).unwrap_or(0);
        let phonemes =
            phrase.iter().map(|t| (t.phoneme.clone(), t.start_ms / 1000.0, t.end_ms / 1000.0)).collect();
        let counter = if from_cache { &self.handle.0.from_cache } else { &self.handle.0.rendered };
        counter.fetch_add(1, Ordering::Relaxed);
        let done_seconds = phrase.last().map_or(0.0, |timed| timed.end_ms / 1000.0);
        self.handle.0.done_bits.store(done_seconds.to_bits(), Ordering::Relaxed);
        Ok(Phrase { start_seconds: start_sample as f64 / rate, start_sample, samples, phonemes, from_cache })
    }

    /// The sound of a plan, and whether it was kept.
    fn samples(&mut self, plan: &Plan) -> Result<(Vec<f32>, bool)> {
        let cache = self.singer.options.cache.clone();
        let hop_size = self.singer.bank.acoustic()?.1.hop_size;
        let key = self.identity.as_deref().map(|identity| self.singer.phrase_key(identity, plan));
        if let (Some(cache), Some(key)) = (&cache, &key)
            && let Some(found) = cache.get(key).filter(|found| found.len() == plan.frames * hop_size)
        {
            return Ok((found, true));
        }
        let samples = self.singer.sing(plan, || self.handle.go_on(self.flag.as_deref()))?.samples;
        if let (Some(cache), Some(key)) = (cache, key) {
            let kept = cache.put(&key, &samples);
            self.note_cache(kept);
        }
        Ok((samples, false))
    }

    #[cfg(test)]
    pub(crate) fn singer(&self) -> &Singer {
        &self.singer
    }

    #[cfg(test)]
    pub(crate) fn words(&self) -> &[Word] {
        &self.words
    }

    #[cfg(test)]
    pub(crate) fn sentences(&self) -> &[Range<usize>] {
        self.sentences.as_slice()
    }
}

impl Iterator for Phrases {
    type Item = Result<Phrase>;

    fn next(&mut self) -> Option<Result<Phrase>> {
        if self.ended {
            return None;
        }
        let next = self.next_timed().and_then(|phrase| match phrase {
            Some(phrase) => self.sing(&phrase).map(Some),
            None => Ok(None),
        });
        self.ended = !matches!(next, Ok(Some(_)));
        next.transpose()
    }
}
