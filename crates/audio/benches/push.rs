//! How many seconds of a browser's sound are decoded to 16 kHz mono in a second of processor time, slice by slice, beside
//! libopus alone on the same packets (48 kHz, both channels, as its users decode) and beside `ffmpeg` where it is installed.
//!
//! `cargo bench -p sonic-media-audio --bench push` with the reference files in `SONIC_TEST_ASSETS`; prints, asserts lengths only.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(unsafe_code, reason = "libopus keeps its C interface")]

use sonic_audio::decode::push::{PushDecoder, PushOptions};
use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use unsafe_libopus::{opus_decode_float, opus_decoder_create, opus_decoder_destroy};

const RATE: u32 = 16_000;
const ROUNDS: usize = 7;
const RECORDINGS: [&str; 4] = ["cr-mic-1000", "cr-mic-3000", "cr-hard-mic-3000", "ff-webm-3000"];

fn main() -> Result<(), Box<dyn Error>> {
    let Some(assets) = std::env::var_os("SONIC_TEST_ASSETS").map(PathBuf::from) else {
        println!("skipped: SONIC_TEST_ASSETS names no folder");
        return Ok(());
    };
    // As one of the tests it runs once, to show that it does.
    let is_test = std::env::args().any(|argument| argument == "--test");
    let (rounds, recordings) = if is_test { (1, 1) } else { (ROUNDS, RECORDINGS.len()) };
    println!("seconds of sound in a second of processor time\n");
    let columns = ["sonic", "libopus", "share", "mono", "first ms", "ffmpeg"];
    println!("{:20} {}", "recording", columns.map(|name| format!("{name:>9}")).concat());
    for name in &RECORDINGS[..recordings] {
        let slices = slices(&assets.join("live/slices").join(name))?;
        let packets = packets(&slices.concat());
        let (mut ours, mut first) = (Duration::MAX, Duration::MAX);
        let (mut both, mut one, mut seconds) = (Duration::MAX, Duration::MAX, 0.0);
        // By turns, so that what else the machine does falls on all.
        for _ in 0..rounds {
            let (samples, whole, start) = push(&slices)?;
            seconds = samples as f64 / f64::from(RATE);
            (ours, first) = (ours.min(whole), first.min(start));
            both = both.min(libopus(&packets, 48_000, 2)?);
            one = one.min(libopus(&packets, RATE as i32, 1)?);
        }
        let speed = |time: Duration| seconds / time.as_secs_f64();
        let ffmpeg = ffmpeg(&slices.concat()).map_or("-".to_owned(), |time| format!("{:.0}", speed(time)));
        println!(
            "{name:20} {:>9.0}{:>9.0}{:>8.0}%{:>9.0}{:>9.2}{ffmpeg:>9}",
            speed(ours),
            speed(both),
            100.0 * speed(ours) / speed(both),
            speed(one),
            1e3 * first.as_secs_f64(),
        );
    }
    println!("\nmono: libopus alone at 16 kHz, the mean of the channels decoded as one");
    println!("first: from a new decoder to the first sound; ffmpeg: from its start to its end, by the clock");
    Ok(())
}

/// Decodes slices; samples, the time it took, and that to the first sound.
fn push(slices: &[Vec<u8>]) -> Result<(usize, Duration, Duration), Box<dyn Error>> {
    let (clock, mut samples, mut first) = (processor(), 0, None);
    let since = |clock: Duration| processor() - clock;
    let mut decoder = PushDecoder::new(RATE, &PushOptions::default())?;
    for (index, slice) in (0..).zip(slices) {
        for chunk in decoder.push(index, slice)? {
            first.get_or_insert_with(|| since(clock));
            samples += chunk.samples.len();
        }
    }
    samples += decoder.finish()?.iter().map(|chunk| chunk.samples.len()).sum::<usize>();
    Ok((samples, since(clock), first.unwrap_or_default()))
}

/// The time that libopus takes for packets.
fn libopus(packets: &[Vec<u8>], rate: i32, channels: usize) -> Result<Duration, Box<dyn Error>> {
    let (mut error, mut room) = (0, vec![0.0f32; 5_760 * channels]);
    // SAFETY: the arguments are right, and the null of a failure is looked for.
    let decoder = unsafe { opus_decoder_create(rate, channels as i32, &mut error) };
    if decoder.is_null() {
        return Err(format!("libopus error {error}").into());
    }
    let clock = processor();
    for packet in packets {
        // SAFETY: the handle is valid, the lengths are those of the buffers: a packet is at most 5,760 frames.
        let done = unsafe {
            opus_decode_float(decoder, packet.as_ptr(), packet.len() as i32, room.as_mut_ptr(), 5_760, 0)
        };
        assert!(done > 0, "libopus error {done}");
    }
    let took = processor() - clock;
    // SAFETY: it came from the constructor and is not used again.
    unsafe { opus_decoder_destroy(decoder) };
    Ok(took)
}

/// The time that ffmpeg takes, start included; `None` where there is none.
fn ffmpeg(bytes: &[u8]) -> Option<Duration> {
    let arguments = "-v error -nostdin -threads 1 -i pipe:0 -f s16le -ac 1 -ar 16000 pipe:1";
    let start = Instant::now();
    let mut command = Command::new("ffmpeg");
    command.args(arguments.split(' ')).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    child.stdin.take()?.write_all(bytes).ok()?;
    child.wait().ok()?.success().then(|| start.elapsed())
}

/// Processor time of this thread, or of the clock where the system does not tell.
fn processor() -> Duration {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|line| line.split(' ').next()?.parse().ok());
    nanos.map_or_else(|| START.get_or_init(Instant::now).elapsed(), Duration::from_nanos)
}

fn slices(folder: &Path) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let mut files =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    files.retain(|file| file.extension().is_some_and(|end| end != "json"));
    files.sort();
    Ok(files.iter().map(std::fs::read).collect::<std::io::Result<_>>()?)
}

/// The packets of a whole WebM recording.
fn packets(bytes: &[u8]) -> Vec<Vec<u8>> {
    let number = |at: usize| {
        let size = bytes[at].leading_zeros() as usize + 1;
        let first = u64::from(bytes[at]) & ((1 << (8 - size)) - 1);
        (bytes[at + 1..at + size].iter().fold(first, |value, &byte| value << 8 | u64::from(byte)), size)
    };
    let (mut at, mut packets) = (0, Vec::new());
    while at + 2 <= bytes.len() {
        let id = bytes[at].leading_zeros() as usize + 1;
        let name = &bytes[at..at + id];
        let (size, length) = number(at + id);
        let body = at + id + length;
        // Segment and Cluster are entered.
        at = match name {
            [0x18, ..] | [0x1f, ..] => body,
            _ => body + size as usize,
        };
        if name == [0xa3] {
            packets.push(bytes[body + 4..at].to_vec());
        }
    }
    packets
}
