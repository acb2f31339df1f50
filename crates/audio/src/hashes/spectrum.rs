//! The spectrogram that peaks are looked for in.

use realfft::RealFftPlanner;
use sonic_core::PAIR_HASH_HOP;
use std::f32::consts::TAU;
use std::ops::Range;

const WINDOW: usize = 2048;
const HOP: usize = PAIR_HASH_HOP as usize;
/// Bins that are kept: those of peaks, and what lies around them.
pub(super) const BINS: Range<usize> = 18..753;

/// Powers, frame by frame.
pub(super) struct Spectrum {
    pub(super) powers: Vec<f32>,
    /// The largest power of any bin, of those too that are not kept.
    pub(super) loudest: f32,
}

impl Spectrum {
    pub(super) fn frames(&self) -> usize {
        self.powers.len() / BINS.len()
    }
}

/// The spectrogram of samples with silence before and after them, so that the first frame is centred on the first.
pub(super) fn spectrum(samples: &[f32]) -> Spectrum {
    let mut spectrum = Spectrum { powers: Vec::new(), loudest: 0.0 };
    if samples.is_empty() {
        return spectrum;
    }
    let window: Vec<f32> = (0..WINDOW).map(|n| 0.5 - 0.5 * (TAU * n as f32 / WINDOW as f32).cos()).collect();
    let transform = RealFftPlanner::<f32>::new().plan_fft_forward(WINDOW);
    let (mut input, mut output) = (transform.make_input_vec(), transform.make_output_vec());
    let mut scratch = transform.make_scratch_vec();
    for frame in 0..=samples.len() / HOP {
        windowed(samples, (frame * HOP) as isize - WINDOW as isize / 2, &window, &mut input);
        // It fails only if the lengths differ.
        if transform.process_with_scratch(&mut input, &mut output, &mut scratch).is_err() {
            break;
        }
        spectrum.loudest = output.iter().fold(spectrum.loudest, |loudest, bin| loudest.max(bin.norm_sqr()));
        spectrum.powers.extend(output[BINS].iter().map(|bin| bin.norm_sqr()));
    }
    spectrum
}

/// The samples from `start` on, which may lie before the first, under the window.
fn windowed(samples: &[f32], start: isize, window: &[f32], input: &mut [f32]) {
    for (n, (input, weight)) in input.iter_mut().zip(window).enumerate() {
        let at = usize::try_from(start + n as isize).ok();
        *input = at.and_then(|at| samples.get(at)).map_or(0.0, |sample| sample * weight);
    }
}
