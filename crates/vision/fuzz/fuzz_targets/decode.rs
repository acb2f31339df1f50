//! Hostile bytes: any answer is right but a panic, endless work, a huge allocation or a picture beyond the limits.
//!
//! From this folder's parent: `RUSTC_BOOTSTRAP=1 cargo fuzz run decode -- -timeout=10 -rss_limit_mb=1024`

#![no_main]

use libfuzzer_sys::fuzz_target;
use sonic_vision::{DecodeOptions, decode_with};

/// Pixels after which an input has shown what it can do.
const ENOUGH: u64 = 1 << 20;

// Panics of third-party decoders become errors; libfuzzer's hook would end the run before they can.
fuzz_target!(init: std::panic::set_hook(Box::new(|_| ())), |input: &[u8]| {
    let Some((&first, bytes)) = input.split_first() else { return };
    // HEIC and AVIF go to whatever libheif the system has, which is not built to be watched; a test damages those.
    if bytes.get(4..8) == Some(b"ftyp") {
        return;
    }
    let reduce_to = (first & 3 != 0).then(|| u32::from(first));
    let options = DecodeOptions { max_pixels: ENOUGH, max_bytes: 1 << 26, reduce_to };
    let Ok(image) = decode_with(bytes, &options) else { return };
    assert!(u64::from(image.width()) * u64::from(image.height()) <= ENOUGH);
    assert_eq!(image.pixels().len() as u64, u64::from(image.width()) * u64::from(image.height()) * 3);
});
