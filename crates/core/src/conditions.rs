//! What an embedding of a voice was made of.

/// What an embedding of a voice was made of, which says how much it can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SpeechConditions {
    /// Milliseconds of speech that were found and embedded; 0 if none were found and all of the sound was embedded.
    pub speech_ms: u64,
    /// The highest frequency, in Hz, at which the speech can be heard over what is constant there; at most half the
    /// rate at which the embedder works.
    pub bandwidth_hz: u32,
    /// Mean power of the speech in the recording, in dB of full scale, without its constant part.
    pub level_dbfs: f32,
}

impl SpeechConditions {
    /// The bandwidth, in Hz, from which on a recording is wide-band: nothing of what the embedders look at is missing.
    pub const WIDE_HZ: u32 = 7_500;

    /// True if all that the embedders look at can be heard; false for a telephone or a recording that was compressed much.
    pub fn is_wide(&self) -> bool {
        self.bandwidth_hz >= Self::WIDE_HZ
    }
}
