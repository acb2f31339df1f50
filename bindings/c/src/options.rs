//! Structs that begin with their size: options, which are read, and results, which are filled.

use crate::convert::{invalid, is_null, optional_text};
use sonic::json::check_integers;
use sonic::{Error, ErrorKind, Result};
use std::ffi::c_char;

/// No such struct will ever be larger; a `size` beyond it is memory that was never set.
const MOST_OPTIONS: usize = 4096;

/// More threads than any machine has cores is a field that was never set.
const MOST_THREADS: u32 = 4096;

/// An optional number of an options struct: `value` counts where `has` is not 0.
pub(crate) fn given<T>(has: u32, value: T) -> Option<T> {
    (has != 0).then_some(value)
}

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

/// The option `name`, which says yes or no.
pub(crate) fn flag(name: &str, value: u32) -> Result<bool> {
    match value {
        0 | 1 => Ok(value == 1),
        other => Err(invalid(format!("options.{name} is {other}, not 0 or 1"))),
    }
}

/// A struct whose first field is its size in bytes.
///
/// # Safety
/// The type is `repr(C)`, begins with a `u32`, has no padding (a later field must not fall where an earlier version
/// had none) and is valid whatever its bytes are.
pub(crate) unsafe trait Sized32: Copy {
    /// Size of its first published version.
    const LEAST: usize;
}

/// A struct that says how to do something.
pub(crate) trait Options: Sized32 {
    /// What a null pointer means; `size` is that of the struct.
    fn defaults() -> Self;
}

/// Writes the defaults into a caller's struct of `size` bytes; what it has beyond ours becomes 0.
///
/// # Safety
/// `pointer` is null or `size` bytes can be written there.
pub(crate) unsafe fn init<T: Options>(pointer: *mut T, size: usize) -> Result<()> {
    if pointer.is_null() {
        return Err(is_null("options"));
    }
    check_address(pointer, "options")?;
    check_size::<T>(size, "options")?;
    let (known, defaults, stated) = (size.min(size_of::<T>()), T::defaults(), size as u32);
    // SAFETY: `size` bytes can be written by the caller's promise, `known` can be read; both are at least four.
    unsafe {
        let target = pointer.cast::<u8>();
        std::ptr::copy_nonoverlapping((&raw const defaults).cast(), target, known);
        target.add(known).write_bytes(0, size - known);
        pointer.cast::<u32>().write(stated);
    }
    Ok(())
}

/// A copy of an options struct; a null pointer gives the defaults.
///
/// Older callers have shorter structs, newer ones longer: what is missing is the default, what is unknown must be 0.
///
/// # Safety
/// `pointer` is null or points to a `u32` and to as many bytes as it says.
pub(crate) unsafe fn read_options<T: Options>(pointer: *const T) -> Result<T> {
    let (mut copy, name) = (T::defaults(), "options");
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
        let message = format!("{name} has something that this libsonic does not know: install a newer one");
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    Ok(copy)
}

/// Fills the caller's struct as far as it reaches; bytes beyond ours become 0, its size stays.
///
/// # Safety
/// As [`read_options`], and the bytes can be written.
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
    check_address(pointer, name)?;
    // SAFETY: the caller's promise, and aligned.
    let size = unsafe { pointer.cast::<u32>().read() } as usize;
    check_size::<T>(size, name)
}

fn check_address<T>(pointer: *const T, name: &str) -> Result<()> {
    match pointer.is_aligned() {
        true => Ok(()),
        false => Err(invalid(format!("{name} cannot lie at that address"))),
    }
}

fn check_size<T: Sized32>(size: usize, name: &str) -> Result<usize> {
    match (T::LEAST..=MOST_OPTIONS).contains(&size) {
        true => Ok(size),
        false => Err(invalid(format!(
            "{name}: size is {size}: set it to sizeof the struct, which is {}",
            size_of::<T>()
        ))),
    }
}

/// `options.created_at_ms`, where 0 means now for those who look at it.
pub(crate) fn created_at(has: u32, created_at_ms: u64) -> Result<u64> {
    match given(has, created_at_ms) {
        Some(0) => Err(invalid("options.created_at_ms is 0: leave has_created_at_ms at 0 for now")),
        given => Ok(given.unwrap_or(0)),
    }
}

/// `options.metadata_json`.
///
/// # Safety
/// It is null or a string.
pub(crate) unsafe fn metadata(json: *const c_char) -> Result<serde_json::Value> {
    // SAFETY: the caller's promise.
    let json = unsafe { optional_text(json, "options.metadata_json") }?.unwrap_or("null");
    check_integers(json).map_err(|e| e.context("options.metadata_json"))?;
    let not_json = |e| invalid(format!("options.metadata_json is not JSON: {e}")).with_source(e);
    serde_json::from_str(json).map_err(not_json)
}

/// An option that is one of the numbers of an enum called `kind`.
pub(crate) fn choice<T: Copy>(field: &str, kind: &str, number: i32, of: &[T]) -> Result<T> {
    let choice = usize::try_from(number).ok().and_then(|place| of.get(place).copied());
    choice.ok_or_else(|| invalid(format!("options.{field} is {number}, which is no {kind}")))
}

/// That a result can be filled in, if C wants to know it; for results that are filled after the work is done.
///
/// # Safety
/// As [`fill`].
pub(crate) unsafe fn check_room<T: Sized32>(pointer: *const T, name: &str) -> Result<()> {
    match pointer.is_null() {
        true => Ok(()),
        // SAFETY: the caller's promise.
        false => unsafe { size_of_struct(pointer, name) }.map(drop),
    }
}

/// As [`fill`], of a result that C need not want to know.
///
/// # Safety
/// As [`fill`].
pub(crate) unsafe fn fill_some<T: Sized32>(
    pointer: *mut T,
    name: &str,
    make: impl FnOnce() -> Result<T>,
) -> Result<()> {
    match pointer.is_null() {
        true => make().map(drop),
        // SAFETY: the caller's promise.
        false => unsafe { fill(pointer, name, make) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Options that have grown by a field since their first version.
    #[repr(C)]
    #[derive(Debug, Clone, Copy, PartialEq)]
    struct Grown {
        size: u32,
        first: u32,
        later: u32,
    }

    // SAFETY: three u32.
    unsafe impl Sized32 for Grown {
        const LEAST: usize = std::mem::offset_of!(Self, later);
    }

    impl Options for Grown {
        fn defaults() -> Self {
            Self { size: size_of::<Self>() as u32, first: 5, later: 7 }
        }
    }

    /// A program that was compiled before there was the later field: it is neither written nor read beyond its struct.
    #[test]
    fn an_older_program() {
        let mut bytes = [0, 0, 99];
        // SAFETY: eight bytes are there, and more.
        unsafe { init(bytes.as_mut_ptr().cast::<Grown>(), 8) }.unwrap();
        assert_eq!(bytes, [8, 5, 99]);
        bytes[1] = 1;
        // SAFETY: as above.
        let read = unsafe { read_options(bytes.as_ptr().cast::<Grown>()) }.unwrap();
        assert_eq!((read.first, read.later), (1, 7));
    }

    /// A program that knows a field which this library does not: it may leave it alone, and not use it.
    #[test]
    fn a_newer_program() {
        let mut bytes = [1; 4];
        // SAFETY: 16 bytes are there.
        unsafe { init(bytes.as_mut_ptr().cast::<Grown>(), 16) }.unwrap();
        assert_eq!(bytes, [16, 5, 7, 0]);
        // SAFETY: as above.
        let read = unsafe { read_options(bytes.as_ptr().cast::<Grown>()) }.unwrap();
        assert_eq!((read.first, read.later), (5, 7));
        bytes[3] = 1;
        // SAFETY: as above.
        let error = unsafe { read_options(bytes.as_ptr().cast::<Grown>()) }.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }

    #[test]
    fn nothing_is_the_defaults() {
        // SAFETY: a null pointer is fine.
        let read = unsafe { read_options(std::ptr::null::<Grown>()) }.unwrap();
        assert_eq!(read, Grown::defaults());
    }
}
