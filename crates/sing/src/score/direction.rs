//! Directions and barlines: tempo, jumps, repeats, endings.

use super::note::number;
use super::rational::Rational;
use super::written::{Endings, Jumps, Measure, TempoChange};
use super::xml::Element;
use sonic_core::{Error, ErrorKind, Result};

/// What a direction, or a `sound` by itself, does to the tempo.
#[derive(Debug, Default)]
pub(super) struct TempoMarks {
    /// From the direction's place on, in quarters.
    pub(super) offset: Rational,
    pub(super) change: Option<TempoChange>,
    /// A tempo of 0 or less was passed over.
    pub(super) is_ignored: bool,
}

/// Reads a `direction` or a `sound`: jumps go to the measure, changes of tempo are returned.
///
/// # Errors
/// `Malformed` for a tempo or an offset that is no number.
pub(super) fn read(item: Element<'_>, divisions: Rational, measure: &mut Measure) -> Result<TempoMarks> {
    let alone = item.name() == "sound";
    let sound = if alone { Some(item) } else { item.child("sound") };
    let mut offset = Rational::ZERO;
    let counts = item.child("offset").filter(|offset| alone || offset.attribute("sound") == Some("yes"));
    let inner = sound.filter(|_| !alone).and_then(|sound| sound.child("offset"));
    for element in [counts, inner].into_iter().flatten() {
        offset = offset.plus(number(Some(element.text()), "offset")?.over(divisions)?)?;
    }
    let mut tempo = None;
    if let Some(sound) = sound {
        read_jumps(sound, &mut measure.sounded);
        let sounded = sound.attribute("tempo").filter(|tempo| !tempo.is_empty());
        tempo = sounded.map(|tempo| number(Some(tempo), "tempo")).transpose()?.map(TempoChange::Absolute);
    }
    for sign in item.all("direction-type").flat_map(Element::children) {
        match sign.name() {
            "segno" => measure.segno = true,
            "coda" => measure.coda = true,
            "words" => read_words(sign.text(), &mut measure.worded),
            "metronome" if tempo.is_none() => tempo = metronome(sign)?,
            _ => {}
        }
    }
    let change = tempo.filter(|tempo| !matches!(tempo, TempoChange::Absolute(bpm) if !bpm.is_positive()));
    Ok(TempoMarks { offset, change, is_ignored: tempo.is_some() && change.is_none() })
}

fn read_jumps(sound: Element<'_>, jumps: &mut Jumps) {
    let says = |name| sound.attribute(name).is_some_and(|value| !value.is_empty() && value != "no");
    jumps.da_capo |= says("dacapo");
    jumps.dal_segno |= says("dalsegno");
    jumps.segno |= says("segno");
    jumps.to_coda |= says("tocoda");
    jumps.coda |= says("coda");
    jumps.fine |= says("fine");
}

/// The usual abbreviations and words for jumps, with or without points: `D.C. al Fine`, `Dal segno`, `To Coda`, `Fine`.
fn read_words(text: &str, jumps: &mut Jumps) {
    const LONGEST: usize = 80;
    if text.len() > LONGEST {
        return;
    }
    let plain = text.replace('.', " ").to_lowercase();
    let words: Vec<&str> = plain.split_whitespace().collect();
    let follows = |rest: &[&str]| matches!(rest, [] | ["al", "fine" | "coda"] | ["e", "poi", ..]);
    match words.as_slice() {
        ["dc", rest @ ..] | ["d", "c", rest @ ..] | ["da", "capo", rest @ ..] => {
            jumps.da_capo |= follows(rest)
        }
        ["ds", rest @ ..] | ["d", "s", rest @ ..] | ["dal", "segno", rest @ ..] => {
            jumps.dal_segno |= follows(rest)
        }
        ["to" | "al", "coda"] => jumps.to_coda = true,
        ["fine"] => jumps.fine = true,
        _ => {}
    }
}

/// A metronome mark: a note value and a number, or two note values that take the same time.
fn metronome(element: Element<'_>) -> Result<Option<TempoChange>> {
    let mut units: Vec<(Option<Rational>, u32)> = Vec::new();
    let mut minute = None;
    for item in element.children() {
        match item.name() {
            "beat-unit" => units.push((note_value(item.text().trim()), 0)),
            "beat-unit-dot" => {
                if let Some((_, dots)) = units.last_mut() {
                    *dots += 1;
                }
            }
            "per-minute" => minute = first_number(item.text()),
            _ => {}
        }
    }
    let sizes = units.into_iter().map(|(value, dots)| value.map(|value| dotted(value, dots)).transpose());
    match (sizes.collect::<Result<Vec<_>>>()?.as_slice(), minute) {
        ([Some(unit), ..], Some(minute)) => Ok(Some(TempoChange::Absolute(minute?.times(*unit)?))),
        ([Some(left), Some(right)], None) => Ok(Some(TempoChange::Relative(right.over(*left)?))),
        _ => Ok(None),
    }
}

/// A note value in quarters.
fn note_value(name: &str) -> Option<Rational> {
    const LONGEST: i128 = 128;
    let names = [
        "maxima", "long", "breve", "whole", "half", "quarter", "eighth", "16th", "32nd", "64th", "128th",
        "256th", "512th", "1024th",
    ];
    let place = names.iter().position(|known| *known == name)?;
    Rational::new(LONGEST, 4 << place).ok()
}

/// A note value that each dot lengthens by half of what the one before did.
fn dotted(value: Rational, dots: u32) -> Result<Rational> {
    /// More cannot be heard.
    const MOST: u32 = 10;
    let parts = 1i128 << dots.min(MOST);
    value.times(Rational::new(2 * parts - 1, parts)?)
}

/// The first number in a text such as `ca. 72` or `60,5-66`.
fn first_number(text: &str) -> Option<Result<Rational>> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(&text[start..]);
    let rest = &text[start + whole..];
    let fraction = rest.strip_prefix(['.', ',']).map_or(0, digits);
    let number = match fraction {
        0 => text[start..start + whole].to_owned(),
        _ => format!("{}.{}", &text[start..start + whole], &rest[1..=fraction]),
    };
    Rational::parse(&number)
}

/// Reads a barline: repeats, endings and signs. `open` is the ending whose bracket is not closed.
///
/// # Errors
/// `Malformed` for a number of times that is none.
pub(super) fn read_barline(
    item: Element<'_>,
    open: &mut Option<Endings>,
    measure: &mut Measure,
) -> Result<()> {
    if let Some(repeat) = item.child("repeat") {
        if repeat.attribute("direction") == Some("forward") {
            measure.starts_repeat = true;
        } else {
            measure.times = measure.times.max(times(repeat)?);
        }
    }
    if let Some(ending) = item.child("ending") {
        let numbers = Endings::parse(ending.attribute("number").unwrap_or_default());
        let is_start = ending.attribute("type") == Some("start");
        let mut played_at = open.take().filter(|open| !is_start && !open.is_empty()).unwrap_or(numbers);
        if measure.ending.is_empty() {
            measure.ending = played_at.clone();
        }
        if is_start {
            *open = Some(std::mem::take(&mut played_at));
        } else {
            measure.closes_ending = true;
        }
    }
    measure.segno |= item.has("segno") || item.attribute("segno").is_some();
    measure.coda |= item.has("coda") || item.attribute("coda").is_some();
    Ok(())
}

fn times(repeat: Element<'_>) -> Result<u32> {
    let Some(times) = repeat.attribute("times").filter(|times| !times.is_empty()) else { return Ok(2) };
    times.trim().parse().map_err(|_| {
        let message = format!("a repeat is played {times:?} times, which is not a number from 0 on");
        Error::new(ErrorKind::Malformed, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_jump_are_known() {
        for (text, expected) in [
            ("D.C.", "c"),
            ("d. c. al Fine", "c"),
            ("Da Capo al Coda.", "c"),
            ("D.C. e poi la Coda", "c"),
            ("DS", "s"),
            ("Dal Segno al fine", "s"),
            (" To Coda ", "t"),
            ("al Coda", "t"),
            ("Fine.", "f"),
            ("D.C. ad libitum", ""),
            ("Andante", ""),
            ("Fine tune", ""),
            ("", ""),
        ] {
            let mut jumps = Jumps::default();
            read_words(text, &mut jumps);
            let said =
                [(jumps.da_capo, 'c'), (jumps.dal_segno, 's'), (jumps.to_coda, 't'), (jumps.fine, 'f')];
            let said: String =
                said.into_iter().filter(|(is_so, _)| *is_so).map(|(_, letter)| letter).collect();
            assert_eq!(said, expected, "{text}");
        }
    }

    #[test]
    fn numbers_are_found_in_words() {
        for (text, expected) in [("ca. 72", 72.0), ("60,5-66", 60.5), ("= 90.", 90.0), ("132.25bpm", 132.25)]
        {
            assert_eq!(first_number(text).unwrap().unwrap().value(), expected, "{text}");
        }
        assert!(first_number("fast").is_none());
        assert_eq!(first_number("1٣ ").unwrap().unwrap().value(), 1.0);
    }

    #[test]
    fn note_values_have_dots() {
        let value = |name, dots| dotted(note_value(name).unwrap(), dots).unwrap().value();
        assert_eq!((value("maxima", 0), value("whole", 1), value("quarter", 0)), (32.0, 6.0, 1.0));
        assert_eq!((value("eighth", 2), value("1024th", 0)), (0.875, 1.0 / 256.0));
        assert!(note_value("crotchet").is_none());
        assert!(value("quarter", u32::MAX) < 2.0);
    }
}
