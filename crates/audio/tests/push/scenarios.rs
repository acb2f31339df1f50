//! Every scenario of mangle.py on every recording: what its truth calls sound comes out at its place.

use crate::recordings::{RATE, Recording, at, mangled, number, varied};
use serde_json::Value;
use sonic_audio::decode::push::{Chunk, PushDecoder, PushOptions};
use sonic_testing::rounds;
use std::collections::BTreeMap;

/// How far sound may be from its place, in milliseconds, beyond a packet.
const ROUNDING_MS: f64 = 5.0;

/// How much of the energy may be wrong just behind a gap, where a decoder is on its way back to its track...
const ROUGH: f64 = 0.2;
/// ...and later.
const FINE: f64 = 1e-3;
/// Mean energy of a sample from which on sound tells its place: 40 dB below full scale. What is quieter is much the same
/// everywhere.
const LOUD: f64 = 1e-4;
/// Mean energy of a sample up to which a difference is none that anybody hears: what a decoder makes of noise behind a gap.
const SLIGHT: f64 = 5e-6;
/// How much longer, in milliseconds, a decoder of speech may be on its way, and twice that.
const SLOW_MS: f64 = 150.0;
/// How much later, in milliseconds.
const LATER_MS: f64 = 400.0;

/// What came out of one delivery.
struct Outcome {
    line: Vec<f32>,
    covered: Vec<bool>,
    /// Where chunks begin.
    starts: Vec<i64>,
    gaps: Vec<(f64, f64)>,
    errors: usize,
}

impl Outcome {
    /// What comes out of a case; `timed` if the slices tell when they were sent.
    fn of(recording: &Recording, case: &Value, timed: bool) -> Self {
        let mut decoder = PushDecoder::new(RATE, &PushOptions::default()).unwrap();
        let (mut chunks, mut errors): (Vec<Chunk>, usize) = (Vec::new(), 0);
        for delivery in case["deliveries"].as_array().unwrap() {
            let index = number(&delivery[0]) as u64;
            let body = recording.body(delivery);
            let pushed = match timed {
                true => decoder.push_at(index, &body, number(&delivery[3])),
                false => decoder.push(index, &body),
            };
            match pushed {
                Ok(more) => chunks.extend(more),
                Err(_) => errors += 1,
            }
        }
        match decoder.finish() {
            Ok(more) => chunks.extend(more),
            Err(_) => errors += 1,
        }
        let mut outcome =
            Self { line: Vec::new(), covered: Vec::new(), starts: Vec::new(), gaps: decoder.gaps(), errors };
        let mut end_ms = 0.0;
        for chunk in chunks {
            assert!(chunk.start_ms >= end_ms - 0.1, "time runs back from {end_ms} to {}", chunk.start_ms);
            end_ms = chunk.start_ms + chunk.samples.len() as f64 * 1000.0 / f64::from(RATE);
            outcome.put(&chunk);
        }
        outcome
    }

    fn put(&mut self, chunk: &Chunk) {
        let start = at(chunk.start_ms);
        let end = start + chunk.samples.len();
        if self.line.len() < end {
            self.line.resize(end, 0.0);
            self.covered.resize(end, false);
        }
        self.line[start..end].copy_from_slice(&chunk.samples);
        self.covered[start..end].fill(true);
        self.starts.push(start as i64);
    }

    /// How much of a stretch is sound.
    fn share(&self, from_ms: f64, to_ms: f64) -> f64 {
        let (from, to) = (at(from_ms), at(to_ms));
        let covered =
            self.covered.get(from.min(self.covered.len())..to.min(self.covered.len())).unwrap_or_default();
        covered.iter().filter(|covered| **covered).count() as f64 / (to - from).max(1) as f64
    }

    /// The energy of what differs from the reference at `from`, as a share of that of the reference.
    fn ratio(&self, reference: &[f32], from: usize) -> f64 {
        let energy: f64 = reference.iter().map(|sample| f64::from(*sample).powi(2)).sum();
        let pairs = reference.iter().zip(self.line.get(from..).unwrap_or_default());
        pairs.map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>() / energy.max(1e-9)
    }

    /// By which of `offsets` the samples of the reference are from `from` on; `None` if by none. Where `short` is by several,
    /// the one by which `long` is, which begins with it.
    fn offset(
        &self,
        [short, long]: [&[f32]; 2],
        from: usize,
        offsets: impl Iterator<Item = i64>,
        share: f64,
    ) -> Option<i64> {
        let energy: f64 = short.iter().map(|sample| f64::from(*sample).powi(2)).sum();
        let most_error = share * energy + SLIGHT * short.len() as f64;
        let agrees = |offset: &i64| {
            let start = usize::try_from(from as i64 + offset).ok();
            let sound = start.and_then(|start| self.line.get(start..start + short.len()));
            sound.is_some_and(|sound| {
                let mut error = 0.0f64;
                sound.iter().zip(short).all(|(a, b)| {
                    error += f64::from(a - b).powi(2);
                    error <= most_error
                })
            })
        };
        let ratios = offsets.filter(agrees).map(|n| (n, self.ratio(long, (from as i64 + n).max(0) as usize)));
        // The same sound may come twice, of a recorder that is started again: then it is the nearer one.
        let rank = |(offset, ratio): &(i64, f64)| ((ratio * 1e3).round() as u64, offset.unsigned_abs());
        ratios.min_by_key(rank).map(|best| best.0)
    }

    /// By how much a session may be off that begins at `from`: it begins where a chunk does.
    fn beginnings(&self, from: usize) -> impl Iterator<Item = i64> {
        self.starts.iter().flat_map(move |start| (-2..=2).map(move |n| start - from as i64 + n))
    }
}

/// What was found of one case: ranges at their place, off by up to a packet, and problems.
#[derive(Default)]
struct Score {
    exact: usize,
    near: usize,
    /// Off by up to a packet and the threshold: a leap of the recorder's clock was among what was lost.
    far: usize,
    /// Those that a decoder took longer for than the truth allows.
    slow: usize,
    problems: Vec<String>,
}

/// Cases whose truth nobody can know who is given the slices. A slice that is cut exactly one byte into an element looks whole to
/// whoever knows that Chromium cuts there, and the next one goes on as if nothing were missing.
const KNOWN: [&str; 1] = ["var-cr-busy truncate 1 "];

/// A case, what came of it, and what is known of its sessions.
struct Judge<'a> {
    recording: &'a Recording,
    reference: &'a [f32],
    outcome: Outcome,
    offsets: Vec<f64>,
    settle_ms: f64,
    reach_ms: f64,
    threshold_ms: f64,
    /// How far each session is from where the truth has it, in samples: nobody can know when a later one began.
    shifts: Vec<Option<i64>>,
    score: Score,
}

impl<'a> Judge<'a> {
    fn new(recording: &'a Recording, reference: &'a [f32], case: &Value, timed: bool) -> Self {
        let offsets: Vec<f64> = case["offsets_ms"].as_array().unwrap().iter().map(number).collect();
        let mut shifts = vec![None; offsets.len()];
        shifts[0] = Some(0);
        Self {
            recording,
            reference,
            outcome: Outcome::of(recording, case, timed),
            offsets,
            settle_ms: number(&case["truth"]["settle_ms"]),
            reach_ms: number(&recording.told["packet_ms"]) + ROUNDING_MS,
            threshold_ms: number(&case["truth"]["gap_threshold_ms"]),
            shifts,
            score: Score::default(),
        }
    }

    /// What the reference has from `from` to `to` of a session of the truth.
    fn sound(&self, session: usize, from: f64, to: f64) -> &'a [f32] {
        let sessions = self.recording.told["sessions"].as_array().unwrap().len();
        let again = session.checked_sub(sessions).map(|first| self.offsets[session] - self.offsets[first]);
        let [start, end] =
            [from, to].map(|ms| at((ms - again.unwrap_or(0.0)).max(0.0)).min(self.reference.len()));
        &self.reference[start..end.max(start)]
    }

    /// The loudest third of a second of the first seconds of a range: what it is found by.
    fn loudest(&self, session: usize, from: f64, to: f64) -> f64 {
        let energy = |start: f64| {
            self.sound(session, start, start + 300.0).iter().map(|x| f64::from(x * x)).sum::<f64>()
        };
        let starts = (0..40)
            .map(|n| from + 100.0 * f64::from(n))
            .take_while(|start| start + 300.0 <= to || *start == from);
        starts.max_by(|a, b| energy(*a).total_cmp(&energy(*b))).unwrap_or(from)
    }

    /// Looks for a gap; where a `leap` of the clock is among what was lost, it may be off by as much as that.
    fn gap(&mut self, session: usize, from: f64, to: f64, between: bool, leap: bool) {
        // What is between two recorders, or was never followed by sound, nobody can know.
        let Some(shift) = self.shifts[session].filter(|_| !between) else { return };
        let shift_ms = shift as f64 * 1000.0 / f64::from(RATE);
        let reach_ms = self.reach_ms + if leap { self.threshold_ms } else { 0.0 };
        let (start, end) = (from + reach_ms + shift_ms, to - reach_ms + shift_ms);
        if end <= start || self.outcome.line.len() <= at(to + shift_ms) {
            return;
        }
        let share = self.outcome.share(start, end);
        let told = self.outcome.gaps.iter().any(|gap| gap.0 <= start && end <= gap.1);
        if share > 0.0 || !told {
            self.score
                .problems
                .push(format!("gap {from:.0}..{to:.0}: {:.0} % covered, told {told}", 100.0 * share));
        }
    }

    fn covered(&mut self, state: &str, session: usize, from: f64, to: f64) {
        let known = self.shifts[session];
        let settled = from + self.settle_ms;
        let place = format!("{state} {from:.0}..{to:.0} of session {session}");
        let mut problem = None;
        // The modes of Opus for speech are some frames longer on their way than the truth allows, in every decoder.
        for wait_ms in [0.0, SLOW_MS, 2.0 * SLOW_MS] {
            let start = if known.is_some() { settled } else { self.loudest(session, settled, to) } + wait_ms;
            let sound = self.sound(session, start, to.min(start + 300.0));
            if sound.len() < 160 {
                break;
            }
            match self.found(session, from, start, to) {
                Some(found) => {
                    self.score.slow += usize::from(wait_ms > 0.0);
                    return self.count(&place, session, start, to, found);
                }
                None => problem = problem.or(Some(self.missing(&place, session, start, sound))),
            }
        }
        self.score.problems.extend(problem);
    }

    /// By how many samples the sound of a range from `start` on is off.
    fn found(&self, session: usize, from: f64, start: f64, to: f64) -> Option<i64> {
        let pieces = [300.0, 2_000.0].map(|length| self.sound(session, start, to.min(start + length)));
        let most = at(self.reach_ms + self.threshold_ms) as i64;
        match self.shifts[session] {
            Some(shift) => {
                let here = self.outcome.offset(pieces, at(start), shift..=shift, FINE);
                let near = || self.outcome.offset(pieces, at(start), shift - most..=shift + most, ROUGH);
                here.or_else(near)
            }
            None => self.outcome.offset(pieces, at(start), self.outcome.beginnings(at(from)), ROUGH),
        }
    }

    /// What there is instead of sound.
    fn missing(&self, place: &str, session: usize, start: f64, sound: &[f32]) -> String {
        let shift = self.shifts[session].unwrap_or(0);
        let ratio = self.outcome.ratio(sound, (at(start) as i64 + shift).max(0) as usize);
        format!(
            "{place}: not at its place, error {ratio:.3} of {:.0} dB",
            10.0 * level(sound).max(1e-12).log10()
        )
    }

    fn count(&mut self, place: &str, session: usize, start: f64, to: f64, found: i64) {
        let is_loud = level(self.sound(session, start, to.min(start + 300.0))) > LOUD;
        if self.shifts[session].is_none() && is_loud {
            self.shifts[session] = Some(found);
        }
        let shift = self.shifts[session].unwrap_or(found);
        match (found - shift).unsigned_abs() as usize {
            0 => self.score.exact += 1,
            off if off <= at(self.reach_ms) => self.score.near += 1,
            _ => self.score.far += 1,
        }
        if is_loud {
            self.later(place, session, start + LATER_MS, to, found);
        }
    }

    /// Compares samples where a decoder must be on its track.
    fn later(&mut self, place: &str, session: usize, start: f64, to: f64, offset: i64) {
        let sound = self.sound(session, start, to.min(start + 300.0));
        if sound.len() > 1_600 && self.outcome.offset([sound; 2], at(start), offset..=offset, FINE).is_none()
        {
            let ratio = self.outcome.ratio(sound, (at(start) as i64 + offset).max(0) as usize);
            self.score.problems.push(format!("{place}: differs later by {ratio:.4}"));
        }
    }
}

/// The mean energy of samples.
fn level(samples: &[f32]) -> f64 {
    samples.iter().map(|x| f64::from(x * x)).sum::<f64>() / samples.len().max(1) as f64
}

fn score(recording: &Recording, reference: &[f32], case: &Value, timed: bool) -> Score {
    let mut judge = Judge::new(recording, reference, case, timed);
    let mut before = 0;
    let ranges = case["truth"]["ranges"].as_array().unwrap();
    for (n, range) in ranges.iter().enumerate() {
        let (from, to) = (number(&range["from_ms"]), number(&range["to_ms"]));
        let session = number(&range["session"]) as usize;
        match range["state"].as_str().unwrap() {
            "gap" => {
                let next = ranges.get(n + 1).map(|range| number(&range["session"]) as usize);
                let is_gap = |n: Option<usize>| {
                    n.and_then(|n| ranges.get(n)).is_some_and(|range| range["state"] == "gap")
                };
                let leap = is_gap(n.checked_sub(1)) || is_gap(Some(n + 1));
                judge.gap(session, from, to, session != before || next != Some(session), leap);
            }
            "no_head" if judge.outcome.errors > 0 => {}
            state => judge.covered(state, session, from, to),
        }
        before = session;
    }
    judge.score
}

/// Scores every case of recordings, each scenario with and without the times at which slices were sent; prints a table.
fn judge(title: &str, recordings: &[Recording]) -> Vec<String> {
    let (mut table, mut problems): (BTreeMap<String, Score>, _) = (BTreeMap::new(), Vec::new());
    for recording in recordings {
        let reference = recording.reference();
        for case in recording.told["cases"].as_array().unwrap() {
            let (scenario, seed) = (case["scenario"].as_str().unwrap(), number(&case["seed"]) as usize);
            let timed = seed.is_multiple_of(2);
            let found = score(recording, &reference, case, timed);
            let place = format!("{} {scenario} {seed} {}", recording.name, if timed { "timed" } else { "" });
            problems.extend(found.problems.iter().map(|problem| format!("{place}: {problem}")));
            let sum = table.entry(scenario.to_owned()).or_default();
            (sum.exact, sum.near) = (sum.exact + found.exact, sum.near + found.near);
            (sum.far, sum.slow) = (sum.far + found.far, sum.slow + found.slow);
            sum.problems.extend(found.problems);
        }
    }
    println!("{title:24}{:>8}{:>13}{:>9}{:>6}{:>10}", "exact", "in a packet", "further", "slow", "problems");
    for (scenario, Score { exact, near, far, slow, problems }) in &table {
        println!("{scenario:24}{exact:>8}{near:>13}{far:>9}{slow:>6}{:>10}", problems.len());
    }
    println!("{}", problems.join("\n"));
    problems.retain(|problem| !KNOWN.iter().any(|known| problem.starts_with(known)));
    problems
}

#[test]
fn what_survives_comes_out_at_its_place() {
    let Some(recordings) = mangled(rounds(2, 20)) else { return };
    let problems = judge("recordings", &recordings);
    assert_eq!(problems.len(), 0);
}

#[test]
fn other_recorders_make_little_difference() {
    let Some(recordings) = varied(rounds(1, 20)) else { return };
    let problems = judge("made of recordings", &recordings);
    // Some 600 ranges for each seed. Bytes that are cut anywhere, and clocks that run far ahead of the sound, hide what is lost.
    let most = 10 * rounds(1, 20);
    assert!(problems.len() < most, "{} problems", problems.len());
}
