//! Promise: who speaks when is scored as everybody scores it.
#![allow(clippy::unwrap_used, reason = "a test may fail, and prints its figures")]

mod support;

use support::der::{self, Stretch};
use support::{Conversation, conversation};

/// What `hypothesis` scores: with a collar of 0.25 s, without, and with it but without overlap.
fn errors(conversation: &Conversation, hypothesis: &[Stretch]) -> [f64; 3] {
    let error = |collar, overlap| der::error(&conversation.reference, hypothesis, collar, overlap);
    [error(0.25, true), error(0.0, true), error(0.25, false)]
}

/// The whole turns of the truth.
fn whole_turns(conversation: &Conversation) -> Vec<Stretch> {
    let turns = conversation.truth["turns"].as_array().unwrap().iter();
    let seconds = |value: &serde_json::Value| value.as_f64().unwrap() / 1000.0;
    turns
        .map(|t| (seconds(&t["start_ms"]), seconds(&t["end_ms"]), t["speaker"].as_str().unwrap().into()))
        .collect()
}

/// For each second the participant with most bits, placed by the stamp as the service that we replace does.
fn loudest_per_second(conversation: &Conversation) -> Vec<Stretch> {
    let mut seconds: std::collections::BTreeMap<i64, Vec<(usize, String)>> =
        std::collections::BTreeMap::new();
    for (stamp, body) in &conversation.updates {
        let second = seconds.entry(((stamp - 1000.0) / 1000.0).floor() as i64).or_default();
        second.extend(body.iter().map(|(name, bits)| (bits.matches('1').count(), name.clone())));
    }
    let loudest = |(second, all): (&i64, &Vec<(usize, String)>)| {
        let most = all.iter().map(|(count, _)| *count).max().filter(|most| *most > 0)?;
        let (_, name) = all.iter().rfind(|(count, _)| *count == most)?;
        Some((*second as f64, *second as f64 + 1.0, name.clone()))
    };
    seconds.iter().filter_map(loudest).collect()
}

fn each_bit(conversation: &Conversation) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    for update in conversation.bits["updates"].as_array().unwrap() {
        let second = update["describes_second"].as_f64().unwrap();
        for pair in update["body"].as_array().unwrap() {
            let bits = pair[1].as_str().unwrap().bytes().enumerate().filter(|(_, bit)| *bit == b'1');
            stretches.extend(bits.map(|(j, _)| {
                let start = (second * 1000.0 + j as f64 * 100.0) / 1000.0;
                (start, (second * 1000.0 + (j + 1) as f64 * 100.0) / 1000.0, pair[0].as_str().unwrap().into())
            }));
        }
    }
    stretches
}

/// Each stretch of the reference, cut where the next begins.
fn cut_at_next(reference: &[Stretch]) -> Vec<Stretch> {
    let mut sorted = reference.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let starts: Vec<f64> = sorted.iter().map(|s| s.0).skip(1).chain([f64::INFINITY]).collect();
    sorted.into_iter().zip(starts).map(|((s, e, who), next)| (s, e.min(next), who)).collect()
}

/// The check values of the assets' FACTS.md: name, seconds that are scored, and for each hypothesis the three errors.
const KNOWN: [(&str, f64, [[f64; 3]; 8]); 2] = [
    (
        "conv_a",
        35.24,
        [
            [0.0; 3],
            [0.62, 6.31, 0.62],
            [3.58, 22.99, 3.58],
            [71.08, 72.76, 71.08],
            [21.96, 21.41, 21.96],
            [0.0, 3.16, 0.0],
            [18.98, 32.54, 18.98],
            [13.54, 22.13, 13.54],
        ],
    ),
    (
        "conv_b",
        43.68,
        [
            [0.0; 3],
            [2.88, 7.69, 3.01],
            [2.52, 16.08, 2.51],
            [63.71, 64.56, 64.32],
            [26.81, 26.3, 25.79],
            [2.11, 3.34, 0.0],
            [16.19, 27.46, 14.7],
            [12.34, 17.94, 12.88],
        ],
    ),
];

/// What FACTS.md scores, in its order.
fn hypotheses(conversation: &Conversation) -> [Vec<Stretch>; 8] {
    let reference = &conversation.reference;
    let renamed = |name: &dyn Fn(&str) -> String| -> Vec<Stretch> {
        reference.iter().map(|(s, e, who)| (*s, *e, name(who))).collect()
    };
    let mut names: Vec<&String> = reference.iter().map(|(_, _, who)| who).collect();
    names.sort();
    names.dedup();
    let merged =
        |who: &str| if who == names[0] || who == names[1] { "one".to_owned() } else { who.to_owned() };
    [
        renamed(&|who| format!("speaker {who}")),
        whole_turns(conversation),
        reference.iter().map(|(s, e, who)| (s + 0.3, e + 0.3, who.clone())).collect(),
        renamed(&|_| "one".to_owned()),
        renamed(&merged),
        cut_at_next(reference),
        loudest_per_second(conversation),
        each_bit(conversation),
    ]
}

#[test]
fn the_scorer_gives_the_known_values() {
    for (name, seconds, rows) in KNOWN {
        let Some(conversation) = conversation(name) else { return };
        assert!((der::scored(&conversation.reference, 0.25) - seconds).abs() < 0.006);
        for (row, (hypothesis, known)) in hypotheses(&conversation).iter().zip(rows).enumerate() {
            let got = errors(&conversation, hypothesis);
            let is_near = got.iter().zip(known).all(|(got, known)| (got - known).abs() < 0.011);
            assert!(is_near, "{name}, row {row}: {got:?}, not {known:?}");
        }
    }
}
