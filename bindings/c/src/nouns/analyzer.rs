//! What finds faces.

use crate::convert::{Out, c_string, free, reference};
use crate::error::{call, sonic_status};
use crate::nouns::model::{Places, name, provider, sonic_provider};
use crate::options::{Options, Sized32, given, init, read_options, threads};
use sonic::Result;
use sonic::faces::{FaceAnalyzer, FaceAnalyzerOptions};
use sonic::model::SessionOptions;
use sonic::vision::DecodeOptions;
use std::ffi::{CString, c_char};
use std::ptr::null;

/// The models that are used if none is named.
const DETECTOR: &str = "yunet";
const EMBEDDER: &str = "sface";

/// Shared. Finds the faces of pictures and makes embeddings of them: vectors of unit length that say whose face it is,
/// compared by their dot product.
pub struct sonic_face_analyzer {
    analyzer: FaceAnalyzer,
    pipeline: CString,
    decode: DecodeOptions,
}

/// How to look for faces.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct sonic_face_analyzer_options {
    /// sizeof(sonic_face_analyzer_options)
    pub size: u32,
    /// Threads that one call uses; 0 is as many as the machine has cores.
    pub threads: u32,
    /// A sonic_provider.
    pub provider: i32,
    /// Not 0 to look at the picture in its own size, whatever `det_size` says.
    pub own_size: u32,
    /// Not 0 if `det_size` counts; otherwise it is 128 and 640 both, which finds faces that fill the picture too, and
    /// in large pictures finer sizes for small faces.
    pub has_det_size: u32,
    /// The side in pixels of the square that a picture is fitted into, a multiple of 32.
    pub det_size: u32,
    /// Not 0 if `max_faces` counts; otherwise all faces are given.
    pub has_max_faces: u32,
    /// Most faces of a picture, the surest.
    pub max_faces: u32,
    /// Not 0 if `threshold` counts; otherwise it is 0.5 with SCRFD and 0.6 with YuNet.
    pub has_threshold: u32,
    /// Least score of a face, above 0 to 1.
    pub threshold: f32,
    /// Not 0 if `nms` counts; otherwise it is 0.4 with SCRFD and 0.3 with YuNet.
    pub has_nms: u32,
    /// Most that two faces may overlap, above 0 to 1.
    pub nms: f32,
    /// The shared library of ONNX Runtime; NULL is the one that ORT_DYLIB_PATH names, or that the system finds. A process
    /// can have one.
    pub onnxruntime: *const c_char,
    /// The folder of the models; NULL is the one that SONIC_MODELS names, or sonic/models among the user's data.
    pub models_folder: *const c_char,
    /// Most pixels, width times height, of the pictures that it decodes; 100,000,000 by default.
    pub max_pixels: u64,
}

// SAFETY: twelve words of 32 bits, two pointers, and a u64 (two pointers of four bytes leave it aligned too).
unsafe impl Sized32 for sonic_face_analyzer_options {
    const LEAST: usize = size_of::<Self>();
}

impl Options for sonic_face_analyzer_options {
    fn defaults() -> Self {
        Self {
            size: size_of::<Self>() as u32,
            threads: 0,
            provider: sonic_provider::SONIC_PROVIDER_CPU as i32,
            own_size: 0,
            has_det_size: 0,
            det_size: 0,
            has_max_faces: 0,
            max_faces: 0,
            has_threshold: 0,
            threshold: 0.0,
            has_nms: 0,
            nms: 0.0,
            onnxruntime: null(),
            models_folder: null(),
            max_pixels: DecodeOptions::default().max_pixels,
        }
    }
}

impl sonic_face_analyzer_options {
    fn to_options(self) -> Result<FaceAnalyzerOptions> {
        Ok(FaceAnalyzerOptions {
            det_size: given(self.has_det_size, self.det_size),
            own_size: self.own_size != 0,
            threshold: given(self.has_threshold, self.threshold),
            nms: given(self.has_nms, self.nms),
            max_faces: given(self.has_max_faces, self.max_faces as usize),
            session: SessionOptions {
                threads: threads(self.threads)?,
                provider: provider(self.provider)?,
                ..SessionOptions::default()
            },
        })
    }
}

/// Fills `options`, of which the program knows `size` bytes, with the defaults: the first thing to do with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_face_analyzer_options_init(
    options: *mut sonic_face_analyzer_options,
    size: usize,
) -> sonic_status {
    // SAFETY: the caller keeps the rules of the header.
    call(|| unsafe { init(options, size) })
}

/// Loads a model that finds faces (NULL is "yunet") and one that makes embeddings of them (NULL is "sface"): ids
/// of models that sonic knows or whose manifests are in the folder of models, or paths of manifests or ONNX files. The
/// licences of these two, MIT and Apache-2.0, allow commercial use; those of InsightFace's models allow research only.
/// Nothing is ever fetched.
///
/// Errors: NOT_FOUND if there is no such model; MODEL if its file or ONNX Runtime is missing or damaged, or it is for
/// something else; INVALID_ARGUMENT if an option is out of its range; MISMATCH if the process has loaded another ONNX
/// Runtime.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_face_analyzer_new(
    detector: *const c_char,
    embedder: *const c_char,
    options: *const sonic_face_analyzer_options,
    analyzer: *mut *mut sonic_face_analyzer,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (detector, embedder) = unsafe { (name(detector, DETECTOR)?, name(embedder, EMBEDDER)?) };
        // SAFETY: as above.
        let options = unsafe { read_options(options) }?;
        // SAFETY: as above.
        let (places, out) = unsafe {
            (Places::new(options.models_folder, options.onnxruntime)?, Out::new(analyzer, "analyzer")?)
        };
        let decode = DecodeOptions::within(options.max_pixels);
        let options = options.to_options()?;
        let analyzer = FaceAnalyzer::load(&places.find(detector)?, &places.find(embedder)?, &options)?;
        let pipeline = c_string(analyzer.embedder().pipeline().as_str());
        out.give(sonic_face_analyzer { analyzer, pipeline, decode })
    })
}

/// # Safety
/// `analyzer` is null or an analyzer.
pub(crate) unsafe fn analyzer_of<'a>(analyzer: *const sonic_face_analyzer) -> Result<&'a FaceAnalyzer> {
    // SAFETY: the caller's promise.
    unsafe { reference(analyzer, "analyzer") }.map(|a| &a.analyzer)
}

/// What decoding a picture may cost.
///
/// # Safety
/// `analyzer` is null or an analyzer.
pub(crate) unsafe fn decode_options_of(analyzer: *const sonic_face_analyzer) -> Result<DecodeOptions> {
    // SAFETY: the caller's promise.
    unsafe { reference(analyzer, "analyzer") }.map(|a| a.decode)
}

/// Length of the embeddings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_face_analyzer_dimensions(analyzer: *const sonic_face_analyzer) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { analyzer.as_ref() }.map_or(0, |a| a.analyzer.embedder().dimensions())
}

/// How it makes embeddings: those of different pipelines cannot be compared. Borrowed from the analyzer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_face_analyzer_pipeline(analyzer: *const sonic_face_analyzer) -> *const c_char {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { analyzer.as_ref() }.map_or(null(), |a| a.pipeline.as_ptr())
}

/// Frees an analyzer; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_face_analyzer_free(analyzer: *mut sonic_face_analyzer) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(analyzer) }
}
