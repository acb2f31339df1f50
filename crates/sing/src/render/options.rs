//! How a score is sung.

use crate::cache::PhraseCache;
use sonic_core::{Error, ErrorKind, Result};

/// How a score is sung. The defaults change nothing of what the voicebank does by itself.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RenderOptions {
    /// The part by its place in the score, from 0; not looked at if `part_id` is given.
    pub part: usize,
    /// The part by its id.
    pub part_id: Option<String>,
    /// The voice within the part; `None` for all of them, of which one note sounds at a time.
    pub voice: Option<String>,
    /// The verse, by its number as the score writes it; `None` for the verse of each pass of a repeat.
    pub verse: Option<String>,
    /// The language of the words, such as `en`: it chooses the bank's dictionary, the prefix of its phonemes and the
    /// spelling rules for words that the bank does not have. Empty for the bank's own.
    pub language: String,
    /// The voice colour or the speaker; empty for the first.
    pub voice_color: String,
    /// Speed of consonants, -1 (slow, soft) to 1 (fast, hard): VELC is 100 + 100 times this.
    pub articulation: f64,
    /// Breathiness, -100 to 100 (BREC): 100 is 12 dB more.
    pub airiness: f64,
    /// Energy, -100 to 100 (ENE): 100 is 12 dB more.
    pub intensity: f64,
    /// Tension, -100 to 100 (TENC): 100 is 5 more of what the model calls tension.
    pub tension: f64,
    /// Voicing, 0 to 200 (VOIC), 100 as the model predicts it: 200 is 12 dB more.
    pub clarity: f64,
    /// Formants, -100 (up) to 100 (down) (GENC): 100 is 12 semitones, as far as the model was trained for it.
    pub gender: f64,
    /// How much of the predicted expression the pitch has, 0 to 1; 0 sings the notes as they are written.
    pub pitch_expression: f64,
    /// Steps of diffusion of the spectrogram, 1 to 1000: more take longer and may sound better.
    pub steps: usize,
    /// Steps of diffusion of the pitch, 1 to 1000.
    pub pitch_steps: usize,
    /// Steps of diffusion of energy and the like, 1 to 1000.
    pub variance_steps: usize,
    /// Depth of shallow diffusion, above 0 to 1, as far as the bank allows.
    pub depth: f64,
    /// True if a word that cannot be spelled is an error; otherwise it is hummed, with a warning.
    pub strict: bool,
    /// True if a word that cannot be spelled is left out in place of being hummed.
    pub silence_unknown: bool,
    /// Where phrases are kept that were sung before.
    pub cache: Option<PhraseCache>,
}

impl Default for RenderOptions {
    fn default() -> Self {
        Self {
            part: 0,
            part_id: None,
            voice: None,
            verse: None,
            language: String::new(),
            voice_color: String::new(),
            articulation: 0.0,
            airiness: 0.0,
            intensity: 0.0,
            tension: 0.0,
            clarity: 100.0,
            gender: 0.0,
            pitch_expression: 1.0,
            steps: 20,
            pitch_steps: 10,
            variance_steps: 20,
            depth: 1.0,
            strict: false,
            silence_unknown: false,
            cache: None,
        }
    }
}

impl RenderOptions {
    /// That every number is in its range.
    pub(crate) fn check(&self) -> Result<()> {
        let percent = -100.0..=100.0;
        let ranges = [
            ("articulation", self.articulation, -1.0..=1.0),
            ("airiness", self.airiness, percent.clone()),
            ("intensity", self.intensity, percent.clone()),
            ("tension", self.tension, percent.clone()),
            ("clarity", self.clarity, 0.0..=200.0),
            ("gender", self.gender, percent),
            ("pitch_expression", self.pitch_expression, 0.0..=1.0),
            ("depth", self.depth, f64::MIN_POSITIVE..=1.0),
        ];
        for (name, value, range) in ranges {
            if !range.contains(&value) {
                let (low, high) = (range.start(), range.end());
                let low = if name == "depth" { 0.0 } else { *low };
                return Err(refuse(format!("{name} must be from {low} to {high}, but is {value}")));
            }
        }
        for (name, steps) in [
            ("steps", self.steps),
            ("pitch_steps", self.pitch_steps),
            ("variance_steps", self.variance_steps),
        ] {
            if !(1..=1000).contains(&steps) {
                return Err(refuse(format!("{name} must be from 1 to 1000, but is {steps}")));
            }
        }
        Ok(())
    }

    /// VELC of OpenUtau: 2 to the power of this part of 100 above 100 is the speed.
    pub(crate) fn velocity(&self) -> f64 {
        2f64.powf(self.articulation)
    }

    /// What is added to a curve that the variance model predicts (R20).
    pub(crate) fn shift(&self, curve: &str) -> f64 {
        match curve {
            "energy" => self.intensity * 0.12,
            "breathiness" => self.airiness * 0.12,
            "voicing" => (self.clarity - 100.0) * 0.12,
            _ => self.tension / 20.0,
        }
    }
}

pub(crate) fn refuse(message: String) -> Error {
    Error::new(ErrorKind::InvalidArgument, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_range_are_named() {
        assert!(RenderOptions::default().check().is_ok());
        let error = RenderOptions { clarity: f64::NAN, ..Default::default() }.check().unwrap_err();
        assert_eq!(error.message(), "clarity must be from 0 to 200, but is NaN");
        assert!(RenderOptions { steps: 0, ..Default::default() }.check().is_err());
        assert!(RenderOptions { depth: 0.0, ..Default::default() }.check().is_err());
    }
}
