//! How fast faces are found and embedded, how much of that is not the networks, and what decoding and resizing take.
//!
//! ```text
//! cargo bench --bench faces -- [--test]
//!   --test   everything once; results are asserted, times are not looked at
//! ```
//!
//! Needs `SONIC_TEST_ASSETS` and ONNX Runtime (`ORT_DYLIB_PATH`). With `SONIC_PEER_PYTHON`, a Python that has
//! InsightFace, `peer.py` works with the same models, threads and pictures in turns with sonic, both alive all the
//! time. Ratios are medians of those of each round: what else the machine does slows both.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod codecs;
mod networks;
mod peer;
mod planes;

use networks::Networks;
use peer::Peer;
use sonic::faces::{FaceAnalyzer, FaceAnalyzerOptions};
use sonic::model::{Model, Runtime, RuntimeOptions, SessionOptions, built_in};
use sonic::vision::{Image, decode};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Pictures, and how many faces they show.
const PICTURES: [(&str, usize); 3] = [
    ("images/insightface/t1.jpg", 6),
    ("images/face_recognition/obama2.jpg", 1),
    ("people/Colin_Powell/Colin_Powell_0004.jpg", 1),
];
/// Turns of sonic and its peer, and runs that are timed in each, after one that is not.
const ROUNDS: usize = 15;
const RUNS: usize = 3;

/// How long each figure is measured.
#[derive(Clone, Copy)]
pub(crate) struct Effort(Duration);

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
    fn rounds(self) -> usize {
        if self.0.is_zero() { 1 } else { ROUNDS }
    }

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

fn model(assets: &Path, id: &str, file: &str) -> Outcome<Model> {
    let manifest = built_in().iter().find(|m| m.id == id).ok_or("no such manifest")?.clone();
    Ok(Model::of_file(manifest, assets.join("models").join(file)))
}

/// Analysis of each picture, in turns with the peer, and what of it the networks take.
fn faces(assets: &Path, threads: usize, effort: Effort) -> Outcome<()> {
    let session = SessionOptions { threads, ..Default::default() };
    let options = FaceAnalyzerOptions { det_size: Some(640), session, ..Default::default() };
    let detector = model(assets, "det_500m", "det_500m.onnx")?;
    let embedder = model(assets, "w600k_mbf", "w600k_mbf_dequant_fp32.onnx")?;
    let analyzer = FaceAnalyzer::load(&detector, &embedder, &options)?;
    let networks = Networks::load(&detector, &embedder, threads)?;
    let mut peer = Peer::start(assets, threads)?;
    println!(
        "\n{threads} thread(s), det_500m at 640, w600k_mbf: milliseconds, medians of {} rounds",
        effort.rounds()
    );
    println!(
        "{:>42} {:>8} {:>8} {:>6} {:>8} {:>8} {:>6} {:>9} {:>6}",
        "picture", "sonic", "peer", "ratio", "+decode", "peer", "ratio", "networks", "rest"
    );
    for (picture, (path, faces)) in PICTURES.into_iter().enumerate() {
        let path = assets.join(path);
        let image = decode(&path)?;
        assert_eq!(analyzer.analyze(&image)?.len(), faces);
        let mut turns = [Turns::default(), Turns::default()];
        for _ in 0..effort.rounds() {
            turns[0].ours(|| analyzer.analyze(&image))?;
            turns[0].theirs(peer.as_mut().map(|peer| peer.measure(picture, false, RUNS)))?;
            turns[1].ours(|| analyzer.analyze(&decode(&path)?))?;
            turns[1].theirs(peer.as_mut().map(|peer| peer.measure(picture, true, RUNS)))?;
        }
        let [plain, decoded] = turns.map(|turns| turns.columns());
        let (networks, rest) = share_of_networks(&analyzer, &networks, (&image, faces), effort)?;
        println!("{:>42} {plain} {decoded} {networks:>9.2} {rest:>5.1}%", PICTURES[picture].0);
    }
    drop(peer);
    many(assets, &analyzer, effort)
}

/// Medians of each turn of sonic and of its peer.
#[derive(Default)]
struct Turns {
    ours: Vec<f64>,
    theirs: Vec<f64>,
}

impl Turns {
    fn ours<T>(&mut self, mut work: impl FnMut() -> sonic::Result<T>) -> Outcome<()> {
        work()?;
        let times = (0..RUNS).map(|_| {
            let start = Instant::now();
            std::hint::black_box(work()?);
            Ok(start.elapsed().as_secs_f64() * 1e3)
        });
        self.ours.push(median(times.collect::<Outcome<Vec<_>>>()?));
        Ok(())
    }

    fn theirs(&mut self, times: Option<Outcome<Vec<f64>>>) -> Outcome<()> {
        if let Some(times) = times {
            self.theirs.push(median(times?));
        }
        Ok(())
    }

    /// Ours, theirs, and the median of how many times faster ours was in each round.
    fn columns(self) -> String {
        let ours = median(self.ours.clone());
        if self.theirs.is_empty() {
            return format!("{ours:>8.2} {:>8} {:>6}", "-", "-");
        }
        let ratios = self.ours.iter().zip(&self.theirs).map(|(ours, theirs)| theirs / ours).collect();
        format!("{ours:>8.2} {:>8.2} {:>6.2}", median(self.theirs), median(ratios))
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Milliseconds of the networks alone, and what per cent of an analysis is anything else: medians of many turns of
/// both, so that what else the machine does matters little.
fn share_of_networks(
    analyzer: &FaceAnalyzer,
    networks: &Networks,
    (image, faces): (&Image, usize),
    effort: Effort,
) -> Outcome<(f64, f64)> {
    let input = networks.input(image)?;
    let (mut alone, mut rests) = (Vec::new(), Vec::new());
    for _ in 0..effort.rounds() * 2 * RUNS {
        let start = Instant::now();
        std::hint::black_box(analyzer.analyze(image)?);
        let whole = start.elapsed().as_secs_f64();
        let start = Instant::now();
        networks.run(&input, faces)?;
        let inside = start.elapsed().as_secs_f64();
        alone.push(inside * 1e3);
        rests.push(100.0 * (1.0 - inside / whole));
    }
    Ok((median(alone), median(rests)))
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
