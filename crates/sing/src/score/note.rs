//! A note as written: its pitch and its words.

use super::rational::Rational;
use super::types::{Extend, Lyric, Lyrics, Syllabic};
use super::xml::Element;
use sonic_core::{Error, ErrorKind, Result};
use std::collections::HashSet;
use std::sync::Arc;

/// How many different names a part may have for its voices, or for its verses: a bit each.
const MAX_NAMES: usize = 64;

/// Names that occur again and again.
#[derive(Debug, Default)]
pub(super) struct Names {
    known: HashSet<Arc<str>>,
}

impl Names {
    /// The shared form of `name`.
    ///
    /// # Errors
    /// `Limit` if there are too many; `what` says of what.
    pub(super) fn shared(&mut self, name: &str, what: &str) -> Result<Arc<str>> {
        if let Some(known) = self.known.get(name) {
            return Ok(known.clone());
        }
        if self.known.len() == MAX_NAMES {
            return Err(Error::new(ErrorKind::Limit, format!("there are more than {MAX_NAMES} {what}")));
        }
        let name: Arc<str> = name.into();
        self.known.insert(name.clone());
        Ok(name)
    }
}

/// The number that the text of `element` is; `what` names it in errors.
///
/// # Errors
/// `Malformed` if it is missing or no number.
pub(super) fn number(text: Option<&str>, what: &str) -> Result<Rational> {
    let text = text.map(str::trim).unwrap_or_default();
    Rational::parse(text).unwrap_or_else(|| {
        let message = match text {
            "" => format!("{what} is missing"),
            _ => format!("{what} is {text:?}, which is not a number"),
        };
        Err(Error::new(ErrorKind::Malformed, message))
    })
}

/// The written pitch of a note in MIDI numbers; `None` without a pitch.
///
/// # Errors
/// `Malformed` for a step that is not A to G and an octave outside 0 to 9.
pub(super) fn pitch(note: Element<'_>) -> Result<Option<Rational>> {
    let Some(pitch) = note.child("pitch") else { return Ok(None) };
    let step = match pitch.text_of("step") {
        Some("C") => 0,
        Some("D") => 2,
        Some("E") => 4,
        Some("F") => 5,
        Some("G") => 7,
        Some("A") => 9,
        Some("B") => 11,
        other => {
            let message =
                format!("the step of a pitch is {:?}, not one of A to G", other.unwrap_or_default());
            return Err(Error::new(ErrorKind::Malformed, message));
        }
    };
    let octave = number(pitch.text_of("octave"), "octave")?;
    let octave = octave.as_whole().filter(|octave| (0..=9).contains(octave)).ok_or_else(|| {
        Error::new(ErrorKind::Malformed, format!("the octave {} is not one of 0 to 9", octave.value()))
    })?;
    let natural = Rational::whole(step + 12 * (octave + 1));
    match pitch.text_of("alter") {
        Some(alter) => natural.plus(number(Some(alter), "alter")?).map(Some),
        None => Ok(Some(natural)),
    }
}

/// The words of a note by verse: of two with one number the first counts. True beside them if there were two.
pub(super) fn lyrics(note: Element<'_>, verses: &mut Names) -> Result<(Lyrics, bool)> {
    let mut found: Vec<(Arc<str>, Lyric)> = Vec::new();
    let mut is_repeated = false;
    for element in note.all("lyric") {
        let Some(lyric) = lyric(element) else { continue };
        let verse = element.attribute("number").filter(|number| !number.is_empty()).unwrap_or("1");
        if found.iter().any(|(known, _)| &**known == verse) {
            is_repeated = true;
        } else {
            found.push((verses.shared(verse, "verses")?, lyric));
        }
    }
    Ok((if found.is_empty() { Lyrics::default() } else { Lyrics(found.into()) }, is_repeated))
}

/// A syllable; `None` if the element says nothing.
fn lyric(element: Element<'_>) -> Option<Lyric> {
    let mut joined = String::new();
    let mut syllables = 0;
    let mut signs = element.all("elision");
    for text in element.all("text") {
        if syllables > 0 {
            let sign = signs.next().map(Element::text);
            joined.push_str(sign.map_or("", |sign| if sign.is_empty() { "\u{203f}" } else { sign }));
        }
        joined.push_str(text.text());
        syllables += 1;
    }
    let text = Some(joined.trim()).filter(|text| !text.is_empty());
    let extend = element.all("extend").last().map(|extend| match extend.attribute("type") {
        Some("stop") => Extend::Stop,
        Some("continue") => Extend::Continue,
        _ => Extend::Start,
    });
    let syllabic = text.map(|_| match element.text_of("syllabic") {
        Some("begin") => Syllabic::Begin,
        Some("middle") => Syllabic::Middle,
        Some("end") => Syllabic::End,
        _ => Syllabic::Single,
    });
    let (humming, laughing) = (element.has("humming"), element.has("laughing"));
    let says = text.is_some() || extend.is_some() || humming || laughing;
    says.then(|| Lyric {
        text: text.map(Arc::from),
        syllabic,
        extend,
        elision: text.is_some() && syllables > 1,
        name: element.attribute("name").filter(|name| !name.is_empty()).map(Arc::from),
        humming,
        laughing,
    })
}
