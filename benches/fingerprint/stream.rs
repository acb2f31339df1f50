//! All sound of the recordings, each asked whole with itself hidden: whatever is named is a false alarm. How fast that goes is
//! told without decoding.

use crate::dataset::is_held_out;
use crate::figures::Alarms;
use crate::{Anyhow, Dataset};
use serde_json::{Value, json};
use sonic::recordings::{ACCEPT, IdentifyOptions};
use sonic::{Access, Store, StoreOptions};
use std::path::Path;

/// Asks every recording in the store below `work`.
pub(crate) fn stream_all(dataset: &Dataset, work: &Path, threads: usize) -> Anyhow<Value> {
    let open = StoreOptions { access: Access::ReadOnly, ..StoreOptions::default() };
    let store = Store::open(work.join("store"), open)?;
    let (mut tuned, mut held_out) = (Alarms::default(), Alarms::default());
    let (mut named, mut seconds, mut taken) = (Vec::new(), 0.0, 0.0);
    for path in &dataset.recordings {
        let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let options = IdentifyOptions { threads, exclude: vec![id.clone()], ..IdentifyOptions::default() };
        let found = sonic::identify(&store, path.as_path(), &options)?;
        seconds += found.duration_ms as f64 / 1000.0;
        taken += (found.elapsed.fingerprint + found.elapsed.search).as_secs_f64();
        let alarms = if is_held_out(&id) { &mut held_out } else { &mut tuned };
        alarms.hours += found.duration_ms as f64 / 3.6e6;
        if !found.answer.is_match() {
            continue;
        }
        for m in found.answer.matches.iter().filter(|m| m.probability >= ACCEPT) {
            alarms.count += 1;
            named.push(json!({
                "recording": id, "named": m.id, "probability": m.probability,
                "query_start_ms": m.query_start_ms, "query_end_ms": m.query_end_ms,
            }));
        }
    }
    let row = |a: Alarms| json!({ "alarms": a.count, "hours": a.hours });
    Ok(json!({
        "tuned": row(tuned), "held_out": row(held_out), "named": named,
        "times_real_time": seconds / taken,
    }))
}
