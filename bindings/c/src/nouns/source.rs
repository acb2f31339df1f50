//! Where bytes come from.

use crate::convert::{Out, free, invalid, path, reference, slice};
use crate::error::{call, sonic_status};
use sonic::vision::ImageSource;
use sonic::{Error, ErrorKind, Result, Source};
use std::ffi::{c_char, c_void};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Reads the next bytes of a source, at most `len`, into `buffer`, and gives how many they are: 0 at the end, a number
/// below 0 if it cannot go on, which ends the call that reads with SONIC_ERROR_IO. `state` is what
/// sonic_source_reader was given. It returns in the ordinary way: no exception, no longjmp.
pub type sonic_read = Option<unsafe extern "C" fn(state: *mut c_void, buffer: *mut u8, len: usize) -> i64>;

/// Shared. Where the bytes of a media file or a picture come from: a file, memory, or a function that reads. Nothing is
/// opened or read before a call is given the source. A file and memory can be read any number of times, also by
/// several calls at once, a function once.
pub struct sonic_source(Origin);

enum Origin {
    Path(PathBuf),
    Bytes(Lent),
    /// `None` once a call has taken it.
    Reader(Mutex<Option<Reader>>),
}

/// A file. A named pipe, a socket and a device are refused: open it, and give a reader.
///
/// Errors: INVALID_ARGUMENT if the path is empty. Whether there is such a file shows when it is read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_source_path(
    path: *const c_char,
    source: *mut *mut sonic_source,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (path, out) = unsafe { (self::path(path, "path")?, Out::new(source, "source")?) };
        out.give(sonic_source(Origin::Path(path)))
    })
}

/// The `len` bytes of a file in memory. They are not copied: they stay where and as they are until the source is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_source_bytes(
    data: *const u8,
    len: usize,
    source: *mut *mut sonic_source,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header: the bytes outlive the source.
        let (data, out) = unsafe { (slice(data, len, "data")?, Out::new(source, "source")?) };
        out.give(sonic_source(Origin::Bytes(Lent(data))))
    })
}

/// A stream that is read forwards by a function of the caller: a socket, a pipe, the body of a request. `read` is called
/// by one thread at a time, which need not be the one that makes the call, and only while a call that was given the
/// source runs; two sources may be read at the same time. `state` is passed on to it, may be NULL, stays the caller's,
/// and must be good until the source is freed.
///
/// A stream is for one call, which reads as much as it needs; a second one gets CLOSED. A file whose index stands
/// behind its sound, as in many MP4 files, and a picture are held in memory meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_source_reader(
    read: sonic_read,
    state: *mut c_void,
    source: *mut *mut sonic_source,
) -> sonic_status {
    call(|| {
        let read = read.ok_or_else(|| crate::convert::is_null("read"))?;
        // SAFETY: the caller keeps the rules of the header.
        let out = unsafe { Out::new(source, "source") }?;
        out.give(sonic_source(Origin::Reader(Mutex::new(Some(Reader { read, state, failed: false })))))
    })
}

/// Frees a source; NULL is nothing. No call may be reading it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_source_free(source: *mut sonic_source) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(source) }
}

/// The caller's bytes, which outlive the source and what is made of it.
#[derive(Clone, Copy)]
struct Lent(&'static [u8]);

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        self.0
    }
}

/// The caller's function with its state.
struct Reader {
    read: unsafe extern "C" fn(*mut c_void, *mut u8, usize) -> i64,
    state: *mut c_void,
    /// It is not called again then.
    failed: bool,
}

// SAFETY: the header says that any thread may call the function, one at a time.
unsafe impl Send for Reader {}
// SAFETY: a reference gives no access to anything.
unsafe impl Sync for Reader {}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.failed {
            return Err(io::Error::other("the reader of the source has failed"));
        }
        // SAFETY: the header says what the function may do with the buffer, which can be written.
        let count = unsafe { (self.read)(self.state, buffer.as_mut_ptr(), buffer.len()) };
        match usize::try_from(count).ok().filter(|count| *count <= buffer.len()) {
            Some(count) => Ok(count),
            None => {
                self.failed = true;
                Err(io::Error::other(format!("the reader of the source gave {count}")))
            }
        }
    }
}

impl sonic_source {
    /// The source for a decoder.
    ///
    /// The source and what is made of it are dropped before the call ends.
    pub(crate) fn open(&self) -> Result<Source> {
        match &self.0 {
            Origin::Path(path) => Ok(Source::from(path)),
            Origin::Bytes(bytes) => Ok(Source::bytes(*bytes)),
            Origin::Reader(reader) => take(reader).map(Source::reader),
        }
    }

    /// Gives the source to what decodes pictures, which takes no streams: of those at most `max_bytes` are read.
    pub(crate) fn with_image<T>(
        &self,
        max_bytes: u64,
        work: impl FnOnce(ImageSource<'_>) -> Result<T>,
    ) -> Result<T> {
        match &self.0 {
            Origin::Path(path) => work(path.into()),
            Origin::Bytes(bytes) => work(bytes.0.into()),
            Origin::Reader(reader) => work(ImageSource::Bytes(&read_whole(take(reader)?, max_bytes)?)),
        }
    }

    /// Gives the source to what reads a whole file: its path, or its bytes, of a stream at most `max_bytes`.
    pub(crate) fn with_file<T>(
        &self,
        max_bytes: u64,
        path: impl FnOnce(&Path) -> Result<T>,
        bytes: impl FnOnce(Vec<u8>) -> Result<T>,
    ) -> Result<T> {
        match &self.0 {
            Origin::Path(of) => path(of),
            Origin::Bytes(of) if of.0.len() as u64 > max_bytes => Err(too_long("source", max_bytes)),
            Origin::Bytes(of) => bytes(of.0.to_vec()),
            Origin::Reader(reader) => bytes(read_whole(take(reader)?, max_bytes)?),
        }
    }

    /// That what has no file name is named by an option.
    pub(crate) fn is_path(&self) -> bool {
        matches!(self.0, Origin::Path(_))
    }
}

fn take(reader: &Mutex<Option<Reader>>) -> Result<Reader> {
    let taken = reader.lock().unwrap_or_else(PoisonError::into_inner).take();
    taken.ok_or_else(|| Error::new(ErrorKind::Closed, "the stream was read already: make a new source of it"))
}

fn read_whole(reader: Reader, max_bytes: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut limited = reader.take(max_bytes.saturating_add(1));
    limited.read_to_end(&mut bytes).map_err(|e| Error::io("cannot read", e))?;
    match bytes.len() as u64 > max_bytes {
        true => Err(too_long("stream", max_bytes)),
        false => Ok(bytes),
    }
}

fn too_long(what: &str, max_bytes: u64) -> Error {
    Error::new(ErrorKind::Limit, format!("the {what} has more than {max_bytes} bytes"))
}

/// # Safety
/// `source` is null or a source.
pub(crate) unsafe fn source_of<'a>(source: *const sonic_source) -> Result<&'a sonic_source> {
    // SAFETY: the caller's promise.
    unsafe { reference(source, "source") }
}

/// # Safety
/// `sources` is null or points to `count` pointers, each null or a source.
pub(crate) unsafe fn sources_of<'a>(
    sources: *const *const sonic_source,
    count: usize,
) -> Result<Vec<&'a sonic_source>> {
    // SAFETY: the caller's promise.
    let pointers = unsafe { slice(sources, count, "sources") }?;
    // SAFETY: the caller's promise.
    pointers.iter().map(|&one| unsafe { reference(one, "a source of sources") }).collect()
}

/// Opens many; `number` tells which one cannot be.
pub(crate) fn open_all(sources: &[&sonic_source]) -> Result<Vec<Source>> {
    let each = sources.iter().enumerate();
    each.map(|(number, source)| source.open().map_err(|e| e.context(format!("number {number}")))).collect()
}

/// What a source that has no name says if no option names it.
pub(crate) fn check_named(source: &sonic_source, named: bool, field: &str) -> Result<()> {
    match named || source.is_path() {
        true => Ok(()),
        false => Err(invalid(format!("options.{field} is NULL: what is not a file needs an id"))),
    }
}
