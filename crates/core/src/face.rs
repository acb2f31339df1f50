//! A face in a picture.

use crate::Embedding;

/// A face that was found in a picture, and what it is compared by.
///
/// Coordinates are pixels of the upright picture (its EXIF orientation applied), x to the right and y down; the centre
/// of the top-left pixel is (0, 0).
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Face {
    /// Left, top, right, bottom; a face at the edge reaches beyond the picture.
    pub bbox: [f32; 4],
    /// What the detector gives for it, 0 to 1.
    pub score: f32,
    /// Five points as (x, y): the eye that the viewer sees at the left, the other eye, the tip of the nose, the corner
    /// of the mouth at the viewer's left, the other corner.
    pub landmarks: [[f32; 2]; 5],
    /// How well it can be seen.
    pub quality: FaceQuality,
    /// What it is compared by.
    pub embedding: Embedding,
}

/// How well a face can be seen, in numbers that are each of their own; the detector's score is not among them.
///
/// Sharpness, brightness and clipping are of the face aligned to 112 x 112 pixels, as embedders see it, inside an
/// ellipse from the brows to the chin. The angles are estimated from the five points and the proportions of an average
/// head: good enough to prefer one picture to another, not to measure with. The default, 0 in every number, is that of a face
/// of which nothing was measured.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct FaceQuality {
    /// The shorter side of the box in pixels of the upright picture.
    pub size: f32,
    /// How much fine detail the face has, from 0 on: the variance of the Laplacian of its luminance in 0 to 255. Faces
    /// in news photographs have 50 to 500; below 20 a face is blurred or was very small. Noise counts as detail.
    pub sharpness: f32,
    /// Estimated turn of the head in degrees, -90 to 90; positive if it looks to the viewer's right.
    pub yaw: f32,
    /// Estimated nod in degrees, -90 to 90; positive if it looks up.
    pub pitch: f32,
    /// Tilt in degrees, -180 to 180; positive if it is turned clockwise as the viewer sees it.
    pub roll: f32,
    /// Mean luminance (ITU-R BT.601) of the face, 0 for black to 1 for white.
    pub brightness: f32,
    /// Part of the face that is nearly black (up to 8 of 255) or nearly white (from 247 on), 0 to 1.
    pub clipped: f32,
}
