//! A song for two voices, sung by the voicebank in `singer`, mixed, measured, and drawn.

mod hall;
mod picture;
mod pitch;

use sonic::model::{Runtime, RuntimeOptions};
use sonic::sing::score::{Part, Score, SungNote};
use sonic::sing::{RenderOptions, Severity, Track, Voicebank, mix, write_sound};
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// A sung pitch may be this far from the written one, in cents: what is heard as in tune.
const IN_TUNE_CENTS: f64 = 10.0;
/// Where the voices stand, left and right.
const PLACES: [f32; 2] = [-0.35, 0.35];
/// How loud each is in the mix.
const VOLUME: f32 = 1.6;

/// A part as it was sung.
struct Voice<'a> {
    part: &'a Part,
    samples: Vec<f32>,
    /// Phonemes and when they start and end, in seconds.
    phonemes: Vec<(String, f64, f64)>,
    /// Hertz as measured in `samples`, one in each [`pitch::STEP`] seconds; 0 where nothing is voiced.
    measured: Vec<f32>,
    phrases: usize,
    seconds: f64,
}

/// Sings the song of `folder` into `target`; true if every note is in tune. Without ONNX Runtime it says so, and that is no
/// fault.
pub(crate) fn sing(folder: &Path, target: &Path, out: &mut impl Write) -> Result<bool, Box<dyn Error>> {
    if let Err(error) = runtime() {
        writeln!(out, "\nleft out: a song for two voices, for want of ONNX Runtime ({error})")?;
        return Ok(true);
    }
    let score = Score::open(folder.join("song.musicxml"))?;
    let bank = Voicebank::open(&folder.join("singer"))?;
    if let Some(fault) = bank.check().into_iter().find(|finding| finding.severity == Severity::Error) {
        return Err(format!("the voicebank of the demo: {fault}").into());
    }
    let title = score.title.as_deref().unwrap_or("a song");
    writeln!(out, "\n\"{title}\", {:.0} s for two voices, by {}\n", score.total_seconds, bank.name())?;
    writeln!(out, "VOICE          NOTES  PHRASES   SOUND   SUNG IN   OUT OF TUNE AT MOST")?;
    let (mut voices, mut all_in_tune) = (Vec::new(), true);
    for number in 0..score.parts.len() {
        let voice = voice(&score, &bank, number)?;
        let cents = out_of_tune(&voice);
        all_in_tune &= cents <= IN_TUNE_CENTS;
        writeln!(out, "{}", row(&voice, bank.sample_rate(), cents))?;
        write_sound(&target.join(file_name(voice.part)), &voice.samples, 1, bank.sample_rate())?;
        voices.push(voice);
    }
    let song = target.join("song.wav");
    write_sound(&song, &mixed(&voices, bank.sample_rate())?, 2, bank.sample_rate())?;
    let drawn = target.join("song.svg");
    std::fs::write(&drawn, picture::draw(&score, &voices))?;
    writeln!(out, "\nthe song, in a hall: {}; how it was sung: {}", song.display(), drawn.display())?;
    Ok(all_in_tune)
}

/// ONNX Runtime, from where `make demo` has fetched it or from wherever it is found.
fn runtime() -> sonic::Result<Runtime> {
    let packages = Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv");
    let unix = std::fs::read_dir(packages.join("lib")).into_iter().flatten().flatten();
    let folders = unix.map(|entry| entry.path().join("site-packages"));
    let folders = folders.chain([packages.join("Lib/site-packages")]);
    let python_package = folders.map(|folder| folder.join("onnxruntime")).find(|folder| folder.is_dir());
    Runtime::load(&RuntimeOptions { python_package, ..RuntimeOptions::default() })
}

/// One part, sung.
fn voice<'a>(score: &'a Score, bank: &Voicebank, number: usize) -> Result<Voice<'a>, Box<dyn Error>> {
    let started = Instant::now();
    let mut options = RenderOptions::default();
    (options.part, options.strict) = (number, true);
    let (mut samples, mut phonemes, mut phrases) = (Vec::new(), Vec::new(), 0);
    for phrase in bank.render(score, &options)? {
        let phrase = phrase?;
        let start = usize::try_from(phrase.start_sample)?;
        samples.resize(samples.len().max(start + phrase.samples.len()), 0.0f32);
        samples[start..].iter_mut().zip(&phrase.samples).for_each(|(sum, x)| *sum += x);
        phonemes.extend(phrase.phonemes);
        phrases += 1;
    }
    let seconds = started.elapsed().as_secs_f64();
    let measured = pitch::measure(&samples, bank.sample_rate());
    Ok(Voice { part: &score.parts[number], samples, phonemes, measured, phrases, seconds })
}

/// The greatest distance of a note from its written pitch, in cents. Of each note the stretch before its vibrato counts.
fn out_of_tune(voice: &Voice<'_>) -> f64 {
    let error = |note: &SungNote| {
        let at = |part: f64| ((note.onset_s + part * note.duration_s) / pitch::STEP) as usize;
        let mut hertz: Vec<f32> = voice.measured.get(at(0.3)..at(0.55))?.to_vec();
        hertz.retain(|hertz| *hertz > 0.0);
        hertz.sort_by(f32::total_cmp);
        let median = f64::from(*hertz.get(hertz.len() / 2)?);
        Some((100.0 * (69.0 + 12.0 * (median / 440.0).log2() - note.pitch_midi)).abs())
    };
    // A note in which nothing is voiced is as wrong as can be.
    voice.part.sung.iter().map(|note| error(note).unwrap_or(f64::INFINITY)).fold(0.0, f64::max)
}

fn row(voice: &Voice<'_>, sample_rate: u32, cents: f64) -> String {
    let length = voice.samples.len() as f64 / f64::from(sample_rate);
    let name = &voice.part.part_name;
    let notes = voice.part.sung.len();
    format!(
        "{name:<14} {notes:>5} {:>8} {length:>5.1} s {:>7.2} s {cents:>14.1} cents",
        voice.phrases, voice.seconds
    )
}

/// `Upper voice` is kept, without the hall, in `upper-voice.wav`.
fn file_name(part: &Part) -> PathBuf {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    format!("{}.wav", part.part_name.chars().map(plain).collect::<String>()).into()
}

/// All voices side by side in a hall, two channels interleaved.
fn mixed(voices: &[Voice<'_>], sample_rate: u32) -> Result<Vec<f32>, Box<dyn Error>> {
    let tracks = voices.iter().zip(PLACES.into_iter().cycle());
    let tracks = tracks.map(|(v, place)| Track::new(v.samples.clone()).with_volume(VOLUME).with_pan(place));
    let mut sound = mix(&tracks.collect::<Vec<_>>())?;
    hall::add(&mut sound, sample_rate);
    Ok(sound)
}
