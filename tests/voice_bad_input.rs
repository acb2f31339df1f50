//! Promise: whatever sound is given to the voice side, the answer is a vector, a verdict or an error that says what
//! to do; never a panic, and never memory for hours.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;
mod voice_support;

use sonic::audio::decode::{Source, decode};
use sonic::audio::quality::{QualityGate, Reason, measure};
use sonic::audio::speaker::VoiceEmbedder;
use sonic::audio::speech::{SpeechFinder, SpeechOptions, speech_spans};
use sonic::{Clip, ErrorKind};
use std::io::Read;
use support::{RATE, Scratch, melody, wav, wav_of};
use voice_support::cosine;

fn interleaved(left: &[f32], right: &[f32]) -> Vec<u8> {
    let sample = |x: f32| ((x * 32_767.0) as i16).to_le_bytes();
    left.iter().zip(right).flat_map(|(l, r)| [sample(*l), sample(*r)].concat()).collect()
}

#[test]
fn silent_short_and_broken_sound_is_an_error_for_the_embedder() {
    let embedder = VoiceEmbedder::built_in();
    let refused = |clip: Clip| {
        let error = embedder.embed(&clip).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    };
    refused(Clip::new(vec![], RATE));
    refused(Clip::new(vec![0.0; 48_000], RATE));
    refused(Clip::new(melody(1, 0.1), RATE));
    refused(Clip::new(melody(1, 1.0), 0));
    refused(Clip::new(melody(1, 1.0), 10_000_000));
    for bad in [f32::NAN, f32::INFINITY] {
        for rate in [8_000, RATE, 44_100] {
            let mut samples = melody(1, 3.0);
            samples[20_000] = bad;
            refused(Clip::new(samples, rate));
        }
    }
    let silent = Source::from(wav(&[0.0; 48_000]));
    assert_eq!(embedder.embed_source(silent).unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!(embedder.embed_source("/nowhere.wav").unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(embedder.embed_source(b"noise".to_vec()).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn a_dead_channel_clipping_and_level_change_the_voice_little() {
    let embedder = VoiceEmbedder::built_in();
    let sound = melody(3, 4.0);
    let want = embedder.embed(&Clip::new(sound.clone(), RATE)).unwrap();
    let stereo = wav_of(&interleaved(&sound, &vec![0.0; sound.len()]), 1, 2, RATE, 16);
    let dead = embedder.embed_source(stereo).unwrap();
    assert!(cosine(&dead.vector, &want.vector) > 0.98, "{}", cosine(&dead.vector, &want.vector));
    let clipped = sound.iter().map(|x| x.clamp(-0.2, 0.2)).collect();
    let clipped = embedder.embed(&Clip::new(clipped, RATE)).unwrap();
    assert!(clipped.vector.iter().all(|v| v.is_finite()));
}

#[test]
fn a_telephone_is_resampled() {
    let embedder = VoiceEmbedder::built_in();
    let data: Vec<u8> =
        melody(3, 4.0).iter().step_by(2).flat_map(|x| ((x * 32_767.0) as i16).to_le_bytes()).collect();
    let file = wav_of(&data, 1, 1, 8_000, 16);
    let from_file = embedder.embed_source(file.clone()).unwrap();
    let clip = decode(file).unwrap();
    assert_eq!(clip.sample_rate, 8_000);
    let from_clip = embedder.embed(&clip).unwrap();
    assert!(cosine(&from_file.vector, &from_clip.vector) > 0.9999);
    assert!(speech_spans(&clip, &SpeechOptions::default()).is_ok());
}

/// A WAV file of three hours that is made while it is read: 345 MB that never lie in memory.
struct Endless {
    header: Vec<u8>,
    minute: Vec<u8>,
    position: usize,
    length: usize,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let from = self.position;
        let part = match from < self.header.len() {
            true => &self.header[from..],
            false => &self.minute[(from - self.header.len()) % self.minute.len()..],
        };
        let count = part.len().min(buffer.len()).min(self.length - from);
        buffer[..count].copy_from_slice(&part[..count]);
        self.position += count;
        Ok(count)
    }
}

fn three_hours() -> Endless {
    let minute: Vec<u8> =
        melody(5, 60.0).iter().flat_map(|x| ((x * 32_767.0) as i16).to_le_bytes()).collect();
    let size = minute.len() * 180;
    let mut header = wav_of(&[], 1, 1, RATE, 16);
    header[4..8].copy_from_slice(&(36 + size as u32).to_le_bytes());
    header[40..44].copy_from_slice(&(size as u32).to_le_bytes());
    Endless { length: header.len() + size, header, minute, position: 0 }
}

/// Peak memory of this process in bytes, where the system says it.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1024)
}

#[test]
fn three_hours_are_embedded_without_memory_for_them() {
    let mut child = support::second_process("embed_three_hours").spawn().unwrap();
    assert!(child.wait().unwrap().success());
}

/// Runs in a process of its own, whose peak memory is its own too.
#[test]
#[ignore = "run by another test"]
fn embed_three_hours() {
    let embedder = VoiceEmbedder::built_in();
    let long = embedder.embed_source(Source::reader(three_hours())).unwrap();
    let minute = embedder.embed(&Clip::new(melody(5, 60.0), RATE)).unwrap();
    assert!(cosine(&long.vector, &minute.vector) > 0.95, "{}", cosine(&long.vector, &minute.vector));
    let mut finder = SpeechFinder::new(&SpeechOptions::default(), RATE).unwrap();
    let minute = melody(5, 60.0);
    for _ in 0..180 {
        finder.push(&minute).unwrap();
    }
    finder.finish().unwrap();
    if let Some(peak) = peak_memory() {
        assert!(peak < 150 << 20, "{peak} bytes");
    }
}

#[test]
fn bad_recordings_have_a_verdict() {
    let scratch = Scratch::new("voice-quality");
    let silent = decode(scratch.melody("a.wav", 1, 2.0)).unwrap();
    let silent = Clip::new(vec![0.0; silent.samples.len()], RATE);
    let verdict = QualityGate::short_utterance().check(&silent).unwrap();
    assert_eq!(verdict.reasons[0], Reason::TooWeak);
    let mut loud = melody(2, 3.0);
    loud.iter_mut().for_each(|x| *x = (*x * 40.0).clamp(-1.0, 1.0));
    assert!(measure(&Clip::new(loud, RATE)).unwrap().clipping > 0.05);
    for samples in [0, 1, 100, 1_600] {
        let clip = Clip::new(melody(1, samples as f32 / RATE as f32), RATE);
        assert!(!QualityGate::short_utterance().check(&clip).unwrap().passes());
        assert!(!QualityGate::default().check(&clip).unwrap().passes());
    }
}
