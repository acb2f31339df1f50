//! Promise: what plays on a stream is named with its place, to a second, mostly within a second of its end.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test may fail, and prints its figures")]

#[path = "monitor_support/radio.rs"]
mod radio;
mod support;

use radio::{Radio, SLICE_MS, monitor, monitored, pcm, sound};
use sonic::audio::fingerprint::SAMPLE_RATE;
use sonic::recordings::{self, Airing, Monitor, MonitorOptions};
use sonic::{Clip, ErrorKind, Source, Store, StoreOptions};
use support::{Random, Scratch};

/// Minutes of radio, and with `SONIC_SOAK`.
const MINUTES: (f32, f32) = (6.0, 60.0);

#[test]
fn an_hour_of_radio_gives_every_piece_and_nothing_else() {
    let scratch = Scratch::new("monitor-radio");
    let store = radio::store(&scratch);
    let minutes = if std::env::var_os("SONIC_SOAK").is_some() { MINUTES.1 } else { MINUTES.0 };
    let radio = Radio::random(7, minutes * 60.0);
    let (memory, work) = (resident_kb(), processor_ms());
    let played = monitored(&store, &radio.samples);
    let seconds = radio.now_ms() as f64 / 1000.0;
    eprintln!(
        "{seconds:.0} s of radio, {:.1} ms of processor time a second, {} kB more memory; {}",
        (processor_ms() - work) / seconds,
        resident_kb().saturating_sub(memory),
        radio.figures(&played)
    );
    radio.check(&played);
}

/// Processor time of this process; 0 where nobody tells.
fn processor_ms() -> f64 {
    let times = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // User and system time in hundredths of a second, after the name in parentheses.
    let fields = times.rsplit(')').next().unwrap_or_default().split_whitespace();
    10.0 * fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum::<f64>()
}

/// Memory of this process; 0 where nobody tells.
fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

#[test]
fn pieces_follow_each_other_without_a_pause() {
    let scratch = Scratch::new("monitor-cuts");
    let store = radio::store(&scratch);
    let mut radio = Radio::default();
    radio.talk("outside/the-lamp", 5.0);
    radio.play("lantern-waltz", 0.0, f32::MAX);
    // The same once more, another from its middle on, and another place of that.
    radio.play("lantern-waltz", 0.0, f32::MAX);
    radio.play("brot", 21.3, 14.0);
    radio.play("night-bus", 33.7, 12.0);
    radio.play("night-bus", 5.0, 10.0);
    radio.talk("outside/il-caffe", 6.0);
    radio.check(&monitored(&store, &radio.samples));
}

#[test]
fn lost_slices_do_not_end_what_plays_on() {
    let scratch = Scratch::new("monitor-gaps");
    let store = radio::store(&scratch);
    let mut radio = Radio::default();
    radio.silence(2.0);
    radio.play("gravel-road", 10.0, 40.0);
    radio.talk("outside/the-lamp", 8.0);
    radio.play("dozhd", 0.0, 15.0);
    // What says when a slice lies is its place: 3 s are lost in a piece, and the end of it.
    let lost = |ms: u64| (20_000..23_000).contains(&ms) || (41_000..45_000).contains(&ms);
    let (mut monitor, mut airings) = (monitor(&store), Vec::new());
    let slice = (SLICE_MS * u64::from(SAMPLE_RATE) / 1000) as usize;
    for (number, samples) in (0..).zip(radio.samples.chunks(slice)) {
        let at = number as f64 * slice as f64 * 1000.0 / f64::from(SAMPLE_RATE);
        if !lost(number * SLICE_MS) {
            airings.extend(monitor.push_samples(at, samples).unwrap());
        }
    }
    airings.extend(monitor.finish().unwrap());
    airings.retain(|airing| airing.ended);
    let spans: Vec<(&str, u64, u64)> =
        airings.iter().map(|a| (a.id.as_str(), a.start_ms, a.end_ms)).collect();
    let [("gravel-road", start, end), ("dozhd", later, last)] = spans[..] else { panic!("{airings:?}") };
    assert!(start.abs_diff(2_000) < 500 && (41_000 - 500..46_000).contains(&end), "{airings:?}");
    assert!(later.abs_diff(50_000) < 500 && last.abs_diff(65_000) < 500, "{airings:?}");
}

#[test]
fn the_store_may_change_and_be_empty() {
    let scratch = Scratch::new("monitor-changes");
    let store = Store::open(scratch.join("store"), StoreOptions::default()).unwrap();
    let mut monitor = monitor(&store);
    let piece = |id: &str, from: f32, to: f32| {
        let (samples, at) = (sound(&format!("media/{id}")), |s: f32| (s * SAMPLE_RATE as f32) as usize);
        samples[at(from)..at(to)].to_vec()
    };
    let mut at_ms = 0.0;
    let mut push = |monitor: &mut Monitor, samples: Vec<f32>| {
        let airings = monitor.push_samples(at_ms, &samples).unwrap();
        at_ms += samples.len() as f64 * 1000.0 / f64::from(SAMPLE_RATE);
        airings
    };
    assert!(push(&mut monitor, piece("low-tide", 0.0, 10.0)).is_empty());
    let add = |id: &str| {
        let clip = Clip::new(sound(&format!("media/{id}")), SAMPLE_RATE);
        let row = recordings::Recording {
            id: id.to_owned(),
            title: Some(format!("The {id}")),
            ..Default::default()
        };
        recordings::add(&store, &clip, row).unwrap();
    };
    add("low-tide");
    let begun = push(&mut monitor, piece("low-tide", 10.0, 20.0));
    assert!(matches!(&begun[..], [a] if a.id == "low-tide" && !a.ended && a.number == 0), "{begun:?}");
    assert_eq!(begun[0].title.as_deref(), Some("The low-tide"));
    store.recordings().remove("low-tide").unwrap();
    let ended = push(&mut monitor, piece("low-tide", 20.0, 21.0));
    assert!(matches!(&ended[..], [a] if a.ended && a.end_ms.abs_diff(20_000) < 500), "{ended:?}");
    assert!(push(&mut monitor, piece("low-tide", 21.0, 30.0)).is_empty());
    add("low-tide");
    push(&mut monitor, piece("low-tide", 30.0, 37.0));
    let rest = monitor.finish().unwrap();
    assert!(matches!(&rest[..], [.., a] if a.ended && a.end_ms.abs_diff(37_000) < 500), "{rest:?}");
}

#[test]
fn it_does_not_matter_how_a_stream_is_cut() {
    let scratch = Scratch::new("monitor-slices");
    let store = radio::store(&scratch);
    let mut radio = Radio::default();
    radio.talk("outside/the-lamp", 4.0);
    radio.play("ricercar", 12.0, 15.0);
    radio.silence(3.0);
    let bytes: Vec<u8> = pcm(&radio.samples).flatten().collect();
    let told = |size: usize| {
        let mut monitor = monitor(&store);
        let mut told: Vec<Airing> =
            (0..).zip(bytes.chunks(size)).flat_map(|(index, b)| monitor.push(index, b).unwrap()).collect();
        told.extend(monitor.finish().unwrap());
        told
    };
    let whole = told(bytes.len());
    assert_eq!(whole.len(), 2, "{whole:?}");
    for size in [1_000, 44_100, 300_001] {
        assert_eq!(told(size), whole, "slices of {size} bytes");
    }
}

#[test]
fn a_file_and_a_reader_are_monitored() {
    let scratch = Scratch::new("monitor-file");
    let store = radio::store(&scratch);
    let file = radio::demo().join("media/copper-garden.opus");
    let options = MonitorOptions::default();
    for source in [Source::from(file.as_path()), Source::reader(std::fs::File::open(&file).unwrap())] {
        let mut playing = recordings::monitor(&store, source, &options).unwrap();
        let airings: Vec<Airing> = playing.by_ref().map(Result::unwrap).collect();
        assert!(
            matches!(&airings[..], [a, b] if !a.ended && b.ended && b.id == "copper-garden"),
            "{airings:?}"
        );
        let end_ms = playing.duration_ms();
        assert!(
            airings[1].start_ms < 500 && airings[1].end_ms.abs_diff(end_ms) < 500,
            "{airings:?} of {end_ms}"
        );
        assert!(!playing.truncated() && playing.damaged_ms() == 0);
    }
    // What began is known long before the end.
    let mut playing = recordings::monitor(&store, &file, &options).unwrap();
    assert!(!playing.next().unwrap().unwrap().ended && playing.duration_ms() < 10_000);
    let exclude = vec!["copper-garden".to_owned()];
    let playing = recordings::monitor(&store, file, &MonitorOptions { exclude, ..options }).unwrap();
    let others: Vec<Airing> = playing.map(Result::unwrap).collect();
    assert!(others.is_empty(), "{others:?}");
    let missing = recordings::monitor(&store, "no such file", &MonitorOptions::default()).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
}

#[test]
fn slices_of_a_container_are_monitored() {
    let scratch = Scratch::new("monitor-container");
    let store = radio::store(&scratch);
    let bytes = std::fs::read(radio::demo().join("media/harbour-strings.opus")).unwrap();
    let mut monitor = Monitor::new(&store, &MonitorOptions::default()).unwrap();
    let mut told = Vec::new();
    for (index, slice) in (0..).zip(bytes.chunks(5_000)) {
        told.extend(monitor.push(index, slice).unwrap());
    }
    told.extend(monitor.finish().unwrap());
    assert!(matches!(&told[..], [a, b] if !a.ended && b.ended && b.id == "harbour-strings"), "{told:?}");
    assert!(told[1].start_ms < 500 && told[1].end_ms.abs_diff(monitor.end_ms()) < 500, "{told:?}");
    assert_eq!((monitor.gaps(), monitor.counts().lost), (vec![], 0));
}

#[test]
fn bad_input_is_an_error_and_the_stream_goes_on() {
    let scratch = Scratch::new("monitor-bad");
    let store = radio::store(&scratch);
    let mut monitor = Monitor::new(&store, &MonitorOptions::default()).unwrap();
    for (at, samples) in [(f64::NAN, [0.0; 4]), (-1.0, [0.0; 4]), (0.0, [0.0, f32::NAN, 0.0, 0.0])] {
        let error = monitor.push_samples(at, &samples).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }
    let mut random = Random(3);
    let garbage: Vec<u8> = (0..200_000).map(|_| random.next() as u8).collect();
    for (index, slice) in (0..).zip(garbage.chunks(10_000)) {
        // Whatever is made of it, nothing plays.
        assert!(monitor.push(index, slice).unwrap_or_default().is_empty());
    }
    let _ = monitor.push(1 << 40, b"x").unwrap_err();
    let clip = sound("media/pixel-orchard");
    let told = monitor.push_samples(60_000.0, &clip[..20 * SAMPLE_RATE as usize]).unwrap();
    assert!(matches!(&told[..], [a] if a.id == "pixel-orchard"), "{told:?}");
    store.close();
    let closed = Monitor::new(&store, &MonitorOptions::default()).unwrap_err();
    assert_eq!(closed.kind(), ErrorKind::Closed);
}
