//! How pictures lie in the inputs of a network.

use super::{MAX_SIZE, MULTIPLE};
use crate::Image;

/// A picture, or a part of one, in the top-left corner of an input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fit {
    /// The part: left, top, width and height in pixels of the picture; `None` for all of it.
    pub(super) part: Option<[u32; 4]>,
    /// Width and height of the input.
    pub(super) canvas: (u32, u32),
    /// Width and height of the picture in it.
    pub(super) picture: (u32, u32),
    /// Pixels of the input for one of the picture.
    pub(super) scale: f64,
}

impl Fit {
    /// As large as it goes into `canvas`, the sides in proportion and rounded down.
    pub(super) fn inside(image: &Image, canvas: (u32, u32)) -> Self {
        let (width, height) = (f64::from(image.width()), f64::from(image.height()));
        let ratio = height / width;
        let (x, y) = match ratio > f64::from(canvas.1) / f64::from(canvas.0) {
            true => ((f64::from(canvas.1) / ratio) as u32, canvas.1),
            false => (canvas.0, (f64::from(canvas.0) * ratio) as u32),
        };
        let scale = match y {
            0 => f64::from(x) / width,
            y => f64::from(y) / height,
        };
        Self { part: None, canvas, picture: (x.max(1), y.max(1)), scale }
    }

    /// At its own size, each side filled up to a multiple of the stride; a very large one as large as is possible.
    pub(super) fn own(image: &Image) -> Self {
        let (width, height) = (image.width(), image.height());
        if width.max(height) > MAX_SIZE {
            return Self::inside(image, (MAX_SIZE, MAX_SIZE));
        }
        let canvas = (width.next_multiple_of(MULTIPLE), height.next_multiple_of(MULTIPLE));
        Self { part: None, canvas, picture: (width, height), scale: 1.0 }
    }

    /// A part of a picture at this scale, each side of the input filled up to a multiple of the stride.
    pub(super) fn part([left, top, width, height]: [u32; 4], scale: f64) -> Self {
        let side = |length: u32| ((f64::from(length) * scale).round() as u32).max(1);
        let picture = (side(width), side(height));
        let canvas = (picture.0.next_multiple_of(MULTIPLE), picture.1.next_multiple_of(MULTIPLE));
        Self { part: Some([left, top, width, height]), canvas, picture, scale }
    }
}
