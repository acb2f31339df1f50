//! Banks whose files are damaged at random: a check ends, with findings or without.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may fail, and says what it measures")]

use sonic_sing::Voicebank;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[path = "support/clock.rs"]
mod clock;
#[path = "support/memory.rs"]
mod memory;

/// Longest time of the processor for one.
const PATIENCE: Duration = Duration::from_secs(2);
/// Most memory for one, in bytes.
const MEMORY: usize = 64 << 20;
/// What numbers and words are replaced by.
const VALUES: [&str; 14] = [
    "0",
    "-1",
    "1e9",
    ".nan",
    ".inf",
    "",
    "99999999999999999999",
    "[]",
    "{}",
    "~",
    "../../x",
    "true",
    "'",
    "1e-30",
];

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below.max(1)
    }
}

fn copy(from: &Path, to: &Path, files: &mut Vec<PathBuf>) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        match path.is_dir() {
            true => copy(&path, &target, files),
            false => {
                std::fs::copy(&path, &target).unwrap();
                files.push(target);
            }
        }
    }
}

fn damaged(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut out = bytes.to_vec();
    match random.next(8) {
        5 | 6 => replace_value(&mut out, random),
        7 => out = reordered(bytes, random),
        0 => out.truncate(random.next(bytes.len())),
        1 => {
            let at = random.next(bytes.len());
            out.splice(
                at..at,
                std::iter::repeat_n(b"[{:&*-#\"'\n\t\xff\0"[random.next(13)], random.next(300)),
            );
        }
        2 => {
            let (from, length) = (random.next(bytes.len()), random.next(200));
            let part = bytes[from..(from + length).min(bytes.len())].to_vec();
            let at = random.next(bytes.len());
            out.splice(at..at, part);
        }
        _ => {
            for _ in 0..=random.next(20) {
                let at = random.next(bytes.len());
                if let Some(byte) = out.get_mut(at) {
                    *byte = random.next(256) as u8;
                }
            }
        }
    }
    out
}

/// Another value behind the next colon or comma.
fn replace_value(bytes: &mut Vec<u8>, random: &mut Random) {
    let at = random.next(bytes.len());
    let Some(start) = bytes[at..].iter().position(|byte| matches!(byte, b':' | b',')) else { return };
    let start = at + start + 1;
    let length = bytes[start..].iter().take_while(|byte| !matches!(byte, b'\n' | b',' | b'}' | b']')).count();
    let value = format!(" {}", VALUES[random.next(VALUES.len())]);
    bytes.splice(start..start + length, value.bytes());
}

/// Lines in another order, some twice, some gone.
fn reordered(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    for _ in 0..=random.next(4) {
        let (from, to) = (random.next(lines.len()), random.next(lines.len()));
        match random.next(3) {
            0 => lines.swap(from, to),
            1 => lines.insert(to, lines[from]),
            _ if lines.len() > 1 => drop(lines.remove(from)),
            _ => (),
        }
    }
    lines.concat()
}

#[test]
fn damaged_banks_are_checked_without_harm() {
    let Some(banks) = sonic_testing::assets("sing/banks/contract") else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random(1);
    let names = ["full", "multi-speaker", "depth-int", "word-lang", "text-quirks"];
    let rounds = sonic_testing::rounds(300, 10_000);
    let (mut worst, mut most) = (Duration::ZERO, 0);
    for name in names {
        let mut files = Vec::new();
        let bank = folder.path().join(name);
        copy(&banks.join(name), &bank, &mut files);
        files.sort();
        for _ in 0..rounds / names.len() {
            let file = &files[random.next(files.len())];
            let whole = std::fs::read(file).unwrap();
            std::fs::write(file, damaged(&whole, &mut random)).unwrap();
            let check = || Voicebank::open(&bank).unwrap().check();
            let ((findings, peak), took) = clock::time_of(|| memory::peak_of(check));
            (worst, most) = (worst.max(took), most.max(peak));
            assert!(took < PATIENCE && peak < MEMORY, "{}: {took:?}, {peak} bytes", file.display());
            assert!(findings.len() < 500, "{}: {} findings", file.display(), findings.len());
            assert!(findings.iter().all(|f| f.message.len() < 4000));
            std::fs::write(file, &whole).unwrap();
        }
        assert!(Voicebank::open(&bank).unwrap().check().is_empty(), "{name} is whole again");
    }
    println!("the slowest of {rounds} took {worst:?}, the largest {} KiB", most >> 10);
}

#[test]
fn bombs_of_aliases_end() {
    let Some(banks) = sonic_testing::assets("sing/banks/contract") else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    copy(&banks.join("tokens"), folder.path(), &mut files);
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let before = format!("*a{}", level - 1);
        bomb += &format!("a{level}: &a{level} [{}]\n", vec![before; 10].join(", "));
    }
    std::fs::write(folder.path().join("dsconfig.yaml"), bomb).unwrap();
    let check = || Voicebank::open(folder.path()).unwrap().check();
    let ((findings, peak), took) = clock::time_of(|| memory::peak_of(check));
    assert!(findings.iter().any(|f| f.code == "bad_yaml"), "{findings:?}");
    println!("a bomb of aliases: {took:?}, {} MiB", peak >> 20);
    assert!(took < PATIENCE && peak < MEMORY, "{took:?}, {peak} bytes");
    let words =
        "&e {grapheme: a, phonemes: [a, a, a, a, a, a, a, a]}, ".to_owned() + &"*e, ".repeat(2_000_000);
    std::fs::write(folder.path().join("dsdur/dsdict.yaml"), format!("entries: [{words}]\n")).unwrap();
    let (findings, took) = clock::time_of(check);
    println!("a dictionary of aliases: {took:?}");
    assert!(findings.iter().any(|f| f.code == "bad_yaml" && f.file == "dsdur/dsdict.yaml"), "{findings:?}");
    assert!(took < PATIENCE, "{took:?}");
    let deep = "a: ".to_owned() + &"[".repeat(100_000);
    std::fs::write(folder.path().join("dsconfig.yaml"), deep).unwrap();
    let findings = Voicebank::open(folder.path()).unwrap().check();
    assert!(findings.iter().any(|f| f.code == "bad_yaml"), "{findings:?}");
}
