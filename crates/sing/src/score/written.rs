//! What stands in the file: measures, which all parts share, and the notes of each part.

use super::rational::Rational;
use super::types::Lyrics;
use std::sync::Arc;

/// A score as written.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) title: Option<String>,
    pub(super) measures: Vec<Measure>,
    pub(super) parts: Vec<WrittenPart>,
}

/// One part as written.
#[derive(Debug)]
pub(super) struct WrittenPart {
    pub(super) id: Arc<str>,
    pub(super) name: String,
    /// Notes with a pitch, by measure, in the order of the file: grace notes only if they have words, no cue notes.
    pub(super) notes: Vec<WrittenNote>,
    /// Tempo marks in the order of the file.
    pub(super) tempos: Vec<TempoMark>,
}

/// A note, or a grace note with words.
#[derive(Debug, Clone)]
pub(super) struct WrittenNote {
    pub(super) measure: u32,
    /// Quarters from the start of the measure.
    pub(super) at: Rational,
    pub(super) duration: Rational,
    /// In MIDI numbers.
    pub(super) written: Rational,
    pub(super) sounding: Rational,
    pub(super) voice: Arc<str>,
    pub(super) staff: u32,
    pub(super) chord: u32,
    pub(super) is_grace: bool,
    pub(super) starts_tie: bool,
    pub(super) stops_tie: bool,
    pub(super) lyrics: Lyrics,
}

/// A measure of the score.
#[derive(Debug, Default)]
pub(super) struct Measure {
    /// As the file prints it.
    pub(super) number: Arc<str>,
    /// Where the furthest cursor of all parts came, in quarters.
    pub(super) furthest: Rational,
    /// What the time signature of the first part says.
    pub(super) signature: Rational,
    /// A repeated section starts here.
    pub(super) starts_repeat: bool,
    /// How often the section that ends here is played; 0 if none does.
    pub(super) times: u32,
    /// The ending that it belongs to.
    pub(super) ending: Endings,
    /// The bracket of the ending is closed here.
    pub(super) closes_ending: bool,
    /// What `sound` elements say about jumps.
    pub(super) sounded: Jumps,
    /// What words say about jumps.
    pub(super) worded: Jumps,
    /// The signs.
    pub(super) segno: bool,
    pub(super) coda: bool,
}

impl Measure {
    /// Its length in quarters.
    pub(super) fn length(&self) -> Rational {
        if self.furthest.is_positive() { self.furthest } else { self.signature }
    }
}

/// Jumps from and to a measure.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Jumps {
    pub(super) da_capo: bool,
    pub(super) dal_segno: bool,
    pub(super) segno: bool,
    pub(super) to_coda: bool,
    pub(super) coda: bool,
    pub(super) fine: bool,
}

impl Jumps {
    pub(super) fn any(self) -> bool {
        self != Self::default()
    }
}

/// The passes that an ending is played at, as ranges, first and last; empty if it is none.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Endings(pub(super) Option<Arc<[(u32, u32)]>>);

impl Endings {
    /// A list of numbers and ranges, such as `1, 2` or `1-3`; what is neither is passed over.
    pub(super) fn parse(text: &str) -> Self {
        let ranges: Arc<[_]> = text.split([',', ' ', '\t', '\n', '\r']).filter_map(range).collect();
        Self((!ranges.is_empty()).then_some(ranges))
    }

    fn ranges(&self) -> &[(u32, u32)] {
        self.0.as_deref().unwrap_or_default()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(super) fn contains(&self, pass: u32) -> bool {
        self.ranges().iter().any(|&(first, last)| (first..=last).contains(&pass))
    }

    pub(super) fn least(&self) -> u32 {
        self.ranges().iter().map(|range| range.0).min().unwrap_or(0)
    }

    pub(super) fn greatest(&self) -> u32 {
        self.ranges().iter().map(|range| range.1).max().unwrap_or(0)
    }
}

fn range(piece: &str) -> Option<(u32, u32)> {
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    match piece.split_once('-') {
        Some((first, last)) => Some((number(first)?, number(last)?)).filter(|(first, last)| first <= last),
        None => number(piece.strip_suffix('.').unwrap_or(piece)).map(|pass| (pass, pass)),
    }
}

/// A tempo mark where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct TempoMark {
    pub(super) measure: u32,
    /// Quarters from the start of the measure; may lie behind its end.
    pub(super) at: Rational,
    pub(super) tempo: TempoChange,
}

/// What a tempo mark says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TempoChange {
    /// Quarters a minute from here on, above 0.
    Absolute(Rational),
    /// What the tempo until here is multiplied by.
    Relative(Rational),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_are_numbers_and_ranges() {
        for (text, inside, outside) in [
            ("1", vec![1], vec![0, 2]),
            ("1, 2", vec![1, 2], vec![3]),
            ("1,3-4 7.", vec![1, 3, 4, 7], vec![2, 5, 6]),
            ("1-1000000000", vec![1, 999_999_999], vec![0]),
        ] {
            let endings = Endings::parse(text);
            assert!(inside.iter().all(|pass| endings.contains(*pass)), "{text}");
            assert!(!outside.iter().any(|pass| endings.contains(*pass)), "{text}");
            assert_eq!(
                (endings.least(), endings.greatest()),
                (inside[0], *inside.last().unwrap().max(&endings.greatest()))
            );
        }
        for text in ["", " ", "x", "-", "1-", "3-1", "99999999999", "+1"] {
            assert!(Endings::parse(text).is_empty(), "{text}");
        }
    }
}
