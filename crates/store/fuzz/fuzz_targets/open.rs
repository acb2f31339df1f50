//! Damaged rows in a store: any answer is right but a panic, endless work or a huge allocation.
//!
//! LMDB itself does not promise to survive hostile pages, so the bytes go where a sound file keeps our own rows:
//! recordings, landmarks, descriptions of segments, spans and postings. The store lies in memory where the system
//! has such a folder.
//!
//! From this folder's parent: `RUSTC_BOOTSTRAP=1 cargo fuzz run open -- -timeout=10 -rss_limit_mb=1024`

#![no_main]

use libfuzzer_sys::fuzz_target;
use sonic_store::fuzzing::Victim;
use std::path::Path;
use std::sync::LazyLock;

static VICTIM: LazyLock<Victim> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let folder = folder.join(format!("sonic-fuzz-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    Victim::new(&folder).expect("a store can be made")
});

fuzz_target!(|input: &[u8]| VICTIM.run(input).expect("a row can be written"));
