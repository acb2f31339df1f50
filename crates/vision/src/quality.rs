//! How well a face can be seen, in numbers that are each of their own.

use crate::Image;
use crate::align::{TEMPLATE_SIZE, aligned};
use sonic_core::{FaceQuality, Result};

/// Centre and radii of the ellipse that is the face in an aligned picture; hair and background are outside.
const FACE: ([f32; 2], [f32; 2]) = ([56.0, 66.0], [34.0, 42.0]);
/// Luminance up to this is nearly black.
const BLACK: f32 = 8.0;
/// Luminance from this on is nearly white.
const WHITE: f32 = 247.0;

/// Proportions of a head in halves of the distance between the eyes: how far the tip of the nose stands out of the
/// plane of eyes and mouth, how far below the eyes the mouth is, and the nose, both seen from the front.
const NOSE_OUT: f32 = 1.0;
const MOUTH_DOWN: f32 = 2.31;
const NOSE_DOWN: f32 = 1.14;

/// How well the face with this box and these five points can be seen.
///
/// Sharpness, brightness and clipping are of the face alone, aligned to 112 x 112 pixels as embedders see it: a face
/// that was larger is not called blurred for what is lost anyway.
///
/// # Errors
/// `InvalidArgument` if the points are not finite or all but in one place.
pub fn quality(image: &Image, bbox: [f32; 4], landmarks: &[[f32; 2]; 5]) -> Result<FaceQuality> {
    Ok(quality_of(&aligned(image, landmarks, TEMPLATE_SIZE)?, bbox, landmarks))
}

/// As [`quality`], of a face that is aligned already.
pub(crate) fn quality_of(face: &Image, bbox: [f32; 4], landmarks: &[[f32; 2]; 5]) -> FaceQuality {
    let [left, top, right, bottom] = bbox;
    let Pose { yaw, pitch, roll } = pose(landmarks);
    let Light { sharpness, brightness, clipped } = light(face);
    FaceQuality { size: (right - left).min(bottom - top), sharpness, yaw, pitch, roll, brightness, clipped }
}

/// Angles of a head in degrees.
struct Pose {
    yaw: f32,
    pitch: f32,
    roll: f32,
}

/// The pose of a head with the proportions above, seen from afar.
///
/// Turned by `yaw` the nose moves by `NOSE_OUT * sin(yaw)` while the eyes come closer by `cos(yaw)`; nodding by
/// `pitch` it moves by `NOSE_OUT * sin(pitch)` while the mouth comes closer by `cos(pitch)`.
fn pose(landmarks: &[[f32; 2]; 5]) -> Pose {
    let middle = |a: [f32; 2], b: [f32; 2]| [(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0];
    let [eye, other_eye, nose, corner, other_corner] = *landmarks;
    let (eyes, mouth) = (middle(eye, other_eye), middle(corner, other_corner));
    let across = [other_eye[0] - eye[0], other_eye[1] - eye[1]];
    let roll = across[1].atan2(across[0]);
    // Everything below is in the upright head, its origin between the eyes.
    let (sin, cos) = roll.sin_cos();
    let upright = |p: [f32; 2]| {
        let [x, y] = [p[0] - eyes[0], p[1] - eyes[1]];
        [cos * x + sin * y, cos * y - sin * x]
    };
    let (nose, mouth) = (upright(nose), upright(mouth));
    let half_eyes = across[0].hypot(across[1]) / 2.0;
    // The line from the eyes to the mouth is the middle of the face where the nose is.
    let part = NOSE_DOWN / MOUTH_DOWN;
    let yaw = (nose[0] - part * mouth[0]).atan2(half_eyes * NOSE_OUT);
    let lift = (part * mouth[1] - nose[1]) * MOUTH_DOWN;
    let pitch = lift.atan2(mouth[1].max(0.0) * NOSE_OUT);
    Pose { yaw: yaw.to_degrees(), pitch: pitch.to_degrees(), roll: roll.to_degrees() }
}

/// What can be said about the pixels of a face.
struct Light {
    sharpness: f32,
    brightness: f32,
    clipped: f32,
}

/// Sharpness is the variance of the Laplacian (J. Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy:
/// a comparative study", ICPR 2000) of the luminance in 0 to 255.
fn light(face: &Image) -> Light {
    let side = face.width() as usize;
    let luminance: Vec<f32> = face.pixels().chunks_exact(3).map(luminance).collect();
    let scale = side as f32 / TEMPLATE_SIZE as f32;
    let inside = |x: usize, y: usize| {
        let ([cx, cy], [rx, ry]) = FACE;
        let (u, v) = ((x as f32 / scale - cx) / rx, (y as f32 / scale - cy) / ry);
        u * u + v * v <= 1.0
    };
    let (mut count, mut sum, mut clipped, mut edges, mut squares) = (0.0f32, 0.0, 0.0, 0.0, 0.0);
    for y in 1..side.saturating_sub(1) {
        for x in (1..side - 1).filter(|&x| inside(x, y)) {
            let at = y * side + x;
            let level = luminance[at];
            let around = luminance[at - 1] + luminance[at + 1] + luminance[at - side] + luminance[at + side];
            let edge = around - 4.0 * level;
            count += 1.0;
            sum += level;
            clipped += f32::from(u8::from(level <= BLACK || level >= WHITE));
            edges += edge;
            squares += edge * edge;
        }
    }
    let count = count.max(1.0);
    Light {
        sharpness: (squares / count - (edges / count).powi(2)).max(0.0),
        brightness: sum / count / 255.0,
        clipped: clipped / count,
    }
}

/// Luminance of a pixel (ITU-R BT.601).
fn luminance(pixel: &[u8]) -> f32 {
    0.299 * f32::from(pixel[0]) + 0.587 * f32::from(pixel[1]) + 0.114 * f32::from(pixel[2])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::align::TEMPLATE;

    /// The five points of a head with the proportions above, turned about its axes, in degrees.
    fn head(yaw: f32, pitch: f32, roll: f32) -> [[f32; 2]; 5] {
        let points = [
            [-1.0, 0.0, 0.0],
            [1.0, 0.0, 0.0],
            [0.0, NOSE_DOWN, NOSE_OUT],
            [-0.8, MOUTH_DOWN, 0.0],
            [0.8, MOUTH_DOWN, 0.0],
        ];
        let turn = |a: f32, b: f32, degrees: f32| {
            let (sin, cos) = degrees.to_radians().sin_cos();
            (cos * a - sin * b, sin * a + cos * b)
        };
        points.map(|[x, y, z]: [f32; 3]| {
            // z points at the viewer: to look up is to lift the nose, to look to the right is to move it there.
            let (y, z) = turn(y, z, pitch);
            let (x, z) = turn(x, z, -yaw);
            let _ = z;
            let (x, y) = turn(x, y, roll);
            [200.0 + 30.0 * x, 100.0 + 30.0 * y]
        })
    }

    #[test]
    fn angles_are_those_of_the_head() {
        for (yaw, pitch, roll) in [
            (0.0, 0.0, 0.0),
            (30.0, 0.0, 0.0),
            (-50.0, 0.0, 0.0),
            (0.0, 25.0, 0.0),
            (0.0, -25.0, 90.0),
            (20.0, 0.0, -130.0),
        ] {
            let got = pose(&head(yaw, pitch, roll));
            let near = |got: f32, want: f32| (got - want).abs() < 0.5;
            assert!(
                near(got.yaw, yaw) && near(got.pitch, pitch) && near(got.roll, roll),
                "{yaw} {pitch} {roll}: {} {} {}",
                got.yaw,
                got.pitch,
                got.roll
            );
        }
        let both = pose(&head(25.0, 15.0, 10.0));
        assert!((both.yaw - 25.0).abs() < 8.0 && (both.pitch - 15.0).abs() < 8.0);
        assert!(pose(&TEMPLATE).yaw.abs() < 3.0 && pose(&TEMPLATE).pitch.abs() < 3.0);
        assert!(pose(&[[1.0; 2]; 5]).yaw.is_finite());
    }

    fn painted(level: impl Fn(usize, usize) -> u8) -> Image {
        let pixels = (0..112 * 112).flat_map(|i| [level(i % 112, i / 112); 3]).collect();
        Image::new(112, 112, pixels).unwrap()
    }

    #[test]
    fn blur_darkness_and_glare_are_seen() {
        let box_ = [10.0, 20.0, 60.0, 100.0];
        let of = |image: &Image| quality_of(image, box_, &TEMPLATE);
        let checks = painted(|x, y| if (x / 2 + y / 2) % 2 == 0 { 90 } else { 160 });
        let smooth = painted(|x, _| (x + 60) as u8);
        assert!(of(&checks).sharpness > 1000.0 && of(&smooth).sharpness < 1.0);
        assert!((of(&checks).brightness - 125.0 / 255.0).abs() < 0.01);
        assert_eq!((of(&checks).clipped, of(&checks).size), (0.0, 50.0));
        assert_eq!(of(&painted(|_, _| 0)).clipped, 1.0);
        assert_eq!(of(&painted(|_, _| 255)).brightness, 1.0);
        let half = of(&painted(|x, _| if x < 56 { 255 } else { 128 })).clipped;
        assert!((half - 0.5).abs() < 0.02, "{half}");
    }
}
