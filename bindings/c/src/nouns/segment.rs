//! What was said, when, and by whom.

use crate::convert::{Strings, free};
use crate::options::Sized32;
use sonic::live::{Segment, Turn, Word};
use std::ffi::c_char;
use std::ptr::null;

/// A word with its place in time. This layout never changes.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_word {
    /// Where it begins, in milliseconds of the connection's sound.
    pub start_ms: u64,
    /// Where it ends.
    pub end_ms: u64,
    /// The word, without space around it.
    pub text: *const c_char,
    /// How sure the recogniser is of it, 0 to 1.
    pub confidence: f32,
    /// 0.
    pub reserved: u32,
}

/// A stretch of speech with what was said in it and by whom, as far as that is known. More context revises a segment under
/// its id: the one of the largest revision holds. Read it through a pointer that the library gave: later versions add fields
/// at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_segment {
    /// The same sound of the same connection, heard by the same pipeline, has the same id, in another process too.
    pub id: *const c_char,
    /// What was said; "" if nothing was understood, or nobody was asked.
    pub text: *const c_char,
    /// Who spoke; NULL if nobody knows.
    pub speaker: *const c_char,
    /// The words of the text in order, `word_len` of them; none if the recogniser gives none.
    pub words: *const sonic_word,
    /// How many words there are.
    pub word_len: usize,
    /// Where it begins, in milliseconds of the connection's sound.
    pub start_ms: u64,
    /// Where it ends.
    pub end_ms: u64,
    /// 0 for what was known first, one more each time that something of it changed.
    pub revision: u32,
    /// How sure it all is, 0 to 1: of the text if there is one, and of the speaker if one is named.
    pub confidence: f32,
    /// False while somebody still speaks or the text is still to come. Later only who said it may change.
    pub is_final: bool,
}

/// Shared. Segments that became known or changed, in the order of their time.
pub struct sonic_segment_list {
    rows: Vec<sonic_segment>,
    /// What the rows point to.
    _words: Vec<Box<[sonic_word]>>,
    _strings: Strings,
}

impl sonic_segment_list {
    pub(crate) fn new(of: &[Segment]) -> Self {
        let (mut strings, mut words) = (Strings::default(), Vec::with_capacity(of.len()));
        let rows = of.iter().map(|segment| {
            let own: Box<[sonic_word]> = segment.words.iter().map(|word| in_c(word, &mut strings)).collect();
            let first = if own.is_empty() { null() } else { own.as_ptr() };
            let word_len = own.len();
            words.push(own);
            sonic_segment {
                id: strings.keep(&segment.id),
                text: strings.keep(&segment.text),
                speaker: strings.keep_some(segment.speaker.as_deref()),
                words: first,
                word_len,
                start_ms: segment.start_ms,
                end_ms: segment.end_ms,
                revision: segment.revision,
                confidence: segment.confidence,
                is_final: segment.is_final,
            }
        });
        let rows = rows.collect();
        Self { rows, _words: words, _strings: strings }
    }
}

fn in_c(word: &Word, strings: &mut Strings) -> sonic_word {
    let Word { start_ms, end_ms, confidence, .. } = *word;
    sonic_word { start_ms, end_ms, text: strings.keep(&word.text), confidence, reserved: 0 }
}

/// How many segments there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_segment_list_len(segments: *const sonic_segment_list) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { segments.as_ref() }.map_or(0, |s| s.rows.len())
}

/// The segment number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_segment_list_at(
    segments: *const sonic_segment_list,
    index: usize,
) -> *const sonic_segment {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { segments.as_ref() }.and_then(|s| s.rows.get(index)).map_or(null(), std::ptr::from_ref)
}

/// Frees a list of segments; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_segment_list_free(segments: *mut sonic_segment_list) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(segments) }
}

/// A stretch of time in which one speaker speaks; those of two may overlap. Read it through a pointer that the library gave:
/// later versions add fields at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_turn {
    /// Who speaks: a name, or the label of a voice that nobody has named.
    pub speaker: *const c_char,
    /// Where it begins, in milliseconds of the connection's sound.
    pub start_ms: u64,
    /// Where it ends.
    pub end_ms: u64,
    /// How sure that is, 0 to 1.
    pub confidence: f32,
    /// True if somebody else speaks in a part of it as well.
    pub overlapped: bool,
}

/// Shared. Turns in the order of their time.
pub struct sonic_turn_list {
    rows: Vec<sonic_turn>,
    /// What the rows point to.
    _strings: Strings,
}

impl sonic_turn_list {
    pub(crate) fn new(of: &[Turn]) -> Self {
        let mut strings = Strings::default();
        let rows = of.iter().map(|turn| sonic_turn {
            speaker: strings.keep(&turn.speaker),
            start_ms: turn.start_ms,
            end_ms: turn.end_ms,
            confidence: turn.confidence,
            overlapped: turn.overlapped,
        });
        Self { rows: rows.collect(), _strings: strings }
    }
}

/// How many turns there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_turn_list_len(turns: *const sonic_turn_list) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { turns.as_ref() }.map_or(0, |t| t.rows.len())
}

/// The turn number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_turn_list_at(
    turns: *const sonic_turn_list,
    index: usize,
) -> *const sonic_turn {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { turns.as_ref() }.and_then(|t| t.rows.get(index)).map_or(null(), std::ptr::from_ref)
}

/// Frees a list of turns; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_turn_list_free(turns: *mut sonic_turn_list) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(turns) }
}

/// How the utterances of a connection fared.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_live_stats {
    /// sizeof(sonic_live_stats), set by the caller.
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// Utterances that ended.
    pub utterances: u64,
    /// Utterances whose text is final.
    pub recognized: u64,
    /// Times that a recogniser failed, gave an answer that is none, or gave none in time.
    pub failures: u64,
    /// Utterances that were given up: their segments stay without text.
    pub given_up: u64,
    /// What went wrong last: the name of its status, such as "io"; NULL if nothing did. It and the next field are borrowed
    /// from the session until they are read again.
    pub last_failure_kind: *const c_char,
    /// The words of the last failure; NULL if there was none.
    pub last_failure: *const c_char,
}

// SAFETY: two words of 32 bits, four of 64, then two pointers.
unsafe impl Sized32 for sonic_live_stats {
    const LEAST: usize = size_of::<Self>();
}
