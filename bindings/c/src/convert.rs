//! C's pointers into Rust's types, and back.

use crate::error::invalid;
use sonic::guard::guard;
use sonic::{Error, ErrorKind, Result, Source};
use std::ffi::{CStr, CString, c_char};
use std::mem::size_of;
use std::path::PathBuf;
use std::ptr::NonNull;

/// No options struct will ever be larger; a `size` beyond it is memory that was never set.
const MOST_OPTIONS: usize = 4096;

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

/// The caller's bytes, lent to a decoder.
struct Lent(&'static [u8]);

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        self.0
    }
}

/// A source of `len` bytes from `pointer` on, which are not copied.
///
/// # Safety
/// As [`slice`], and the source and what is made of it are dropped before the call ends.
pub(crate) unsafe fn source(pointer: *const u8, len: usize, name: &str) -> Result<Source> {
    // SAFETY: the caller's promise; nobody holds them for longer.
    unsafe { slice(pointer, len, name) }.map(|bytes| Source::bytes(Lent(bytes)))
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

/// More threads than any machine has cores is a field that was never set.
const MOST_THREADS: u32 = 4096;

/// `options.threads`.
pub(crate) fn threads(threads: u32) -> Result<usize> {
    match threads {
        0..=MOST_THREADS => Ok(threads as usize),
        _ => Err(invalid(format!("options.threads must be 0 to {MOST_THREADS}"))),
    }
}

/// `options.reserved`, which a later version may give a meaning.
pub(crate) fn reserved(reserved: u32) -> Result<()> {
    match reserved {
        0 => Ok(()),
        _ => Err(invalid("options: reserved must be 0")),
    }
}

/// A struct whose first field is its size in bytes, in which 0 means the default.
///
/// # Safety
/// The type is `repr(C)`, begins with a `u32`, has no padding (a later field must not fall where an earlier version
/// had none) and is valid when all its bytes are zero.
pub(crate) unsafe trait Sized32: Copy {
    /// Size of its first published version.
    const LEAST: usize;
}

/// A copy of an options struct; a null pointer gives the defaults.
///
/// Older callers have shorter structs, newer ones longer: what is missing is 0, what is unknown must be 0.
///
/// # Safety
/// `pointer` is null or points to a `u32` and to as many bytes as it says.
pub(crate) unsafe fn options<T: Sized32>(pointer: *const T, name: &str) -> Result<T> {
    // SAFETY: the trait's promise.
    let mut copy: T = unsafe { std::mem::zeroed() };
    if pointer.is_null() {
        return Ok(copy);
    }
    // SAFETY: the caller's promise.
    let size = unsafe { size_of_struct(pointer, name) }?;
    let known = size.min(size_of::<T>());
    // SAFETY: `size` bytes can be read by the caller's promise, `known` fit into the copy.
    unsafe { std::ptr::copy_nonoverlapping(pointer.cast::<u8>(), (&raw mut copy).cast(), known) };
    // SAFETY: as above.
    let rest = unsafe { std::slice::from_raw_parts(pointer.cast::<u8>().add(known), size - known) };
    if rest.iter().any(|&b| b != 0) {
        let message = format!("{name} asks for something this libsonic does not know: install a newer one");
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    Ok(copy)
}

/// Fills the caller's struct as far as it reaches; bytes beyond ours become 0, its size stays.
///
/// # Safety
/// As [`options`], and the bytes can be written.
pub(crate) unsafe fn fill<T: Sized32>(
    pointer: *mut T,
    name: &str,
    make: impl FnOnce() -> Result<T>,
) -> Result<()> {
    if pointer.is_null() {
        return Err(is_null(name));
    }
    // SAFETY: the caller's promise.
    let size = unsafe { size_of_struct(pointer, name) }?;
    let known = size.min(size_of::<T>());
    let value = make()?;
    let start = size_of::<u32>();
    // SAFETY: `size` bytes can be written by the caller's promise, `known` can be read.
    unsafe {
        let target = pointer.cast::<u8>();
        let source = (&raw const value).cast::<u8>();
        std::ptr::copy_nonoverlapping(source.add(start), target.add(start), known - start);
        target.add(known).write_bytes(0, size - known);
    }
    Ok(())
}

/// # Safety
/// `pointer` points to a `u32`.
unsafe fn size_of_struct<T: Sized32>(pointer: *const T, name: &str) -> Result<usize> {
    if !pointer.is_aligned() {
        return Err(invalid(format!("{name} cannot lie at that address")));
    }
    // SAFETY: the caller's promise, and aligned.
    let size = unsafe { pointer.cast::<u32>().read() } as usize;
    if !(T::LEAST..=MOST_OPTIONS).contains(&size) {
        let message =
            format!("{name}: size is {size}: set it to sizeof the struct, which is {}", size_of::<T>());
        return Err(invalid(message));
    }
    Ok(size)
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

    /// Null for nothing.
    pub(crate) fn keep_some(&mut self, text: Option<&str>) -> *const c_char {
        text.map_or(std::ptr::null(), |text| self.keep(text))
    }
}

pub(crate) fn is_null(name: &str) -> Error {
    invalid(format!("{name} is NULL"))
}
