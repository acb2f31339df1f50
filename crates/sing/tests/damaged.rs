//! Promise: whatever damage a score has, reading it ends soon, in a score or a typed error, without a panic and
//! within its memory.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use sonic_core::ErrorKind;
use sonic_sing::score::Score;
use std::fs;
use std::time::Duration;

#[path = "support/clock.rs"]
mod clock;
#[path = "support/memory.rs"]
mod memory;

/// Damaged scores, and with `SONIC_SOAK`.
const ROUNDS: [usize; 2] = [300, 10_000];
/// Longest time of the processor for one.
const PATIENCE: Duration = Duration::from_secs(2);
/// Most memory for one, in bytes.
const MEMORY: usize = 64 << 20;
/// What numbers are replaced by.
const NUMBERS: [&str; 12] = [
    "0",
    "-1",
    "1e9",
    "NaN",
    "",
    "999999999999999999999",
    "0.3333333333",
    "1e-30",
    "2",
    "x",
    "1000000",
    "64",
];

/// A small generator of numbers (xorshift), so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit.max(1)
    }
}

/// A score of many kinds of elements, for where there are no others.
const OWN: &str =
    "<?xml version='1.0' encoding='UTF-8'?><!DOCTYPE score-partwise PUBLIC 'x' 'y'><score-partwise><work>
<work-title>T</work-title></work><part-list><score-part id='P1'><part-name>V</part-name></score-part>
</part-list><part id='P1'><measure number='1'><attributes><divisions>24</divisions><time><beats>4</beats>
<beat-type>4</beat-type></time><transpose><chromatic>-2</chromatic><octave-change>1</octave-change>
</transpose></attributes><direction><direction-type><metronome><beat-unit>quarter</beat-unit>
<beat-unit-dot/><per-minute>ca. 72</per-minute></metronome></direction-type><offset sound='yes'>12</offset>
<sound tempo='90'/></direction><barline><repeat direction='forward'/></barline><note><grace/><pitch><step>B
</step><octave>4</octave></pitch><voice>1</voice><lyric><text>x</text></lyric></note><note><pitch><step>C
</step><alter>0.5</alter><octave>5</octave></pitch><duration>48</duration><tie type='start'/><voice>1
</voice><staff>1</staff><lyric number='1'><syllabic>begin</syllabic><text>l&amp;a</text><elision/><text>e
</text><extend/></lyric></note><note><chord/><pitch><step>E</step><octave>5</octave></pitch><duration>48
</duration></note><backup><duration>48</duration></backup><forward><duration>24</duration></forward>
</measure><measure number='2'><barline><ending number='1, 2-3' type='start'/></barline><note><pitch><step>C
</step><alter>0.5</alter><octave>5</octave></pitch><duration>48</duration><tie type='stop'/><voice>1</voice>
</note><barline><ending number='1' type='stop'/><repeat direction='backward' times='4'/></barline></measure>
<measure><note><rest/><duration>96</duration></note><direction><direction-type><words>D.C. al Fine</words>
</direction-type></direction></measure></part></score-partwise>";

/// Small scores of every kind at hand.
fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![OWN.as_bytes().to_vec()];
    for group in ["own", "lilypond", "hostile"] {
        let Some(folder) = sonic_testing::assets(&format!("sing/scores/{group}")) else { break };
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        seeds.extend(files.iter().map(|path| fs::read(path).unwrap()).filter(|bytes| bytes.len() < 16_000));
    }
    seeds
}

/// Changes some numbers, or whatever bytes.
fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    let kinds = if random.below(2) == 0 { 6 } else { 1 };
    for _ in 0..1 + random.below(4) {
        let at = random.below(bytes.len());
        match 6 - random.below(kinds) {
            5 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << random.below(8)),
            1 => bytes.truncate(at),
            2 => drop(bytes.drain(at..(at + random.below(200)).min(bytes.len()))),
            3 => {
                let piece = bytes[at..(at + random.below(400)).min(bytes.len())].to_vec();
                let to = random.below(bytes.len());
                bytes.splice(to..to, piece);
            }
            4 => bytes
                .iter_mut()
                .skip(at)
                .take(random.below(8))
                .for_each(|byte| *byte = random.below(256) as u8),
            _ => replace_number(bytes, at, NUMBERS[random.below(NUMBERS.len())]),
        }
    }
}

/// Another number in place of the next one after `at`.
fn replace_number(bytes: &mut Vec<u8>, at: usize, number: &str) {
    let Some(start) = bytes[at..].windows(2).position(|pair| pair[0] == b'>' && pair[1].is_ascii_digit())
    else {
        return;
    };
    let start = at + start + 1;
    let length = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    bytes.splice(start..start + length, number.bytes());
}

#[test]
fn damaged_scores_end_in_a_score_or_an_error() {
    let seeds = seeds();
    let mut random = Random(0x5eed_0021);
    let (mut read, mut refused) = (0, 0);
    for round in 0..sonic_testing::rounds(ROUNDS[0], ROUNDS[1]) {
        let mut bytes = seeds[round % seeds.len()].clone();
        damage(&mut bytes, &mut random);
        let ((result, peak), took) = clock::time_of(|| memory::peak_of(|| Score::from_bytes(bytes)));
        assert!(took < PATIENCE && peak < MEMORY, "round {round}: {took:?}, {peak} bytes");
        match result {
            Ok(score) => {
                read += 1;
                check(&score, round);
            }
            Err(error) => {
                refused += 1;
                let kinds = [ErrorKind::Malformed, ErrorKind::Limit, ErrorKind::Unsupported];
                assert!(kinds.contains(&error.kind()), "round {round}: {error:?}");
            }
        }
    }
    assert!(
        read > 20 && refused > 20,
        "{read} were read, {refused} refused: the damage is too small or too great"
    );
}

/// What holds of every score that is read.
fn check(score: &Score, round: usize) {
    assert!(
        score.total_seconds.is_finite() && (0.0..=10_800.0).contains(&score.total_seconds),
        "round {round}"
    );
    assert!(score.tempos.iter().all(|tempo| tempo.bpm > 0.0 && tempo.seconds >= 0.0), "round {round}");
    for note in score.parts.iter().flat_map(|part| &part.sung) {
        let times = [note.offset_beats, note.duration_beats, note.onset_s, note.duration_s];
        assert!(times.iter().all(|time| time.is_finite() && *time >= 0.0), "round {round}: {note:?}");
        assert!(note.pitch_midi.is_finite() && note.tied > 0 && note.pass > 0, "round {round}: {note:?}");
    }
}
