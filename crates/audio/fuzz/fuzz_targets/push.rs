//! Hostile slices: any answer is right but a panic, endless work, a huge allocation, a sample that is not finite or a time
//! that runs back. The input is cut into slices that are repeated, swapped, lost, cut and taken over by another process.
//!
//! From this folder's parent: `RUSTC_BOOTSTRAP=1 cargo fuzz run push -- -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=256`.
//! A corpus: each recording's slices behind each other, in front of each its length in two bytes, the lowest first, and one
//! byte of what happens to it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sonic_audio::decode::push::{Chunk, PushDecoder, PushOptions};

/// Checks what came out; where it ends.
fn check(chunks: &[Chunk], mut end_ms: f64) -> f64 {
    for chunk in chunks {
        assert!(chunk.start_ms >= end_ms - 1.0, "{} after {end_ms}", chunk.start_ms);
        assert!(chunk.samples.iter().all(|sample| sample.is_finite()));
        end_ms = chunk.start_ms + chunk.samples.len() as f64 / 16.0;
    }
    end_ms
}

// Panics of third-party decoders become errors; libfuzzer's hook would end the run before they can.
fuzz_target!(init: std::panic::set_hook(Box::new(|_| ())), |input: &[u8]| {
    let options = PushOptions { max_slice_bytes: 1 << 16, ..PushOptions::default() };
    let Ok(mut decoder) = PushDecoder::new(16_000, &options) else { return };
    let (mut rest, mut index, mut end_ms) = (input, 0u64, 0.0);
    while let Some((&[low, high, what], behind)) = rest.split_first_chunk::<3>() {
        let (slice, behind) = behind.split_at(behind.len().min(usize::from(u16::from_le_bytes([low, high]))));
        rest = behind;
        let (at, times, cut) = match what % 16 {
            0 => (index, 0, 0),
            1 => (index, 2, 0),
            2 => (index + 2, 1, 0),
            3 => (index, 1, slice.len() / 2),
            4 => (0, 1, 0),
            5 => (index.wrapping_shl(u32::from(what >> 4)), 1, 0),
            _ => (index, 1, 0),
        };
        for _ in 0..times {
            if let Ok(chunks) = decoder.push(at, &slice[cut..]) {
                end_ms = check(&chunks, end_ms);
            }
        }
        if what % 16 == 6 {
            decoder = PushDecoder::restore(&decoder.state(), &options).expect("its own state");
        }
        index += 1;
    }
    if let Ok(chunks) = decoder.finish() {
        check(&chunks, end_ms);
    }
});
