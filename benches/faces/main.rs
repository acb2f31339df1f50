//! How fast faces are found and embedded, how much of that is not the networks, and what decoding and resizing take.
//!
//! ```text
//! cargo bench --bench faces -- [--test]
//!   --test   everything once; results are asserted, times are not looked at
//! ```
//!
//! Needs `SONIC_TEST_ASSETS` and ONNX Runtime (`ORT_DYLIB_PATH`). With `SONIC_PEER_PYTHON`, a Python that has
//! InsightFace, `peer.py` is run with the same models, threads and pictures, in turns with sonic; the least time of all
//! turns counts.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod codecs;

use sonic::model::{ModelFile, Runtime, RuntimeOptions, Session, SessionOptions, Tensor, built_in};
use sonic::vision::{Image, decode};
use sonic::{FaceAnalyzer, FaceAnalyzerOptions};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Pictures, and how many faces they show.
const PICTURES: [(&str, usize); 3] = [
    ("images/insightface/t1.jpg", 6),
    ("images/face_recognition/obama2.jpg", 1),
    ("people/Colin_Powell/Colin_Powell_0004.jpg", 1),
];
/// Turns of sonic and its peer.
const TURNS: usize = 3;

/// How long each figure is measured.
#[derive(Clone, Copy)]
pub(crate) struct Effort(Duration);

/// The least milliseconds for one picture.
#[derive(Clone, Copy)]
struct Figures {
    analyze_ms: f64,
    read_and_analyze_ms: f64,
}

fn main() -> Outcome<()> {
    let test = std::env::args().any(|a| a == "--test");
    let effort = Effort(if test { Duration::ZERO } else { Duration::from_millis(1_200) });
    let Some(assets) = assets() else { return Ok(()) };
    codecs::run(&assets, effort)?;
    for threads in [1, 2] {
        faces(&assets, threads, effort)?;
    }
    Ok(())
}

impl Effort {
    /// The least time of `work` in milliseconds.
    pub(crate) fn time<T, E: Into<Box<dyn Error>>>(
        self,
        mut work: impl FnMut() -> Result<T, E>,
    ) -> Outcome<f64> {
        let (begin, mut best) = (Instant::now(), Duration::MAX);
        loop {
            let start = Instant::now();
            std::hint::black_box(work().map_err(Into::into)?);
            best = best.min(start.elapsed());
            if begin.elapsed() >= self.0 {
                return Ok(best.as_secs_f64() * 1e3);
            }
        }
    }
}

/// The folder of face references, unless something is missing, which is said.
fn assets() -> Option<PathBuf> {
    let Some(assets) = std::env::var_os("SONIC_TEST_ASSETS") else {
        println!("skipped: SONIC_TEST_ASSETS is not set");
        return None;
    };
    Runtime::load(&RuntimeOptions::default()).inspect_err(|error| println!("skipped: {error}")).ok()?;
    Some(PathBuf::from(assets).join("face"))
}

fn model(assets: &Path, id: &str, file: &str) -> Outcome<ModelFile> {
    let manifest = built_in().iter().find(|m| m.id == id).ok_or("no such manifest")?.clone();
    Ok(ModelFile { manifest, path: Some(assets.join("models").join(file)) })
}

/// Analysis of each picture, beside the peer and beside the networks alone.
fn faces(assets: &Path, threads: usize, effort: Effort) -> Outcome<()> {
    let session = SessionOptions { threads, ..Default::default() };
    let options = FaceAnalyzerOptions { det_size: Some(640), session, ..Default::default() };
    let detector = model(assets, "det_500m", "det_500m.onnx")?;
    let embedder = model(assets, "w600k_mbf", "w600k_mbf_dequant_fp32.onnx")?;
    let analyzer = FaceAnalyzer::load(&detector, &embedder, &options)?;
    let mut ours = [Figures { analyze_ms: f64::MAX, read_and_analyze_ms: f64::MAX }; PICTURES.len()];
    let mut theirs = ours;
    let peer = Peer::new(assets)?;
    for _ in 0..TURNS {
        for (figures, (path, faces)) in ours.iter_mut().zip(PICTURES) {
            let path = assets.join(path);
            let image = decode(&path)?;
            assert_eq!(analyzer.analyze(&image)?.len(), faces);
            figures.keep(
                effort.time(|| analyzer.analyze(&image))?,
                effort.time(|| analyzer.analyze(&decode(&path)?))?,
            );
        }
        if let Some(peer) = &peer {
            peer.measure(assets, threads, effort, &mut theirs)?;
        }
    }
    println!("\n{threads} thread(s), det_500m at 640, w600k_mbf: milliseconds of the best run");
    println!(
        "{:>40} {:>8} {:>8} {:>6} {:>8} {:>8} {:>6} {:>9} {:>6}",
        "picture", "sonic", "peer", "ratio", "+decode", "peer", "ratio", "networks", "rest"
    );
    for (i, (path, faces)) in PICTURES.into_iter().enumerate() {
        let networks = networks(&detector, &embedder, faces, session, effort)?;
        let (ours, theirs) = (ours[i], theirs[i]);
        let rest = 100.0 * (1.0 - networks / ours.analyze_ms);
        let [ratio, whole] =
            [theirs.analyze_ms / ours.analyze_ms, theirs.read_and_analyze_ms / ours.read_and_analyze_ms];
        let or_none = |x: f64| if x > 1e100 { "-".to_owned() } else { format!("{x:.2}") };
        println!(
            "{path:>40} {:>8.2} {:>8} {:>6} {:>8.2} {:>8} {:>6} {networks:>9.2} {rest:>5.1}%",
            ours.analyze_ms,
            or_none(theirs.analyze_ms),
            or_none(ratio),
            ours.read_and_analyze_ms,
            or_none(theirs.read_and_analyze_ms),
            or_none(whole)
        );
    }
    many(assets, &analyzer, effort)
}

/// Many pictures on all threads.
fn many(assets: &Path, analyzer: &FaceAnalyzer, effort: Effort) -> Outcome<()> {
    for (path, faces) in PICTURES {
        let images: Vec<Image> = vec![decode(&assets.join(path))?; 12];
        assert!(analyzer.analyze_many(&images)?.iter().all(|found| found.len() == faces));
        let ms = effort.time(|| analyzer.analyze_many(&images))? / images.len() as f64;
        println!("{path:>40} {ms:>8.2} in a batch: {:.1} pictures a second", 1e3 / ms);
    }
    Ok(())
}

/// The networks by themselves: one detection, and one run with all faces.
fn networks(
    detector: &ModelFile,
    embedder: &ModelFile,
    faces: usize,
    options: SessionOptions,
    effort: Effort,
) -> Outcome<f64> {
    let run = |model: &ModelFile, shape: [usize; 4]| -> Outcome<f64> {
        let session = Session::load(model, &options)?;
        let tensor = Tensor::f32(shape, vec![0.1; shape.iter().product()])?;
        let name = session.inputs()[0].name.clone();
        effort.time(|| session.run(&[(name.as_str(), &tensor)]))
    };
    Ok(run(detector, [1, 3, 640, 640])? + run(embedder, [faces, 3, 112, 112])?)
}

impl Figures {
    fn keep(&mut self, analyze_ms: f64, read_and_analyze_ms: f64) {
        self.analyze_ms = self.analyze_ms.min(analyze_ms);
        self.read_and_analyze_ms = self.read_and_analyze_ms.min(read_and_analyze_ms);
    }
}

/// InsightFace in a Python of its own.
struct Peer {
    python: String,
    models: PathBuf,
}

impl Peer {
    /// `None` without `SONIC_PEER_PYTHON`. The models get the names that InsightFace expects.
    fn new(assets: &Path) -> Outcome<Option<Self>> {
        let Ok(python) = std::env::var("SONIC_PEER_PYTHON") else { return Ok(None) };
        let models = std::env::temp_dir().join(format!("sonic-bench-faces-{}", std::process::id()));
        std::fs::create_dir_all(&models)?;
        for (file, name) in
            [("det_500m.onnx", "det_500m.onnx"), ("w600k_mbf_dequant_fp32.onnx", "w600k_mbf.onnx")]
        {
            std::fs::copy(assets.join("models").join(file), models.join(name))?;
        }
        Ok(Some(Self { python, models }))
    }

    fn measure(&self, assets: &Path, threads: usize, effort: Effort, figures: &mut [Figures]) -> Outcome<()> {
        let output = Command::new(&self.python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/faces/peer.py"))
            .arg(&self.models)
            .args([threads.to_string(), effort.0.as_secs_f64().max(0.01).to_string()])
            .args(PICTURES.map(|(path, _)| assets.join(path)))
            .output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        let lines = String::from_utf8(output.stdout)?;
        let lines: Vec<&str> = lines.lines().filter(|line| line.starts_with('{')).collect();
        assert_eq!(lines.len(), PICTURES.len());
        for ((line, figures), (_, faces)) in lines.into_iter().zip(figures).zip(PICTURES) {
            let line: serde_json::Value = serde_json::from_str(line)?;
            assert_eq!(line["faces"].as_u64(), Some(faces as u64));
            let ms = |key: &str| line[key].as_f64().ok_or("no such figure");
            figures.keep(ms("get_ms")?, ms("read_and_get_ms")?);
        }
        Ok(())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.models);
    }
}
