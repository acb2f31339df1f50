//! How speakers are told from each other.

use sonic_audio::speaker::VoiceEmbedder;
use sonic_core::Result;
use sonic_store::Voices;

/// How speakers are told from each other.
#[derive(Debug, Clone)]
pub struct SpeakerOptions {
    /// Milliseconds that a bit of activity stands for.
    pub bit_ms: u32,
    /// How much later than its first bit an update is stamped, in milliseconds.
    pub delay_ms: u32,
    /// How long a microphone counts as active after somebody spoke, in milliseconds.
    pub hold_ms: u32,
    /// What describes voices; `None`: only activity counts.
    pub voices: Option<VoiceEmbedder>,
    /// The store whose voices have names; `None`: voices that no meeting names are called `voice 1` and so on.
    pub store: Option<Voices>,
    /// The rule of two thresholds for voices: above this cosine with the voiceprint of a track it is that speaker, and
    /// the voiceprint stays as it is.
    pub same: f32,
    /// Above this it is that speaker, and the voiceprint grows; up to it, somebody new.
    pub matching: f32,
}

impl Default for SpeakerOptions {
    fn default() -> Self {
        Self {
            bit_ms: 100,
            delay_ms: 1_000,
            hold_ms: 200,
            voices: None,
            store: None,
            same: 0.95,
            matching: 0.35,
        }
    }
}

impl SpeakerOptions {
    pub(super) fn check(&self) -> Result<()> {
        if !(10..=1_000).contains(&self.bit_ms) || self.delay_ms > 60_000 || self.hold_ms > 5_000 {
            let message = "bit_ms is 10 to 1000, delay_ms at most 60000 and hold_ms at most 5000";
            return Err(crate::invalid(message));
        }
        if self.same.is_nan() || self.matching.is_nan() || self.matching > self.same {
            return Err(crate::invalid("of the two thresholds, matching is at most same: both are cosines"));
        }
        Ok(())
    }
}
