//! A hall: what is sung comes back from its walls.

/// Lengths of the ways of the echo in milliseconds: none is near a multiple of another.
const WAYS_MS: [f32; 8] = [29.7, 37.1, 41.1, 43.7, 53.3, 61.7, 68.9, 79.3];
/// Seconds in which the echo falls by 60 dB.
const SECONDS: f32 = 1.6;
/// How loud the echo is.
const WET: f32 = 0.11;
/// How much of high frequencies the walls swallow, 0 to 1.
const DAMPING: f32 = 0.35;

/// A way that sound takes again and again.
struct Way {
    line: Vec<f32>,
    at: usize,
    gain: f32,
    low: f32,
}

/// Adds the echo to a sound of two channels, and makes room for its end. What would pass full scale is made softer.
///
/// It is a network of eight delays, each of which feeds all (Jot, 1991).
pub(crate) fn add(sound: &mut Vec<f32>, sample_rate: u32) {
    let rate = sample_rate as f32;
    let mut ways = WAYS_MS.map(|ms| {
        let length = (ms * rate / 1000.0) as usize;
        let gain = 10f32.powf(-3.0 * length as f32 / (SECONDS * rate));
        Way { line: vec![0.0; length], at: 0, gain, low: 0.0 }
    });
    sound.resize(sound.len() + 2 * (SECONDS * rate) as usize, 0.0);
    for pair in sound.chunks_exact_mut(2) {
        let came = ways.each_mut().map(|way| {
            way.low += (1.0 - DAMPING) * (way.line[way.at] - way.low);
            way.low * way.gain
        });
        // Householder's matrix: nothing is lost or won where ways meet.
        let shared = came.iter().sum::<f32>() / 4.0;
        for (number, (way, came)) in ways.iter_mut().zip(came).enumerate() {
            way.line[way.at] = pair[number % 2] + came - shared;
            way.at = (way.at + 1) % way.line.len();
        }
        pair[0] += WET * (came[0] - came[2] + came[4] - came[6] + 0.5 * (came[1] - came[5]));
        pair[1] += WET * (came[1] - came[3] + came[5] - came[7] + 0.5 * (came[2] - came[6]));
    }
    let peak = sound.iter().fold(0.0f32, |peak, x| peak.max(x.abs()));
    if peak > 0.95 {
        sound.iter_mut().for_each(|x| *x *= 0.95 / peak);
    }
}
