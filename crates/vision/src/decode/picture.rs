//! Pixels.

use sonic_core::{Error, ErrorKind, Result};
#[cfg(feature = "onnx")]
use std::borrow::Cow;
use std::fmt;

/// A picture: rows from the top, pixels from the left, red, green and blue of 8 bits each.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
    truncated: bool,
    reduction: u32,
}

impl Image {
    /// A picture of `width` times `height` pixels of three bytes each.
    ///
    /// # Errors
    /// `InvalidArgument` if there is no pixel, or `pixels` has another length.
    pub fn new(width: u32, height: u32, pixels: Vec<u8>) -> Result<Self> {
        let expected = (width as usize).checked_mul(height as usize).and_then(|n| n.checked_mul(3));
        if expected == Some(pixels.len()) && !pixels.is_empty() {
            return Ok(Self { width, height, pixels, truncated: false, reduction: 1 });
        }
        let got = pixels.len();
        Err(Error::new(
            ErrorKind::InvalidArgument,
            format!(
                "{width} x {height} pixels of three bytes cannot be {got} bytes: give at least one pixel"
            ),
        ))
    }

    /// Pixels in a row.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Red, green and blue of each pixel, row by row.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The pixels without a copy; see [`pixels`](Self::pixels).
    pub fn into_pixels(self) -> Vec<u8> {
        self.pixels
    }

    /// True if the file ended before the picture did; what is missing is grey.
    pub fn truncated(&self) -> bool {
        self.truncated
    }

    /// How much smaller than its file it was decoded: 1, 2, 4 or 8. Coordinates times this are those of the full
    /// picture.
    pub fn reduction(&self) -> u32 {
        self.reduction
    }

    pub(super) fn with_notes(mut self, truncated: bool, reduction: u32) -> Self {
        (self.truncated, self.reduction) = (truncated, reduction);
        self
    }

    /// A part of it: left, top, width and height, cut off where the picture ends.
    #[cfg(feature = "onnx")]
    pub(crate) fn part(&self, [left, top, width, height]: [u32; 4]) -> Cow<'_, Self> {
        if [left, top] == [0, 0] && width >= self.width && height >= self.height {
            return Cow::Borrowed(self);
        }
        let (left, top) = (left.min(self.width - 1), top.min(self.height - 1));
        let (width, height) = (width.clamp(1, self.width - left), height.clamp(1, self.height - top));
        let columns = left as usize * 3..(left + width) as usize * 3;
        let rows = top as usize..(top + height) as usize;
        let pixels = rows.flat_map(|y| &self.row(y)[columns.clone()]).copied().collect();
        Cow::Owned(Self { width, height, pixels, truncated: false, reduction: 1 })
    }

    /// The bytes of row `y`.
    pub(crate) fn row(&self, y: usize) -> &[u8] {
        let stride = self.width as usize * 3;
        &self.pixels[y * stride..][..stride]
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Image({} x {})", self.width, self.height)
    }
}
