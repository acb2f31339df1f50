//! What a picture is, and all kinds but JPEG, HEIC and AVIF: the only file that knows the crate `image`.

use super::upright::Orientation;
use super::{DecodeOptions, Image, check_size, exif};
use image::codecs::{
    bmp::BmpDecoder, gif::GifDecoder, png::PngDecoder, tiff::TiffDecoder, webp::WebPDecoder,
};
use image::{DynamicImage, ImageDecoder, ImageError, Limits};
use sonic_core::{Error, ErrorKind, Result};
use std::io::Cursor;

/// How a picture is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Jpeg,
    Heif,
    Other(Other),
}

/// The kinds that the crate `image` decodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Other {
    Png,
    WebP,
    Gif,
    Bmp,
    Tiff,
}

impl Format {
    /// What `bytes` begin as.
    pub(super) fn of(bytes: &[u8]) -> Result<Self> {
        Ok(match bytes {
            [0xff, 0xd8, 0xff, ..] => Self::Jpeg,
            [0x89, b'P', b'N', b'G', ..] => Self::Other(Other::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Self::Other(Other::WebP),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Self::Other(Other::Gif),
            [b'B', b'M', ..] => Self::Other(Other::Bmp),
            [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Self::Other(Other::Tiff),
            [_, _, _, _, b'f', b't', b'y', b'p', ..] if is_heif(bytes) => Self::Heif,
            [] => return Err(Error::new(ErrorKind::Malformed, "is empty")),
            _ => return Err(unknown(bytes)),
        })
    }
}

/// True if the brands in the first box, the main one and those that the file is compatible with, name a picture of
/// HEIF (ISO/IEC 23008-12).
fn is_heif(bytes: &[u8]) -> bool {
    let Some((size, rest)) = bytes.split_first_chunk::<4>() else { return false };
    let end = (u32::from_be_bytes(*size) as usize).clamp(12, 256).min(bytes.len()) - 4;
    // The number between the main brand and the others is no brand.
    rest[4..end].chunks_exact(4).any(|brand| {
        matches!(
            brand,
            b"heic"
                | b"heix"
                | b"heim"
                | b"heis"
                | b"hevc"
                | b"hevx"
                | b"mif1"
                | b"mif2"
                | b"msf1"
                | b"avif"
                | b"avis"
        )
    })
}

/// The error for bytes that are none of ours, by name where they are a known kind.
fn unknown(bytes: &[u8]) -> Error {
    let kind = match bytes {
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "a film",
        [0xff, 0x0a, ..] | [0, 0, 0, 12, b'J', b'X', b'L', b' ', ..] => "JPEG XL",
        [0, 0, 0, 12, b'j', b'P', ..] | [0xff, 0x4f, 0xff, 0x51, ..] => "JPEG 2000",
        [b'8', b'B', b'P', b'S', ..] => "a Photoshop document",
        _ => {
            let kinds = "is no picture that sonic knows (JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC, AVIF)";
            return Error::new(ErrorKind::Malformed, kinds);
        }
    };
    let message = format!("is {kind}, which sonic cannot decode: convert it to JPEG or PNG");
    Error::new(ErrorKind::Unsupported, message)
}

/// The picture in `bytes`, upright.
pub(super) fn decode(bytes: &[u8], format: Other, options: &DecodeOptions) -> Result<Image> {
    let reader = Cursor::new(bytes);
    match format {
        Other::Png => {
            let orientation = exif::of_png(bytes).map_or(1, exif::orientation);
            finish(PngDecoder::with_limits(reader, limits(options)), orientation, options)
        }
        Other::WebP => {
            let mut decoder = WebPDecoder::new(reader).map_err(refused)?;
            let exif = decoder.exif_metadata().unwrap_or_default();
            finish(Ok(decoder), exif.as_deref().map_or(1, exif::orientation), options)
        }
        Other::Gif => finish(GifDecoder::new(reader), 1, options),
        Other::Bmp => finish(BmpDecoder::new(reader), 1, options),
        Other::Tiff => finish(TiffDecoder::new(reader), exif::orientation(bytes), options),
    }
}

fn finish<D: ImageDecoder>(
    decoder: std::result::Result<D, ImageError>,
    orientation: u8,
    options: &DecodeOptions,
) -> Result<Image> {
    let mut decoder = decoder.map_err(refused)?;
    let (width, height) = decoder.dimensions();
    check_size(width.into(), height.into(), options)?;
    decoder.set_limits(limits(options)).map_err(refused)?;
    let pixels = DynamicImage::from_decoder(decoder).map_err(refused)?.into_rgb8().into_raw();
    Orientation::from_exif(orientation).apply(width, height, pixels)
}

fn limits(options: &DecodeOptions) -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(options.max_bytes);
    limits
}

fn refused(error: ImageError) -> Error {
    let kind = match &error {
        ImageError::Unsupported(_) => ErrorKind::Unsupported,
        ImageError::Limits(_) => ErrorKind::Limit,
        _ => ErrorKind::Malformed,
    };
    Error::new(kind, format!("cannot decode this picture: {error}")).with_source(error)
}
