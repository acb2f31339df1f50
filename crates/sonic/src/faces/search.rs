//! Where else is somebody seen?

use super::{Face, FaceAnalyzer, FaceSearchOptions, SimilarFace};
use crate::flow::timed::timed;
use crate::vision::{DecodeOptions, ImageSource, decode_with};
use crate::{Error, ErrorKind, Result, Store};
use std::time::Duration;

/// The faces of a picture, each with those of the store that look like it.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct FoundFaces {
    /// The faces, the surest first, with the matches, likest first.
    pub faces: Vec<(Face, Vec<SimilarFace>)>,
    /// Time that decoding took.
    pub decode: Duration,
    /// Time that finding and embedding faces took.
    pub analyze: Duration,
    /// Time that searching took.
    pub search: Duration,
}

/// The faces of `store` that look like those of a picture.
///
/// # Errors
/// `NotFound` if there is no event of a name in the options; as [`decode`](crate::vision::decode()), [`FaceAnalyzer::analyze`]
/// and [`Faces::search`](super::Faces::search).
pub fn search<'a>(
    store: &Store,
    analyzer: &FaceAnalyzer,
    image: impl Into<ImageSource<'a>>,
    options: &FaceSearchOptions,
) -> Result<FoundFaces> {
    search_within(store, analyzer, image, options, &DecodeOptions::default())
}

/// As [`search`], with limits of your own for the picture; `reduce_to` is not looked at.
///
/// # Errors
/// As [`search`].
pub fn search_within<'a>(
    store: &Store,
    analyzer: &FaceAnalyzer,
    image: impl Into<ImageSource<'a>>,
    options: &FaceSearchOptions,
    decode: &DecodeOptions,
) -> Result<FoundFaces> {
    check_events(store, &options.events)?;
    let mut found = FoundFaces::default();
    let decode = DecodeOptions { reduce_to: None, ..*decode };
    let image = timed(&mut found.decode, || decode_with(image, &decode))?;
    let faces = timed(&mut found.analyze, || analyzer.analyze(&image))?;
    for face in faces {
        let matches = timed(&mut found.search, || store.faces().search(&face.embedding, options))?;
        found.faces.push((face, matches));
    }
    Ok(found)
}

/// That a store can be read and has these events.
///
/// # Errors
/// `Closed` if the store is closed; `NotFound` for an event that is not there.
pub fn check_events(store: &Store, events: &[String]) -> Result<()> {
    store.check_open()?;
    for event in events {
        if store.faces().event(event)?.is_none() {
            let message = format!("there is no event {event:?} in the store");
            return Err(Error::new(ErrorKind::NotFound, message));
        }
    }
    Ok(())
}
