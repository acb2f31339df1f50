//! Radio made of the demo's recordings, with the truth about it.

use crate::support::{Random, Scratch};
use sonic::audio::decode::push::{PushOptions, RawPcm};
use sonic::audio::decode::{DecodeOptions, decode_with};
use sonic::audio::fingerprint::SAMPLE_RATE;
use sonic::recordings::{self, AddOptions, Airing, Monitor, MonitorOptions};
use sonic::{Store, StoreOptions};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

/// Length of the slices of a stream in milliseconds.
pub(crate) const SLICE_MS: u64 = 250;
/// How far starts, ends and places may be from the truth, and reports behind the end, in milliseconds.
const TOLERANCE_MS: u64 = 1_000;
/// What is cut where the recording itself pauses is missed later; one in five at most.
const LATEST_MS: u64 = 2_500;

pub(crate) fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/demo")
}

/// A store of the demo's recordings.
pub(crate) fn store(scratch: &Scratch) -> Store {
    let store = Store::open(scratch.join("store"), StoreOptions::default()).unwrap();
    let each = |_| ControlFlow::Continue(());
    recordings::add_files(&store, &[demo().join("media")], &AddOptions::default(), each).unwrap();
    store
}

/// The sound of a file of the demo; each is decoded once.
pub(crate) fn sound(name: &str) -> Vec<f32> {
    static KNOWN: OnceLock<Mutex<HashMap<String, Vec<f32>>>> = OnceLock::new();
    let mut known = KNOWN.get_or_init(Mutex::default).lock().unwrap();
    let decode = || {
        let path = demo().join(format!("{name}.opus"));
        decode_with(path, &DecodeOptions::at(SAMPLE_RATE)).unwrap().samples
    };
    known.entry(name.to_owned()).or_insert_with(decode).clone()
}

/// A recording on the radio.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Piece {
    pub(crate) id: String,
    pub(crate) start_ms: u64,
    pub(crate) end_ms: u64,
    pub(crate) offset_ms: u64,
}

/// Sound and what plays in it.
#[derive(Default)]
pub(crate) struct Radio {
    pub(crate) samples: Vec<f32>,
    pub(crate) pieces: Vec<Piece>,
}

impl Radio {
    pub(crate) fn now_ms(&self) -> u64 {
        self.samples.len() as u64 * 1000 / u64::from(SAMPLE_RATE)
    }

    /// Plays `seconds` of a recording from `offset` on, or what there is of it.
    pub(crate) fn play(&mut self, id: &str, offset: f32, seconds: f32) {
        let samples = sound(&format!("media/{id}"));
        let at = |s: f32| ((s * SAMPLE_RATE as f32) as usize).min(samples.len());
        let start_ms = self.now_ms();
        self.samples.extend_from_slice(&samples[at(offset)..at(offset + seconds)]);
        let (end_ms, offset_ms) = (self.now_ms(), (offset * 1000.0) as u64);
        self.pieces.push(Piece { id: id.to_owned(), start_ms, end_ms, offset_ms });
    }

    /// Speaks for `seconds`, in the words of a file.
    pub(crate) fn talk(&mut self, name: &str, seconds: f32) {
        let length = (seconds * SAMPLE_RATE as f32) as usize;
        self.samples.extend(sound(name).into_iter().cycle().take(length));
    }

    /// Noise of a colour: the higher `low`, the duller.
    pub(crate) fn noise(&mut self, random: &mut Random, seconds: f32, low: f32) {
        let mut last = 0.0;
        for _ in 0..(seconds * SAMPLE_RATE as f32) as usize {
            last = low * last + (1.0 - low) * (random.uniform() - 0.5);
            self.samples.push(last);
        }
    }

    pub(crate) fn silence(&mut self, seconds: f32) {
        self.samples.resize(self.samples.len() + (seconds * SAMPLE_RATE as f32) as usize, 0.0);
    }

    /// At least so many seconds of pieces, whole or in part, with speech, noise, silence or nothing between them.
    pub(crate) fn random(seed: u64, seconds: f32) -> Self {
        let (mut radio, mut random) = (Self::default(), Random(seed));
        let names = |folder: &str| {
            let files = recordings::files_in(&[demo().join(folder)]);
            let mut names: Vec<String> = files
                .iter()
                .map(|f| {
                    f.strip_prefix(demo()).unwrap().with_extension("").to_string_lossy().replace('\\', "/")
                })
                .collect();
            names.sort();
            names
        };
        let media = names("media");
        let speech: Vec<String> = ["outside/il-caffe", "outside/the-lamp"]
            .map(str::to_owned)
            .into_iter()
            .chain(names("voices"))
            .collect();
        let pick =
            |random: &mut Random, of: &[String]| of[(random.uniform() * of.len() as f32) as usize].clone();
        while radio.samples.len() < (seconds * SAMPLE_RATE as f32) as usize {
            let id = pick(&mut random, &media);
            let id = id.trim_start_matches("media/");
            let whole = sound(&format!("media/{id}")).len() as f32 / SAMPLE_RATE as f32;
            match (random.uniform() * 3.0) as u32 {
                0 => radio.play(id, 0.0, whole),
                1 => radio.play(id, 0.0, 6.0 + random.uniform() * (whole - 6.0)),
                _ => {
                    let length = 6.0 + random.uniform() * 20.0;
                    radio.play(id, random.uniform() * (whole - length), length);
                }
            }
            let between = 1.0 + 11.0 * random.uniform();
            match (random.uniform() * 5.0) as u32 {
                0 | 1 => radio.talk(&pick(&mut random, &speech), between),
                2 => {
                    let low = random.uniform() * 0.98;
                    radio.noise(&mut random, between, low);
                }
                3 => radio.silence(between),
                _ => (),
            }
        }
        radio
    }

    /// How many pieces were found, and how far off.
    pub(crate) fn figures(&self, played: &[Played]) -> String {
        let ended: Vec<&Played> = played.iter().filter(|p| p.airing.ended).collect();
        let pairs: Vec<(&Piece, &Played)> = self
            .pieces
            .iter()
            .filter_map(|piece| Some((piece, *ended.iter().find(|p| p.is_of(piece))?)))
            .collect();
        let worst = |off: &dyn Fn(&Piece, &Played) -> u64| {
            let mut all: Vec<u64> = pairs.iter().map(|(piece, played)| off(piece, played)).collect();
            all.sort_unstable();
            let middle = all.get(all.len() / 2).copied().unwrap_or(0);
            format!("{middle} (at most {})", all.last().copied().unwrap_or(0))
        };
        let off = |(piece, played): &(&Piece, &Played)| played.airing.end_ms.abs_diff(piece.end_ms);
        for played in ended.iter().filter(|p| !self.pieces.iter().any(|piece| p.is_of(piece))) {
            eprintln!("no piece: {}", played.line());
        }
        for (piece, played) in &pairs {
            if played.at_ms > piece.end_ms + TOLERANCE_MS {
                eprintln!("late: {piece:?} {}", played.line());
            }
        }
        if let Some((piece, played)) = pairs.iter().max_by_key(|pair| off(pair)) {
            eprintln!("the worst end: {piece:?} {}", played.line());
        }
        format!(
            "{} of {} pieces, {} reports of others; ms off the start {}, the end {}, the place {}; reported {} ms after the end",
            pairs.len(),
            self.pieces.len(),
            ended.len() - pairs.len(),
            worst(&|piece, p| p.airing.start_ms.abs_diff(piece.start_ms)),
            worst(&|piece, p| p.airing.end_ms.abs_diff(piece.end_ms)),
            worst(&|piece, p| p.airing.offset_ms.abs_diff(piece.offset_ms)),
            worst(&|piece, p| p.at_ms.saturating_sub(piece.end_ms))
        )
    }

    /// Fails unless these are the pieces, each reported in time.
    pub(crate) fn check(&self, played: &[Played]) {
        let ended: Vec<&Played> = played.iter().filter(|p| p.airing.ended).collect();
        let table = || {
            let found: String = ended.iter().map(|p| format!("{}\n", p.line())).collect();
            let truth: String = self.pieces.iter().map(|p| format!("{p:?}\n")).collect();
            format!("found:\n{found}truth:\n{truth}")
        };
        let mut late_ones = 0;
        for piece in &self.pieces {
            let found = ended.iter().find(|p| p.is_of(piece));
            assert!(found.is_some(), "missing: {piece:?}\n{}", table());
            let late = found.unwrap().at_ms.saturating_sub(piece.end_ms);
            late_ones += usize::from(late > TOLERANCE_MS);
            assert!(late <= LATEST_MS, "{late} ms late: {piece:?}");
        }
        assert!(late_ones * 5 <= self.pieces.len(), "{late_ones} of {} are late", self.pieces.len());
        let strays: Vec<String> = ended
            .iter()
            .filter(|p| !self.pieces.iter().any(|piece| p.is_of(piece)))
            .map(|p| p.line())
            .collect();
        // Once in an hour a piece was lost for a moment, and reported in two.
        let most = (self.now_ms() / 3_600_000) as usize;
        assert!(strays.len() <= most, "too many: {strays:?}\n{}", table());
        assert!(ended.len() <= self.pieces.len() + most, "{}", table());
        let started = played.iter().filter(|p| !p.airing.ended).count();
        assert_eq!(started, ended.len(), "what ends has begun");
    }
}

/// An airing, and where the stream was when it was reported.
#[derive(Debug, Clone)]
pub(crate) struct Played {
    pub(crate) at_ms: u64,
    pub(crate) airing: Airing,
}

impl Played {
    fn is_of(&self, piece: &Piece) -> bool {
        let Airing { id, start_ms, end_ms, offset_ms, .. } = &self.airing;
        *id == piece.id
            && start_ms.abs_diff(piece.start_ms) <= TOLERANCE_MS
            && end_ms.abs_diff(piece.end_ms) <= TOLERANCE_MS
            && offset_ms.abs_diff(piece.offset_ms) <= TOLERANCE_MS
    }

    pub(crate) fn line(&self) -> String {
        let Airing { id, start_ms, end_ms, offset_ms, score, .. } = &self.airing;
        format!("{id} {start_ms}-{end_ms} of {offset_ms}, score {score:.1}, at {}", self.at_ms)
    }
}

/// A monitor of raw samples.
pub(crate) fn monitor(store: &Store) -> Monitor {
    let raw = Some(RawPcm { sample_rate: SAMPLE_RATE, channels: 1, float: true });
    let slices = PushOptions { raw, ..PushOptions::default() };
    Monitor::new(store, &MonitorOptions { slices, ..MonitorOptions::default() }).unwrap()
}

/// Samples as the bytes of slices.
pub(crate) fn pcm(samples: &[f32]) -> impl Iterator<Item = Vec<u8>> {
    let slice = (SLICE_MS * u64::from(SAMPLE_RATE) / 1000) as usize;
    samples.chunks(slice).map(|slice| slice.iter().flat_map(|x| x.to_le_bytes()).collect())
}

/// What is reported of a stream, slice by slice.
pub(crate) fn monitored(store: &Store, samples: &[f32]) -> Vec<Played> {
    let (mut monitor, mut played) = (monitor(store), Vec::new());
    let mut at_ms = 0;
    for (index, slice) in (0..).zip(pcm(samples)) {
        let told = monitor.push(index, &slice).unwrap();
        at_ms = (index + 1) * SLICE_MS;
        played.extend(told.into_iter().map(|airing| Played { at_ms, airing }));
    }
    played.extend(monitor.finish().unwrap().into_iter().map(|airing| Played { at_ms, airing }));
    played
}
