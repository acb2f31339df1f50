//! Two channels of Opus decoded as one: libopus adds them before the transform back, and so saves half of what comes after.
//!
//! That is the mean, and channels that cancel each other would be silence. So the first packets, and a few of every couple of
//! seconds, are decoded with both channels as well, for the [`Mixer`] to judge; where it finds that they cancel each other, both
//! are decoded from there on.

use super::libopus::Plain;
use super::mix::{self, Mixer};

/// Packets that are judged at the start...
const FIRST: u32 = 8;
/// ...and how many of how many later.
const JUDGED: (u32, u32) = (3, 48);

/// Decodes two channels to their mean.
pub(super) struct Mean {
    rate: u32,
    one: Plain,
    /// Both channels, while they are judged or needed.
    both: Option<Plain>,
    /// Packets so far.
    count: u32,
    cancels: bool,
    judged: Vec<f32>,
}

impl Mean {
    /// A decoder at `rate` samples per second; `None` if libopus has none at that rate.
    pub(super) fn new(rate: u32) -> Option<Self> {
        let one = Plain::new(rate, 1)?;
        Some(Self { rate, one, both: None, count: 0, cancels: false, judged: Vec::new() })
    }

    /// Decodes a packet and appends the mean of its channels, after a `gain`, to `mono`; the number of frames, or the error
    /// code of libopus. `room` holds a packet of two channels.
    pub(super) fn decode(
        &mut self,
        packet: &[u8],
        room: &mut [f32],
        mixer: &mut Mixer,
        gain: f32,
        mono: &mut Vec<f32>,
    ) -> Result<usize, i32> {
        if let (true, Some(both)) = (self.cancels, &mut self.both) {
            let frames = both.decode(packet, room)?;
            mixer.interleaved(&room[..2 * frames], 2, gain, mono);
            return Ok(frames);
        }
        let (start, half) = (mono.len(), room.len() / 2);
        let frames = self.one.decode(packet, &mut room[..half])?;
        mono.extend_from_slice(&room[..frames]);
        mix::finish(&mut mono[start..], gain);
        self.judge(packet, room, mixer);
        Ok(frames)
    }

    /// Decodes both channels as well, if it is their turn.
    fn judge(&mut self, packet: &[u8], room: &mut [f32], mixer: &mut Mixer) {
        let is_due = self.count < FIRST || self.count % JUDGED.1 < JUDGED.0;
        self.count = self.count.checked_add(1).unwrap_or(FIRST);
        if !is_due {
            (self.both, self.judged) = (None, Vec::new());
            return;
        }
        if self.both.is_none() {
            self.both = Plain::new(self.rate, 2);
        }
        let Some(both) = &mut self.both else { return };
        if let Ok(frames) = both.decode(packet, room) {
            self.judged.clear();
            mixer.interleaved(&room[..2 * frames], 2, 1.0, &mut self.judged);
            self.cancels = mixer.cancels();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::TAU;
    use unsafe_libopus::{
        OPUS_APPLICATION_AUDIO, opus_encode_float, opus_encoder_create, opus_encoder_destroy,
    };

    const RATE: u32 = 48_000;
    const FRAMES: usize = 960;

    /// Packets of two channels, the second one `sign` times the first and something of its own.
    #[expect(unsafe_code, reason = "the encoder has the interface of C")]
    fn packets(sign: f32) -> Vec<Vec<u8>> {
        let mut error = 0;
        // SAFETY: the arguments are right, and the null of a failure is looked for.
        let encoder = unsafe { opus_encoder_create(RATE as i32, 2, OPUS_APPLICATION_AUDIO, &mut error) };
        assert!(!encoder.is_null());
        let tone = |n: usize, hertz: f32| (TAU * hertz * n as f32 / RATE as f32).sin();
        let packet = |number: usize| {
            let frame = |n: usize| {
                let left = 0.3 * tone(n, 440.0) + 0.1 * tone(n, 1_730.0);
                [left, sign * left + 0.02 * tone(n, 700.0)]
            };
            let pcm: Vec<f32> = (number * FRAMES..(number + 1) * FRAMES).flat_map(frame).collect();
            let mut packet = vec![0; 1_500];
            // SAFETY: the lengths are those of the buffers.
            let size = unsafe {
                opus_encode_float(
                    encoder,
                    pcm.as_ptr(),
                    FRAMES as i32,
                    packet.as_mut_ptr(),
                    packet.len() as i32,
                )
            };
            packet.truncate(usize::try_from(size).unwrap());
            packet
        };
        let packets = (0..100).map(packet).collect();
        // SAFETY: it came from the constructor and is not used again.
        unsafe { opus_encoder_destroy(encoder) };
        packets
    }

    /// What the mean of both, and what the mixer of all packets gives.
    fn decoded(packets: &[Vec<u8>]) -> (Vec<f32>, Vec<f32>) {
        let (mut mean, mut mixer, mut room) =
            (Mean::new(16_000).unwrap(), Mixer::new(16_000), vec![0.0; 4_000]);
        let (mut both, mut plain) = (Plain::new(16_000, 2).unwrap(), Mixer::new(16_000));
        let (mut quick, mut slow) = (Vec::new(), Vec::new());
        for packet in packets {
            mean.decode(packet, &mut room, &mut mixer, 1.0, &mut quick).unwrap();
            let frames = both.decode(packet, &mut room).unwrap();
            plain.interleaved(&room[..2 * frames], 2, 1.0, &mut slow);
        }
        (quick, slow)
    }

    fn energy(samples: &[f32]) -> f32 {
        samples.iter().map(|sample| sample * sample).sum()
    }

    #[test]
    fn it_is_the_mean() {
        let (quick, slow) = decoded(&packets(1.0));
        assert_eq!(quick.len(), slow.len());
        let off: Vec<f32> = quick.iter().zip(&slow).map(|(a, b)| a - b).collect();
        assert!(energy(&off) < 1e-8 * energy(&slow), "{} of {}", energy(&off), energy(&slow));
    }

    #[test]
    fn channels_that_cancel_each_other_are_both_decoded() {
        let (quick, slow) = decoded(&packets(-1.0));
        // A stretch of the mixer passes before it knows, here and there.
        let (quick, slow) = (&quick[4_000..], &slow[4_000..]);
        let off: Vec<f32> = quick.iter().zip(slow).map(|(a, b)| a - b).collect();
        assert!(energy(&off) < 1e-4 * energy(slow), "{} of {}", energy(&off), energy(slow));
        assert!(energy(slow) > 0.01 * slow.len() as f32, "it is loud");
    }
}
