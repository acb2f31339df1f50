//! From pictures to faces.

use crate::convert::{Buffer, Out};
use crate::error::{call, sonic_status};
use crate::nouns::analyzer::{analyzer_of, decode_options_of, sonic_face_analyzer};
use crate::nouns::face::sonic_face_list;
use crate::nouns::image::{image_of, sonic_image};
use crate::nouns::job::{Job, sonic_cancel, sonic_progress};
use crate::nouns::source::{sonic_source, source_of, sources_of};
use sonic::faces::{AnalyzedImage, FaceAnalyzer};
use sonic::vision::decode_with;
use sonic::{Image, Result, parallel};
use std::borrow::Cow;

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
        let (options, source) = unsafe { (decode_options_of(analyzer)?, source_of(source)?) };
        // SAFETY: as above.
        let (analyzer, out) = unsafe { (analyzer_of(analyzer)?, Out::new(faces, "faces")?) };
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

/// Decodes `count` pictures and finds their faces, all cores at work: one list for each in `faces`, to be freed with
/// sonic_face_list_free. A few pictures are in memory at a time.
///
/// Errors: as sonic_face_analyzer_analyze, of the first picture that has one, and CLOSED if it was cancelled; nothing is
/// written then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sonic_face_analyzer_analyze_many(
    analyzer: *const sonic_face_analyzer,
    sources: *const *const sonic_source,
    count: usize,
    cancel: *const sonic_cancel,
    progress: *const sonic_progress,
    faces: *mut *mut sonic_face_list,
) -> sonic_status {
    call(|| {
        // SAFETY: the caller keeps the rules of the header.
        let (options, sources) = unsafe { (decode_options_of(analyzer)?, sources_of(sources, count)?) };
        // SAFETY: as above.
        let analyzer = unsafe { analyzer_of(analyzer) }?;
        // SAFETY: as above.
        let (job, out) = unsafe { (Job::new(cancel, progress)?, Buffer::new(faces, count, count, "faces")?) };
        let mut lists = Vec::with_capacity(count);
        let decode = |source: &&sonic_source| {
            source.with_image(options.max_bytes, |image| decode_with(image, &options)).map(Cow::Owned)
        };
        for some in sources.chunks(parallel::cores()) {
            job.check()?;
            job.set(lists.len() as u64, count as u64);
            let found = analyzer.analyze_decoded(some, lists.len(), decode)?.into_iter();
            lists.extend(found.map(|AnalyzedImage { faces, width, height }| {
                sonic_face_list::new(faces, analyzer.embedder().pipeline(), (width, height))
            }));
        }
        job.set(count as u64, count as u64);
        let pointers: Vec<_> = lists.into_iter().map(|list| Box::into_raw(Box::new(list))).collect();
        out.write(&pointers)
    })
}

fn analyze(analyzer: &FaceAnalyzer, image: &Image) -> Result<sonic_face_list> {
    let faces = analyzer.analyze(image)?;
    Ok(sonic_face_list::new(faces, analyzer.embedder().pipeline(), (image.width(), image.height())))
}
