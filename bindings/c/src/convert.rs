//! C's pointers into Rust's types, and back.

use sonic::guard::guard;
use sonic::{Error, ErrorKind, Result};
use std::ffi::{CStr, CString, c_char};
use std::mem::size_of;
use std::path::PathBuf;
use std::ptr::NonNull;

/// # Safety
/// `pointer` is null or points to a `T` that outlives the call.
pub(crate) unsafe fn reference<'a, T>(pointer: *const T, name: &str) -> Result<&'a T> {
    // SAFETY: the caller's promise.
    unsafe { pointer.as_ref() }.ok_or_else(|| is_null(name))
}

/// `len` values from `pointer` on, which may be null if there are none.
///
/// # Safety
/// `pointer` is null or points to `len` values that outlive the call.
pub(crate) unsafe fn slice<'a, T>(pointer: *const T, len: usize, name: &str) -> Result<&'a [T]> {
    match pointer.is_null() {
        true if len == 0 => return Ok(&[]),
        true => return Err(is_null(name)),
        false => (),
    }
    if !pointer.is_aligned() || len > isize::MAX as usize / size_of::<T>() {
        return Err(invalid(format!("{name}: {len} values cannot lie at that address")));
    }
    // SAFETY: the caller's promise; aligned, not null and not too long as checked.
    Ok(unsafe { std::slice::from_raw_parts(pointer, len) })
}

/// UTF-8 text.
///
/// # Safety
/// `pointer` is null or points to a string that ends with a zero byte and outlives the call.
pub(crate) unsafe fn text<'a>(pointer: *const c_char, name: &str) -> Result<&'a str> {
    // SAFETY: the caller's promise.
    unsafe { optional_text(pointer, name) }?.ok_or_else(|| is_null(name))
}

/// UTF-8 text, or nothing for a null pointer.
///
/// # Safety
/// As [`text`].
pub(crate) unsafe fn optional_text<'a>(pointer: *const c_char, name: &str) -> Result<Option<&'a str>> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    let text = unsafe { CStr::from_ptr(pointer) };
    text.to_str().map(Some).map_err(|e| invalid(format!("{name} is not UTF-8")).with_source(e))
}

/// `len` texts, each of them `what` in messages.
///
/// # Safety
/// As [`slice`], and each pointer as [`text`].
pub(crate) unsafe fn texts(
    pointer: *const *const c_char,
    len: usize,
    name: &str,
    what: &str,
) -> Result<Vec<String>> {
    // SAFETY: the caller's promise.
    let pointers = unsafe { slice(pointer, len, name) }?;
    let what = format!("an {what} of {name}");
    // SAFETY: the caller's promise.
    pointers.iter().map(|&text| Ok(unsafe { self::text(text, &what) }?.to_owned())).collect()
}

/// A path: UTF-8, or on Unix any bytes.
///
/// # Safety
/// As [`text`].
pub(crate) unsafe fn path(pointer: *const c_char, name: &str) -> Result<PathBuf> {
    if pointer.is_null() {
        return Err(is_null(name));
    }
    // SAFETY: the caller's promise.
    let bytes = unsafe { CStr::from_ptr(pointer) };
    if bytes.is_empty() {
        return Err(invalid(format!("{name} is empty: name a file or a folder")));
    }
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        Ok(std::ffi::OsStr::from_bytes(bytes.to_bytes()).into())
    }
    #[cfg(not(unix))]
    {
        let text = bytes.to_str().map_err(|e| invalid(format!("{name} is not UTF-8")).with_source(e))?;
        Ok(text.into())
    }
}

/// The caller's buffer for a result of fixed size; it is written once, and only when everything went well.
pub(crate) struct Buffer<T> {
    first: NonNull<T>,
    len: usize,
}

impl<T: Copy> Buffer<T> {
    /// A buffer that has room for `needed` values and no more.
    ///
    /// # Safety
    /// `pointer` is null or `len` values can be written there.
    pub(crate) unsafe fn new(pointer: *mut T, len: usize, needed: usize, name: &str) -> Result<Self> {
        let first = NonNull::new(pointer).ok_or_else(|| is_null(name))?;
        if len != needed {
            return Err(invalid(format!("{name} has room for {len} values where there are {needed}")));
        }
        if !pointer.is_aligned() {
            return Err(invalid(format!("{name}: {len} values cannot lie at that address")));
        }
        Ok(Self { first, len })
    }

    pub(crate) fn write(self, values: &[T]) -> Result<()> {
        if values.len() != self.len {
            return Err(Error::new(ErrorKind::Internal, "a result has another length than it should have"));
        }
        // SAFETY: `new`'s promise; the values are our own and lie elsewhere.
        unsafe { std::ptr::copy_nonoverlapping(values.as_ptr(), self.first.as_ptr(), self.len) };
        Ok(())
    }
}

/// Where a result goes; it is written once, and only when everything went well.
pub(crate) struct Out<T>(NonNull<T>);

impl<T> Out<*mut T> {
    /// # Safety
    /// `pointer` is null or can be written.
    pub(crate) unsafe fn new(pointer: *mut *mut T, name: &str) -> Result<Self> {
        NonNull::new(pointer).map(Self).ok_or_else(|| is_null(name))
    }

    /// Hands a new handle to the caller.
    pub(crate) fn give(self, value: T) -> Result<()> {
        // SAFETY: `new`'s promise.
        unsafe { self.0.write(Box::into_raw(Box::new(value))) };
        Ok(())
    }

    /// Tells the caller that there is nothing.
    pub(crate) fn give_nothing(self) -> Result<()> {
        // SAFETY: `new`'s promise.
        unsafe { self.0.write(std::ptr::null_mut()) };
        Ok(())
    }
}

/// Frees a handle; null is nothing.
///
/// # Safety
/// `pointer` is null or came from [`Out::give`], and is not used again.
pub(crate) unsafe fn free<T>(pointer: *mut T) {
    if !pointer.is_null() {
        let _ = guard(ErrorKind::Internal, "libsonic", || {
            // SAFETY: the caller's promise.
            drop(unsafe { Box::from_raw(pointer) });
            Ok(())
        });
    }
}

/// `text` for C. A zero byte, which would end it too early, becomes U+FFFD.
pub(crate) fn c_string(text: &str) -> CString {
    CString::new(text.replace('\0', "\u{fffd}")).unwrap_or_default()
}

/// The strings that a row points to; they stay where they are when this moves.
#[derive(Default)]
pub(crate) struct Strings(Vec<CString>);

impl Strings {
    pub(crate) fn keep(&mut self, text: &str) -> *const c_char {
        let string = c_string(text);
        let pointer = string.as_ptr();
        self.0.push(string);
        pointer
    }

    /// A path by which it can be opened again.
    pub(crate) fn keep_path(&mut self, path: &std::path::Path) -> *const c_char {
        #[cfg(unix)]
        if let Ok(string) = CString::new(std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str())) {
            let pointer = string.as_ptr();
            self.0.push(string);
            return pointer;
        }
        self.keep(&path.to_string_lossy())
    }

    /// Null for "", by which Rust says that it is not known.
    pub(crate) fn keep_unless_empty(&mut self, text: &str) -> *const c_char {
        self.keep_some(Some(text).filter(|text| !text.is_empty()))
    }

    /// Null for nothing.
    pub(crate) fn keep_some(&mut self, text: Option<&str>) -> *const c_char {
        text.map_or(std::ptr::null(), |text| self.keep(text))
    }
}

pub(crate) fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidArgument, message)
}

/// What a call says that needs a row or a file which is not there.
pub(crate) fn missing(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::NotFound, message)
}

pub(crate) fn is_null(name: &str) -> Error {
    invalid(format!("{name} is NULL"))
}
