//! Where exactly a clip lies in a recording, and whether it was changed on the way.

use super::place::Place;
use super::query::{LEVEL, Query};
use super::scale::{self, Scale};
use super::verify;
use crate::landmarks::{Landmarks, Unpacked};

/// What a change of speed, tempo or pitch must add to the sum of levels, in standard deviations, to be believed: about
/// 0.7 of that in log-odds, against the odds of the many changes that are tried. Most clips are unchanged, and a little
/// noise always fits some change better.
const PROOF: f32 = 9.0;
/// The same as a share of the sum.
const PROOF_SHARE: f32 = 0.03;
/// Frames by which a change of tempo must move either end of what is explained: less cannot be told from none.
const LEAST_DRIFT: f32 = 3.0;
/// Frames by which a place may be off at another scale; each is looked at with its neighbours.
const SHIFTS: [f32; 7] = [0.0, -3.0, 3.0, -6.0, 6.0, -9.0, 9.0];
/// The same at scales at which nothing was found.
const NEAR_SHIFTS: [f32; 3] = [0.0, -3.0, 3.0];
/// Logarithm of the factor by which the scale may differ from that at which a place was found.
const NEAR: f32 = 0.2;

/// The place that explains the clip best, given places of one recording that come near it, the best first: unchanged,
/// unless a change is proven.
pub(crate) fn locate(query: &Query, landmarks: Landmarks<'_>, places: &[Place]) -> Option<Place> {
    let first = places.first()?;
    let (mut plain, mut changed) = (Vec::new(), Vec::new());
    for place in places {
        let at = Locator::near(query, landmarks, place);
        plain.extend(SHIFTS.map(|shift| at.turned(place, Scale::NONE, shift)));
        changed.extend(SHIFTS.map(|shift| at.turned(place, place.scale, shift)));
    }
    let at = Locator::near(query, landmarks, first);
    for scale in scale::all().iter().filter(|scale| scale.is_within(first.scale, NEAR)) {
        changed.extend(NEAR_SHIFTS.map(|shift| at.turned(first, *scale, shift)));
    }
    let (plain, changed) = (best(plain)?, best(changed)?);
    let at = Locator::near(query, landmarks, &changed.place);
    let changed = at.refined(changed);
    Some(match at.proves(changed, plain) {
        true => at.freed(changed).place,
        false => plain.place,
    })
}

/// The same place moved by up to one frame, to where the clip fits best.
pub(crate) fn settle(query: &Query, landmarks: Landmarks<'_>, place: &Place) -> Place {
    Locator::near(query, landmarks, place).turned(place, place.scale, 0.0).place
}

/// A place with the sum of the clip's levels there.
#[derive(Clone, Copy)]
struct Sum {
    place: Place,
    sum: f32,
    /// Landmarks that it is the sum over.
    landmarks: f32,
}

fn best(sums: Vec<Sum>) -> Option<Sum> {
    sums.into_iter().reduce(|a, b| if b.sum > a.sum { b } else { a })
}

struct Locator<'q> {
    query: &'q Query,
    landmarks: Unpacked,
}

impl<'q> Locator<'q> {
    /// With the landmarks that the clip may reach over near `place`, however its scale is changed: half its length more at
    /// either end.
    fn near(query: &'q Query, landmarks: Landmarks<'_>, place: &Place) -> Self {
        let length = query.frames as f32;
        let (margin, end) = (0.5 * length + 16.0, place.offset + length * place.scale.time);
        let range = (place.offset - margin).max(0.0) as u32..(end + margin).max(0.0) as u32;
        let mut unpacked = Unpacked::default();
        landmarks.unpack(range, &mut unpacked);
        Self { query, landmarks: unpacked }
    }

    /// True if `changed` explains more than `plain`, and not only because more of the recording then falls into the
    /// clip: landmarks that it has more count by what they have beyond half the mean.
    fn proves(&self, changed: Sum, plain: Sum) -> bool {
        let mean = plain.sum.max(0.0) / plain.landmarks.max(1.0);
        let gain = changed.sum - plain.sum - 0.5 * mean * (changed.landmarks - plain.landmarks);
        let (a, b) = (changed.place.scale, plain.place.scale);
        let drift = 0.5 * self.query.frames as f32 * (a.time - b.time).abs();
        gain > PROOF.max(PROOF_SHARE * changed.sum) && (a.frequency != b.frequency || drift >= LEAST_DRIFT)
    }

    /// The same place with another scale, turned around the middle of the clip and moved by some frames; the best of
    /// it and its neighbours, between frames by the parabola through three sums.
    fn turned(&self, place: &Place, scale: Scale, shift: f32) -> Sum {
        let middle = self.query.frames as f32 / 2.0;
        let offset = place.offset + middle * (place.scale.time - scale.time) + shift;
        let (sums, landmarks) = verify::sums(self.query, &self.landmarks, offset, scale);
        let sums = sums.map(|s| s as f32 / LEVEL);
        let (late, sum) = vertex(sums);
        let place = Place { offset: offset - late * scale.time, scale };
        Sum { place, sum, landmarks: landmarks as f32 }
    }

    /// Changes the scale by small steps as long as the sum grows, in the way in which it is changed already.
    fn refined(&self, from: Sum) -> Sum {
        let Scale { time, frequency } = from.place.scale;
        let (moves_time, moves_frequency) = (time != 1.0, frequency != 1.0);
        let mut best = from;
        for step in [0.004, 0.002, 0.001] {
            for _ in 0..3 {
                let before = best.sum;
                for step in [step, -step] {
                    let Scale { time, frequency } = best.place.scale;
                    let scale = Scale {
                        time: if moves_time { time + step } else { time },
                        frequency: if moves_frequency { frequency + step } else { frequency },
                    };
                    best = self.better(best, scale);
                }
                if best.sum <= before {
                    break;
                }
            }
        }
        best
    }

    /// Changes time and frequency each on their own if that is proven too: speed and pitch changed at once.
    fn freed(&self, from: Sum) -> Sum {
        let mut best = from;
        for step in [0.008, 0.004, 0.002] {
            for step in [step, -step] {
                let Scale { time, frequency } = best.place.scale;
                best = self.better(best, Scale { time: time + step, frequency });
                let Scale { time, frequency } = best.place.scale;
                best = self.better(best, Scale { time, frequency: frequency + step });
            }
        }
        if self.proves(best, from) { best } else { from }
    }

    fn better(&self, best: Sum, scale: Scale) -> Sum {
        let other = self.turned(&best.place, scale, 0.0);
        if other.sum > best.sum { other } else { best }
    }
}

/// Where between -1 and 1 the parabola through three values is highest, and how high, if that is near the middle one;
/// else the place and the value of the highest of the three.
fn vertex([early, middle, late]: [f32; 3]) -> (f32, f32) {
    if early > middle || late > middle {
        return if early >= late { (-1.0, early) } else { (1.0, late) };
    }
    let curve = early - 2.0 * middle + late;
    let place = if curve < 0.0 { (0.5 * (early - late) / curve).clamp(-0.5, 0.5) } else { 0.0 };
    (place, middle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vertex_of_a_parabola() {
        let parabola = |x: f32| 10.0 - 2.0 * (x - 0.3) * (x - 0.3);
        let (place, value) = vertex([-1.0, 0.0, 1.0].map(parabola));
        assert!((place - 0.3).abs() < 1e-4 && value == parabola(0.0));
        assert_eq!(vertex([1.0, 2.0, 5.0]), (1.0, 5.0));
        assert_eq!(vertex([5.0, 2.0, 1.0]), (-1.0, 5.0));
        assert_eq!(vertex([2.0, 2.0, 2.0]), (0.0, 2.0));
    }
}
