//! Songs that are sung.

use crate::convert::{Out, Strings, free, optional_text, path, reference};
use crate::error::{call, sonic_status};
use crate::exclusive::Exclusive;
use crate::nouns::job::{Job, sonic_cancel, sonic_progress};
use crate::nouns::render_warning::sonic_render_warning_list;
use crate::nouns::score::{score_of, sonic_score};
use crate::nouns::voicebank::{bank_of, sonic_voicebank};
use crate::options::{Options, Sized32, fill, flag, init, read_options, reserved};
use sonic::Result;
use sonic::sing::{Phrase, PhraseCache, Phrases, RenderHandle, RenderOptions};
use std::ffi::c_char;
use std::ptr::null;

/// How a score is sung. The defaults change nothing of what the voicebank does by itself.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_render_options {
    /// sizeof(sonic_render_options)
    pub size: u32,
    /// Steps of diffusion of the spectrogram, 1 to 1000: more take longer and may sound better. 20.
    pub steps: u32,
    /// Steps of diffusion of the pitch, 1 to 1000; 10.
    pub pitch_steps: u32,
    /// Steps of diffusion of energy and the like, 1 to 1000; 20.
    pub variance_steps: u32,
    /// 1: a word that cannot be spelled is an error. 0: it is hummed, with a warning.
    pub strict: u32,
    /// 1: a word that cannot be spelled is left out in place of being hummed.
    pub silence_unknown: u32,
    /// The part by its place in the score, from 0; not looked at if part_id is given.
    pub part: u32,
    /// 0.
    pub reserved: u32,
    /// Speed of consonants, -1 (slow, soft) to 1 (fast, hard); 0.
    pub articulation: f64,
    /// Breathiness, -100 to 100; 0.
    pub airiness: f64,
    /// Energy, -100 to 100; 0.
    pub intensity: f64,
    /// Tension, -100 to 100; 0.
    pub tension: f64,
    /// Voicing, 0 to 200; 100 is what the model predicts.
    pub clarity: f64,
    /// Formants, -100 (up) to 100 (down); 0.
    pub gender: f64,
    /// How much of the predicted expression the pitch has, 0 to 1; 0 sings the notes as they are written. 1.
    pub pitch_expression: f64,
    /// Depth of shallow diffusion, above 0 to 1, as far as the bank allows; 1.
    pub depth: f64,
    /// Most bytes of the cache, about; what was not used for the longest time goes first. 1,000,000,000.
    pub cache_bytes: u64,
    /// The part by its id; NULL: by its place.
    pub part_id: *const c_char,
    /// The voice within the part; NULL for all of them, of which one note sounds at a time.
    pub voice: *const c_char,
    /// The verse, by its number as the score writes it; NULL for the verse of each pass of a repeat.
    pub verse: *const c_char,
    /// The language of the words, such as "en": it chooses dictionary and spelling rules. NULL for the bank's own.
    pub language: *const c_char,
    /// The voice colour or the speaker; NULL for the first.
    pub voice_color: *const c_char,
    /// A folder that keeps phrases, for any number of processes; NULL for none. What was sung before is not sung again.
    pub cache: *const c_char,
}

// SAFETY: eight words of 32 bits, then words of 64, then pointers.
unsafe impl Sized32 for sonic_render_options {
    const LEAST: usize = size_of::<Self>();
}

/// What a cache keeps if nothing is said.
const CACHE_BYTES: u64 = 1_000_000_000;

impl Options for sonic_render_options {
    fn defaults() -> Self {
        let of = RenderOptions::default();
        Self {
            size: size_of::<Self>() as u32,
            steps: of.steps as u32,
            pitch_steps: of.pitch_steps as u32,
            variance_steps: of.variance_steps as u32,
            strict: of.strict.into(),
            silence_unknown: of.silence_unknown.into(),
            part: of.part as u32,
            reserved: 0,
            articulation: of.articulation,
            airiness: of.airiness,
            intensity: of.intensity,
            tension: of.tension,
            clarity: of.clarity,
            gender: of.gender,
            pitch_expression: of.pitch_expression,
            depth: of.depth,
            cache_bytes: CACHE_BYTES,
            part_id: null(),
            voice: null(),
            verse: null(),
            language: null(),
            voice_color: null(),
            cache: null(),
        }
    }
}

impl sonic_render_options {
    /// # Safety
    /// The pointers are null or strings.
    unsafe fn to_options(self) -> Result<RenderOptions> {
        reserved(self.reserved)?;
        // SAFETY: the caller's promise.
        let text = |pointer, name| Ok(unsafe { optional_text(pointer, name) }?.map(str::to_owned));
        let mut options = RenderOptions::default();
        options.part = self.part as usize;
        options.part_id = text(self.part_id, "options.part_id")?;
        options.voice = text(self.voice, "options.voice")?;
        options.verse = text(self.verse, "options.verse")?;
        options.language = text(self.language, "options.language")?.unwrap_or_default();
        options.voice_color = text(self.voice_color, "options.voice_color")?.unwrap_or_default();
        options.articulation = self.articulation;
        options.airiness = self.airiness;
        options.intensity = self.intensity;
        options.tension = self.tension;
        options.clarity = self.clarity;
        options.gender = self.gender;
        options.pitch_expression = self.pitch_expression;
        options.steps = self.steps as usize;
        options.pitch_steps = self.pitch_steps as usize;
        options.variance_steps = self.variance_steps as usize;
        options.depth = self.depth;
        options.strict = flag("strict", self.strict)?;
        options.silence_unknown = flag("silence_unknown", self.silence_unknown)?;
        if !self.cache.is_null() {
            // SAFETY: the caller's promise.
            let folder = unsafe { path(self.cache, "options.cache") }?;
            options.cache = Some(PhraseCache::open(&folder, self.cache_bytes)?);
        }
        Ok(options)
    }
}

/// Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_render_options_init(
    options: *mut sonic_render_options,
    size: usize,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { init(options, size) })
}

/// Exclusive. A song that is being sung, phrase by phrase: the next one is sung when it is wanted.
pub struct sonic_singing {
    phrases: Exclusive<Box<Phrases>>,
    handle: RenderHandle,
    sample_rate: u32,
}

/// Begins to sing a part of a score. What cannot be sung as it is written is told by sonic_singing_warnings, before the first
/// phrase. Score and bank can be freed before the song.
///
/// Errors: INVALID_ARGUMENT for options out of range and an unknown voice colour; NOT_FOUND for a part, voice or verse that
/// the score has not; MODEL for a bank that cannot sing; UNSUPPORTED, if it is to be strict, for a word that cannot be
/// spelled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voicebank_render(
    bank: *const sonic_voicebank,
    score: *const sonic_score,
    options: *const sonic_render_options,
    singing: *mut *mut sonic_singing,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (bank, score, options) = unsafe { (bank_of(bank)?, score_of(score)?, read_options(options)?) };
        // SAFETY: as above.
        let (out, options) = unsafe { (Out::new(singing, "singing")?, options.to_options()?) };
        let phrases = bank.render(&score.score, &options)?;
        let (handle, sample_rate) = (phrases.handle(), phrases.sample_rate());
        out.give(sonic_singing { phrases: Exclusive::new("song", Box::new(phrases)), handle, sample_rate })
    })
}

/// Sings the next phrase; NULL at the end, and after an error. Phrases may overlap, and are added.
///
/// Errors: MODEL if a model fails; CLOSED if it was cancelled, which ends the song.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_singing_next(
    singing: *mut sonic_singing,
    cancel: *const sonic_cancel,
    phrase: *mut *mut sonic_phrase,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (it, token) = unsafe { (reference(singing, "singing")?, cancel.as_ref()) };
        // SAFETY: as above.
        let out = unsafe { Out::new(phrase, "phrase") }?;
        let next = it.phrases.with(|phrases| {
            phrases.cancel_by(token.map(sonic_cancel::flag));
            phrases.next().transpose()
        })?;
        match next {
            Some(phrase) => out.give(sonic_phrase::new(phrase)),
            None => out.give_nothing(),
        }
    })
}

/// Samples a second of the song.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_singing_sample_rate(singing: *const sonic_singing) -> u32 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { singing.as_ref() }.map_or(0, |singing| singing.sample_rate)
}

/// How far a song has come.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_render_progress {
    /// sizeof(sonic_render_progress), set by the caller.
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// Seconds of the song up to the end of the last phrase that is ready.
    pub done_seconds: f64,
    /// Seconds of the song up to the end of its last word.
    pub total_seconds: f64,
    /// Phrases that were rendered.
    pub rendered: u64,
    /// Phrases that came from the cache.
    pub from_cache: u64,
}

// SAFETY: two words of 32 bits, then words of 64.
unsafe impl Sized32 for sonic_render_progress {
    const LEAST: usize = size_of::<Self>();
}

/// How far a song has come; any thread may look, also while a phrase is sung.
///
/// Errors: INVALID_ARGUMENT if progress->size is not set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_singing_progress(
    singing: *const sonic_singing,
    progress: *mut sonic_render_progress,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let of = unsafe { reference(singing, "singing") }?.handle.progress();
        let make = || {
            Ok(sonic_render_progress {
                size: size_of::<sonic_render_progress>() as u32,
                reserved: 0,
                done_seconds: of.done_seconds,
                total_seconds: of.total_seconds,
                rendered: of.rendered,
                from_cache: of.from_cache,
            })
        };
        // SAFETY: as above.
        unsafe { fill(progress, "progress", make) }
    })
}

/// What is not sung as it is written. All but those about the cache are known before the first phrase.
///
/// Errors: INVALID_ARGUMENT if another thread uses the song.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_singing_warnings(
    singing: *const sonic_singing,
    warnings: *mut *mut sonic_render_warning_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (it, out) = unsafe { (reference(singing, "singing")?, Out::new(warnings, "warnings")?) };
        let list = it.phrases.with(|phrases| Ok(sonic_render_warning_list::new(phrases.warnings())))?;
        out.give(list)
    })
}

/// Frees a song; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_singing_free(singing: *mut sonic_singing) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(singing) }
}

/// Sings a part of a score into a sound file, whose ending says its format: .wav, .flac or .opus. The file has its name when
/// it is whole, and memory does not grow with the song. `warnings` is what is not sung as it is written.
///
/// Errors: as sonic_voicebank_render and sonic_singing_next; UNSUPPORTED for another ending; IO if the file cannot be
/// written; CLOSED if it was cancelled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voicebank_save(
    bank: *const sonic_voicebank,
    score: *const sonic_score,
    file: *const c_char,
    options: *const sonic_render_options,
    cancel: *const sonic_cancel,
    progress: *const sonic_progress,
    warnings: *mut *mut sonic_render_warning_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (bank, score, options) = unsafe { (bank_of(bank)?, score_of(score)?, read_options(options)?) };
        // SAFETY: as above.
        let (file, options) = unsafe { (path(file, "file")?, options.to_options()?) };
        // SAFETY: as above.
        let (job, token) = unsafe { (Job::new(cancel, progress)?, cancel.as_ref()) };
        // SAFETY: as above.
        let out = unsafe { Out::new(warnings, "warnings") }?;
        let mut phrases = bank.render(&score.score, &options)?;
        phrases.cancel_by(token.map(sonic_cancel::flag));
        let saved = phrases.save(&file, |_, done| {
            job.part((done.done_seconds / done.total_seconds.max(f64::MIN_POSITIVE)) as f32)
        })?;
        job.all();
        out.give(sonic_render_warning_list::new(&saved.warnings))
    })
}

/// Shared. A phrase that was sung: one channel, -1 to 1. It begins and ends with silence.
pub struct sonic_phrase {
    phrase: Phrase,
    phonemes: Box<[sonic_phoneme]>,
    /// What the rows point to.
    _strings: Strings,
}

/// A phoneme that is sung. This layout never changes.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_phoneme {
    /// Its name in the bank.
    pub symbol: *const c_char,
    /// Where it starts, in seconds from the start of the song.
    pub start_seconds: f64,
    /// Where it ends.
    pub end_seconds: f64,
}

impl sonic_phrase {
    fn new(phrase: Phrase) -> Self {
        let mut strings = Strings::default();
        let phonemes = phrase.phonemes.iter().map(|(symbol, start_seconds, end_seconds)| sonic_phoneme {
            symbol: strings.keep(symbol),
            start_seconds: *start_seconds,
            end_seconds: *end_seconds,
        });
        Self { phonemes: phonemes.collect(), phrase, _strings: strings }
    }
}

/// Where a phrase starts in the song, in seconds: a whole number of samples, 0 or more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_phrase_start_seconds(phrase: *const sonic_phrase) -> f64 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { phrase.as_ref() }.map_or(0.0, |p| p.phrase.start_seconds)
}

/// The same in samples.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_phrase_start_sample(phrase: *const sonic_phrase) -> u64 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { phrase.as_ref() }.map_or(0, |p| p.phrase.start_sample)
}

/// How many samples there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_phrase_len(phrase: *const sonic_phrase) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { phrase.as_ref() }.map_or(0, |p| p.phrase.samples.len())
}

/// The samples, sonic_phrase_len of them; borrowed from the phrase.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_phrase_samples(phrase: *const sonic_phrase) -> *const f32 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { phrase.as_ref() }.map_or(null(), |p| p.phrase.samples.as_ptr())
}

/// True if it was taken from the cache.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_phrase_from_cache(phrase: *const sonic_phrase) -> bool {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { phrase.as_ref() }.is_some_and(|p| p.phrase.from_cache)
}

/// How many phonemes it has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_phrase_phoneme_len(phrase: *const sonic_phrase) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { phrase.as_ref() }.map_or(0, |p| p.phonemes.len())
}

/// The phoneme number `index`, from 0 on; NULL beyond the last. Borrowed from the phrase.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_phrase_phoneme_at(
    phrase: *const sonic_phrase,
    index: usize,
) -> *const sonic_phoneme {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { phrase.as_ref() }.and_then(|p| p.phonemes.get(index)).map_or(null(), std::ptr::from_ref)
}

/// Frees a phrase; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_phrase_free(phrase: *mut sonic_phrase) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(phrase) }
}
