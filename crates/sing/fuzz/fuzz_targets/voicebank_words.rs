//! Hostile words: any spelling is right but a panic or one that grows without measure.
//!
//! From this folder's parent: `RUSTC_BOOTSTRAP=1 cargo fuzz run voicebank_words -- -timeout=10 -rss_limit_mb=1024`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|word: &str| sonic_sing::hostile::words(word));
