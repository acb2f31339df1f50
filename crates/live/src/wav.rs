//! Sound as a WAV file, for services that take files.

use crate::utterance::SAMPLE_RATE;

/// Mono sound at 16 kHz as a WAV file of 16-bit samples.
pub(crate) fn wav(samples: &[f32]) -> Vec<u8> {
    let data = samples.len() as u32 * 2;
    let mut file = Vec::with_capacity(44 + data as usize);
    file.extend(b"RIFF");
    file.extend((36 + data).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16u32.to_le_bytes());
    for word in [1u16, 1] {
        file.extend(word.to_le_bytes());
    }
    file.extend(SAMPLE_RATE.to_le_bytes());
    file.extend((SAMPLE_RATE * 2).to_le_bytes());
    for word in [2u16, 16] {
        file.extend(word.to_le_bytes());
    }
    file.extend(b"data");
    file.extend(data.to_le_bytes());
    let whole = |sample: &f32| (sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16;
    file.extend(samples.iter().flat_map(|sample| whole(sample).to_le_bytes()));
    file
}

#[cfg(test)]
mod tests {
    use super::*;
    use sonic_audio::decode::Source;

    #[test]
    fn a_decoder_reads_what_was_written() {
        let samples: Vec<f32> =
            (0..16_000).map(|i| ((i as f32 * 0.05).sin() * 16_384.0).round() / 32_768.0).collect();
        let clip = sonic_audio::decode(Source::from(wav(&samples))).unwrap();
        assert_eq!((clip.sample_rate, &clip.samples), (16_000, &samples));
    }
}
