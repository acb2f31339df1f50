//! A process that takes over between any two slices gives the same sound at the same times.

use crate::recordings::{RATE, at, slices};
use sonic_audio::decode::push::{Chunk, PushDecoder, PushOptions};

/// The sound of a connection on its time line, and its gaps.
fn covered(slices: &[Vec<u8>], taken_over: bool) -> (Vec<f32>, Vec<(f64, f64)>, usize) {
    let options = PushOptions::default();
    let mut decoder = PushDecoder::new(RATE, &options).unwrap();
    let (mut line, mut largest) = (Vec::new(), 0);
    let mut put = |chunks: Vec<Chunk>| {
        for chunk in chunks {
            let start = at(chunk.start_ms);
            assert!(start >= line.len(), "{start} after {}", line.len());
            line.resize(start, 0.0);
            line.extend_from_slice(&chunk.samples);
        }
    };
    for (index, slice) in slices.iter().enumerate() {
        // One that is lost, and one that is cut.
        if slices.len() > 8 && index == slices.len() / 2 {
            continue;
        }
        let cut = if slices.len() > 8 && index == slices.len() / 4 { slice.len() / 2 } else { slice.len() };
        put(decoder.push(index as u64, &slice[..cut]).unwrap());
        if taken_over {
            let state = decoder.state();
            largest = largest.max(state.len());
            decoder = PushDecoder::restore(&state, &options).unwrap();
            let again = decoder.state();
            let differs = again.iter().zip(&state).position(|(a, b)| a != b);
            assert_eq!(
                again.len(),
                state.len(),
                "slice {index}: what is taken up differs from {differs:?} on"
            );
        }
    }
    put(decoder.finish().unwrap());
    (line, decoder.gaps(), largest)
}

#[test]
fn another_process_goes_on_with_the_same_sound() {
    let Some(recordings) = slices() else { return };
    for (name, slices) in recordings {
        let (one, gaps, _) = covered(&slices, false);
        let (other, other_gaps, largest) = covered(&slices, true);
        assert_eq!((one.len(), gaps), (other.len(), other_gaps), "{name}");
        let energy: f64 = one.iter().map(|sample| f64::from(*sample).powi(2)).sum();
        let error: f64 = one.iter().zip(&other).map(|(a, b)| f64::from(a - b).powi(2)).sum();
        println!("{name}: {:.1} dB, at most {largest} bytes", 10.0 * (error.max(1e-12) / energy).log10());
        assert!(error <= 1e-4 * energy, "{name}: {error} of {energy}");
    }
}

#[test]
fn what_is_no_state_is_refused() {
    let options = PushOptions::default();
    let mut decoder = PushDecoder::new(RATE, &options).unwrap();
    decoder.push(1, &[1, 2, 3]).unwrap();
    let state = decoder.state();
    for length in 0..state.len() {
        assert!(PushDecoder::restore(&state[..length], &options).is_err(), "{length}");
    }
    for at in 0..state.len() {
        let mut damaged = state.clone();
        damaged[at] ^= 0xff;
        // Any answer but a panic, or endless work.
        if let Ok(mut decoder) = PushDecoder::restore(&damaged, &options) {
            let _ = decoder.push(2, &[4]);
            let _ = decoder.finish();
        }
    }
}
