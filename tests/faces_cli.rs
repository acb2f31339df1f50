//! Promise: photos go in, people come out: `sonic faces add`, `search` and `sonic people cluster` on real photos, with
//! real models.

#![expect(clippy::unwrap_used, reason = "a test may fail")]
#![expect(clippy::print_stderr, reason = "figures are told")]

mod photo_support;
mod support;

use photo_support::{Agreement, assets_and_runtime, jpeg};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use support::{Ran, Scratch, command};

/// What makes the embeddings of a test.
#[derive(Clone, Copy)]
enum Embedder {
    /// One that sonic knows by its bytes; the weaker one, but small.
    MobileFaceNet,
    /// One with a manifest of its own.
    W600k,
}

/// Models in the folder of references, and a folder for a test.
struct Setting {
    assets: PathBuf,
    scratch: Scratch,
}

impl Setting {
    fn new(name: &str) -> Option<Self> {
        Some(Self { assets: assets_and_runtime()?, scratch: Scratch::new(name) })
    }

    fn store(&self) -> PathBuf {
        self.scratch.join("store")
    }

    /// Runs `sonic NOUN VERB --store STORE REST...` where models are found by their ids.
    fn run(&self, noun: &str, verb: &str, rest: &[&dyn AsRef<OsStr>]) -> Ran {
        let mut command = command();
        command.env("SONIC_MODELS", self.assets.join("models"));
        command.args([noun, verb, "--store"]).arg(self.store()).args(rest.iter().map(|a| a.as_ref()));
        command.output().unwrap().into()
    }

    fn embedder(&self, embedder: Embedder) -> String {
        match embedder {
            Embedder::MobileFaceNet => "mobilefacenet".into(),
            Embedder::W600k => self.manifest().to_string_lossy().into_owned(),
        }
    }

    /// A manifest for weights that sonic does not know by their bytes.
    fn manifest(&self) -> PathBuf {
        let path = self.scratch.join("w600k.toml");
        // The file beside a manifest has its name.
        fs::copy(self.assets.join("models/w600k_mbf_dequant_fp32.onnx"), self.scratch.join("w600k.onnx"))
            .unwrap();
        let manifest = "id = \"w600k-dequantised\"\ntask = \"face-embedding\"\nlicence = \"research\"\n\
                        commercial = false\nsource = \"a test\"\ndimensions = 512\n\n[face]\ncolour = \"rgb\"\n\
                        mean = [127.5, 127.5, 127.5]\nstd = [127.5, 127.5, 127.5]\nsize = [112, 112]\n";
        fs::write(&path, manifest).unwrap();
        path
    }

    fn add(&self, embedder: Embedder, event: &str, paths: &[PathBuf]) -> Ran {
        let embedder = self.embedder(embedder);
        let mut rest: Vec<&dyn AsRef<OsStr>> =
            vec![&"--json", &"--detector", &"yunet", &"--embedder", &embedder, &"--event", &event];
        rest.extend(paths.iter().map(|path| path as &dyn AsRef<OsStr>));
        self.run("faces", "add", &rest)
    }

    fn photo(&self, name: &str) -> PathBuf {
        self.assets.join("images").join(name)
    }

    /// Adds and clusters a folder that has a folder for each person, and says how well the people agree with them.
    fn clustered(&self, embedder: Embedder, folder: &str) -> Agreement {
        let ran = self.add(embedder, folder, &[self.assets.join(folder)]);
        assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""));
        let sizes = ran.objects().into_iter().map(|line| (line["photo"].as_str().unwrap().to_owned(), line));
        let sizes: HashMap<String, Value> = sizes.collect();
        let ran = self.run("people", "cluster", &[&"--json", &"--event", &folder]);
        assert_eq!(ran.status, Some(0), "{}", ran.stderr);
        let faces = self.run("faces", "list", &[&"--json", &"--event", &folder]).objects();
        let mut main: HashMap<&str, (&Value, f64)> = HashMap::new();
        for face in &faces {
            let photo = face["photo"].as_str().unwrap();
            let far = from_centre(face, &sizes[photo]);
            let nearest = main.entry(photo).or_insert((face, far));
            if far < nearest.1 {
                *nearest = (face, far);
            }
        }
        eprintln!("{folder}: {} photos, {} faces, {} with one", sizes.len(), faces.len(), main.len());
        let items: Vec<_> =
            main.iter().map(|(photo, (face, _))| (who(photo), face["person"].as_u64())).collect();
        let agreement = Agreement::of(&items);
        eprintln!("{folder}: {agreement:?}");
        agreement
    }
}

/// The name in that of a photo, `Tony_Blair_0001.jpg`.
fn who(photo: &str) -> String {
    photo.rsplit_once('_').unwrap().0.to_owned()
}

/// How far a face is from the centre of its photo: these show who they are of there.
fn from_centre(face: &Value, photo: &Value) -> f64 {
    let side = |n: usize| face["bbox"][n].as_f64().unwrap();
    let (width, height) = (photo["width"].as_f64().unwrap(), photo["height"].as_f64().unwrap());
    ((side(0) + side(2) - width) / 2.0).hypot((side(1) + side(3) - height) / 2.0)
}

fn keys(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

fn sorted<const N: usize>(mut names: [&str; N]) -> Vec<&str> {
    names.sort_unstable();
    names.to_vec()
}

fn column<'a>(lines: &'a [Value], key: &str) -> Vec<&'a str> {
    lines.iter().map(|line| line[key].as_str().unwrap_or("")).collect()
}

/// A PNG that says it has so many pixels a side, and has none.
fn huge_png(side: u32) -> Vec<u8> {
    let mut header = b"IHDR".to_vec();
    header.extend([side.to_be_bytes(), side.to_be_bytes()].concat());
    header.extend([8, 2, 0, 0, 0]);
    let mut crc = u32::MAX;
    for byte in &header {
        crc ^= u32::from(*byte);
        (0..8).for_each(|_| crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 });
    }
    [&b"\x89PNG\r\n\x1a\n\0\0\0\x0d"[..], &header, &(!crc).to_be_bytes(), b"\0\0\x10\0IDAT\x78\x01"].concat()
}

#[test]
fn ten_people_are_distinguished() {
    let Some(setting) = Setting::new("faces-cli-ten") else { return };
    let agreement = setting.clustered(Embedder::W600k, "people");
    assert_eq!((agreement.pairwise_f1, agreement.adjusted_rand, agreement.bcubed_f1), (1.0, 1.0, 1.0));
    let page = setting.scratch.join("out.html");
    let ran = setting.run("people", "report", &[&"--event", &"people", &page]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let page = fs::read_to_string(page).unwrap();
    let pictures = page.matches("src=\"data:image/jpeg;base64,/9j/").count();
    assert!(pictures >= 60 && page.matches("no picture").count() == 0, "{pictures}");
}

#[test]
fn twenty_people_are_distinguished_from_thirty_who_are_seen_once() {
    let Some(setting) = Setting::new("faces-cli-lfw") else { return };
    let agreement = setting.clustered(Embedder::W600k, "people_lfw150");
    assert!(agreement.pairwise_f1 > 0.97 && agreement.bcubed_f1 > 0.97, "{agreement:?}");
}

#[test]
fn add_reports_every_photo() {
    let Some(setting) = Setting::new("faces-cli-add") else { return };
    let folder = setting.assets.join("people/Tony_Blair");
    let copy = setting.scratch.join("again.jpg");
    fs::copy(folder.join("Tony_Blair_0001.jpg"), &copy).unwrap();
    let other = setting.scratch.join("Tony_Blair_0002.jpg");
    fs::write(&other, jpeg(320, 240, [30, 60, 90])).unwrap();
    let ran = setting.add(Embedder::MobileFaceNet, "e", &[folder.clone(), copy, other]);
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""));
    let lines = ran.objects();
    let fields = ["path", "status", "photo", "faces", "width", "height", "error"];
    assert!(lines.iter().all(|line| keys(line) == sorted(fields)));
    let names: Vec<String> = (1..=6).map(|n| format!("Tony_Blair_000{n}.jpg")).collect();
    assert_eq!(column(&lines[..6], "photo"), names);
    assert_eq!(column(&lines, "status"), [&["added"; 6][..], &["duplicate", "added"]].concat());
    assert_eq!(lines[0]["path"], json!(folder.join("Tony_Blair_0001.jpg").to_string_lossy()));
    assert_eq!((&lines[0]["width"], &lines[0]["height"]), (&json!(250), &json!(250)));
    assert!(lines[..6].iter().all(|line| line["faces"].as_u64().unwrap() >= 1));
    // The same bytes are the same photo, the same name is not.
    assert_eq!((&lines[6]["photo"], &lines[6]["faces"]), (&json!(names[0]), &lines[0]["faces"]));
    let renamed = lines[7]["photo"].as_str().unwrap();
    assert!(renamed.starts_with("Tony_Blair_0002-") && renamed.ends_with(".jpg"), "{renamed}");
    assert_eq!((&lines[7]["faces"], &lines[7]["width"]), (&json!(0), &json!(320)));
    let again = setting.add(Embedder::MobileFaceNet, "e", std::slice::from_ref(&folder));
    assert_eq!(column(&again.objects(), "status"), ["duplicate"; 6]);
    assert_eq!(column(&again.objects(), "photo"), names);
    // Another event has photos of its own.
    let text = setting.run("faces", "add", &[&"--embedder", &"mobilefacenet", &"--event", &"f", &folder]);
    assert!(text.stdout.contains("6 added (") && text.stdout.contains("0 failed"), "{}", text.stdout);
}

#[test]
fn bad_files_are_reported_and_the_good_ones_added() {
    let Some(setting) = Setting::new("faces-cli-bad") else { return };
    let good = setting.assets.join("people/Tony_Blair/Tony_Blair_0003.jpg");
    let whole = fs::read(&good).unwrap();
    let made: [(&str, &[u8], &str); 6] = [
        ("text.jpg", b"this is no picture", "malformed"),
        ("empty.jpg", b"", "malformed"),
        ("huge.png", &huge_png(30_000), "limit"),
        ("half.jpg", &whole[..whole.len() / 2], ""),
        ("dot.jpg", &jpeg(1, 1, [9; 3]), ""),
        ("photo.jxl", b"\xff\x0a of another kind", "unsupported"),
    ];
    let folder = setting.scratch.join("folder");
    fs::create_dir(&folder).unwrap();
    made.iter().for_each(|(name, bytes, _)| fs::write(folder.join(name), bytes).unwrap());
    fs::write(folder.join("notes.txt"), "no picture, and not taken for one").unwrap();
    let paths =
        [folder.clone(), setting.scratch.join("missing.jpg"), setting.photo("noface_synthetic.png"), good];
    let ran = setting.add(Embedder::MobileFaceNet, "e", &paths);
    assert_eq!(ran.status, Some(1));
    let (passed_over, lines): (Vec<_>, Vec<_>) =
        ran.objects().into_iter().partition(|line| line["status"] == "passed_over");
    assert_eq!((passed_over.len(), lines.len()), (1, 9));
    assert!(passed_over[0]["path"].as_str().unwrap().ends_with("notes.txt"), "{passed_over:?}");
    for line in &lines[..6] {
        let name = Path::new(line["path"].as_str().unwrap()).file_name().unwrap().to_string_lossy();
        let (_, _, kind) = made.iter().find(|(made, _, _)| *made == name).unwrap();
        assert_eq!(line["error"]["kind"].as_str().unwrap_or(""), *kind, "{line}");
        let failed = !kind.is_empty();
        assert_eq!(line["status"], if failed { "failed" } else { "added" }, "{line}");
        let message = line["error"]["message"].as_str().unwrap_or("");
        assert!(!failed || message.contains(name.as_ref()), "a message names the file: {message}");
    }
    assert_eq!((&lines[6]["error"]["kind"], &lines[6]["photo"]), (&json!("not_found"), &Value::Null));
    assert_eq!((&lines[7]["status"], &lines[7]["faces"]), (&json!("added"), &json!(0)));
    assert_eq!(lines[8]["status"], "added");
    let human = setting.run("faces", "add", &[&"--embedder", &"mobilefacenet", &"--event", &"g", &folder]);
    assert!(human.status == Some(1) && human.stderr.contains("text.jpg"), "{}", human.stderr);
    assert!(human.stderr.contains("half.jpg ends early"), "{}", human.stderr);
    assert!(human.stdout.contains("2 added (") && human.stdout.contains("4 failed"), "{}", human.stdout);
}

#[test]
fn embeddings_of_two_models_are_not_mixed() {
    let Some(setting) = Setting::new("faces-cli-mixed") else { return };
    let photo = setting.assets.join("people/Tony_Blair/Tony_Blair_0001.jpg");
    assert_eq!(setting.add(Embedder::MobileFaceNet, "e", std::slice::from_ref(&photo)).status, Some(0));
    let ran = setting.add(Embedder::W600k, "f", std::slice::from_ref(&photo));
    assert!(ran.status == Some(1) && ran.stdout.is_empty(), "{}", ran.stdout);
    assert!(ran.stderr.contains("another store"), "{}", ran.stderr);
    let other = setting.embedder(Embedder::W600k);
    let ran = setting.run("faces", "search", &[&"--json", &"--embedder", &other, &photo]);
    assert_eq!((ran.status, &ran.objects()[0]["error"]["kind"]), (Some(1), &json!("mismatch")));
}

#[test]
fn faces_that_look_alike_are_found() {
    let Some(setting) = Setting::new("faces-cli-search") else { return };
    let folders = ["Tony_Blair", "Hugo_Chavez"].map(|name| setting.assets.join("people").join(name));
    assert_eq!(setting.add(Embedder::W600k, "e", &folders).status, Some(0));
    setting.run("people", "cluster", &[&"--event", &"e"]);
    let embedder = setting.embedder(Embedder::W600k);
    let photo = folders[0].join("Tony_Blair_0004.jpg");
    let stranger = setting.photo("noface_synthetic.png");
    let missing = setting.scratch.join("missing.jpg");
    let rest: [&dyn AsRef<OsStr>; 8] =
        [&"--json", &"--embedder", &embedder, &"--limit", &"6", &photo, &stranger, &missing];
    let ran = setting.run("faces", "search", &rest);
    assert_eq!(ran.status, Some(1));
    let lines = ran.objects();
    assert_eq!(keys(&lines[0]), sorted(["query", "faces", "elapsed_ms"]));
    assert_eq!(keys(&lines[0]["elapsed_ms"]), sorted(["decode", "analyze", "search"]));
    let face = &lines[0]["faces"][0];
    assert_eq!(keys(face), sorted(["bbox", "score", "matches"]));
    let matches = face["matches"].as_array().unwrap();
    let fields = ["face", "photo", "event", "person", "similarity"];
    assert!(fields.iter().all(|field| matches[0].get(field).is_some()), "{}", matches[0]);
    assert_eq!(matches[0]["photo"], "Tony_Blair_0004.jpg");
    assert!(matches[0]["similarity"].as_f64().unwrap() > 0.999);
    assert!(matches.len() >= 4 && matches.iter().all(|m| who(m["photo"].as_str().unwrap()) == "Tony_Blair"));
    assert!(matches.iter().all(|m| m["person"] == matches[0]["person"] && m["event"] == "e"));
    assert_eq!((&lines[1]["faces"], &lines[2]["error"]["kind"]), (&json!([]), &json!("not_found")));
    let text =
        setting.run("faces", "search", &[&"--embedder", &embedder, &"--event", &"e", &photo, &stranger]);
    assert!(text.stdout.contains("looks like") && text.stdout.contains("no face"), "{}", text.stdout);
    let no_event = setting.run("faces", "search", &[&"--embedder", &embedder, &"--event", &"x", &photo]);
    assert!(
        no_event.status == Some(1) && no_event.stderr.contains("there is no event"),
        "{}",
        no_event.stderr
    );
}
