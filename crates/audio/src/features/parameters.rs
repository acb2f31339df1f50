//! The front-ends as sets of parameters of one engine.

use super::mel::{Bank, Scale, Triangles};
use sonic_core::FrontEnd;

/// What a frame is multiplied by.
#[derive(Clone, Copy)]
pub(super) enum Window {
    /// 0.54 - 0.46 cos(2 pi n / N), periodic.
    HammingPeriodic,
    /// The same, symmetric: N - 1 in place of N.
    HammingSymmetric,
    /// 0.5 - 0.5 cos(2 pi n / N), periodic.
    HannPeriodic,
    /// The symmetric Hann window to the power of 0.85: Povey's, the default of Kaldi.
    Povey,
}

impl Window {
    /// The window of `length` samples.
    pub(super) fn table(self, length: usize) -> Vec<f64> {
        let cosine = |n: usize, period: usize| (std::f64::consts::TAU * n as f64 / period as f64).cos();
        (0..length)
            .map(|n| match self {
                Self::HammingPeriodic => 0.54 - 0.46 * cosine(n, length),
                Self::HammingSymmetric => 0.54 - 0.46 * cosine(n, length - 1),
                Self::HannPeriodic => 0.5 - 0.5 * cosine(n, length),
                Self::Povey => (0.5 - 0.5 * cosine(n, length - 1)).powf(0.85),
            })
            .collect()
    }
}

/// Where frames lie.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Framing {
    /// Frame t is centred on sample t * hop; the sound is mirrored at its ends.
    CentredReflect,
    /// Frame t is centred on sample t * hop; there is silence beyond the ends.
    CentredZero,
    /// Only frames that lie wholly inside; Kaldi's `snip_edges`.
    Inside,
}

/// What is done about the spectral tilt of speech.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Emphasis {
    None,
    /// y\[n] = x\[n] - 0.97 x\[n - 1] over the whole sound, mirrored at its start.
    Sound,
    /// The mean of each frame is removed, then the same is done within the frame; Kaldi's way.
    Frame,
}

/// The weight of the sample before in pre-emphasis.
pub(super) const EMPHASIS: f32 = 0.97;

/// How mel energies end up.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Ending {
    /// As they are.
    Power,
    /// ln(x + 1e-6).
    LogPlus,
    /// ln(max(x, epsilon of f32)).
    LogFloor,
    /// 10 log10(max(x, 1e-10)), no less than 80 under the largest.
    Decibels,
    /// log10(max(x, 1e-10)), no less than 8 under the largest, then (x + 4) / 4.
    Whisper,
}

/// What is removed at the end.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Centring {
    None,
    /// The mean of every bin over all frames.
    Bins,
    /// The mean of all values; they are divided by their deviation too.
    Plane,
}

/// Everything that tells one front-end from another.
#[derive(Clone, Copy)]
pub(super) struct Parameters {
    /// Samples of the transform.
    pub(super) transform: usize,
    /// Samples of a frame; the rest of the transform is zero.
    pub(super) frame: usize,
    /// Samples from frame to frame.
    pub(super) hop: usize,
    pub(super) window: Window,
    pub(super) framing: Framing,
    pub(super) emphasis: Emphasis,
    /// What full scale is multiplied by first.
    pub(super) gain: f32,
    pub(super) bank: Bank,
    pub(super) ending: Ending,
    pub(super) centring: Centring,
    /// The sound is filled up to this many samples, and the last frame is dropped.
    pub(super) fixed_samples: Option<usize>,
}

impl Parameters {
    /// `None` for the waveform, which is taken as it is.
    pub(super) fn of(front_end: FrontEnd) -> Option<Self> {
        Some(match front_end {
            FrontEnd::Waveform => return None,
            FrontEnd::Ecapa80 => ECAPA,
            FrontEnd::Logmel80 => Self { centring: Centring::None, ..ECAPA },
            FrontEnd::SpeechBrain80 => SPEECHBRAIN,
            FrontEnd::Kaldi80Hamming => Self { window: Window::HammingSymmetric, gain: 32_768.0, ..KALDI },
            FrontEnd::Kaldi80Povey => KALDI,
            FrontEnd::Resemblyzer40 => RESEMBLYZER,
            FrontEnd::Whisper80 => WHISPER,
            FrontEnd::Whisper128 => Self { bank: Bank { bins: 128, ..WHISPER.bank }, ..WHISPER },
            FrontEnd::Moonshine64 => MOONSHINE,
        })
    }

    /// Samples that stand before the first of the sound in the first frame.
    pub(super) fn margin(&self) -> usize {
        if self.framing == Framing::Inside { 0 } else { self.transform / 2 }
    }

    /// Samples by which the frame starts later than its transform: it stands in the middle.
    pub(super) fn offset(&self) -> usize {
        if self.framing == Framing::Inside { 0 } else { (self.transform - self.frame) / 2 }
    }

    pub(super) fn minimum_samples(&self) -> usize {
        match (self.framing, self.fixed_samples) {
            (_, Some(_)) => 0,
            (Framing::CentredReflect, None) => self.margin() + 1,
            (Framing::CentredZero, None) => 1,
            (Framing::Inside, None) => self.frame,
        }
    }

    pub(super) fn frames(&self, samples: usize) -> usize {
        match (self.framing, self.fixed_samples) {
            (_, Some(fixed)) => fixed / self.hop,
            _ if samples < self.minimum_samples() => 0,
            (Framing::Inside, None) => 1 + (samples - self.frame) / self.hop,
            (_, None) => 1 + samples / self.hop,
        }
    }
}

const ECAPA: Parameters = Parameters {
    transform: 512,
    frame: 400,
    hop: 160,
    window: Window::HammingPeriodic,
    framing: Framing::CentredReflect,
    emphasis: Emphasis::Sound,
    gain: 1.0,
    bank: Bank { bins: 80, low: 20.0, high: 7_600.0, scale: Scale::Htk, triangles: Triangles::InHertz },
    ending: Ending::LogPlus,
    centring: Centring::Bins,
    fixed_samples: None,
};

const SPEECHBRAIN: Parameters = Parameters {
    transform: 400,
    frame: 400,
    hop: 160,
    window: Window::HammingPeriodic,
    framing: Framing::CentredZero,
    emphasis: Emphasis::None,
    gain: 1.0,
    bank: Bank { bins: 80, low: 0.0, high: 8_000.0, scale: Scale::Htk, triangles: Triangles::Symmetric },
    ending: Ending::Decibels,
    centring: Centring::Bins,
    fixed_samples: None,
};

const KALDI: Parameters = Parameters {
    transform: 512,
    frame: 400,
    hop: 160,
    window: Window::Povey,
    framing: Framing::Inside,
    emphasis: Emphasis::Frame,
    gain: 1.0,
    bank: Bank { bins: 80, low: 20.0, high: 8_000.0, scale: Scale::Kaldi, triangles: Triangles::InMel },
    ending: Ending::LogFloor,
    centring: Centring::Bins,
    fixed_samples: None,
};

const RESEMBLYZER: Parameters = Parameters {
    transform: 400,
    frame: 400,
    hop: 160,
    window: Window::HannPeriodic,
    framing: Framing::CentredZero,
    emphasis: Emphasis::None,
    gain: 1.0,
    bank: Bank { bins: 40, low: 0.0, high: 8_000.0, scale: Scale::Slaney, triangles: Triangles::UnitArea },
    ending: Ending::Power,
    centring: Centring::None,
    fixed_samples: None,
};

const WHISPER: Parameters = Parameters {
    transform: 400,
    frame: 400,
    hop: 160,
    window: Window::HannPeriodic,
    framing: Framing::CentredReflect,
    emphasis: Emphasis::None,
    gain: 1.0,
    bank: Bank { bins: 80, low: 0.0, high: 8_000.0, scale: Scale::Slaney, triangles: Triangles::UnitArea },
    ending: Ending::Whisper,
    centring: Centring::None,
    fixed_samples: Some(480_000),
};

const MOONSHINE: Parameters = Parameters {
    transform: 512,
    frame: 512,
    hop: 125,
    window: Window::HannPeriodic,
    framing: Framing::CentredReflect,
    emphasis: Emphasis::None,
    gain: 1.0,
    bank: Bank { bins: 64, low: 20.0, high: 8_000.0, scale: Scale::Slaney, triangles: Triangles::UnitArea },
    ending: Ending::LogPlus,
    centring: Centring::Plane,
    fixed_samples: Some(16_000),
};
