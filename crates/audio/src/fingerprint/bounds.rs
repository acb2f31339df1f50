//! However odd the sound: the number of landmarks in a moment is bounded, and what never changes has none.

use super::{HOP, SAMPLE_RATE, parameters::DEFAULT};
use sonic_core::{Clip, Landmark};
use sonic_testing::sound::{Noise, oddities, sine};

fn landmarks(samples: Vec<f32>) -> Vec<Landmark> {
    super::fingerprint(&Clip::new(samples, SAMPLE_RATE)).unwrap().landmarks
}

/// The most landmarks in so many frames in a row.
fn most_in(landmarks: &[Landmark], frames: u32) -> usize {
    let within = |l: &Landmark| landmarks.partition_point(|other| other.frame < l.frame + frames);
    landmarks.iter().enumerate().map(|(i, l)| within(l) - i).max().unwrap_or(0)
}

#[test]
fn no_moment_has_more_landmarks_than_the_rank_filter_grants() {
    let neighbourhoods = DEFAULT.bins().div_ceil(usize::from(DEFAULT.rank_bins) + 1);
    let half_second = DEFAULT.rank * neighbourhoods;
    let frame = DEFAULT.bins().div_ceil(DEFAULT.peak_bins + 1);
    for (name, samples) in oddities(SAMPLE_RATE, 8.0) {
        let landmarks = landmarks(samples);
        let (in_half, in_frame) = (most_in(&landmarks, DEFAULT.rank_frames + 1), most_in(&landmarks, 1));
        assert!(in_half <= half_second, "{name}: {in_half} of {half_second} in half a second");
        assert!(in_frame <= frame, "{name}: {in_frame} of {frame} in one frame");
        // By far not as many, in fact: ordinary sound has 33 a second.
        assert!(in_frame <= 30, "{name}: {in_frame} in one frame");
        let second = most_in(&landmarks, SAMPLE_RATE / HOP as u32);
        assert!(second <= 64, "{name}: {second} in one second");
    }
}

#[test]
fn what_is_the_same_at_every_frequency_or_only_the_floor_has_no_landmark() {
    for (name, samples) in oddities(SAMPLE_RATE, 8.0) {
        if matches!(name, "digital silence" | "DC" | "clicks") {
            assert_eq!(landmarks(samples), [], "{name}");
        }
    }
}

/// Sound that begins from nothing: below the floor, which follows the loudest recent sound, nothing is a landmark.
#[test]
fn a_start_from_silence_is_no_landmark_of_every_bin() {
    for power in [2, 4, 8] {
        let mut white = Noise(3);
        let rising = (0..8 * SAMPLE_RATE).map(|i| {
            let t = i as f32 / SAMPLE_RATE as f32;
            (t / 8.0).powi(power) * white.sample() + 0.1 * sine(700.0, t) * t.min(1.0)
        });
        let most = most_in(&landmarks(rising.collect()), 1);
        assert!(most <= 16, "{most} in one frame, rising with power {power}");
    }
}
