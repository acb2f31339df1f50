//! `sonic sing render`: a voicebank sings a score.

use super::check;
use crate::add::interruption;
use crate::output::{Output, clock, plural};
use crate::{Failure, Outcome};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use sonic::ErrorKind;
use sonic::sing::score::Score;
use sonic::sing::{Phrase, PhraseCache, RenderOptions, RenderProgress, RenderWarning, Saved};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

/// Sing a part of a score, phrase by phrase, into a sound file.
///
/// It needs ONNX Runtime. What cannot be sung as it is written is told, and the song goes on.
#[derive(Debug, clap::Args)]
pub(crate) struct Render {
    /// Print one JSON object a warning and a phrase, and one at the end, instead of text for people.
    #[arg(long)]
    pub(crate) json: bool,
    /// A voicebank in the DiffSinger format of OpenUtau: the folder with its dsconfig.yaml.
    #[arg(long, value_name = "BANK")]
    bank: PathBuf,
    /// A folder of installed vocoders; may be repeated. A folder `_packages` beside the bank is looked in as well.
    #[arg(long = "vocoders", value_name = "DIR")]
    vocoders: Vec<PathBuf>,
    /// The sound file, whose ending says its format: .wav, .flac or .opus.
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    singer: Singer,
    #[command(flatten)]
    controls: Controls,
    /// A folder that keeps phrases: what was sung before is not sung again.
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Most megabytes of that folder; what was not used for the longest time goes first.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    cache_mb: u64,
    /// Fail at a word that cannot be spelled, instead of humming it.
    #[arg(long, conflicts_with = "silence_unknown")]
    strict: bool,
    /// Leave out a word that cannot be spelled, instead of humming it.
    #[arg(long)]
    silence_unknown: bool,
    /// A MusicXML file: .musicxml, .xml or .mxl.
    #[arg(value_name = "SCORE")]
    score: PathBuf,
}

/// Who sings what.
#[derive(Debug, clap::Args)]
struct Singer {
    /// The part: its id, or its place in the score from 0 on.
    #[arg(long, value_name = "PART", default_value = "0")]
    part: String,
    /// The voice within the part; default: all, one note at a time.
    #[arg(long, value_name = "VOICE")]
    voice: Option<String>,
    /// The verse; default: that of each pass of a repeat.
    #[arg(long, value_name = "VERSE")]
    verse: Option<String>,
    /// The language of the words, such as en; default: the bank's own.
    #[arg(long, value_name = "CODE", default_value = "")]
    language: String,
    /// The voice colour or the speaker; default: the first.
    #[arg(long, value_name = "NAME", default_value = "")]
    voice_color: String,
}

/// How it is sung.
#[derive(Debug, clap::Args)]
#[command(allow_negative_numbers = true)]
struct Controls {
    /// Speed of consonants, from -1, slow, to 1, fast.
    #[arg(long, value_name = "X", default_value_t = 0.0)]
    articulation: f64,
    /// Breathiness, -100 to 100.
    #[arg(long, value_name = "X", default_value_t = 0.0)]
    airiness: f64,
    /// Energy, -100 to 100.
    #[arg(long, value_name = "X", default_value_t = 0.0)]
    intensity: f64,
    /// Tension, -100 to 100.
    #[arg(long, value_name = "X", default_value_t = 0.0)]
    tension: f64,
    /// Voicing, 0 to 200; 100 is what the model predicts.
    #[arg(long, value_name = "X", default_value_t = 100.0)]
    clarity: f64,
    /// Formants, from -100, up, to 100, down.
    #[arg(long, value_name = "X", default_value_t = 0.0)]
    gender: f64,
    /// How much of the predicted expression the pitch has, 0 to 1.
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    pitch_expression: f64,
    /// Steps of diffusion of the spectrogram, 1 to 1000: more take longer and may sound better.
    #[arg(long, value_name = "N", default_value_t = 20)]
    steps: usize,
}

#[derive(Serialize)]
struct WarningLine<'a> {
    warning: &'static str,
    measure: &'a str,
    verse: &'a str,
    message: &'a str,
}

#[derive(Serialize)]
struct PhraseLine {
    start_seconds: f64,
    samples: usize,
    from_cache: bool,
    phonemes: Vec<(String, f64, f64)>,
}

#[derive(Serialize)]
struct SavedLine {
    path: String,
    seconds: f64,
    rendered: u64,
    from_cache: u64,
    warnings: usize,
}

impl Render {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let options = self.options()?;
        let score = Score::open(&self.score)?;
        let bank = check::open(&self.bank, &self.vocoders)?;
        let phrases = match bank.render(&score, &options) {
            Err(e) if e.kind() == ErrorKind::InvalidArgument => {
                return Err(Failure::Usage(e.message().to_owned()));
            }
            phrases => phrases?,
        };
        phrases.warnings().iter().try_for_each(|warning| tell(warning, output))?;
        let (told, interrupted, bar) = (phrases.warnings().len(), interruption(), bar(output));
        let mut problem = None;
        let saved = phrases.save(&self.output, |phrase, progress| {
            problem = report(phrase, progress, bar.as_ref(), output).err();
            match interrupted.load(Ordering::Relaxed) || problem.is_some() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        bar.iter().for_each(ProgressBar::finish_and_clear);
        problem.map_or(Ok(()), Err)?;
        if interrupted.load(Ordering::Relaxed) {
            return Ok(Outcome::Interrupted);
        }
        let saved = saved?;
        saved.warnings[told..].iter().try_for_each(|warning| tell(warning, output))?;
        self.end(&saved, output)
    }

    fn options(&self) -> sonic::Result<RenderOptions> {
        let mut options = RenderOptions::default();
        match self.singer.part.parse() {
            Ok(part) => options.part = part,
            Err(_) => options.part_id = Some(self.singer.part.clone()),
        }
        options.voice.clone_from(&self.singer.voice);
        options.verse.clone_from(&self.singer.verse);
        options.language.clone_from(&self.singer.language);
        options.voice_color.clone_from(&self.singer.voice_color);
        options.articulation = self.controls.articulation;
        options.airiness = self.controls.airiness;
        options.intensity = self.controls.intensity;
        options.tension = self.controls.tension;
        options.clarity = self.controls.clarity;
        options.gender = self.controls.gender;
        options.pitch_expression = self.controls.pitch_expression;
        options.steps = self.controls.steps;
        options.strict = self.strict;
        options.silence_unknown = self.silence_unknown;
        let limit = self.cache_mb * 1_000_000;
        options.cache = self.cache.as_ref().map(|folder| PhraseCache::open(folder, limit)).transpose()?;
        Ok(options)
    }

    fn end(&self, saved: &Saved, output: &mut Output) -> Result<Outcome, Failure> {
        let RenderProgress { rendered, from_cache, .. } = saved.progress;
        let path = self.output.to_string_lossy().into_owned();
        match output.is_json() {
            true => {
                let (seconds, warnings) = (saved.seconds, saved.warnings.len());
                output.object(&SavedLine { path, seconds, rendered, from_cache, warnings })?;
            }
            false => {
                let length = clock((saved.seconds * 1000.0).round() as i64, 1);
                let (sung, kept) = (plural(rendered, "phrase"), plural(from_cache, "phrase"));
                output.line(format_args!("{path}: {length}, {sung} sung, {kept} from the cache"))?;
            }
        }
        Ok(Outcome::AllFine)
    }
}

fn tell(warning: &RenderWarning, output: &mut Output) -> sonic::Result<()> {
    let RenderWarning { code, measure, verse, message, .. } = warning;
    match output.is_json() {
        true => output.object(&WarningLine { warning: code, measure, verse, message }),
        false => output.line(format_args!("warning: {message}")),
    }
}

/// The progress of a song, in tenths of a second.
fn bar(output: &Output) -> Option<ProgressBar> {
    let style = ProgressStyle::with_template("{bar:30} {msg}  {elapsed} (about {eta} left)");
    let bar = (!output.is_json()).then(|| ProgressBar::new(0));
    if let (Some(bar), Ok(style)) = (&bar, style) {
        bar.set_style(style);
    }
    bar
}

fn report(
    phrase: &Phrase,
    progress: RenderProgress,
    bar: Option<&ProgressBar>,
    output: &mut Output,
) -> sonic::Result<()> {
    let tenths = |seconds: f64| (seconds * 10.0).round() as u64;
    if let Some(bar) = bar {
        bar.set_length(tenths(progress.total_seconds));
        bar.set_position(tenths(progress.done_seconds));
        bar.set_message(format!("{:.1} of {:.1} s", progress.done_seconds, progress.total_seconds));
    }
    if !output.is_json() {
        return Ok(());
    }
    let Phrase { start_seconds, samples, from_cache, phonemes, .. } = phrase;
    let (start_seconds, from_cache) = (*start_seconds, *from_cache);
    output.object(&PhraseLine {
        start_seconds,
        samples: samples.len(),
        from_cache,
        phonemes: phonemes.clone(),
    })
}
