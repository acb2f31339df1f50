//! JPEG: the only file that knows libjpeg-turbo-rs, besides the encoder.

use super::upright::Orientation;
use super::{DecodeOptions, Image, check_size, exif};
use libjpeg_turbo_rs::{DecodeLimits, DecodeWarning, Decoder, JpegError, PixelFormat, ScalingFactor};
use sonic_core::{Error, ErrorKind, Result};

/// More scans than any encoder writes; a file of many empty ones costs nothing to make and much to decode.
const MAX_SCANS: usize = 500;

/// The picture in `bytes`, upright.
pub(super) fn decode(bytes: &[u8], options: &DecodeOptions) -> Result<Image> {
    let limits = DecodeLimits {
        max_pixels: options.max_pixels,
        max_scans: MAX_SCANS,
        max_memory: Some(options.max_bytes),
        ..DecodeLimits::default()
    };
    let mended;
    let (mut decoder, cut) = match Decoder::new_with_limits(bytes, limits) {
        Err(JpegError::UnexpectedEof) => {
            mended = ended(bytes, limits).ok_or_else(|| refused(JpegError::UnexpectedEof))?;
            (Decoder::new_with_limits(&mended, limits).map_err(refused)?, true)
        }
        decoder => (decoder.map_err(refused)?, false),
    };
    let (width, height) = (u32::from(decoder.header().width), u32::from(decoder.header().height));
    check_size(width.into(), height.into(), options)?;
    let reduction = reduction(width.max(height), options.reduce_to);
    decoder.set_output_format(PixelFormat::Rgb);
    decoder.set_scale(ScalingFactor::try_new(1, reduction).map_err(refused)?);
    decoder.set_lenient(true);
    let orientation = Orientation::from_exif(decoder.exif_data().map_or(1, exif::orientation));
    let decoded = decoder.decode_image().map_err(refused)?;
    let truncated = cut || decoded.warnings.iter().any(|w| matches!(w, DecodeWarning::TruncatedData { .. }));
    let image = orientation.apply(decoded.width as u32, decoded.height as u32, decoded.data)?;
    Ok(image.with_notes(truncated, reduction))
}

/// 1, 2, 4 or 8: as large as leaves a side of `longer` pixels at least `reduce_to` long.
fn reduction(longer: u32, reduce_to: Option<u32>) -> u32 {
    let Some(least) = reduce_to else { return 1 };
    [8, 4, 2].into_iter().find(|by| longer / by >= least.max(1)).unwrap_or(1)
}

/// A JPEG that ends too early, with an end: after its last byte, or before the segment that is cut in two; `None` if
/// there is no scan before that.
fn ended(bytes: &[u8], limits: DecodeLimits) -> Option<Vec<u8>> {
    const END: &[u8] = &[0xff, 0xd9];
    let is_segment = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff | 0xd0..=0xd7);
    let last = bytes.windows(2).rposition(is_segment)?;
    [bytes, &bytes[..last]].into_iter().map(|part| [part, END].concat()).find(|part| {
        let has_scan = part.windows(2).any(|pair| pair == [0xff, 0xda]);
        has_scan && Decoder::new_with_limits(part, limits).is_ok()
    })
}

fn refused(error: JpegError) -> Error {
    let kind = match &error {
        JpegError::Unsupported(_) => ErrorKind::Unsupported,
        JpegError::LimitExceeded { .. } | JpegError::AllocationFailed { .. } => ErrorKind::Limit,
        _ => ErrorKind::Malformed,
    };
    Error::new(kind, format!("cannot decode this JPEG: {error}")).with_source(error)
}
