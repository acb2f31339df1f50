//! Pictures, clusters and people in C as everywhere: `pictures.json`, `clusters.json`, `faces.json` and
//! `face_errors.json`.

use super::sha256;
use super::support::{Language, SANITIZE, compile};
use super::{Object, Program, golden, objects, only, source, text};
use serde_json::{Map, Value, json};
use std::sync::OnceLock;

fn start(name: &str) -> Program {
    static ONCE: OnceLock<std::path::PathBuf> = OnceLock::new();
    let program = ONCE.get_or_init(|| compile("golden_faces.c", Language::C99, &SANITIZE));
    Program::of(program.clone(), name)
}

/// What a step comes to, and the name of its status.
fn run_step(program: &mut Program, words: &[String]) -> (Value, String) {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (lines, status) = program.run_step(&words);
    match lines.as_slice() {
        [] => (Value::Null, status),
        [line] if line[0] == "answer" => {
            let json = line[1].replace(",}", "}");
            (serde_json::from_str(&json).unwrap_or_else(|e| panic!("{json}: {e}")), status)
        }
        other => panic!("{other:?}"),
    }
}

/// Numbers that are not whole as closely as the README of the golden files says, all else exactly.
fn near(given: &Value, wanted: &Value) -> bool {
    match (given, wanted) {
        (Value::Number(x), Value::Number(y)) if y.is_f64() => {
            (x.as_f64().unwrap() - y.as_f64().unwrap()).abs() <= 1e-6
        }
        (Value::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| near(x, y)),
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(key, x)| y.get(key).is_some_and(|y| near(x, y)))
        }
        _ => given == wanted,
    }
}

#[track_caller]
fn good(program: &mut Program, words: &[String], wanted: &Value) {
    let (given, status) = run_step(program, words);
    assert_eq!(status, "ok", "{words:?}");
    assert!(near(&given, wanted), "{words:?}\nwanted {wanted:#}\nbut it is {given:#}");
}

/// Words put together from texts and numbers.
struct Words(Vec<String>);

impl Words {
    fn new(command: &str) -> Self {
        Self(vec![command.to_owned()])
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.0.push(text.to_owned());
        self
    }

    /// The text or the number under `key`, or what C takes for none.
    fn or(&mut self, object: &Object, key: &str, none: &str) -> &mut Self {
        match object.get(key) {
            None | Some(Value::Null) => self.text(none),
            Some(Value::String(text)) => self.text(text),
            Some(number) => self.text(&number.to_string()),
        }
    }

    /// The place of the word under `key` among `all`, or what leaves it at its default.
    fn choice(&mut self, object: &Object, key: &str, all: &[&str]) -> &mut Self {
        let place = |word: &Value| {
            all.iter().position(|known| word == known).unwrap_or_else(|| panic!("{key}: {word}"))
        };
        self.text(&object.get(key).map_or("-".to_owned(), |word| place(word).to_string()))
    }

    /// The optional number under `key`; false for none, and left out for the default.
    fn optional(&mut self, object: &Object, key: &str) -> &mut Self {
        match object.get(key) {
            Some(Value::Bool(false)) => self.text("none"),
            _ => self.or(object, key, "-"),
        }
    }

    /// How many values there are, then the values.
    fn list(&mut self, values: &Value) -> &mut Self {
        self.text(&values.as_array().map_or(0, Vec::len).to_string());
        self.values(values)
    }

    fn values(&mut self, values: &Value) -> &mut Self {
        for value in values.as_array().into_iter().flatten() {
            match value {
                Value::String(text) => self.text(text),
                Value::Array(_) => self.values(value),
                number => self.text(&number.to_string()),
            };
        }
        self
    }
}

#[test]
fn pictures() {
    let golden = golden("pictures.json");
    let mut program = start("pictures");
    let count = objects(&golden, "cases").map(|case| {
        only(case, &["path", "image"]);
        let mut wanted = case["image"].clone();
        let hash = wanted.as_object_mut().unwrap().remove("sha256").unwrap();
        let words = ["picture", "path", text(case, "path")].map(str::to_owned);
        good(&mut program, &words, &wanted);
        assert_eq!(sha256(&std::fs::read(program.folder.join("pixels")).unwrap()), hash, "{}", case["path"]);
    });
    assert!(count.count() > 8);
    program.end();
}

#[test]
fn clusters() {
    let golden = golden("clusters.json");
    let mut program = start("clusters");
    let count = objects(&golden, "cases").map(|case| {
        only(case, &["name", "rows", "options", "answer"]);
        good(&mut program, &words_of_clustering(case), &case["answer"]);
    });
    assert!(count.count() > 15);
    program.end();
}

fn words_of_clustering(case: &Object) -> Vec<String> {
    let options = case["options"].as_object().unwrap();
    let known = "method metric min_cluster_size min_samples epsilon alpha max_cluster_size selection \
                 allow_single_cluster";
    only(options, &known.split(' ').collect::<Vec<_>>());
    let place = |key: &str, word: &str| u8::from(options.get(key).is_some_and(|w| w == word)).to_string();
    let mut words = Words::new("cluster_rows");
    words.text(&place("method", "dbscan")).text(&place("metric", "cosine"));
    for key in ["min_cluster_size", "min_samples", "epsilon", "alpha", "max_cluster_size"] {
        words.or(options, key, "-");
    }
    let single = options.get("allow_single_cluster") == Some(&json!(true));
    words.text(&place("selection", "leaf")).text(&u8::from(single).to_string());
    let rows = case["rows"].as_array().unwrap();
    let dimensions = rows.first().map_or(2, |row| row.as_array().unwrap().len());
    let flat: Value = rows.iter().flat_map(|row| row.as_array().unwrap().clone()).collect();
    words.text(&dimensions.to_string()).list(&flat);
    words.0
}

fn words_of_adding(step: &Object) -> Vec<String> {
    let mut words = Words::new("add_photo");
    words.or(step, "event", "").or(step, "photo_id", "").or(step, "pipeline", "");
    words.or(step, "width", "0").or(step, "height", "0").or(step, "user_id", "-");
    let faces = step["faces"].as_array().unwrap();
    words.text(&faces.len().to_string());
    for face in faces.iter().map(|face| face.as_object().unwrap()) {
        only(face, &["embedding", "bbox", "score", "landmarks", "quality"]);
        let points = json!([[15, 20], [25, 20], [20, 27], [16, 33], [24, 33]]);
        words.values(face.get("bbox").unwrap_or(&json!([10, 10, 30, 40]))).or(face, "score", "0.9");
        words.values(face.get("landmarks").unwrap_or(&points));
        let none = Map::new();
        let quality = face.get("quality").map_or(&none, |quality| quality.as_object().unwrap());
        for key in ["size", "sharpness", "yaw", "pitch", "roll", "brightness", "clipped"] {
            words.or(quality, key, "0");
        }
        words.list(&face["embedding"]);
    }
    words.0
}

fn words_of_finding_people(step: &Object) -> Vec<String> {
    let none = Map::new();
    let options = step.get("options").map_or(&none, |options| options.as_object().unwrap());
    let known = "preset mode method assign_to min_cluster_size min_samples epsilon assign_similarity \
                 min_similarity gather_similarity min_quality single_quality";
    only(options, &known.split(' ').collect::<Vec<_>>());
    let mut words = Words::new("cluster");
    words.or(step, "event", "");
    words.choice(options, "preset", &["default", "dbscan"]).choice(options, "mode", &["full", "incremental"]);
    words.choice(options, "method", &["hdbscan", "dbscan"]);
    words.choice(options, "assign_to", &["mean", "representative"]);
    for key in ["min_cluster_size", "min_samples", "epsilon", "assign_similarity", "min_similarity"] {
        words.or(options, key, "-");
    }
    words.optional(options, "gather_similarity").or(options, "min_quality", "-");
    words.optional(options, "single_quality");
    words.0
}

fn words_of_searching(step: &Object) -> Vec<String> {
    let options = step["options"].as_object().unwrap();
    only(options, &["events", "threshold", "limit", "exclude"]);
    let mut words = Words::new("search");
    words.or(step, "pipeline", "").list(&step["embedding"]);
    words.or(options, "threshold", "-").or(options, "limit", "-");
    words.list(options.get("exclude").unwrap_or(&Value::Null));
    words.values(options.get("events").unwrap_or(&Value::Null));
    words.0
}

/// A step in the words of `golden_faces.c`.
fn words_of(step: &Object, store: &str) -> Vec<String> {
    let keys = "call event photo_id pipeline faces width height user_id options person other into face name \
                email embedding answer access path base64 rows detector";
    only(step, &keys.split(' ').collect::<Vec<_>>());
    let call = text(step, "call");
    let mut words = Words::new(call);
    match call {
        "open" => {
            let access = ["create", "read_write", "read_only"];
            let access = access.iter().position(|&a| a == text(step, "access")).unwrap();
            words.text(&access.to_string()).text(store)
        }
        "decode_image" => {
            let (kind, source) = source(step);
            words.text(kind).text(&source)
        }
        "analyzer" => words.or(step, "detector", ""),
        "cluster_rows" => return words_of_clustering(step),
        "add_photo" => return words_of_adding(step),
        "cluster" => return words_of_finding_people(step),
        "search" => return words_of_searching(step),
        "unassigned" => words.or(step, "event", ""),
        "embedding" => words.or(step, "face", ""),
        "forget_user" | "remove_event" => words.or(step, "event", "-").or(step, "user_id", ""),
        "close" | "events" | "stats" => &mut words,
        "create" => words.or(step, "event", "").list(&step["faces"]),
        "split" => words.or(step, "event", "").or(step, "person", "").list(&step["faces"]),
        // The rest names an event, what it is about, and what is said of it.
        _ => {
            let first = if matches!(call, "assign" | "not_person" | "unassign") { "face" } else { "person" };
            let keys =
                ["event", first, "photo_id", "user_id", "name", "email", "other", "into", "person", "face"];
            let mut said: Vec<&str> = Vec::new();
            for key in keys {
                if step.contains_key(key) && !said.contains(&key) {
                    words.or(step, key, "-");
                    said.push(key);
                }
            }
            &mut words
        }
    };
    words.0
}

#[test]
fn faces() {
    let golden = golden("faces.json");
    let mut program = start("faces");
    let store = program.folder.join("store").display().to_string();
    let open = json!({ "call": "open", "access": "create" });
    good(&mut program, &words_of(open.as_object().unwrap(), &store), &Value::Null);
    let count =
        objects(&golden, "steps").map(|step| good(&mut program, &words_of(step, &store), &step["answer"]));
    assert!(count.count() > 40);
    program.end();
}

#[test]
fn errors_of_faces() {
    let golden = golden("face_errors.json");
    let mut program = start("face-errors");
    let mut count = 0;
    for (number, case) in objects(&golden, "cases").enumerate() {
        only(case, &["name", "kind", "steps"]);
        let store = program.folder.join(format!("store-{number}")).display().to_string();
        let steps = case["steps"].as_array().unwrap();
        for (n, step) in steps.iter().enumerate() {
            let words = words_of(step.as_object().unwrap(), &store);
            let (_, status) = run_step(&mut program, &words);
            let want = if n + 1 == steps.len() { case["kind"].as_str().unwrap_or("ok") } else { "ok" };
            assert_eq!(status, want, "{}: {words:?}", case["name"]);
        }
        count += 1;
    }
    assert!(count > 40);
    program.end();
}
