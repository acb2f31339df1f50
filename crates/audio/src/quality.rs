//! Whether a recording is good enough to know a voice by.
//!
//! ```
//! use sonic_audio::quality::QualityGate;
//! # use sonic_core::Clip;
//! # let clip = Clip::new(vec![0.0; 8_000], 16_000);
//! let verdict = QualityGate::default().check(&clip)?;
//! for reason in &verdict.reasons {
//!     println!("not good enough: {reason}");
//! }
//! # assert!(!verdict.passes());
//! # Ok::<(), sonic_core::Error>(())
//! ```

mod reason;

pub use reason::Reason;

use crate::features::SAMPLE_RATE;
use crate::resample;
use crate::speaker::without_constant_part;
use crate::speech::{Bandwidth, SpeechOptions, loud_range, speech_spans};
use sonic_core::{Clip, Error, ErrorKind, Result, Span};

/// What can be measured of a recording.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct VoiceQuality {
    /// Length in milliseconds.
    pub duration_ms: u64,
    /// Milliseconds in which somebody speaks, however loud or quiet the recording is.
    pub speech_ms: u64,
    /// Power of the speech over that of the background, in dB, -20 to 100: the mean power inside the spans of speech,
    /// less that of the background, over the background. The background is the mean of what lies between the spans,
    /// or, where that is less than 100 ms, the quietest tenth of the recording (the quantile method of Stahl, Fischer
    /// and Bippus, ICASSP 2000). `None` without speech.
    pub snr_db: Option<f32>,
    /// Share of samples, 0..1, that are clipped: at full scale, or three and more in a row at the very peak.
    pub clipping: f32,
    /// Mean power in dB of full scale; -120 for silence.
    pub level_dbfs: f32,
    /// Largest magnitude of a sample.
    pub peak: f32,
    /// The highest frequency, in Hz, that the speech reaches, up to 8,000; 0 without speech.
    pub bandwidth_hz: u32,
}

/// Frames of 20 ms in which the background is measured.
const FRAMES_PER_SECOND: usize = 50;
/// The fewest of them between the spans of speech.
const FEWEST: usize = 5;
/// The level of silence, in dB.
const SILENCE_DB: f64 = -120.0;
/// Samples at or above this are at full scale.
const FULL_SCALE: f32 = 0.999;
/// How near to the peak a clipped sample is, relative to it, and how many follow each other.
const NEAR_PEAK: f32 = 1e-4;
const IN_A_ROW: usize = 3;
/// No embedder looks at more.
const MOST_BANDWIDTH_HZ: u32 = 8_000;

/// Measures `clip`; speech is found without a model.
///
/// # Errors
/// `InvalidArgument` if a sample is not finite or the rate is 0 or above 768,000 Hz.
pub fn measure(clip: &Clip) -> Result<VoiceQuality> {
    measure_with(clip, &SpeechOptions::default())
}

/// As [`measure`]; `speech` says how speech is found.
///
/// # Errors
/// As [`measure`] and [`speech_spans`].
pub fn measure_with(clip: &Clip, speech: &SpeechOptions) -> Result<VoiceQuality> {
    clip.check()?;
    let (sound, levelled) = without_constant_part(clip);
    let spans = speech_spans(&levelled, speech)?;
    let peak = clip.samples.iter().fold(0.0f32, |peak, x| peak.max(x.abs()));
    Ok(VoiceQuality {
        duration_ms: clip.duration_ms(),
        speech_ms: spans.iter().map(|s| s.duration_ms()).sum(),
        snr_db: snr(&sound, &spans),
        clipping: clipped(&clip.samples, peak) as f32 / clip.samples.len().max(1) as f32,
        level_dbfs: decibels(mean_square(&clip.samples)).max(SILENCE_DB) as f32,
        peak,
        bandwidth_hz: bandwidth(&sound, &spans),
    })
}

/// How high the speech reaches.
fn bandwidth(clip: &Clip, spans: &[Span]) -> u32 {
    let place = |ms: u64| (ms * u64::from(clip.sample_rate) / 1000) as usize;
    let mut bandwidth = Bandwidth::new(clip.sample_rate);
    for span in spans {
        let end = place(span.end_ms).min(clip.samples.len());
        bandwidth.push(&clip.samples[place(span.start_ms).min(end)..end]);
    }
    bandwidth.hertz().min(MOST_BANDWIDTH_HZ)
}

fn mean_square(samples: &[f32]) -> f64 {
    samples.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / samples.len().max(1) as f64
}

fn decibels(power: f64) -> f64 {
    10.0 * power.log10()
}

/// Speech over background; `None` without speech.
fn snr(clip: &Clip, spans: &[Span]) -> Option<f32> {
    let rate = u64::from(clip.sample_rate);
    let length = (clip.sample_rate as usize / FRAMES_PER_SECOND).max(1);
    let (mut speech, mut background) = (Vec::new(), Vec::new());
    for (t, frame) in clip.samples.chunks_exact(length).enumerate() {
        let middle_ms = (t * length + length / 2) as u64 * 1000 / rate;
        let spoken = spans.iter().any(|s| (s.start_ms..s.end_ms).contains(&middle_ms));
        if spoken { speech.push(mean_square(frame)) } else { background.push(mean_square(frame)) }
    }
    let mean = |powers: &[f64]| powers.iter().sum::<f64>() / powers.len() as f64;
    if speech.is_empty() {
        return None;
    }
    let loud = mean(&speech);
    if background.len() < FEWEST {
        background.append(&mut speech);
        background.sort_by(f64::total_cmp);
        background.truncate(background.len().div_ceil(10));
    }
    let noise = mean(&background).max(1e-12);
    Some(decibels(((loud - noise) / noise).max(1e-12)).clamp(-20.0, 100.0) as f32)
}

/// How many samples are clipped.
fn clipped(samples: &[f32], peak: f32) -> usize {
    if peak == 0.0 {
        return 0;
    }
    let near = peak * (1.0 - NEAR_PEAK);
    let side = |x: f32| {
        if x >= near {
            1
        } else if x <= -near {
            -1
        } else {
            0
        }
    };
    let count = |run: &[f32]| match side(run[0]) {
        0 => 0,
        _ if run.len() >= IN_A_ROW => run.len(),
        _ => run.iter().filter(|x| x.abs() >= FULL_SCALE).count(),
    };
    samples.chunk_by(|a, b| side(*a) == side(*b)).map(count).sum()
}

/// Thresholds that a recording must meet; those that are `None` are not looked at.
///
/// Thresholds may be added in a minor version: construct with `..QualityGate::default()`.
#[derive(Debug, Clone, PartialEq)]
pub struct QualityGate {
    /// Shortest duration in milliseconds.
    pub min_duration_ms: Option<u64>,
    /// Longest duration in milliseconds.
    pub max_duration_ms: Option<u64>,
    /// Whether the peak is brought to full scale before what follows.
    pub normalize: bool,
    /// Ends that are this many dB quieter than the loudest part are cut off, see [`trim`](crate::speech::trim).
    pub trim_top_db: Option<f32>,
    /// Milliseconds that must be kept then.
    pub min_kept_ms: Option<u64>,
    /// Least mean of the squares of the samples that are kept.
    pub min_power: Option<f64>,
    /// Least distance between the largest and the smallest sample that are kept.
    pub min_swing: Option<f32>,
    /// Least milliseconds of speech.
    pub min_speech_ms: Option<u64>,
    /// Least power of speech over background, in dB.
    pub min_snr_db: Option<f32>,
    /// Largest share of clipped samples, 0..1.
    pub max_clipping: Option<f32>,
    /// Least level, in dB of full scale.
    pub min_level_dbfs: Option<f32>,
}

impl Default for QualityGate {
    /// At least one second of speech, 5 dB over the background, at most one sample in a hundred clipped, level not
    /// under -50 dB; any duration up to a day.
    fn default() -> Self {
        Self {
            max_duration_ms: Some(86_400_000),
            min_speech_ms: Some(1_000),
            min_snr_db: Some(5.0),
            max_clipping: Some(0.01),
            min_level_dbfs: Some(-50.0),
            ..Self::none()
        }
    }
}

impl QualityGate {
    /// A gate that everything passes.
    pub fn none() -> Self {
        Self {
            min_duration_ms: None,
            max_duration_ms: None,
            normalize: false,
            trim_top_db: None,
            min_kept_ms: None,
            min_power: None,
            min_swing: None,
            min_speech_ms: None,
            min_snr_db: None,
            max_clipping: None,
            min_level_dbfs: None,
        }
    }

    /// For short utterances, as a login asks for: 1 to 10 s; at full scale, ends 20 dB under the loudest part cut off,
    /// 0.5 s kept, of a power of 0.001 and a swing of 0.1.
    pub fn short_utterance() -> Self {
        Self {
            min_duration_ms: Some(1_000),
            max_duration_ms: Some(10_000),
            normalize: true,
            trim_top_db: Some(20.0),
            min_kept_ms: Some(500),
            min_power: Some(0.001),
            min_swing: Some(0.1),
            ..Self::none()
        }
    }

    /// Measures `clip` and says whether it is good enough.
    ///
    /// # Errors
    /// As [`measure`]; `InvalidArgument` if `trim_top_db` is not above 0.
    pub fn check(&self, clip: &Clip) -> Result<Verdict> {
        self.check_with(clip, &SpeechOptions::default())
    }

    /// As [`check`](Self::check); `speech` says how speech is found.
    ///
    /// # Errors
    /// As [`check`](Self::check) and [`speech_spans`].
    pub fn check_with(&self, clip: &Clip, speech: &SpeechOptions) -> Result<Verdict> {
        if self.trim_top_db.is_some_and(|db| !(db > 0.0 && db.is_finite())) {
            return Err(Error::new(ErrorKind::InvalidArgument, "trim_top_db must be above 0"));
        }
        let quality = measure_with(clip, speech)?;
        let clip_left = self.prepare(clip)?;
        let reasons = self.reasons(clip, &clip_left, &quality).into_iter().flatten().collect();
        Ok(Verdict { quality, reasons, clip: clip_left })
    }

    /// The clip at 16 kHz, normalised and trimmed.
    fn prepare(&self, clip: &Clip) -> Result<Clip> {
        let mut left = resample(clip, SAMPLE_RATE)?;
        let peak = left.samples.iter().fold(0.0f32, |peak, x| peak.max(x.abs()));
        if self.normalize && peak > 0.0 {
            left.samples.iter_mut().for_each(|x| *x /= peak);
        }
        if let Some(top_db) = self.trim_top_db {
            let range = loud_range(&left.samples, f64::from(top_db));
            left.samples.truncate(range.end);
            left.samples.drain(..range.start);
        }
        Ok(left)
    }

    fn reasons(&self, clip: &Clip, left: &Clip, quality: &VoiceQuality) -> [Option<Reason>; 9] {
        let seconds = |clip: &Clip| clip.samples.len() as f64 / f64::from(clip.sample_rate);
        let (duration, kept) = (seconds(clip), seconds(left));
        let limit = |ms: Option<u64>| ms.map(|ms| ms as f64 / 1000.0);
        let (low, high) = left.samples.iter().fold((0.0f32, 0.0f32), |(a, b), x| (a.min(*x), b.max(*x)));
        let (power, speech) = (mean_square(&left.samples), quality.speech_ms as f64 / 1000.0);
        let snr = quality.snr_db.unwrap_or(-20.0);
        [
            limit(self.min_duration_ms)
                .filter(|l| duration < *l)
                .map(|least| Reason::TooShort { seconds: duration, least }),
            limit(self.max_duration_ms)
                .filter(|l| duration > *l)
                .map(|most| Reason::TooLong { seconds: duration, most }),
            limit(self.min_kept_ms).filter(|l| kept < *l).map(|_| Reason::TooShortTrimmed { seconds: kept }),
            self.min_power.filter(|l| power < *l).map(|_| Reason::TooWeak),
            self.min_swing.filter(|l| high - low < *l).map(|_| Reason::TooWeak),
            limit(self.min_speech_ms)
                .filter(|l| speech < *l)
                .map(|least| Reason::TooLittleSpeech { seconds: speech, least }),
            self.min_snr_db.filter(|l| snr < *l).map(|least| Reason::TooNoisy { snr_db: snr, least }),
            self.max_clipping
                .filter(|l| quality.clipping > *l)
                .map(|most| Reason::Clipped { share: quality.clipping, most }),
            self.min_level_dbfs
                .filter(|l| quality.level_dbfs < *l)
                .map(|least| Reason::TooQuiet { level_dbfs: quality.level_dbfs, least }),
        ]
    }
}

/// What a [`QualityGate`] says about a recording.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Verdict {
    /// What was measured, of the recording as it was given.
    pub quality: VoiceQuality,
    /// Why it is not good enough, in the order of the thresholds. Empty if it is.
    pub reasons: Vec<Reason>,
    /// The recording as it should be embedded: at 16 kHz, normalised and trimmed as the gate says.
    pub clip: Clip,
}

impl Verdict {
    /// Whether the recording is good enough.
    pub fn passes(&self) -> bool {
        self.reasons.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A buzz between noisy pauses: speech from a quarter to three quarters of the time.
    fn voice(seconds: f32, level: f32, noise: f32) -> Clip {
        let mut state = 3u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32 - 0.5
        };
        let count = (seconds * 16_000.0) as usize;
        let sample = |i: usize| {
            let t = i as f32 / 16_000.0;
            let buzz: f32 =
                (1..10).map(|k| (std::f32::consts::TAU * 140.0 * k as f32 * t).sin() / k as f32).sum();
            let spoken = (count / 4..3 * count / 4).contains(&i);
            noise * random() + if spoken { level * buzz } else { 0.0 }
        };
        Clip::new((0..count).map(sample).collect(), 16_000)
    }

    #[test]
    fn a_good_recording_passes_and_is_measured() {
        let clip = voice(4.0, 0.1, 0.01);
        let verdict = QualityGate::default().check(&clip).unwrap();
        assert!(verdict.passes(), "{:?}", verdict.reasons);
        let quality = verdict.quality;
        assert_eq!((quality.duration_ms, quality.clipping), (4_000, 0.0));
        assert!(quality.speech_ms.abs_diff(2_000) < 150, "{quality:?}");
        // The power of the buzz is 0.01 * (1 + 1/4 + 1/9 + ...) / 2, that of the noise 0.0001 / 12.
        assert!((quality.snr_db.unwrap() - 29.6).abs() < 1.0, "{quality:?}");
    }

    #[test]
    fn each_fault_has_its_reason() {
        let mut loud = voice(4.0, 0.1, 0.001);
        loud.samples.iter_mut().for_each(|x| *x = (*x * 30.0).clamp(-0.8, 0.8));
        let first = |clip: &Clip| QualityGate::default().check(clip).unwrap().reasons[0];
        assert!(matches!(first(&loud), Reason::Clipped { share, .. } if share > 0.1));
        assert!(matches!(
            first(&voice(4.0, 0.01, 0.05)),
            Reason::TooLittleSpeech { .. } | Reason::TooNoisy { .. }
        ));
        assert!(matches!(first(&voice(4.0, 0.001, 0.0001)), Reason::TooQuiet { .. }));
        assert!(matches!(first(&voice(1.0, 0.1, 0.01)), Reason::TooLittleSpeech { .. }));
        let silence = QualityGate::default().check(&Clip::new(vec![0.0; 48_000], 16_000)).unwrap();
        assert_eq!(silence.quality.snr_db, None);
        assert!(!silence.passes());
    }

    #[test]
    fn short_utterances_are_judged_in_order() {
        let said = |clip: Clip| -> Vec<String> {
            let verdict = QualityGate::short_utterance().check(&clip).unwrap();
            verdict.reasons.iter().map(Reason::to_string).collect()
        };
        assert_eq!(said(voice(4.0, 0.1, 0.001)), [""; 0]);
        assert_eq!(said(voice(0.99, 0.1, 0.001))[0], "Audio too short: 0.99s (minimum 1s)");
        assert_eq!(said(voice(10.5, 0.1, 0.001))[0], "Audio too long: 10.50s (maximum 10s)");
        let mut click = Clip::new(vec![0.0; 32_000], 16_000);
        click.samples[16_000] = 0.5;
        assert_eq!(said(click)[0], "Audio too short after trimming: 0.13s");
        assert_eq!(said(Clip::new(vec![0.0; 32_000], 16_000))[0], "Audio quality too low");
    }

    #[test]
    fn what_is_left_is_normal_and_trimmed() {
        let verdict = QualityGate::short_utterance().check(&voice(4.0, 0.1, 0.0001)).unwrap();
        let left = verdict.clip;
        assert!(left.samples.iter().any(|x| x.abs() == 1.0));
        assert!(left.duration_ms().abs_diff(2_000) < 150, "{}", left.duration_ms());
    }

    #[test]
    fn bad_input_is_refused() {
        for clip in [Clip::new(vec![f32::NAN; 100], 16_000), Clip::new(vec![0.0; 100], 0)] {
            assert_eq!(measure(&clip).unwrap_err().kind(), ErrorKind::InvalidArgument);
            assert_eq!(
                QualityGate::short_utterance().check(&clip).unwrap_err().kind(),
                ErrorKind::InvalidArgument
            );
        }
        let gate = QualityGate { trim_top_db: Some(-1.0), ..QualityGate::short_utterance() };
        assert!(gate.check(&voice(1.0, 0.1, 0.1)).is_err());
        assert_eq!(measure(&Clip::new(vec![], 16_000)).unwrap().duration_ms, 0);
    }
}
