//! Clips asked of a store, each also with its own recording hidden.

use crate::dataset::Query;
use crate::process::{anonymous_mb, peak_mb};
use crate::{Anyhow, Dataset};
use serde_json::{Value, json};
use sonic::recordings::{Identified, IdentifyOptions};
use sonic::{Access, Store, StoreOptions};
use std::path::Path;
use std::time::{Duration, Instant};

/// One answer held against the truth.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Verdict {
    /// Of the first match; minus infinity if there is none.
    pub score: f64,
    pub probability: f64,
    /// The decision was to name it.
    pub accepted: bool,
    /// It is the recording, at the place.
    pub right: bool,
    /// How far off the place is, if it is the recording.
    pub error_ms: Option<f64>,
}

/// Milliseconds that an answer took.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Timing {
    pub decode: f64,
    pub fingerprint: f64,
    pub search: f64,
    pub total: f64,
}

/// What came of a clip.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome<'a> {
    pub query: &'a Query,
    pub own: Verdict,
    /// The answer without its own recording: whatever it names is wrong.
    pub masked: Option<Verdict>,
    pub timing: Timing,
    pub scales: f64,
    pub postings: f64,
    pub skipped: f64,
}

/// How clips are asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    /// Threads that share the work on one clip.
    pub threads: usize,
    /// Any accepted match counts, not only the first.
    pub any: bool,
}

/// Asks every clip in the store below `work`.
pub(crate) fn ask_all(dataset: &Dataset, work: &Path, manner: Manner) -> Anyhow<Value> {
    let start = Instant::now();
    let open = StoreOptions { access: Access::ReadOnly, ..StoreOptions::default() };
    let store = Store::open(work.join("store"), open)?;
    let open_ms = milliseconds(start.elapsed());
    let own = dataset.queries.iter().map(|q| ask(&store, q, false, manner));
    let own = own.collect::<Anyhow<Vec<Value>>>()?;
    let (peak, anonymous) = (peak_mb(), anonymous_mb());
    let mut rows = Vec::with_capacity(own.len());
    for (query, own) in dataset.queries.iter().zip(own) {
        let masked = match query.id {
            Some(_) => ask(&store, query, true, manner)?,
            None => Value::Null,
        };
        rows.push(json!({ "own": own, "masked": masked }));
    }
    Ok(json!({ "open_ms": open_ms, "peak_mb": peak, "anonymous_mb": anonymous, "clips": rows }))
}

fn ask(store: &Store, query: &Query, masked: bool, manner: Manner) -> Anyhow<Value> {
    let exclude = query.id.iter().filter(|_| masked).cloned().collect();
    let asking = IdentifyOptions { threads: manner.threads, exclude, ..IdentifyOptions::default() };
    let start = Instant::now();
    let found = sonic::identify(store, query.file.as_path(), &asking)?;
    let total = milliseconds(start.elapsed());
    let matches = if found.answer.is_match() && manner.any { usize::MAX } else { 1 };
    Ok(row(query, &found, matches, total))
}

/// An answer of which the first `matches` count.
fn row(query: &Query, found: &Identified, matches: usize, total: f64) -> Value {
    let answer = &found.answer;
    let first = answer.matches.first();
    let own = answer.matches.iter().take(matches).filter(|m| Some(&m.id) == query.id.as_ref());
    let error = own.map(|m| query.offset_error(m.offset_ms as f64)).reduce(f64::min);
    json!({
        "id": first.map(|m| &m.id),
        "offset_ms": first.map(|m| m.offset_ms),
        "score": first.map(|m| m.score),
        "probability": first.map(|m| m.probability),
        "accepted": answer.is_match(),
        "error_ms": error,
        "decode_ms": milliseconds(found.elapsed.decode),
        "fingerprint_ms": milliseconds(found.elapsed.fingerprint),
        "search_ms": milliseconds(found.elapsed.search),
        "total_ms": total,
        "scales": answer.scales_tried,
        "postings": answer.postings_read,
        "skipped": answer.postings_skipped,
    })
}

fn milliseconds(time: Duration) -> f64 {
    1000.0 * time.as_secs_f64()
}

/// The outcomes that a phase gave in "clips", one for each clip of the dataset.
pub(crate) fn outcomes<'a>(dataset: &'a Dataset, phase: &Value) -> Anyhow<Vec<Outcome<'a>>> {
    let rows = phase["clips"].as_array().ok_or("the phase gave no clips")?;
    if rows.len() != dataset.queries.len() {
        return Err("the phase did not answer every clip".into());
    }
    let each = dataset.queries.iter().zip(rows);
    Ok(each.map(|(query, row)| outcome(query, row)).collect())
}

fn outcome<'a>(query: &'a Query, row: &Value) -> Outcome<'a> {
    let own = &row["own"];
    let number = |key: &str| own[key].as_f64().unwrap_or(0.0);
    let timing = Timing {
        decode: number("decode_ms"),
        fingerprint: number("fingerprint_ms"),
        search: number("search_ms"),
        total: number("total_ms"),
    };
    Outcome {
        query,
        own: verdict(own),
        masked: row["masked"].is_object().then(|| verdict(&row["masked"])),
        timing,
        scales: number("scales"),
        postings: number("postings"),
        skipped: number("skipped"),
    }
}

fn verdict(row: &Value) -> Verdict {
    let error_ms = row["error_ms"].as_f64();
    Verdict {
        score: row["score"].as_f64().unwrap_or(f64::NEG_INFINITY),
        probability: row["probability"].as_f64().unwrap_or(0.0),
        accepted: row["accepted"].as_bool().unwrap_or(false),
        right: error_ms.is_some_and(|e| e <= crate::dataset::TOLERANCE_MS),
        error_ms,
    }
}
