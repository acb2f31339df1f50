//! Several voices in one sound.

use sonic_core::{Error, ErrorKind, Result};

/// A voice of a mix.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Track {
    /// The sound from the start of the song, one channel.
    pub samples: Vec<f32>,
    /// How loud, 0 to 4; 1 changes nothing.
    pub volume: f32,
    /// Where it stands, -1 (left) to 1 (right).
    pub pan: f32,
    /// True if it is not heard.
    pub mute: bool,
    /// True if only it, and others like it, are heard, whatever is muted.
    pub solo: bool,
}

impl Track {
    /// A voice in the middle, as loud as it is.
    pub fn new(samples: Vec<f32>) -> Self {
        Self { samples, volume: 1.0, pan: 0.0, mute: false, solo: false }
    }

    /// The same voice with this volume.
    #[must_use]
    pub fn with_volume(self, volume: f32) -> Self {
        Self { volume, ..self }
    }

    /// The same voice in this place.
    #[must_use]
    pub fn with_pan(self, pan: f32) -> Self {
        Self { pan, ..self }
    }

    /// The same voice, muted or not.
    #[must_use]
    pub fn with_mute(self, mute: bool) -> Self {
        Self { mute, ..self }
    }

    /// The same voice, alone or not.
    #[must_use]
    pub fn with_solo(self, solo: bool) -> Self {
        Self { solo, ..self }
    }
}

/// The voices together, two channels interleaved. One of them that has solo silences all that have not, muted or not.
/// A voice that stands in the middle has 3 dB less on both sides, so that moving it does not change how loud it is. A
/// mix that is louder than 1 is made as much softer as it needs.
///
/// # Errors
/// `InvalidArgument` for a volume or place out of range.
pub fn mix(tracks: &[Track]) -> Result<Vec<f32>> {
    for (number, track) in tracks.iter().enumerate() {
        if !(0.0..=4.0).contains(&track.volume) || !(-1.0..=1.0).contains(&track.pan) {
            let Track { volume, pan, .. } = track;
            let message =
                format!("voice {number} has volume {volume} and pan {pan}; possible are 0 to 4 and -1 to 1");
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
    }
    let any_solo = tracks.iter().any(|track| track.solo);
    let sounding = tracks.iter().filter(|track| if any_solo { track.solo } else { !track.mute });
    let length = tracks.iter().map(|track| track.samples.len()).max().unwrap_or(0);
    let mut out = vec![0.0; length * 2];
    for track in sounding {
        let angle = (track.pan + 1.0) * std::f32::consts::FRAC_PI_4;
        let (left, right) = (angle.cos() * track.volume, angle.sin() * track.volume);
        for (pair, sample) in out.chunks_exact_mut(2).zip(&track.samples) {
            pair[0] += left * sample;
            pair[1] += right * sample;
        }
    }
    let peak = out.iter().fold(0.0f32, |peak, x| peak.max(x.abs()));
    if peak > 1.0 {
        out.iter_mut().for_each(|x| *x /= peak);
    }
    Ok(out)
}

/// Adds a phrase to a sound that grows as it must.
pub(crate) fn add(out: &mut Vec<f32>, start_sample: u64, samples: &[f32], volume: f32) {
    let start = usize::try_from(start_sample).unwrap_or(usize::MAX);
    let Some(end) = start.checked_add(samples.len()) else { return };
    if out.len() < end {
        out.resize(end, 0.0);
    }
    out[start..end].iter_mut().zip(samples).for_each(|(out, sample)| *out += sample * volume);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solo_wins_over_mute() {
        let voice = |x: f32| Track::new(vec![x; 2]).with_pan(-1.0);
        let sounding = |tracks: &[Track]| mix(tracks).unwrap()[0];
        assert_eq!(sounding(&[voice(0.25), voice(0.5)]), 0.75);
        assert_eq!(sounding(&[voice(0.25).with_mute(true), voice(0.5)]), 0.5);
        assert_eq!(sounding(&[voice(0.25).with_mute(true).with_solo(true), voice(0.5)]), 0.25);
        assert_eq!(sounding(&[voice(0.25).with_volume(2.0), voice(0.0)]), 0.5);
    }

    #[test]
    fn places_keep_the_power_and_mixes_do_not_clip() {
        let middle = mix(&[Track::new(vec![1.0])]).unwrap();
        assert!((middle[0] - 0.5f32.sqrt()).abs() < 1e-6 && (middle[0] - middle[1]).abs() < 1e-6);
        let loud = mix(&[Track::new(vec![1.0, 0.5]).with_pan(1.0).with_volume(4.0)]).unwrap();
        assert!((loud[1] - 1.0).abs() < 1e-6 && (loud[3] - 0.5).abs() < 1e-6);
        assert!(mix(&[Track::new(vec![]).with_pan(2.0)]).is_err());
        assert!(mix(&[]).unwrap().is_empty());
    }

    #[test]
    fn phrases_are_added_where_they_start() {
        let mut out = Vec::new();
        add(&mut out, 2, &[1.0, 1.0], 1.0);
        add(&mut out, 3, &[1.0], 0.5);
        assert_eq!(out, [0.0, 0.0, 1.0, 1.5]);
    }
}
