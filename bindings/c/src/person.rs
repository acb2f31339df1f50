//! The people of a store.

use crate::convert::{Out, Sized32, Strings, fill, free, optional_text, text};
use crate::error::{call, invalid, sonic_status};
use crate::store::{sonic_store, store_of};
use sonic::audio::quality::QualityGate;
use sonic::{EnrollOptions, EnrollStatus, Enrolled, Forgotten, Result, Voiceprint};
use std::ffi::c_char;
use std::ptr::null;

/// Longest name of a person and id of a user, in bytes.
pub const SONIC_MAX_NAME_BYTES: usize = 400;

const _: () = assert!(SONIC_MAX_NAME_BYTES == sonic::MAX_NAME_BYTES);

/// A person whose voice a store knows. Read it through a pointer that the library gave: later versions add fields at
/// its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_person {
    /// The person's name, unique in the store.
    pub person: *const c_char,
    /// Id of the person's voiceprint.
    pub voiceprint_id: *const c_char,
    /// The user that the person is, or NULL.
    pub user_id: *const c_char,
    /// When the first sample was enrolled, in milliseconds since 1970 UTC.
    pub created_at_ms: u64,
    /// When the samples last changed.
    pub updated_at_ms: u64,
    /// Samples that the voiceprint is made of.
    pub sample_count: u32,
    /// Samples from which on the person counts as enrolled.
    pub min_samples: u32,
    /// True if there are as many samples as that.
    pub is_enrolled: bool,
}

/// A person with the strings that it points to.
struct Row {
    row: sonic_person,
    _strings: Strings,
}

impl Row {
    fn new(of: &Voiceprint) -> Self {
        let mut strings = Strings::default();
        let row = sonic_person {
            person: strings.keep(&of.person),
            voiceprint_id: strings.keep(&of.voiceprint_id),
            user_id: strings.keep_some(of.user_id.as_deref()),
            created_at_ms: of.created_at_ms,
            updated_at_ms: of.updated_at_ms,
            sample_count: of.sample_count(),
            min_samples: of.min_samples,
            is_enrolled: of.is_enrolled(),
        };
        Self { row, _strings: strings }
    }
}

/// Shared. A list of people.
pub struct sonic_people(Vec<Row>);

/// Everybody whose voice the store knows, in the order in which they were first enrolled.
///
/// Errors: MALFORMED if a row is damaged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_people(
    store: *const sonic_store,
    people: *mut *mut sonic_people,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, out) = unsafe { (store_of(store)?, Out::new(people, "people")?) };
        out.give(sonic_people(store.voices().people()?.iter().map(Row::new).collect()))
    })
}

/// How many people there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_len(people: *const sonic_people) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { people.as_ref() }.map_or(0, |p| p.0.len())
}

/// The person number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_at(people: *const sonic_people, index: usize) -> *const sonic_person {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { people.as_ref() }.and_then(|p| p.0.get(index)).map_or(null(), |r| &raw const r.row)
}

/// Frees a list of people; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_people_free(people: *mut sonic_people) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(people) }
}

/// What a recording must be like to be enrolled from.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum sonic_quality_gate {
    /// At least one second of speech, 5 dB over the background, at most one sample in a hundred clipped, level not
    /// under -50 dB.
    SONIC_QUALITY_GATE_DEFAULT = 0,
    /// What viim-ml asks: 1 to 10 s; at full scale, ends 20 dB under the loudest part cut off, 0.5 s left, of a power
    /// of 0.001 and a swing of 0.1.
    SONIC_QUALITY_GATE_VIIM = 1,
    /// Whatever can be embedded.
    SONIC_QUALITY_GATE_NONE = 2,
}

/// How to enrol.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_enroll_options {
    /// sizeof(sonic_enroll_options)
    pub size: u32,
    /// A sonic_quality_gate; 0 is SONIC_QUALITY_GATE_DEFAULT.
    pub quality_gate: i32,
    /// Samples from which on the person counts as enrolled; 0 is 3.
    pub min_samples: u32,
    /// Samples that a voiceprint has at most, not fewer than `min_samples`; 0 is 5.
    pub max_samples: u32,
    /// The user that the person is, or NULL.
    pub user_id: *const c_char,
}

// SAFETY: four words of 32 bits, then a pointer.
unsafe impl Sized32 for sonic_enroll_options {
    const LEAST: usize = size_of::<Self>();
}

impl sonic_enroll_options {
    /// # Safety
    /// The user's id is null or a string.
    pub(crate) unsafe fn to_options(self) -> Result<EnrollOptions> {
        let defaults = EnrollOptions::default();
        let or = |given, default| if given == 0 { default } else { given };
        // SAFETY: the caller's promise.
        let user_id = unsafe { optional_text(self.user_id, "options.user_id") }?;
        Ok(EnrollOptions {
            min_samples: or(self.min_samples, defaults.min_samples),
            max_samples: or(self.max_samples, defaults.max_samples),
            user_id: user_id.map(str::to_owned),
        })
    }

    pub(crate) fn to_gate(self) -> Result<QualityGate> {
        match self.quality_gate {
            0 => Ok(QualityGate::default()),
            1 => Ok(QualityGate::viim()),
            2 => Ok(everything()),
            other => Err(invalid(format!("options.quality_gate is {other}, which is no sonic_quality_gate"))),
        }
    }
}

/// A gate that is open.
fn everything() -> QualityGate {
    QualityGate {
        duration_s: (0.0, f64::INFINITY),
        normalize: false,
        trim_top_db: None,
        min_left_s: None,
        min_power: None,
        min_swing: None,
        min_speech_s: None,
        min_snr_db: None,
        max_clipping: None,
        min_level_dbfs: None,
    }
}

/// How far enrolling a person has come.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum sonic_enroll_status {
    /// There are samples, but fewer than enrolling takes: the person is found, less surely.
    SONIC_ENROLL_SAMPLE_ADDED = 0,
    /// There are enough samples; more make the voiceprint better.
    SONIC_ENROLL_ENROLLED = 1,
    /// There are as many as there may be: further ones are left out.
    SONIC_ENROLL_COMPLETE = 2,
}

/// Shared. What enrolling came to.
pub struct sonic_enrolled {
    enrolled: Enrolled,
    person: Row,
}

impl sonic_enrolled {
    pub(crate) fn new(enrolled: Enrolled) -> Self {
        let person = Row::new(&enrolled.voiceprint);
        Self { enrolled, person }
    }
}

/// # Safety
/// `enrolled` is null or what enrolling came to.
unsafe fn get<'a>(enrolled: *const sonic_enrolled) -> Option<&'a Enrolled> {
    // SAFETY: the caller's promise.
    unsafe { enrolled.as_ref() }.map(|e| &e.enrolled)
}

/// How far it has come.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_enrolled_status(enrolled: *const sonic_enrolled) -> sonic_enroll_status {
    // SAFETY: the caller keeps the rules of the header.
    match unsafe { get(enrolled) }.map(|e| e.status) {
        Some(EnrollStatus::SampleAdded) | None => sonic_enroll_status::SONIC_ENROLL_SAMPLE_ADDED,
        Some(EnrollStatus::Enrolled) => sonic_enroll_status::SONIC_ENROLL_ENROLLED,
        Some(EnrollStatus::Complete) => sonic_enroll_status::SONIC_ENROLL_COMPLETE,
    }
}

/// Recordings that were added just now.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_enrolled_added(enrolled: *const sonic_enrolled) -> u32 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { get(enrolled) }.map_or(0, |e| e.added)
}

/// Recordings given that the voiceprint had before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_enrolled_known(enrolled: *const sonic_enrolled) -> u32 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { get(enrolled) }.map_or(0, |e| e.known)
}

/// Recordings given that were left out because there were enough.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_enrolled_left_out(enrolled: *const sonic_enrolled) -> u32 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { get(enrolled) }.map_or(0, |e| e.left_out)
}

/// The person as they are in the store now. Borrowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_enrolled_person(enrolled: *const sonic_enrolled) -> *const sonic_person {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { enrolled.as_ref() }.map_or(null(), |e| &raw const e.person.row)
}

/// Frees what sonic_voices_enroll gave; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_enrolled_free(enrolled: *mut sonic_enrolled) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(enrolled) }
}

/// What was forgotten. Set `size` before the call; the rest is filled in as far as it reaches.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_forgotten {
    /// sizeof(sonic_forgotten)
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// Voiceprints.
    pub voiceprints: u64,
    /// Recordings, with their embeddings.
    pub recordings: u64,
    /// Embeddings of speakers who were heard without being named.
    pub speakers: u64,
}

// SAFETY: two u32, three u64.
unsafe impl Sized32 for sonic_forgotten {
    const LEAST: usize = size_of::<Self>();
}

/// Forgets a person: the voiceprint, its samples, and every recording that was put down to it. They are gone for every
/// call at once; their bytes are gone from the file after sonic_store_compact. `forgotten` may be NULL.
///
/// Errors: NOT_FOUND if there is no such person; IO if another process is writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_forget(
    store: *const sonic_store,
    person: *const c_char,
    forgotten: *mut sonic_forgotten,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, person) = unsafe { (store_of(store)?, text(person, "person")?) };
        // SAFETY: as above.
        unsafe { forget(forgotten, || store.voices().forget(person)) }
    })
}

/// Forgets a user: their voiceprints, their recordings, and the speakers heard in the scope of that name; see
/// sonic_voices_forget. Counts of 0 mean that there was nothing, which is no error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_forget_user(
    store: *const sonic_store,
    user_id: *const c_char,
    forgotten: *mut sonic_forgotten,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, user_id) = unsafe { (store_of(store)?, text(user_id, "user_id")?) };
        // SAFETY: as above.
        unsafe { forget(forgotten, || store.voices().forget_user(user_id)) }
    })
}

/// # Safety
/// `forgotten` is as the header says.
unsafe fn forget(forgotten: *mut sonic_forgotten, work: impl FnOnce() -> Result<Forgotten>) -> Result<()> {
    if forgotten.is_null() {
        return work().map(|_| ());
    }
    let in_c = |Forgotten { voiceprints, recordings, speakers }| {
        let size = size_of::<sonic_forgotten>() as u32;
        sonic_forgotten { size, reserved: 0, voiceprints, recordings, speakers }
    };
    // SAFETY: the caller's promise.
    unsafe { fill(forgotten, "forgotten", || work().map(in_c)) }
}
