//! Faces in pictures.

use crate::argument::{Arg, count, expected};
use crate::arrays::{array, numbers, points, shape};
use crate::batches::in_batches;
use crate::embedder::{model_name, provider, resolve};
use crate::error::{detached, invalid};
use crate::picture::{MaxPixels, Picture, picture, pictures};
use crate::progress::counter;
use crate::results::list;
use numpy::PyArrayMethods;
use pyo3::prelude::*;
use sonic::faces::FaceAnalyzerOptions;
use sonic::model::{Provider, SessionOptions};
use sonic::{Error, ErrorKind, Result};
use std::sync::Arc;

/// Finds faces in pictures and makes embeddings of them: unit vectors, whose dot product says how alike two faces are.
///
/// `detector` and `embedder` are ids of models, or paths of manifests (`.toml`) or of ONNX files with their manifests
/// beside them. A bare ONNX file is known by its bytes, or else by its inputs and outputs: nine outputs of 1, 4 and 10
/// numbers are SCRFD, outputs named `cls_8` and so on YuNet, 112 x 112 pixels to 512 numbers ArcFace, each fed as
/// InsightFace and OpenCV do. Models run in ONNX Runtime, which is taken from the package `onnxruntime`.
///
/// `det_size` is the side of the square that a picture is fitted into, a multiple of 32; None for 128 and 640 both, which
/// finds faces that fill the picture too, and in a large picture finer sizes for small faces, from about 40 pixels on. With `own_size=True` it is looked at in its own size instead. `threshold` is the
/// least score of a face (None: 0.5, YuNet 0.6), `nms` the most that two may overlap, `max_faces` the most of a picture,
/// the surest. `threads` is how many one call uses (0: as many as there are cores), `provider` what the models run on:
/// "cpu", "cuda", or "auto". Any number of threads can use one analyzer at once. Raises `NotFoundError` if there is no
/// such model, `ModelError` if its file or the runtime is missing or damaged, or it is for something else.
#[pyclass(frozen, module = "sonic")]
pub(crate) struct FaceAnalyzer {
    analyzer: Arc<sonic::faces::FaceAnalyzer>,
    process: u32,
}

impl FaceAnalyzer {
    /// The analyzer, if this is the process that loaded it.
    pub(crate) fn get(&self) -> Result<&sonic::faces::FaceAnalyzer> {
        if self.process == std::process::id() {
            return Ok(&self.analyzer);
        }
        let message = "this analyzer was loaded by the process that this one was forked from: load it again";
        Err(Error::new(ErrorKind::Closed, message))
    }

    /// As `get`, to be kept by a thread.
    pub(crate) fn shared(&self) -> Result<Arc<sonic::faces::FaceAnalyzer>> {
        self.get().map(|_| Arc::clone(&self.analyzer))
    }
}

impl Drop for FaceAnalyzer {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            std::mem::forget(Arc::clone(&self.analyzer)); // Its threads run in the process it was forked from.
        }
    }
}

#[pymethods]
impl FaceAnalyzer {
    #[new]
    #[pyo3(
        signature = (detector=None, embedder=None, det_size=None, threshold=None, *, max_faces=None, nms=None,
                     own_size=Arg(false), threads=0, provider=Provider::Cpu),
        text_signature = "(detector='yunet', embedder='sface', det_size=None, threshold=None, *, max_faces=None, nms=None, own_size=False, threads=0, provider='cpu')"
    )]
    #[expect(clippy::too_many_arguments, reason = "most are keywords")]
    fn new(
        py: Python<'_>,
        detector: Option<&Bound<'_, PyAny>>,
        embedder: Option<&Bound<'_, PyAny>>,
        det_size: Option<&Bound<'_, PyAny>>,
        threshold: Option<Arg<f32>>,
        max_faces: Option<Arg<usize>>,
        nms: Option<Arg<f32>>,
        own_size: Arg<bool>,
        #[pyo3(from_py_with = count)] threads: usize,
        #[pyo3(from_py_with = provider)] provider: Provider,
    ) -> PyResult<Self> {
        let name = |given: Option<&Bound<'_, PyAny>>, default: &str| {
            given.map_or_else(|| Ok(default.to_owned()), model_name)
        };
        let detector = resolve(py, &name(detector, "yunet")?)?;
        let embedder = resolve(py, &name(embedder, "sface")?)?;
        let options = FaceAnalyzerOptions {
            det_size: det_size.map(detector_size).transpose()?,
            own_size: own_size.0,
            threshold: threshold.map(|a| a.0),
            nms: nms.map(|a| a.0),
            max_faces: max_faces.map(|a| a.0),
            session: SessionOptions { threads, provider, ..SessionOptions::default() },
        };
        let load = || sonic::faces::FaceAnalyzer::load(&detector, &embedder, &options);
        let analyzer = Arc::new(detached(py, "loading the models", load)?);
        Ok(Self { analyzer, process: std::process::id() })
    }

    /// Length of the embeddings.
    #[getter]
    fn dimensions(&self) -> usize {
        self.analyzer.embedder().dimensions()
    }

    /// What distinguishes its embeddings from those of others: alignment, how faces are fed, model and version. The detector is no
    /// part of it. A store holds faces of one pipeline.
    #[getter]
    fn pipeline(&self) -> &str {
        self.analyzer.embedder().pipeline().as_str()
    }

    /// The faces in a picture, the surest first; an empty list if there is none.
    ///
    /// A picture is a path, bytes, a binary file object, or a uint8 array: (h, w, 3) RGB, (h, w) grey or (h, w, 4) RGBA, a
    /// picture of PIL too. Files are turned upright by their EXIF orientation, arrays are taken as they are. Raises what
    /// `decode_image` raises.
    #[pyo3(
        signature = (source, *, max_pixels=MaxPixels::default()),
        text_signature = "($self, source, *, max_pixels=100000000)"
    )]
    fn analyze<'py>(
        &self,
        source: &Bound<'py, PyAny>,
        max_pixels: MaxPixels,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let (py, picture) = (source.py(), picture(source)?);
        list(py, detached(py, "looking for faces", || self.get()?.analyze(&*picture.image(max_pixels)?))?)
    }

    /// The faces in each of many pictures, in their order, on all cores.
    ///
    /// Pictures are pulled as the work goes on, and a bounded number is in memory at a time. `progress` is called with the
    /// number of pictures that are done and of all, None if `sources` does not know its length. Raises the error of the
    /// first picture that has one; Ctrl-C stops it between pictures.
    #[pyo3(
        signature = (sources, *, progress=None, max_pixels=MaxPixels::default()),
        text_signature = "($self, sources, *, progress=None, max_pixels=100000000)"
    )]
    fn analyze_many<'py>(
        &self,
        sources: &Bound<'py, PyAny>,
        #[pyo3(from_py_with = counter)] progress: Option<Py<PyAny>>,
        max_pixels: MaxPixels,
    ) -> PyResult<Vec<Vec<Bound<'py, PyAny>>>> {
        let (py, total) = (sources.py(), sources.len().ok());
        let mut all = Vec::new();
        let work = |batch: Vec<Picture>| {
            let first = all.len();
            let find = || self.get()?.analyze_decoded(&batch, first, |picture| picture.image(max_pixels));
            for found in detached(py, "looking for faces", find)? {
                all.push(list(py, found.faces)?);
            }
            progress.as_ref().map_or(Ok(()), |progress| progress.call1(py, (all.len(), total)).map(drop))
        };
        in_batches(&pictures(sources)?, picture, work)?;
        Ok(all)
    }

    /// The places of the faces in a picture, the surest first, without embeddings: a list of `Detection`.
    #[pyo3(
        signature = (source, *, max_pixels=MaxPixels::default()),
        text_signature = "($self, source, *, max_pixels=100000000)"
    )]
    fn detect<'py>(
        &self,
        source: &Bound<'py, PyAny>,
        max_pixels: MaxPixels,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let (py, picture) = (source.py(), picture(source)?);
        list(
            py,
            detached(py, "looking for faces", || {
                self.get()?.detector().detect(&*picture.image(max_pixels)?)
            })?,
        )
    }

    /// The embeddings of faces whose five points are known: for points of shape (5, 2) an array of shape (dimensions,), for
    /// (n, 5, 2) one of shape (n, dimensions), float32, of unit length.
    #[pyo3(
        signature = (source, landmarks, *, max_pixels=MaxPixels::default()),
        text_signature = "($self, source, landmarks, *, max_pixels=100000000)"
    )]
    fn embed<'py>(
        &self,
        source: &Bound<'py, PyAny>,
        landmarks: &Bound<'py, PyAny>,
        max_pixels: MaxPixels,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (py, picture) = (source.py(), picture(source)?);
        let (faces, one) = faces_of(landmarks)?;
        let embed = || self.get()?.embedder().embed(&*picture.image(max_pixels)?, &faces);
        let embeddings = detached(py, "embedding", embed)?;
        let values = embeddings.into_iter().flat_map(|embedding| embedding.vector).collect();
        let array = array(py, values)?;
        if one {
            return Ok(array.into_any());
        }
        Ok(array.reshape([faces.len(), self.dimensions()])?.into_any())
    }

    fn __repr__(&self) -> String {
        format!("FaceAnalyzer(dimensions={}, pipeline={:?})", self.dimensions(), self.pipeline())
    }
}

/// Five points of each face, and whether it is one face without a list around it.
fn faces_of(object: &Bound<'_, PyAny>) -> PyResult<(Vec<[[f32; 2]; 5]>, bool)> {
    let array = numbers(object, "five points (x, y) of each face: an array of shape (5, 2) or (n, 5, 2)")?;
    match shape(&array)[..] {
        [0] | [0, 5, 2] => Ok((Vec::new(), false)),
        [_, 5, 2] => Ok((array.try_iter()?.map(|face| points(&face?)).collect::<PyResult<_>>()?, false)),
        _ => Ok((vec![points(&array)?], true)),
    }
}

/// A side in pixels, or a pair of the same as InsightFace takes it.
fn detector_size(object: &Bound<'_, PyAny>) -> PyResult<u32> {
    if let Ok((width, height)) = object.extract::<(u32, u32)>() {
        if width == height {
            return Ok(width);
        }
        return Err(invalid(object.py(), "det_size is one side of a square: give one number"));
    }
    object.extract().map_err(|_| expected("a number of pixels, such as 640, or None", object))
}
