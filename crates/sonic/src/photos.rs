//! Photos into a store: the next are decoded while faces are looked for in these.

use crate::add::{files_like, tell_apart};
use crate::report::thumbnail;
use crate::source::{hash, hash_file};
use crate::vision::decode_with;
use crate::{
    AddStatus, AddSummary, DecodeOptions, Error, ErrorKind, Face, FaceAnalyzer, Faces, Image, ImageSource,
};
use crate::{NewPhoto, Photo, PhotoAdded, Result, Store, parallel};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender};
use std::time::Duration;

/// The callback is asked at least this often whether to go on, but for the time that a few photos take.
const PATIENCE: Duration = Duration::from_millis(100);
/// What files of a folder are taken for pictures by. Some of them cannot be decoded: to be told so is better than to
/// miss a photo.
const EXTENSIONS: &str = "avif bmp gif heic heif jfif jpe jpeg jpg jxl png tif tiff webp";

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
    pub user: Option<String>,
}

impl Default for AddPhotosOptions {
    fn default() -> Self {
        Self { jobs: 0, decode: DecodeOptions::default(), thumbnail_size: Some(160), user: None }
    }
}

/// A photo that was dealt with.
#[derive(Debug)]
pub struct AddedPhoto {
    /// The file.
    pub path: PathBuf,
    /// Its id in the event; that of the earlier one if it is a duplicate, empty if it failed.
    pub photo: String,
    /// What became of it.
    pub status: AddStatus,
    /// Its faces.
    pub faces: u32,
    /// Width in pixels of the upright picture; 0 if it failed.
    pub width: u32,
    /// Height in pixels of the upright picture; 0 if it failed.
    pub height: u32,
    /// True if the file ended early.
    pub truncated: bool,
    /// Why it failed.
    pub error: Option<Error>,
}

/// News while photos are being added.
#[derive(Debug)]
pub enum AddPhotoEvent {
    /// How many files there are.
    Found(usize),
    /// A photo is decided; an added one is committed.
    Photo(AddedPhoto),
    /// Nothing new: an occasion to break off while large photos are decoded.
    Waiting,
}

/// Adds photos, and those in folders, to an event of `store`, with the faces that `analyzer` finds.
///
/// Each photo is one transaction. A photo whose bytes are in the event is not decoded again, so adding a folder again
/// after an interruption goes on where it stopped. The id of a photo is the name of its file, with a part of the hash
/// of its bytes where another photo of the event has that name. `on_event` hears of every photo, in the order of the
/// files, and a few times a second in between; if it breaks off, the rest is left.
///
/// # Errors
/// `Mismatch` if the store's faces were embedded by another model; `InvalidArgument` if the event is archived or an
/// option is out of its range; `Io` if the store cannot be written; `Closed` if it is closed. What a file does wrong
/// is reported to `on_event` and does not end the others.
pub fn add_photos(
    store: &Store,
    analyzer: &FaceAnalyzer,
    event: &str,
    paths: &[PathBuf],
    options: &AddPhotosOptions,
    mut on_event: impl FnMut(AddPhotoEvent) -> ControlFlow<()>,
) -> Result<AddSummary> {
    let adder = Adder { faces: store.faces(), analyzer, event, options };
    adder.check()?;
    let files = photos_in(paths);
    let mut summary = AddSummary::default();
    if on_event(AddPhotoEvent::Found(files.len())).is_break() {
        return Ok(AddSummary { cancelled: true, ..summary });
    }
    let stop = AtomicBool::new(false);
    let make = |sender: &SyncSender<Batch>| adder.decode_all(&files, &stop, sender);
    parallel::background(1, 0, make, |receiver| {
        let result = loop {
            match receiver.recv_timeout(PATIENCE) {
                Ok(decoded) => {
                    if let Err(error) = adder.add_all(decoded, &mut summary, &mut on_event) {
                        break Err(error);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    summary.cancelled |= on_event(AddPhotoEvent::Waiting).is_break();
                }
                Err(RecvTimeoutError::Disconnected) => break Ok(()),
            }
            if summary.cancelled {
                break Ok(());
            }
        };
        stop.store(true, Ordering::Relaxed);
        result
    })??;
    Ok(summary)
}

/// Adds a photo, from a file or bytes, with the faces that `analyzer` finds in it.
///
/// Of `photo` all is taken as it is but for the size, the hash and the number of faces. An empty `id` becomes the name
/// of the file, an empty `path` its path. With an `id` of its own a photo is known by that, without by its bytes; a
/// photo that the event has is not decoded again.
///
/// # Errors
/// `InvalidArgument` if bytes come without an id; `Mismatch` if the store's faces were embedded by another model; as
/// [`decode`](crate::vision::decode()), [`FaceAnalyzer::analyze`] and [`Faces::add_photo`].
pub fn add_photo<'a>(
    store: &Store,
    analyzer: &FaceAnalyzer,
    source: impl Into<ImageSource<'a>>,
    photo: Photo,
    options: &AddPhotosOptions,
) -> Result<PhotoAdded> {
    let (source, event) = (source.into(), photo.event.clone());
    let adder = Adder { faces: store.faces(), analyzer, event: &event, options };
    adder.check_pipeline()?;
    let named = !photo.id.is_empty();
    if let Some(known) = named.then(|| adder.faces.photo(&event, &photo.id)).transpose()?.flatten() {
        return Ok(PhotoAdded::Known(Box::new(known)));
    }
    let source_hash = match source {
        ImageSource::Path(path) => hash_file(path)?,
        ImageSource::Bytes(mut bytes) => hash(&mut bytes)?,
    };
    match adder.decode(source, source_hash, !named)? {
        Decoded::Known(known) => Ok(PhotoAdded::Known(Box::new(known))),
        Decoded::New { image, hash } => {
            let found = analyzer.analyze(&image)?;
            let row = row_of(source, photo);
            let id = if named { row.id.clone() } else { adder.free_id(&row.id, &hash)? };
            adder.add(Photo { id, ..row }, &image, hash, found)
        }
    }
}

/// The files that `paths` name: files as they are, folders searched for pictures, in order of name.
pub fn photos_in(paths: &[PathBuf]) -> Vec<PathBuf> {
    files_like(paths, EXTENSIONS)
}

/// A photo that was looked at.
enum Decoded {
    /// It is in the event.
    Known(Photo),
    New {
        image: Image,
        hash: String,
    },
}

/// Files in their order, each decoded or with the reason why not.
type Batch = Vec<(PathBuf, Result<Decoded>)>;

/// What all photos have in common.
struct Adder<'a> {
    faces: Faces,
    analyzer: &'a FaceAnalyzer,
    event: &'a str,
    options: &'a AddPhotosOptions,
}

impl Adder<'_> {
    fn check(&self) -> Result<()> {
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
    fn check_pipeline(&self) -> Result<()> {
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

    /// Sends the files, decoded, a few at a time, until nobody listens.
    fn decode_all(&self, files: &[PathBuf], stop: &AtomicBool, sender: &SyncSender<Batch>) {
        for files in files.chunks(parallel::threads(self.options.jobs)) {
            if stop.load(Ordering::Relaxed) || sender.send(self.decode_batch(files)).is_err() {
                return;
            }
        }
    }

    fn decode_batch(&self, files: &[PathBuf]) -> Batch {
        let decode = |path: &PathBuf| hash_file(path).and_then(|hash| self.decode(path.into(), hash, true));
        let decoded = parallel::map(files, files.len(), decode);
        files.iter().cloned().zip(decoded).collect()
    }

    /// The picture, unless its bytes are to be looked for in the event and are there.
    fn decode(&self, source: ImageSource<'_>, hash: String, by_bytes: bool) -> Result<Decoded> {
        if by_bytes && let Some(known) = self.faces.photo_of_source(self.event, &hash)? {
            return Ok(Decoded::Known(known));
        }
        let options = DecodeOptions { reduce_to: None, ..self.options.decode };
        Ok(Decoded::New { image: decode_with(source, &options)?, hash })
    }

    /// Adds a few photos and tells what became of each.
    fn add_all(
        &self,
        batch: Batch,
        summary: &mut AddSummary,
        on_event: &mut impl FnMut(AddPhotoEvent) -> ControlFlow<()>,
    ) -> Result<()> {
        let mut found = self.analyze(&batch).into_iter();
        for (path, decoded) in batch {
            let photo = match decoded {
                Err(error) => failed(path, error),
                Ok(Decoded::Known(known)) => decided(path, &known, AddStatus::Duplicate, false),
                Ok(Decoded::New { image, hash }) => {
                    let lost = || Err(Error::new(ErrorKind::Internal, "a photo was not looked at"));
                    self.add_file(path, &image, hash, found.next().unwrap_or_else(lost))?
                }
            };
            *tell_apart(summary, photo.status) += 1;
            if on_event(AddPhotoEvent::Photo(photo)).is_break() {
                summary.cancelled = true;
                return Ok(());
            }
        }
        Ok(())
    }

    /// The faces of each new photo, all threads at work.
    fn analyze(&self, batch: &Batch) -> Vec<Result<Vec<Face>>> {
        let images: Vec<&Image> = batch
            .iter()
            .filter_map(|(_, decoded)| match decoded {
                Ok(Decoded::New { image, .. }) => Some(image),
                _ => None,
            })
            .collect();
        match self.analyzer.analyze_many(&images) {
            Ok(found) => found.into_iter().map(Ok).collect(),
            // One of them is to blame.
            Err(_) => images.into_iter().map(|image| self.analyzer.analyze(image)).collect(),
        }
    }

    /// # Errors
    /// Those that would meet every other photo too.
    fn add_file(
        &self,
        path: PathBuf,
        image: &Image,
        hash: String,
        found: Result<Vec<Face>>,
    ) -> Result<AddedPhoto> {
        let found = match found {
            Ok(found) => found,
            Err(error) => return Ok(failed(path.clone(), error.context(path.display()))),
        };
        // Two files of one batch may have the same bytes.
        if let Some(known) = self.faces.photo_of_source(self.event, &hash)? {
            return Ok(decided(path, &known, AddStatus::Duplicate, false));
        }
        let photo =
            Photo { event: self.event.to_owned(), user: self.options.user.clone(), ..Photo::default() };
        let row = row_of(ImageSource::Path(&path), photo);
        let id = self.free_id(&row.id, &hash)?;
        match self.add(Photo { id, ..row }, image, hash, found) {
            Ok(PhotoAdded::New(photo)) => Ok(decided(path, &photo, AddStatus::Added, image.truncated())),
            Ok(PhotoAdded::Known(photo)) => Ok(decided(path, &photo, AddStatus::Duplicate, false)),
            Err(error) if error.kind() == ErrorKind::InvalidArgument => Ok(failed(path, error)),
            Err(error) => Err(error),
        }
    }

    /// The name of a file as an id, told from another photo of this name by its bytes.
    fn free_id(&self, name: &str, hash: &str) -> Result<String> {
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

    fn add(&self, photo: Photo, image: &Image, hash: String, faces: Vec<Face>) -> Result<PhotoAdded> {
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
fn row_of(source: ImageSource<'_>, mut photo: Photo) -> Photo {
    let ImageSource::Path(path) = source else { return photo };
    if photo.id.is_empty() {
        photo.id = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    }
    photo.path = photo.path.filter(|path| !path.is_empty()).or_else(|| {
        // The store may be asked from another folder.
        let path: PathBuf = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Some(path.to_string_lossy().into_owned())
    });
    photo
}

fn decided(path: PathBuf, photo: &Photo, status: AddStatus, truncated: bool) -> AddedPhoto {
    let (width, height) = (photo.width, photo.height);
    AddedPhoto {
        path,
        photo: photo.id.clone(),
        status,
        faces: photo.faces,
        width,
        height,
        truncated,
        error: None,
    }
}

fn failed(path: PathBuf, error: Error) -> AddedPhoto {
    AddedPhoto {
        path,
        photo: String::new(),
        status: AddStatus::Failed,
        faces: 0,
        width: 0,
        height: 0,
        truncated: false,
        error: Some(error),
    }
}
