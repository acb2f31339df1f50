//! Photos into a store: the next are decoded while faces are looked for in these.

use super::adder::{AddPhotosOptions, Adder, Decoded, row_of};
use super::{AddedPhoto, FaceAnalyzer, Photo};
use crate::flow::files::{self, Listing};
use crate::flow::ingest::{Ingest, Order, Turn, workers};
use crate::flow::source_hash::{hash, hash_file};
use crate::flow::{AddStatus, AddSummary};
use crate::vision::{Image, ImageSource};
use crate::{Error, ErrorKind, Result, Store};
use std::ops::ControlFlow;
use std::path::PathBuf;

/// What files of a folder are taken for pictures by. Some of them cannot be decoded: an error is better than a photo
/// that is missing and nobody knows why.
const EXTENSIONS: &[&str] = &[
    "avif", "bmp", "gif", "heic", "heif", "jfif", "jpe", "jpeg", "jpg", "jxl", "png", "tif", "tiff", "webp",
];

/// A photo's file that was dealt with.
#[derive(Debug)]
#[non_exhaustive]
pub struct AddedPhotoFile {
    /// The file.
    pub path: PathBuf,
    /// The photo's id in the event; that of the earlier one if it is a duplicate, `None` if it failed.
    pub photo_id: Option<String>,
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
#[non_exhaustive]
pub enum AddPhotoEvent {
    /// How many files there are to add.
    Found(usize),
    /// Something in a folder is not taken, with the status `PassedOver`.
    PassedOver(AddedPhotoFile),
    /// A photo is decided; an added one is committed.
    Photo(AddedPhotoFile),
    /// Nothing new: an occasion to cancel while large photos are decoded.
    Waiting,
}

/// Adds photos, and those in folders, to an event of `store`, with the faces that `analyzer` finds.
///
/// Each photo is one transaction. A photo whose bytes are in the event is not decoded again, so adding a folder again
/// after an interruption goes on where it stopped. The id of a photo is the name of its file, with a part of the hash
/// of its bytes where another photo of the event has that name. `on_event` hears of every photo, in the order of the
/// files, and about every 100 ms in between, later while faces are looked for; if it breaks, the rest is left.
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
    let Listing { files, passed_over } = files::list(paths, EXTENSIONS);
    if on_event(AddPhotoEvent::Found(files.len())).is_break() {
        return Ok(AddSummary { cancelled: true, ..AddSummary::default() });
    }
    let workers = workers(options.jobs);
    // As many again wait to be analysed.
    let ingest = Ingest { workers, held: workers, order: Order::Given };
    let mut writer = Writer { adder: &adder, on_event, summary: AddSummary::default(), batch: Vec::new() };
    if writer.pass_over(passed_over).is_break() {
        return Ok(writer.summary);
    }
    let decode = |path: PathBuf, _: &_| {
        let decoded = hash_file(&path).and_then(|hash| adder.decode((&path).into(), hash, true));
        (path, decoded)
    };
    let flow = ingest.run(files.into_iter(), decode, |turn| writer.turn(turn, workers))?;
    if flow.is_continue() {
        writer.flush()?;
    }
    Ok(writer.summary)
}

/// Adds a photo, from a file or bytes, with the faces that `analyzer` finds in it.
///
/// Of `photo` all is taken as it is but for the size, the hash and the number of faces. An empty `photo_id` becomes the
/// name of the file, a missing `path` its path. With an id of its own a photo is known by that, without by its bytes; a
/// photo that the event has is not decoded again.
///
/// # Errors
/// `InvalidArgument` if bytes come without an id; `Mismatch` if the store's faces were embedded by another model; as
/// [`decode`](crate::vision::decode()), [`FaceAnalyzer::analyze`] and [`Faces::add_photo`](super::Faces::add_photo).
pub fn add_photo<'a>(
    store: &Store,
    analyzer: &FaceAnalyzer,
    source: impl Into<ImageSource<'a>>,
    photo: Photo,
    options: &AddPhotosOptions,
) -> Result<AddedPhoto> {
    let (source, event) = (source.into(), photo.event.clone());
    let adder = Adder { faces: store.faces(), analyzer, event: &event, options };
    adder.check_pipeline()?;
    let named = !photo.photo_id.is_empty();
    if let Some(known) = named.then(|| adder.faces.photo(&event, &photo.photo_id)).transpose()?.flatten() {
        return Ok(AddedPhoto::Known(Box::new(known)));
    }
    let source_hash = match source {
        ImageSource::Path(path) => hash_file(path)?,
        ImageSource::Bytes(mut bytes) => hash(&mut bytes)?,
    };
    match adder.decode(source, source_hash, !named)? {
        Decoded::Known(known) => Ok(AddedPhoto::Known(Box::new(known))),
        Decoded::New { image, hash } => {
            let found = analyzer.analyze(&image)?;
            let row = row_of(source, photo);
            let photo_id = if named { row.photo_id.clone() } else { adder.free_id(&row.photo_id, &hash)? };
            adder.add(Photo { photo_id, ..row }, &image, hash, found)
        }
    }
}

/// The files that `paths` name: files as they are, folders searched for pictures, in order of name.
pub fn photos_in(paths: &[PathBuf]) -> Vec<PathBuf> {
    files::list(paths, EXTENSIONS).files
}

/// Looks for faces in a few photos at once, and adds them one by one.
struct Writer<'a, F> {
    adder: &'a Adder<'a>,
    on_event: F,
    summary: AddSummary,
    batch: Vec<(PathBuf, Result<Decoded>)>,
}

impl<F: FnMut(AddPhotoEvent) -> ControlFlow<()>> Writer<'_, F> {
    fn turn(&mut self, turn: Turn<(PathBuf, Result<Decoded>)>, at_once: usize) -> Result<ControlFlow<()>> {
        match turn {
            Turn::Ready(_, decoded) => {
                self.batch.push(decoded);
                if self.batch.len() == at_once {
                    self.flush()?;
                }
            }
            Turn::Waiting => self.summary.cancelled |= (self.on_event)(AddPhotoEvent::Waiting).is_break(),
        }
        Ok(self.summary.flow())
    }

    /// Names what is not taken.
    fn pass_over(&mut self, entries: Vec<(PathBuf, &'static str)>) -> ControlFlow<()> {
        for (path, reason) in entries {
            let error = Error::new(ErrorKind::Unsupported, format!("passed over: {reason}"));
            let error = error.context(path.display());
            let file = AddedPhotoFile { status: AddStatus::PassedOver, ..failed(path, error) };
            self.summary.count(file.status);
            self.summary.cancelled |= (self.on_event)(AddPhotoEvent::PassedOver(file)).is_break();
        }
        self.summary.flow()
    }

    /// Adds the photos of the batch and says what became of each.
    fn flush(&mut self) -> Result<()> {
        let batch = std::mem::take(&mut self.batch);
        let images = batch.iter().filter_map(|(_, decoded)| match decoded {
            Ok(Decoded::New { image, .. }) => Some(image),
            _ => None,
        });
        let mut found = self.adder.analyzer.analyze_each(&images.collect::<Vec<&Image>>()).into_iter();
        for (path, decoded) in batch {
            let file = match decoded {
                Err(error) => failed(path, error),
                Ok(Decoded::Known(known)) => decided(path, &known, AddStatus::Duplicate, false),
                Ok(Decoded::New { image, hash }) => {
                    let lost = || Err(Error::new(ErrorKind::Internal, "a photo was not looked at"));
                    match found.next().unwrap_or_else(lost) {
                        Ok(faces) => self.add(path, &image, hash, faces)?,
                        Err(error) => failed(path.clone(), error.context(path.display())),
                    }
                }
            };
            self.summary.count(file.status);
            if (self.on_event)(AddPhotoEvent::Photo(file)).is_break() {
                self.summary.cancelled = true;
                break;
            }
        }
        Ok(())
    }

    /// # Errors
    /// Those that would meet every other photo too.
    fn add(
        &self,
        path: PathBuf,
        image: &Image,
        hash: String,
        faces: Vec<crate::faces::Face>,
    ) -> Result<AddedPhotoFile> {
        match self.adder.add_file(&path, image, hash, faces) {
            Ok(added) => {
                let (is_new, photo) = (added.is_new(), added.into_photo());
                let status = if is_new { AddStatus::Added } else { AddStatus::Duplicate };
                Ok(decided(path, &photo, status, is_new && image.truncated()))
            }
            Err(error) if error.kind() == ErrorKind::InvalidArgument => Ok(failed(path, error)),
            Err(error) => Err(error),
        }
    }
}

fn decided(path: PathBuf, photo: &Photo, status: AddStatus, truncated: bool) -> AddedPhotoFile {
    let (width, height) = (photo.width, photo.height);
    let photo_id = Some(photo.photo_id.clone());
    AddedPhotoFile { path, photo_id, status, faces: photo.faces, width, height, truncated, error: None }
}

fn failed(path: PathBuf, error: Error) -> AddedPhotoFile {
    AddedPhotoFile {
        path,
        photo_id: None,
        status: AddStatus::Failed,
        faces: 0,
        width: 0,
        height: 0,
        truncated: false,
        error: Some(error),
    }
}
