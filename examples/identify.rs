//! A complete program: index a folder, name a clip. `cargo run --release --example identify FOLDER CLIP`

use sonic::recordings::{AddEvent, AddOptions, IdentifyOptions};
use sonic::{Store, StoreOptions};
use std::error::Error;
use std::io::Write;
use std::ops::ControlFlow;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().unwrap_or("examples/demo/media".to_owned());
    let clip = arguments.next().unwrap_or("examples/demo/queries/waltz-mp3-32k.mp3".to_owned());
    let mut out = std::io::stdout().lock();

    let store = Store::open("recordings.sonic", StoreOptions::default())?;
    sonic::recordings::add_files(&store, &[folder.into()], &AddOptions::default(), |event| {
        if let AddEvent::File(file) = event {
            let _ = writeln!(out, "{} {}", file.status.name(), file.path.display());
        }
        ControlFlow::Continue(())
    })?;

    let found = sonic::identify(&store, clip, &IdentifyOptions::default())?;
    match found.answer.matches.first() {
        Some(m) if found.answer.is_match() => {
            writeln!(out, "{} at {} ms, probability {:.3}", m.id, m.offset_ms, m.probability)?;
        }
        _ => writeln!(out, "unknown")?,
    }
    Ok(())
}
