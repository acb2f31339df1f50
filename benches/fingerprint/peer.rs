//! The crate audiofp (landmark pairs after Wang, in memory) on the same files, decoded by the same decoder.

use crate::ingest::cpu_since;
use crate::process::{cpu_seconds, peak_mb};
use crate::{Anyhow, Dataset};
use audiofp::classical::{Wang, WangFingerprint};
use audiofp::matching::{MatchResult, WangIndex, WangMatchConfig};
use audiofp::{Fingerprinter, SampleRate};
use serde_json::{Value, json};
use sonic::audio::decode::{DecodeOptions, decode_with};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

const RATE: u32 = 8_000;
/// The shortest clip that it takes, in samples; shorter ones are padded with silence.
const SHORTEST: usize = 2 * RATE as usize;

pub(crate) fn run(dataset: &Dataset) -> Anyhow<Value> {
    let shipped = WangMatchConfig::default();
    let before = cpu_seconds();
    for path in &dataset.recordings {
        decode_with(path.as_path(), &DecodeOptions::at(RATE))?;
    }
    let decoding = cpu_since(before);
    let (before, mut seconds) = (cpu_seconds(), 0.0);
    let mut fingerprints = Vec::new();
    for path in &dataset.recordings {
        let samples = decode_with(path.as_path(), &DecodeOptions::at(RATE))?.samples;
        seconds += samples.len() as f64 / f64::from(RATE);
        fingerprints.push(extract(samples)?);
    }
    let mut index = WangIndex::build(&fingerprints, shipped.max_postings_per_hash);
    let (cpu, peak) = (cpu_since(before), peak_mb());
    let ids: Vec<String> = dataset.recordings.iter().map(|p| stem(p)).collect();
    let mut rows = ask_all(dataset, &index, &ids)?;
    ask_masked(dataset, &mut index, &fingerprints, &ids, &mut rows)?;
    Ok(json!({
        "audio_s": seconds,
        "cpu_s": cpu,
        "decode_cpu_s": decoding,
        "audio_s_per_cpu_s": cpu.map(|cpu| seconds / cpu),
        "own_decoder_audio_s_per_cpu_s": own_decoder(dataset),
        "index_mb_per_hour": index.estimated_bytes() as f64 / 1e6 / (seconds / 3600.0),
        "peak_mb": peak,
        "clips": rows,
    }))
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default()
}

fn extract(mut samples: Vec<f32>) -> Anyhow<WangFingerprint> {
    samples.resize(samples.len().max(SHORTEST), 0.0);
    Ok(Wang::default().extract(&samples, SampleRate::HZ_8000)?)
}

/// Files to fingerprints with audiofp's own decoder, if it reads them all; Opus it does not.
fn own_decoder(dataset: &Dataset) -> Option<f64> {
    let (before, mut seconds) = (cpu_seconds(), 0.0);
    for path in &dataset.recordings {
        let samples = audiofp::io::decode_to_mono_at(path, RATE).ok()?;
        seconds += samples.len() as f64 / f64::from(RATE);
        extract(samples).ok()?;
    }
    cpu_since(before).map(|cpu| seconds / cpu)
}

/// The clips with every recording in the index.
fn ask_all(dataset: &Dataset, index: &WangIndex, ids: &[String]) -> Anyhow<Vec<Value>> {
    let mut rows = Vec::with_capacity(dataset.queries.len());
    for query in &dataset.queries {
        let start = Instant::now();
        let samples = decode_with(query.file.as_path(), &DecodeOptions::at(RATE))?.samples;
        let decoded = start.elapsed();
        let fingerprint = extract(samples)?;
        let shipped = index.query(&fingerprint, &WangMatchConfig::default());
        let total = start.elapsed();
        let opened = index.query(&fingerprint, &opened());
        let mut own = row(opened, shipped.is_some(), |id, ms| {
            (query.id.as_ref() == ids.get(id)).then(|| query.offset_error(ms))
        });
        own["decode_ms"] = json!(1000.0 * decoded.as_secs_f64());
        own["total_ms"] = json!(1000.0 * total.as_secs_f64());
        rows.push(json!({ "own": own, "masked": null }));
    }
    Ok(rows)
}

/// The clips of each recording while it is taken out.
fn ask_masked(
    dataset: &Dataset,
    index: &mut WangIndex,
    fingerprints: &[WangFingerprint],
    ids: &[String],
    rows: &mut [Value],
) -> Anyhow<()> {
    let mut by_id: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (i, query) in dataset.queries.iter().enumerate() {
        by_id.entry(query.id.as_deref().unwrap_or_default()).or_default().push(i);
    }
    for (id, queries) in by_id {
        let Some(number) = ids.iter().position(|i| i == id) else { continue };
        index.remove(number);
        for i in queries {
            let samples = decode_with(dataset.queries[i].file.as_path(), &DecodeOptions::at(RATE))?.samples;
            let fingerprint = extract(samples)?;
            let shipped = index.query(&fingerprint, &WangMatchConfig::default());
            rows[i]["masked"] = row(index.query(&fingerprint, &opened()), shipped.is_some(), |_, _| None);
        }
        let again = index.insert(&fingerprints[number], WangMatchConfig::default().max_postings_per_hash);
        assert_eq!(again, number, "audiofp gives a removed place to the next one");
    }
    Ok(())
}

/// All thresholds off: the best answer, however bad.
fn opened() -> WangMatchConfig {
    WangMatchConfig { min_votes: 1, min_score: 0.0, min_prominence: 0.0, ..WangMatchConfig::default() }
}

/// An answer, ranked by its prominence.
fn row(
    best: Option<(usize, MatchResult)>,
    accepted: bool,
    error: impl Fn(usize, f64) -> Option<f64>,
) -> Value {
    json!({
        "score": best.map(|(_, m)| m.prominence),
        "probability": 0.0,
        "accepted": accepted,
        "error_ms": best.and_then(|(id, m)| error(id, m.offset.ms as f64)),
    })
}
