//! What a picture of a match is drawn from: the landmarks of the clip and of the recording.

use super::Picture;
use crate::audio::decode::{DecodeOptions, Decoder};
use crate::audio::fingerprint::{Fingerprinter, HOP, SAMPLE_RATE};
use crate::recordings::{Landmark, Match};
use crate::{Result, Source, Store};

/// Seconds of a frame.
const FRAME: f32 = HOP as f32 / SAMPLE_RATE as f32;
/// Hertz of an eighth of a bin, the unit of a landmark's frequency.
const EIGHTH: f32 = SAMPLE_RATE as f32 / 1024.0 / 8.0;
/// The most of a clip that is drawn, in seconds.
const MOST: f32 = 30.0;
/// Seconds of the recording that are drawn before and after the clip.
const MARGIN: f32 = 2.0;
/// The histogram reaches this many seconds to either side of the answer, in bins of so many seconds.
const REACH: f32 = 15.0;
const BIN: f32 = 0.05;
/// Landmarks at most this far apart are taken for the same.
const NEAR_SECONDS: f32 = 0.04;
const NEAR_HERTZ: f32 = 11.0;
/// The frequencies that are drawn, in hertz.
const HERTZ: (f32, f32) = (0.0, 5_000.0);

/// A point in time and frequency, in seconds and hertz.
type Point = (f32, f32);

/// The picture of why `source` was taken for `found`: give it to [`render`](super::render).
///
/// Of a long clip the first 30 seconds that match are drawn. The histogram counts, for every offset, the landmarks of
/// the clip that meet one of the recording at their frequency.
///
/// # Errors
/// As [`Decoder::open`] and [`Recordings::landmarks`](crate::recordings::Recordings::landmarks).
pub fn explain(store: &Store, source: impl Into<Source>, found: &Match) -> Result<Picture> {
    let offset = found.offset_ms as f32 / 1000.0;
    let start = found.query_start_ms as f32 / 1000.0;
    let end = (found.query_end_ms as f32 / 1000.0).min(start + MOST);
    let pitch = (found.pitch_semitones / 12.0).exp2();
    // The clip's landmarks where they fall in the recording.
    let query: Vec<Point> = points(&clip_landmarks(source, end)?)
        .filter(|p| (start..end).contains(&p.0))
        .map(|(time, hertz)| (offset + time * found.time_scale, hertz / pitch))
        .collect();
    let recording: Vec<Point> = points(&store.recordings().landmarks(&found.id)?).collect();
    let span = (offset + start * found.time_scale - MARGIN, offset + end * found.time_scale + MARGIN);
    let reference = between(&recording, span).to_vec();
    let matched = reference.iter().filter(|r| query.iter().any(|q| near(**r, *q))).copied().collect();
    let histogram = histogram(&query, between(&recording, (span.0 - REACH, span.1 + REACH)), offset);
    Ok(Picture { title: title(found), query, reference, matched, span, hertz: HERTZ, histogram, offset })
}

/// The landmarks of a clip's first `seconds` and a little more.
fn clip_landmarks(source: impl Into<Source>, seconds: f32) -> Result<Vec<Landmark>> {
    let enough = ((seconds + MARGIN) * SAMPLE_RATE as f32) as usize;
    let mut decoder = Decoder::open(source, &DecodeOptions::at(SAMPLE_RATE))?;
    let mut fingerprinter = Fingerprinter::new();
    let mut count = 0;
    while let Some(block) = decoder.next_block()? {
        fingerprinter.push(block)?;
        count += block.len();
        if count >= enough {
            break;
        }
    }
    Ok(fingerprinter.finish().landmarks)
}

fn points(landmarks: &[Landmark]) -> impl Iterator<Item = Point> + '_ {
    landmarks.iter().map(|l| (l.frame as f32 * FRAME, f32::from(l.frequency) * EIGHTH))
}

/// The points, which are in order of time, from one second to another.
fn between(points: &[Point], span: (f32, f32)) -> &[Point] {
    let start = points.partition_point(|p| p.0 < span.0);
    let end = points.partition_point(|p| p.0 <= span.1);
    points.get(start..end).unwrap_or_default()
}

fn near(a: Point, b: Point) -> bool {
    (a.0 - b.0).abs() <= NEAR_SECONDS && (a.1 - b.1).abs() <= NEAR_HERTZ
}

/// How many landmarks of the clip would meet one of the recording if the clip lay at another offset.
fn histogram(query: &[Point], recording: &[Point], offset: f32) -> Vec<(f32, f32)> {
    let half = (REACH / BIN) as i32;
    let mut votes = vec![0u32; 2 * half as usize + 1];
    for &(time, hertz) in query {
        for r in between(recording, (time - REACH, time + REACH)) {
            if (r.1 - hertz).abs() <= NEAR_HERTZ {
                let bin = ((r.0 - time) / BIN).round() as i32 + half;
                if let Some(vote) = votes.get_mut(bin as usize) {
                    *vote += 1;
                }
            }
        }
    }
    (-half..=half).zip(votes).map(|(bin, votes)| (offset + bin as f32 * BIN, votes as f32)).collect()
}

fn title(found: &Match) -> Vec<String> {
    let seconds = |ms: u64| ms as f32 / 1000.0;
    vec![
        format!("{} at {:.2} s", found.id, found.offset_ms as f32 / 1000.0),
        format!(
            "probability {:.3}, score {:.1}, {} landmarks in both; {:.1} to {:.1} s of the clip",
            found.probability,
            found.score,
            found.aligned,
            seconds(found.query_start_ms),
            seconds(found.query_end_ms)
        ),
        format!(
            "speed {:+.1} %, pitch {:+.2} semitones against the recording",
            100.0 * (found.time_scale - 1.0),
            found.pitch_semitones
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_histogram_peaks_at_the_offset() {
        let recording: Vec<Point> =
            (0..900).map(|n| (n as f32 * 0.05, 300.0 + (n * n * n % 449) as f32 * 10.0)).collect();
        let query: Vec<Point> = between(&recording, (20.0, 26.0)).to_vec();
        let bars = histogram(&query, &recording, 20.0);
        let best = bars.iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
        assert!((best.0 - 20.0).abs() < 0.01 && best.1 >= query.len() as f32, "{best:?}");
        assert_eq!((bars.len(), bars[0].0), (601, 5.0));
    }
}
