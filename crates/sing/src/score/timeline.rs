//! From quarters to seconds: the tempo of each written place, along the order of play.

use super::play::Played;
use super::rational::Rational;
use super::types::Tempo;
use super::written::{TempoChange, Written};
use sonic_core::{Error, ErrorKind, Result};
use std::collections::BTreeMap;

/// Until the first mark, in quarters a minute.
const FIRST_TEMPO: i64 = 120;
/// The longest performance.
const MAX_HOURS: i64 = 3;
/// How many changes of tempo may be played.
const MAX_CHANGES: usize = 100_000;

/// A time in seconds, in units of 2^-64 s: sums of it are as good as exact, whatever the tempos.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Seconds(i128);

impl Seconds {
    const ZERO: Self = Self(0);
    const FRACTION_BITS: u32 = 64;

    /// How long `quarters`, at least 0, take at a tempo above 0.
    fn of(quarters: Rational, bpm: Rational) -> Result<Self> {
        let seconds = |numerator: i64| u128::from(numerator.unsigned_abs());
        let dividend = seconds(quarters.numerator()).checked_mul(60 * seconds(bpm.denominator()));
        let divisor = seconds(quarters.denominator()) * seconds(bpm.numerator());
        let dividend = dividend.ok_or_else(too_long)?;
        let (mut value, mut rest) = (dividend / divisor, dividend % divisor);
        if value >> (126 - Self::FRACTION_BITS) > 0 {
            return Err(too_long());
        }
        // Long division, as many bits at a time as there is room for.
        let mut bits = Self::FRACTION_BITS;
        while bits > 0 {
            let step = bits.min(divisor.leading_zeros());
            value = (value << step) + (rest << step) / divisor;
            rest = (rest << step) % divisor;
            bits -= step;
        }
        i128::try_from(value).map(Self).map_err(|_| too_long())
    }

    fn plus(self, other: Self) -> Result<Self> {
        self.0.checked_add(other.0).map(Self).ok_or_else(too_long)
    }

    pub(super) fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    pub(super) fn value(self) -> f64 {
        self.0 as f64 / 2f64.powi(Self::FRACTION_BITS as i32)
    }
}

fn too_long() -> Error {
    Error::new(ErrorKind::Limit, format!("the performance takes more than {MAX_HOURS} hours"))
}

/// When what is played.
pub(super) struct Timeline {
    /// Where each played measure starts, in quarters.
    pub(super) starts: Vec<Rational>,
    /// Its end in quarters.
    pub(super) end: Rational,
    segments: Vec<Segment>,
}

/// From where on a tempo holds.
struct Segment {
    quarters: Rational,
    seconds: Seconds,
    bpm: Rational,
}

impl Timeline {
    /// # Errors
    /// `Limit` for more than three hours, and for numbers that no clock can count.
    pub(super) fn new(written: &Written, order: &[Played]) -> Result<Self> {
        let mut places = Vec::with_capacity(written.measures.len() + 1);
        let mut place = Rational::ZERO;
        for measure in &written.measures {
            places.push(place);
            place = place.plus(measure.length())?;
        }
        places.push(place);
        let tempos = written_tempos(written, &places)?;
        let mut timeline =
            Self { starts: Vec::with_capacity(order.len()), end: Rational::ZERO, segments: Vec::new() };
        for played in order {
            timeline.starts.push(timeline.end);
            let (begin, end) = (places[played.measure], places[played.measure + 1]);
            let current = tempos.partition_point(|(at, _)| *at <= begin).saturating_sub(1);
            for (at, bpm) in tempos[current..].iter().take_while(|(at, _)| *at <= begin || *at < end) {
                let offset = at.minus(begin)?.max(Rational::ZERO);
                timeline.change(timeline.end.plus(offset)?, *bpm)?;
            }
            timeline.end = timeline.end.plus(end.minus(begin)?)?;
        }
        if timeline.total()?.value() > (MAX_HOURS * 3600) as f64 {
            return Err(too_long());
        }
        Ok(timeline)
    }

    /// From `quarters` on another tempo holds.
    fn change(&mut self, quarters: Rational, bpm: Rational) -> Result<()> {
        let seconds = match self.segments.last() {
            Some(last) if last.bpm == bpm => return Ok(()),
            Some(last) => last.seconds.plus(Seconds::of(quarters.minus(last.quarters)?, last.bpm)?)?,
            None => Seconds::ZERO,
        };
        if self.segments.len() == MAX_CHANGES {
            let message = format!("the tempo changes more than {MAX_CHANGES} times");
            return Err(Error::new(ErrorKind::Limit, message));
        }
        self.segments.push(Segment { quarters, seconds, bpm });
        Ok(())
    }

    /// When a place in quarters is played.
    pub(super) fn seconds_at(&self, quarters: Rational) -> Result<Seconds> {
        let after = self.segments.partition_point(|segment| segment.quarters <= quarters);
        match self.segments.get(after.saturating_sub(1)) {
            Some(from) => from.seconds.plus(Seconds::of(quarters.minus(from.quarters)?, from.bpm)?),
            None => Ok(Seconds::ZERO),
        }
    }

    /// Its length in seconds.
    pub(super) fn total(&self) -> Result<Seconds> {
        self.seconds_at(self.end)
    }

    /// The changes of tempo.
    pub(super) fn tempos(&self) -> Vec<Tempo> {
        let tempo = |segment: &Segment| Tempo {
            offset_beats: segment.quarters.value(),
            seconds: segment.seconds.value(),
            bpm: segment.bpm.value(),
        };
        self.segments.iter().map(tempo).collect()
    }
}

/// The tempo along the written score: places in quarters and quarters a minute. The first mark at a place counts.
fn written_tempos(written: &Written, places: &[Rational]) -> Result<Vec<(Rational, Rational)>> {
    let mut marks = BTreeMap::new();
    for mark in written.parts.iter().flat_map(|part| &part.tempos) {
        marks.entry(places[mark.measure as usize].plus(mark.at)?).or_insert(mark.tempo);
    }
    let mut tempos = Vec::with_capacity(marks.len() + 1);
    let mut bpm = Rational::whole(FIRST_TEMPO);
    if !marks.contains_key(&Rational::ZERO) {
        tempos.push((Rational::ZERO, bpm));
    }
    for (place, change) in marks {
        bpm = match change {
            TempoChange::Absolute(bpm) => bpm,
            TempoChange::Relative(factor) => bpm.times(factor)?,
        };
        tempos.push((place, bpm));
    }
    Ok(tempos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quarters_become_seconds() {
        let seconds = |quarters: (i128, i128), bpm: &str| {
            let quarters = Rational::new(quarters.0, quarters.1).unwrap();
            Seconds::of(quarters, Rational::parse(bpm).unwrap().unwrap()).map(Seconds::value)
        };
        assert_eq!(seconds((1, 1), "120").unwrap(), 0.5);
        assert_eq!(seconds((1, 3), "60").unwrap(), 1.0 / 3.0);
        assert_eq!(seconds((0, 1), "0.000000000000000001").unwrap(), 0.0);
        let exact = 60.0 * (123_456_789.0 / 98_765_431.0) / 92.307_692_307_692_3;
        assert!((seconds((123_456_789, 98_765_431), "92.3076923076923").unwrap() - exact).abs() < 1e-15);
        assert_eq!(seconds((1, i128::from(i64::MAX)), "1e17").unwrap(), 0.0);
        assert_eq!(seconds((i128::from(i64::MAX), 1), "0.0000001").unwrap_err().kind(), ErrorKind::Limit);
        assert!(seconds((1 << 40, 1), "0.000000000001").is_err());
    }
}
