//! How many seconds of sound are decoded in a second of processor time, what resampling adds, and how fast halving the
//! rate is beside the transforms of rubato.
//!
//! `cargo bench --bench decode`: asserts lengths only, prints ratios. Give it files to try others; without any it
//! takes the reference files of `SONIC_TEST_ASSETS`, and always a WAV file that it makes.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{Fft, FixedSync, Resampler, WindowFunction};
use sonic::Clip;
use sonic::audio::decode::{DecodeOptions, Decoder, Source};
use sonic::audio::resample;
use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The rate that fingerprints are made at.
const RATE: u32 = 11_025;
/// Sound that each figure is taken over, at least.
const SECONDS: f64 = 300.0;

fn main() -> Result<(), Box<dyn Error>> {
    println!("{:34} {:>8} {:>10} {:>12} {:>10}", "file", "codec", "native x", "11025 Hz x", "resampling");
    measure("44.1 kHz stereo, one minute", wav().into())?;
    for path in files() {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        measure(&name, fs::read(&path)?.into())?;
    }
    println!("\n{:34} {:>10} {:>10} {:>10}", "one minute, mono", "ours ms", "rubato ms", "ratio");
    [2, 4, 8].into_iter().try_for_each(halving)
}

/// Compares halving the rate with transforms of about the same sharpness.
fn halving(times: u32) -> Result<(), Box<dyn Error>> {
    let clip = Clip::new(noise((60 * RATE * times) as usize), RATE * times);
    let (mut ours, mut theirs) = (Duration::MAX, Duration::MAX);
    for _ in 0..9 {
        let start = Instant::now();
        let made = resample(&clip, RATE)?;
        ours = ours.min(start.elapsed());
        assert_eq!(made.samples.len(), 60 * RATE as usize);
        let start = Instant::now();
        transforms(&clip.samples, times as usize)?;
        theirs = theirs.min(start.elapsed());
    }
    let (ours, theirs) = (1e3 * ours.as_secs_f64(), 1e3 * theirs.as_secs_f64());
    let name = format!("{} Hz to {RATE} Hz", RATE * times);
    println!("{name:34} {ours:>10.2} {theirs:>10.2} {:>10.1}", theirs / ours);
    Ok(())
}

/// The peer, in blocks as sonic uses it for rates that are no power of two of each other.
fn transforms(samples: &[f32], times: usize) -> Result<Vec<f32>, Box<dyn Error>> {
    let (chunk, window) = (8192, WindowFunction::BlackmanHarris2);
    let mut fft = Fft::<f32>::new_custom(times, 1, chunk, 8, 1, window, FixedSync::Input)?;
    let mut made = vec![0.0; fft.output_frames_max()];
    let room = made.len();
    let mut out = Vec::with_capacity(samples.len() / times);
    for chunk in samples.chunks_exact(chunk) {
        let from = SequentialSlice::new(chunk, 1, chunk.len())?;
        let mut to = SequentialSlice::new_mut(&mut made, 1, room)?;
        let (_, count) = fft.process_into_buffer(&from, &mut to, None)?;
        out.extend_from_slice(&made[..count]);
    }
    Ok(out)
}

/// Numbers between -1 and 1, the same at every run.
fn noise(count: usize) -> Vec<f32> {
    let mut state = 1u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    std::iter::repeat_with(next).take(count).collect()
}

/// The files named on the command line, or those of the reference folder.
fn files() -> Vec<PathBuf> {
    let named: Vec<PathBuf> =
        std::env::args().skip(1).filter(|a| !a.starts_with("--")).map(PathBuf::from).collect();
    let Some(assets) = std::env::var_os("SONIC_TEST_ASSETS").filter(|_| named.is_empty()) else {
        return named;
    };
    let folder = PathBuf::from(assets).join("voice/audio/formats");
    let mut files: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    files.retain(|path| path.is_file() && path.extension().is_some_and(|e| e != "json"));
    files.sort();
    files
}

fn measure(name: &str, bytes: Arc<[u8]>) -> Result<(), Box<dyn Error>> {
    let decoder = Decoder::open(Source::bytes(bytes.clone()), &DecodeOptions::default())?;
    let (codec, rate) = (decoder.codec(), decoder.native_sample_rate());
    let (frames, _) = run(&bytes, None)?;
    let seconds = frames as f64 / f64::from(rate);
    let repeats = (SECONDS / seconds).ceil() as u32;
    let wanted = (seconds * f64::from(RATE)).round() as usize;
    let (mut native, mut resampled) = (Duration::MAX, Duration::MAX);
    for _ in 0..repeats {
        native = native.min(run(&bytes, None)?.1);
        let (length, time) = run(&bytes, Some(RATE))?;
        assert_eq!(length, wanted, "{name}");
        resampled = resampled.min(time);
    }
    let (native, resampled) = (native.as_secs_f64(), resampled.as_secs_f64());
    let share = 100.0 * (resampled - native) / resampled;
    let (slow, fast) = (seconds / native, seconds / resampled);
    println!("{name:34} {codec:>8} {slow:>10.0} {fast:>12.0} {share:>9.0}%");
    Ok(())
}

/// Decodes once; the number of samples and the time.
fn run(bytes: &Arc<[u8]>, sample_rate: Option<u32>) -> Result<(usize, Duration), Box<dyn Error>> {
    let start = Instant::now();
    let mut decoder = Decoder::open(
        Source::bytes(bytes.clone()),
        &DecodeOptions { sample_rate, ..DecodeOptions::default() },
    )?;
    let mut count = 0;
    while let Some(block) = decoder.next_block()? {
        count += block.len();
    }
    Ok((count, start.elapsed()))
}

/// One minute of noise, 16-bit stereo at 44.1 kHz.
fn wav() -> Vec<u8> {
    let length: u32 = 60 * 44_100 * 4;
    let mut file = b"RIFF".to_vec();
    file.extend((36 + length).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x02\0\x44\xac\0\0\x10\xb1\x02\0\x04\0\x10\0data");
    file.extend(length.to_le_bytes());
    let mut state = 1u32;
    file.extend((0..length).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    }));
    file
}
