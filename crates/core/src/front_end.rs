//! What models of sound are fed with.

use crate::{Error, ErrorKind, Result};
use std::fmt;
use std::str::FromStr;

/// How sound becomes the input of a model. A model works only with the front-end that it was trained with, to the last
/// detail; its manifest names it.
///
/// All but [`Waveform`](Self::Waveform) take 16 kHz mono sound with full scale 1, in frames of 25 ms every 10 ms unless they
/// say otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FrontEnd {
    /// TaoRuijie's ECAPA-TDNN: pre-emphasis, 80 HTK mels from 20 to 7600 Hz, natural logarithm, mean of the
    /// utterance removed.
    Ecapa80,
    /// As [`Ecapa80`](Self::Ecapa80), the mean left in: what celda128 takes.
    Logmel80,
    /// SpeechBrain's `Fbank` as of `spkrec-ecapa-voxceleb`: 80 mels from 0 to 8000 Hz in decibels, at most 80 under
    /// the loudest, mean of the utterance removed.
    SpeechBrain80,
    /// Kaldi's fbank as WeSpeaker calls it: full scale 32768, Hamming window, mean of the utterance removed.
    Kaldi80Hamming,
    /// Kaldi's fbank as 3D-Speaker and CAM++ call it: full scale 1, Povey window, mean of the utterance removed.
    Kaldi80Povey,
    /// Resemblyzer's 40 Slaney mels, power, no logarithm.
    Resemblyzer40,
    /// Whisper's 80 Slaney mels of 30 s: shorter sound is filled up with silence, longer sound is refused.
    Whisper80,
    /// As [`Whisper80`](Self::Whisper80) with 128 mels: the large models from version 3.
    Whisper128,
    /// Moonshine's recogniser of letters and digits: 64 Slaney mels of 1 s, natural logarithm, frames of 32 ms every 7.8 ms,
    /// all of the plane to mean 0 and deviation 1; shorter sound is filled up with silence, longer sound is refused.
    Moonshine64,
    /// The samples themselves, in -1..1, at the rate of the model.
    Waveform,
}

impl FrontEnd {
    /// Every front-end there is.
    pub const ALL: [Self; 10] = [
        Self::Ecapa80,
        Self::Logmel80,
        Self::SpeechBrain80,
        Self::Kaldi80Hamming,
        Self::Kaldi80Povey,
        Self::Resemblyzer40,
        Self::Whisper80,
        Self::Whisper128,
        Self::Moonshine64,
        Self::Waveform,
    ];

    /// The name by which manifests call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ecapa80 => "ecapa80",
            Self::Logmel80 => "logmel80",
            Self::SpeechBrain80 => "speechbrain80",
            Self::Kaldi80Hamming => "kaldi80-hamming",
            Self::Kaldi80Povey => "kaldi80-povey",
            Self::Resemblyzer40 => "resemblyzer40",
            Self::Whisper80 => "whisper80",
            Self::Whisper128 => "whisper128",
            Self::Moonshine64 => "moonshine64",
            Self::Waveform => "waveform",
        }
    }

    /// Values in a frame; a frame of the waveform is a sample.
    pub fn bins(self) -> usize {
        match self {
            Self::Whisper128 => 128,
            Self::Resemblyzer40 => 40,
            Self::Moonshine64 => 64,
            Self::Waveform => 1,
            _ => 80,
        }
    }
}

impl fmt::Display for FrontEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for FrontEnd {
    type Err = Error;

    /// The front-end of that name; another name is `Unsupported`.
    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|f| f.name() == name).ok_or_else(|| {
            let known = Self::ALL.map(Self::name).join(", ");
            let message = format!("there is no front-end {name:?}: use one of {known}");
            Error::new(ErrorKind::Unsupported, message)
        })
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for FrontEnd {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for FrontEnd {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let name = <String as serde::Deserialize>::deserialize(deserializer)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_parsed() {
        for front_end in FrontEnd::ALL {
            assert_eq!(front_end.name().parse::<FrontEnd>().unwrap(), front_end);
            let of_name = FrontEnd::ALL.iter().filter(|f| f.name() == front_end.name());
            assert_eq!(of_name.count(), 1);
        }
        assert_eq!("mfcc13".parse::<FrontEnd>().unwrap_err().kind(), ErrorKind::Unsupported);
    }
}
