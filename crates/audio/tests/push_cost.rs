//! What a connection costs: memory that is held between slices, the time to its first sound, and processor time.
#![expect(unsafe_code, reason = "an allocator that counts")]
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test says what it measured")]

use sonic_audio::decode::push::{PushDecoder, PushOptions};
use sonic_testing::assets;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Most bytes that a decoder holds between two slices.
const MOST_BYTES: usize = 250_000;

struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is passed on to the allocator of the system, with the same arguments.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// The slices of a recording.
fn slices(name: &str) -> Option<Vec<Vec<u8>>> {
    let folder = assets("live")?.join("slices").join(name);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end != "json"));
    files.sort();
    Some(files.iter().map(|file| std::fs::read(file).unwrap()).collect())
}

/// Time of the processor in this thread, or of the clock where the system does not tell.
fn processor(started: Instant) -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|line| line.split(' ').next()?.parse().ok());
    nanos.map_or_else(|| started.elapsed(), Duration::from_nanos)
}

#[test]
fn a_connection_is_small_and_quick() {
    for name in ["cr-mic-1000", "cr-mic-3000", "ff-ogg-3000", "ff-webm-3000", "cr-mp4-3000", "cr-pcm-1000"] {
        let Some(slices) = slices(name) else { return };
        let before = HELD.load(Ordering::Relaxed);
        let clock = Instant::now();
        let started = processor(clock);
        let mut decoder = PushDecoder::new(16_000, &PushOptions::default()).unwrap();
        let (mut most, mut first, mut samples) = (0, None, 0);
        for (index, slice) in slices.iter().enumerate() {
            let pushed = processor(clock);
            let chunks = decoder.push(index as u64, slice).unwrap();
            if !chunks.is_empty() {
                first.get_or_insert_with(|| processor(clock) - pushed);
                samples += chunks.iter().map(|chunk| chunk.samples.len()).sum::<usize>();
            }
            drop(chunks);
            most = most.max(HELD.load(Ordering::Relaxed) - before);
        }
        let seconds = samples as f64 / 16_000.0;
        let speed = seconds / (processor(clock) - started).as_secs_f64();
        let first = first.expect("sound");
        let started = processor(clock);
        let clip =
            sonic_audio::decode_with(slices.concat(), &sonic_audio::DecodeOptions::at(16_000)).unwrap();
        let pulled = clip.samples.len() as f64 / 16_000.0 / (processor(clock) - started).as_secs_f64();
        println!("{name}: from a file {pulled:.0} times real time");
        println!(
            "{name}: at most {most} bytes between slices, first push {first:?}, {speed:.0} times real time"
        );
        assert!(most < MOST_BYTES, "{name}: {most} bytes");
    }
}
