//! What a face is compared by.

use crate::Image;
use crate::align::{TEMPLATE_SIZE, aligned};
use crate::manifest::{EMBEDDING, FaceInput};
use crate::network::{FaceNetwork, share};
use crate::resize::{Canvas, letterbox};
use sonic_core::{Embedding, Error, ErrorKind, PipelineId, Result, RunMode};
use sonic_model::{Model, SessionOptions, TensorView};
use std::fmt;

/// The version of everything around the models: alignment, resampling, unit length.
const VERSION: u32 = 1;
/// Most faces in one run of a model.
const MAX_BATCH: usize = 32;
/// Most threads that the faces of one picture are shared out to: each has its own copy of the weights.
const MAX_SHARED: usize = 4;
/// Operators whose scale follows from all that is in a batch: with them a face's embedding depends on its neighbours.
const DYNAMIC: &[u8] = b"DynamicQuantizeLinear";

/// Makes embeddings of faces. Any number of threads can use one at once.
///
/// The five points of a face decide what of the picture is embedded; the box and the detector have no part in it.
/// That is why [`pipeline`](Self::pipeline) does not name a detector: all detectors here give the same five points,
/// and all embedders the same template to bring them to. Embeddings of faces that different detectors found can be
/// compared; they differ as much as the detectors do about the points.
pub struct FaceEmbedder {
    network: FaceNetwork,
    pipeline: PipelineId,
    /// The side of the picture of a face.
    size: u32,
    dimensions: usize,
    output: usize,
    batch: usize,
}

impl FaceEmbedder {
    /// The embedder that a manifest describes.
    ///
    /// # Errors
    /// `Model` if it is no embedder, or the runtime or the file is missing, damaged or does not do what the manifest
    /// says; `InvalidArgument` for options out of range.
    pub fn load(model: &Model, options: &SessionOptions) -> Result<Self> {
        let network = FaceNetwork::load(model, EMBEDDING, options, false)?;
        let size = size_of(&network)?;
        let (output, dimensions) = network.embedding_output()?;
        let batch = match network.input_shape()[0] {
            Some(fixed) => fixed,
            None if is_dynamically_quantised(model)? => 1,
            None => MAX_BATCH,
        };
        let pipeline = pipeline(network.face(), size, &network.identity());
        Ok(Self { network, pipeline, size, dimensions, output, batch })
    }

    /// What tells its embeddings from those of others: alignment, how faces are fed, model bytes and version.
    pub fn pipeline(&self) -> &PipelineId {
        &self.pipeline
    }

    /// Length of the vectors.
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// The embeddings, of unit length, of faces of `image` by their five points, in their order.
    ///
    /// # Errors
    /// `InvalidArgument` if five points are not finite or all but in one place, `Model` if the model fails.
    pub fn embed(&self, image: &Image, landmarks: &[[[f32; 2]; 5]]) -> Result<Vec<Embedding>> {
        let faces = landmarks.iter().map(|points| aligned(image, points, self.size));
        self.embed_aligned(&faces.collect::<Result<Vec<_>>>()?, RunMode::Single)
    }

    /// The side of the aligned pictures that it takes.
    pub(crate) fn size(&self) -> u32 {
        self.size
    }

    /// The embeddings of faces that are aligned.
    ///
    /// On the processor a face that is alone in a run stays in the caches, and threads that each run a face of their
    /// own never wait for each other: as many faces as can be shared out evenly are.
    pub(crate) fn embed_aligned(&self, faces: &[Image], mode: RunMode) -> Result<Vec<Embedding>> {
        let workers = self.network.parallel();
        let few = mode == RunMode::Batch || workers <= MAX_SHARED;
        if !few || !self.network.is_on_cpu() || self.network.input_shape()[0].is_some_and(|n| n > 1) {
            let runs = faces.chunks(self.batch).map(|faces| self.run(faces, mode));
            return Ok(runs.collect::<Result<Vec<_>>>()?.concat());
        }
        let workers = if mode == RunMode::Single { workers } else { 1 };
        let (even, rest) = faces.split_at(if workers > 1 { faces.len() / workers * workers } else { 0 });
        let alone = |face: &Image, mode| self.run(std::slice::from_ref(face), mode);
        let mut embeddings = share(even, workers, alone)?;
        for face in rest {
            embeddings.push(alone(face, mode)?);
        }
        Ok(embeddings.concat())
    }

    /// The embeddings of as many faces as go into one run.
    fn run(&self, faces: &[Image], mode: RunMode) -> Result<Vec<Embedding>> {
        let (shape, numbers) = self.input(faces);
        let input = TensorView::new(&shape[..], &numbers)?;
        self.network.run(input, mode, |outputs| self.read(outputs[self.output].as_slice()?, faces.len()))
    }

    /// The embeddings of `count` faces in the output for them.
    fn read(&self, vectors: &[f32], count: usize) -> Result<Vec<Embedding>> {
        if vectors.len() < count * self.dimensions || !vectors.len().is_multiple_of(self.dimensions) {
            let (count, got) = (count * self.dimensions, vectors.len());
            return Err(self.network.refuse(format!("it gave {got} numbers where {count} were expected")));
        }
        let vectors = vectors.chunks_exact(self.dimensions).take(count);
        vectors.map(|v| Ok(Embedding { pipeline: self.pipeline.clone(), vector: self.unit(v)? })).collect()
    }

    /// The input for some faces: its shape and its numbers.
    fn input(&self, faces: &[Image]) -> ([usize; 4], Vec<f32>) {
        let side = self.size as usize;
        let count = self.network.input_shape()[0].unwrap_or(faces.len());
        let mut numbers = vec![0.0; count * 3 * side * side];
        for (face, planes) in faces.iter().zip(numbers.chunks_exact_mut(3 * side * side)) {
            let canvas = Canvas { planes, width: side, height: side };
            letterbox(face, (side, side), canvas, self.network.normalise());
        }
        ([count, 3, side, side], numbers)
    }

    fn unit(&self, vector: &[f32]) -> Result<Vec<f32>> {
        let length = vector.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
        match length.is_finite() && length > 0.0 {
            true => Ok(vector.iter().map(|x| (f64::from(*x) / length) as f32).collect()),
            false => Err(self.network.refuse("it gave a vector without a direction".to_owned())),
        }
    }
}

impl fmt::Debug for FaceEmbedder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FaceEmbedder({}, {} dimensions)", self.pipeline, self.dimensions)
    }
}

/// The side of the square that the model takes.
fn size_of(network: &FaceNetwork) -> Result<u32> {
    let size = network.face().size;
    let [_, _, height, width] = network.input_shape();
    let fits = |side: u32, length: Option<usize>| length.is_none_or(|length| length == side as usize);
    match size {
        Some([x, y]) if x == y && x > 0 && fits(x, width) && fits(y, height) => Ok(x),
        _ => {
            let message = format!("faces of {size:?} pixels do not fit its input, or are no squares");
            Err(network.refuse(message))
        }
    }
}

/// True if faces of one batch change each other's embeddings: such models get one face at a time.
fn is_dynamically_quantised(model: &Model) -> Result<bool> {
    let Some(path) = model.path() else { return Ok(false) };
    let bytes = std::fs::read(path);
    let bytes = bytes.map_err(|e| {
        Error::new(ErrorKind::Model, format!("cannot read {}: {e}", path.display())).with_source(e)
    })?;
    Ok(bytes.windows(DYNAMIC.len()).any(|window| window == DYNAMIC))
}

fn pipeline(face: &FaceInput, size: u32, identity: &str) -> PipelineId {
    let colour = format!("{:?}", face.colour).to_lowercase();
    let list = |numbers: [f32; 3]| numbers.map(|x| x.to_string()).join(",");
    let fed = format!("{colour}-{}-{}", list(face.mean), list(face.std));
    let template = format!("points5-{}of{TEMPLATE_SIZE}", size);
    PipelineId::new(format!("face-{VERSION}/{template}/{fed}/{identity}"))
}
