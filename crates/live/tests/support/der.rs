//! Diarization error: miss, false alarm and confusion over the time that reference speakers speak.

use std::collections::{BTreeMap, BTreeSet};

/// Start and end in seconds, and who.
pub(crate) type Stretch = (f64, f64, String);

/// Pieces of time in which nothing changes: length, speakers and labels.
type Pieces = Vec<(f64, BTreeSet<String>, BTreeSet<String>)>;

/// The error in percent, with so many seconds before and after each boundary of the reference left out.
pub(crate) fn error(reference: &[Stretch], hypothesis: &[Stretch], collar: f64, with_overlap: bool) -> f64 {
    let hypothesis = joined(hypothesis);
    let pieces = pieces(reference, &hypothesis, collar, with_overlap);
    let map = best_map(&pieces);
    let (mut wrong, mut total) = (0.0, 0.0);
    for (length, speakers, labels) in &pieces {
        let right =
            labels.iter().filter_map(|label| map.get(label)).filter(|s| speakers.contains(*s)).count();
        wrong += length * (speakers.len().max(labels.len()) - right) as f64;
        total += length * speakers.len() as f64;
    }
    100.0 * wrong / total
}

/// Seconds of speech that are scored.
pub(crate) fn scored(reference: &[Stretch], collar: f64) -> f64 {
    pieces(reference, &[], collar, true)
        .iter()
        .map(|(length, speakers, _)| length * speakers.len() as f64)
        .sum()
}

fn pieces(reference: &[Stretch], hypothesis: &[Stretch], collar: f64, with_overlap: bool) -> Pieces {
    let edges = |all: &[Stretch]| all.iter().flat_map(|(s, e, _)| [*s, *e]).collect::<Vec<f64>>();
    let centres = edges(reference);
    let mut cuts = edges(hypothesis);
    cuts.extend(centres.iter().flat_map(|c| [*c, c - collar, c + collar]));
    cuts.sort_by(f64::total_cmp);
    let at = |all: &[Stretch], time: f64| -> BTreeSet<String> {
        all.iter().filter(|(s, e, _)| *s <= time && time < *e).map(|(_, _, who)| who.clone()).collect()
    };
    let piece = |pair: &[f64]| {
        let middle = (pair[0] + pair[1]) / 2.0;
        let is_left_out = pair[1] <= pair[0] || centres.iter().any(|c| (middle - c).abs() < collar);
        let piece = (pair[1] - pair[0], at(reference, middle), at(hypothesis, middle));
        (!is_left_out && (with_overlap || piece.1.len() < 2)).then_some(piece)
    };
    cuts.windows(2).filter_map(piece).collect()
}

/// The one-to-one map of labels to speakers that has the most common time.
fn best_map(pieces: &Pieces) -> BTreeMap<String, String> {
    let mut common: BTreeMap<(&String, &String), f64> = BTreeMap::new();
    for (length, speakers, labels) in pieces {
        for label in labels {
            speakers.iter().for_each(|speaker| *common.entry((label, speaker)).or_default() += length);
        }
    }
    let speakers: BTreeSet<&String> = pieces.iter().flat_map(|(_, s, _)| s).collect();
    let labels: BTreeSet<&String> = pieces.iter().flat_map(|(_, _, l)| l).collect();
    let (speakers, labels): (Vec<_>, Vec<_>) = (speakers.into_iter().collect(), labels.into_iter().collect());
    // For each set of speakers that are taken the most common time, and who got whom: over labels one after another.
    let mut best: BTreeMap<u32, (f64, Vec<Option<usize>>)> = BTreeMap::from([(0, (0.0, Vec::new()))]);
    for label in &labels {
        let mut next: BTreeMap<u32, (f64, Vec<Option<usize>>)> = BTreeMap::new();
        for (taken, (time, map)) in &best {
            let free = (0..speakers.len()).filter(|s| taken & (1 << s) == 0).map(Some);
            for choice in free.chain([None]) {
                let gain = choice.and_then(|s| common.get(&(*label, speakers[s]))).copied().unwrap_or(0.0);
                let now = taken | choice.map_or(0, |s| 1 << s);
                if next.get(&now).is_none_or(|(known, _)| *known < time + gain) {
                    let map = map.iter().copied().chain([choice]).collect();
                    next.insert(now, (time + gain, map));
                }
            }
        }
        best = next;
    }
    let (_, map) = best.into_values().max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
    let pairs =
        labels.iter().zip(map).filter_map(|(label, s)| Some(((*label).clone(), speakers[s?].clone())));
    pairs.collect()
}

/// Stretches of one label that overlap or touch are one.
fn joined(stretches: &[Stretch]) -> Vec<Stretch> {
    let mut sorted = stretches.to_vec();
    sorted.sort_by(|a, b| a.2.cmp(&b.2).then(a.0.total_cmp(&b.0)));
    let mut joined: Vec<Stretch> = Vec::new();
    for stretch in sorted {
        match joined.last_mut() {
            Some(last) if last.2 == stretch.2 && stretch.0 <= last.1 => last.1 = last.1.max(stretch.1),
            _ => joined.push(stretch),
        }
    }
    joined
}
