//! Decoded pictures.

use crate::convert::{Out, free, invalid, reference, slice};
use crate::error::{call, sonic_status};
use crate::nouns::source::{sonic_source, source_of};
use crate::options::{Options, Sized32, init, read_options};
use sonic::vision::DecodeOptions;
use sonic::vision::decode_with;
use sonic::{Image, Result};
use std::ptr::null;

/// Shared. A decoded picture, upright: rows from the top, pixels from the left, red, green and blue of 8 bits each.
pub struct sonic_image(Image);

/// What decoding a picture may cost.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_image_options {
    /// sizeof(sonic_image_options)
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// Most pixels, width times height.
    pub max_pixels: u64,
    /// Most bytes that a file may have, and that decoding it may take.
    pub max_bytes: u64,
}

// SAFETY: two u32, two u64.
unsafe impl Sized32 for sonic_image_options {
    const LEAST: usize = size_of::<Self>();
}

impl Options for sonic_image_options {
    fn defaults() -> Self {
        let DecodeOptions { max_pixels, max_bytes, .. } = DecodeOptions::default();
        Self { size: size_of::<Self>() as u32, reserved: 0, max_pixels, max_bytes }
    }
}

impl sonic_image_options {
    pub(crate) fn to_options(self) -> Result<DecodeOptions> {
        crate::options::reserved(self.reserved)?;
        let Self { max_pixels, max_bytes, .. } = self;
        Ok(DecodeOptions { max_pixels, max_bytes, ..DecodeOptions::default() })
    }
}

/// Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_image_options_init(
    options: *mut sonic_image_options,
    size: usize,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { init(options, size) })
}

/// Decodes a picture: JPEG, PNG, WebP, GIF (its first frame), BMP or TIFF, turned as its EXIF orientation says. Grey
/// becomes three equal channels, 16 bits become 8, transparency is dropped, CMYK becomes RGB.
///
/// Errors: NOT_FOUND and IO if it cannot be read; INVALID_ARGUMENT for a folder; MALFORMED if it is empty, damaged or no
/// picture; UNSUPPORTED for other kinds of pictures; LIMIT beyond the limits of the options.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_image_decode(
    source: *const sonic_source,
    options: *const sonic_image_options,
    image: *mut *mut sonic_image,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (source, options) = unsafe { (source_of(source)?, read_options(options)?.to_options()?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(image, "image") }?;
        out.give(sonic_image(source.with_image(options.max_bytes, |image| decode_with(image, &options))?))
    })
}

/// A picture of pixels that are there already: red, green and blue of 8 bits each, copied. Rows begin `stride` bytes
/// after each other, 3 times `width` if nothing lies between them. `len` is how many bytes there are.
///
/// Errors: INVALID_ARGUMENT if there is no pixel, a row is longer than `stride`, or `len` is too few.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_image_new(
    pixels: *const u8,
    len: usize,
    width: u32,
    height: u32,
    stride: usize,
    image: *mut *mut sonic_image,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (pixels, out) = unsafe { (slice(pixels, len, "pixels")?, Out::new(image, "image")?) };
        out.give(sonic_image(Image::new(width, height, packed(pixels, width, height, stride)?)?))
    })
}

/// The pixels without what lies between the rows.
fn packed(pixels: &[u8], width: u32, height: u32, stride: usize) -> Result<Vec<u8>> {
    let row = (width as usize).checked_mul(3).ok_or_else(|| invalid("width is too large"))?;
    if width == 0 || height == 0 || stride < row {
        return Err(invalid(format!("{width} x {height} pixels cannot lie in rows of {stride} bytes")));
    }
    let needed = stride.checked_mul(height as usize - 1).and_then(|bytes| bytes.checked_add(row));
    match needed.is_some_and(|needed| needed <= pixels.len()) {
        true => {
            Ok(pixels.chunks(stride).take(height as usize).flat_map(|line| &line[..row]).copied().collect())
        }
        false => Err(invalid(format!("pixels has {} bytes, too few for {width} x {height}", pixels.len()))),
    }
}

/// # Safety
/// `image` is null or an image.
pub(crate) unsafe fn image_of<'a>(image: *const sonic_image) -> Result<&'a Image> {
    // SAFETY: the caller's promise.
    unsafe { reference(image, "image") }.map(|i| &i.0)
}

/// The pixels, row by row without gaps: 3 times width times height bytes. Borrowed from the image.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_image_pixels(image: *const sonic_image) -> *const u8 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { image.as_ref() }.map_or(null(), |i| i.0.pixels().as_ptr())
}

/// Pixels in a row.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_image_width(image: *const sonic_image) -> u32 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { image.as_ref() }.map_or(0, |i| i.0.width())
}

/// Rows.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_image_height(image: *const sonic_image) -> u32 {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { image.as_ref() }.map_or(0, |i| i.0.height())
}

/// True if the file ended before the picture did; what is missing is grey.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_image_truncated(image: *const sonic_image) -> bool {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { image.as_ref() }.is_some_and(|i| i.0.truncated())
}

/// Frees an image; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_image_free(image: *mut sonic_image) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(image) }
}
