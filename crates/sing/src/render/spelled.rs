//! The words of a singer in the phonemes of a bank, and what could not be spelled.

use super::options::RenderOptions;
use super::singer::Singer;
use crate::phonemes::{Speller, Way};
use crate::timing::{Joined, Note, Text, Word, join};
use sonic_core::{Error, ErrorKind, Result};

/// Something in a score that is not sung as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RenderWarning {
    /// A fixed name for programs: `unknown_word`, `guessed_word`, `near_phonemes`, `missing_phonemes`, `no_words`,
    /// `out_of_range`, `overlap` or `cache`.
    pub code: &'static str,
    /// The number of the measure, as printed; empty if it concerns the whole part.
    pub measure: String,
    /// The verse; empty if it concerns all.
    pub verse: String,
    /// What is not as it is written, and what was sung instead.
    pub message: String,
}

/// Words in phonemes, and warnings.
pub(crate) fn spell(singer: &Singer, notes: &[Note]) -> Result<(Vec<Word>, Vec<RenderWarning>)> {
    let speller = singer.speller()?;
    let mut warnings = Vec::new();
    let joined = join(notes, |word, syllables| is_word(&speller, word, syllables));
    let mut words = Vec::with_capacity(joined.len());
    for word in joined {
        let phonemes = phonemes(&speller, &word, &singer.options, &mut warnings)?;
        let sounds = phonemes.is_some();
        let phonemes = phonemes.unwrap_or_else(|| vec!["SP".to_owned()]);
        words.push(Word { notes: word.notes, phonemes, sounds });
    }
    Ok((words, warnings))
}

/// True if syllables are spelled together: the bank has the word, or rules give it a vowel for each syllable.
fn is_word(speller: &Speller<'_>, word: &str, syllables: usize) -> bool {
    if speller.dictionary.entry(word).is_some() {
        return true;
    }
    let vowels = |phonemes: &[String]| phonemes.iter().filter(|p| speller.dictionary.is_vowel(p)).count();
    speller.by_rules(word).is_some_and(|s| s.way == Way::Language && vowels(&s.phonemes) == syllables)
}

/// The phonemes of a word; `None` for silence.
fn phonemes(
    speller: &Speller<'_>,
    word: &Joined,
    options: &RenderOptions,
    warnings: &mut Vec<RenderWarning>,
) -> Result<Option<Vec<String>>> {
    let text = match &word.text {
        Text::Word(text) => text,
        Text::Hum | Text::Carry => return Ok(speller.hum().map(|p| vec![p])),
        Text::Vowel => return Ok(speller.vowel().map(|p| vec![p])),
    };
    let mut warn = |code, message| {
        let (measure, verse) = (word.measure.to_string(), word.verse.to_string());
        warnings.push(RenderWarning { code, measure, verse, message });
    };
    if let Some(spelling) = speller.spell(text) {
        let sung = spelling.phonemes.join(" ");
        match spelling.way {
            Way::Bank => {
                let whole = speller.dictionary.entry(text).map_or(0, <[String]>::len);
                if whole > spelling.phonemes.len() {
                    warn(
                        "missing_phonemes",
                        format!("a stage of the bank lacks phonemes of `{text}`; it is sung {sung}"),
                    );
                }
            }
            Way::Language => (),
            Way::Near => {
                warn("near_phonemes", format!("the bank lacks sounds of `{text}`; it is sung {sung}"))
            }
            Way::Letters => {
                warn("guessed_word", format!("`{text}` is in no word list; by its letters it is sung {sung}"))
            }
        }
        return Ok(Some(spelling.phonemes));
    }
    let tried = speller.tried();
    let place = format!("measure {}, verse {}", word.measure, word.verse);
    if options.strict {
        let message = format!("{place}: `{text}` cannot be sung; tried {tried}");
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    let hum = if options.silence_unknown { None } else { speller.hum() };
    let instead = if hum.is_some() { "hummed" } else { "silent" };
    warn("unknown_word", format!("{place}: `{text}` cannot be spelled (tried {tried}); it is {instead}"));
    Ok(hum.map(|p| vec![p]))
}

/// Notes that the singer does not have, and notes that sound at once.
pub(crate) fn unusual(bank: &crate::voicebank::Voicebank, notes: &[Note]) -> Vec<RenderWarning> {
    let mut out = Vec::new();
    let warning = |code, note: &Note, message| {
        let (measure, verse) = (note.measure.to_string(), note.verse.to_string());
        RenderWarning { code, measure, verse, message }
    };
    if let Some((low, high)) = bank.range_midi() {
        let outside: Vec<&Note> = notes.iter().filter(|n| n.midi < low || n.midi > high).collect();
        if let Some(first) = outside.first() {
            let message = format!(
                "{} notes are outside of the voice's range of MIDI {low} to {high}, the first is {}; they are sung",
                outside.len(),
                first.midi
            );
            out.push(warning("out_of_range", first, message));
        }
    }
    let overlaps = notes.windows(2).filter(|pair| pair[1].onset_ms < pair[0].end_ms - 1.0);
    if let Some(pair) = overlaps.clone().next() {
        let message = format!("{} notes sound while another does; choose a voice", overlaps.count());
        out.push(warning("overlap", &pair[1], message));
    }
    out
}
