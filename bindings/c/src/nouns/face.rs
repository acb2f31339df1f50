//! Faces in pictures.

use crate::convert::{Out, c_string, free, invalid, reference, slice, text};
use crate::error::{call, sonic_status};
use sonic::faces::{Face, FaceQuality};
use sonic::{Embedding, PipelineId, Result};
use std::ffi::{CString, c_char};
use std::ptr::null;

/// A face in a picture. Coordinates are pixels of the upright picture, x to the right and y down; the centre of the
/// top-left pixel is (0, 0). This layout never changes.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct sonic_face {
    /// Left, top, right, bottom; a face at the edge reaches beyond the picture.
    pub bbox: [f32; 4],
    /// What the detector gives for it, 0 to 1.
    pub score: f32,
    /// Five points, x and y of each: the eye that the viewer sees at the left, the other eye, the tip of the nose, the
    /// corner of the mouth at the viewer's left, the other corner.
    pub landmarks: [f32; 10],
    /// The shorter side of the box in pixels of the upright picture.
    pub size: f32,
    /// How much fine detail the face has, from 0 for a blurred one on.
    pub sharpness: f32,
    /// Estimated turn of the head in degrees, -90 to 90; positive if it looks to the viewer's right.
    pub yaw: f32,
    /// Estimated nod in degrees, -90 to 90; positive if it looks up.
    pub pitch: f32,
    /// Tilt in degrees, -180 to 180; positive if it is turned clockwise as the viewer sees it.
    pub roll: f32,
    /// Mean luminance of the face, 0 for black to 1 for white.
    pub brightness: f32,
    /// Part of the face that is nearly black or nearly white, 0 to 1.
    pub clipped: f32,
    /// What it is compared by, of unit length as an analyzer makes it; NULL in a row of a store, where
    /// sonic_faces_embedding has it.
    pub embedding: *const f32,
    /// Numbers of its embedding; 0 in a store after the event was archived.
    pub dimensions: usize,
}

impl sonic_face {
    pub(crate) fn new(bbox: [f32; 4], score: f32, landmarks: &[[f32; 2]; 5], quality: &FaceQuality) -> Self {
        let mut flat = [0.0; 10];
        flat.copy_from_slice(landmarks.as_flattened());
        let FaceQuality { size, sharpness, yaw, pitch, roll, brightness, clipped } = *quality;
        let (landmarks, embedding) = (flat, null());
        #[rustfmt::skip]
        let face = Self {
            bbox, score, landmarks, size, sharpness, yaw, pitch, roll, brightness, clipped, embedding, dimensions: 0,
        };
        face
    }

    /// # Safety
    /// `embedding` is null or points to as many numbers as there are dimensions.
    unsafe fn to_face(self, pipeline: &PipelineId) -> Result<Face> {
        let Self { bbox, score, size, sharpness, yaw, pitch, roll, brightness, clipped, .. } = self;
        let mut landmarks = [[0.0; 2]; 5];
        landmarks.as_flattened_mut().copy_from_slice(&self.landmarks);
        // SAFETY: the caller's promise.
        let vector = unsafe { slice(self.embedding, self.dimensions, "the embedding of a face") }?.to_vec();
        let quality = FaceQuality { size, sharpness, yaw, pitch, roll, brightness, clipped };
        let embedding = Embedding { pipeline: pipeline.clone(), vector };
        Ok(Face { bbox, score, landmarks, quality, embedding })
    }
}

/// Shared. The faces that were found in a picture, the surest first.
pub struct sonic_face_list {
    pub(crate) faces: Vec<Face>,
    /// Points into `faces`, which does not change.
    rows: Vec<sonic_face>,
    pipeline: CString,
    /// Width and height of the picture; 0 if they are not known.
    pub(crate) size: (u32, u32),
}

impl sonic_face_list {
    pub(crate) fn new(faces: Vec<Face>, pipeline: &PipelineId, size: (u32, u32)) -> Self {
        let row = |face: &Face| sonic_face {
            embedding: face.embedding.vector.as_ptr(),
            dimensions: face.embedding.vector.len(),
            ..sonic_face::new(face.bbox, face.score, &face.landmarks, &face.quality)
        };
        let rows = faces.iter().map(row).collect();
        Self { faces, rows, pipeline: c_string(pipeline.as_str()), size }
    }
}

/// Faces that another program found in a picture of `width` times `height` pixels (0 if that is not known), `count` of
/// them with their embeddings, which are copied. `pipeline` names how the embeddings were made: those of different
/// pipelines cannot be compared. No faces are fine.
///
/// Errors: INVALID_ARGUMENT if an embedding is NULL and has dimensions. What a face may be sonic_faces_add_photo_faces checks.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_face_list_new(
    pipeline: *const c_char,
    faces: *const sonic_face,
    count: usize,
    width: u32,
    height: u32,
    made: *mut *mut sonic_face_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (pipeline, rows) = unsafe { (text(pipeline, "pipeline")?, slice(faces, count, "faces")?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(made, "made") }?;
        if pipeline.is_empty() {
            return Err(invalid("pipeline is empty: name what made the embeddings"));
        }
        let pipeline = PipelineId::new(pipeline);
        // SAFETY: as above.
        let faces = rows.iter().map(|row| unsafe { row.to_face(&pipeline) }).collect::<Result<Vec<_>>>()?;
        out.give(sonic_face_list::new(faces, &pipeline, (width, height)))
    })
}

/// # Safety
/// `faces` is null or a handle.
pub(crate) unsafe fn faces_of<'a>(faces: *const sonic_face_list) -> Result<&'a sonic_face_list> {
    // SAFETY: the caller's promise.
    unsafe { reference(faces, "faces") }
}

/// How many faces there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_face_list_len(faces: *const sonic_face_list) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { faces.as_ref() }.map_or(0, |f| f.rows.len())
}

/// The face number `index`, from 0 on; NULL beyond the last. Borrowed from the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_face_list_at(
    faces: *const sonic_face_list,
    index: usize,
) -> *const sonic_face {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { faces.as_ref() }.and_then(|f| f.rows.get(index)).map_or(null(), std::ptr::from_ref)
}

/// How the embeddings were made. Borrowed from the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_face_list_pipeline(faces: *const sonic_face_list) -> *const c_char {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { faces.as_ref() }.map_or(null(), |f| f.pipeline.as_ptr())
}

/// Frees faces; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_face_list_free(faces: *mut sonic_face_list) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(faces) }
}
