//! Hostile MusicXML: any answer is right but a panic, endless work, a huge allocation or a time that is not finite.
//!
//! From this folder's parent: `RUSTC_BOOTSTRAP=1 cargo fuzz run musicxml -- -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=256`

#![no_main]

use libfuzzer_sys::fuzz_target;
use sonic_sing::score::Score;

fuzz_target!(|input: &[u8]| {
    let Ok(score) = Score::from_bytes(input) else { return };
    assert!((0.0..=10_800.0).contains(&score.total_seconds));
    for note in score.parts.iter().flat_map(|part| &part.sung) {
        assert!(note.onset_s.is_finite() && note.duration_s >= 0.0 && note.duration_beats >= 0.0);
    }
    for (part, voice) in score.parts.iter().flat_map(|part| part.voices.iter().map(move |voice| (part, voice))) {
        for verse in &voice.verses {
            assert!(part.words(&voice.voice, &verse.verse).take(100).count() <= verse.syllables);
        }
    }
});
