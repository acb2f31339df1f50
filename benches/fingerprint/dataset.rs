//! Recordings, clips and the truth about them, as a folder describes them.

use crate::Anyhow;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// How far an offset may be off, in milliseconds.
pub(crate) const TOLERANCE_MS: f64 = 500.0;

/// A clip and the truth about it.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    pub name: String,
    pub file: PathBuf,
    /// What was done to it.
    pub condition: String,
    pub seconds: f64,
    /// The recording that it comes from; `None` if that is not to be found.
    pub id: Option<String>,
    /// Places in the recording at which it starts, in milliseconds.
    pub offsets_ms: Vec<f64>,
    /// True if it stands in the list of hard clips.
    pub hard: bool,
    /// True if no constant of the library was chosen on its recording.
    pub held_out: bool,
}

/// The recordings on which no constant of the library was chosen.
const HELD_OUT: &str = include_str!("held_out.txt");

pub(crate) fn is_held_out(recording: &str) -> bool {
    HELD_OUT.lines().any(|line| line == recording)
}

impl Query {
    /// The row of the table that it belongs to.
    pub(crate) fn class(&self) -> String {
        let condition = self.condition.as_str();
        if let Some(name) = condition.strip_prefix("h_") {
            return name.to_owned();
        }
        let (kind, amount) = condition.rsplit_once('_').unwrap_or((condition, ""));
        match (kind, amount) {
            ("none", _) => "clean".into(),
            ("mp3" | "aac" | "opus", _) => "codec".into(),
            ("clip" | "quiet", _) => "clip/quiet".into(),
            ("white" | "babble" | "street", db) => format!("noise {db} dB"),
            ("reverb", _) => "reverb".into(),
            _ => match condition.split_once(['+', '-']) {
                Some((kind, amount)) => format!("{kind} {amount}"),
                None => condition.to_owned(),
            },
        }
    }

    /// The distance in milliseconds to the nearest true place.
    pub(crate) fn offset_error(&self, offset_ms: f64) -> f64 {
        self.offsets_ms.iter().map(|t| (t - offset_ms).abs()).fold(f64::INFINITY, f64::min)
    }
}

/// A folder's content.
#[derive(Debug)]
pub(crate) struct Dataset {
    pub folder: PathBuf,
    pub recordings: Vec<PathBuf>,
    pub queries: Vec<Query>,
}

impl Dataset {
    pub(crate) fn read(folder: &Path) -> Anyhow<Self> {
        let recordings = sonic::recordings::files_in(&[folder.join("index")]);
        let mut queries = Vec::new();
        for (list, hard) in
            [("queries.jsonl", false), ("queries/queries.jsonl", false), ("hard_queries.jsonl", true)]
        {
            let path = folder.join(list);
            if path.is_file() {
                queries.append(&mut read_queries(folder, &path, hard)?);
            }
        }
        if recordings.is_empty() || queries.is_empty() {
            return Err(format!("{} has no index/* or no queries.jsonl", folder.display()).into());
        }
        Ok(Self { folder: folder.to_owned(), recordings, queries })
    }

    /// The same with at most `most` clips of each list, evenly taken.
    pub(crate) fn limited(mut self, most: usize) -> Self {
        for hard in [false, true] {
            let count = self.queries.iter().filter(|q| q.hard == hard).count();
            let step = count.div_ceil(most.max(1)).max(1);
            let mut number = 0;
            self.queries.retain(|q| {
                number += usize::from(q.hard == hard);
                q.hard != hard || (number - 1) % step == 0
            });
        }
        self
    }
}

fn read_queries(folder: &Path, list: &Path, hard: bool) -> Anyhow<Vec<Query>> {
    let text = std::fs::read_to_string(list)?;
    let lines = text.lines().filter(|l| !l.trim().is_empty());
    lines
        .map(|line| {
            let row: Value = serde_json::from_str(line)?;
            read_query(folder, &row, hard).ok_or_else(|| format!("not a clip: {line}").into())
        })
        .collect()
}

fn read_query(folder: &Path, row: &Value, hard: bool) -> Option<Query> {
    let text = |key: &str| row[key].as_str().map(str::to_owned);
    let alternatives = row["alt_offsets"].as_array().into_iter().flatten();
    let offsets = std::iter::once(&row["offset"]).chain(alternatives);
    Some(Query {
        name: text("qid")?,
        file: folder.join(text("file")?),
        condition: text("cond")?,
        seconds: row["length"].as_f64()?,
        id: text("id"),
        offsets_ms: offsets.filter_map(Value::as_f64).map(|s| 1000.0 * s).collect(),
        hard,
        held_out: text("src").or_else(|| text("id")).is_some_and(|source| is_held_out(&source)),
    })
}
