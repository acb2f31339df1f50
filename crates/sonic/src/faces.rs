//! Faces: the photos of events, with the faces that are seen in them.
//!
//! The view [`Faces`], which [`Store::faces`](crate::Store::faces) gives, keeps faces and finds those that look alike.
//! What starts with a picture is a function here. Who is who is in [`people`](crate::people).

#[cfg(all(feature = "vision", feature = "onnx"))]
mod adder;
#[cfg(all(feature = "vision", feature = "onnx"))]
mod photos;
#[cfg(feature = "vision")]
mod pictures;
#[cfg(all(feature = "vision", feature = "onnx"))]
mod search;

#[cfg(all(feature = "vision", feature = "onnx"))]
pub use crate::flow::{AddStatus, AddSummary};
#[cfg(all(feature = "vision", feature = "onnx"))]
pub use adder::AddPhotosOptions;
#[cfg(all(feature = "vision", feature = "onnx"))]
pub use photos::{AddPhotoEvent, AddedPhotoFile, add_photo, add_photos, photos_in};
#[cfg(all(feature = "vision", feature = "report"))]
pub(crate) use pictures::Crops;
#[cfg(feature = "vision")]
pub use pictures::face_thumbnail;
#[cfg(all(feature = "vision", feature = "onnx"))]
pub use search::{FoundFaces, check_events, search, search_within};
pub use sonic_core::{Face, FaceQuality};
pub use sonic_store::{
    AddedPhoto, ArchivedEvent, Event, FaceId, FacePage, FaceSearchOptions, FaceStats, Faces, ForgottenFaces,
    MAX_NAME_BYTES, NewPhoto, Photo, PhotoPage, SimilarFace, StoredFace,
};
#[cfg(all(feature = "vision", feature = "onnx"))]
pub use sonic_vision::{AnalyzedImage, FaceAnalyzer, FaceAnalyzerOptions};
