//! `sonic voice calibrate`: how scores become probabilities, from recordings whose speakers are known.

use super::Model;
use crate::output::{self, Output};
use crate::{Common, Failure, Outcome};
use serde::Serialize;
use sonic::audio::quality::QualityGate;
use sonic::audio::speaker::VoiceEmbedder;
use sonic::{Access, Calibration, Embedding, Error, ErrorKind, Speech, Trial, Voices, vector};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Fit how scores become probabilities, from trials: enrolled people compared with recordings of them and of others.
///
/// The recordings must not be samples that the people were enrolled with: those score too high.
#[derive(Debug, clap::Args)]
pub(crate) struct Calibrate {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(flatten)]
    model: Model,
    /// The trials, one a line: PERSON FILE target|nontarget, with tabs between them if a name has spaces. A file is
    /// looked for beside this one.
    #[arg(value_name = "TRIALS")]
    trials: PathBuf,
}

#[derive(Serialize)]
struct Line<'a> {
    pipeline: &'a str,
    target: usize,
    nontarget: usize,
    slope: f64,
    offset: f64,
    even_odds_at: f64,
}

/// A line of the file.
struct Row {
    person: String,
    file: PathBuf,
    same: bool,
}

impl Calibrate {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let embedder = self.model.load()?;
        let rows = read(&self.trials)?;
        let voices = self.common.open(Access::ReadWrite)?.voices();
        let (heard, outcome) = hear(&embedder, &rows);
        let trials = score(&voices, &rows, &heard)?;
        let fitted = voices.fit_calibration(embedder.pipeline(), &trials)?;
        let target = trials.iter().filter(|t| t.same).count();
        self.tell(output, embedder.pipeline().as_str(), target, &fitted)?;
        Ok(outcome)
    }

    fn tell(
        &self,
        output: &mut Output,
        pipeline: &str,
        target: usize,
        fitted: &Calibration,
    ) -> sonic::Result<()> {
        let nontarget = fitted.trials as usize - target;
        let (slope, offset) = (fitted.slope, fitted.offset);
        let even_odds_at = -offset / slope;
        match output.is_json() {
            true => output.object(&Line { pipeline, target, nontarget, slope, offset, even_odds_at }),
            false => output.line(format_args!(
                "fitted from {target} trials of the person and {nontarget} of others: even odds at a cosine of \
                 {even_odds_at:.3}"
            )),
        }
    }
}

fn read(path: &Path) -> sonic::Result<Vec<Row>> {
    let text =
        std::fs::read_to_string(path).map_err(|e| Error::io(format!("cannot read {}", path.display()), e))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let row = |(number, line): (usize, &str)| {
        row(line, folder).ok_or_else(|| {
            let message = format!(
                "line {} of {} is not PERSON FILE target|nontarget: {line:?}",
                number + 1,
                path.display()
            );
            Error::new(ErrorKind::InvalidArgument, message)
        })
    };
    lines.map(row).collect()
}

fn row(line: &str, folder: &Path) -> Option<Row> {
    let fields: Vec<&str> = match line.contains('\t') {
        true => line.split('\t').map(str::trim).collect(),
        false => line.split_whitespace().collect(),
    };
    let [person, file, kind] = fields[..] else { return None };
    let same = match kind {
        "target" => true,
        "nontarget" => false,
        _ => return None,
    };
    Some(Row { person: person.to_owned(), file: folder.join(file), same })
}

/// The embedding of each file that there is one of. The others are complained about, and their trials left out.
fn hear<'a>(embedder: &VoiceEmbedder, rows: &'a [Row]) -> (HashMap<&'a Path, Embedding>, Outcome) {
    let mut files: Vec<&Path> = rows.iter().map(|row| row.file.as_path()).collect();
    files.sort_unstable();
    files.dedup();
    let speech = files.iter().map(|path| Speech::from(*path)).collect();
    let heard = sonic::hear_all(embedder, speech, &QualityGate::default());
    let (mut embeddings, mut outcome) = (HashMap::new(), Outcome::AllFine);
    for (path, heard) in files.into_iter().zip(heard) {
        match heard {
            Ok(heard) => embeddings.extend(heard.voice.embedding.map(|e| (path, e))),
            Err(error) => {
                output::complain(format_args!("failed: {}: {error}", path.display()));
                outcome = Outcome::SomeFailed;
            }
        }
    }
    (embeddings, outcome)
}

/// The trials with their scores.
fn score(voices: &Voices, rows: &[Row], heard: &HashMap<&Path, Embedding>) -> sonic::Result<Vec<Trial>> {
    let (mut means, mut trials) = (HashMap::new(), Vec::new());
    for row in rows {
        let Some(embedding) = heard.get(row.file.as_path()) else { continue };
        if !means.contains_key(&row.person) {
            means.insert(&row.person, mean(voices, &row.person)?);
        }
        let mean = &means[&row.person];
        if mean.pipeline != embedding.pipeline {
            let message = format!(
                "the store has voices of the pipeline {}, the trials are of {}: choose that model",
                mean.pipeline.as_str(),
                embedding.pipeline.as_str()
            );
            return Err(Error::new(ErrorKind::Mismatch, message));
        }
        trials.push(Trial { score: vector::dot(&mean.vector, &embedding.vector), same: row.same });
    }
    Ok(trials)
}

fn mean(voices: &Voices, person: &str) -> sonic::Result<Embedding> {
    voices.mean(person)?.ok_or_else(|| {
        let message = format!("nobody named {person:?} is enrolled: enrol them first");
        Error::new(ErrorKind::NotFound, message)
    })
}
