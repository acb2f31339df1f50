//! What sound is given as: something to decode, samples, or a fingerprint.

use crate::{Clip, Fingerprint, Source};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Sound to identify or to add: a path, bytes, a reader, a clip or a fingerprint, which convert into it by themselves.
#[derive(Debug)]
pub enum Query<'a> {
    /// What a decoder reads. Memory is bounded whatever its length.
    Source(Source),
    /// What was decoded, at any sample rate.
    Clip(&'a Clip),
    /// A fingerprint; to identify, one with texture.
    Fingerprint(&'a Fingerprint),
}

/// Of whatever a [`Source`] is made. One implementation for all of it would forbid those below.
macro_rules! from_sources {
    ($($source:ty),*) => {
        $(impl From<$source> for Query<'_> {
            fn from(source: $source) -> Self {
                Self::Source(source.into())
            }
        })*
    };
}

from_sources!(Source, &Path, PathBuf, &PathBuf, &str, String, Arc<[u8]>, Vec<u8>, &[u8]);

impl<'a> From<&'a Clip> for Query<'a> {
    fn from(clip: &'a Clip) -> Self {
        Self::Clip(clip)
    }
}

impl<'a> From<&'a Fingerprint> for Query<'a> {
    fn from(fingerprint: &'a Fingerprint) -> Self {
        Self::Fingerprint(fingerprint)
    }
}
