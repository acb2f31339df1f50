//! From pictures to faces.

use crate::convert::{Out, Sized32, c_string, free, options, path, reference, slice, threads};
use crate::error::{call, invalid, sonic_status};
use crate::face::sonic_faces;
use crate::image::{image_of, sonic_image};
use crate::model::{Places, name};
use sonic::model::{Provider, SessionOptions};
use sonic::vision::decode;
use sonic::{FaceAnalyzer, FaceAnalyzerOptions, Image, Result};
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
    /// The side in pixels of the square that a picture is fitted into, a multiple of 32; 0 for 128 and 640 both, which
    /// finds faces that fill the picture too.
    pub det_size: u32,
    /// Not 0 to look at the picture in its own size instead.
    pub own_size: u32,
    /// Most faces of a picture, the surest; 0 for all.
    pub max_faces: u32,
    /// Least score of a face, above 0 to 1; 0 is 0.5 with SCRFD and 0.6 with YuNet.
    pub threshold: f32,
    /// Most that two faces may overlap, above 0 to 1; 0 is 0.4 with SCRFD and 0.3 with YuNet.
    pub nms: f32,
    /// The shared library of ONNX Runtime; NULL is the one that ORT_DYLIB_PATH names, or that the system finds. A process
    /// can have one.
    pub onnxruntime: *const c_char,
    /// The folder of the models; NULL is the one that SONIC_MODELS names, or sonic/models among the user's data.
    pub models_folder: *const c_char,
}

// SAFETY: eight words of 32 bits, then two pointers.
unsafe impl Sized32 for sonic_face_analyzer_options {
    const LEAST: usize = size_of::<Self>();
}

impl sonic_face_analyzer_options {
    fn to_options(self) -> Result<FaceAnalyzerOptions> {
        let given = |value: u32| (value != 0).then_some(value);
        let share = |value: f32| (value != 0.0).then_some(value);
        Ok(FaceAnalyzerOptions {
            det_size: given(self.det_size),
            own_size: self.own_size != 0,
            threshold: share(self.threshold),
            nms: share(self.nms),
            max_faces: given(self.max_faces).map(|most| most as usize),
            session: SessionOptions {
                threads: threads(self.threads)?,
                provider: provider(self.provider)?,
                ..SessionOptions::default()
            },
        })
    }
}

/// `options.provider`.
fn provider(number: i32) -> Result<Provider> {
    match number {
        0 => Ok(Provider::Cpu),
        1 => Ok(Provider::Cuda),
        2 => Ok(Provider::Auto),
        other => Err(invalid(format!("options.provider is {other}, which is no sonic_provider"))),
    }
}

/// Loads a model that finds faces (NULL is "yunet") and one that makes embeddings of them (NULL is "sface"): ids
/// of models that sonic knows or whose manifests are in the folder of models, or paths of manifests or ONNX files. The
/// licences of these two allow research only: for other uses name "yunet" and "sface". Nothing is ever fetched.
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
        let options = unsafe { self::options(options, "options") }?;
        // SAFETY: as above.
        let (places, out) = unsafe {
            (Places::new(options.models_folder, options.onnxruntime)?, Out::new(analyzer, "analyzer")?)
        };
        let options = options.to_options()?;
        let analyzer = FaceAnalyzer::load(&places.find(detector)?, &places.find(embedder)?, &options)?;
        let pipeline = c_string(analyzer.embedder().pipeline().as_str());
        out.give(sonic_face_analyzer { analyzer, pipeline })
    })
}

/// # Safety
/// `analyzer` is null or an analyzer.
pub(crate) unsafe fn analyzer_of<'a>(analyzer: *const sonic_face_analyzer) -> Result<&'a FaceAnalyzer> {
    // SAFETY: the caller's promise.
    unsafe { reference(analyzer, "analyzer") }.map(|a| &a.analyzer)
}

/// Length of the embeddings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_face_analyzer_dims(analyzer: *const sonic_face_analyzer) -> usize {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { analyzer.as_ref() }.map_or(0, |a| a.analyzer.embedder().dimensions())
}

/// How it makes embeddings: those of different pipelines cannot be compared. Borrowed from the analyzer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_face_analyzer_pipeline(analyzer: *const sonic_face_analyzer) -> *const c_char {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { analyzer.as_ref() }.map_or(null(), |a| a.pipeline.as_ptr())
}

/// The faces of a picture, the surest first; none is an honest answer.
///
/// Errors: MODEL if a model fails.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_face_analyzer_analyze(
    analyzer: *const sonic_face_analyzer,
    image: *const sonic_image,
    faces: *mut *mut sonic_faces,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (analyzer, image) = unsafe { (analyzer_of(analyzer)?, image_of(image)?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(faces, "faces") }?;
        out.give(analyze(analyzer, image)?)
    })
}

/// Decodes a picture's file and finds its faces; see sonic_face_analyzer_analyze.
///
/// Errors: as sonic_image_decode_file and sonic_face_analyzer_analyze.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_face_analyzer_analyze_file(
    analyzer: *const sonic_face_analyzer,
    path: *const c_char,
    faces: *mut *mut sonic_faces,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (analyzer, path) = unsafe { (analyzer_of(analyzer)?, self::path(path, "path")?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(faces, "faces") }?;
        out.give(analyze(analyzer, &decode(&path)?)?)
    })
}

/// Decodes the bytes of a picture's file and finds its faces; see sonic_face_analyzer_analyze_file. `data` is not used
/// after the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_face_analyzer_analyze_bytes(
    analyzer: *const sonic_face_analyzer,
    data: *const u8,
    len: usize,
    faces: *mut *mut sonic_faces,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (analyzer, data) = unsafe { (analyzer_of(analyzer)?, slice(data, len, "data")?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(faces, "faces") }?;
        out.give(analyze(analyzer, &decode(data)?)?)
    })
}

fn analyze(analyzer: &FaceAnalyzer, image: &Image) -> Result<sonic_faces> {
    let faces = analyzer.analyze(image)?;
    Ok(sonic_faces::new(faces, analyzer.embedder().pipeline(), (image.width(), image.height())))
}

/// Frees an analyzer; NULL is nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_face_analyzer_free(analyzer: *mut sonic_face_analyzer) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { free(analyzer) }
}
