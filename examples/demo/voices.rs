//! Who is speaking: people are enrolled from a few recordings, then named in others, and a stranger is not.

use crate::degrade::{self, wav};
use sonic::Store;
use sonic::audio::decode::{DecodeOptions, decode_with};
use sonic::audio::quality::QualityGate;
use sonic::audio::speaker::VoiceEmbedder;
use sonic::voices::{EnrollOptions, IdentifiedVoice, VoiceIdentifyOptions, VoiceSource};
use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// Samples per second at which recordings are spoilt.
const RATE: u32 = 16_000;
const SEED: u64 = 5;

/// A recording of somebody, and the truth about it.
struct Question {
    /// Who speaks.
    speaker: String,
    /// What was done to the recording.
    done: &'static str,
    /// The recording as the bytes of a file.
    sound: Arc<[u8]>,
    /// Whether the speaker is enrolled.
    enrolled: bool,
}

/// How an answer compares with the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// The speaker is named.
    Ok,
    /// A stranger speaks, and the answer says so.
    Rejected,
    /// The answer is "unknown" for somebody who is enrolled.
    Unknown,
    /// Somebody else is named.
    Wrong,
}

/// A way of spoiling a recording a little.
type Spoil = fn(&[f32]) -> Vec<f32>;

const WAYS: [(&str, Spoil); 2] = [
    ("10 dB quieter", |x| degrade::gain(x, -10.0)),
    ("white noise, 30 dB", |x| degrade::white_noise(x, 30.0, SEED)),
];

/// Enrols the people of `folder`, asks about its recordings, and prints a table; true if every answer is right.
pub(crate) fn recognise(folder: &Path, store: &Store, out: &mut impl Write) -> Result<bool, Box<dyn Error>> {
    let embedder = VoiceEmbedder::built_in();
    let people = enroll(&folder.join("enrol"), store, &embedder)?;
    writeln!(out, "\n{} people enrolled by their voices: {}\n", people.len(), people.join(", "))?;
    writeln!(
        out,
        "SPEAKER                DONE TO IT                    ANSWER                 COSINE   SURE            ms"
    )?;
    let (mut counts, questions) = ([0; 4], questions(&folder.join("ask"), &people)?);
    for question in &questions {
        let speech = VoiceSource::from(question.sound.clone());
        let found = sonic::voices::identify(store, &embedder, speech, &VoiceIdentifyOptions::default())?;
        let verdict = verdict(question, &found);
        counts[verdict as usize] += 1;
        writeln!(out, "{}", row(question, &found, verdict))?;
    }
    let [ok, rejected, unknown, wrong] = counts;
    writeln!(
        out,
        "\n{} recordings of voices: {ok} right, {rejected} rightly unknown, {unknown} missed, {wrong} wrong",
        questions.len()
    )?;
    Ok(unknown + wrong == 0)
}

/// Enrols whoever has a folder in `folder`, and gives their names.
fn enroll(folder: &Path, store: &Store, embedder: &VoiceEmbedder) -> Result<Vec<String>, Box<dyn Error>> {
    let mut people = std::fs::read_dir(folder)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<std::io::Result<Vec<_>>>()?;
    people.sort_unstable();
    for person in &people {
        let files = sonic::recordings::files_in(&[folder.join(person)]);
        let speech = files.iter().map(|file| VoiceSource::from(file.as_path())).collect();
        let (gate, options) = (QualityGate::default(), EnrollOptions::default());
        sonic::voices::enroll(store, embedder, person, speech, &gate, &options)?;
    }
    Ok(people)
}

/// The recordings in `folder`, named `SPEAKER-TEXT`: as they are and, the first of a speaker, spoilt.
fn questions(folder: &Path, people: &[String]) -> Result<Vec<Question>, Box<dyn Error>> {
    let mut questions: Vec<Question> = Vec::new();
    let mut files = sonic::recordings::files_in(&[folder.to_owned()]);
    files.sort_unstable();
    for file in files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        let speaker = name.split('-').next().unwrap_or_default().to_owned();
        let (first, enrolled) = (questions.iter().all(|q| q.speaker != speaker), people.contains(&speaker));
        let query = |done, sound| Question { speaker: speaker.clone(), done, sound, enrolled };
        questions.push(query("as it is", std::fs::read(&file)?.into()));
        if first {
            let samples = decode_with(file.as_path(), &DecodeOptions::at(RATE))?.samples;
            questions.extend(WAYS.map(|(done, spoil)| query(done, wav(&spoil(&samples), RATE).into())));
        }
    }
    Ok(questions)
}

fn verdict(question: &Question, found: &IdentifiedVoice) -> Verdict {
    let named = found.answer.matches.first().filter(|_| found.answer.is_match());
    match (named, question.enrolled) {
        (None, false) => Verdict::Rejected,
        (None, true) => Verdict::Unknown,
        (Some(m), true) if m.person == question.speaker => Verdict::Ok,
        (Some(_), _) => Verdict::Wrong,
    }
}

fn row(question: &Question, found: &IdentifiedVoice, verdict: Verdict) -> String {
    let say = match verdict {
        Verdict::Ok => "ok",
        Verdict::Rejected => "ok, rejected",
        Verdict::Unknown => "UNKNOWN",
        Verdict::Wrong => "WRONG",
    };
    let ms = (found.sample.decode + found.sample.embed + found.search).as_secs_f64() * 1e3;
    let likely = found.answer.matches.first().filter(|_| found.answer.is_match());
    let answer = likely.map_or_else(
        || "unknown".to_owned(),
        |m| format!("{:20} {:>8.2} {:5.1}%", m.person, m.score, 100.0 * m.probability),
    );
    format!("{:22} {:29} {answer:45} {ms:6.1}  {say}", question.speaker, question.done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sonic::StoreOptions;
    use sonic::recordings::Decision;

    fn shipped() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/demo/voices")
    }

    #[test]
    fn the_shipped_voices_are_distinguished() -> Result<(), Box<dyn Error>> {
        let path = std::env::temp_dir().join(format!("sonic-demo-voices-{}", std::process::id()));
        let store = Store::open(&path, StoreOptions::default())?;
        let mut table = Vec::new();
        let all_right = recognise(&shipped(), &store, &mut table)?;
        let table = String::from_utf8(table)?;
        assert!(all_right, "{table}");
        assert!(table.contains("3 people enrolled by their voices: alma, bruno, cyril"), "{table}");
        assert!(
            table.ends_with("15 recordings of voices: 9 right, 6 rightly unknown, 0 missed, 0 wrong\n"),
            "{table}"
        );
        for person in ["alma", "bruno", "cyril"] {
            let print = store.voices().person(person)?.ok_or("not enrolled")?;
            assert!(print.is_enrolled() && print.sample_count() == 3);
        }
        std::fs::remove_dir_all(&path)?;
        Ok(())
    }

    #[test]
    fn answers_are_judged_by_the_speaker() -> Result<(), Box<dyn Error>> {
        let path = std::env::temp_dir().join(format!("sonic-demo-judged-{}", std::process::id()));
        let (store, embedder) = (Store::open(&path, StoreOptions::default())?, VoiceEmbedder::built_in());
        enroll(&shipped().join("enrol"), &store, &embedder)?;
        let file = shipped().join("ask/alma-ferry.opus");
        let options = VoiceIdentifyOptions::default();
        let mut found = sonic::voices::identify(&store, &embedder, file.as_path(), &options)?;
        let question = |speaker: &str, enrolled| Question {
            speaker: speaker.to_owned(),
            done: "",
            sound: Vec::new().into(),
            enrolled,
        };
        assert_eq!(verdict(&question("alma", true), &found), Verdict::Ok);
        assert_eq!(verdict(&question("cyril", true), &found), Verdict::Wrong);
        assert_eq!(verdict(&question("dora", false), &found), Verdict::Wrong);
        found.answer.decision = Decision::Unknown;
        assert_eq!(verdict(&question("alma", true), &found), Verdict::Unknown);
        assert_eq!(verdict(&question("dora", false), &found), Verdict::Rejected);
        std::fs::remove_dir_all(&path)?;
        Ok(())
    }
}
