//! Hostile LMDB files: any answer is right but a panic, endless work or a huge allocation.
//!
//! From this folder's parent: `RUSTC_BOOTSTRAP=1 cargo fuzz run lmdb -- -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=256`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let _ = sonic_import::fuzzing::lmdb(input);
});
