//! Scores: what is sung, and when.

use crate::convert::{Out, Strings, c_string, free, reference};
use crate::error::{call, sonic_status};
use crate::nouns::source::{sonic_source, source_of};
use sonic::sing::score::{Extend, Lyric, Part, Score, SungNote, Syllabic};
use sonic::{Error, ErrorKind, Result};
use std::ffi::{CString, c_char};
use std::ptr::null;
use std::sync::{Arc, OnceLock};

/// The largest file of a score.
const MOST_BYTES: u64 = 20 << 20;

/// A tempo, and from where on it holds. This layout never changes.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_tempo {
    /// Quarter notes from the start of the performance.
    pub offset_beats: f64,
    /// Seconds from the start of the performance.
    pub seconds: f64,
    /// Quarter notes a minute, above 0.
    pub bpm: f64,
}

/// A syllable under a note. Read it through a pointer that the library gave: this layout never changes.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_lyric {
    /// The number of the verse as the file writes it.
    pub verse: *const c_char,
    /// The text without white space around it, never empty; NULL if there is only a line that shows that a syllable lasts on.
    pub text: *const c_char,
    /// The place of the syllable in its word, "single", "begin", "middle" or "end"; NULL without text. Static.
    pub syllabic: *const c_char,
    /// The line that shows that a syllable lasts on, "start", "stop" or "continue"; NULL without one. Static.
    pub extend: *const c_char,
    /// What the file calls this line of text, such as "Chorus"; may be NULL.
    pub name: *const c_char,
    /// True for two or more syllables on one note.
    pub elision: bool,
    /// True if the note is hummed.
    pub humming: bool,
    /// True if the note is laughed.
    pub laughing: bool,
}

/// A note that is sung: all written notes that ties join to one. Read it by sonic_score_note_at: later versions add fields at
/// its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_sung_note {
    /// Quarter notes from the start of the performance.
    pub offset_beats: f64,
    /// Quarter notes that it lasts.
    pub duration_beats: f64,
    /// Seconds from the start of the performance.
    pub onset_s: f64,
    /// Seconds that it lasts.
    pub duration_s: f64,
    /// The pitch as written, in MIDI numbers (60 is the middle C), with fractions for microtones.
    pub written_midi: f64,
    /// The pitch as it sounds, after transposition.
    pub pitch_midi: f64,
    /// The written measure in which it starts, counted from 0.
    pub measure_index: u64,
    /// The number of that measure as the file prints it.
    pub measure_number: *const c_char,
    /// The voice within the part, as the file names it.
    pub voice: *const c_char,
    /// The syllables of the verses, `lyric_len` of them.
    pub lyrics: *const sonic_lyric,
    /// How many syllables there are.
    pub lyric_len: usize,
    /// The verses whose syllable this note carries on, `melisma_len` of them.
    pub melisma: *const *const c_char,
    /// How many verses there are.
    pub melisma_len: usize,
    /// How often that measure has been played so far, from 1.
    pub pass: u32,
    /// The staff, from 1.
    pub staff: u32,
    /// 0 for the first note of a chord as written, which carries the words; 1 and on for the others.
    pub chord: u32,
    /// How many written notes were joined.
    pub tied: u32,
}

/// One part of a score: a singer, several on one staff, or an instrument. Read it by sonic_score_part_at: later versions add
/// fields at its end. Voices, verses and ranges are in sonic_score_json.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_part {
    /// Its id, by which the file refers to it.
    pub part_id: *const c_char,
    /// Its name for people; may be "".
    pub part_name: *const c_char,
    /// How many notes are sung, those of all voices.
    pub note_len: usize,
}

/// Something unusual in a score, and what was made of it. Read it by sonic_score_warning_at: later versions add fields at its
/// end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_score_warning {
    /// A fixed name for programs, such as "tempo_ignored".
    pub code: *const c_char,
    /// The id of the part; NULL if it concerns the whole score.
    pub part_id: *const c_char,
    /// The number of the first measure that it concerns, as the file prints it; may be NULL.
    pub measure_number: *const c_char,
    /// What is unusual and how it was read.
    pub message: *const c_char,
    /// How often it occurs.
    pub count: u64,
}

/// Shared. A score in MusicXML as it is performed: repeats, endings and jumps expanded, ties joined.
pub struct sonic_score {
    pub(crate) score: Arc<Score>,
    title: Option<CString>,
    tempos: Box<[sonic_tempo]>,
    parts: Box<[(sonic_part, Box<[sonic_sung_note]>)]>,
    warnings: Box<[sonic_score_warning]>,
    json: OnceLock<CString>,
    /// What the rows point to.
    _kept: Kept,
}

#[derive(Default)]
struct Kept {
    strings: Strings,
    lyrics: Vec<Box<[sonic_lyric]>>,
    verses: Vec<Box<[*const c_char]>>,
}

// SAFETY: all pointers point into the score itself, which does not change.
unsafe impl Send for sonic_score {}
// SAFETY: as above.
unsafe impl Sync for sonic_score {}

impl sonic_score {
    fn new(score: Score) -> Self {
        let mut kept = Kept::default();
        let parts = score.parts.iter().map(|part| part_in_c(part, &mut kept)).collect();
        let tempos = score.tempos.iter();
        let tempos =
            tempos.map(|t| sonic_tempo { offset_beats: t.offset_beats, seconds: t.seconds, bpm: t.bpm });
        let strings = &mut kept.strings;
        let warnings = score.warnings.iter().map(|warning| sonic_score_warning {
            code: strings.keep(warning.code),
            part_id: strings.keep_some(warning.part_id.as_deref()),
            measure_number: strings.keep_some(warning.measure_number.as_deref()),
            message: strings.keep(&warning.message),
            count: warning.count as u64,
        });
        Self {
            title: score.title.as_deref().map(c_string),
            tempos: tempos.collect(),
            warnings: warnings.collect(),
            parts,
            json: OnceLock::new(),
            _kept: kept,
            score: Arc::new(score),
        }
    }
}

fn part_in_c(part: &Part, kept: &mut Kept) -> (sonic_part, Box<[sonic_sung_note]>) {
    let notes: Box<[sonic_sung_note]> = part.sung.iter().map(|note| note_in_c(note, kept)).collect();
    let part_id = kept.strings.keep(&part.part_id);
    (sonic_part { part_id, part_name: kept.strings.keep(&part.part_name), note_len: notes.len() }, notes)
}

fn note_in_c(note: &SungNote, kept: &mut Kept) -> sonic_sung_note {
    let strings = &mut kept.strings;
    let lyrics: Box<[sonic_lyric]> =
        note.lyrics.iter().map(|(verse, lyric)| lyric_in_c(verse, lyric, strings)).collect();
    let verses: Box<[*const c_char]> = note.melisma.iter().map(|verse| strings.keep(verse)).collect();
    let row = sonic_sung_note {
        offset_beats: note.offset_beats,
        duration_beats: note.duration_beats,
        onset_s: note.onset_s,
        duration_s: note.duration_s,
        written_midi: note.written_midi,
        pitch_midi: note.pitch_midi,
        measure_index: note.measure_index as u64,
        measure_number: strings.keep(&note.measure_number),
        voice: strings.keep(&note.voice),
        lyrics: first_of(&lyrics),
        lyric_len: lyrics.len(),
        melisma: first_of(&verses),
        melisma_len: verses.len(),
        pass: note.pass,
        staff: note.staff,
        chord: note.chord,
        tied: note.tied,
    };
    if !lyrics.is_empty() {
        kept.lyrics.push(lyrics);
    }
    if !verses.is_empty() {
        kept.verses.push(verses);
    }
    row
}

/// Null for none, where Rust has an address that is no address.
fn first_of<T>(rows: &[T]) -> *const T {
    if rows.is_empty() { null() } else { rows.as_ptr() }
}

fn lyric_in_c(verse: &str, lyric: &Lyric, strings: &mut Strings) -> sonic_lyric {
    let syllabic = lyric.syllabic.map(|syllabic| match syllabic {
        Syllabic::Single => c"single",
        Syllabic::Begin => c"begin",
        Syllabic::Middle => c"middle",
        Syllabic::End => c"end",
    });
    let extend = lyric.extend.map(|extend| match extend {
        Extend::Start => c"start",
        Extend::Stop => c"stop",
        Extend::Continue => c"continue",
    });
    sonic_lyric {
        verse: strings.keep(verse),
        text: strings.keep_some(lyric.text.as_deref()),
        syllabic: syllabic.map_or(null(), |word| word.as_ptr()),
        extend: extend.map_or(null(), |word| word.as_ptr()),
        name: strings.keep_some(lyric.name.as_deref()),
        elision: lyric.elision,
        humming: lyric.humming,
        laughing: lyric.laughing,
    }
}

/// Reads a score: a file or the bytes of .musicxml, .xml or .mxl; which it is, its first bytes say.
///
/// Errors: NOT_FOUND and IO for the file; MALFORMED for what is no MusicXML, for entity declarations, and for numbers that
/// cannot be; UNSUPPORTED for a foreign encoding; LIMIT for more than 20 MiB, three hours, or 150,000 notes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_score_open(
    source: *const sonic_source,
    score: *mut *mut sonic_score,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (source, out) = unsafe { (source_of(source)?, Out::new(score, "score")?) };
        let read = source.with_file(MOST_BYTES, |path| Score::open(path), Score::from_bytes)?;
        out.give(sonic_score::new(read))
    })
}

/// # Safety
/// `score` is null or a score.
pub(crate) unsafe fn score_of<'a>(score: *const sonic_score) -> Result<&'a sonic_score> {
    // SAFETY: the caller's promise.
    unsafe { reference(score, "score") }
}

/// The title of the work, or else of the movement; NULL without. Borrowed from the score.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_score_title(score: *const sonic_score) -> *const c_char {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { score.as_ref() }.and_then(|s| s.title.as_ref()).map_or(null(), |title| title.as_ptr())
}

/// Length in quarter notes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_score_total_beats(score: *const sonic_score) -> f64 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { score.as_ref() }.map_or(0.0, |s| s.score.total_beats)
}

/// Length in seconds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_score_total_seconds(score: *const sonic_score) -> f64 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { score.as_ref() }.map_or(0.0, |s| s.score.total_seconds)
}

/// How many changes of tempo there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_score_tempo_len(score: *const sonic_score) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { score.as_ref() }.map_or(0, |s| s.tempos.len())
}

/// The change of tempo number `index` in the order of play, from 0 on; the first stands at 0. NULL beyond the last. Borrowed
/// from the score.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_score_tempo_at(score: *const sonic_score, index: usize) -> *const sonic_tempo {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { score.as_ref() }.and_then(|s| s.tempos.get(index)).map_or(null(), std::ptr::from_ref)
}

/// How many parts there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_score_part_len(score: *const sonic_score) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { score.as_ref() }.map_or(0, |s| s.parts.len())
}

/// The part number `index` in the order in which they appear, from 0 on; NULL beyond the last. Borrowed from the score.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_score_part_at(score: *const sonic_score, index: usize) -> *const sonic_part {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { score.as_ref() }.and_then(|s| s.parts.get(index)).map_or(null(), |(part, _)| part)
}

/// The note number `index` of the part number `part`, by onset, from 0 on; NULL where there is none. Grace notes, cue notes
/// and notes without a pitch are left out. Borrowed from the score.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_score_note_at(
    score: *const sonic_score,
    part: usize,
    index: usize,
) -> *const sonic_sung_note {
    // SAFETY: the caller keeps the rules of the header.
    let notes = unsafe { score.as_ref() }.and_then(|s| s.parts.get(part)).map(|(_, notes)| notes);
    notes.and_then(|notes| notes.get(index)).map_or(null(), std::ptr::from_ref)
}

/// How many things are unusual.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_score_warning_len(score: *const sonic_score) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { score.as_ref() }.map_or(0, |s| s.warnings.len())
}

/// The unusual thing number `index`, from 0 on; NULL beyond the last. Borrowed from the score.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_score_warning_at(
    score: *const sonic_score,
    index: usize,
) -> *const sonic_score_warning {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { score.as_ref() }.and_then(|s| s.warnings.get(index)).map_or(null(), std::ptr::from_ref)
}

/// All of it as one JSON object, as `sonic sing inspect --json` prints it: title, tempos, total_beats, total_seconds, warnings,
/// and parts with part_id, part_name, voices and sung, the notes. Borrowed from the score; NULL for a score that is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_score_json(score: *const sonic_score) -> *const c_char {
    // SAFETY: the caller keeps the rules of the header.
    let Some(score) = (unsafe { score.as_ref() }) else { return null() };
    let made = score.json.get_or_init(|| json_of(&score.score).unwrap_or_default());
    made.as_ptr()
}

fn json_of(score: &Score) -> Result<CString> {
    let wrong = |e| Error::new(ErrorKind::Internal, "a score cannot be written as JSON").with_source(e);
    serde_json::to_string(score).map(|text| c_string(&text)).map_err(wrong)
}

/// Frees a score; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_score_free(score: *mut sonic_score) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(score) }
}
