//! What sonic does, on recordings that come with the repository or on your own:
//!
//! ```text
//! cargo run --release --example demo [FOLDER]
//! ```
//!
//! Indexes the folder, spoils clips of it in the ways that the world does, asks what they are, and says how it went.
//! Then, with what comes with the repository, the same for voices: people are enrolled and named, strangers are not.
//! A conversation of theirs comes slice by slice and is cut into turns. At last a voicebank sings a song for two voices, if
//! there is ONNX Runtime. The store, the song, and pictures of one answer, of the conversation and of the song are left in
//! `demo-out/`.

mod answer;
mod degrade;
mod question;
mod singing;
mod talk;
mod talk_picture;
mod voices;

use answer::{Verdict, row, verdict};
use question::Question;
use sonic::recordings::{AddEvent, AddOptions, Identified, IdentifyOptions};
use sonic::{Store, StoreOptions};
use std::error::Error;
use std::io::{StdoutLock, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// Where the store and the picture go.
const OUT: &str = "demo-out";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let own = std::env::args_os().nth(1).filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/demo");
    let media = own.clone().unwrap_or_else(|| shipped.join("media"));
    let mut out = std::io::stdout().lock();
    let store = index(&media, &mut out)?;
    let mut questions = question::spoilt(&store)?;
    if own.is_none() {
        questions.extend(question::encoded(&shipped.join("queries"))?);
    }
    questions.extend(question::outside(&shipped.join("outside"))?);
    let mut all_right = query(&store, &questions, &mut out)?;
    if own.is_none() {
        all_right &= voices::recognise(&shipped.join("voices"), &store, &mut out)?;
        all_right &= talk::follow(&shipped, &store, &Path::new(OUT).join("talk.svg"), &mut out)?;
        all_right &= singing::sing(&shipped, Path::new(OUT), &mut out)?;
    }
    Ok(if all_right || own.is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Makes a new store of the recordings in `media`.
fn index(media: &Path, out: &mut StdoutLock<'_>) -> Result<Store, Box<dyn Error>> {
    let path = Path::new(OUT).join("store");
    if path.exists() {
        std::fs::remove_dir_all(&path)?;
    }
    let store = Store::open(&path, StoreOptions::default())?;
    let (start, mut failed) = (Instant::now(), Vec::new());
    let summary =
        sonic::recordings::add_files(&store, &[media.to_owned()], &AddOptions::default(), |event| {
            if let AddEvent::File(file) = event {
                failed.extend(file.error.map(|e| e.to_string()));
            }
            ControlFlow::Continue(())
        })?;
    for message in failed {
        writeln!(out, "left out: {message}")?;
    }
    let stats = store.stats()?;
    if stats.recordings == 0 {
        return Err(format!("there are no recordings in {}", media.display()).into());
    }
    writeln!(
        out,
        "{} recordings, {:.1} minutes of sound, indexed in {:.2} s; the store takes {:.2} MB\n",
        summary.added,
        stats.duration_ms as f64 / 60_000.0,
        start.elapsed().as_secs_f64(),
        stats.file_bytes as f64 / 1e6
    )?;
    Ok(store)
}

/// Asks everything, prints the table, draws the picture; true if every answer is right.
fn query(store: &Store, questions: &[Question], out: &mut StdoutLock<'_>) -> Result<bool, Box<dyn Error>> {
    writeln!(out, "{}", answer::HEAD)?;
    let (mut counts, mut picture) = ([0; 4], None);
    let mut search_ms = 0.0;
    for question in questions {
        let found: Identified = sonic::identify(store, question.sound.clone(), &IdentifyOptions::default())?;
        let verdict = verdict(question, &found.answer);
        counts[verdict as usize] += 1;
        search_ms += found.elapsed.search.as_secs_f64() * 1e3;
        writeln!(out, "{}", row(question, &found, verdict))?;
        if question.draw && verdict == Verdict::Ok {
            let best = &found.answer.matches[0];
            picture = Some(sonic::recordings::render(&sonic::recordings::explain(
                store,
                question.sound.clone(),
                best,
            )?));
        }
    }
    let [ok, rejected, unknown, wrong] = counts;
    writeln!(
        out,
        "\n{} asked: {ok} right, {rejected} rightly unknown, {unknown} missed, {wrong} wrong; {:.1} ms a search",
        questions.len(),
        search_ms / questions.len() as f64
    )?;
    if let Some(svg) = picture {
        let path = Path::new(OUT).join("explain.svg");
        std::fs::write(&path, svg)?;
        writeln!(out, "how one of them was recognised: {}", path.display())?;
    }
    Ok(unknown + wrong == 0)
}
