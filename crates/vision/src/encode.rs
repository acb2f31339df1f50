//! Pictures for reports.

use crate::Image;
use libjpeg_turbo_rs::{PixelFormat, Subsampling, compress};
use sonic_core::{Error, ErrorKind, Result};

/// The bytes of a JPEG file with `image`; `quality` is 1 to 100, 85 is good for looking at.
///
/// # Errors
/// `InvalidArgument` for another quality, or a picture with a side of more than 65,500 pixels.
pub fn encode_jpeg(image: &Image, quality: u8) -> Result<Vec<u8>> {
    let invalid = |message: String| Error::new(ErrorKind::InvalidArgument, message);
    if !(1..=100).contains(&quality) {
        return Err(invalid(format!("the quality of a JPEG is 1 to 100, not {quality}")));
    }
    let (width, height) = (image.width() as usize, image.height() as usize);
    let jpeg = compress(image.pixels(), width, height, PixelFormat::Rgb, quality, Subsampling::S420);
    jpeg.map_err(|e| invalid(format!("cannot make a JPEG of {width} x {height} pixels: {e}")).with_source(e))
}
