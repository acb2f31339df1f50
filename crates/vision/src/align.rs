//! Faces turned upright at one size, and pictures of them for people to look at.
//!
//! Embedders compare faces that lie on each other: the similarity transform (turn, scale, shift) that brings the five
//! points of a face closest to those of a template, in the sense of least squares, is found by S. Umeyama,
//! "Least-squares estimation of transformation parameters between two point patterns", IEEE PAMI 13(4), 1991. The
//! template is that of ArcFace (J. Deng et al., CVPR 2019), which all embedders here were trained with.

use crate::Image;
use sonic_core::{Error, ErrorKind, Result};

/// Where the five points of a face lie in an aligned picture of 112 x 112 pixels.
pub const TEMPLATE: [[f32; 2]; 5] =
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]];

/// The side of the picture that [`TEMPLATE`] is for.
pub const TEMPLATE_SIZE: u32 = 112;

/// Largest side of a picture that is made here.
const MAX_SIZE: u32 = 4096;

/// How much of what is around a face a thumbnail shows, in sides of its box.
const THUMBNAIL_MARGIN: f64 = 1.4;

/// Brings points of a picture to those of an aligned one: `[[a, -b, x], [b, a, y]]`.
pub type Similarity = [[f64; 3]; 2];

/// The transform that aligns a face with these five points to a picture of `size` x `size` pixels.
///
/// # Errors
/// `InvalidArgument` if the points are not finite or all but in one place, or `size` is not 1 to 4096.
pub fn similarity(landmarks: &[[f32; 2]; 5], size: u32) -> Result<Similarity> {
    check_size(size)?;
    let scale = f64::from(size) / f64::from(TEMPLATE_SIZE);
    let from = landmarks.map(|p| p.map(f64::from));
    let to = TEMPLATE.map(|p| p.map(|x| f64::from(x) * scale));
    let ([fx, fy], [tx, ty]) = (mean(&from), mean(&to));
    // As complex numbers: the a + bi that makes (a + bi)(from) closest to (to), both around their means.
    let (mut real, mut imaginary, mut square) = (0.0, 0.0, 0.0);
    for ([x, y], [u, v]) in from.iter().zip(&to) {
        let (x, y, u, v) = (x - fx, y - fy, u - tx, v - ty);
        real += x * u + y * v;
        imaginary += x * v - y * u;
        square += x * x + y * y;
    }
    let (a, b) = (real / square, imaginary / square);
    let finite = a.is_finite() && b.is_finite();
    if !finite || square < 1e-6 || a.hypot(b) < 1e-9 {
        return Err(invalid("the five points of a face must be finite and lie apart".to_owned()));
    }
    Ok([[a, -b, tx - a * fx + b * fy], [b, a, ty - b * fx - a * fy]])
}

/// The face with these five points, upright in `size` x `size` pixels; what lies outside of `image` is black.
///
/// # Errors
/// As [`similarity`].
pub fn aligned(image: &Image, landmarks: &[[f32; 2]; 5], size: u32) -> Result<Image> {
    let [[a, c, x], [b, d, y]] = similarity(landmarks, size)?;
    let determinant = a * d - b * c;
    let (ia, ib, ic, id) = (d / determinant, -b / determinant, -c / determinant, a / determinant);
    let mut pixels = Vec::with_capacity(size as usize * size as usize * 3);
    for row in 0..size {
        for column in 0..size {
            let (u, v) = (f64::from(column) - x, f64::from(row) - y);
            pixels.extend_from_slice(&sample(image, ia * u + ic * v, ib * u + id * v));
        }
    }
    Image::new(size, size, pixels)
}

/// A square picture of the face with this box (left, top, right, bottom) and what is around it, `size` x `size`
/// pixels, for looking at; the edge of `image` is continued where it ends.
///
/// # Errors
/// `InvalidArgument` if the box is empty or not finite, or `size` is not 1 to 4096.
pub fn thumbnail(image: &Image, bbox: [f32; 4], size: u32) -> Result<Image> {
    check_size(size)?;
    let [left, top, right, bottom] = bbox.map(f64::from);
    let side = (right - left).max(bottom - top) * THUMBNAIL_MARGIN;
    if !bbox.iter().all(|x| x.is_finite()) || right <= left || bottom <= top {
        return Err(invalid(format!("the box {bbox:?} must be left, top, right, bottom of a face")));
    }
    let step = side / f64::from(size);
    let (x, y) = ((left + right - side) / 2.0, (top + bottom - side) / 2.0);
    let mut pixels = Vec::with_capacity(size as usize * size as usize * 3);
    for row in 0..size {
        for column in 0..size {
            let (x, y) = (x + f64::from(column) * step, y + f64::from(row) * step);
            pixels.extend_from_slice(&average(image, [x, y], step));
        }
    }
    Image::new(size, size, pixels)
}

fn mean(points: &[[f64; 2]; 5]) -> [f64; 2] {
    let sum = points.iter().fold([0.0, 0.0], |sum, p| [sum[0] + p[0], sum[1] + p[1]]);
    sum.map(|x| x / 5.0)
}

/// The colour at a place between pixels; outside of the picture is black.
fn sample(image: &Image, x: f64, y: f64) -> [u8; 3] {
    let (width, height) = (f64::from(image.width()), f64::from(image.height()));
    if !(x > -1.0 && y > -1.0 && x < width && y < height) {
        return [0; 3];
    }
    let (left, top) = (x.floor(), y.floor());
    let (u, v) = ((x - left) as f32, (y - top) as f32);
    let (left, top) = (left as isize, top as isize);
    let corners = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(dx, dy)| pixel(image, left + dx, top + dy));
    let mut colour = [0; 3];
    for (channel, colour) in colour.iter_mut().enumerate() {
        let [a, b, c, d] = corners.map(|corner| f32::from(corner[channel]));
        let (upper, lower) = (a + (b - a) * u, c + (d - c) * u);
        *colour = (upper + (lower - upper) * v + 0.5) as u8;
    }
    colour
}

fn pixel(image: &Image, x: isize, y: isize) -> [u8; 3] {
    let inside = x >= 0 && y >= 0 && x < image.width() as isize && y < image.height() as isize;
    if !inside {
        return [0; 3];
    }
    let at = x as usize * 3;
    let row = image.row(y as usize);
    [row[at], row[at + 1], row[at + 2]]
}

/// The mean colour of the pixels in a square whose corner and side are given; of at least one.
fn average(image: &Image, corner: [f64; 2], side: f64) -> [u8; 3] {
    let range = |from: f64, length: u32| {
        let inside = |x: f64| x.clamp(0.0, f64::from(length - 1)) as usize;
        let first = inside((from + 0.5).floor());
        (first, inside((from + side - 0.5).floor()).max(first))
    };
    let ((left, right), (top, bottom)) = (range(corner[0], image.width()), range(corner[1], image.height()));
    let mut sums = [0u64; 3];
    for y in top..=bottom {
        for pixel in image.row(y)[left * 3..(right + 1) * 3].chunks_exact(3) {
            sums.iter_mut().zip(pixel).for_each(|(sum, &level)| *sum += u64::from(level));
        }
    }
    let count = ((right - left + 1) * (bottom - top + 1)) as u64;
    sums.map(|sum| ((sum + count / 2) / count) as u8)
}

fn check_size(size: u32) -> Result<()> {
    match (1..=MAX_SIZE).contains(&size) {
        true => Ok(()),
        false => Err(invalid(format!("a side of {size} pixels; give 1 to {MAX_SIZE}"))),
    }
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidArgument, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The template, turned by `degrees`, scaled and shifted.
    fn placed(degrees: f64, scale: f64, shift: [f64; 2]) -> [[f32; 2]; 5] {
        let (sin, cos) = degrees.to_radians().sin_cos();
        TEMPLATE.map(|p| {
            let [x, y] = p.map(f64::from);
            [(scale * (cos * x - sin * y) + shift[0]) as f32, (scale * (sin * x + cos * y) + shift[1]) as f32]
        })
    }

    #[test]
    fn a_face_is_brought_back_from_any_place() {
        for (degrees, scale, shift) in
            [(0.0, 1.0, [0.0, 0.0]), (30.0, 2.5, [100.0, -40.0]), (-170.0, 0.3, [9.0, 800.0])]
        {
            let landmarks = placed(degrees, scale, shift);
            let [[a, c, x], [b, d, y]] = similarity(&landmarks, 224).unwrap();
            assert!((a.hypot(b) - 2.0 / scale).abs() < 1e-4 && a == d && b == -c);
            for (point, target) in landmarks.iter().zip(TEMPLATE) {
                let [u, v] = point.map(f64::from);
                let got = [a * u + c * v + x, b * u + d * v + y];
                let near = |got: f64, want: f32| (got - 2.0 * f64::from(want)).abs() < 1e-3;
                assert!(near(got[0], target[0]) && near(got[1], target[1]), "{got:?} {target:?}");
            }
        }
    }

    #[test]
    fn an_aligned_face_that_lay_in_place_is_the_same_picture() {
        let pixels: Vec<u8> = (0..112 * 112 * 3).map(|i| (i * 7 % 251) as u8).collect();
        let image = Image::new(112, 112, pixels).unwrap();
        assert_eq!(aligned(&image, &TEMPLATE, 112).unwrap(), image);
        let outside = TEMPLATE.map(|[x, y]| [x + 5000.0, y]);
        assert!(aligned(&image, &outside, 112).unwrap().pixels().iter().all(|&level| level == 0));
    }

    #[test]
    fn points_that_say_nothing_are_refused() {
        for landmarks in [[[3.0, 3.0]; 5], [[f32::NAN; 2]; 5], [[f32::INFINITY, 0.0]; 5]] {
            let error = similarity(&landmarks, 112).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        }
        assert!(similarity(&TEMPLATE, 0).is_err() && similarity(&TEMPLATE, 5000).is_err());
    }

    #[test]
    fn a_thumbnail_shows_the_box_in_its_middle() {
        let mut pixels = vec![0; 200 * 100 * 3];
        for y in 40..60 {
            pixels[(y * 200 + 140) * 3..(y * 200 + 160) * 3].fill(200);
        }
        let image = Image::new(200, 100, pixels).unwrap();
        let small = thumbnail(&image, [140.0, 40.0, 160.0, 60.0], 28).unwrap();
        assert_eq!(small.pixels()[(14 * 28 + 14) * 3], 200);
        assert_eq!(small.pixels()[(14 * 28 + 1) * 3], 0);
        for bbox in [[-500.0, -500.0, -300.0, -400.0], [0.0, 0.0, 1e9, 1e9]] {
            assert_eq!(thumbnail(&image, bbox, 8).unwrap().width(), 8);
        }
        assert!(thumbnail(&image, [5.0, 5.0, 5.0, 9.0], 8).is_err());
        assert!(thumbnail(&image, [f32::NAN, 5.0, 5.0, 9.0], 8).is_err());
    }
}
