//! HEIC and AVIF: the only file that knows libheif, which is loaded when the first such picture comes.
//!
//! libheif and the decoders behind it are native code of the system. Nothing is linked against it, and without it
//! everything else works.

#![expect(unsafe_code, reason = "libheif is a C library")]

use super::{DecodeOptions, Image, check_size};
use libloading::Library;
use sonic_core::{Error, ErrorKind, Result};
use std::ffi::{CStr, OsString, c_char, c_int, c_void};
use std::ptr::{NonNull, null, null_mut};
use std::sync::{Mutex, PoisonError};

/// Names that the library is looked for by, where `SONIC_LIBHEIF` does not name it.
const NAMES: &[&str] = if cfg!(windows) {
    &["heif.dll", "libheif.dll"]
} else if cfg!(target_os = "macos") {
    &["libheif.1.dylib", "/opt/homebrew/lib/libheif.1.dylib", "/usr/local/lib/libheif.1.dylib"]
} else {
    &["libheif.so.1"]
};
const HOW_TO_INSTALL: &str = "install libheif (Debian and Ubuntu: libheif1 with libheif-plugin-libde265 where there \
                              is one; macOS: `brew install libheif`) or set SONIC_LIBHEIF to its shared library, or \
                              convert the picture to JPEG";
const HOW_TO_ADD_A_DECODER: &str = "libheif has no decoder for it: install libde265 for HEIC, dav1d or aom for AVIF \
                                    (Debian and Ubuntu: libheif-plugin-libde265, libheif-plugin-dav1d)";

/// The longest side that libheif takes by default.
const MAX_SIDE: u64 = 32_768;
/// Bytes that a pixel takes while it is decoded: three planes, then the interleaved colours.
const BYTES_PER_PIXEL: u64 = 6;

/// Numbers of the C interface (libheif/heif.h).
mod number {
    use std::ffi::c_int;

    pub(super) const COLORSPACE_RGB: c_int = 1;
    pub(super) const CHROMA_INTERLEAVED_RGB: c_int = 10;
    pub(super) const CHANNEL_INTERLEAVED: c_int = 10;
    pub(super) const OK: c_int = 0;
    pub(super) const UNSUPPORTED_FILETYPE: c_int = 3;
    pub(super) const UNSUPPORTED_FEATURE: c_int = 4;
    pub(super) const MEMORY_ALLOCATION: c_int = 6;
    pub(super) const PLUGIN_LOADING: c_int = 12;
    pub(super) const SECURITY_LIMIT_EXCEEDED: c_int = 1000;
    pub(super) const UNSUPPORTED_CODEC: c_int = 3000;
}

/// What calls return.
#[repr(C)]
#[derive(Clone, Copy)]
struct Status {
    code: c_int,
    subcode: c_int,
    message: *const c_char,
}

/// A C object.
type Object = *mut c_void;
/// Frees a C object.
type Release = unsafe extern "C" fn(Object);

/// The functions that are called, as heif.h declares them in every version since 1.3.
#[derive(Clone, Copy)]
struct Api {
    context_alloc: unsafe extern "C" fn() -> Object,
    context_free: Release,
    limit_sides: unsafe extern "C" fn(Object, c_int),
    read: unsafe extern "C" fn(Object, *const c_void, usize, *const c_void) -> Status,
    primary: unsafe extern "C" fn(Object, *mut Object) -> Status,
    handle_width: unsafe extern "C" fn(*const c_void) -> c_int,
    handle_height: unsafe extern "C" fn(*const c_void) -> c_int,
    handle_release: Release,
    decode: unsafe extern "C" fn(Object, *mut Object, c_int, c_int, *const c_void) -> Status,
    width: unsafe extern "C" fn(*const c_void, c_int) -> c_int,
    height: unsafe extern "C" fn(*const c_void, c_int) -> c_int,
    plane: unsafe extern "C" fn(*const c_void, c_int, *mut c_int) -> *const u8,
    image_release: Release,
}

/// An object and what frees it.
struct Owned {
    object: NonNull<c_void>,
    release: Release,
}

/// The picture in `bytes`, upright: libheif turns it as the file says. An EXIF orientation means nothing here.
pub(super) fn decode(bytes: &[u8], options: &DecodeOptions) -> Result<Image> {
    let api = Api::get()?;
    // SAFETY: The function takes nothing; a null is handled.
    let context = Owned::new(unsafe { (api.context_alloc)() }, api.context_free)?;
    let side = options.max_pixels.min(MAX_SIDE) as c_int;
    // SAFETY: The context is alive. `bytes` stay where they are until it is freed, and null means default options.
    let status = unsafe {
        (api.limit_sides)(context.get(), side);
        (api.read)(context.get(), bytes.as_ptr().cast(), bytes.len(), null())
    };
    check(status)?;
    let mut handle = null_mut();
    // SAFETY: The context is alive, `handle` receives a new object.
    check(unsafe { (api.primary)(context.get(), &mut handle) })?;
    let handle = Owned::new(handle, api.handle_release)?;
    // SAFETY: The handle is alive.
    let (width, height) = unsafe { ((api.handle_width)(handle.get()), (api.handle_height)(handle.get())) };
    check_cost(length(width), length(height), options)?;
    let mut image = null_mut();
    let (colorspace, chroma) = (number::COLORSPACE_RGB, number::CHROMA_INTERLEAVED_RGB);
    // SAFETY: The handle and its context are alive, `image` receives a new object, null means default options.
    check(unsafe { (api.decode)(handle.get(), &mut image, colorspace, chroma, null()) })?;
    api.copy(&Owned::new(image, api.image_release)?, options)
}

impl Api {
    /// The functions, of a library that is loaded once and stays. The look-up is repeated after an error.
    fn get() -> Result<Self> {
        static LOADED: Mutex<Option<Api>> = Mutex::new(None);
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        match *loaded {
            Some(api) => Ok(api),
            None => Ok(*loaded.insert(Self::load(&names())?)),
        }
    }

    /// The functions of the first library of these names that has them all.
    fn load(names: &[OsString]) -> Result<Self> {
        let mut reasons = Vec::new();
        for name in names {
            // SAFETY: Loading runs the library's initialisers. The user named the file, or the system finds it.
            let found = unsafe { Library::new(name) }.and_then(|library| {
                let api = Self::of(&library)?;
                // Its functions are called until the process ends.
                std::mem::forget(library);
                Ok(api)
            });
            match found {
                Ok(api) => return Ok(api),
                Err(error) => reasons.push(format!("{}: {error}", name.display())),
            }
        }
        let tried = reasons.join("; ");
        let message =
            format!("is HEIC or AVIF, and libheif cannot be loaded: {HOW_TO_INSTALL} (tried: {tried})");
        Err(Error::new(ErrorKind::Unsupported, message))
    }

    fn of(library: &Library) -> std::result::Result<Self, libloading::Error> {
        // SAFETY: heif.h declares the functions of these names so; other libraries have none of them.
        unsafe {
            Ok(Self {
                context_alloc: *library.get(b"heif_context_alloc")?,
                context_free: *library.get(b"heif_context_free")?,
                limit_sides: *library.get(b"heif_context_set_maximum_image_size_limit")?,
                read: *library.get(b"heif_context_read_from_memory_without_copy")?,
                primary: *library.get(b"heif_context_get_primary_image_handle")?,
                handle_width: *library.get(b"heif_image_handle_get_width")?,
                handle_height: *library.get(b"heif_image_handle_get_height")?,
                handle_release: *library.get(b"heif_image_handle_release")?,
                decode: *library.get(b"heif_decode_image")?,
                width: *library.get(b"heif_image_get_width")?,
                height: *library.get(b"heif_image_get_height")?,
                plane: *library.get(b"heif_image_get_plane_readonly")?,
                image_release: *library.get(b"heif_image_release")?,
            })
        }
    }

    /// The pixels of a decoded picture of interleaved colours; its size is looked at again.
    fn copy(&self, image: &Owned, options: &DecodeOptions) -> Result<Image> {
        let (channel, mut stride) = (number::CHANNEL_INTERLEAVED, 0);
        // SAFETY: The image is alive; `stride` is written before it is read.
        let (width, height, plane) = unsafe {
            let (width, height) = ((self.width)(image.get(), channel), (self.height)(image.get(), channel));
            (width, height, (self.plane)(image.get(), channel, &mut stride))
        };
        let (width, height) = (length(width), length(height));
        check_cost(width, height, options)?;
        let (line, stride) = (width as usize * 3, length(stride) as usize);
        if plane.is_null() || stride < line {
            return Err(Error::new(ErrorKind::Internal, "libheif gave no pixels"));
        }
        let mut pixels = Vec::with_capacity(line * height as usize);
        for y in 0..height as usize {
            // SAFETY: The plane has `height` rows `stride` bytes apart, each of at least `line`, while the image lives.
            pixels.extend_from_slice(unsafe { std::slice::from_raw_parts(plane.add(y * stride), line) });
        }
        Image::new(width as u32, height as u32, pixels)
    }
}

impl Owned {
    fn new(object: Object, release: Release) -> Result<Self> {
        let missing = || Error::new(ErrorKind::Internal, "libheif gave nothing");
        Ok(Self { object: NonNull::new(object).ok_or_else(missing)?, release })
    }

    fn get(&self) -> Object {
        self.object.as_ptr()
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: The object is alive, is owned here alone, and this is its release function.
        unsafe { (self.release)(self.get()) }
    }
}

/// Where the library may be.
fn names() -> Vec<OsString> {
    match std::env::var_os("SONIC_LIBHEIF").filter(|path| !path.is_empty()) {
        Some(path) => vec![path],
        None => NAMES.iter().map(OsString::from).collect(),
    }
}

/// What is no length is none.
fn length(number: c_int) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// That a picture of this size may be decoded.
fn check_cost(width: u64, height: u64, options: &DecodeOptions) -> Result<()> {
    check_size(width, height, options)?;
    match width * height <= options.max_bytes / BYTES_PER_PIXEL {
        true => Ok(()),
        false => {
            let max = options.max_bytes;
            let message = format!(
                "takes more than {max} bytes to decode: raise `max_bytes`, or `max_pixels` where that stands for both"
            );
            Err(Error::new(ErrorKind::Limit, message))
        }
    }
}

/// The error that a call returned, if it did. The text is copied: it belongs to an object.
fn check(status: Status) -> Result<()> {
    let Status { code, subcode, message } = status;
    if code == number::OK {
        return Ok(());
    }
    let text = match message.is_null() {
        true => "libheif does not say why".into(),
        // SAFETY: The string ends with a zero byte; the object that it belongs to is alive.
        false => unsafe { CStr::from_ptr(message) }.to_string_lossy(),
    };
    let kind = match (code, subcode) {
        (number::MEMORY_ALLOCATION, _) | (_, number::SECURITY_LIMIT_EXCEEDED) => ErrorKind::Limit,
        (number::PLUGIN_LOADING, _) | (_, number::UNSUPPORTED_CODEC) => {
            let message = format!("cannot decode this picture: {text}; {HOW_TO_ADD_A_DECODER}");
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        (number::UNSUPPORTED_FILETYPE | number::UNSUPPORTED_FEATURE, _) => ErrorKind::Unsupported,
        _ => ErrorKind::Malformed,
    };
    Err(Error::new(kind, format!("cannot decode this picture: {text}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_the_library_the_error_says_what_to_install() {
        let error = Api::load(&["no-such-libheif.so.1".into()]).map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        for word in ["libheif1", "libde265", "SONIC_LIBHEIF", "no-such-libheif.so.1"] {
            assert!(error.message().contains(word), "{word}: {error}");
        }
    }

    #[test]
    fn a_failed_call_says_whose_fault_it_is() {
        let kind = |code, subcode| {
            let message = c"a reason".as_ptr();
            check(Status { code, subcode, message }).unwrap_err()
        };
        assert!(check(Status { code: 0, subcode: 7, message: null() }).is_ok());
        for (code, subcode, expected) in [
            (2, 100, ErrorKind::Malformed),
            (2, 1000, ErrorKind::Limit),
            (6, 0, ErrorKind::Limit),
            (4, 3001, ErrorKind::Unsupported),
            (3, 3000, ErrorKind::Unsupported),
            (12, 6003, ErrorKind::Unsupported),
        ] {
            let error = kind(code, subcode);
            assert_eq!(error.kind(), expected, "{code} {subcode}");
            assert!(error.message().contains("a reason"));
        }
        assert!(kind(12, 6003).message().contains("dav1d"));
        assert_eq!(
            check(Status { code: 5, subcode: 0, message: null() }).unwrap_err().kind(),
            ErrorKind::Malformed
        );
    }
}
