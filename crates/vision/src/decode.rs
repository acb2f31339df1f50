//! Turning foreign bytes into an upright picture.
//!
//! Reads JPEG, PNG, WebP, GIF (its first frame), BMP and TIFF, and, where the system has libheif, HEIC and AVIF. The
//! EXIF orientation of JPEG, PNG, WebP and TIFF is applied, and what a HEIC or AVIF says itself. What a picture is
//! follows from its bytes, never from its name.
//!
//! ```no_run
//! let image = sonic_vision::decode::decode("party.jpg")?;
//! println!("{} x {}", image.width(), image.height());
//! # Ok::<(), sonic_core::Error>(())
//! ```
//!
//! JPEG comes out as libjpeg-turbo decodes it, bit for bit, with its default settings. Grey becomes three equal
//! channels, 16 bits become 8, transparency is dropped, CMYK becomes RGB without a colour profile; profiles are not
//! applied anywhere.
//!
//! # Damage
//!
//! A JPEG that ends too early, as an interrupted transfer leaves it, gives what it holds and grey below, and says
//! so: [`Image::truncated`]. Other damaged files are `Malformed`.
//!
//! # Limits
//!
//! The size in the header is checked against [`DecodeOptions`] before memory is taken. JPEG XL and JPEG 2000 are
//! `Unsupported`: convert them to JPEG.
//!
//! # HEIC and AVIF
//!
//! libheif is looked for when the first such picture comes: version 1 of it where the system finds libraries, or what
//! the environment variable `SONIC_LIBHEIF` names. Without it, or without a decoder behind it, such a picture is
//! `Unsupported`, and the message says what to install. Of several pictures in a file the primary one is decoded.
//! libheif is native code: keep it up to date where pictures come from strangers.

mod exif;
mod format;
mod heif;
mod jpeg;
mod picture;
mod upright;

pub use picture::Image;

use format::Format;
use sonic_core::guard::guard;
use sonic_core::open::open;
use sonic_core::{Error, ErrorKind, Result};
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Where a picture comes from. Paths and byte slices convert into it by themselves.
#[derive(Clone, Copy)]
pub enum ImageSource<'a> {
    /// A file by its path.
    Path(&'a Path),
    /// The bytes of a file.
    Bytes(&'a [u8]),
}

/// What decoding may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeOptions {
    /// Most pixels of a picture, width times height.
    pub max_pixels: u64,
    /// Most bytes that a file may have, and that decoding it may take.
    pub max_bytes: u64,
    /// Halves a JPEG once, twice or three times while it is decoded, as often as its longer side stays at least
    /// this many pixels. Decoding a picture of 27 million pixels takes half the time then. Meant for looking for
    /// faces only: to compare faces they should be cut out of the full picture. See [`Image::reduction`].
    pub reduce_to: Option<u32>,
}

/// Bytes for a pixel that decoding may take where a limit of pixels is all that is given: a picture of four channels of
/// 16 bits, and its colours of 8.
const BYTES_PER_PIXEL: u64 = 12;

impl DecodeOptions {
    /// For pictures of so many pixels, and the memory that takes.
    pub fn within(max_pixels: u64) -> Self {
        let default = Self::default();
        let max_bytes = max_pixels.saturating_mul(BYTES_PER_PIXEL).max(default.max_bytes);
        Self { max_pixels, max_bytes, ..default }
    }
}

impl Default for DecodeOptions {
    fn default() -> Self {
        Self { max_pixels: 100_000_000, max_bytes: 1 << 30, reduce_to: None }
    }
}

/// The picture in `source`, upright.
///
/// # Errors
/// `NotFound` and `Io` if it cannot be read, `InvalidArgument` for a folder, `Malformed` if it is empty, damaged or
/// no picture, `Unsupported` for a kind of picture that sonic cannot decode, `Limit` beyond the default
/// [`DecodeOptions`].
pub fn decode<'a>(source: impl Into<ImageSource<'a>>) -> Result<Image> {
    decode_with(source, &DecodeOptions::default())
}

/// As [`decode`], with limits of your own.
///
/// # Errors
/// As [`decode`].
pub fn decode_with<'a>(source: impl Into<ImageSource<'a>>, options: &DecodeOptions) -> Result<Image> {
    let source = source.into();
    let decoded = match source {
        ImageSource::Path(path) => read(path, options.max_bytes).and_then(|b| decode_bytes(&b, options)),
        ImageSource::Bytes(bytes) => decode_bytes(bytes, options),
    };
    decoded.map_err(|e| e.context(source))
}

fn decode_bytes(bytes: &[u8], options: &DecodeOptions) -> Result<Image> {
    if bytes.len() as u64 > options.max_bytes {
        return Err(too_many_bytes(options.max_bytes));
    }
    let format = Format::of(bytes)?;
    guard(ErrorKind::Malformed, "the decoder", || match format {
        Format::Jpeg => jpeg::decode(bytes, options),
        Format::Heif => heif::decode(bytes, options),
        Format::Other(format) => format::decode(bytes, format, options),
    })
}

/// All bytes of the file `path`.
fn read(path: &Path, max_bytes: u64) -> Result<Vec<u8>> {
    let file = open(path)?.file;
    let metadata = file.metadata().map_err(|e| Error::io("cannot open", e))?;
    if metadata.len() > max_bytes {
        return Err(too_many_bytes(max_bytes));
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    // A pipe has no length, and a file may grow.
    let most = max_bytes.saturating_add(1);
    file.take(most).read_to_end(&mut bytes).map_err(|e| Error::io("cannot read", e))?;
    Ok(bytes)
}

fn too_many_bytes(max_bytes: u64) -> Error {
    let message = format!(
        "has more than {max_bytes} bytes: raise `max_bytes`, or `max_pixels` where that stands for both"
    );
    Error::new(ErrorKind::Limit, message)
}

/// That a picture of this size may be decoded.
fn check_size(width: u64, height: u64, options: &DecodeOptions) -> Result<()> {
    if width == 0 || height == 0 {
        return Err(Error::new(ErrorKind::Malformed, "has no pixels"));
    }
    let max = options.max_pixels;
    match width.checked_mul(height).is_some_and(|pixels| pixels <= max) {
        true => Ok(()),
        false => Err(Error::new(
            ErrorKind::Limit,
            format!("has {width} x {height} pixels, the limit is {max}: raise `max_pixels` to decode it"),
        )),
    }
}

impl fmt::Display for ImageSource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Bytes(bytes) => write!(f, "{} bytes in memory", bytes.len()),
        }
    }
}

impl fmt::Debug for ImageSource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ImageSource({self})")
    }
}

impl<'a> From<&'a Path> for ImageSource<'a> {
    fn from(path: &'a Path) -> Self {
        Self::Path(path)
    }
}

impl<'a> From<&'a PathBuf> for ImageSource<'a> {
    fn from(path: &'a PathBuf) -> Self {
        Self::Path(path)
    }
}

impl<'a> From<&'a str> for ImageSource<'a> {
    fn from(path: &'a str) -> Self {
        Self::Path(path.as_ref())
    }
}

impl<'a> From<&'a String> for ImageSource<'a> {
    fn from(path: &'a String) -> Self {
        Self::Path(path.as_ref())
    }
}

impl<'a> From<&'a [u8]> for ImageSource<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<&'a Vec<u8>> for ImageSource<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}
