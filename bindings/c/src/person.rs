//! The people of a store.

use crate::convert::{Out, Sized32, Strings, fill, free, optional_text, text};
use crate::error::{call, sonic_status};
use crate::store::{sonic_store, store_of};
use sonic::{EnrollOptions, Error, ErrorKind, Forgotten, Result, Voiceprint};
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
    /// The samples in the order in which they were enrolled, then the last that were removed; `sample_len` of them.
    pub samples: *const sonic_voice_sample,
    /// How many `samples` has.
    pub sample_len: usize,
}

/// A recording that a voiceprint is made of, or was. This layout never changes.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_voice_sample {
    /// The recording's id.
    pub recording_id: *const c_char,
    /// When it was enrolled, in milliseconds since 1970 UTC.
    pub created_at_ms: u64,
    /// When it was removed; 0 while it counts.
    pub removed_at_ms: u64,
    /// Cosine of its embedding and the voiceprint: one far below the others is of another voice, or noise.
    pub agreement: f32,
    /// 0.
    pub reserved: u32,
}

/// A person with what it points to. The row comes first: C's pointer to it is the pointer to all.
#[repr(C)]
pub(crate) struct Row {
    pub(crate) row: sonic_person,
    _samples: Box<[sonic_voice_sample]>,
    _strings: Strings,
}

impl Row {
    pub(crate) fn new(of: &Voiceprint) -> Self {
        let mut strings = Strings::default();
        let samples = of.samples.iter().map(|sample| sonic_voice_sample {
            recording_id: strings.keep(&sample.recording_id),
            created_at_ms: sample.created_at_ms,
            removed_at_ms: sample.removed_at_ms.unwrap_or(0),
            agreement: sample.agreement,
            reserved: 0,
        });
        let samples: Box<[_]> = samples.collect();
        let row = sonic_person {
            person: strings.keep(&of.person),
            voiceprint_id: strings.keep(&of.voiceprint_id),
            user_id: strings.keep_some(of.user_id.as_deref()),
            created_at_ms: of.created_at_ms,
            updated_at_ms: of.updated_at_ms,
            sample_count: of.sample_count(),
            min_samples: of.min_samples,
            is_enrolled: of.is_enrolled(),
            samples: samples.as_ptr(),
            sample_len: samples.len(),
        };
        Self { row, _samples: samples, _strings: strings }
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

/// The person of this name.
///
/// Errors: NOT_FOUND if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_person(
    store: *const sonic_store,
    person: *const c_char,
    found: *mut *mut sonic_person,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, person) = unsafe { (store_of(store)?, text(person, "person")?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(found.cast::<*mut Row>(), "found") }?;
        let print = store.voices().person(person)?;
        let missing = || Error::new(ErrorKind::NotFound, format!("nobody named {person:?} is enrolled"));
        out.give(Row::new(&print.ok_or_else(missing)?))
    })
}

/// Leaves a sample out of a voiceprint. The recording stays, and sonic_voices_restore_sample undoes it for the last five
/// that were removed. `left`, what the person is then, may be NULL.
///
/// Errors: NOT_FOUND if there is no such person or sample; IO if another process is writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_remove_sample(
    store: *const sonic_store,
    person: *const c_char,
    recording_id: *const c_char,
    left: *mut *mut sonic_person,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, person) = unsafe { (store_of(store)?, text(person, "person")?) };
        // SAFETY: as above.
        let (id, out) = unsafe { (text(recording_id, "recording_id")?, maybe(left)) };
        give(out, &store.voices().remove_sample(person, id)?)
    })
}

/// Takes a removed sample back: `recording_id`, or for NULL the last one removed. A voiceprint has at most `max_samples`;
/// 0 is 5. `restored`, what the person is then, may be NULL.
///
/// Errors: NOT_FOUND if there is no such person or removed sample; LIMIT if there are `max_samples`; IO if another
/// process is writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voices_restore_sample(
    store: *const sonic_store,
    person: *const c_char,
    recording_id: *const c_char,
    max_samples: u32,
    restored: *mut *mut sonic_person,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (store, person) = unsafe { (store_of(store)?, text(person, "person")?) };
        // SAFETY: as above.
        let (id, out) = unsafe { (optional_text(recording_id, "recording_id")?, maybe(restored)) };
        let mut options = EnrollOptions::default();
        if max_samples != 0 {
            options.max_samples = max_samples;
        }
        give(out, &store.voices().restore_sample(person, id, &options)?)
    })
}

/// # Safety
/// `person` is null or can be written.
unsafe fn maybe(person: *mut *mut sonic_person) -> Option<Out<*mut Row>> {
    // SAFETY: the caller's promise.
    unsafe { Out::new(person.cast::<*mut Row>(), "person") }.ok()
}

fn give(out: Option<Out<*mut Row>>, print: &Voiceprint) -> Result<()> {
    out.map_or(Ok(()), |out| out.give(Row::new(print)))
}

/// Frees a person that was given alone; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_person_free(person: *mut sonic_person) {
    // SAFETY: the caller keeps the rules of the header; what it holds is the first field of a `Row`.
    unsafe { free(person.cast::<Row>()) }
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
