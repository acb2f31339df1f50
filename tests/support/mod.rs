//! What the tests of the whole library share: scratch folders, sound that is made on the spot, the `sonic` command.

#![allow(dead_code, reason = "every test file uses a part of this")]

use serde_json::Value;
use std::f32::consts::TAU;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Samples per second of the sound that is made here.
pub(crate) const RATE: u32 = 16_000;

/// A folder of its own for a test, gone when the test has passed.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("sonic-{name}-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A WAV file of `seconds` of the melody number `seed`.
    pub(crate) fn melody(&self, name: &str, seed: u64, seconds: f32) -> PathBuf {
        let path = self.join(name);
        fs::write(&path, wav(&melody(seed, seconds))).unwrap();
        path
    }

    /// A WAV file of a part of the melody number `seed`.
    pub(crate) fn clip(&self, name: &str, seed: u64, start: f32, seconds: f32) -> PathBuf {
        let path = self.join(name);
        let whole = melody(seed, start + seconds);
        fs::write(&path, wav(&whole[(start * RATE as f32) as usize..])).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

/// A seeded generator (splitmix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in 0..1.
    pub(crate) fn uniform(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u64 << 24) as f32
    }

    /// A whole number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

/// Music of a kind: two voices of plucked notes at random, a little noise. Another seed gives another piece, more
/// seconds of one seed go on where fewer end.
pub(crate) fn melody(seed: u64, seconds: f32) -> Vec<f32> {
    let length = (seconds * RATE as f32) as usize;
    let mut sound = vec![0.0f32; length];
    for voice in 0..2u64 {
        let mut random = Random(seed.wrapping_mul(1_000_003).wrapping_add(voice));
        let tuning = 90.0 + 40.0 * random.uniform();
        let mut start = 0;
        while start < length {
            let hertz = tuning * (random.below(36) as f32 / 12.0).exp2() * (1.0 + voice as f32);
            let duration = (RATE as f32 * (0.12 + 0.4 * random.uniform())) as usize;
            let end = (start + 2 * duration).min(length);
            for (n, x) in sound[start..end].iter_mut().enumerate() {
                let time = n as f32 / RATE as f32;
                let partials = (1..=6).map(|k| (TAU * hertz * k as f32 * time).sin() / k as f32);
                *x += 0.15 * (-4.0 * time).exp() * partials.sum::<f32>();
            }
            start += duration;
        }
    }
    let mut random = Random(seed);
    sound.iter_mut().for_each(|x| *x += 0.002 * (random.uniform() - 0.5));
    sound
}

/// `samples` as the bytes of a 16-bit WAV file.
pub(crate) fn wav(samples: &[f32]) -> Vec<u8> {
    let data: Vec<u8> = samples.iter().flat_map(|x| ((x * 32_767.0) as i16).to_le_bytes()).collect();
    wav_of(&data, 1, 1, RATE, 16)
}

/// A WAV file with a header of any kind: format 1 is PCM, 3 is floating point.
pub(crate) fn wav_of(data: &[u8], format: u16, channels: u16, rate: u32, bits: u16) -> Vec<u8> {
    let frame = channels * bits / 8;
    let mut out = b"RIFF".to_vec();
    out.extend((36 + data.len() as u32).to_le_bytes());
    out.extend(b"WAVEfmt \x10\0\0\0");
    out.extend(format.to_le_bytes());
    out.extend(channels.to_le_bytes());
    out.extend(rate.to_le_bytes());
    out.extend((rate * u32::from(frame)).to_le_bytes());
    out.extend(frame.to_le_bytes());
    out.extend(bits.to_le_bytes());
    out.extend(b"data");
    out.extend((data.len() as u32).to_le_bytes());
    out.extend(data);
    out
}

/// What a command left behind.
pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The lines of standard output as JSON objects.
    pub(crate) fn objects(&self) -> Vec<Value> {
        self.stdout.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}"))).collect()
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Runs `sonic` with `arguments`.
pub(crate) fn run<A: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = A>) -> Ran {
    command().args(arguments).output().unwrap().into()
}

/// Runs `sonic COMMAND --store STORE REST...`.
pub(crate) fn sonic(command: &str, store: &Path, rest: &[&dyn AsRef<std::ffi::OsStr>]) -> Ran {
    let mut arguments = vec![command.as_ref(), "--store".as_ref(), store.as_os_str()];
    arguments.extend(rest.iter().map(|a| a.as_ref()));
    run(arguments)
}

/// The `sonic` command, nothing of this process's settings with it.
pub(crate) fn command() -> Command {
    let mut command = Command::new(binary());
    command.env_remove("SONIC_STORE").stdin(Stdio::null());
    command
}

/// The `sonic` binary beside this test's executable; it belongs to another package, so Cargo does not build it for us.
pub(crate) fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let this = std::env::current_exe().unwrap();
        let profile = this.ancestors().nth(2).unwrap();
        let mut cargo = Command::new(env!("CARGO"));
        // With what the tests were built with: another selection would compile all dependencies again.
        cargo.args(["build", "--quiet", "--workspace", "--bins", "--test", "vocabulary", "--target-dir"]);
        cargo.arg(profile.parent().unwrap()).current_dir(env!("CARGO_MANIFEST_DIR"));
        if profile.ends_with("release") {
            cargo.arg("--release");
        }
        sonic_testing::as_outside_of_cargo(&mut cargo);
        assert!(cargo.status().unwrap().success(), "cannot build the sonic command");
        profile.join(format!("sonic{}", std::env::consts::EXE_SUFFIX))
    })
}

/// This test executable again, to run only the ignored test `name`: a second process with the library in it.
pub(crate) fn second_process(name: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", name, "--ignored", "--nocapture", "--quiet"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// The data file of a store: of its current generation, which is the only one while nobody else has the store open.
pub(crate) fn data_file(store: &Path) -> PathBuf {
    let folders = fs::read_dir(store).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        folders.map(|path| path.join("data.mdb")).filter(|file| file.exists()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

/// A copy of a store that nobody has open, in a folder that does not exist yet.
pub(crate) fn copy_store(from: &Path, to: &Path) {
    let data = data_file(from);
    let copy = to.join(data.strip_prefix(from).unwrap());
    fs::create_dir_all(copy.parent().unwrap()).unwrap();
    fs::copy(&data, &copy).unwrap();
    fs::copy(from.join("current"), to.join("current")).unwrap();
}

/// The store of the oldest format version that is kept for the tests.
pub(crate) fn frozen() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stores/v2")
}

/// The recordings of the demo.
pub(crate) fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/demo/media")
}
