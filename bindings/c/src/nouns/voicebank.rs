//! Voicebanks: the singers.

use crate::convert::{Out, Strings, c_string, free, path, reference};
use crate::error::{call, sonic_status};
use crate::nouns::model::{provider, sonic_provider};
use crate::options::{Options, Sized32, init, read_options, reserved, threads};
use sonic::Result;
use sonic::model::{Runtime, RuntimeOptions, SessionOptions};
use sonic::sing::{Finding, Voicebank, VoicebankOptions};
use std::ffi::{CString, c_char};
use std::ptr::null;

/// How a voicebank is opened.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_voicebank_options {
    /// sizeof(sonic_voicebank_options)
    pub size: u32,
    /// Threads that one run of a model uses; 0 is as many as the machine has cores.
    pub threads: u32,
    /// What its models run on: a sonic_provider.
    pub provider: i32,
    /// 0.
    pub reserved: u32,
    /// Folders that hold installed vocoders, a folder each, `vocoder_len` of them. A folder `_packages` beside the bank is
    /// looked in as well.
    pub vocoders: *const *const c_char,
    /// How many folders there are.
    pub vocoder_len: usize,
    /// The shared library of ONNX Runtime; see sonic_voice_embedder_options. It is loaded when the bank first sings; one that
    /// is named here, at once.
    pub onnxruntime: *const c_char,
}

// SAFETY: four words of 32 bits, then words of one size.
unsafe impl Sized32 for sonic_voicebank_options {
    const LEAST: usize = size_of::<Self>();
}

impl Options for sonic_voicebank_options {
    fn defaults() -> Self {
        Self {
            size: size_of::<Self>() as u32,
            threads: 0,
            provider: sonic_provider::SONIC_PROVIDER_CPU as i32,
            reserved: 0,
            vocoders: null(),
            vocoder_len: 0,
            onnxruntime: null(),
        }
    }
}

impl sonic_voicebank_options {
    /// # Safety
    /// The pointers are as the header says.
    unsafe fn to_options(self) -> Result<VoicebankOptions> {
        reserved(self.reserved)?;
        let mut options = VoicebankOptions::default();
        options.session = SessionOptions {
            threads: threads(self.threads)?,
            provider: provider(self.provider)?,
            ..SessionOptions::default()
        };
        // SAFETY: the caller's promise.
        let folders = unsafe { crate::convert::slice(self.vocoders, self.vocoder_len, "options.vocoders") }?;
        let folder = |&folder: &*const c_char| {
            // SAFETY: the caller's promise.
            unsafe { path(folder, "an entry of options.vocoders") }
        };
        options.vocoder_folders = folders.iter().map(folder).collect::<Result<_>>()?;
        if !self.onnxruntime.is_null() {
            // SAFETY: the caller's promise.
            let library = unsafe { path(self.onnxruntime, "options.onnxruntime") }?;
            Runtime::load(&RuntimeOptions { library: Some(library), python_package: None })?;
        }
        Ok(options)
    }
}

/// Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voicebank_options_init(
    options: *mut sonic_voicebank_options,
    size: usize,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { init(options, size) })
}

/// Shared. A voicebank in the DiffSinger format of OpenUtau: its settings are read at once, its models when it first sings.
pub struct sonic_voicebank {
    pub(crate) bank: Voicebank,
    name: CString,
    speakers: Vec<CString>,
    languages: Vec<CString>,
}

/// Reads the voicebank in a folder, the one with its dsconfig.yaml. Faults in its files are no error here:
/// sonic_voicebank_check tells them all, and what cannot be sung for them is refused when it is asked for.
///
/// Errors: NOT_FOUND if there is no such folder; MODEL and MISMATCH for an ONNX Runtime that is named and cannot be loaded.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voicebank_open(
    folder: *const c_char,
    options: *const sonic_voicebank_options,
    bank: *mut *mut sonic_voicebank,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (folder, options) = unsafe { (path(folder, "folder")?, read_options(options)?) };
        // SAFETY: as above.
        let (out, options) = unsafe { (Out::new(bank, "bank")?, options.to_options()?) };
        let bank = Voicebank::open_with(&folder, &options)?;
        let all = |names: Vec<&str>| names.into_iter().map(c_string).collect();
        let (speakers, languages) = (all(bank.speakers()), all(bank.languages()));
        out.give(sonic_voicebank { name: c_string(bank.name()), speakers, languages, bank })
    })
}

/// # Safety
/// `bank` is null or a voicebank.
pub(crate) unsafe fn bank_of<'a>(bank: *const sonic_voicebank) -> Result<&'a Voicebank> {
    // SAFETY: the caller's promise.
    unsafe { reference(bank, "bank") }.map(|bank| &bank.bank)
}

/// The singer's name; the folder's if it has none. Borrowed from the bank.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voicebank_name(bank: *const sonic_voicebank) -> *const c_char {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { bank.as_ref() }.map_or(null(), |bank| bank.name.as_ptr())
}

/// Samples a second of what it sings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voicebank_sample_rate(bank: *const sonic_voicebank) -> u32 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { bank.as_ref() }.map_or(0, |bank| bank.bank.sample_rate())
}

/// How many speakers (voice colours) it has; 0 for a single voice.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voicebank_speaker_len(bank: *const sonic_voicebank) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { bank.as_ref() }.map_or(0, |bank| bank.speakers.len())
}

/// The name of the speaker number `index`, from 0 on; NULL beyond the last. Borrowed from the bank.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voicebank_speaker_at(
    bank: *const sonic_voicebank,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { bank.as_ref() }.and_then(|bank| bank.speakers.get(index)).map_or(null(), |name| name.as_ptr())
}

/// How many languages its models tell apart; 0 if they tell none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voicebank_language_len(bank: *const sonic_voicebank) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { bank.as_ref() }.map_or(0, |bank| bank.languages.len())
}

/// The language number `index`, sorted, from 0 on; NULL beyond the last. Borrowed from the bank.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voicebank_language_at(
    bank: *const sonic_voicebank,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { bank.as_ref() }.and_then(|bank| bank.languages.get(index)).map_or(null(), |name| name.as_ptr())
}

/// Frees a voicebank; NULL is nothing. What it sings goes on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voicebank_free(bank: *mut sonic_voicebank) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(bank) }
}

/// One fault of a voicebank. Read it through a pointer that the library gave: later versions add fields at its end.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_finding {
    /// What kind of fault, one of a fixed list of names, such as "missing_file".
    pub code: *const c_char,
    /// "error": the bank does not sing, or not every song; "warning": it sings, but not as its author meant.
    pub severity: *const c_char,
    /// The part of the bank it belongs to: "bank", "acoustic", "duration", "pitch", "variance" or "vocoder".
    pub stage: *const c_char,
    /// The file, from the bank's folder, with "/" between folders.
    pub file: *const c_char,
    /// What is wrong and what to do.
    pub message: *const c_char,
    /// The line in the file, from 1; counts where has_line is true.
    pub line: u32,
    /// True where the line is known.
    pub has_line: bool,
}

/// Shared. Faults of a voicebank, the errors first.
pub struct sonic_finding_list {
    rows: Vec<sonic_finding>,
    /// What the rows point to.
    _strings: Strings,
}

impl sonic_finding_list {
    pub(crate) fn new(of: &[Finding]) -> Self {
        let mut strings = Strings::default();
        let rows = of.iter().map(|finding| sonic_finding {
            code: strings.keep(finding.code),
            severity: strings.keep(finding.severity.name()),
            stage: strings.keep(finding.stage.name()),
            file: strings.keep(&finding.file),
            message: strings.keep(&finding.message),
            line: finding.line.unwrap_or(0),
            has_line: finding.line.is_some(),
        });
        Self { rows: rows.collect(), _strings: strings }
    }
}

/// Every fault of a voicebank: its settings read against each other and against what the models declare. Nothing is sung, and
/// ONNX Runtime is not needed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_voicebank_check(
    bank: *const sonic_voicebank,
    findings: *mut *mut sonic_finding_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (bank, out) = unsafe { (bank_of(bank)?, Out::new(findings, "findings")?) };
        out.give(sonic_finding_list::new(&bank.check()))
    })
}

/// How many faults there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_finding_list_len(findings: *const sonic_finding_list) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { findings.as_ref() }.map_or(0, |f| f.rows.len())
}

/// The fault number `index`, from 0 on; NULL beyond the last. Borrowed from the list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_finding_list_at(
    findings: *const sonic_finding_list,
    index: usize,
) -> *const sonic_finding {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { findings.as_ref() }.and_then(|f| f.rows.get(index)).map_or(null(), std::ptr::from_ref)
}

/// Frees a list of faults; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_finding_list_free(findings: *mut sonic_finding_list) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(findings) }
}
