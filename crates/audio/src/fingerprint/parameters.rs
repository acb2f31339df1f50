//! Every number that decides what a fingerprint looks like.

use sonic_core::PipelineId;

/// The parameters of the fingerprint. All of them are part of the [pipeline id](PipelineId): fingerprints made
/// with different values are never compared.
///
/// The values were found on the tuning set of the project; `benches/fingerprint` shows what each is worth.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parameters {
    /// Samples in a frame: the length of the Hann window and of the transform.
    pub window: usize,
    /// Samples between frames.
    pub hop: usize,
    /// Lowest frequency used, Hz.
    pub low_hz: f32,
    /// End of the frequencies used, Hz.
    pub high_hz: f32,
    /// Level floor, relative to the recent peak power of the sound (-65 dB).
    pub floor: f32,
    /// Factor by which the recent peak power fades from frame to frame.
    pub floor_decay: f32,
    /// Half height in frames of the box whose mean is taken off before peaks are sought.
    pub whiten_frames: usize,
    /// Half width of that box in bins.
    pub whiten_bins: usize,
    /// Half height in frames of the box whose mean is taken off the texture.
    pub texture_frames: usize,
    /// A peak is the highest value within this many frames before and after it...
    pub peak_frames: usize,
    /// ...and this many bins below and above it,
    pub peak_bins: usize,
    /// and at least this high above the mean of its box, dB.
    pub peak_db: f32,
    /// A peak has a level of at least so much above the floor...
    pub floor_db: f32,
    /// ...above the mean of its row
    pub across_db: f32,
    /// over so many bins to either side,
    pub across_bins: usize,
    /// and above the mean of its bin over `peak_frames` to either side.
    pub along_db: f32,
    /// A peak is kept if fewer than this many peaks are more salient...
    pub rank: usize,
    /// ...within this many frames
    pub rank_frames: u32,
    /// and this many bins.
    pub rank_bins: u16,
}

pub(super) const DEFAULT: Parameters = Parameters {
    window: 1024,
    hop: sonic_core::FINGERPRINT_HOP as usize,
    low_hz: 120.0,
    high_hz: 5000.0,
    floor: 3e-7,
    floor_decay: 0.995,
    whiten_frames: 8,
    whiten_bins: 16,
    texture_frames: 2,
    peak_frames: 4,
    peak_bins: 8,
    peak_db: 0.5,
    floor_db: 3.0,
    across_db: 2.0,
    across_bins: 8,
    along_db: 0.5,
    rank: 8,
    rank_frames: 22,
    rank_bins: 60,
};

impl Parameters {
    fn bin(&self, hz: f32) -> usize {
        (hz * self.window as f32 / sonic_core::FINGERPRINT_RATE as f32).round() as usize
    }

    /// Number of the lowest bin used.
    pub(super) fn first_bin(&self) -> usize {
        self.bin(self.low_hz)
    }

    /// How many bins are used.
    pub(super) fn bins(&self) -> usize {
        self.bin(self.high_hz) - self.first_bin()
    }

    /// The id of the pipeline: algorithm, version, and a hash of all parameters.
    pub(super) fn pipeline(&self) -> PipelineId {
        let text = format!("{} Hz {self:?}", sonic_core::FINGERPRINT_RATE);
        PipelineId::new(format!("landmark-2-{:016x}", fnv1a(text.as_bytes())))
    }
}

/// FNV-1a, 64 bits: enough to tell parameter sets apart.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, &b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}
