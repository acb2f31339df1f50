//! Every scenario of mangle.py on every recording: what its truth calls sound comes out at its place.

use crate::recordings::{RATE, Recording, at, mangled, number};
use serde_json::Value;
use sonic_audio::decode::push::{Chunk, PushDecoder, PushOptions};
use sonic_testing::rounds;

/// How far sound may be from its place, in milliseconds, beyond a packet.
const ROUNDING_MS: f64 = 5.0;

/// How much of the energy may be wrong just behind a gap, where a decoder is on its way back to its track...
const ROUGH: f64 = 0.03;
/// ...and later.
const FINE: f64 = 1e-3;
/// How much later, in milliseconds.
const LATER_MS: f64 = 400.0;

/// What came out of one delivery.
struct Outcome {
    line: Vec<f32>,
    heard: Vec<bool>,
    gaps: Vec<(f64, f64)>,
    errors: usize,
}

impl Outcome {
    fn of(recording: &Recording, case: &Value) -> Self {
        let mut decoder = PushDecoder::new(RATE, &PushOptions::default()).unwrap();
        let (mut chunks, mut errors): (Vec<Chunk>, usize) = (Vec::new(), 0);
        for delivery in case["deliveries"].as_array().unwrap() {
            let index = number(&delivery[0]) as u64;
            match decoder.push_at(index, &recording.body(delivery), number(&delivery[3])) {
                Ok(more) => chunks.extend(more),
                Err(_) => errors += 1,
            }
        }
        match decoder.finish() {
            Ok(more) => chunks.extend(more),
            Err(_) => errors += 1,
        }
        let mut outcome = Self { line: Vec::new(), heard: Vec::new(), gaps: decoder.gaps(), errors };
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
            self.heard.resize(end, false);
        }
        self.line[start..end].copy_from_slice(&chunk.samples);
        self.heard[start..end].fill(true);
    }

    /// How much of a stretch is sound.
    fn share(&self, from_ms: f64, to_ms: f64) -> f64 {
        let (from, to) = (at(from_ms), at(to_ms));
        let heard = self.heard.get(from.min(self.heard.len())..to.min(self.heard.len())).unwrap_or_default();
        heard.iter().filter(|heard| **heard).count() as f64 / (to - from).max(1) as f64
    }

    /// The energy of what differs from the reference at `from`, as a share of that of the reference.
    fn ratio(&self, reference: &[f32], from: usize) -> f64 {
        let energy: f64 = reference.iter().map(|sample| f64::from(*sample).powi(2)).sum();
        let pairs = reference.iter().zip(self.line.get(from..).unwrap_or_default());
        pairs.map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>() / energy.max(1e-9)
    }

    /// Where the samples of the reference from `from` on are, at most `most` samples off; `None` if nowhere.
    fn offset(&self, reference: &[f32], from: usize, shift: i64, most: i64, share: f64) -> Option<i64> {
        let energy: f64 = reference.iter().map(|sample| f64::from(*sample).powi(2)).sum();
        let most_error = share * energy + 1e-7 * reference.len() as f64;
        let agrees = |offset: i64| {
            let start = usize::try_from(from as i64 + offset).ok()?;
            let sound = self.line.get(start..start + reference.len())?;
            let mut error = 0.0f64;
            for (a, b) in sound.iter().zip(reference) {
                error += f64::from(a - b).powi(2);
                if error > most_error {
                    return None;
                }
            }
            Some(offset)
        };
        agrees(shift).or_else(|| (1..=most).find_map(|n| agrees(shift + n).or_else(|| agrees(shift - n))))
    }
}

/// What was found of one case: ranges at their place, off by up to a packet, and problems.
#[derive(Default)]
struct Score {
    exact: usize,
    near: usize,
    problems: Vec<String>,
}

fn score(recording: &Recording, reference: &[f32], case: &Value) -> Score {
    let (outcome, mut score) = (Outcome::of(recording, case), Score::default());
    let sessions = recording.told["sessions"].as_array().unwrap().len();
    let offsets: Vec<f64> = case["offsets_ms"].as_array().unwrap().iter().map(number).collect();
    let truth = &case["truth"];
    let packet_ms = number(&recording.told["packet_ms"]);
    let reach_ms = packet_ms + ROUNDING_MS;
    let mut shifts = vec![0i64; offsets.len()];
    let mut known = vec![false; offsets.len()];
    let ranges = truth["ranges"].as_array().unwrap();
    for (n, range) in ranges.iter().enumerate() {
        let (from, to) = (number(&range["from_ms"]), number(&range["to_ms"]));
        let (state, session) = (range["state"].as_str().unwrap(), number(&range["session"]) as usize);
        let shift_ms = shifts[session] as f64 * 1000.0 / f64::from(RATE);
        let place = format!("{state} {from:.0}..{to:.0} of session {session}");
        if state == "gap" {
            let next = ranges.get(n + 1).map(|range| number(&range["session"]) as usize);
            let inside = (from + reach_ms + shift_ms, to - reach_ms + shift_ms);
            // What is between two recorders, or was never followed by sound, nobody can know.
            let before = n.checked_sub(1).map(|n| number(&ranges[n]["session"]) as usize);
            let seen = outcome.line.len() > at(to) && (before == Some(session) || session == 0);
            if inside.1 > inside.0 && next == Some(session) && seen && (known[session] || session == 0) {
                let share = outcome.share(inside.0, inside.1);
                let told = outcome.gaps.iter().any(|gap| gap.0 <= inside.0 && inside.1 <= gap.1);
                if share > 0.0 || !told {
                    score.problems.push(format!("{place}: {:.0} % heard, told {told}", 100.0 * share));
                }
            }
            continue;
        }
        if state == "no_head" && outcome.errors > 0 {
            continue;
        }
        let settle = if n > 0 && known[session] { number(&truth["settle_ms"]) } else { 200.0 };
        let back = if session >= sessions { offsets[session] - offsets[session - sessions] } else { 0.0 };
        let (start, end) = (from + settle, to.min(from + settle + 300.0));
        let before = at((start - back).max(0.0)).min(reference.len());
        let sound = &reference[before..at((end - back).max(0.0)).clamp(before, reference.len())];
        if sound.len() < 160 {
            continue;
        }
        // Without a clock of its own a later recorder is where the one before ended, or near.
        let most = if known[session] || session == 0 { reach_ms } else { 4_000.0 };
        let found = outcome.offset(sound, at(start), shifts[session], at(most) as i64, ROUGH);
        if let (Some(offset), true) = (found, to > end + LATER_MS) {
            let later = &reference[(before + at(LATER_MS)).min(reference.len())
                ..(before + at(LATER_MS) + sound.len()).min(reference.len())];
            // Roughly right may be some samples off.
            if outcome.offset(later, at(start + LATER_MS), offset, 4, FINE).is_none() {
                score.problems.push(format!("{place}: differs later"));
            }
        }
        match found {
            Some(offset) if !known[session] => {
                (shifts[session], known[session]) = (if session == 0 { 0 } else { offset }, true);
                score.exact += usize::from(offset == shifts[session]);
                score.near += usize::from(offset != shifts[session]);
            }
            Some(offset) if offset == shifts[session] => score.exact += 1,
            Some(_) => score.near += 1,
            None => {
                let share = outcome.share(start, end);
                let found = outcome.offset(sound, at(start), shifts[session], 4 * i64::from(RATE), ROUGH);
                let ratio = outcome.ratio(sound, (at(start) as i64 + shifts[session]).max(0) as usize);
                let off = found.map(|found| (found - shifts[session]) as f64 * 1000.0 / f64::from(RATE));
                score.problems.push(format!(
                    "{place}: not at its place, {:.0} % heard, {off:?} ms off, error {ratio:.3}",
                    100.0 * share
                ));
            }
        }
    }
    score
}

#[test]
fn what_survives_comes_out_at_its_place() {
    let seeds = rounds(2, 20);
    let Some(recordings) = mangled(seeds) else { return };
    let (mut exact, mut near, mut problems) = (0, 0, Vec::new());
    let only = std::env::var("ONLY").unwrap_or_default();
    for recording in recordings.iter().filter(|r| r.name.contains(&only)) {
        let started = std::time::Instant::now();
        let reference = recording.reference();
        for case in recording.told["cases"].as_array().unwrap() {
            let found = score(recording, &reference, case);
            (exact, near) = (exact + found.exact, near + found.near);
            let title = format!("{} {} {}", recording.name, case["scenario"], case["seed"]);
            problems.extend(found.problems.into_iter().map(|problem| format!("{title}: {problem}")));
        }
        println!("{} {exact} {near} {} {:?}", recording.name, problems.len(), started.elapsed());
    }
    println!("{exact} ranges to the sample, {near} off by up to a packet, {} problems", problems.len());
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(exact > 0);
}
