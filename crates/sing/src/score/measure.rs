//! One measure of one part: time runs along its notes.

use super::direction;
use super::note::{Names, lyrics, number, pitch};
use super::rational::Rational;
use super::types::Lyrics;
use super::warnings::Warnings;
use super::written::{Endings, Measure, TempoMark, WrittenNote, WrittenPart};
use super::xml::Element;
use super::{LONG_LYRIC_BYTES, MAX_WRITTEN_NOTES};
use sonic_core::{Error, ErrorKind, Result};
use std::sync::Arc;

/// Reads the measures of one part; what a measure says holds on in the next.
pub(super) struct PartReader {
    pub(super) part: WrittenPart,
    /// Measures that were read.
    pub(super) measures: usize,
    divisions: Rational,
    /// By staff, in semitones; that of staff 0 holds for those that are not named.
    transposition: Vec<(u32, Rational)>,
    /// Quarters of a measure by the time signature.
    signature: Rational,
    open_ending: Option<Endings>,
    voices: Names,
    verses: Names,
    first_voice: Arc<str>,
    no_words: Lyrics,
}

/// A measure that all parts write to, and what is found on the way.
pub(super) struct Shared<'a> {
    pub(super) index: u32,
    pub(super) measure: &'a mut Measure,
    pub(super) warnings: &'a mut Warnings,
    /// Notes of all parts so far.
    pub(super) notes: &'a mut usize,
    /// The time signatures of the first part count.
    pub(super) is_first_part: bool,
}

/// Places within a measure, in quarters.
#[derive(Default)]
struct Clock {
    cursor: Rational,
    furthest: Rational,
    onset: Rational,
    chord: u32,
}

impl PartReader {
    pub(super) fn new(id: Arc<str>, name: String) -> Self {
        Self {
            part: WrittenPart { id, name, notes: Vec::new(), tempos: Vec::new() },
            measures: 0,
            divisions: Rational::whole(1),
            transposition: Vec::new(),
            signature: Rational::whole(4),
            open_ending: None,
            voices: Names::default(),
            verses: Names::default(),
            first_voice: "1".into(),
            no_words: Lyrics::default(),
        }
    }

    /// Reads a measure.
    ///
    /// # Errors
    /// `Malformed` for numbers that are none, times below 0 and notes without a duration; `Limit` for too many notes.
    /// They name the part and the measure.
    pub(super) fn read(&mut self, element: Element<'_>, shared: &mut Shared<'_>) -> Result<()> {
        self.measures = shared.index as usize + 1;
        self.read_items(element, shared).map_err(|error| {
            error.context(format!("part {}, measure {}", self.part.id, shared.measure.number))
        })
    }

    fn read_items(&mut self, element: Element<'_>, shared: &mut Shared<'_>) -> Result<()> {
        let mut clock = Clock::default();
        for item in element.children() {
            match item.name() {
                "note" => self.read_note(item, &mut clock, shared)?,
                "attributes" => self.read_attributes(item, shared)?,
                "backup" | "forward" => self.read_move(item, &mut clock, shared)?,
                "direction" | "sound" => self.read_direction(item, clock.cursor, shared)?,
                "barline" => direction::read_barline(item, &mut self.open_ending, shared.measure)?,
                _ => {}
            }
        }
        let measure = &mut *shared.measure;
        if let Some(open) = self.open_ending.as_ref().filter(|_| measure.ending.is_empty()) {
            measure.ending = open.clone();
        }
        measure.furthest = measure.furthest.max(clock.furthest);
        if shared.is_first_part {
            measure.signature = self.signature;
        }
        Ok(())
    }

    /// A duration in quarters.
    fn duration(&self, item: Element<'_>) -> Result<Rational> {
        let duration = number(item.text_of("duration"), "duration")?;
        if duration.is_negative() {
            let message = format!("a duration is {}, which is below 0", duration.value());
            return Err(Error::new(ErrorKind::Malformed, message));
        }
        duration.over(self.divisions)
    }

    fn read_attributes(&mut self, item: Element<'_>, shared: &mut Shared<'_>) -> Result<()> {
        if let Some(divisions) = item.child("divisions") {
            self.divisions = number(Some(divisions.text()), "divisions")?;
            if !self.divisions.is_positive() {
                return Err(Error::new(ErrorKind::Malformed, "divisions is not above 0"));
            }
        }
        for time in item.all("time").filter(|time| time.has("beats") && time.has("beat-type")) {
            match signature(time).transpose()? {
                Some(quarters) => self.signature = quarters,
                None => self.warn(
                    "time_signature",
                    "a time signature is not read: the one before holds on",
                    shared,
                ),
            }
        }
        for transpose in item.all("transpose") {
            let part =
                |name| transpose.text_of(name).map_or(Ok(Rational::ZERO), |text| number(Some(text), name));
            let octaves = part("octave-change")?.times(Rational::whole(12))?;
            let semitones = part("chromatic")?.plus(octaves)?;
            match transpose.attribute("number") {
                None => self.transposition = vec![(0, semitones)],
                Some(staff) => {
                    let staff = staff_number(Some(staff))?;
                    self.transposition.retain(|(known, _)| *known != staff);
                    self.transposition.push((staff, semitones));
                }
            }
        }
        Ok(())
    }

    fn read_note(&mut self, item: Element<'_>, clock: &mut Clock, shared: &mut Shared<'_>) -> Result<()> {
        let (is_grace, is_cue) = (item.has("grace"), item.has("cue"));
        let duration = if is_grace { Rational::ZERO } else { self.duration(item)? };
        if item.has("chord") {
            clock.chord = clock.chord.saturating_add(1);
        } else {
            (clock.onset, clock.chord) = (clock.cursor, 0);
            clock.cursor = clock.cursor.plus(duration)?;
        }
        clock.furthest = clock.furthest.max(clock.cursor).max(clock.onset.plus(duration)?);
        let Some(written) = pitch(item)? else {
            if item.has("unpitched") {
                self.warn("unpitched", "notes without a pitch are not sung", shared);
            }
            return Ok(());
        };
        if is_cue || item.has("unpitched") {
            self.warn("cue", "cue notes are not sung", shared);
            return Ok(());
        }
        let lyrics = self.read_lyrics(item, shared)?;
        if is_grace {
            self.warn("grace", "grace notes are not sung; their syllables move to the next note", shared);
            if lyrics.is_empty() {
                return Ok(());
            }
        }
        self.keep(item, clock, shared, WrittenNote { duration, is_grace, ..self.blank(written, lyrics) })
    }

    /// The words of a note.
    fn read_lyrics(&mut self, item: Element<'_>, shared: &mut Shared<'_>) -> Result<Lyrics> {
        if !item.has("lyric") {
            return Ok(self.no_words.clone());
        }
        let (lyrics, is_repeated) = lyrics(item, &mut self.verses)?;
        if is_repeated {
            self.warn("lyric_repeated", "a note has two lyrics of one verse: the first counts", shared);
        }
        let text_bytes =
            lyrics.iter().filter_map(|(_, lyric)| lyric.text.as_ref()).map(|text| text.len()).max();
        if text_bytes.is_some_and(|bytes| bytes > LONG_LYRIC_BYTES) {
            self.warn("long_lyric", "a syllable is far longer than a word", shared);
        }
        Ok(lyrics)
    }

    /// A note of which pitch and words are known.
    fn blank(&self, written: Rational, lyrics: Lyrics) -> WrittenNote {
        WrittenNote {
            measure: 0,
            at: Rational::ZERO,
            duration: Rational::ZERO,
            written,
            sounding: written,
            voice: self.first_voice.clone(),
            staff: 1,
            chord: 0,
            is_grace: false,
            starts_tie: false,
            stops_tie: false,
            lyrics,
        }
    }

    /// Adds a note with its place, voice and ties.
    fn keep(
        &mut self,
        item: Element<'_>,
        clock: &Clock,
        shared: &mut Shared<'_>,
        mut note: WrittenNote,
    ) -> Result<()> {
        if *shared.notes == MAX_WRITTEN_NOTES {
            let message = format!("the score has more than {MAX_WRITTEN_NOTES} notes");
            return Err(Error::new(ErrorKind::Limit, message));
        }
        *shared.notes += 1;
        note.measure = shared.index;
        (note.at, note.chord) = (clock.onset, clock.chord);
        if let Some(voice) = item.text_of("voice").filter(|voice| *voice != "1") {
            note.voice = self.voices.shared(voice, "voices in a part")?;
        }
        note.staff = staff_number(item.text_of("staff"))?;
        let transposition = |staff| self.transposition.iter().find(|(known, _)| *known == staff);
        if let Some((_, semitones)) = transposition(note.staff).or_else(|| transposition(0)) {
            note.sounding = note.written.plus(*semitones)?;
        }
        for tie in item.all("tie") {
            note.starts_tie |= tie.attribute("type") == Some("start");
            note.stops_tie |= tie.attribute("type") == Some("stop");
        }
        self.part.notes.push(note);
        Ok(())
    }

    /// `backup` and `forward`. A backup before the start of the measure stops at the start.
    fn read_move(&mut self, item: Element<'_>, clock: &mut Clock, shared: &mut Shared<'_>) -> Result<()> {
        let duration = self.duration(item)?;
        clock.cursor = match item.name() {
            "forward" => clock.cursor.plus(duration)?,
            _ => clock.cursor.minus(duration)?,
        };
        if clock.cursor.is_negative() {
            self.warn(
                "backup",
                "a backup leads before the start of its measure: it stops at the start",
                shared,
            );
            clock.cursor = Rational::ZERO;
        }
        clock.furthest = clock.furthest.max(clock.cursor);
        clock.onset = clock.cursor;
        Ok(())
    }

    fn read_direction(&mut self, item: Element<'_>, cursor: Rational, shared: &mut Shared<'_>) -> Result<()> {
        let marks = direction::read(item, self.divisions, shared.measure)?;
        if marks.is_ignored {
            self.warn("tempo", "a tempo of 0 or less is passed over: the one before holds on", shared);
        }
        if let Some(tempo) = marks.change {
            let at = cursor.plus(marks.offset)?.max(Rational::ZERO);
            self.part.tempos.push(TempoMark { measure: shared.index, at, tempo });
        }
        Ok(())
    }

    fn warn(&self, code: &'static str, message: &str, shared: &mut Shared<'_>) {
        shared.warnings.in_measure(code, &self.part.id, &shared.measure.number, message);
    }
}

/// Quarters of a measure: `3/4`, `3+2/8`, or several of them in a row. `None` for what is no number.
fn signature(time: Element<'_>) -> Option<Result<Rational>> {
    let mut quarters = Rational::ZERO;
    for (beats, beat_type) in time.all("beats").zip(time.all("beat-type")) {
        let mut sum = 0i64;
        for count in beats.text().split('+') {
            sum = sum.checked_add(i64::from(count.trim().parse::<u32>().ok()?))?;
        }
        let of = beat_type.text().trim().parse::<u32>().ok().filter(|of| *of > 0)?;
        match Rational::new(i128::from(sum) * 4, i128::from(of)).and_then(|part| quarters.plus(part)) {
            Ok(sum) => quarters = sum,
            Err(error) => return Some(Err(error)),
        }
    }
    Some(Ok(quarters))
}

/// A number of a staff; 1 without one.
fn staff_number(text: Option<&str>) -> Result<u32> {
    let Some(text) = text else { return Ok(1) };
    text.trim()
        .parse()
        .map_err(|_| Error::new(ErrorKind::Malformed, format!("staff {text:?} is not a number from 1 on")))
}
