//! Hostile bytes: any answer is right but a panic, endless work, a huge allocation or a sample that is not finite.
//!
//! From this folder's parent: `RUSTC_BOOTSTRAP=1 cargo fuzz run decode -- -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=256`

#![no_main]

use libfuzzer_sys::fuzz_target;
use sonic_audio::decode::{DecodeOptions, Decoder, Source};

/// Samples after which an input has shown what it can do: a few bytes of FLAC can stand for hours.
const ENOUGH: usize = 1 << 21;

// Panics of third-party decoders become errors; libfuzzer's hook would end the run before they can.
fuzz_target!(init: std::panic::set_hook(Box::new(|_| ())), |input: &[u8]| {
    let Some((&first, bytes)) = input.split_first() else { return };
    let sample_rate = [None, Some(11_025), Some(16_000), Some(8_000)][usize::from(first & 3)];
    let owned = bytes.to_vec();
    let source = if first & 4 == 0 { Source::from(owned) } else { Source::reader(std::io::Cursor::new(owned)) };
    let Ok(mut decoder) = Decoder::open(source, &DecodeOptions { sample_rate, ..DecodeOptions::default() }) else { return };
    let mut count = 0;
    while let Ok(Some(block)) = decoder.next_block() {
        assert!(block.iter().all(|sample| sample.is_finite()));
        count += block.len();
        if count > ENOUGH {
            return;
        }
    }
});
