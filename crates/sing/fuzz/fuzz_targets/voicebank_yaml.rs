//! Hostile settings and dictionaries of voicebanks: any answer is right but a panic, endless work or a huge allocation.
//!
//! From this folder's parent: `RUSTC_BOOTSTRAP=1 cargo fuzz run voicebank_yaml -- -timeout=10 -rss_limit_mb=1024`

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    sonic_sing::hostile::settings(&text);
    sonic_sing::hostile::dictionary(&text, "word");
});
