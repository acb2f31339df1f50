//! Damaged chunks of a snapshot: any answer is right but a panic, endless work or a huge allocation, and a store that was
//! received can be read.
//!
//! From this folder's parent: `RUSTC_BOOTSTRAP=1 cargo fuzz run receive -- -timeout=10 -rss_limit_mb=1024`

#![no_main]

use libfuzzer_sys::fuzz_target;
use sonic_store::fuzzing::Victim;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

static VICTIM: LazyLock<(Victim, PathBuf)> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let folder = folder.join(format!("sonic-fuzz-receive-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    (Victim::new(&folder.join("from")).expect("a store can be made"), folder.join("to"))
});

fuzz_target!(|input: &[u8]| {
    VICTIM.0.receive(&VICTIM.1, input).expect("a store can be exported");
});
