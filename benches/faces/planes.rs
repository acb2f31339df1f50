//! The input of a detector, made by another crate.

use super::Outcome;
use fast_image_resize::images::{Image as Plain, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use sonic::vision::Image;

/// Bilinear by `fast_image_resize`, then the same numbers in the same order.
pub(crate) fn other_planes(image: &Image) -> Outcome<Vec<f32>> {
    let (width, height) = (image.width(), image.height());
    let scale = 640.0 / f64::from(width.max(height));
    let (x, y) = ((f64::from(width) * scale) as u32, (f64::from(height) * scale) as u32);
    let source = ImageRef::new(width, height, image.pixels(), PixelType::U8x3)?;
    let mut resized = Plain::new(x, y, PixelType::U8x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Interpolation(FilterType::Bilinear));
    Resizer::new().resize(&source, &mut resized, &options)?;
    let mut planes = vec![-127.5 / 128.0; 3 * 640 * 640];
    for (row, line) in resized.buffer().chunks_exact(3 * x as usize).enumerate() {
        for (column, pixel) in line.chunks_exact(3).enumerate() {
            for (channel, level) in pixel.iter().enumerate() {
                planes[(channel * 640 + row) * 640 + column] = (f32::from(*level) - 127.5) / 128.0;
            }
        }
    }
    Ok(planes)
}
