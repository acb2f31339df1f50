//! Pictures of faces: those of the store, or cut out of the photos again.

use super::{FaceId, Photo, StoredFace};
use crate::vision::{self, DecodeOptions, Image, decode_with};
use crate::{Result, Store};
use std::collections::HashMap;
use std::path::Path;

/// Quality of thumbnails: 160 pixels take some 6 KB.
const JPEG_QUALITY: u8 = 80;

/// A small picture of a face as the bytes of a JPEG: the thumbnail in the store, or else one of `size` pixels a side,
/// 1 to 4096, cut out of the file that the photo's `path` names. `None` if there is no such face, or neither.
///
/// # Errors
/// `Malformed` if a row is damaged; `Closed` after the store was closed.
pub fn face_thumbnail(store: &Store, face: FaceId, size: u32) -> Result<Option<Vec<u8>>> {
    let Some(row) = store.faces().get(face)? else { return Ok(None) };
    Ok(Crops::load(store, &[row], size)?.take(face))
}

/// JPEGs of faces.
pub(crate) struct Crops(HashMap<FaceId, Vec<u8>>);

impl Crops {
    pub(crate) fn load(store: &Store, faces: &[StoredFace], size: u32) -> Result<Self> {
        let mut crops = HashMap::new();
        let mut missing: HashMap<&str, Vec<&StoredFace>> = HashMap::new();
        for face in faces {
            match store.faces().thumbnail(face.face_id)? {
                Some(jpeg) => drop(crops.insert(face.face_id, jpeg)),
                None => missing.entry(&face.photo_id).or_default().push(face),
            }
        }
        for (id, faces) in missing {
            let photo = store.faces().photo(&faces[0].event, id)?;
            let Some(image) = photo.and_then(|photo| original(&photo)) else { continue };
            let cut = faces.iter().map(|face| (face.face_id, thumbnail(&image, face.bbox, size)));
            crops.extend(cut.filter(|(_, jpeg)| !jpeg.is_empty()));
        }
        Ok(Self(crops))
    }

    #[cfg(feature = "report")]
    pub(crate) fn get(&self, face: FaceId) -> Option<&[u8]> {
        self.0.get(&face).map(Vec::as_slice)
    }

    fn take(mut self, face: FaceId) -> Option<Vec<u8>> {
        self.0.remove(&face)
    }
}

/// The picture in the photo's file, if that is there and has the size it had.
fn original(photo: &Photo) -> Option<Image> {
    let path = Path::new(photo.path.as_ref()?);
    // What was added with a higher limit of pixels is cut out of too.
    let pixels = u64::from(photo.width) * u64::from(photo.height);
    let options = DecodeOptions::within(pixels.max(DecodeOptions::default().max_pixels));
    let image = path.is_file().then(|| decode_with(path, &options).ok()).flatten()?;
    ((image.width(), image.height()) == (photo.width, photo.height)).then_some(image)
}

/// A small picture of a face as the bytes of a JPEG; empty if there can be none.
pub(super) fn thumbnail(image: &Image, bbox: [f32; 4], size: u32) -> Vec<u8> {
    let picture = vision::thumbnail(image, bbox, size);
    picture.and_then(|picture| vision::encode_jpeg(&picture, JPEG_QUALITY)).unwrap_or_default()
}
