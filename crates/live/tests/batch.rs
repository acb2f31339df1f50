//! Promise: connections that speak at once share the network, and each gets what it would get alone.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may fail, and prints its figures")]
#![cfg(feature = "onnx")]

mod support;

use sonic_live::{Utterance, UtteranceOptions, Utterances};
use std::time::Instant;
use support::{conversation, silero};

/// Connections at once.
const CONNECTIONS: usize = 24;
/// Sound of each, in seconds.
const SECONDS: usize = 8;

/// The utterances of a connection whose sound begins at a second of a conversation.
fn follow(samples: &[f32], first: usize, options: &UtteranceOptions) -> Vec<Utterance> {
    let mut utterances = Utterances::new("c", "p", options).unwrap();
    let (mut told, sound) = (Vec::new(), &samples[first * 16_000..(first + SECONDS) * 16_000]);
    for (second, piece) in sound.chunks(16_000).enumerate() {
        told.extend(utterances.push(second as f64 * 1_000.0, piece).unwrap().utterances);
    }
    told.extend(utterances.finish().unwrap().utterances);
    told
}

#[test]
fn connections_share_the_network_and_get_what_they_would_alone() {
    let (Some(conversation), Some(model)) = (conversation("conv_a"), silero()) else { return };
    let options = UtteranceOptions { model: Some(model.clone()), ..UtteranceOptions::default() };
    let samples = &conversation.samples;
    let first = |connection: usize| 2 * connection % (samples.len() / 16_000 - SECONDS);
    let clock = Instant::now();
    let alone: Vec<Vec<Utterance>> = (0..CONNECTIONS).map(|c| follow(samples, first(c), &options)).collect();
    let one_by_one = clock.elapsed();
    assert_eq!(model.largest_batch(), 1);
    let clock = Instant::now();
    let together: Vec<Vec<Utterance>> = std::thread::scope(|scope| {
        let options = &options;
        let threads: Vec<_> =
            (0..CONNECTIONS).map(|c| scope.spawn(move || follow(samples, first(c), options))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let shared = clock.elapsed();
    let seconds = (CONNECTIONS * SECONDS) as f64;
    eprintln!(
        "{CONNECTIONS} connections: one by one {:.0} times real time, at once {:.0}, up to {} frames in a batch",
        seconds / one_by_one.as_secs_f64(),
        seconds / shared.as_secs_f64(),
        model.largest_batch()
    );
    assert!(alone.iter().map(Vec::len).sum::<usize>() > CONNECTIONS);
    assert_eq!(together, alone);
    assert!(model.largest_batch() > 1, "nothing was shared");
}
