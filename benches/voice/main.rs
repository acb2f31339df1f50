//! How fast voices are described: front-end, network, both, a batch on all cores.
//!
//! ```text
//! cargo bench --bench voice -- [--test]
//!   --test   everything once; results are asserted, times are not looked at
//!   --conditions   only the table of clips behind noise, quiet, with a constant part, through a telephone
//! ```
//!
//! Without `SONIC_TEST_ASSETS` or ONNX Runtime the lines of the ECAPA-TDNN are left out. `peer.py` measures
//! torchaudio, a network of the same size in eager PyTorch and ONNX Runtime by itself on the same sound.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "../../tests/voice_support/conditions.rs"]
mod conditions;

use conditions::{Condition, Tally};
use sonic::Clip;
use sonic::audio::decode::Source;
use sonic::audio::features::{Extractor, Features, FrontEnd};
use sonic::audio::speaker::{VoiceEmbedder, VoiceEmbedderOptions};
use sonic::audio::speech::{SpeechOptions, speech_spans};
use sonic::model::{Manifest, Model, Runtime, RuntimeOptions, Session, SessionOptions, Tensor};
use sonic::{Store, StoreOptions};
use std::collections::HashMap;
use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

type Anyhow<T> = Result<T, Box<dyn Error>>;

const RATE: usize = 16_000;

/// How long each figure is measured.
#[derive(Clone, Copy)]
struct Effort(Duration);

fn main() -> Anyhow<()> {
    let test = std::env::args().any(|a| a == "--test");
    if std::env::args().any(|a| a == "--conditions") {
        return known();
    }
    let effort = Effort(if test { Duration::ZERO } else { Duration::from_millis(1_500) });
    front_ends(effort)?;
    built_in(effort)?;
    speech(effort)?;
    match ecapa()? {
        Some(model) => network(effort, &model)?,
        None => println!("ECAPA-TDNN: not run without SONIC_TEST_ASSETS and ONNX Runtime"),
    }
    known()
}

/// What becomes of the same clips under every condition: of speakers that constants were chosen on, and of others.
fn known() -> Anyhow<()> {
    let Some(assets) = std::env::var_os("SONIC_TEST_ASSETS") else {
        println!("conditions: not run without SONIC_TEST_ASSETS");
        return Ok(());
    };
    let folder = std::env::temp_dir().join(format!("sonic-bench-voice-{}", std::process::id()));
    let store = Store::open(&folder, StoreOptions::default())?;
    let embedder = VoiceEmbedder::built_in();
    let people = conditions::enroll(&store, &embedder, &PathBuf::from(assets).join("voice"))?;
    println!(
        "\nof clips, by speakers tuned on / held out: right, somebody else, strangers named, sure, sure and wrong"
    );
    for (condition, _) in Condition::ALL {
        for (seconds, length) in [(1_000, "whole"), (3, "3 s")] {
            let [tuned, held_out] = conditions::tally(&store, &embedder, &people, condition, seconds)?;
            println!("{:12} {length:6} {} / {}", format!("{condition:?}"), row(tuned), row(held_out));
            assert!(tuned.sure_wrong + held_out.sure_wrong == 0, "a sure answer is wrong");
        }
    }
    store.close();
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

fn row(tally: Tally) -> String {
    let Tally { clips, right, wrong, strangers_named, sure, sure_wrong } = tally;
    format!("{right:2} of {clips}, {wrong}, {strangers_named}, {sure:2}, {sure_wrong}")
}

impl Effort {
    /// The least time of `work` in milliseconds.
    fn time<T, E: Into<Box<dyn Error>>>(self, mut work: impl FnMut() -> Result<T, E>) -> Anyhow<f64> {
        let (begin, mut best) = (Instant::now(), Duration::MAX);
        loop {
            let start = Instant::now();
            work().map_err(Into::into)?;
            best = best.min(start.elapsed());
            if begin.elapsed() >= self.0 {
                return Ok(best.as_secs_f64() * 1e3);
            }
        }
    }
}

/// Sound that moves like speech: a buzz with syllables, and noise.
fn sound(seconds: usize) -> Vec<f32> {
    let mut state = 7u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    (0..seconds * RATE)
        .map(|i| {
            let t = i as f32 / RATE as f32;
            let pitch = 120.0 + 20.0 * (t * 1.7).sin();
            let buzz: f32 =
                (1..12).map(|k| (std::f32::consts::TAU * pitch * k as f32 * t).sin() / k as f32).sum();
            0.1 * buzz * (0.5 + 0.5 * (t * 20.0).sin()) + 0.01 * random()
        })
        .collect()
}

/// The same as a 16-bit WAV file.
fn wav(samples: &[f32]) -> Arc<[u8]> {
    let length = 2 * samples.len() as u32;
    let mut file = b"RIFF".to_vec();
    file.extend((36 + length).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data");
    file.extend(length.to_le_bytes());
    file.extend(samples.iter().flat_map(|x| ((x * 32_767.0) as i16).to_le_bytes()));
    file.into()
}

fn front_ends(effort: Effort) -> Anyhow<()> {
    println!("{:16} {:>10} {:>14}", "front-end", "ms", "x real time");
    for front_end in FrontEnd::ALL {
        // The front-end of single words takes one second.
        let seconds = if front_end == FrontEnd::Moonshine64 { 1 } else { 10 };
        let sound = sound(seconds);
        let mut extractor = Extractor::new(front_end);
        let mut features = Features::default();
        let ms = effort.time(|| extractor.extract_into(&sound, &mut features))?;
        assert_eq!(features.values.len(), extractor.frames(sound.len()) * front_end.bins());
        println!("{:16} {ms:>10.3} {:>14.0}", front_end.name(), seconds as f64 * 1_000.0 / ms);
    }
    Ok(())
}

fn built_in(effort: Effort) -> Anyhow<()> {
    let embedder = VoiceEmbedder::built_in();
    for seconds in [3, 10] {
        let sound = sound(seconds);
        let mut extractor = Extractor::new(FrontEnd::Logmel80);
        let mut features = Features::default();
        let front = effort.time(|| extractor.extract_into(&sound, &mut features))?;
        let clip = Clip::new(sound.clone(), RATE as u32);
        let both = effort.time(|| embedder.embed(&clip))?;
        let file = wav(&sound);
        let end_to_end = effort.time(|| embedder.embed_source(Source::bytes(file.clone())))?;
        println!(
            "celda128, {seconds} s: features {front:.3} ms, embedding {:.3} ms, both {both:.3} ms, from a file {end_to_end:.3} ms",
            both - front
        );
    }
    batch(effort, "celda128", |options| Ok(VoiceEmbedder::built_in_with(options)), 120)
}

/// How much of the cores a batch of 32 clips uses: its speed over that of one thread, and its processor time.
fn batch(
    effort: Effort,
    name: &str,
    load: impl Fn(&VoiceEmbedderOptions) -> sonic::Result<VoiceEmbedder>,
    seconds: usize,
) -> Anyhow<()> {
    let cores = std::thread::available_parallelism()?.get();
    let clips = vec![Clip::new(sound(seconds), RATE as u32); 32];
    let mut times = Vec::new();
    let mut busy = None;
    for threads in [1, cores] {
        let embedder = load(&VoiceEmbedderOptions { threads, ..Default::default() })?;
        let run = || -> Anyhow<()> {
            let results = embedder.embed_many(&clips);
            assert!(
                results.iter().all(|r| r.as_ref().is_ok_and(|e| e.vector.len() == embedder.dimensions()))
            );
            Ok(())
        };
        run()?;
        times.push(effort.time(run)?);
        busy = busy_share(cores, run)?;
    }
    let busy = busy.map_or("not known".to_owned(), |share| format!("{:.0} %", 100.0 * share));
    println!(
        "{name}, 32 clips of {seconds} s: {:.1} ms on one thread, {:.1} ms on {cores}: {:.0} % of {cores} times as fast; cores wanted {busy}",
        times[0],
        times[1],
        100.0 * times[0] / times[1] / cores as f64
    );
    Ok(())
}

/// The share of the time of all cores in which threads of `work` ran or were ready to run, where the system says it:
/// other programs on the machine do not change it.
fn busy_share(cores: usize, work: impl Fn() -> Anyhow<()>) -> Anyhow<Option<f64>> {
    let (stop, before) = (AtomicBool::new(false), wanted());
    let start = Instant::now();
    let (done, after) = std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let (me, mut latest) = (thread_id(), HashMap::new());
            while !stop.load(Ordering::Relaxed) {
                latest.extend(wanted());
                std::thread::sleep(Duration::from_micros(500));
            }
            latest.retain(|id, _| Some(id) != me.as_ref());
            latest
        });
        let done = work();
        stop.store(true, Ordering::Relaxed);
        (done, watch.join())
    });
    done?;
    let wall = start.elapsed().as_secs_f64();
    let after = after.map_err(|_| "the watching thread failed")?;
    let sum: f64 = after.iter().map(|(id, time)| time - before.get(id).unwrap_or(&0.0)).sum();
    Ok((!after.is_empty()).then_some(sum / wall / cores as f64))
}

/// For each thread of this process the seconds in which it ran or was ready to run, by the scheduler of Linux.
fn wanted() -> HashMap<String, f64> {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let time = |task: std::fs::DirEntry| {
        let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        let mut fields = text.split_whitespace().map_while(|f| f.parse::<f64>().ok());
        Some((task.file_name().into_string().ok()?, (fields.next()? + fields.next()?) / 1e9))
    };
    tasks.filter_map(time).collect()
}

/// The name of this thread in `wanted`.
fn thread_id() -> Option<String> {
    let link = std::fs::read_link("/proc/thread-self").ok()?;
    Some(link.file_name()?.to_str()?.to_owned())
}

fn speech(effort: Effort) -> Anyhow<()> {
    let clip = Clip::new(sound(60), RATE as u32);
    let ms = effort.time(|| speech_spans(&clip, &SpeechOptions::default()))?;
    println!("speech without a model: {:.0} x real time", 60_000.0 / ms);
    Ok(())
}

/// The untrained ECAPA-TDNN of the references.
fn ecapa() -> Anyhow<Option<Model>> {
    let Some(assets) = std::env::var_os("SONIC_TEST_ASSETS") else { return Ok(None) };
    let path = PathBuf::from(assets).join("voice/models/ecapa-untrained/ecapa-c192.onnx");
    if !path.exists() || Runtime::load(&RuntimeOptions::default()).is_err() {
        return Ok(None);
    }
    let text = "id = \"ecapa-c192\"\ntask = \"speaker-embedding\"\nlicence = \"none\"\ncommercial = false\n\
                source = \"untrained\"\ndimensions = 192\nspeech = { front_end = \"ecapa80\", sample_rate = 16000 }";
    Ok(Some(Model::of_file(Manifest::parse(text, "bench")?, path)))
}

fn network(effort: Effort, model: &Model) -> Anyhow<()> {
    let cores = std::thread::available_parallelism()?.get();
    let (sound, mut features) = (sound(10), Features::default());
    Extractor::new(FrontEnd::Ecapa80).extract_into(&sound, &mut features)?;
    let (clip, file) = (Clip::new(sound.clone(), RATE as u32), wav(&sound));
    for threads in [1, cores] {
        let options = VoiceEmbedderOptions { threads, ..Default::default() };
        let embedder = VoiceEmbedder::load(model, &options)?;
        let session = Session::load(model, &SessionOptions { threads, ..Default::default() })?;
        let input = Tensor::f32([1, features.frames, features.bins], &features.values[..])?;
        let run = effort.time(|| session.run(&[("feats", &input)]))?;
        let both = effort.time(|| embedder.embed(&clip))?;
        let end_to_end = effort.time(|| embedder.embed_source(Source::bytes(file.clone())))?;
        println!(
            "ECAPA c192, 10 s, {threads} threads: network {run:.2} ms, clip {both:.2} ms, file {end_to_end:.2} ms"
        );
    }
    batch(effort, "ECAPA c192", |options| VoiceEmbedder::load(model, options), 10)
}
