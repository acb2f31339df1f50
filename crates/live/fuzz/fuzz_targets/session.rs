//! Mangled slices, updates of microphones and pieces of sound into a session with a recogniser that answers anything: any
//! answer is right but a panic, endless work, a huge allocation, a segment that ends before it begins or a revision that does
//! not grow. Now and then another process takes over with the bytes of the state.
//!
//! From this folder's parent: `RUSTC_BOOTSTRAP=1 cargo fuzz run session -- -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=256`.
//! A corpus is that of the target `push` of sonic-media-audio: slices, in front of each its length in two bytes, the lowest
//! first, and one byte of what happens to it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sonic_live::{
    Desk, DeskOptions, LiveOptions, LiveSession, Recognition, Recognizer, Request, Segment, Word,
};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// Answers what the sound makes it answer: good, too long, at impossible times, or an error.
struct Liar;

impl Recognizer for Liar {
    fn pipeline(&self) -> String {
        "liar".to_owned()
    }

    fn recognize(&self, request: &Request<'_>) -> sonic_core::Result<Recognition> {
        let dice = request.samples.len();
        let word = Word { start_ms: dice as u64, end_ms: u64::MAX >> (dice % 64), ..Word::default() };
        let text = "a ".repeat(dice % 50_000);
        let confidence = f32::from_bits(dice as u32 * 2_654_435_761);
        Ok(Recognition { text, words: vec![word; dice % 5], confidence })
    }
}

fn desk() -> Desk {
    static DESK: OnceLock<Desk> = OnceLock::new();
    let options = DeskOptions { timeout_ms: 2_000, ..DeskOptions::default() };
    DESK.get_or_init(|| Desk::new(Arc::new(Liar), &options).expect("options are right")).clone()
}

/// Checks what was told.
fn check(told: &[Segment], revisions: &mut HashMap<String, u32>) {
    for segment in told {
        assert!(segment.start_ms <= segment.end_ms, "{segment:?}");
        assert!(segment.confidence.is_finite(), "{segment:?}");
        if let Some(before) = revisions.insert(segment.id.clone(), segment.revision) {
            assert!(before < segment.revision, "{segment:?} after {before}");
        }
    }
}

/// Bytes as an update of microphones.
fn activity(bytes: &[u8]) -> Vec<(String, String)> {
    bytes
        .chunks(7)
        .take(12)
        .map(|part| {
            (format!("p{}", part[0] % 4), part[1..].iter().map(|bit| (b'0' + bit % 3) as char).collect())
        })
        .collect()
}

// Panics of third-party decoders become errors; libfuzzer's hook would end the run before they can.
fuzz_target!(init: std::panic::set_hook(Box::new(|_| ())), |input: &[u8]| {
    let mut options = LiveOptions::default();
    options.slices.max_slice_bytes = 1 << 16;
    let Ok(mut session) = LiveSession::new("c", Some(desk()), &options) else { return };
    let (mut rest, mut index, mut revisions) = (input, 0u64, HashMap::new());
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
            check(&session.push(at, &slice[cut..]).unwrap_or_default(), &mut revisions);
        }
        match what % 16 {
            6 => {
                let state = session.state().expect("it can be written");
                session = LiveSession::restore(&state, Some(desk()), &options).expect("its own state");
            }
            7 => {
                let stamp = f64::from(u32::from(what)) * 100.0 * index as f64;
                check(&session.activity(stamp, &activity(slice)).unwrap_or_default(), &mut revisions);
            }
            8 => {
                let samples: Vec<f32> = slice.iter().map(|&byte| f32::from(byte) / 128.0 - 1.0).collect();
                let at_ms = index as f64 * 500.0;
                check(&session.push_samples(at_ms, &samples).unwrap_or_default(), &mut revisions);
            }
            _ => {}
        }
        index += 1;
    }
    check(&session.finish().unwrap_or_default(), &mut revisions);
});
