//! Recordings into a store, and what that costs.

use crate::process::{anonymous_mb, cpu_seconds, peak_mb};
use crate::{Anyhow, Dataset};
use serde_json::{Value, json};
use sonic::audio::decode::{DecodeOptions, Decoder};
use sonic::audio::fingerprint::SAMPLE_RATE;
use sonic::recordings::{AddEvent, AddOptions, NewRecording, Recording};
use sonic::{Clip, Store, StoreOptions};
use sonic_testing::sound::oddities;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

/// Decodes every recording to mono at the rate of fingerprints, and does nothing with it.
pub(crate) fn decode_all(dataset: &Dataset) -> Anyhow<Value> {
    let (start, before) = (Instant::now(), cpu_seconds());
    let mut samples = 0;
    for path in &dataset.recordings {
        let mut decoder = Decoder::open(path.as_path(), &DecodeOptions::at(SAMPLE_RATE))?;
        while let Some(block) = decoder.next_block()? {
            samples += block.len();
        }
    }
    let seconds = samples as f64 / f64::from(SAMPLE_RATE);
    Ok(json!({
        "audio_s": seconds,
        "wall_s": start.elapsed().as_secs_f64(),
        "cpu_s": cpu_since(before),
        "audio_s_per_cpu_s": cpu_since(before).map(|cpu| seconds / cpu),
    }))
}

/// Adds every recording to a new store below `work`, and compacts it.
pub(crate) fn add_all(dataset: &Dataset, work: &Path, jobs: usize) -> Anyhow<Value> {
    let store = Store::open(work.join("store"), StoreOptions::default())?;
    let (start, before) = (Instant::now(), cpu_seconds());
    let mut failed = Vec::new();
    let options = AddOptions { jobs, ..AddOptions::default() };
    let summary = sonic::recordings::add_files(&store, &dataset.recordings, &options, |event| {
        if let AddEvent::File(file) = event
            && let Some(error) = file.error
        {
            failed.push(error.to_string());
        }
        ControlFlow::Continue(())
    })?;
    let (wall, cpu, peak) = (start.elapsed(), cpu_since(before), peak_mb());
    if !failed.is_empty() || summary.added != dataset.recordings.len() {
        return Err(format!("{summary:?}: {failed:?}").into());
    }
    let recorded = store.stats()?;
    add_oddities(&store)?;
    let (loose, start) = (store.stats()?, Instant::now());
    store.compact()?;
    let (compact, stats) = (start.elapsed(), store.stats()?);
    // Rates are those of the recordings alone; the odd sound is a few minutes of the files.
    let hours = recorded.duration_ms as f64 / 3.6e6;
    Ok(json!({
        "recordings": recorded.recordings,
        "hours": hours,
        "landmarks_per_s": recorded.landmarks as f64 / (3600.0 * hours),
        "postings_per_s": recorded.postings as f64 / (3600.0 * hours),
        "wall_s": wall.as_secs_f64(),
        "cpu_s": cpu,
        "audio_s_per_cpu_s": cpu.map(|cpu| 3600.0 * hours / cpu),
        "peak_mb": peak,
        "anonymous_mb": anonymous_mb(),
        "compact_s": compact.as_secs_f64(),
        "peak_with_compact_mb": peak_mb(),
        "postings_mb_per_hour": stats.postings_bytes as f64 / 1e6 / hours,
        "file_mb_per_hour_before_compact": loose.file_bytes as f64 / 1e6 / hours,
        "file_mb_per_hour": stats.file_bytes as f64 / 1e6 / hours,
    }))
}

/// Adds sound that trips finders of peaks: whatever looks like any of it must not be named.
fn add_oddities(store: &Store) -> Anyhow<()> {
    let mut added = Vec::new();
    for (name, samples) in oddities(SAMPLE_RATE, 20.0) {
        let recording = Recording { id: format!("odd {name}"), ..Recording::default() };
        let fingerprint = sonic::fingerprint(&Clip::new(samples, SAMPLE_RATE))?;
        added.push(NewRecording { recording, fingerprint });
    }
    store.recordings().add(added)?;
    Ok(())
}

/// Processor seconds since `before`, at least one tick.
pub(crate) fn cpu_since(before: Option<f64>) -> Option<f64> {
    Some((cpu_seconds()? - before?).max(0.01))
}
