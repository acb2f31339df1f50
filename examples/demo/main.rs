//! What sonic does, on recordings that come with the repository: `cargo run --release --example demo`.

#[cfg_attr(not(test), expect(dead_code, reason = "the clips are asked for when the store can be"))]
mod degrade;

use sonic::audio::decode::decode;
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Samples per second at which the demo works on sound.
const RATE: u32 = 16_000;

fn main() -> Result<(), Box<dyn Error>> {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/demo");
    let mut out = std::io::stdout().lock();
    for folder in ["media", "outside"] {
        for path in recordings(&demo.join(folder))? {
            let clip = decode(path.as_path(), Some(RATE))?;
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            writeln!(out, "{folder:8} {name:18} {:6.1} s", clip.duration_ms() as f64 / 1000.0)?;
        }
    }
    Ok(())
}

/// The recordings in `folder`, by name.
fn recordings(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = std::fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>, std::io::Error>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "opus"));
    paths.sort();
    Ok(paths)
}
