//! Who spoke when: a conversation that comes slice by slice, cut into turns while it goes on.

use serde_json::Value;
use sonic::Store;
use sonic::audio::decode::{DecodeOptions, decode_with};
use sonic::audio::speaker::VoiceEmbedder;
use sonic::live::{LiveOptions, LiveSession, SpeakerOptions};
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::Write;
use std::path::Path;

/// Samples per second of the picture's sound.
const RATE: u32 = 16_000;
/// Slices that a page sends of a second.
const SLICES_PER_SECOND: usize = 1;
/// Length in milliseconds of the frames in which the error is counted.
const FRAME_MS: u64 = 10;
/// The most of the time that speakers speak that may be wrong, in percent.
const MOST_WRONG: f64 = 10.0;

/// Somebody speaks from one millisecond to another.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Turn {
    pub(crate) start_ms: u64,
    pub(crate) end_ms: u64,
    pub(crate) speaker: String,
}

/// What was found of a conversation, and the truth.
pub(crate) struct Talk {
    pub(crate) samples: Vec<f32>,
    pub(crate) truth: Vec<Turn>,
    pub(crate) found: Vec<Turn>,
    /// The speaker that the truth has for each that was found.
    pub(crate) names: BTreeMap<String, String>,
}

/// Follows the conversation in `folder` with the people whom `store` knows by their voices, prints who spoke when, and
/// draws it; true if nearly all of it is right.
pub(crate) fn follow(
    folder: &Path,
    store: &Store,
    picture: &Path,
    out: &mut impl Write,
) -> Result<bool, Box<dyn Error>> {
    let (bytes, truth) = (std::fs::read(folder.join("talk.opus"))?, truth(&folder.join("talk.json"))?);
    let samples = decode_with(&bytes[..], &DecodeOptions::at(RATE))?.samples;
    let (found, lag_ms) = turns(&bytes, samples.len() / RATE as usize, store)?;
    let names = names(&truth, &found);
    let talk = Talk { samples, truth, found, names };
    let error = table(&talk, out)?;
    std::fs::write(picture, crate::talk_picture::render(&talk))?;
    writeln!(
        out,
        "\n{:.0} s of conversation: {error:.1} % of the time that people speak is wrong (DER, no collar); a turn is known \
         {:.1} s after its end\nwho spoke when, as a picture: {}",
        talk.samples.len() as f64 / f64::from(RATE),
        lag_ms / 1000.0,
        picture.display()
    )?;
    Ok(error <= MOST_WRONG)
}

/// Who speaks when in truth.
fn truth(path: &Path) -> Result<Vec<Turn>, Box<dyn Error>> {
    let table: Vec<Value> = serde_json::from_slice(&std::fs::read(path)?)?;
    let turn = |turn: &Value| {
        let speaker = turn["speaker"].as_str()?.to_owned();
        Some(Turn { start_ms: turn["start_ms"].as_u64()?, end_ms: turn["end_ms"].as_u64()?, speaker })
    };
    table.iter().map(|t| turn(t).ok_or_else(|| format!("damaged: {t}").into())).collect()
}

/// Sends the slices of a file to a session, as a page would; gives the turns, and how long after its end an
/// utterance is final on average, in milliseconds.
fn turns(bytes: &[u8], seconds: usize, store: &Store) -> Result<(Vec<Turn>, f64), Box<dyn Error>> {
    let speakers = SpeakerOptions {
        voices: Some(VoiceEmbedder::built_in()),
        store: Some(store.voices()),
        ..SpeakerOptions::default()
    };
    let mut session = LiveSession::new("demo", None, &LiveOptions { speakers, ..LiveOptions::default() })?;
    let slices = bytes.chunks(bytes.len() / (seconds * SLICES_PER_SECOND) + 1);
    let (mut lags, mut seen) = (Vec::new(), BTreeSet::new());
    for (index, slice) in (0..).zip(slices) {
        let now_ms = (index + 1) * 1000 / SLICES_PER_SECOND as u64;
        let before = seen.len();
        for segment in session.push(index, slice)?.into_iter().filter(|segment| segment.is_final) {
            if seen.insert(segment.id) {
                lags.push(now_ms.saturating_sub(segment.end_ms) as f64);
            }
        }
        if seen.len() > before {
            session.refresh_names()?;
        }
    }
    session.finish()?;
    session.refresh_names()?;
    let turn = |turn: sonic::live::Turn| Turn {
        start_ms: turn.start_ms,
        end_ms: turn.end_ms,
        speaker: turn.speaker,
    };
    Ok((session.turns().into_iter().map(turn).collect(), lags.iter().sum::<f64>() / lags.len().max(1) as f64))
}

/// The speaker of the truth that each label stands for: its own if it is a name; else whoever speaks most while it does.
fn names(truth: &[Turn], found: &[Turn]) -> BTreeMap<String, String> {
    let people: BTreeSet<&String> = truth.iter().map(|turn| &turn.speaker).collect();
    let labels: BTreeSet<&String> = found.iter().map(|turn| &turn.speaker).collect();
    let (named, labels): (Vec<&String>, Vec<&String>) = labels.into_iter().partition(|l| people.contains(l));
    let mut names: BTreeMap<String, String> = named.iter().map(|n| ((*n).clone(), (*n).clone())).collect();
    for label in labels {
        let common = |person: &&&String| -> u64 {
            let own = found.iter().filter(|turn| turn.speaker == *label);
            own.flat_map(|f| truth.iter().filter(|t| t.speaker == ***person).map(|t| common_ms(f, t))).sum()
        };
        if let Some(person) = people.iter().filter(|p| !named.contains(p)).max_by_key(common) {
            names.insert(label.clone(), (*person).clone());
        }
    }
    names
}

/// For how long two turns overlap.
fn common_ms(a: &Turn, b: &Turn) -> u64 {
    a.end_ms.min(b.end_ms).saturating_sub(a.start_ms.max(b.start_ms))
}

impl Talk {
    /// The diarization error rate in percent: what is missed, what is spoken by nobody, and what is given to another.
    fn error(&self) -> f64 {
        let end_ms = self.truth.iter().chain(&self.found).map(|turn| turn.end_ms).max().unwrap_or(0);
        let (mut wrong, mut total) = (0, 0);
        for ms in (0..end_ms).step_by(FRAME_MS as usize) {
            let at = |turns: &[Turn]| -> BTreeSet<String> {
                let now = turns.iter().filter(|t| t.start_ms <= ms && ms < t.end_ms);
                now.map(|t| t.speaker.clone()).collect()
            };
            let (speakers, labels) = (at(&self.truth), at(&self.found));
            let right =
                labels.iter().filter(|l| self.names.get(*l).is_some_and(|n| speakers.contains(n))).count();
            wrong += speakers.len().max(labels.len()) - right;
            total += speakers.len();
        }
        100.0 * wrong as f64 / total.max(1) as f64
    }
}

/// Prints the turns beside the truth; gives the error.
fn table(talk: &Talk, out: &mut impl Write) -> Result<f64, Box<dyn Error>> {
    writeln!(out, "\nSPOKE                  FROM        TO      IN TRUTH               FROM        TO")?;
    for turn in &talk.found {
        let span = |turn: &Turn| {
            let seconds = |ms: u64| ms as f64 / 1000.0;
            format!("{:22} {:4.1} s {:6.1} s", turn.speaker, seconds(turn.start_ms), seconds(turn.end_ms))
        };
        let name = talk.names.get(&turn.speaker);
        let truth = talk.truth.iter().max_by_key(|t| (common_ms(turn, t), Some(&t.speaker) == name));
        let truth = truth.filter(|t| common_ms(turn, t) > 0);
        let is_right = truth.is_some_and(|t| Some(&t.speaker) == name);
        let say = if is_right { "ok" } else { "WRONG" };
        writeln!(out, "{}      {:38}  {say}", span(turn), truth.map_or("nobody".to_owned(), span))?;
    }
    Ok(talk.error())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(speaker: &str, start_ms: u64, end_ms: u64) -> Turn {
        Turn { start_ms, end_ms, speaker: speaker.to_owned() }
    }

    fn talk(truth: Vec<Turn>, found: Vec<Turn>) -> Talk {
        let names = names(&truth, &found);
        Talk { samples: Vec::new(), truth, found, names }
    }

    #[test]
    fn the_shipped_conversation_is_cut_into_turns_with_names() -> Result<(), Box<dyn Error>> {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/demo");
        let path = std::env::temp_dir().join(format!("sonic-demo-talk-{}", std::process::id()));
        let store = Store::open(&path, sonic::StoreOptions::default())?;
        crate::voices::recognise(&shipped.join("voices"), &store, &mut Vec::new())?;
        let (picture, mut table) = (path.join("talk.svg"), Vec::new());
        let all_right = follow(&shipped, &store, &picture, &mut table)?;
        let table = String::from_utf8(table)?;
        assert!(all_right && !table.contains("WRONG"), "{table}");
        // Three are enrolled; what the stranger is called is up to the session.
        for name in ["alma", "bruno", "cyril", "voice "] {
            assert!(table.lines().any(|line| line.starts_with(name)), "{table}");
        }
        let svg = std::fs::read_to_string(picture)?;
        assert!(svg.starts_with("<svg") && svg.contains(">alma<") && svg.contains("in truth dora"), "{svg}");
        std::fs::remove_dir_all(&path)?;
        Ok(())
    }

    #[test]
    fn the_error_is_what_is_missed_made_up_or_given_to_another() {
        let truth = vec![turn("alma", 0, 1_000), turn("dora", 2_000, 4_000)];
        let error = |found: Vec<Turn>| talk(truth.clone(), found).error();
        assert_eq!(error(truth.clone()), 0.0);
        assert_eq!(error(vec![turn("alma", 0, 1_000), turn("voice 1", 2_000, 4_000)]), 0.0);
        assert_eq!(error(vec![]), 100.0);
        assert_eq!(error(vec![turn("alma", 0, 2_500), turn("voice 1", 2_500, 4_000)]), 50.0);
        let swapped = talk(truth.clone(), vec![turn("dora", 0, 1_000), turn("alma", 2_000, 4_000)]);
        assert_eq!(swapped.error(), 100.0);
    }
}
