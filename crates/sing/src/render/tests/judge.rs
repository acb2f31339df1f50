//! Songs that the judge of the reference hears: pitch, vowels and onsets of what two singers of known numbers sing.

use super::{bank, ground, score};
use crate::{RenderOptions, Voicebank};
use std::path::{Path, PathBuf};

/// What the judge says of a sound.
#[derive(Debug)]
struct Judgement {
    /// The worst pitch, in cents.
    cents: f64,
    /// Vowels that are right, and all.
    vowels: (usize, usize),
    /// The worst onset of a vowel after a consonant that is not voiced, in milliseconds.
    onset_ms: f64,
    said: String,
}

impl Judgement {
    fn is_good(&self) {
        let Self { cents, vowels: (right, all), onset_ms, said } = self;
        assert!(*cents <= 10.0 && right == all && *all > 4 && *onset_ms <= 15.0, "{said}");
        println!("{}", said.lines().last().unwrap_or_default());
    }
}

/// The judge, and what it needs.
struct Judge {
    python: PathBuf,
    script: PathBuf,
    folder: tempfile::TempDir,
}

impl Judge {
    /// The judge, if it and Python with numpy are there.
    fn find(ground: &Path) -> Option<Self> {
        let Some(python) = python() else {
            sonic_testing::skip(sonic_testing::Need::Python, "no Python with numpy to run the judge");
            return None;
        };
        Some(Self { python, script: ground.join("ref/judge.py"), folder: tempfile::tempdir().unwrap() })
    }

    fn judge(&self, truth: &Path, bank: &Voicebank, part: &str, samples: &[f32]) -> Judgement {
        let wav = self.folder.path().join("song.wav");
        crate::write_sound(&wav, samples, 1, bank.sample_rate()).unwrap();
        let mut command = std::process::Command::new(&self.python);
        command.arg(&self.script).arg(truth).arg(bank.path()).arg(wav).args(["--part", part]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said = String::from_utf8(output.stdout).unwrap();
        let last = said.lines().last().unwrap_or_default();
        let word = |after: &str| {
            let rest = last.split_once(after).unwrap_or_else(|| panic!("{said}")).1;
            rest.split_whitespace().next().unwrap().trim_end_matches(',')
        };
        let (right, all) = word("vowels right ").split_once('/').unwrap();
        let (cents, onset_ms) =
            (word("pitch error ").parse().unwrap(), word("onset error ").parse().unwrap());
        Judgement { cents, vowels: (right.parse().unwrap(), all.parse().unwrap()), onset_ms, said }
    }
}

fn python() -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.venv/bin/python");
    let named = std::env::var_os("SONIC_PYTHON").map(PathBuf::from);
    let candidates = named.into_iter().chain([own, "python3".into()]);
    candidates.into_iter().find(|python| {
        let tried = std::process::Command::new(python).args(["-c", "import numpy"]).output();
        tried.is_ok_and(|output| output.status.success())
    })
}

#[test]
fn the_judge_finds_the_right_notes_and_vowels() {
    let Some((ground, judge)) = ground().and_then(|ground| Some((ground.clone(), Judge::find(&ground)?)))
    else {
        return;
    };
    let bank = bank(&ground, "clear-voice");
    for (name, options) in [
        ("scale", RenderOptions::default()),
        ("syllables", RenderOptions::default()),
        ("endings_verses", RenderOptions { verse: Some("1".into()), ..Default::default() }),
        ("triplets", RenderOptions::default()),
    ] {
        let score = score(&ground, &format!("own/{name}.musicxml"));
        let samples = bank.render(&score, &options).unwrap().collect_samples().unwrap();
        let truth = ground.join(format!("scores/truth/own/{name}.musicxml.json"));
        judge.judge(&truth, &bank, "P1", &samples).is_good();
    }
}

/// The singer and the song of `make demo`.
#[cfg(feature = "serde")]
#[test]
fn the_demo_sings_its_song() {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/demo");
    let bank = Voicebank::open(&demo.join("singer")).unwrap();
    assert!(bank.check().is_empty(), "{:#?}", bank.check());
    assert!(size(&demo.join("singer")) < 1_000_000);
    let song = crate::score::Score::open(demo.join("song.musicxml")).unwrap();
    assert_eq!(song.parts.len(), 2);
    let Some((_, judge)) = ground().and_then(|ground| Some((ground.clone(), Judge::find(&ground)?))) else {
        return;
    };
    let truth = judge.folder.path().join("song.json");
    std::fs::write(&truth, serde_json::to_vec(&song).unwrap()).unwrap();
    for (number, part) in song.parts.iter().enumerate() {
        let options = RenderOptions { part: number, strict: true, ..Default::default() };
        let samples = bank.render(&song, &options).unwrap().collect_samples().unwrap();
        let judgement = judge.judge(&truth, &bank, &part.part_id, &samples);
        assert_eq!(judgement.vowels.1, part.sung.len(), "every note is judged");
        judgement.is_good();
    }
}

/// Bytes of all files in a folder.
#[cfg(feature = "serde")]
fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { size(&path) } else { std::fs::metadata(path).unwrap().len() }).sum()
}
