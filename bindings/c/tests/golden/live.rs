//! Live sound and singing in C as everywhere: `live.json`, `sing.json` and `songs.json`.

use super::support::{Language, SANITIZE, compile};
use super::{Object, Program, golden, objects, only, repository, text};
use serde_json::Value;
use std::fs;
use std::sync::OnceLock;

fn start(name: &str) -> Program {
    static ONCE: OnceLock<std::path::PathBuf> = OnceLock::new();
    let program = ONCE.get_or_init(|| compile("golden_live.c", Language::C99, &SANITIZE));
    Program::of(program.clone(), name)
}

/// An option as a word; "-" for the default.
fn option(case: &Object, key: &str) -> String {
    case["options"].get(key).map_or("-".to_owned(), |value| match value {
        Value::String(text) => text.clone(),
        Value::Bool(truth) => u8::from(*truth).to_string(),
        other => other.to_string(),
    })
}

/// Whether a line says what the fields of an object are; numbers may differ by `most`.
fn check(line: &[String], first: &str, object: &Value, keys: &[&str], most: f64) {
    only(object.as_object().unwrap(), keys);
    assert_eq!((line[0].as_str(), line.len()), (first, keys.len() + 1), "{line:?}");
    for (said, key) in line[1..].iter().zip(keys) {
        match &object[*key] {
            Value::Number(wanted) => {
                let (said, wanted) = (said.parse::<f64>().unwrap(), wanted.as_f64().unwrap());
                assert!((said - wanted).abs() <= most, "{key}: {said} in place of {wanted}");
            }
            Value::Bool(wanted) => assert_eq!(*said, u8::from(*wanted).to_string(), "{key}"),
            Value::String(wanted) => assert_eq!(said, wanted, "{key}"),
            Value::Array(wanted) => assert_eq!(*said, wanted.len().to_string(), "{key}"),
            Value::Null => assert!(said == "-" || said.is_empty(), "{key}: {said}"),
            other => panic!("{key}: {other}"),
        }
    }
}

fn lines<'a>(said: &'a [Vec<String>], first: &str) -> Vec<&'a Vec<String>> {
    said.iter().filter(|line| line[0] == first).collect()
}

fn check_all(said: &[Vec<String>], first: &str, wanted: &Value, keys: &[&str], most: f64) {
    let (found, wanted) = (lines(said, first), wanted.as_array().unwrap());
    assert_eq!(found.len(), wanted.len(), "{first}: {found:?}");
    found.iter().zip(wanted).for_each(|(line, wanted)| check(line, first, wanted, keys, most));
}

const SEGMENT: [&str; 9] =
    ["id", "revision", "final", "start_ms", "end_ms", "text", "words", "speaker", "confidence"];

#[test]
fn live_sessions() {
    let golden = golden("live.json");
    let mut program = start("live");
    let mut count = 0;
    for case in objects(&golden, "cases") {
        let known = ["name", "connection", "paths", "slice_bytes", "lost", "options", "voices", "activity"];
        only(case, &[&known[..], &["taken_over_after", "answer"]].concat());
        let voices = u8::from(case["voices"] == true).to_string();
        let options = ["hangover_ms", "max_ms", "partial_ms", "window", "gap_threshold_ms"];
        let options = options.map(|key| option(case, key));
        let [hangover, longest, partial, window, gap] = options.each_ref().map(String::as_str);
        let begin = ["session", text(case, "connection"), &voices, hangover, longest, partial, window, gap];
        program.good(&begin);
        let mut said = pushed(&mut program, case);
        said.extend(program.good(&["finish"]));
        let answer = &case["answer"];
        check_all(&said, "segment", &answer["segments"], &SEGMENT, 1e-4);
        let turn = ["start_ms", "end_ms", "speaker", "confidence", "overlapped"];
        check_all(&said, "turn", &answer["turns"], &turn, 1e-4);
        let gaps = lines(&said, "gap");
        let wanted = answer["gaps"].as_array().unwrap();
        assert_eq!(gaps.len(), wanted.len());
        for (gap, wanted) in gaps.iter().zip(wanted) {
            for (said, wanted) in gap[1..].iter().zip(wanted.as_array().unwrap()) {
                assert!((said.parse::<f64>().unwrap() - wanted.as_f64().unwrap()).abs() < 1e-4);
            }
        }
        check(
            lines(&said, "counts")[0],
            "counts",
            &answer["counts"],
            &["slices", "lost", "sessions", "holes"],
            0.0,
        );
        let stats = ["utterances", "recognized", "failures", "given_up"];
        check(lines(&said, "stats")[0], "stats", &answer["stats"], &stats, 0.0);
        count += 1;
    }
    assert!(count > 4);
    program.end();
}

/// What became known of the slices of a case.
fn pushed(program: &mut Program, case: &Object) -> Vec<Vec<String>> {
    let (size, mut index, mut said) = (case["slice_bytes"].as_u64().unwrap(), 0u64, Vec::new());
    for path in case["paths"].as_array().unwrap().iter().map(|path| path.as_str().unwrap()) {
        let length = fs::metadata(repository().join(path)).unwrap().len();
        for at in (0..length).step_by(size as usize) {
            let (number, offset, len) =
                (index.to_string(), at.to_string(), size.min(length - at).to_string());
            let is_lost = case["lost"].as_array().unwrap().contains(&index.into());
            index += 1;
            if is_lost {
                continue;
            }
            said.extend(program.good(&["slice", &number, path, &offset, &len]));
            for update in case["activity"].as_array().unwrap().iter().filter(|u| u["after"] == index - 1) {
                let stamp = update["stamp_ms"].to_string();
                let digits = update["digits"].as_object().unwrap().iter();
                let digits = digits.flat_map(|(name, digits)| [name.as_str(), digits.as_str().unwrap()]);
                said.extend(
                    program.good(&["activity", &stamp].into_iter().chain(digits).collect::<Vec<_>>()),
                );
            }
            if case["taken_over_after"] == index - 1 {
                program.good(&["takeover"]);
            }
        }
    }
    said
}

/// Whether two values are the same but for the last digits of numbers.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => (x.as_f64().unwrap() - y.as_f64().unwrap()).abs() <= 1e-9,
        (Value::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(x, y)),
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(key, x)| y.get(key).is_some_and(|y| same(x, y)))
        }
        _ => a == b,
    }
}

#[test]
fn scores_banks_and_mixes() {
    let golden = golden("sing.json");
    let mut program = start("sing");
    for case in objects(&golden, "scores") {
        only(case, &["name", "xml", "answer"]);
        let (said, status) = program.run_step(&["score", text(case, "xml")]);
        match case["answer"].get("score") {
            Some(wanted) => {
                let found = serde_json::from_str(&said[0][1]).unwrap();
                assert!(status == "ok" && same(&found, wanted), "{}: {found:#}", case["name"]);
            }
            None => assert_eq!(case["answer"]["kind"], status),
        }
    }
    for (number, case) in objects(&golden, "banks").enumerate() {
        only(case, &["name", "files", "findings"]);
        let folder = program.folder.join(number.to_string());
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in case["files"].as_object().unwrap() {
            fs::write(folder.join(name), text.as_str().unwrap()).unwrap();
        }
        let said = program.good(&["bank", folder.to_str().unwrap()]);
        let keys = ["code", "severity", "stage", "file", "line", "message"];
        check_all(&said, "finding", &case["findings"], &keys, 0.0);
    }
    objects(&golden, "mixes").for_each(|case| mixed(&mut program, case));
    program.end();
}

fn mixed(program: &mut Program, case: &Object) {
    only(case, &["name", "tracks", "answer"]);
    let mut words = vec!["mix".to_owned()];
    for track in case["tracks"].as_array().unwrap() {
        let truth = |key: &str| u8::from(track[key] == true).to_string();
        let samples = track["samples"].as_array().unwrap();
        let (volume, pan) = (track["volume"].to_string(), track["pan"].to_string());
        words.extend([volume, pan, truth("mute"), truth("solo"), samples.len().to_string()]);
        words.extend(samples.iter().map(Value::to_string));
    }
    let (said, status) = program.run_step(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let Some(wanted) = case["answer"].get("samples") else {
        return assert_eq!(case["answer"]["kind"], status);
    };
    let wanted: Vec<f64> = wanted.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
    let found: Vec<f64> = said[0][2..].iter().map(|x| x.parse().unwrap()).collect();
    assert!(status == "ok" && found.len() == wanted.len());
    assert!(found.iter().zip(&wanted).all(|(x, y)| (x - y).abs() < 1e-6), "{found:?} in place of {wanted:?}");
}

/// With `SONIC_TEST_ASSETS`, and where there is an ONNX Runtime.
#[test]
fn songs() {
    let Some(assets) = sonic_testing::assets("sing") else { return };
    let golden = golden("songs.json");
    let mut program = start("songs");
    for case in objects(&golden, "cases") {
        only(case, &["name", "bank", "xml", "options", "answer"]);
        let bank = assets.join(text(case, "bank")).display().to_string();
        let keys = ["part", "steps", "pitch_steps", "variance_steps", "articulation", "airiness"];
        let mut words = vec!["song".to_owned(), bank, text(case, "xml").to_owned()];
        words
            .extend(keys.iter().chain(&["pitch_expression", "silence_unknown"]).map(|key| option(case, key)));
        let (said, status) = program.run_step(&words.iter().map(String::as_str).collect::<Vec<_>>());
        if status == "model" {
            sonic_testing::skip(sonic_testing::Need::OnnxRuntime, "there is no ONNX Runtime");
            break;
        }
        assert_eq!(status, "ok");
        let answer = &case["answer"];
        check_all(&said, "warning", &answer["warnings"], &["code", "measure", "verse"], 0.0);
        assert_eq!(lines(&said, "rate")[0][1], answer["sample_rate"].to_string());
        let (found, wanted) = (lines(&said, "phrase"), answer["phrases"].as_array().unwrap());
        assert_eq!(found.len(), wanted.len());
        for (line, wanted) in found.iter().zip(wanted) {
            let number = |place: usize| line[place].parse::<f64>().unwrap();
            let near = |said: f64, key: &str, most: f64| {
                assert!((said - wanted[key].as_f64().unwrap()).abs() <= most, "{key}: {said}, {wanted}");
            };
            near(number(1), "start_seconds", 1e-6);
            near(number(2), "samples", 0.0);
            near((number(3) / number(2)).sqrt(), "rms", 0.01);
            near(number(4), "peak", 0.01);
        }
    }
    program.end();
}
