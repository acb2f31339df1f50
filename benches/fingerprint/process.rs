//! What a process has used, as far as the system tells (Linux), and a place for its files.

use crate::Anyhow;
use std::path::PathBuf;

/// Clock ticks a second in which Linux counts processor time.
const TICKS: f64 = 100.0;

/// Seconds of processor time that this process has used on all its threads.
pub(crate) fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let after_name = stat.rsplit_once(')')?.1;
    let mut fields = after_name.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS)
}

/// The most memory that this process has had resident, in MB; mapped pages of a store count.
pub(crate) fn peak_mb() -> Option<f64> {
    status("VmHWM:")
}

/// The resident memory that is the process's own, in MB: without mapped files, which the system can take back.
pub(crate) fn anonymous_mb() -> Option<f64> {
    status("RssAnon:")
}

fn status(key: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix(key))?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib * 1024.0 / 1e6)
}

/// A new directory for this process below the system's temporary one.
pub(crate) fn temporary(name: &str) -> Anyhow<PathBuf> {
    let path = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
    std::fs::create_dir_all(&path)?;
    Ok(path)
}
