//! What all photos that are added have in common.

use super::pictures::thumbnail;
use super::{AddedPhoto, Face, FaceAnalyzer, Faces, NewPhoto, Photo};
use crate::vision::{DecodeOptions, Image, ImageSource, decode_with};
use crate::{Error, ErrorKind, Result, path_text};
use std::path::Path;

/// How to add photos.
#[derive(Debug, Clone, PartialEq)]
pub struct AddPhotosOptions {
    /// Photos decoded at once; 0 means as many as the machine has cores. Twice as many are in memory, of three bytes
    /// a pixel each.
    pub jobs: usize,
    /// What decoding may cost; `reduce_to` is not looked at.
    pub decode: DecodeOptions,
    /// The side in pixels of the small picture that is kept of each face, 1 to 4096; `None` keeps none.
    pub thumbnail_size: Option<u32>,
    /// The user who brings the photos.
    pub user_id: Option<String>,
}

impl Default for AddPhotosOptions {
    fn default() -> Self {
        Self { jobs: 0, decode: DecodeOptions::default(), thumbnail_size: Some(160), user_id: None }
    }
}

/// A photo that was looked at.
pub(super) enum Decoded {
    /// It is in the event.
    Known(Photo),
    New {
        image: Image,
        hash: String,
    },
}

/// Where photos go, and how.
pub(super) struct Adder<'a> {
    pub(super) faces: Faces,
    pub(super) analyzer: &'a FaceAnalyzer,
    pub(super) event: &'a str,
    pub(super) options: &'a AddPhotosOptions,
}

impl Adder<'_> {
    pub(super) fn check(&self) -> Result<()> {
        let invalid = |message| Err(Error::new(ErrorKind::InvalidArgument, message));
        if self.faces.event(self.event)?.is_some_and(|event| event.archived) {
            return invalid(format!("the event {:?} is archived: add the photos to another", self.event));
        }
        if let Some(size) = self.options.thumbnail_size.filter(|size| !(1..=4096).contains(size)) {
            return invalid(format!("a thumbnail has a side of 1 to 4096 pixels, not {size}"));
        }
        self.check_pipeline()
    }

    /// That the faces can be compared with those of the store.
    pub(super) fn check_pipeline(&self) -> Result<()> {
        let own = self.analyzer.embedder().pipeline();
        match self.faces.stats()?.pipeline.filter(|pipeline| pipeline != own) {
            None => Ok(()),
            Some(pipeline) => Err(Error::new(
                ErrorKind::Mismatch,
                format!(
                    "the store's faces were embedded by {pipeline}, not {own}: use that model, or another store"
                ),
            )),
        }
    }

    /// The picture, unless its bytes are to be looked for in the event and are there.
    pub(super) fn decode(&self, source: ImageSource<'_>, hash: String, by_bytes: bool) -> Result<Decoded> {
        if by_bytes && let Some(known) = self.faces.photo_of_source(self.event, &hash)? {
            return Ok(Decoded::Known(known));
        }
        let options = DecodeOptions { reduce_to: None, ..self.options.decode };
        Ok(Decoded::New { image: decode_with(source, &options)?, hash })
    }

    /// Adds the photo of a file that was not in the event when it was decoded.
    pub(super) fn add_file(
        &self,
        path: &Path,
        image: &Image,
        hash: String,
        faces: Vec<Face>,
    ) -> Result<AddedPhoto> {
        // Two files of one batch may have the same bytes.
        if let Some(known) = self.faces.photo_of_source(self.event, &hash)? {
            return Ok(AddedPhoto::Known(Box::new(known)));
        }
        let photo =
            Photo { event: self.event.to_owned(), user_id: self.options.user_id.clone(), ..Photo::default() };
        let row = row_of(ImageSource::Path(path), photo);
        let photo_id = self.free_id(&row.photo_id, &hash)?;
        self.add(Photo { photo_id, ..row }, image, hash, faces)
    }

    /// The name of a file as an id, told from another photo of this name by its bytes.
    pub(super) fn free_id(&self, name: &str, hash: &str) -> Result<String> {
        if name.is_empty() {
            let message = "a photo that is not a file needs an id: give one";
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        if self.faces.photo(self.event, name)?.is_none() {
            return Ok(name.to_owned());
        }
        let hash = &hash[..hash.len().min(8)];
        Ok(match name.rsplit_once('.') {
            Some((stem, extension)) => format!("{stem}-{hash}.{extension}"),
            None => format!("{name}-{hash}"),
        })
    }

    pub(super) fn add(
        &self,
        photo: Photo,
        image: &Image,
        hash: String,
        faces: Vec<Face>,
    ) -> Result<AddedPhoto> {
        let thumbnails = match self.options.thumbnail_size {
            Some(size) => faces.iter().map(|face| thumbnail(image, face.bbox, size)).collect(),
            None => Vec::new(),
        };
        let (width, height) = (image.width(), image.height());
        let photo = Photo { width, height, source_hash: Some(hash), ..photo };
        self.faces.add_photo(&NewPhoto { photo, faces, thumbnails })
    }
}

/// The row with the name and the place of the file, where it has none.
pub(super) fn row_of(source: ImageSource<'_>, mut photo: Photo) -> Photo {
    let ImageSource::Path(path) = source else { return photo };
    if photo.photo_id.is_empty() {
        photo.photo_id = path.file_name().map(path_text).unwrap_or_default();
    }
    photo.path = photo.path.filter(|path| !path.is_empty()).or_else(|| {
        // The store may be used from another folder.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Some(path_text(path))
    });
    photo
}
