//! Songs as callers render them: words that fail, cancelling, the cache, judged sound.

use super::{bank, clock, ground};
use crate::score::Score;
use crate::{PhraseCache, RenderOptions};
use sonic_core::ErrorKind;

/// A song of phrases of three notes with a rest after each: `(pitch, text)`. No text is a note without words.
fn song(phrases: &[[(&str, &str); 3]]) -> Score {
    let mut notes = String::new();
    for phrase in phrases {
        for (pitch, text) in phrase {
            let (step, octave) = pitch.split_at(1);
            let lyric = match *text {
                "" => String::new(),
                text => format!("<lyric><syllabic>single</syllabic><text>{text}</text></lyric>"),
            };
            notes += &format!(
                "<note><pitch><step>{step}</step><octave>{octave}</octave></pitch><duration>1</duration>{lyric}</note>"
            );
        }
        notes += "<note><rest/><duration>3</duration></note>";
    }
    let text = format!(
        "<?xml version=\"1.0\"?><score-partwise><part-list><score-part id=\"P1\"><part-name>V</part-name></score-part>\
         </part-list><part id=\"P1\"><measure number=\"1\"><attributes><divisions>1</divisions></attributes>\
         <sound tempo=\"120\"/>{notes}</measure></part></score-partwise>"
    );
    Score::from_bytes(text.into_bytes()).unwrap()
}

const SONG: [[(&str, &str); 3]; 3] = [
    [("C4", "la"), ("D4", "mi"), ("E4", "so")],
    [("E4", "ta"), ("D4", "ku"), ("C4", "na")],
    [("C4", "lo"), ("E4", "ti"), ("G4", "ma")],
];

#[test]
fn words_that_fail_are_named_and_hummed() {
    let Some(ground) = ground() else { return };
    let bank = bank(&ground, "contract/word-steps");
    let mut song_ = SONG;
    song_[1][1].1 = "\u{685c}";
    let score = song(&song_);
    let phrases = bank.render(&score, &RenderOptions::default()).unwrap();
    let warning = phrases.warnings().iter().find(|w| w.code == "unknown_word").unwrap().clone();
    assert_eq!((warning.measure.as_str(), warning.verse.as_str()), ("1", "1"));
    assert!(warning.message.contains('\u{685c}') && warning.message.contains("dictionary"), "{warning:?}");
    let phrases: Vec<_> = phrases.map(Result::unwrap).collect();
    let sung: Vec<&str> = phrases[1].phonemes.iter().map(|(p, ..)| p.as_str()).collect();
    assert_eq!(sung, ["t", "a", "m", "n", "a"]);
    let strict = RenderOptions { strict: true, ..Default::default() };
    let error = bank.render(&score, &strict).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("measure 1, verse 1"), "{error}");
}

#[test]
fn parts_without_words_are_sung_on_a_vowel_and_rules_spell_what_banks_do_not() {
    let Some(ground) = ground() else { return };
    let bank = bank(&ground, "contract/word-steps");
    let wordless = song(&[[("C4", ""), ("D4", ""), ("E4", "")]]);
    let phrases = bank.render(&wordless, &RenderOptions::default()).unwrap();
    assert_eq!(phrases.warnings()[0].code, "no_words");
    let sung: Vec<_> = phrases.flat_map(|p| p.unwrap().phonemes).map(|(p, ..)| p).collect();
    assert_eq!(sung, ["a", "a", "a"]);
    let italian = song(&[[("C4", "luna"), ("D4", "ciao"), ("E4", "mano")]]);
    let options = RenderOptions { language: "it".into(), ..Default::default() };
    let phrases = bank.render(&italian, &options).unwrap();
    let codes: Vec<_> = phrases.warnings().iter().map(|w| w.code).collect();
    assert_eq!(codes, ["near_phonemes"], "ciao has no ch here");
    let sung: Vec<_> = phrases.flat_map(|p| p.unwrap().phonemes).map(|(p, ..)| p).collect();
    assert_eq!(sung.join(" "), "l u n a t s a o m a n o");
}

#[test]
fn what_does_not_exist_is_named() {
    let Some(ground) = ground() else { return };
    let bank = bank(&ground, "contract/multi-speaker");
    let score = song(&SONG);
    let kind = |options: RenderOptions| bank.render(&score, &options).unwrap_err().kind();
    assert_eq!(kind(RenderOptions { part: 1, ..Default::default() }), ErrorKind::NotFound);
    assert_eq!(kind(RenderOptions { voice: Some("9".into()), ..Default::default() }), ErrorKind::NotFound);
    assert_eq!(kind(RenderOptions { verse: Some("2".into()), ..Default::default() }), ErrorKind::NotFound);
    let color = RenderOptions { voice_color: "ghost".into(), ..Default::default() };
    assert!(bank.render(&score, &color).unwrap_err().message().contains("whisper"));
}

#[test]
fn songs_can_be_cancelled() {
    let Some(ground) = ground() else { return };
    let bank = bank(&ground, "contract/tokens");
    let mut phrases = bank.render(&song(&SONG), &RenderOptions::default()).unwrap();
    let handle = phrases.handle();
    assert!(phrases.next().unwrap().is_ok());
    let progress = handle.progress();
    assert_eq!(progress.rendered, 1);
    assert!(progress.done_seconds > 1.0 && progress.done_seconds < progress.total_seconds);
    handle.cancel();
    assert_eq!(phrases.next().unwrap().unwrap_err().kind(), ErrorKind::Closed);
    assert!(phrases.next().is_none());
}

/// Phrases that were rendered, phrases from the cache, and the sound.
fn cached(bank: &crate::Voicebank, score: &Score, options: &RenderOptions) -> (u64, u64, Vec<f32>) {
    let phrases = bank.render(score, options).unwrap();
    let handle = phrases.handle();
    let samples = phrases.collect_samples().unwrap();
    let progress = handle.progress();
    (progress.rendered, progress.from_cache, samples)
}

#[test]
fn a_second_run_renders_none_and_an_edited_note_one_phrase() {
    let Some(ground) = ground() else { return };
    let folder = tempfile::tempdir().unwrap();
    let cache = PhraseCache::open(folder.path(), 100 << 20).unwrap();
    let options = RenderOptions { cache: Some(cache), ..Default::default() };
    for name in ["contract/word-steps", "contract/full", "contract/minimal-legacy", "contract/mixed-hop"] {
        let options = match name {
            "contract/full" => RenderOptions { language: "en".into(), ..options.clone() },
            _ => options.clone(),
        };
        let first_bank = bank(&ground, name);
        let (rendered, kept, first) = cached(&first_bank, &song(&SONG), &options);
        assert_eq!((rendered, kept), (3, 0), "{name}");
        let second_bank = bank(&ground, name);
        let (rendered, kept, second) = cached(&second_bank, &song(&SONG), &options);
        assert_eq!((rendered, kept), (0, 3), "{name}");
        assert_eq!(first, second, "{name}");
        assert!(second_bank.models().loaded() == 0, "what is kept needs no model");
        let mut edited = SONG;
        edited[1][1].0 = "F4";
        let (rendered, kept, third) = cached(&second_bank, &song(&edited), &options);
        assert_eq!((rendered, kept), (1, 2), "{name}");
        let (_, _, fresh) =
            cached(&first_bank, &song(&edited), &RenderOptions { cache: None, ..options.clone() });
        assert_eq!(third, fresh, "{name}");
        let louder = RenderOptions { pitch_expression: 0.5, ..options.clone() };
        assert_eq!(cached(&second_bank, &song(&SONG), &louder).0, 3, "controls belong to the key");
    }
}

#[test]
fn a_cache_that_cannot_be_written_is_a_warning() {
    let Some(ground) = ground() else { return };
    let folder = tempfile::tempdir().unwrap();
    let cache = PhraseCache::open(&folder.path().join("c"), 1 << 20).unwrap();
    std::fs::remove_dir_all(folder.path().join("c")).unwrap();
    std::fs::write(folder.path().join("c"), b"a file").unwrap();
    let bank = bank(&ground, "contract/tokens");
    let options = RenderOptions { cache: Some(cache), ..Default::default() };
    let mut phrases = bank.render(&song(&SONG), &options).unwrap();
    assert!(phrases.by_ref().all(|phrase| phrase.is_ok()));
    assert_eq!(phrases.warnings().iter().filter(|w| w.code == "cache").count(), 1);
}

#[test]
fn bad_banks_sing_or_are_refused() {
    let Some(ground) = ground() else { return };
    let score = song(&SONG[..1]);
    for entry in std::fs::read_dir(ground.join("banks/bad")).unwrap().flatten().filter(|e| e.path().is_dir())
    {
        let name = entry.file_name().into_string().unwrap();
        let bank = bank(&ground, &format!("bad/{name}"));
        let sung =
            bank.render(&score, &RenderOptions::default()).and_then(|phrases| phrases.collect_samples());
        if let Err(error) = sung {
            assert_ne!(error.kind(), ErrorKind::Internal, "{name}: {error}");
            assert!(error.message().len() > 20, "{name}: {error}");
        }
    }
}

/// What sonic adds to the time of the models, for the figure in BENCHMARKS.
#[test]
fn own_work_is_little() {
    let Some(ground) = ground() else { return };
    let bank = bank(&ground, "contract/full");
    let long: Vec<_> = SONG.iter().cycle().take(60).copied().collect();
    let score = song(&long);
    let folder = tempfile::tempdir().unwrap();
    let cache = PhraseCache::open(folder.path(), 100 << 20).unwrap();
    let options = RenderOptions { language: "en".into(), steps: 1, cache: Some(cache), ..Default::default() };
    let sung = bank.render(&score, &options).unwrap().collect_samples().unwrap();
    let sing = || bank.render(&score, &options).unwrap().collect_samples().unwrap();
    let (again, took) = clock::time_of(sing);
    let ms = took.as_secs_f64() * 1000.0;
    let seconds = again.len() as f64 / f64::from(bank.sample_rate());
    assert_eq!(sung.len(), again.len());
    println!("own work with a full cache: {:.3} ms a second of {seconds:.0} s of song", ms / seconds);
    // Without optimisation it is another program.
    assert!(cfg!(debug_assertions) || ms / seconds < 1.0, "{ms} ms for {seconds} s");
}
