//! A connection of a meeting or a call that is followed.

use crate::convert::{Out, Strings, free, optional_text, reference, slice, text, texts};
use crate::error::{call, sonic_status};
use crate::exclusive::Exclusive;
use crate::nouns::embedder::{embedder_of, sonic_voice_embedder};
use crate::nouns::file::sonic_file;
use crate::nouns::push_decoder::{gaps_in_c, sonic_gaps, sonic_push_counts};
use crate::nouns::recognizer::sonic_recognizer;
use crate::nouns::segment::{sonic_live_stats, sonic_segment_list, sonic_turn_list};
use crate::nouns::speech::sonic_speech_model;
use crate::nouns::store::{sonic_store, store_of};
use crate::options::{Options, Sized32, fill, init, read_options};
use sonic::Result;
use sonic::audio::decode::push::PushOptions;
use sonic::live::{Desk, LiveOptions, LiveSession, LiveStats, Segment, SpeakerOptions, UtteranceOptions};
use std::ffi::c_char;
use std::ptr::null;
use std::sync::{Mutex, PoisonError};

/// How a connection is followed.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_live_options {
    /// sizeof(sonic_live_options)
    pub size: u32,
    /// How many slices with a higher index may come before a slice, which is given up then; 3.
    pub window: u32,
    /// How far a container's time may be ahead of the packets, in milliseconds, before it is a gap; 100.
    pub gap_threshold_ms: f64,
    /// Most bytes of a slice, and of all slices that wait for one before them; 16 MiB.
    pub max_slice_bytes: u64,
    /// Speech begins where its probability reaches this, between 0 and 1; it ends where it stays 0.15 under it. 0.5.
    pub threshold: f32,
    /// A pause of this length ends an utterance, in milliseconds; 500.
    pub hangover_ms: u32,
    /// Utterances with less speech than this are left out, in milliseconds; 250.
    pub min_speech_ms: u32,
    /// What is kept before and after the speech, in milliseconds; at most the hangover. 150.
    pub padding_ms: u32,
    /// A longer utterance is cut in two where it is quietest in its last third, in milliseconds; 15,000.
    pub max_ms: u32,
    /// While an utterance goes on, it is recognised each time that it is longer by this, in milliseconds; 0 for never. 2,000.
    pub partial_ms: u32,
    /// Milliseconds that a digit of activity stands for; 100.
    pub bit_ms: u32,
    /// How much later than its first digit an update of activity is stamped, in milliseconds; 1,000.
    pub delay_ms: u32,
    /// How long a microphone counts as active after somebody spoke, in milliseconds; 200.
    pub hold_ms: u32,
    /// Above this cosine with the voiceprint of a track it is that speaker, and the voiceprint stays as it is; 0.95.
    pub same: f32,
    /// Above this it is that speaker, and the voiceprint grows; up to it, somebody new. 0.35.
    pub matching: f32,
    /// 0.
    pub reserved: u32,
    /// Says what was said; NULL: nobody is asked.
    pub recognizer: *const sonic_recognizer,
    /// Tells speech from the rest; NULL is a method without a model.
    pub speech_model: *const sonic_speech_model,
    /// Describes voices; NULL: only activity tells who speaks.
    pub embedder: *const sonic_voice_embedder,
    /// Its voices have names; NULL: voices that no meeting names are called "voice 1" and so on. The session keeps the store
    /// open.
    pub store: *const sonic_store,
    /// The language that is spoken, as ISO 639-1; NULL to let the recogniser find out.
    pub language: *const c_char,
}

// SAFETY: words of 32 bits in pairs and two of 64, then pointers.
unsafe impl Sized32 for sonic_live_options {
    const LEAST: usize = size_of::<Self>();
}

impl Options for sonic_live_options {
    fn defaults() -> Self {
        let LiveOptions { slices, utterances, speakers, .. } = LiveOptions::default();
        Self {
            size: size_of::<Self>() as u32,
            window: slices.window as u32,
            gap_threshold_ms: slices.gap_threshold_ms,
            max_slice_bytes: slices.max_slice_bytes as u64,
            threshold: utterances.threshold,
            hangover_ms: utterances.hangover_ms,
            min_speech_ms: utterances.min_speech_ms,
            padding_ms: utterances.padding_ms,
            max_ms: utterances.max_ms,
            partial_ms: utterances.partial_ms,
            bit_ms: speakers.bit_ms,
            delay_ms: speakers.delay_ms,
            hold_ms: speakers.hold_ms,
            same: speakers.same,
            matching: speakers.matching,
            reserved: 0,
            recognizer: null(),
            speech_model: null(),
            embedder: null(),
            store: null(),
            language: null(),
        }
    }
}

impl sonic_live_options {
    /// # Safety
    /// The pointers are null or handles, the language null or a string.
    unsafe fn to_options(self) -> Result<(Option<Desk>, LiveOptions)> {
        crate::options::reserved(self.reserved)?;
        let slices = PushOptions {
            window: self.window.into(),
            gap_threshold_ms: self.gap_threshold_ms,
            max_slice_bytes: usize::try_from(self.max_slice_bytes).unwrap_or(usize::MAX),
            ..PushOptions::default()
        };
        let utterances = UtteranceOptions {
            threshold: self.threshold,
            hangover_ms: self.hangover_ms,
            min_speech_ms: self.min_speech_ms,
            padding_ms: self.padding_ms,
            max_ms: self.max_ms,
            partial_ms: self.partial_ms,
            // SAFETY: the caller's promise.
            model: unsafe { self.speech_model.as_ref() }.map(|model| model.0.clone()),
        };
        // SAFETY: the caller's promise.
        let voices = (!self.embedder.is_null()).then(|| unsafe { embedder_of(self.embedder) }).transpose()?;
        // SAFETY: the caller's promise.
        let store = (!self.store.is_null()).then(|| unsafe { store_of(self.store) }).transpose()?;
        let speakers = SpeakerOptions {
            bit_ms: self.bit_ms,
            delay_ms: self.delay_ms,
            hold_ms: self.hold_ms,
            voices: voices.cloned(),
            store: store.map(sonic::Store::voices),
            same: self.same,
            matching: self.matching,
        };
        // SAFETY: the caller's promise.
        let language = unsafe { optional_text(self.language, "options.language") }?.map(str::to_owned);
        // SAFETY: the caller's promise.
        let desk = unsafe { self.recognizer.as_ref() }.map(|recognizer| recognizer.0.clone());
        Ok((desk, LiveOptions { slices, utterances, speakers, language, ..LiveOptions::default() }))
    }
}

/// Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_live_options_init(
    options: *mut sonic_live_options,
    size: usize,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { init(options, size) })
}

/// Exclusive. Follows one connection of a meeting or a call: slices of a browser's recorder go in, segments come out as they
/// become known and whenever more is known. No call waits for a recogniser but sonic_live_session_finish.
pub struct sonic_live_session {
    session: Exclusive<Box<LiveSession>>,
    /// The words of the last failure, as they were read last.
    failure: Mutex<Strings>,
}

impl sonic_live_session {
    fn new(session: LiveSession) -> Self {
        Self { session: Exclusive::new("session", Box::new(session)), failure: Mutex::default() }
    }
}

/// Follows the connection of that name.
///
/// Errors: INVALID_ARGUMENT if an option is out of range.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_live_session_new(
    connection: *const c_char,
    options: *const sonic_live_options,
    session: *mut *mut sonic_live_session,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (connection, options) = unsafe { (text(connection, "connection")?, read_options(options)?) };
        // SAFETY: as above.
        let (out, (desk, options)) = unsafe { (Out::new(session, "session")?, options.to_options()?) };
        out.give(sonic_live_session::new(LiveSession::new(connection, desk, &options)?))
    })
}

/// Goes on where sonic_live_session_state was called, in this process or another: with the same options and the next slice
/// come the same segments under the same ids.
///
/// Errors: MALFORMED if the state is damaged or that of another version; INVALID_ARGUMENT if an option is out of range.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_live_session_restore(
    state: *const u8,
    len: usize,
    options: *const sonic_live_options,
    session: *mut *mut sonic_live_session,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (state, options) = unsafe { (slice(state, len, "state")?, read_options(options)?) };
        // SAFETY: as above.
        let (out, (desk, options)) = unsafe { (Out::new(session, "session")?, options.to_options()?) };
        out.give(sonic_live_session::new(LiveSession::restore(state, desk, &options)?))
    })
}

/// Runs `work`, and gives the segments that it gives.
///
/// # Safety
/// The pointers are as the header says.
unsafe fn segments(
    session: *mut sonic_live_session,
    out: *mut *mut sonic_segment_list,
    work: impl FnOnce(&mut LiveSession) -> Result<Vec<Segment>>,
) -> Result<()> {
    // SAFETY: the caller's promise.
    let (it, out) = unsafe { (reference(session, "session")?, Out::new(out, "segments")?) };
    out.give(sonic_segment_list::new(&it.session.with(|session| work(session))?))
}

/// Takes the slice number `index`, counted from 0 as the browser does, and gives what became known since the last call.
///
/// Errors: as sonic_push_decoder_push, after which the session goes on; MODEL if a model of speech or voices fails. What a
/// recogniser does wrong is no error: it is counted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_live_session_push(
    session: *mut sonic_live_session,
    index: u64,
    data: *const u8,
    len: usize,
    segments: *mut *mut sonic_segment_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let bytes = unsafe { slice(data, len, "data") }?;
        // SAFETY: as above.
        unsafe { self::segments(session, segments, |session| session.push(index, bytes)) }
    })
}

/// As sonic_live_session_push, of a slice that was sent at `sent_ms` by the clock of the sender, from anywhere: by it the
/// next recorder on the connection finds its place.
///
/// Errors: as sonic_live_session_push; INVALID_ARGUMENT for a time that is not finite.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_live_session_push_at(
    session: *mut sonic_live_session,
    index: u64,
    sent_ms: f64,
    data: *const u8,
    len: usize,
    segments: *mut *mut sonic_segment_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let bytes = unsafe { slice(data, len, "data") }?;
        // SAFETY: as above.
        unsafe { self::segments(session, segments, |session| session.push_at(index, bytes, sent_ms)) }
    })
}

/// Takes mono sound, 16,000 samples a second, that begins `start_ms` milliseconds after the connection's first, in the place
/// of slices.
///
/// Errors: INVALID_ARGUMENT if the time or a sample is no number, nothing is taken then; MODEL as
/// sonic_live_session_push.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_live_session_push_samples(
    session: *mut sonic_live_session,
    start_ms: f64,
    samples: *const f32,
    len: usize,
    segments: *mut *mut sonic_segment_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let samples = unsafe { slice(samples, len, "samples") }?;
        // SAFETY: as above.
        unsafe { self::segments(session, segments, |session| session.push_samples(start_ms, samples)) }
    })
}

/// Takes an update of the meeting's microphones, stamped `stamp_ms` milliseconds after the connection's first sound: the
/// names of `count` participants, and for each a text of digits 0 and 1, one for every `options.bit_ms`.
///
/// Errors: INVALID_ARGUMENT if it holds something else, or is too large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_live_session_activity(
    session: *mut sonic_live_session,
    stamp_ms: f64,
    names: *const *const c_char,
    digits: *const *const c_char,
    count: usize,
    segments: *mut *mut sonic_segment_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (names, digits) =
            unsafe { (texts(names, count, "names", "entry")?, texts(digits, count, "digits", "entry")?) };
        let body: Vec<(String, String)> = names.into_iter().zip(digits).collect();
        // SAFETY: as above.
        unsafe { self::segments(session, segments, |session| session.activity(stamp_ms, &body)) }
    })
}

/// Gives what became known since the last call, without new sound.
///
/// Errors: INVALID_ARGUMENT if another thread uses the session.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_live_session_poll(
    session: *mut sonic_live_session,
    segments: *mut *mut sonic_segment_list,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { self::segments(session, segments, |session| Ok(session.poll())) })
}

/// Ends the sound, waits for what the recogniser still works at, and gives the rest. Sound that comes later goes on.
///
/// Errors: as sonic_live_session_push.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_live_session_finish(
    session: *mut sonic_live_session,
    segments: *mut *mut sonic_segment_list,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { self::segments(session, segments, LiveSession::finish) })
}

/// Looks among the store's voices anew for speakers that have no name, after somebody was enrolled, and gives what became
/// known.
///
/// Errors: as those of the store.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_live_session_refresh_names(
    session: *mut sonic_live_session,
    segments: *mut *mut sonic_segment_list,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { self::segments(session, segments, LiveSession::refresh_names) })
}

/// Who spoke when, as far as it is known.
///
/// Errors: INVALID_ARGUMENT if another thread uses the session.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_live_session_turns(
    session: *mut sonic_live_session,
    turns: *mut *mut sonic_turn_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (it, out) = unsafe { (reference(session, "session")?, Out::new(turns, "turns")?) };
        out.give(sonic_turn_list::new(&it.session.with(|session| Ok(session.turns()))?))
    })
}

/// The gaps so far, in order: from when to when nothing of the sound came.
///
/// Errors: INVALID_ARGUMENT if another thread uses the session.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_live_session_gaps(
    session: *mut sonic_live_session,
    gaps: *mut *mut sonic_gaps,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (it, out) = unsafe { (reference(session, "session")?, Out::new(gaps, "gaps")?) };
        out.give(gaps_in_c(it.session.with(|session| Ok(session.gaps()))?))
    })
}

/// What became of the slices so far.
///
/// Errors: INVALID_ARGUMENT if another thread uses the session, or counts->size is not set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_live_session_counts(
    session: *mut sonic_live_session,
    counts: *mut sonic_push_counts,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let it = unsafe { reference(session, "session") }?;
        let make = || it.session.with(|session| Ok(sonic_push_counts::from(&session.counts())));
        // SAFETY: as above.
        unsafe { fill(counts, "counts", make) }
    })
}

/// How utterances fared so far.
///
/// Errors: INVALID_ARGUMENT if another thread uses the session, or stats->size is not set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_live_session_stats(
    session: *mut sonic_live_session,
    stats: *mut sonic_live_stats,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let it = unsafe { reference(session, "session") }?;
        let make = || Ok(stats_in_c(it, &it.session.with(|session| Ok(session.stats()))?));
        // SAFETY: as above.
        unsafe { fill(stats, "stats", make) }
    })
}

fn stats_in_c(session: &sonic_live_session, of: &LiveStats) -> sonic_live_stats {
    let mut strings = Strings::default();
    let failure = of.last_failure.as_ref();
    let last_failure_kind = strings.keep_some(failure.map(|(kind, _)| kind.as_str()));
    let last_failure = strings.keep_some(failure.map(|(_, message)| message.as_str()));
    *session.failure.lock().unwrap_or_else(PoisonError::into_inner) = strings;
    sonic_live_stats {
        size: size_of::<sonic_live_stats>() as u32,
        reserved: 0,
        utterances: of.utterances,
        recognized: of.recognized,
        failures: of.failures,
        given_up: of.given_up,
        last_failure_kind,
        last_failure,
    }
}

/// What the session remembers, some hundred kilobytes, to be kept beside the number of the last slice; see
/// sonic_live_session_restore.
///
/// Errors: INVALID_ARGUMENT if another thread uses the session.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_live_session_state(
    session: *mut sonic_live_session,
    state: *mut *mut sonic_file,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (it, out) = unsafe { (reference(session, "session")?, Out::new(state, "state")?) };
        out.give(sonic_file(it.session.with(|session| session.state())?))
    })
}

/// Frees a session; NULL is nothing. What a recogniser still works at is forgotten.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_live_session_free(session: *mut sonic_live_session) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(session) }
}
