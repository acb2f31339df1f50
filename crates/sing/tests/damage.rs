//! Banks whose files are damaged at random: a check ends, with findings or without.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use sonic_sing::Voicebank;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

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
    match random.next(5) {
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

#[test]
fn damaged_banks_are_checked_without_harm() {
    let Some(banks) = sonic_testing::assets("sing/banks/contract") else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random(1);
    let names = ["full", "multi-speaker", "depth-int", "word-lang", "text-quirks"];
    let rounds = sonic_testing::rounds(300, 10_000);
    let mut worst = Duration::ZERO;
    for name in names {
        let mut files = Vec::new();
        let bank = folder.path().join(name);
        copy(&banks.join(name), &bank, &mut files);
        files.sort();
        for _ in 0..rounds / names.len() {
            let file = &files[random.next(files.len())];
            let whole = std::fs::read(file).unwrap();
            std::fs::write(file, damaged(&whole, &mut random)).unwrap();
            let started = Instant::now();
            let opened = Voicebank::open(&bank).unwrap();
            let findings = opened.check();
            worst = worst.max(started.elapsed());
            assert!(findings.len() < 500, "{}: {} findings", file.display(), findings.len());
            assert!(findings.iter().all(|f| f.message.len() < 4000));
            std::fs::write(file, &whole).unwrap();
        }
        assert!(Voicebank::open(&bank).unwrap().check().is_empty(), "{name} is whole again");
    }
    assert!(worst < Duration::from_secs(30), "{worst:?}");
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
    let started = Instant::now();
    let findings = Voicebank::open(folder.path()).unwrap().check();
    assert!(findings.iter().any(|f| f.code == "bad_yaml"), "{findings:?}");
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
    let deep = "a: ".to_owned() + &"[".repeat(100_000);
    std::fs::write(folder.path().join("dsconfig.yaml"), deep).unwrap();
    let findings = Voicebank::open(folder.path()).unwrap().check();
    assert!(findings.iter().any(|f| f.code == "bad_yaml"), "{findings:?}");
}
