//! From pictures to faces.

use crate::convert::Out;
use crate::error::{call, sonic_status};
use crate::nouns::analyzer::{analyzer_of, sonic_face_analyzer};
use crate::nouns::face::sonic_face_list;
use crate::nouns::image::{image_of, sonic_image};
use crate::nouns::source::{sonic_source, source_of};
use sonic::faces::FaceAnalyzer;
use sonic::vision::DecodeOptions;
use sonic::vision::decode_with;
use sonic::{Image, Result};

/// Decodes a picture and finds its faces; see sonic_face_analyzer_analyze_image.
///
/// Errors: as sonic_image_decode and sonic_face_analyzer_analyze_image.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_face_analyzer_analyze(
    analyzer: *const sonic_face_analyzer,
    source: *const sonic_source,
    faces: *mut *mut sonic_face_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (analyzer, source) = unsafe { (analyzer_of(analyzer)?, source_of(source)?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(faces, "faces") }?;
        let options = DecodeOptions::default();
        let image = source.with_image(options.max_bytes, |image| decode_with(image, &options))?;
        out.give(analyze(analyzer, &image)?)
    })
}

/// The faces of a picture, the surest first; none is an honest answer.
///
/// Errors: MODEL if a model fails.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_face_analyzer_analyze_image(
    analyzer: *const sonic_face_analyzer,
    image: *const sonic_image,
    faces: *mut *mut sonic_face_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (analyzer, image) = unsafe { (analyzer_of(analyzer)?, image_of(image)?) };
        // SAFETY: as above.
        let out = unsafe { Out::new(faces, "faces") }?;
        out.give(analyze(analyzer, image)?)
    })
}

fn analyze(analyzer: &FaceAnalyzer, image: &Image) -> Result<sonic_face_list> {
    let faces = analyzer.analyze(image)?;
    Ok(sonic_face_list::new(faces, analyzer.embedder().pipeline(), (image.width(), image.height())))
}
