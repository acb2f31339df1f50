//! From a picture to faces that can be compared.

use crate::align::{TEMPLATE_SIZE, aligned};
use crate::network::share;
use crate::quality::quality_of;
use crate::{Detection, FaceDetector, FaceEmbedder, Image};
use sonic_core::{Error, Face, Result, RunMode, parallel};
use sonic_model::{Model, SessionOptions};
use std::borrow::{Borrow, Cow};
use std::fmt;

/// How faces are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct FaceAnalyzerOptions {
    /// The side, in pixels, of the square that a picture is fitted into to look for faces, a multiple of 32; `None`
    /// for 128 and 640 both. A network that takes one size only keeps to that.
    pub det_size: Option<u32>,
    /// True to look at the picture in its own size instead, as OpenCV does with YuNet: it takes longer the larger the
    /// picture is, finds the smallest faces, and may miss those that fill the picture.
    pub own_size: bool,
    /// Least score of a face, 0 to 1; `None` for 0.5 with SCRFD and 0.6 with YuNet.
    pub threshold: Option<f32>,
    /// Most that two faces may overlap, area of both by area of either, 0 to 1; `None` for 0.4 with SCRFD and 0.3
    /// with YuNet.
    pub nms: Option<f32>,
    /// Most faces of a picture, the surest; `None` for all.
    pub max_faces: Option<usize>,
    /// What the models run on.
    pub session: SessionOptions,
}

/// The faces of an image.
#[derive(Debug, Clone, PartialEq)]
pub struct AnalyzedImage {
    /// The surest first.
    pub faces: Vec<Face>,
    /// Width of the image in pixels.
    pub width: u32,
    /// Its height.
    pub height: u32,
}

/// Finds and embeds faces. Any number of threads can use one at once.
pub struct FaceAnalyzer {
    detector: FaceDetector,
    embedder: FaceEmbedder,
}

impl FaceAnalyzer {
    /// An analyzer of the two models that manifests describe.
    ///
    /// # Errors
    /// As [`FaceDetector::load`] and [`FaceEmbedder::load`].
    pub fn load(detector: &Model, embedder: &Model, options: &FaceAnalyzerOptions) -> Result<Self> {
        let detector = FaceDetector::load(detector, options)?;
        Ok(Self { detector, embedder: FaceEmbedder::load(embedder, &options.session)? })
    }

    /// What finds the faces.
    pub fn detector(&self) -> &FaceDetector {
        &self.detector
    }

    /// What embeds them.
    pub fn embedder(&self) -> &FaceEmbedder {
        &self.embedder
    }

    /// The faces of `image`, the surest first; none is an honest answer. A face whose five points lie in one place
    /// cannot be embedded and is left out.
    ///
    /// # Errors
    /// `Model` if a model fails.
    pub fn analyze(&self, image: &Image) -> Result<Vec<Face>> {
        self.analyze_as(image, RunMode::Single)
    }

    /// The faces of each of many images, all threads at work, in the order of the images.
    ///
    /// # Errors
    /// As [`analyze`](Self::analyze).
    pub fn analyze_many<I: Borrow<Image> + Sync>(&self, images: &[I]) -> Result<Vec<Vec<Face>>> {
        self.analyze_each(images).into_iter().collect()
    }

    /// As [`analyze_many`](Self::analyze_many), with an answer for each image: what is wrong with one is no matter of the
    /// others, and nothing is done twice.
    pub fn analyze_each<I: Borrow<Image> + Sync>(&self, images: &[I]) -> Vec<Result<Vec<Face>>> {
        let each = |image: &I, mode| Ok(self.analyze_as(image.borrow(), mode));
        // What is shared out does not fail: errors are answers here.
        share(images, self.detector.parallel(), each).unwrap_or_default()
    }

    /// The faces of each of some pictures, which `decode` gives: all threads decode, then all analyze. All are in memory
    /// together: give a few at a time, of which the first is number `first` of all.
    ///
    /// # Errors
    /// Of the first picture that `decode` or a model fails with, which is named by its number.
    pub fn analyze_decoded<'a, S: Sync>(
        &self,
        sources: &'a [S],
        first: usize,
        decode: impl Fn(&'a S) -> Result<Cow<'a, Image>> + Sync,
    ) -> Result<Vec<AnalyzedImage>> {
        let number =
            |place: usize| move |e: Error| e.context(format!("number {} of the pictures", first + place));
        let decoded = parallel::map(sources, 0, decode).into_iter().enumerate();
        let images: Vec<Cow<'_, Image>> =
            decoded.map(|(place, image)| image.map_err(number(place))).collect::<Result<_>>()?;
        let each = self.analyze_each(&images).into_iter().zip(&images).enumerate();
        each.map(|(place, (faces, image))| {
            let (width, height) = (image.width(), image.height());
            Ok(AnalyzedImage { faces: faces.map_err(number(place))?, width, height })
        })
        .collect()
    }

    fn analyze_as(&self, image: &Image, mode: RunMode) -> Result<Vec<Face>> {
        let mut found = self.detector.detect_as(image, mode)?;
        let mut faces = Vec::with_capacity(found.len());
        found.retain(|detection| match aligned(image, &detection.landmarks, self.embedder.size()) {
            Ok(face) => {
                faces.push(face);
                true
            }
            Err(_) => false,
        });
        let embeddings = self.embedder.embed_aligned(&faces, mode)?;
        let seen = found.iter().zip(&faces).zip(embeddings);
        seen.map(|((detection, face), embedding)| {
            let Detection { bbox, score, landmarks } = *detection;
            let quality = match self.embedder.size() {
                TEMPLATE_SIZE => quality_of(face, bbox, &landmarks),
                _ => quality_of(&aligned(image, &landmarks, TEMPLATE_SIZE)?, bbox, &landmarks),
            };
            Ok(Face { bbox, score, landmarks, quality, embedding })
        })
        .collect()
    }
}

impl fmt::Debug for FaceAnalyzer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FaceAnalyzer({:?}, {:?})", self.detector, self.embedder)
    }
}
