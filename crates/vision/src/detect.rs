//! Where faces are.

mod fit;
mod scrfd;
mod small;
mod suppress;
mod yunet;

use crate::Image;
use crate::analyze::FaceAnalyzerOptions;
use crate::manifest::{DETECTION, Decoder};
use crate::network::{FaceNetwork, share};
use crate::resize::{Canvas, letterbox};
use fit::Fit;
use sonic_core::{Error, ErrorKind, Result, RunMode};
use sonic_model::{Model, TensorView};
use std::borrow::Cow;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use suppress::{Overlap, suppress};

/// Sides of input are multiples of this: the largest stride of the detectors.
const MULTIPLE: u32 = 32;
/// Largest side of input.
const MAX_SIZE: u32 = 16_384;
/// Canvases that are kept for the next picture, and most numbers of one.
const MAX_IDLE: usize = 32;
const MAX_IDLE_NUMBERS: usize = 3 * 1280 * 1280;

/// A face that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detection {
    /// Left, top, right, bottom in pixels of the picture; a face at the edge reaches beyond it.
    pub bbox: [f32; 4],
    /// How sure the detector is, 0 to 1.
    pub score: f32,
    /// Five points as (x, y): the eye that the viewer sees at the left, the other eye, the tip of the nose, the corner
    /// of the mouth at the viewer's left, the other corner.
    pub landmarks: [[f32; 2]; 5],
}

/// Finds faces. Any number of threads can use one at once.
///
/// A picture is fitted into squares of 128 and of 640 pixels, and of what both find at one place the surer counts:
/// at 640 alone SCRFD misses faces that fill the picture. A large picture is looked at in finer sizes too, and once more
/// from near where there may be a face, so that faces from about 40 pixels on are found whatever the size of the
/// picture. One size, or the size of the picture itself, is an option; a network that takes one size only keeps to it.
pub struct FaceDetector {
    network: FaceNetwork,
    reader: Reader,
    options: FaceAnalyzerOptions,
    /// Width and height of the only input that the network takes; `None` if it takes any.
    fixed: Option<(u32, u32)>,
    /// Inputs of earlier pictures, to be written again.
    idle: Mutex<Vec<Vec<f32>>>,
}

/// How outputs become faces.
enum Reader {
    Scrfd,
    Yunet(yunet::Outputs),
}

impl FaceDetector {
    /// The detector that a manifest describes, SCRFD or YuNet. Of the options the embedder's are not used.
    ///
    /// # Errors
    /// `Model` if it is no detector, or the runtime or the file is missing, damaged or does not do what the manifest
    /// says; `InvalidArgument` for options out of range.
    pub fn load(model: &Model, options: &FaceAnalyzerOptions) -> Result<Self> {
        check(options)?;
        // A network may depend on the size that it was exported for: then only that is possible.
        Self::try_load(model, options, true).or_else(|_| Self::try_load(model, options, false))
    }

    fn try_load(model: &Model, options: &FaceAnalyzerOptions, any_size: bool) -> Result<Self> {
        let network = FaceNetwork::load(model, DETECTION, &options.session, any_size)?;
        let reader = match network.face().decoder {
            Some(Decoder::Yunet) => Reader::Yunet(yunet::Outputs::find(&network)?),
            Some(Decoder::Scrfd) => Reader::Scrfd,
            None => return Err(model.manifest.needs("decoder")),
        };
        let fixed = match network.input_shape() {
            [_, _, Some(height), Some(width)] => Some((width as u32, height as u32)),
            _ => None,
        };
        let detector = Self { network, reader, options: *options, fixed, idle: Mutex::default() };
        detector.try_out().map(|()| detector)
    }

    /// Runs the network once, so that one that cannot be read is refused when it is loaded.
    fn try_out(&self) -> Result<()> {
        let image = Image::new(1, 1, vec![0; 3])?;
        let (width, height) = self.fixed.unwrap_or((2 * MULTIPLE, 2 * MULTIPLE));
        let fit = Fit { part: None, canvas: (width, height), picture: (1, 1), scale: 1.0 };
        self.candidates(&image, fit, 1.0, RunMode::Single).map(drop)
    }

    /// The faces in `image`, the surest first; none is an honest answer.
    ///
    /// # Errors
    /// `Model` if the model fails.
    pub fn detect(&self, image: &Image) -> Result<Vec<Detection>> {
        self.detect_as(image, RunMode::Single)
    }

    /// The faces in each of many images, all threads at work, in the order of the images.
    ///
    /// # Errors
    /// As [`detect`](Self::detect).
    pub fn detect_many(&self, images: &[Image]) -> Result<Vec<Vec<Detection>>> {
        share(images, self.network.parallel(), |image, mode| self.detect_as(image, mode))
    }

    pub(crate) fn detect_as(&self, image: &Image, mode: RunMode) -> Result<Vec<Detection>> {
        let mut faces = match self.pinned(image) {
            Some(fit) => self.suppress(self.candidates(image, fit, self.threshold(), mode)?),
            None => self.at_all_sizes(image, mode)?,
        };
        faces.truncate(self.options.max_faces.unwrap_or(usize::MAX));
        Ok(faces)
    }

    /// The surest of faces in one place.
    fn suppress(&self, candidates: Vec<Detection>) -> Vec<Detection> {
        suppress(candidates, self.overlap(), self.area())
    }

    fn overlap(&self) -> f32 {
        self.options.nms.unwrap_or(match self.reader {
            Reader::Scrfd => scrfd::OVERLAP,
            Reader::Yunet(_) => yunet::OVERLAP,
        })
    }

    fn area(&self) -> Overlap {
        match self.reader {
            Reader::Scrfd => Overlap::InPixels,
            Reader::Yunet(_) => Overlap::Plain,
        }
    }

    /// How many images are worth working on at once.
    pub(crate) fn parallel(&self) -> usize {
        self.network.parallel()
    }

    /// The only input that `image` is looked at in; `None` where the sizes are chosen here.
    fn pinned(&self, image: &Image) -> Option<Fit> {
        match (self.fixed, self.options.det_size) {
            (Some(canvas), _) => Some(Fit::inside(image, canvas)),
            (None, _) if self.options.own_size => Some(Fit::own(image)),
            (None, Some(side)) => Some(Fit::inside(image, (side, side))),
            (None, None) => None,
        }
    }

    /// What is found in one input with at least this score, in pixels of `image`.
    fn candidates(&self, image: &Image, fit: Fit, threshold: f32, mode: RunMode) -> Result<Vec<Detection>> {
        let (width, height) = (fit.canvas.0 as usize, fit.canvas.1 as usize);
        let mut planes = self.idle().pop().unwrap_or_default();
        planes.resize(3 * width * height, 0.0);
        let picture = (fit.picture.0 as usize, fit.picture.1 as usize);
        let part = fit.part.map_or(Cow::Borrowed(image), |part| image.part(part));
        letterbox(&part, picture, Canvas { planes: &mut planes, width, height }, self.network.normalise());
        let mut found = Vec::new();
        let input = TensorView::new(vec![1, 3, height, width], &planes)?;
        let read = |outputs: &[TensorView<'_>]| {
            let read = match &self.reader {
                Reader::Scrfd => scrfd::read(outputs, fit.canvas, threshold, &mut found),
                Reader::Yunet(named) => named.read(outputs, fit.canvas, threshold, &mut found),
            };
            read.map_err(|message| self.network.refuse(message))
        };
        self.network.run(input, mode, read)?;
        self.keep(planes);
        found.iter_mut().for_each(|detection| detection.place(fit));
        found.retain(|d| d.bbox.iter().chain(d.landmarks.as_flattened()).all(|x| x.is_finite()));
        Ok(found)
    }

    fn threshold(&self) -> f32 {
        self.options.threshold.unwrap_or(match self.reader {
            Reader::Scrfd => scrfd::THRESHOLD,
            Reader::Yunet(_) => yunet::THRESHOLD,
        })
    }

    fn keep(&self, planes: Vec<f32>) {
        let mut idle = self.idle();
        if idle.len() < MAX_IDLE && planes.len() <= MAX_IDLE_NUMBERS {
            idle.push(planes);
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Vec<f32>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for FaceDetector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FaceDetector({})", self.network.manifest().id)
    }
}

impl Detection {
    /// From pixels of an input to those of the picture.
    fn place(&mut self, fit: Fit) {
        let from = fit.part.map_or([0.0; 2], |[left, top, ..]| [f64::from(left), f64::from(top)]);
        for (i, x) in self.bbox.iter_mut().chain(self.landmarks.as_flattened_mut()).enumerate() {
            *x = (f64::from(*x) / fit.scale + from[i % 2]) as f32;
        }
    }

    /// The longer side of its box.
    fn side(&self) -> f32 {
        let [left, top, right, bottom] = self.bbox;
        (right - left).max(bottom - top)
    }
}

/// That the options make sense.
fn check(options: &FaceAnalyzerOptions) -> Result<()> {
    let invalid = |message: String| Err(Error::new(ErrorKind::InvalidArgument, message));
    let unit = |value: Option<f32>| value.is_none_or(|value| (0.0..=1.0).contains(&value));
    match *options {
        FaceAnalyzerOptions { det_size: Some(side), .. }
            if !side.is_multiple_of(MULTIPLE) || !(MULTIPLE..=MAX_SIZE).contains(&side) =>
        {
            invalid(format!("`det_size` is {side}; give a multiple of {MULTIPLE} up to {MAX_SIZE}"))
        }
        FaceAnalyzerOptions { threshold, .. } if !unit(threshold) => {
            invalid("`threshold` must be 0 to 1".to_owned())
        }
        FaceAnalyzerOptions { nms, .. } if !unit(nms) => invalid("`nms` must be 0 to 1".to_owned()),
        _ => Ok(()),
    }
}
