//! What plays on a stream, as it comes.

mod playing;
mod recent;
mod way;

use super::{Followed, IdentifyOptions, Sighting, Trace};
use crate::audio::decode::push::{Chunk, PushCounts, PushDecoder, PushOptions};
use crate::audio::fingerprint::{HOP, SAMPLE_RATE};
use crate::{Clip, Error, ErrorKind, Result, Store};
use playing::Playing;
use recent::{Recent, place_of};
use std::fmt;
use std::ops::Range;
use way::Way;

/// Frames (0.19 s) after which it is looked what plays on.
const STEP: usize = 8;
/// Frames (4 s) of the clip in which that is looked for, and least of them (0.7 s).
const FOLLOWED: usize = 172;
const LEAST_FOLLOWED: usize = 32;
/// The last frames of a clip have too little beside them to be judged.
const EDGE: usize = 2;
/// Frames (6 s) of the clip that is searched for, and least of them (2 s).
const SEARCHED: usize = 258;
const LEAST_SEARCHED: usize = 86;
/// Frames after which is searched again: 2 s, and 5 s while something plays.
const SEARCH_EVERY: f64 = 86.0;
const SEARCH_PLAYING: f64 = 215.0;
/// Longest gap (30 s) over which a recording is taken to play on.
const LONGEST_GAP: f64 = 1292.0;
/// Recordings that are followed at once.
const MOST_PLAYING: usize = 16;

/// How a stream is monitored.
///
/// Fields may be added in minor versions: construct it with `..Default::default()`.
#[derive(Debug, Clone, PartialEq)]
pub struct MonitorOptions {
    /// How slices are taken.
    pub slices: PushOptions,
    /// Threads that share the work of a search; 0 means as many as the machine has cores.
    pub threads: usize,
    /// Ids of recordings that are not looked for.
    pub exclude: Vec<String>,
}

impl Default for MonitorOptions {
    fn default() -> Self {
        Self { slices: PushOptions::default(), threads: 1, exclude: Vec::new() }
    }
}

/// A recording that is, or was, on air.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "lines", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Airing {
    /// Counts the airings of a stream from 0: it is reported twice under its number, when it is recognised and when it ended.
    pub number: u64,
    /// The recording's id.
    pub id: String,
    /// Its title.
    pub title: Option<String>,
    /// Where it begins, in milliseconds of the stream.
    pub start_ms: u64,
    /// Where it ends; how far it is known to play as long as it plays.
    pub end_ms: u64,
    /// False while it plays.
    pub ended: bool,
    /// Where in the recording it begins, in milliseconds.
    pub offset_ms: u64,
    /// Seconds of recording per second of stream: above 1 if it is played faster.
    pub time_scale: f32,
    /// Semitones by which it sounds higher than the recording.
    pub pitch_semitones: f32,
    /// Log-odds that it is right.
    pub score: f32,
    /// Probability that it is right, 0 to 1.
    pub probability: f32,
}

/// Follows a stream: sound goes in, what plays comes out when it is recognised, after 2 to 6 s, and once more when it ended,
/// mostly within 1 s, later where the recording itself pauses at that place.
///
/// Every piece of 5 s or more is found, whole or in part, also if it is cut off; what is shorter often is. Of two recordings at
/// once the weaker is found if it is clear enough. The store may change meanwhile: what is added is found from then on, what is
/// removed ends. Recordings that were imported without their sound are not looked for. Some 12 s of sound are kept, and nothing
/// grows with the stream.
///
/// ```no_run
/// use sonic::recordings::{Monitor, MonitorOptions};
/// # let store = sonic::Store::open("episodes.sonic", sonic::StoreOptions::default())?;
/// # let slices: Vec<Vec<u8>> = vec![];
/// let mut monitor = Monitor::new(&store, &MonitorOptions::default())?;
/// for (index, slice) in (0..).zip(&slices) {
///     for airing in monitor.push(index, slice)? {
///         println!("{} from {} ms to {} ms", airing.id, airing.start_ms, airing.end_ms);
///     }
/// }
/// let rest = monitor.finish()?;
/// # Ok::<(), sonic::Error>(())
/// ```
pub struct Monitor {
    store: Store,
    options: IdentifyOptions,
    decoder: PushDecoder,
    recent: Recent,
    /// Samples that fill no step.
    pending: Vec<f32>,
    playing: Vec<Playing>,
    /// Where the stream was searched up to.
    searched: f64,
    /// Up to where it is known what played.
    known: f64,
    next: u64,
    told: Vec<Airing>,
}

impl Monitor {
    /// Follows a stream of which the recordings of `store` are known.
    ///
    /// # Errors
    /// As [`PushDecoder::new`]; `Closed` if the store is closed.
    pub fn new(store: &Store, options: &MonitorOptions) -> Result<Self> {
        store.check_open()?;
        let MonitorOptions { slices, threads, exclude } = options.clone();
        Ok(Self {
            store: store.clone(),
            options: IdentifyOptions { threads, exclude, ..IdentifyOptions::default() },
            decoder: PushDecoder::new(SAMPLE_RATE, &slices)?,
            recent: Recent::default(),
            pending: Vec::new(),
            playing: Vec::new(),
            searched: 0.0,
            known: 0.0,
            next: 0,
            told: Vec::new(),
        })
    }

    /// Takes the slice number `index` of the stream, counted from 0, as [`PushDecoder::push`]; gives what became known.
    ///
    /// # Errors
    /// As [`PushDecoder::push`], after which the stream goes on; as [`push_samples`](Self::push_samples).
    pub fn push(&mut self, index: u64, bytes: &[u8]) -> Result<Vec<Airing>> {
        let chunks = self.decoder.push(index, bytes)?;
        self.push_chunks(chunks)
    }

    /// As [`push`](Self::push), of a slice that was sent at `sent_ms` by the clock of the sender, as
    /// [`PushDecoder::push_at`].
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn push_at(&mut self, index: u64, bytes: &[u8], sent_ms: f64) -> Result<Vec<Airing>> {
        let chunks = self.decoder.push_at(index, bytes, sent_ms)?;
        self.push_chunks(chunks)
    }

    /// Takes mono samples at [`SAMPLE_RATE`], of which the first lies `start_ms` after the first of the stream: what is
    /// between them and those before is a gap, and of what was there already nothing is taken. Gives what became known.
    ///
    /// # Errors
    /// `InvalidArgument` if the time or a sample is no finite number, nothing is taken then; as the store's.
    pub fn push_samples(&mut self, start_ms: f64, samples: &[f32]) -> Result<Vec<Airing>> {
        if !(start_ms.is_finite() && start_ms >= 0.0) {
            let message = format!("start_ms must be a number from 0 on, not {start_ms}");
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        Clip::check_samples(samples)?;
        self.take(place_of(start_ms), samples)?;
        Ok(std::mem::take(&mut self.told))
    }

    /// Ends the stream, and what plays; gives the rest.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn finish(&mut self) -> Result<Vec<Airing>> {
        let chunks = self.decoder.finish()?;
        for chunk in chunks {
            self.take(place_of(chunk.start_ms), &chunk.samples)?;
        }
        let rest = std::mem::take(&mut self.pending);
        self.recent.push(&rest);
        self.end()?;
        Ok(std::mem::take(&mut self.told))
    }

    /// What became of the slices so far.
    pub fn counts(&self) -> PushCounts {
        self.decoder.counts()
    }

    /// From when to when sound is missing in the slices, in milliseconds.
    pub fn gaps(&self) -> Vec<(f64, f64)> {
        self.decoder.gaps()
    }

    /// Where the sound so far ends, in milliseconds.
    pub fn end_ms(&self) -> u64 {
        recent::ms(self.recent.end() + self.pending.len() as f64 / HOP as f64)
    }

    fn push_chunks(&mut self, chunks: Vec<Chunk>) -> Result<Vec<Airing>> {
        for chunk in chunks {
            self.take(place_of(chunk.start_ms), &chunk.samples)?;
        }
        Ok(std::mem::take(&mut self.told))
    }

    /// Takes samples that begin at `at`, a step at a time, so that it does not matter how the stream is cut.
    fn take(&mut self, at: f64, samples: &[f32]) -> Result<()> {
        let pending = self.pending.len() as f64 / HOP as f64;
        let (is_gap, there) = self.recent.place(at - pending);
        if is_gap {
            // What filled no step before it is too short to say anything.
            self.pending.clear();
            self.recent.start = at;
            self.go_over_gap(at);
        }
        let mut rest = &samples[there.min(samples.len())..];
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(STEP * HOP - self.pending.len()));
            self.pending.extend_from_slice(now);
            rest = later;
            if self.pending.len() == STEP * HOP {
                self.recent.push(&self.pending);
                self.pending.clear();
                self.step()?;
            }
        }
        Ok(())
    }

    /// The stream goes on at `to`, after a gap.
    fn go_over_gap(&mut self, to: f64) {
        for playing in &mut self.playing {
            let is_long = playing.ways().iter().all(|way| to - way.seen > LONGEST_GAP);
            if is_long {
                let end = playing.cut(playing.ways()[0].seen);
                finish(playing, end, &mut self.next, &mut self.told);
            }
            playing.ways_mut().iter_mut().for_each(|way| way.go_over_gap(to));
        }
        self.playing.retain(|playing| !playing.is_done());
        (self.searched, self.known) = (to, self.known.max(to));
    }

    fn step(&mut self) -> Result<()> {
        self.follow(EDGE)?;
        self.end_what_ended(self.recent.end());
        let every = if self.is_playing() { SEARCH_PLAYING } else { SEARCH_EVERY };
        if self.recent.end() - self.searched >= every {
            self.search()?;
        }
        self.tell();
        Ok(())
    }

    /// True if something plays for certain.
    fn is_playing(&self) -> bool {
        self.playing.iter().any(|playing| playing.number.is_some())
    }

    /// Looks whether what plays goes on.
    fn follow(&mut self, edge: usize) -> Result<()> {
        let frames = self.recent.frames();
        if self.playing.is_empty() || frames < LEAST_FOLLOWED {
            return Ok(());
        }
        let clip = frames.saturating_sub(FOLLOWED)..frames;
        let at = self.recent.start + clip.start as f64;
        let traces: Vec<Trace> =
            self.playing.iter().flat_map(Playing::ways).map(|way| way.trace_at(at)).collect();
        let followed = self.follow_in(&clip, &traces)?;
        let ways = self.playing.iter_mut().flat_map(Playing::ways_mut);
        for (way, followed) in ways.zip(&followed) {
            way.follow(followed.as_ref(), at, clip.len().saturating_sub(edge));
        }
        Ok(())
    }

    /// Places of the clip of some frames.
    fn follow_in(&self, frames: &Range<usize>, traces: &[Trace]) -> Result<Vec<Option<Followed>>> {
        let mut clip = self.recent.clip(frames)?;
        clip.landmarks.clear();
        self.store.recordings().follow(&clip, traces)
    }

    fn end_what_ended(&mut self, now: f64) {
        for playing in &mut self.playing {
            if let Some(end) = playing.ended(now) {
                finish(playing, end, &mut self.next, &mut self.told);
                self.known = self.known.max(end);
                // What follows is searched for as soon as there is enough of it.
                self.searched = self.searched.min(end);
            }
        }
        self.playing.retain(|playing| !playing.is_done() && !playing.is_stale(now));
    }

    /// Searches for what begins to play.
    fn search(&mut self) -> Result<()> {
        let frames = self.recent.frames();
        let floor = if self.is_playing() { 0 } else { self.recent.frame_at(self.known) };
        let clip = frames.saturating_sub(SEARCHED).max(floor)..frames;
        if clip.len() < LEAST_SEARCHED {
            return Ok(());
        }
        self.searched = self.recent.end();
        let at = self.recent.start + clip.start as f64;
        let fingerprint = self.recent.clip(&clip)?;
        if fingerprint.landmarks.is_empty() {
            return Ok(());
        }
        let sightings = self.store.recordings().spot(&fingerprint, &self.options)?;
        let seen: Vec<&str> = sightings.iter().map(|s| s.recording.id.as_str()).collect();
        // What plays and is not found beside another may be the same sound under another id.
        let is_hidden = |playing: &Playing| {
            playing.number.is_some() && playing.is_sound() && !seen.contains(&playing.id())
        };
        let hides = self.playing.iter().any(is_hidden);
        for sighting in &sightings {
            self.see(sighting, at, hides)?;
        }
        Ok(())
    }

    /// Takes a sighting in a clip that begins at `at`.
    fn see(&mut self, sighting: &Sighting, at: f64, hides: bool) -> Result<()> {
        let own = self.playing.iter().position(|playing| playing.id() == sighting.recording.id);
        if own.is_none() && (hides || self.playing.len() >= MOST_PLAYING) {
            return Ok(());
        }
        let is_new = |trace: &&Trace| own.is_none_or(|own| !self.playing[own].knows(trace, at));
        let traces: Vec<Trace> = sighting.traces.iter().filter(is_new).copied().collect();
        let ways = self.trace_back(&traces, at, &sighting.span)?;
        match own {
            Some(own) => self.playing[own].add(sighting, ways),
            None if ways.is_empty() => (),
            None => self.playing.push(Playing::new(sighting, ways, self.recent.end())),
        }
        Ok(())
    }

    /// Follows places in a clip that begins at `at` through all that is kept: since when does it play?
    fn trace_back(&self, traces: &[Trace], at: f64, span: &Range<usize>) -> Result<Vec<Way>> {
        if traces.is_empty() {
            return Ok(Vec::new());
        }
        let (frames, start) = (0..self.recent.frames(), self.recent.start);
        let moved: Vec<Trace> = traces.iter().map(|trace| trace.moved(start - at)).collect();
        let middle = (at - start).round() as usize + usize::midpoint(span.start, span.end);
        let followed = self.follow_in(&frames, &moved)?;
        let ways = followed.iter().flatten().map(|followed| {
            let mut way = Way::new(followed, start, middle.min(frames.end));
            way.follow(Some(followed), start, frames.end.saturating_sub(EDGE));
            way
        });
        Ok(ways.collect())
    }

    /// Reports what is certain by now.
    fn tell(&mut self) {
        for playing in &mut self.playing {
            let end = playing.ways()[0].last;
            if playing.number.is_none() && playing.is_believed(end) {
                playing.number = Some(self.next);
                self.told.push(playing.report(self.next, end, false));
                self.next += 1;
            }
        }
    }

    /// Ends what plays: the stream ended.
    fn end(&mut self) -> Result<()> {
        self.follow(0)?;
        let now = self.recent.end();
        self.end_what_ended(now);
        if !self.is_playing() || now - self.searched >= SEARCH_EVERY {
            self.search()?;
        }
        for playing in &mut self.playing {
            let end = playing.cut(now);
            finish(playing, end, &mut self.next, &mut self.told);
        }
        self.playing.clear();
        self.known = now;
        Ok(())
    }
}

/// Reports that something ended, if it is certain that it played.
fn finish(playing: &mut Playing, end: f64, next: &mut u64, told: &mut Vec<Airing>) {
    if playing.number.is_none() && playing.is_believed(end) {
        playing.number = Some(*next);
        *next += 1;
        told.extend(playing.number.map(|number| playing.report(number, end, false)));
    }
    told.extend(playing.number.map(|number| playing.report(number, end, true)));
    playing.done();
}

impl fmt::Debug for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monitor")
            .field("end_ms", &self.end_ms())
            .field("playing", &self.playing.iter().map(Playing::id).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
