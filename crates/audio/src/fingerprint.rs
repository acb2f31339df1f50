//! Turning sound into a [`Fingerprint`]: salient spectral peaks ("landmarks", after Wang, "An industrial-strength
//! audio search algorithm", ISMIR 2003) and, for asking, the whitened spectrogram they are verified against.
//!
//! The work runs frame by frame on mono sound at [`SAMPLE_RATE`]: spectrum, whitening by the mean of the
//! surroundings, local maxima, and a rank filter that keeps the most salient of each neighbourhood. Every step
//! depends on absolute frame numbers only, so a stream gives the same landmarks however it is cut.

#[cfg(test)]
mod bounds;
mod parameters;
mod peaks;
mod rank;
mod spectrum;
mod whiten;

use crate::resample;
use parameters::Parameters;
use peaks::PeakFinder;
use rank::RankFilter;
use sonic_core::trace::Span;
use sonic_core::{Clip, Fingerprint, PipelineId, Result, Texture, trace_span, wide};
use spectrum::Spectrum;
use std::sync::OnceLock;
use whiten::BoxMean;

/// The rate in Hz at which sound is fingerprinted.
pub const SAMPLE_RATE: u32 = sonic_core::FINGERPRINT_RATE;

/// Samples between two frames at [`SAMPLE_RATE`].
pub const HOP: usize = parameters::DEFAULT.hop;

/// The pipeline of every fingerprint that this version makes.
pub fn pipeline() -> PipelineId {
    static ID: OnceLock<PipelineId> = OnceLock::new();
    ID.get_or_init(|| parameters::DEFAULT.pipeline()).clone()
}

/// The fingerprint of `clip`, texture included: ready to be stored and to ask with.
///
/// A clip at another rate than [`SAMPLE_RATE`] is resampled first; decode at that rate to save the step. The
/// texture takes about 20 kB a second: use a [`Fingerprinter`] without texture for long recordings.
///
/// # Errors
/// `InvalidArgument` if the clip's sample rate is 0 or above 768,000 Hz, or a sample is not finite.
pub fn fingerprint(clip: &Clip) -> Result<Fingerprint> {
    let mut fingerprinter = Fingerprinter::with_texture();
    if clip.sample_rate == SAMPLE_RATE {
        fingerprinter.push(&clip.samples)?;
    } else {
        fingerprinter.push(&resample(clip, SAMPLE_RATE)?.samples)?;
    }
    Ok(fingerprinter.finish())
}

/// Makes a fingerprint from samples as they come, in constant memory but for the landmarks.
///
/// ```
/// use sonic_audio::fingerprint::{Fingerprinter, SAMPLE_RATE};
/// let mut fingerprinter = Fingerprinter::new();
/// for block in vec![0.0f32; SAMPLE_RATE as usize].chunks(1000) {
///     fingerprinter.push(block)?;
/// }
/// assert_eq!(fingerprinter.finish().duration_ms, 1000);
/// # Ok::<(), sonic_core::Error>(())
/// ```
pub struct Fingerprinter {
    parameters: &'static Parameters,
    /// Samples not yet covered by a frame; the front is the start of the next frame.
    pending: Vec<f32>,
    /// Samples since the start, taken ones included.
    samples: u64,
    /// Length in milliseconds of what was taken.
    taken_ms: u64,
    spectrum: Spectrum,
    level: BoxMean,
    peaks: PeakFinder,
    rank: RankFilter,
    texture: Option<TextureMaker>,
    span: Span,
}

impl Default for Fingerprinter {
    fn default() -> Self {
        Self::new()
    }
}

impl Fingerprinter {
    /// A fingerprinter for indexing: landmarks only.
    pub fn new() -> Self {
        Self::build(&parameters::DEFAULT, false)
    }

    /// A fingerprinter for asking: landmarks and texture.
    pub fn with_texture() -> Self {
        Self::build(&parameters::DEFAULT, true)
    }

    fn build(parameters: &'static Parameters, texture: bool) -> Self {
        let bins = parameters.bins();
        Self {
            parameters,
            pending: Vec::new(),
            samples: 0,
            taken_ms: 0,
            spectrum: Spectrum::new(parameters),
            level: BoxMean::new(bins, parameters.whiten_frames, parameters.whiten_bins),
            peaks: PeakFinder::new(parameters),
            rank: RankFilter::new(parameters),
            texture: texture.then(|| TextureMaker::new(parameters)),
            span: trace_span!("fingerprint"),
        }
    }

    /// Adds mono samples at [`SAMPLE_RATE`].
    ///
    /// # Errors
    /// `InvalidArgument` if a sample is not finite; nothing of `samples` is taken then.
    pub fn push(&mut self, samples: &[f32]) -> Result<()> {
        Clip::check_samples(samples)?;
        let span = std::mem::take(&mut self.span);
        span.time(|| self.take_in(samples));
        self.span = span;
        Ok(())
    }

    fn take_in(&mut self, samples: &[f32]) {
        self.samples += samples.len() as u64;
        // Samples that complete a started frame go through `pending`; long stretches are framed in place.
        self.pending.extend_from_slice(samples);
        let (window, hop) = (self.parameters.window, self.parameters.hop);
        let mut start = 0;
        let pending = std::mem::take(&mut self.pending);
        while pending.len() - start >= window {
            self.frame(&pending[start..start + window]);
            start += hop;
        }
        self.pending = pending;
        self.pending.drain(..start);
    }

    fn frame(&mut self, samples: &[f32]) {
        self.spectrum.frame(samples);
        let (row, floor) = self.spectrum.last();
        if let Some(texture) = &mut self.texture {
            texture.push(row);
        }
        if let Some(white) = self.level.push(row, floor) {
            self.peaks.push(&white, &mut |peak| self.rank.push(peak));
        }
    }

    /// The fingerprint of the sound since the last `take`, or since the start; the sound goes on.
    ///
    /// The pieces are those that a query session of the store joins again. Each is the fingerprint that
    /// [`finish`](Self::finish) would give here, and the next begins with the next sample, as if that were the first:
    /// - No frame reaches over the seam. Samples at the end of a piece that fill no frame are left out, less than one
    ///   window (93 ms), and the next piece's frame 0 begins exactly at the seam.
    /// - Next to the seam peaks are judged by their own side alone, so that the landmarks of the first and last half
    ///   second may be others than in the fingerprint of the whole.
    /// - Durations are rounded such that those of all pieces add up to that of the whole.
    ///
    /// A piece without samples has no frames. Give pieces of several seconds: what is shorter is hardly recognised.
    pub fn take(&mut self) -> Fingerprint {
        let rest = Self {
            samples: self.samples,
            taken_ms: duration_ms(self.samples),
            ..Self::build(self.parameters, self.texture.is_some())
        };
        std::mem::replace(self, rest).finish()
    }

    /// Ends the sound and gives its fingerprint, since the last [`take`](Self::take) if there was one. What does not fill a last frame is left out, unless the sound is
    /// shorter than one frame.
    pub fn finish(mut self) -> Fingerprint {
        let span = std::mem::take(&mut self.span);
        span.time(|| self.end())
    }

    fn end(mut self) -> Fingerprint {
        if self.spectrum.frames() == 0 && !self.pending.is_empty() {
            let mut last = std::mem::take(&mut self.pending);
            last.resize(self.parameters.window, 0.0);
            self.frame(&last);
        }
        while let Some(white) = self.level.flush() {
            self.peaks.push(&white, &mut |peak| self.rank.push(peak));
        }
        self.peaks.flush(&mut |peak| self.rank.push(peak));
        Fingerprint {
            pipeline: pipeline(),
            duration_ms: duration_ms(self.samples) - self.taken_ms,
            frames: self.spectrum.frames(),
            landmarks: self.rank.finish(),
            texture: self.texture.map(TextureMaker::finish),
        }
    }
}

fn duration_ms(samples: u64) -> u64 {
    samples * 1000 / u64::from(SAMPLE_RATE)
}

/// Collects the whitened spectrogram in half dB.
struct TextureMaker {
    level: BoxMean,
    texture: Texture,
}

impl TextureMaker {
    fn new(parameters: &Parameters) -> Self {
        let bins = parameters.bins();
        let texture = Texture { bins, first_bin: parameters.first_bin(), levels: Vec::new() };
        Self { level: BoxMean::new(bins, parameters.texture_frames, parameters.whiten_bins), texture }
    }

    fn push(&mut self, row: &[i16]) {
        if let Some(white) = self.level.push(row, 0) {
            append(&mut self.texture.levels, white.deviation);
        }
    }

    fn finish(mut self) -> Texture {
        while let Some(white) = self.level.flush() {
            append(&mut self.texture.levels, white.deviation);
        }
        self.texture
    }
}

wide! {
    /// Appends a row in half dB.
    fn append(levels: &mut Vec<i8>, deviation: &[i16]) {
        v3 => append_plain,
        _ => append_plain,
    }
}

#[inline(always)]
fn append_plain(levels: &mut Vec<i8>, deviation: &[i16]) {
    const STEP: i16 = spectrum::UNITS_PER_DB / 2;
    levels.extend(deviation.iter().map(|&d| (d / STEP).clamp(-127, 127) as i8));
}

#[cfg(test)]
mod tests {
    use super::*;
    use sonic_core::{ErrorKind, Landmark};

    /// Tones that come and go, over noise.
    fn sound(samples: usize) -> Vec<f32> {
        let mut seed = 5u32;
        let mut random = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / (1 << 24) as f32
        };
        let notes: Vec<f32> = (0..200).map(|_| 150.0 + 4000.0 * random() * random()).collect();
        (0..samples)
            .map(|i| {
                let t = i as f32 / SAMPLE_RATE as f32;
                let note = |k: usize| (std::f32::consts::TAU * notes[k % 200] * t).sin();
                let k = (t * 6.0) as usize;
                0.3 * note(k) + 0.2 * note(k / 2 + 7) + 0.1 * note(k / 3 + 31) + 0.01 * (random() - 0.5)
            })
            .collect()
    }

    fn whole(samples: &[f32]) -> Fingerprint {
        fingerprint(&Clip::new(samples.to_vec(), SAMPLE_RATE)).unwrap()
    }

    #[test]
    fn a_stream_gives_the_same_however_it_is_cut() {
        let sound = sound(60_000);
        let want = whole(&sound);
        assert!(want.landmarks.len() > 50);
        for size in [1, 7, 255, 256, 1000, 1024, 4097, 59_999] {
            let mut fingerprinter = Fingerprinter::with_texture();
            sound.chunks(size).for_each(|block| fingerprinter.push(block).unwrap());
            assert_eq!(fingerprinter.finish(), want, "blocks of {size}");
        }
        let mut index = Fingerprinter::new();
        index.push(&sound).unwrap();
        assert_eq!(index.finish(), Fingerprint { texture: None, ..want });
    }

    #[test]
    fn taking_at_the_end_is_finishing() {
        let sound = sound(60_000);
        for length in [0, 1, 1_023, 1_024, 60_000] {
            let mut fingerprinter = Fingerprinter::with_texture();
            fingerprinter.push(&sound[..length]).unwrap();
            assert_eq!(fingerprinter.take(), whole(&sound[..length]), "{length} samples");
            let rest = fingerprinter.finish();
            assert_eq!(rest, whole(&[]), "nothing is left of {length} samples");
        }
    }

    #[test]
    fn pieces_are_fingerprints_of_their_own_that_last_as_long_as_the_whole() {
        let sound = sound(200_000);
        for size in [30_001, 66_666] {
            let mut fingerprinter = Fingerprinter::with_texture();
            let mut duration_ms = 0;
            for piece in sound.chunks(size) {
                piece.chunks(777).for_each(|block| fingerprinter.push(block).unwrap());
                let (taken, alone) = (fingerprinter.take(), whole(piece));
                assert!(taken.duration_ms.abs_diff(alone.duration_ms) <= 1);
                duration_ms += taken.duration_ms;
                assert_eq!(taken, Fingerprint { duration_ms: taken.duration_ms, ..alone });
            }
            assert_eq!(duration_ms, whole(&sound).duration_ms);
        }
    }

    #[test]
    fn most_landmarks_of_the_whole_are_in_its_pieces() {
        const PIECE: usize = 430 * HOP;
        let sound = sound(5 * PIECE);
        let mut fingerprinter = Fingerprinter::new();
        let mut joined = Vec::new();
        for (k, piece) in sound.chunks(PIECE).enumerate() {
            fingerprinter.push(piece).unwrap();
            let taken = fingerprinter.take().landmarks.into_iter();
            joined.extend(taken.map(|l| Landmark { frame: l.frame + 430 * k as u32, ..l }));
        }
        let landmarks = whole(&sound).landmarks;
        let common = landmarks.iter().filter(|l| joined.contains(l)).count();
        assert!(common * 100 >= landmarks.len() * 90, "{common} of {}", landmarks.len());
    }

    #[test]
    fn loudness_does_not_matter() {
        let sound = sound(60_000);
        let quiet: Vec<f32> = sound.iter().map(|s| s * 0.003).collect();
        let (a, b) = (whole(&sound).landmarks, whole(&quiet).landmarks);
        let common = a.iter().filter(|l| b.contains(l)).count();
        // Not all: a level may round the other way.
        assert!(common * 100 >= a.len() * 95, "{common} of {}", a.len());
    }

    #[test]
    fn a_clip_at_another_rate_is_resampled() {
        let sound = sound(60_000);
        let double = resample(&Clip::new(sound.clone(), SAMPLE_RATE), 2 * SAMPLE_RATE).unwrap();
        assert_eq!(double.samples.len(), 120_000);
        let (a, b) = (whole(&sound), fingerprint(&double).unwrap());
        assert_eq!((a.duration_ms, a.frames), (b.duration_ms, b.frames));
        let common = a.landmarks.iter().filter(|l| b.landmarks.contains(l)).count();
        assert!(common * 100 >= a.landmarks.len() * 80, "{common} of {}", a.landmarks.len());
    }

    #[test]
    fn nothing_and_silence_have_no_landmarks() {
        for (samples, frames) in [(vec![], 0), (vec![0.5], 1), (vec![0.0; 50_000], 192)] {
            let fingerprint = whole(&samples);
            assert_eq!((fingerprint.landmarks.len(), fingerprint.frames), (0, frames));
            assert_eq!(fingerprint.texture.map(|t| t.frames()), Some(frames as usize));
        }
    }

    #[test]
    fn bad_samples_and_rates_are_refused() {
        let nan = Clip::new(vec![0.0, f32::NAN], SAMPLE_RATE);
        assert_eq!(fingerprint(&nan).unwrap_err().kind(), ErrorKind::InvalidArgument);
        let zero = Clip::new(vec![0.0; 10], 0);
        assert_eq!(fingerprint(&zero).unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
}
