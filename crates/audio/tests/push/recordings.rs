//! The recordings of the reference files, and what is made of them.

use serde_json::Value;
use sonic_audio::decode::{DecodeOptions, decode_with};
use sonic_testing::{Need, assets, skip};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Samples per second of all tests.
pub(crate) const RATE: u32 = 16_000;

/// A recording in slices.
pub(crate) struct Recording {
    pub(crate) name: String,
    pub(crate) slices: Vec<Vec<u8>>,
    /// What is told of it by `deliveries.py`.
    pub(crate) told: Value,
}

impl Recording {
    /// The bytes of its sessions.
    pub(crate) fn sessions(&self) -> Vec<Vec<u8>> {
        let joined = self.slices.concat();
        let sessions = self.told["sessions"].as_array().unwrap();
        sessions.iter().map(|s| joined[number(&s[0]) as usize..number(&s[1]) as usize].to_vec()).collect()
    }

    /// What its sessions sound like, by the decoder of files, on its time line.
    pub(crate) fn reference(&self) -> Vec<f32> {
        let decoded: Vec<Vec<f32>> = self
            .sessions()
            .into_iter()
            .map(|bytes| decode_with(bytes, &DecodeOptions::at(RATE)).unwrap().samples)
            .collect();
        let mut line = Vec::new();
        for packet in self.told["packets"].as_array().unwrap() {
            let [from, to, covered, session] = [0, 1, 2, 3].map(|n| number(&packet[n]));
            let (start, end) = (at(from), at(to));
            if line.len() < end {
                line.resize(end, 0.0);
            }
            // What is not heard at the start of a packet is none of its sound on the line either.
            let covered = at(covered.max(0.0));
            let sound = &decoded[session as usize];
            for (n, sample) in line[start..end].iter_mut().enumerate() {
                *sample = sound.get(covered + n).copied().unwrap_or(0.0);
            }
        }
        line
    }

    /// The body of a delivery.
    pub(crate) fn body(&self, delivery: &Value) -> Vec<u8> {
        let mut body = self.slices[number(&delivery[0]) as usize].clone();
        body.truncate(number(&delivery[1]) as usize);
        for patch in delivery[2].as_array().unwrap() {
            let (offset, hex) = (number(&patch[0]) as usize, patch[1].as_str().unwrap());
            let bytes: Vec<u8> =
                (0..hex.len() / 2).map(|n| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).unwrap()).collect();
            if offset + bytes.len() <= body.len() {
                body[offset..offset + bytes.len()].copy_from_slice(&bytes);
            }
        }
        body
    }
}

pub(crate) fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

/// The sample at a time in milliseconds.
pub(crate) fn at(ms: f64) -> usize {
    (ms * f64::from(RATE) / 1000.0).round().max(0.0) as usize
}

/// The slices of every recording; `None`, and a reason printed, without the files.
pub(crate) fn slices() -> Option<Vec<(String, Vec<Vec<u8>>)>> {
    Some(slices_in(&assets("live")?.join("slices")))
}

/// The slices of every recording in a folder.
fn slices_in(root: &Path) -> Vec<(String, Vec<Vec<u8>>)> {
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders.iter().map(|folder| (name(folder), read(folder))).collect()
}

fn name(folder: &Path) -> String {
    folder.file_name().unwrap().to_string_lossy().into_owned()
}

fn read(folder: &Path) -> Vec<Vec<u8>> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end != "json"));
    files.sort();
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

/// Every recording with the deliveries of so many seeds; `None`, and a reason printed, without the files or Python.
pub(crate) fn mangled(seeds: usize) -> Option<Vec<Recording>> {
    let live = assets("live")?;
    let python = python()?;
    let told = folder("told");
    Some(tell(&python, &live, &live.join("slices"), &told, seeds))
}

/// The same of recordings that are made of those: in other slices, with other clocks and restarts.
pub(crate) fn varied(seeds: usize) -> Option<Vec<Recording>> {
    let live = assets("live")?;
    let python = python()?;
    let (made, told) = (folder("made"), folder("varied"));
    script(&python, "variants.py", &[live.as_os_str(), made.as_os_str()]);
    let recordings = tell(&python, &live, &made, &told, seeds);
    std::fs::remove_dir_all(made).unwrap();
    Some(recordings)
}

/// An empty folder of this process.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("sonic-push-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs a script that lies beside this file.
fn script(python: &Path, name: &str, arguments: &[&OsStr]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/push").join(name);
    let mut command = Command::new(python);
    let done = command.arg(script).args(arguments).env("PYTHONDONTWRITEBYTECODE", "1").status().unwrap();
    assert!(done.success(), "{name} failed");
}

/// The recordings in `root` with their deliveries, which are written to `told` meanwhile.
fn tell(python: &Path, live: &Path, root: &Path, told: &Path, seeds: usize) -> Vec<Recording> {
    let seeds = seeds.to_string();
    let arguments =
        [live.as_os_str(), told.as_os_str(), OsStr::new("1"), OsStr::new(&seeds), root.as_os_str()];
    script(python, "deliveries.py", &arguments);
    let recordings = slices_in(root).into_iter().map(|(name, slices)| {
        let told = std::fs::read(told.join(format!("{name}.json"))).unwrap();
        Recording { told: serde_json::from_slice(&told).unwrap(), name, slices }
    });
    let recordings = recordings.collect();
    std::fs::remove_dir_all(told).unwrap();
    recordings
}

/// A Python that has numpy, which the script that mangles needs.
fn python() -> Option<PathBuf> {
    let venv = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.venv/bin/python");
    let found = [venv, "python3".into()].into_iter().find(|python| {
        Command::new(python).args(["-c", "import numpy"]).output().is_ok_and(|output| output.status.success())
    });
    if found.is_none() {
        skip(Need::Python, "there is no Python with numpy, which mangle.py needs");
    }
    found
}
