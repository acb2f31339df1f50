//! Hostile archives: any answer is right but a panic, endless work or a huge allocation.
//!
//! From this folder's parent: `RUSTC_BOOTSTRAP=1 cargo fuzz run mxl -- -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=256`

#![no_main]

use libfuzzer_sys::fuzz_target;
use sonic_sing::score::Score;
use std::io::{Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

// Half of the inputs are the bytes of an archive; the others are a container and a score in an archive that is whole.
fuzz_target!(|input: &[u8]| {
    let Some((&first, bytes)) = input.split_first() else { return };
    if first & 1 == 0 {
        let archive = [b"PK", bytes].concat();
        drop(Score::from_bytes(archive));
        return;
    }
    let at = usize::from(first) * bytes.len() / 256;
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in [("META-INF/container.xml", &bytes[..at]), ("score.xml", &bytes[at..])] {
        writer.start_file(name, SimpleFileOptions::default()).expect("an archive in memory");
        writer.write_all(bytes).expect("an archive in memory");
    }
    drop(Score::from_bytes(writer.finish().expect("an archive in memory").into_inner()));
});
