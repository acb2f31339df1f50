//! Statuses, the text of the last error, and the wall that no panic passes.

use crate::convert::c_string;
use sonic::guard::guard;
use sonic::{Error, ErrorKind, Result};
use std::cell::{Cell, RefCell};
use std::ffi::{CString, c_char};
use std::panic::PanicHookInfo;
use std::sync::{Mutex, Once, PoisonError};

/// What a call came to: SONIC_OK, or what the caller can do about the failure. `sonic_last_error` has the words.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum sonic_status {
    /// It worked.
    SONIC_OK = 0,
    /// An argument is outside its documented range: correct the call.
    SONIC_ERROR_INVALID_ARGUMENT = 1,
    /// The named file, recording or row does not exist.
    SONIC_ERROR_NOT_FOUND = 2,
    /// The bytes are damaged or are not what they claim to be.
    SONIC_ERROR_MALFORMED = 3,
    /// The input is valid but of a kind this build cannot handle.
    SONIC_ERROR_UNSUPPORTED = 4,
    /// A stated limit on size, count or memory was reached.
    SONIC_ERROR_LIMIT = 5,
    /// Two things that must agree do not: pipelines, format versions, identities.
    SONIC_ERROR_MISMATCH = 6,
    /// The operating system refused: disk full, permission, lock.
    SONIC_ERROR_IO = 7,
    /// A model or its runtime is missing or does not fit.
    SONIC_ERROR_MODEL = 8,
    /// The handle was closed, or the work was cancelled.
    SONIC_ERROR_CLOSED = 9,
    /// A bug in sonic: please report it.
    SONIC_ERROR_INTERNAL = 10,
    /// Somebody else is writing: try again later.
    SONIC_ERROR_BUSY = 11,
}

use sonic_status::*;

fn status_of(kind: ErrorKind) -> sonic_status {
    match kind {
        ErrorKind::InvalidArgument => SONIC_ERROR_INVALID_ARGUMENT,
        ErrorKind::NotFound => SONIC_ERROR_NOT_FOUND,
        ErrorKind::Malformed => SONIC_ERROR_MALFORMED,
        ErrorKind::Unsupported => SONIC_ERROR_UNSUPPORTED,
        ErrorKind::Limit => SONIC_ERROR_LIMIT,
        ErrorKind::Mismatch => SONIC_ERROR_MISMATCH,
        ErrorKind::Io => SONIC_ERROR_IO,
        ErrorKind::Model => SONIC_ERROR_MODEL,
        ErrorKind::Closed => SONIC_ERROR_CLOSED,
        ErrorKind::Internal => SONIC_ERROR_INTERNAL,
        ErrorKind::Busy => SONIC_ERROR_BUSY,
    }
}

/// The name of a status, the same in every language: "ok", "invalid_argument", "not_found"; "unknown" for a number
/// that is no status. Static.
#[unsafe(no_mangle)]
pub extern "C" fn sonic_status_name(status: i32) -> *const c_char {
    let name = match status {
        0 => c"ok",
        1 => c"invalid_argument",
        2 => c"not_found",
        3 => c"malformed",
        4 => c"unsupported",
        5 => c"limit",
        6 => c"mismatch",
        7 => c"io",
        8 => c"model",
        9 => c"closed",
        10 => c"internal",
        11 => c"busy",
        _ => c"unknown",
    };
    name.as_ptr()
}

thread_local! {
    static LAST: RefCell<CString> = RefCell::default();
    static RETRY_AFTER_MS: Cell<u64> = const { Cell::new(0) };
}

/// What this thread's last failure was, in words that say what to do: UTF-8, never NULL, "" before the first failure.
/// A call that works leaves it alone. Valid until this thread's next failure.
#[unsafe(no_mangle)]
pub extern "C" fn sonic_last_error() -> *const c_char {
    LAST.try_with(|last| last.borrow().as_ptr()).unwrap_or(c"".as_ptr())
}

/// How long to wait, in milliseconds, before this thread's last failure is tried again: of SONIC_ERROR_BUSY, else 0.
#[unsafe(no_mangle)]
pub extern "C" fn sonic_last_retry_after_ms() -> u64 {
    RETRY_AFTER_MS.try_with(Cell::get).unwrap_or(0)
}

/// The body of every call that may fail: a panic inside is a failure too.
pub(crate) fn call(work: impl FnOnce() -> Result<()>) -> sonic_status {
    watch_panics();
    match guard(ErrorKind::Internal, "libsonic", work) {
        Ok(()) => SONIC_OK,
        Err(error) => {
            let message = c_string(&with_place(&error));
            // In a thread that is ending there is nobody left to read it.
            let _ = LAST.try_with(|last| last.replace(message));
            let wait = error.retry_after().map_or(0, |wait| wait.as_millis() as u64);
            let _ = RETRY_AFTER_MS.try_with(|last| last.set(wait));
            status_of(error.kind())
        }
    }
}

/// A panic: what it said, and the file and line where it began.
struct Panic {
    text: String,
    place: String,
}

thread_local! {
    static PANIC: RefCell<Option<Panic>> = const { RefCell::new(None) };
}

/// The last one of any thread: those that the library starts hand the text of theirs on, but not the place.
static PANIC_ANYWHERE: Mutex<Option<Panic>> = Mutex::new(None);

/// A library does not write to its host's standard error, so the hook keeps what the host is to be told. This copy of
/// Rust's runtime is the library's own.
fn watch_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| std::panic::set_hook(Box::new(keep_place)));
}

fn keep_place(info: &PanicHookInfo<'_>) {
    let Some(place) = info.location() else { return };
    let text = info.payload_as_str().unwrap_or("unknown panic");
    let panic = || Panic { text: text.to_owned(), place: format!("{}:{}", place.file(), place.line()) };
    let _ = PANIC.try_with(|last| last.replace(Some(panic())));
    *PANIC_ANYWHERE.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic());
}

/// The words of an error; one that a panic became has the panic's place at its end.
fn with_place(error: &Error) -> String {
    let message = error.message();
    let place_of = |panic: &Option<Panic>| {
        panic.as_ref().filter(|panic| message.contains(&panic.text)).map(|panic| panic.place.clone())
    };
    let here = PANIC.try_with(|last| place_of(&last.borrow())).ok().flatten();
    let place = here.or_else(|| place_of(&PANIC_ANYWHERE.lock().unwrap_or_else(PoisonError::into_inner)));
    match place.filter(|_| message.contains(" failed: ")) {
        Some(place) => format!("{message} ({place})"),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;

    fn text(pointer: *const c_char) -> String {
        // SAFETY: the library's own strings.
        unsafe { CStr::from_ptr(pointer) }.to_str().unwrap().to_owned()
    }

    #[test]
    fn names_and_numbers_are_those_of_the_kinds() {
        let kinds = [
            ErrorKind::InvalidArgument,
            ErrorKind::NotFound,
            ErrorKind::Malformed,
            ErrorKind::Unsupported,
            ErrorKind::Limit,
            ErrorKind::Mismatch,
            ErrorKind::Io,
            ErrorKind::Model,
            ErrorKind::Closed,
            ErrorKind::Internal,
            ErrorKind::Busy,
        ];
        for (number, kind) in (1..).zip(kinds) {
            assert_eq!((kind as i32, status_of(kind) as i32), (number, number));
            assert_eq!(text(sonic_status_name(number)), kind.name());
        }
        assert_eq!(text(sonic_status_name(-1)), "unknown");
    }

    /// One after the other: the last panic of any thread is kept but once.
    #[test]
    fn panics() {
        a_panic_stops_at_the_wall();
        the_place_of_a_panic_in_a_thread_is_known();
        other_errors_have_no_place();
    }

    fn a_panic_stops_at_the_wall() {
        let line = line!() + 1;
        assert_eq!(call(|| panic!("a stone")), SONIC_ERROR_INTERNAL);
        let want = format!("libsonic failed: a stone ({}:{line})", file!());
        assert_eq!(text(sonic_last_error()), want);
        std::thread::spawn(|| assert_eq!(text(sonic_last_error()), "")).join().unwrap();
        assert_eq!(call(|| Ok(())), SONIC_OK);
        assert_eq!(text(sonic_last_error()), want);
    }

    /// Threads that the library starts hand on what a panic said; its place comes along.
    fn the_place_of_a_panic_in_a_thread_is_known() {
        let line = line!() + 1;
        let work = || panic!("another in a brook");
        let throw = |_| Err(Error::new(ErrorKind::Internal, "a thread failed: another in a brook"));
        assert_eq!(call(|| std::thread::spawn(work).join().or_else(throw)), SONIC_ERROR_INTERNAL);
        let want = format!("a thread failed: another in a brook ({}:{line})", file!());
        assert_eq!(text(sonic_last_error()), want);
    }

    #[test]
    fn how_long_to_wait_is_that_of_the_last_failure() {
        let busy = || Err(Error::busy(std::time::Duration::from_millis(1_500), "another writes"));
        assert_eq!((call(busy), sonic_last_retry_after_ms()), (SONIC_ERROR_BUSY, 1_500));
        let other = || Err(Error::new(ErrorKind::Model, "no stone"));
        assert_eq!((call(other), sonic_last_retry_after_ms()), (SONIC_ERROR_MODEL, 0));
    }

    /// An error after a panic that was caught has nothing to do with it.
    fn other_errors_have_no_place() {
        assert_eq!(call(|| panic!("a third stone")), SONIC_ERROR_INTERNAL);
        let other = || Err(Error::new(ErrorKind::Model, "the model failed: no stone"));
        assert_eq!(call(other), SONIC_ERROR_MODEL);
        assert_eq!(text(sonic_last_error()), "the model failed: no stone");
    }
}
