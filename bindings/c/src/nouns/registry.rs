//! Models of a registry.

use crate::convert::{Strings, c_string, free, optional_text, path};
use crate::error::{call, sonic_status};
use crate::options::{Options, Sized32, init};
use sonic::Result;
use sonic::models::{PullOptions, Pulled, RegistryEntry, Verified};
use std::ffi::{CString, c_char};
use std::ptr::null;

/// A model that sonic knows, or that has a manifest in the folder of models. Read it through a pointer that the library
/// gave: later versions add fields at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_model_entry {
    /// The name that the calls which load a model take.
    pub id: *const c_char,
    /// What it is for: "voice-embedder", "face-detector" and so on.
    pub task: *const c_char,
    /// The licence of its weights: an SPDX name where there is one.
    pub licence: *const c_char,
    /// The page or paper that describes it.
    pub source: *const c_char,
    /// What else its user should know; NULL for nothing.
    pub note: *const c_char,
    /// Where its file is, or would be, or the folder of its files; NULL if it is built into sonic.
    pub path: *const c_char,
    /// Bytes of its files; 0 if has_bytes is false.
    pub bytes: u64,
    /// Numbers of a vector that it gives; 0 if has_dimensions is false.
    pub dimensions: u64,
    /// True if its files are all there.
    pub has_bytes: bool,
    /// True if it gives vectors.
    pub has_dimensions: bool,
    /// True if the licence permits commercial use.
    pub commercial: bool,
    /// True if its manifest came with sonic.
    pub built_in: bool,
    /// True if it can be loaded: its files are there, or it is built into sonic.
    pub is_installed: bool,
}

/// Shared. A list of models.
pub struct sonic_model_list {
    rows: Vec<sonic_model_entry>,
    /// What the rows point to.
    _strings: Strings,
}

impl sonic_model_list {
    pub(crate) fn new(of: &[RegistryEntry]) -> Self {
        let mut strings = Strings::default();
        let rows = of.iter().map(|entry| entry_in_c(entry, &mut strings)).collect();
        Self { rows, _strings: strings }
    }
}

fn entry_in_c(of: &RegistryEntry, strings: &mut Strings) -> sonic_model_entry {
    let (manifest, bytes) = (&of.manifest, of.bytes());
    sonic_model_entry {
        id: strings.keep(&manifest.id),
        task: strings.keep(&manifest.task),
        licence: strings.keep(&manifest.licence),
        source: strings.keep(&manifest.source),
        note: strings.keep_unless_empty(&manifest.note),
        path: strings.keep_some(of.path().map(|path| path.to_string_lossy()).as_deref()),
        bytes: bytes.unwrap_or(0),
        dimensions: manifest.dimensions.unwrap_or(0) as u64,
        has_bytes: bytes.is_some(),
        has_dimensions: manifest.dimensions.is_some(),
        commercial: manifest.commercial,
        built_in: of.built_in,
        is_installed: of.is_installed(),
    }
}

/// How many models there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_model_list_len(models: *const sonic_model_list) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { models.as_ref() }.map_or(0, |m| m.rows.len())
}

/// The model number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_model_list_at(
    models: *const sonic_model_list,
    index: usize,
) -> *const sonic_model_entry {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { models.as_ref() }.and_then(|m| m.rows.get(index)).map_or(null(), std::ptr::from_ref)
}

/// Frees a list of models; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_model_list_free(models: *mut sonic_model_list) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(models) }
}

/// What is known about the files of a model.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum sonic_verified {
    /// It is part of sonic and has no file.
    SONIC_VERIFIED_BUILT_IN = 0,
    /// Its files have the hashes of the manifest.
    SONIC_VERIFIED_GOOD = 1,
    /// The manifest has no hash to compare one of its files with.
    SONIC_VERIFIED_UNKNOWN = 2,
    /// One of its files has another hash than the manifest's.
    SONIC_VERIFIED_WRONG = 3,
    /// One of its files is not there.
    SONIC_VERIFIED_MISSING = 4,
}

impl From<Verified> for sonic_verified {
    fn from(of: Verified) -> Self {
        match of {
            Verified::BuiltIn => Self::SONIC_VERIFIED_BUILT_IN,
            Verified::Good => Self::SONIC_VERIFIED_GOOD,
            Verified::Unknown(_) => Self::SONIC_VERIFIED_UNKNOWN,
            Verified::Wrong(_) => Self::SONIC_VERIFIED_WRONG,
            Verified::Missing => Self::SONIC_VERIFIED_MISSING,
        }
    }
}

/// How to pull a model.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_pull_options {
    /// sizeof(sonic_pull_options)
    pub size: u32,
    /// Not 0 to take a file although its manifest has no hash to verify it by.
    pub accept_unverified: u32,
    /// Not 0 to refuse models whose licence forbids commercial use.
    pub commercial_only: u32,
    /// 0.
    pub reserved: u32,
    /// The folder of the models; see sonic_voice_embedder_options.
    pub models_folder: *const c_char,
    /// The address of a folder that has model files by their names, used in the place of the published addresses; or
    /// NULL.
    pub mirror: *const c_char,
    /// A folder that has the file, or the published archive that holds it: no server is used then; or NULL.
    pub offline: *const c_char,
}

// SAFETY: four u32, then pointers.
unsafe impl Sized32 for sonic_pull_options {
    const LEAST: usize = size_of::<Self>();
}

impl Options for sonic_pull_options {
    fn defaults() -> Self {
        Self {
            size: size_of::<Self>() as u32,
            accept_unverified: 0,
            commercial_only: 0,
            reserved: 0,
            models_folder: null(),
            mirror: null(),
            offline: null(),
        }
    }
}

impl sonic_pull_options {
    /// # Safety
    /// The pointers are null or strings.
    pub(crate) unsafe fn to_options(self) -> Result<PullOptions> {
        crate::options::reserved(self.reserved)?;
        let offline = match self.offline.is_null() {
            true => None,
            // SAFETY: the caller's promise.
            false => Some(unsafe { path(self.offline, "options.offline") }?),
        };
        Ok(PullOptions {
            accept_unverified: self.accept_unverified != 0,
            // SAFETY: the caller's promise.
            mirror: unsafe { optional_text(self.mirror, "options.mirror") }?.map(str::to_owned),
            offline,
        })
    }
}

/// Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_pull_options_init(
    options: *mut sonic_pull_options,
    size: usize,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { init(options, size) })
}

/// Shared. What pulling a model came to: the files that are there now.
pub struct sonic_pulled {
    files: Vec<PulledFile>,
    verified: bool,
}

/// A file that is there now.
struct PulledFile {
    path: CString,
    source: Option<CString>,
    sha256: CString,
}

impl sonic_pulled {
    pub(crate) fn new(of: &Pulled) -> Self {
        let files = of.files.iter().map(|file| PulledFile {
            path: c_string(&file.path.to_string_lossy()),
            source: file.source.as_deref().map(c_string),
            sha256: c_string(&file.sha256),
        });
        Self { files: files.collect(), verified: of.is_verified() }
    }
}

/// True if every file has the hash of the manifest.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_pulled_is_verified(pulled: *const sonic_pulled) -> bool {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { pulled.as_ref() }.is_some_and(|p| p.verified)
}

/// How many files there are; none if the model is built into sonic.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_pulled_len(pulled: *const sonic_pulled) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { pulled.as_ref() }.map_or(0, |p| p.files.len())
}

/// Where the file number `index` is, from 0 on; NULL beyond the last. Borrowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_pulled_path(pulled: *const sonic_pulled, index: usize) -> *const c_char {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { file_of(pulled, index) }.map_or(null(), |f| f.path.as_ptr())
}

/// Where the file number `index` came from; NULL if it was there already, or beyond the last. Borrowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_pulled_source(pulled: *const sonic_pulled, index: usize) -> *const c_char {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { file_of(pulled, index) }.and_then(|f| f.source.as_ref()).map_or(null(), |s| s.as_ptr())
}

/// The SHA-256 of the file number `index` in hexadecimal; NULL beyond the last. Borrowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_pulled_sha256(pulled: *const sonic_pulled, index: usize) -> *const c_char {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { file_of(pulled, index) }.map_or(null(), |f| f.sha256.as_ptr())
}

/// # Safety
/// `pulled` is null or a handle.
unsafe fn file_of<'a>(pulled: *const sonic_pulled, index: usize) -> Option<&'a PulledFile> {
    // SAFETY: the caller's promise.
    unsafe { pulled.as_ref() }.and_then(|p| p.files.get(index))
}

/// Frees what sonic_models_pull gave; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_pulled_free(pulled: *mut sonic_pulled) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(pulled) }
}
