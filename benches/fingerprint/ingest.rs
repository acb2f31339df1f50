//! Recordings into a store, and what that costs.

use crate::process::{anonymous_mb, cpu_seconds, peak_mb};
use crate::{Anyhow, Dataset};
use serde_json::{Value, json};
use sonic::audio::decode::{DecodeOptions, Decoder};
use sonic::audio::fingerprint::SAMPLE_RATE;
use sonic::recordings::{AddEvent, AddOptions};
use sonic::{Store, StoreOptions};
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
    let (loose, start) = (store.stats()?, Instant::now());
    store.compact()?;
    let (compact, stats) = (start.elapsed(), store.stats()?);
    let hours = stats.duration_ms as f64 / 3.6e6;
    Ok(json!({
        "recordings": stats.recordings,
        "hours": hours,
        "landmarks_per_s": stats.landmarks as f64 / (3600.0 * hours),
        "postings_per_s": stats.postings as f64 / (3600.0 * hours),
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

/// Processor seconds since `before`, at least one tick.
pub(crate) fn cpu_since(before: Option<f64>) -> Option<f64> {
    Some((cpu_seconds()? - before?).max(0.01))
}
