//! What the notes of a part amount to, and what is unusual about them.

use super::types::{Part, SungNote, Syllabic, Voice, VoiceVerse};
use super::warnings::Warnings;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The range of human voices, C2 to C6, in MIDI numbers.
const SINGABLE: std::ops::RangeInclusive<f64> = 36.0..=84.0;

/// Sums of two rounded numbers may differ by this much, in quarters.
const CLOSE: f64 = 1e-9;

impl Part {
    /// The words of a voice in one verse as they are sung, repeats included: syllables of a word are joined.
    pub fn words(&self, voice: &str, verse: &str) -> impl Iterator<Item = String> {
        let notes = self.sung.iter().filter(move |note| note.chord == 0 && *note.voice == *voice);
        let mut syllables = notes
            .filter_map(move |note| note.lyrics.get(verse))
            .filter_map(|lyric| Some((lyric.text.as_deref()?, lyric.syllabic)));
        std::iter::from_fn(move || {
            let mut word = String::new();
            for (text, syllabic) in syllables.by_ref() {
                word.push_str(text);
                if !matches!(syllabic, Some(Syllabic::Begin | Syllabic::Middle)) {
                    break;
                }
            }
            (!word.is_empty()).then_some(word)
        })
    }
}

/// The voices of a part, in the order in which they enter.
pub(super) fn voices(sung: &[SungNote]) -> Vec<Voice> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut voices: Vec<(Voice, BTreeMap<Arc<str>, usize>)> = Vec::new();
    for note in sung.iter().filter(|note| note.chord == 0) {
        let place = *places.entry(&note.voice).or_insert(voices.len());
        if place == voices.len() {
            voices.push((
                Voice {
                    voice: note.voice.clone(),
                    notes: 0,
                    lowest_midi: note.pitch_midi,
                    highest_midi: note.pitch_midi,
                    verses: Vec::new(),
                },
                BTreeMap::new(),
            ));
        }
        let (voice, syllables) = &mut voices[place];
        voice.notes += 1;
        voice.lowest_midi = voice.lowest_midi.min(note.pitch_midi);
        voice.highest_midi = voice.highest_midi.max(note.pitch_midi);
        for (verse, _) in note.lyrics.0.iter().filter(|(_, lyric)| lyric.text.is_some()) {
            *syllables.entry(verse.clone()).or_insert(0) += 1;
        }
    }
    let finished = voices.into_iter().map(|(voice, syllables)| {
        let verses = syllables.into_iter().map(|(verse, syllables)| VoiceVerse { verse, syllables });
        Voice { verses: verses.collect(), ..voice }
    });
    finished.collect()
}

/// Notes what is unusual about the notes of a part.
pub(super) fn warn(part: &Arc<str>, sung: &[SungNote], warnings: &mut Warnings) {
    let mut ends: HashMap<&str, f64> = HashMap::new();
    let has_words = |note: &SungNote| note.lyrics.iter().any(|(_, lyric)| lyric.text.is_some());
    if !sung.iter().any(has_words) {
        warnings.in_part("no_lyrics", part, "the part has no words");
        return;
    }
    for note in sung {
        let mut say = |code, message| warnings.in_measure(code, part, &note.measure_number, message);
        if note.pitch_midi.fract() != 0.0 {
            say("microtone", "a pitch lies between two semitones");
        }
        if note.chord > 0 {
            say("chord", "a singer sings the first note of a chord only");
            continue;
        }
        if !SINGABLE.contains(&note.pitch_midi) && (has_words(note) || !note.melisma.is_empty()) {
            say("range", "a note lies outside the range of human voices, C2 to C6");
        }
        if ends.get(&*note.voice).is_some_and(|end| *end > note.offset_beats + CLOSE) {
            say("overlap", "a note starts before the one before it in its voice has ended");
        }
        ends.insert(&note.voice, note.offset_beats + note.duration_beats);
    }
}
