//! Where faces are.

mod scrfd;
mod suppress;
mod yunet;

use crate::Image;
use crate::analyze::FaceAnalyzerOptions;
use crate::manifest::{DETECTION, Decoder};
use crate::network::{FaceNetwork, share};
use crate::resize::{Canvas, letterbox};
use sonic_core::{Error, ErrorKind, Result, RunMode};
use sonic_model::{Model, TensorView};
use std::fmt;
use std::sync::{Mutex, PoisonError};
use suppress::{Overlap, suppress};

/// Sides, in pixels, of the squares that a picture is fitted into when no other is asked for: faces that fill the
/// picture are found in the small one, small faces in the large one.
const DEFAULT_SIZES: [u32; 2] = [128, 640];
/// Sides of input are multiples of this: the largest stride of the detectors.
const MULTIPLE: u32 = 32;
/// Largest side of input.
const MAX_SIZE: u32 = 16_384;
/// Canvases that are kept for the next picture.
const MAX_IDLE: usize = 32;

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
/// at 640 alone SCRFD misses faces that fill the picture. One size, or the size of the picture itself, is an option.
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

/// A picture in the top-left corner of an input.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Fit {
    /// Width and height of the input.
    canvas: (u32, u32),
    /// Width and height of the picture in it.
    picture: (u32, u32),
    /// Pixels of the input for one of the picture.
    scale: f64,
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
        let fit = Fit { canvas: (width, height), picture: (1, 1), scale: 1.0 };
        self.candidates(&image, fit, RunMode::Single, &mut Vec::new())
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
        let mut candidates = Vec::new();
        for fit in self.fits(image) {
            self.candidates(image, fit, mode, &mut candidates)?;
        }
        candidates.retain(|d| d.bbox.iter().chain(d.landmarks.as_flattened()).all(|x| x.is_finite()));
        let (limit, overlap) = match self.reader {
            Reader::Scrfd => (scrfd::OVERLAP, Overlap::InPixels),
            Reader::Yunet(_) => (yunet::OVERLAP, Overlap::Plain),
        };
        let mut faces = suppress(candidates, self.options.nms.unwrap_or(limit), overlap);
        faces.truncate(self.options.max_faces.unwrap_or(usize::MAX));
        Ok(faces)
    }

    /// How many images are worth working on at once.
    pub(crate) fn parallel(&self) -> usize {
        self.network.parallel()
    }

    /// The inputs that `image` is looked at in.
    fn fits(&self, image: &Image) -> Vec<Fit> {
        match (self.fixed, self.options.det_size) {
            (Some(canvas), _) => vec![Fit::inside(image, canvas)],
            (None, _) if self.options.own_size => vec![Fit::own(image)],
            (None, Some(side)) => vec![Fit::inside(image, (side, side))],
            (None, None) => DEFAULT_SIZES.map(|side| Fit::inside(image, (side, side))).to_vec(),
        }
    }

    /// Appends what is found in one input, in pixels of `image`.
    fn candidates(&self, image: &Image, fit: Fit, mode: RunMode, to: &mut Vec<Detection>) -> Result<()> {
        let (width, height) = (fit.canvas.0 as usize, fit.canvas.1 as usize);
        let mut planes = self.idle().pop().unwrap_or_default();
        planes.resize(3 * width * height, 0.0);
        let picture = (fit.picture.0 as usize, fit.picture.1 as usize);
        letterbox(image, picture, Canvas { planes: &mut planes, width, height }, self.network.normalise());
        let start = to.len();
        let input = TensorView::new(vec![1, 3, height, width], &planes)?;
        let read = |outputs: &[TensorView<'_>]| {
            let read = match &self.reader {
                Reader::Scrfd => scrfd::read(outputs, fit.canvas, self.threshold(), to),
                Reader::Yunet(named) => named.read(outputs, fit.canvas, self.threshold(), to),
            };
            read.map_err(|message| self.network.refuse(message))
        };
        self.network.run(input, mode, read)?;
        self.keep(planes);
        to[start..].iter_mut().for_each(|detection| detection.scale(fit.scale));
        Ok(())
    }

    fn threshold(&self) -> f32 {
        self.options.threshold.unwrap_or(match self.reader {
            Reader::Scrfd => scrfd::THRESHOLD,
            Reader::Yunet(_) => yunet::THRESHOLD,
        })
    }

    fn keep(&self, planes: Vec<f32>) {
        let mut idle = self.idle();
        if idle.len() < MAX_IDLE {
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

impl Fit {
    /// As large as it goes into `canvas`, the sides in proportion and rounded down.
    fn inside(image: &Image, canvas: (u32, u32)) -> Self {
        let (width, height) = (f64::from(image.width()), f64::from(image.height()));
        let ratio = height / width;
        let (x, y) = match ratio > f64::from(canvas.1) / f64::from(canvas.0) {
            true => ((f64::from(canvas.1) / ratio) as u32, canvas.1),
            false => (canvas.0, (f64::from(canvas.0) * ratio) as u32),
        };
        let scale = match y {
            0 => f64::from(x) / width,
            y => f64::from(y) / height,
        };
        Self { canvas, picture: (x.max(1), y.max(1)), scale }
    }

    /// At its own size, each side filled up to a multiple of the stride; a very large one as large as is possible.
    fn own(image: &Image) -> Self {
        let (width, height) = (image.width(), image.height());
        if width.max(height) > MAX_SIZE {
            return Self::inside(image, (MAX_SIZE, MAX_SIZE));
        }
        let canvas = (width.next_multiple_of(MULTIPLE), height.next_multiple_of(MULTIPLE));
        Self { canvas, picture: (width, height), scale: 1.0 }
    }
}

impl Detection {
    /// From pixels of an input to those of the picture.
    fn scale(&mut self, scale: f64) {
        let divide = |x: &mut f32| *x = (f64::from(*x) / scale) as f32;
        self.bbox.iter_mut().for_each(divide);
        self.landmarks.as_flattened_mut().iter_mut().for_each(divide);
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
