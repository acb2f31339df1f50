//! The picture of a song: notes and words, the pitch that was sung, and when each phoneme was.

use super::Voice;
use super::pitch::STEP;
use sonic::sing::score::{Score, SungNote};
use std::fmt::Write;

/// Seconds in a line of the picture, and how wide one is.
const LINE_SECONDS: f64 = 9.0;
const SECOND: f64 = 150.0;
/// Height of a semitone, and of the phonemes of a voice.
const SEMITONE: f64 = 11.0;
const STRIP: f64 = 20.0;
/// Around the picture, and between its lines.
const MARGIN: f64 = 46.0;
const GAP: f64 = 46.0;
/// Colours of the voices: notes, pitch, vowels.
const COLOURS: [[&str; 3]; 2] = [["#f2c9b5", "#b5472a", "#f8e4da"], ["#bcd9e6", "#1f6384", "#dcecf3"]];
const STYLE: &str = "text{font-family:system-ui,sans-serif;fill:#222}.title{font-size:20px;font-weight:600}\
.small{font-size:11px;fill:#666}.word{font-size:12px;text-anchor:middle}.phone{font-size:10px;text-anchor:middle}\
.f0{fill:none;stroke-width:1.8;stroke-linejoin:round}";

/// What is drawn, and in which range.
struct Drawing<'a> {
    svg: String,
    voices: &'a [Voice<'a>],
    low: f64,
    high: f64,
}

/// A stretch of the song on the page.
#[derive(Clone, Copy)]
struct Line {
    start: f64,
    end: f64,
    top: f64,
}

impl Line {
    /// Where a time stands, if it stands on this line.
    fn x(self, seconds: f64) -> f64 {
        MARGIN + (seconds.clamp(self.start, self.end) - self.start) * SECOND
    }

    fn shows(self, from: f64, to: f64) -> bool {
        from < self.end && to > self.start
    }
}

/// The song as SVG.
pub(crate) fn draw(score: &Score, voices: &[Voice<'_>]) -> String {
    let notes = || voices.iter().flat_map(|voice| &voice.part.sung).map(|note| note.pitch_midi);
    let (low, high) = (notes().fold(f64::MAX, f64::min) - 2.0, notes().fold(f64::MIN, f64::max) + 2.0);
    let lines = (score.total_seconds / LINE_SECONDS).ceil().max(1.0);
    let height = (high - low) * SEMITONE + voices.len() as f64 * STRIP + GAP;
    let (width, whole) = (2.0 * MARGIN + LINE_SECONDS * SECOND, 2.0 * MARGIN + 16.0 + lines * height);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {whole:.0}\" width=\"{width}\">\
         <style>{STYLE}</style><rect width=\"100%\" height=\"100%\" fill=\"#fffdfa\"/>"
    );
    let title = escape(score.title.as_deref().unwrap_or("A song"));
    text(&mut svg, (MARGIN, 34.0), "title", &title);
    legend(&mut svg, voices, width);
    let mut drawing = Drawing { svg, voices, low, high };
    for number in 0..lines as usize {
        let start = number as f64 * LINE_SECONDS;
        let end = (start + LINE_SECONDS).min(score.total_seconds.max(start + 1.0));
        drawing.line(Line { start, end, top: MARGIN + 16.0 + number as f64 * height });
    }
    drawing.svg + "</svg>\n"
}

fn legend(svg: &mut String, voices: &[Voice<'_>], width: f64) {
    for (number, voice) in voices.iter().enumerate() {
        let (x, [note, pitch, _]) = (width - 480.0 + 150.0 * number as f64, colours(number));
        rect(svg, (x, 22.0, 26.0, 13.0), note, "rx=\"3\"");
        let _ = write!(svg, "<path class=\"f0\" stroke=\"{pitch}\" d=\"M{x} 28h26\"/>");
        text(svg, (x + 32.0, 33.0), "small", &escape(&voice.part.part_name));
    }
    text(svg, (width - 180.0, 33.0), "small", "line: pitch in the sound");
}

fn colours(voice: usize) -> [&'static str; 3] {
    COLOURS[voice % COLOURS.len()]
}

impl Drawing<'_> {
    fn y(&self, line: Line, midi: f64) -> f64 {
        line.top + (self.high - midi) * SEMITONE
    }

    fn line(&mut self, line: Line) {
        self.keys(line);
        for number in (0..self.voices.len()).rev() {
            let voice = &self.voices[number];
            for note in voice.part.sung.iter().filter(|n| line.shows(n.onset_s, n.onset_s + n.duration_s)) {
                self.note(line, note, colours(number)[0]);
            }
        }
        for number in (0..self.voices.len()).rev() {
            self.pitch(line, number);
            self.phonemes(line, number);
        }
        self.words(line);
        self.clock(line);
    }

    /// Rows of a keyboard: those of black keys are darker.
    fn keys(&mut self, line: Line) {
        let width = (line.end - line.start) * SECOND;
        for midi in self.low.ceil() as i64..=self.high.floor() as i64 {
            let y = self.y(line, midi as f64 + 0.5);
            let is_black = [1, 3, 6, 8, 10].contains(&midi.rem_euclid(12));
            let colour = if is_black { "#f3efe8" } else { "#faf7f1" };
            rect(&mut self.svg, (MARGIN, y, width, SEMITONE - 0.7), colour, "");
            if midi.rem_euclid(12) == 0 {
                let name = format!("C{}", midi / 12 - 1);
                text(&mut self.svg, (MARGIN - 26.0, y + SEMITONE - 1.5), "small", &name);
            }
        }
    }

    fn note(&mut self, line: Line, note: &SungNote, colour: &str) {
        let (from, to) = (line.x(note.onset_s), line.x(note.onset_s + note.duration_s));
        let y = self.y(line, note.pitch_midi + 0.5);
        rect(&mut self.svg, (from, y, to - from - 1.5, SEMITONE - 0.7), colour, "rx=\"3\"");
    }

    /// The measured pitch, interrupted where nothing is voiced.
    fn pitch(&mut self, line: Line, number: usize) {
        let (mut path, mut is_down) = (String::new(), false);
        for (place, hertz) in self.voices[number].measured.iter().enumerate() {
            let seconds = place as f64 * STEP;
            let midi = 69.0 + 12.0 * (f64::from(*hertz) / 440.0).log2();
            let is_seen = *hertz > 0.0
                && line.shows(seconds, seconds + STEP)
                && (self.low - 0.5..=self.high + 0.5).contains(&midi);
            if is_seen {
                let command = if is_down { 'L' } else { 'M' };
                let _ = write!(path, "{command}{:.1} {:.1}", line.x(seconds), self.y(line, midi));
            }
            is_down = is_seen;
        }
        let colour = colours(number)[1];
        let _ = write!(self.svg, "<path class=\"f0\" stroke=\"{colour}\" d=\"{path}\"/>");
    }

    /// The words, once: above the highest of the notes that begin together.
    fn words(&mut self, line: Line) {
        let mut done: Vec<(f64, &str)> = Vec::new();
        for note in self.voices.iter().flat_map(|voice| &voice.part.sung) {
            let Some(word) = note.lyrics.iter().find_map(|(_, lyric)| lyric.text.as_deref()) else {
                continue;
            };
            let is_here = (line.start..line.end).contains(&note.onset_s);
            if is_here && !done.iter().any(|(at, said)| *said == word && (at - note.onset_s).abs() < 1e-6) {
                done.push((note.onset_s, word));
                let x = (line.x(note.onset_s) + line.x(note.onset_s + note.duration_s)) / 2.0;
                let y = self.y(line, note.pitch_midi + 0.5) - 4.0;
                text(&mut self.svg, (x, y), "word", &escape(word));
            }
        }
    }

    fn phonemes(&mut self, line: Line, number: usize) {
        let top = self.y(line, self.low - 0.5) + 6.0 + number as f64 * STRIP;
        let [note, _, vowel] = colours(number);
        for (phoneme, from, to) in self.voices[number].phonemes.iter().filter(|p| line.shows(p.1, p.2)) {
            let (left, right) = (line.x(*from), line.x(*to));
            let colour = if "aeiou".contains(phoneme.as_str()) { vowel } else { note };
            rect(&mut self.svg, (left, top, right - left - 0.8, STRIP - 5.0), colour, "");
            if right - left > 6.0 {
                text(&mut self.svg, ((left + right) / 2.0, top + 11.0), "phone", &escape(phoneme));
            }
        }
    }

    /// Seconds below the phonemes.
    fn clock(&mut self, line: Line) {
        let y = self.y(line, self.low - 0.5) + 16.0 + self.voices.len() as f64 * STRIP;
        for second in line.start.ceil() as u32..=line.end.floor() as u32 {
            let x = line.x(f64::from(second));
            text(&mut self.svg, (x - 4.0, y), "small", &format!("{second} s"));
        }
    }
}

fn rect(svg: &mut String, (x, y, width, height): (f64, f64, f64, f64), colour: &str, more: &str) {
    let width = width.max(0.0);
    let _ = write!(
        svg,
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{colour}\" {more}/>"
    );
}

fn text(svg: &mut String, (x, y): (f64, f64), class: &str, content: &str) {
    let _ = write!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\">{content}</text>");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
