//! `sonic sing mix`: several voices become one sound.

use crate::output::{Output, clock, plural};
use crate::{Failure, Outcome};
use serde::Serialize;
use sonic::audio::decode::{DecodeOptions, decode_with};
use sonic::sing::{Track, mix, write_sound};
use std::path::PathBuf;
use std::str::FromStr;

/// Mix voices into one sound file of two channels.
///
/// A mix that is louder than a file can hold is made as much softer as it needs.
#[derive(Debug, clap::Args)]
pub(crate) struct Mix {
    /// Print one JSON object instead of text for people.
    #[arg(long)]
    pub(crate) json: bool,
    /// The sound file, whose ending says its format: .wav, .flac or .opus.
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// Sound files from the start of the song, each with what is to be done with it: alto.wav,volume=0.8,pan=-0.5.
    ///
    /// volume is 0 to 4 (1 changes nothing), pan -1 (left) to 1 (right); mute leaves a voice out, solo all others. The
    /// first file gives the rate.
    #[arg(value_name = "FILE[,volume=X][,pan=X][,mute][,solo]", required = true)]
    voices: Vec<Voice>,
}

/// A file and its place in the mix.
#[derive(Debug, Clone, PartialEq)]
struct Voice {
    path: PathBuf,
    volume: f32,
    pan: f32,
    mute: bool,
    solo: bool,
}

impl FromStr for Voice {
    type Err = String;

    /// Reads settings from the end on, so that a name may have commas.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut voice = Self { path: PathBuf::new(), volume: 1.0, pan: 0.0, mute: false, solo: false };
        let mut path = text;
        while let Some((rest, setting)) = path.rsplit_once(',') {
            let number = |value: &str| value.parse().map_err(|_| format!("{setting}: {value} is no number"));
            match setting.split_once('=') {
                Some(("volume", value)) => voice.volume = number(value)?,
                Some(("pan", value)) => voice.pan = number(value)?,
                None if setting == "mute" => voice.mute = true,
                None if setting == "solo" => voice.solo = true,
                _ => break,
            }
            path = rest;
        }
        voice.path = path.into();
        Ok(voice)
    }
}

impl Voice {
    /// The sound, at `sample_rate` or else its own, and its rate.
    fn track(&self, sample_rate: Option<u32>) -> sonic::Result<(Track, u32)> {
        let options = DecodeOptions { sample_rate, ..DecodeOptions::default() };
        let clip = decode_with(self.path.as_path(), &options)?;
        let track = Track::new(clip.samples).with_volume(self.volume).with_pan(self.pan);
        Ok((track.with_mute(self.mute).with_solo(self.solo), clip.sample_rate))
    }
}

#[derive(Serialize)]
struct MixedLine {
    path: String,
    seconds: f64,
    sample_rate: u32,
    voices: usize,
}

impl Mix {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let (mut tracks, mut rate) = (Vec::with_capacity(self.voices.len()), None);
        for voice in &self.voices {
            let (track, found) = voice.track(rate)?;
            rate.get_or_insert(found);
            tracks.push(track);
        }
        let sample_rate = rate.unwrap_or_default();
        let mixed = mix(&tracks).map_err(|error| Failure::Usage(error.message().to_owned()))?;
        write_sound(&self.output, &mixed, 2, sample_rate)?;
        let seconds = mixed.len() as f64 / 2.0 / f64::from(sample_rate.max(1));
        match output.is_json() {
            true => {
                let (path, voices) = (self.output.to_string_lossy().into_owned(), tracks.len());
                output.object(&MixedLine { path, seconds, sample_rate, voices })?;
            }
            false => {
                let length = clock((seconds * 1000.0).round() as i64, 1);
                let voices = plural(tracks.len() as u64, "voice");
                output.line(format_args!("{}: {length}, {voices}", self.output.display()))?;
            }
        }
        Ok(Outcome::AllFine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_follow_the_name() {
        let plain = Voice { path: "a,b.wav".into(), volume: 1.0, pan: 0.0, mute: false, solo: false };
        assert_eq!("a,b.wav".parse::<Voice>(), Ok(plain.clone()));
        let set = Voice { volume: 0.5, pan: -1.0, solo: true, ..plain.clone() };
        assert_eq!("a,b.wav,pan=-1,volume=0.5,solo".parse::<Voice>(), Ok(set));
        assert_eq!("a,b.wav,mute".parse::<Voice>(), Ok(Voice { mute: true, ..plain }));
        assert!("a.wav,volume=loud".parse::<Voice>().is_err());
    }
}
