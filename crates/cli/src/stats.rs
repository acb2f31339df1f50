//! `sonic stats`: counts of a store.

use crate::output::{Output, bytes, clock, plural};
use crate::{Common, Failure, Outcome};
use sonic::{Access, store};

/// Count what is in a store.
#[derive(Debug, clap::Args)]
pub(crate) struct Stats {
    #[command(flatten)]
    pub(crate) common: Common,
}

impl Stats {
    pub(crate) fn run(&self, output: &mut Output) -> Result<Outcome, Failure> {
        let stats = self.common.open(Access::ReadOnly)?.stats()?;
        if output.is_json() {
            output.object(&stats)?;
        } else {
            rows(&stats)
                .into_iter()
                .try_for_each(|(name, value)| output.line(format_args!("{name:11} {value}")))?;
        }
        Ok(Outcome::AllFine)
    }
}

fn rows(stats: &store::Stats) -> [(&'static str, String); 6] {
    let hours = stats.duration_ms as f64 / 3_600_000.0;
    let per_hour = if hours > 0.0 { stats.file_bytes as f64 / hours } else { 0.0 };
    let segments = plural(stats.segments, "segment");
    let pipeline = stats.pipeline.as_ref().map_or("none yet", |p| p.as_str());
    [
        ("recordings", format!("{}, {} of sound", stats.recordings, clock(stats.duration_ms as i64, 0))),
        ("landmarks", stats.landmarks.to_string()),
        ("postings", format!("{}, {}, {segments}", stats.postings, bytes(stats.postings_bytes))),
        ("file", format!("{}, {} an hour", bytes(stats.file_bytes), bytes(per_hour as u64))),
        ("format", format!("version {}", stats.format_version)),
        ("pipeline", pipeline.to_owned()),
    ]
}
