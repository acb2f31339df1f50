//! Promise: what is found in pictures of every kind is honest, the same alone, in a batch and on many threads.

#![cfg(feature = "onnx")]
#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use sonic_core::{ErrorKind, Face};
use sonic_vision::{FaceAnalyzer, FaceAnalyzerOptions, FaceDetector, FaceEmbedder, Image, decode, quality};
use std::path::Path;
use support::{assets_and_runtime, cosine, det_500m, model, w600k};

fn analyzer(assets: &Path, options: FaceAnalyzerOptions) -> FaceAnalyzer {
    let detector = model(assets, "det_500m", "det_500m.onnx");
    let embedder = model(assets, "w600k_mbf", "w600k_mbf_dequant_fp32.onnx");
    FaceAnalyzer::load(&detector, &embedder, &options).unwrap()
}

fn photo(assets: &Path, path: &str) -> Image {
    decode(&assets.join(path)).unwrap()
}

fn canvas(width: u32, height: u32) -> (Vec<u8>, usize) {
    (vec![90; width as usize * height as usize * 3], width as usize)
}

/// `images` side by side in rows of `columns`, in cells of the size of the first.
fn sheet(image: &Image, columns: u32, rows: u32) -> Image {
    let (width, height) = (image.width(), image.height());
    let (mut pixels, stride) = canvas(width * columns, height * rows);
    for y in 0..(height * rows) as usize {
        let row = &image.pixels()[y % height as usize * width as usize * 3..][..width as usize * 3];
        for column in 0..columns as usize {
            pixels[(y * stride + column * width as usize) * 3..][..row.len()].copy_from_slice(row);
        }
    }
    Image::new(width * columns, height * rows, pixels).unwrap()
}

#[test]
fn pictures_without_a_face_have_none() {
    let Some(assets) = assets_and_runtime() else { return };
    let analyzer = analyzer(&assets, FaceAnalyzerOptions::default());
    let plain = |width: u32, height: u32| Image::new(width, height, canvas(width, height).0).unwrap();
    let mut images = vec![photo(&assets, "images/noface_synthetic.png")];
    images.extend([(1, 1), (1, 900), (900, 1), (3000, 2), (640, 640), (31, 33)].map(|(w, h)| plain(w, h)));
    for image in &images {
        assert_eq!(analyzer.analyze(image).unwrap(), [], "{image:?}");
    }
    assert!(analyzer.analyze_many(&images).unwrap().iter().all(Vec::is_empty));
    assert!(analyzer.analyze_many::<Image>(&[]).unwrap().is_empty());
    assert!(analyzer.embedder().embed(&images[0], &[]).unwrap().is_empty());
}

#[test]
fn a_face_is_found_whole_with_its_quality_and_vector() {
    let Some(assets) = assets_and_runtime() else { return };
    let analyzer = analyzer(&assets, FaceAnalyzerOptions::default());
    let image = photo(&assets, "images/insightface/t1.jpg");
    let faces = analyzer.analyze(&image).unwrap();
    assert_eq!(faces.len(), 6);
    assert!(faces.is_sorted_by(|a, b| a.score >= b.score));
    for Face { bbox, landmarks, quality: seen, embedding, .. } in &faces {
        let length: f32 = embedding.vector.iter().map(|x| x * x).sum();
        assert!((length - 1.0).abs() < 1e-5 && embedding.vector.len() == 512);
        assert_eq!(&embedding.pipeline, analyzer.embedder().pipeline());
        assert_eq!(*seen, quality(&image, *bbox, landmarks).unwrap());
        assert!(seen.size > 90.0 && seen.sharpness > 10.0 && seen.yaw.abs() < 60.0, "{seen:?}");
        assert!((0.2..0.9).contains(&seen.brightness) && seen.clipped < 0.5, "{seen:?}");
        assert!(landmarks.iter().all(|[x, y]| *x > bbox[0] && *x < bbox[2] && *y > bbox[1] && *y < bbox[3]));
    }
    for (i, a) in faces.iter().enumerate() {
        for b in &faces[..i] {
            assert!(cosine(&a.embedding.vector, &b.embedding.vector) < 0.5, "six different people");
        }
    }
}

#[test]
fn a_face_that_fills_the_picture_and_a_small_one_are_both_found() {
    let Some(assets) = assets_and_runtime() else { return };
    let sizes = [Some(640), Some(128), None]
        .map(|det_size| det_500m(&assets, FaceAnalyzerOptions { det_size, ..Default::default() }));
    let group = photo(&assets, "images/insightface/t1.jpg");
    let face = sizes[0].detect(&group).unwrap()[0];
    let close = sonic_vision::aligned(&group, &face.landmarks, 112).unwrap();
    let found = |image: &Image| sizes.each_ref().map(|detector| detector.detect(image).unwrap().len());
    let [large_only, small_only, both] = found(&close);
    assert_eq!((small_only, both), (1, 1), "at 640 alone: {large_only}");
    let [large_only, small_only, both] = found(&group);
    assert_eq!((large_only, both), (6, 6), "at 128 alone: {small_only}");
}

#[test]
fn sixty_faces_are_sixty() {
    let Some(assets) = assets_and_runtime() else { return };
    let single = photo(&assets, "people/Colin_Powell/Colin_Powell_0004.jpg");
    let many = sheet(&single, 10, 6);
    let all = analyzer(&assets, FaceAnalyzerOptions { det_size: Some(1280), ..Default::default() });
    let faces = all.analyze(&many).unwrap();
    assert_eq!(faces.len(), 60);
    let alone = &analyzer(&assets, Default::default()).analyze(&single).unwrap()[0];
    for face in &faces {
        let same = cosine(&face.embedding.vector, &alone.embedding.vector);
        assert!(same > 0.9, "{same}");
    }
    let few = analyzer(&assets, FaceAnalyzerOptions { max_faces: Some(3), ..Default::default() });
    assert_eq!(few.analyze(&photo(&assets, "images/insightface/t1.jpg")).unwrap().len(), 3);
}

#[test]
fn a_batch_and_many_threads_give_what_one_gives() {
    let Some(assets) = assets_and_runtime() else { return };
    let analyzer = analyzer(&assets, FaceAnalyzerOptions::default());
    let images: Vec<Image> =
        ["images/insightface/t1.jpg", "images/noface_synthetic.png", "images/deepface/img62.jpg"]
            .into_iter()
            .chain(["people/Tony_Blair/Tony_Blair_0001.jpg", "images/bbt/bbt4.jpg"])
            .map(|path| photo(&assets, path))
            .collect();
    let alone: Vec<_> = images.iter().map(|image| analyzer.analyze(image).unwrap()).collect();
    let near = |got: &[Vec<Face>]| {
        assert_eq!(got.len(), alone.len());
        for (a, b) in got.iter().flatten().zip(alone.iter().flatten()) {
            assert!(a.bbox.iter().zip(b.bbox).all(|(a, b)| (a - b).abs() < 0.01));
            assert!(cosine(&a.embedding.vector, &b.embedding.vector) > 0.99999);
        }
    };
    near(&analyzer.analyze_many(&images).unwrap());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| near(&images.iter().map(|i| analyzer.analyze(i).unwrap()).collect::<Vec<_>>()));
        }
    });
    let detected = analyzer.detector().detect_many(&images).unwrap();
    assert!(detected.iter().zip(&alone).all(|(detected, alone)| detected.len() == alone.len()));
}

#[test]
fn the_vector_of_a_face_does_not_depend_on_its_neighbours() {
    let Some(assets) = assets_and_runtime() else { return };
    let image = photo(&assets, "images/insightface/t1.jpg");
    let landmarks: Vec<_> =
        det_500m(&assets, Default::default()).detect(&image).unwrap().iter().map(|f| f.landmarks).collect();
    let quantised = model(&assets, "w600k_mbf", "w600k_mbf_int8dyn.onnx");
    let quantised = FaceEmbedder::load(&quantised, &Default::default()).unwrap();
    for (embedder, least) in [(&w600k(&assets), 0.999999), (&quantised, 1.0 - 1e-9)] {
        let together = embedder.embed(&image, &landmarks).unwrap();
        for (points, together) in landmarks.iter().zip(&together) {
            let alone = &embedder.embed(&image, &[*points]).unwrap()[0];
            let same = cosine(&alone.vector, &together.vector);
            assert!(same >= least, "{embedder:?}: {same}");
        }
    }
    assert_ne!(quantised.pipeline(), w600k(&assets).pipeline());
}

#[test]
fn detectors_of_fixed_and_open_size_do_what_they_can() {
    let Some(assets) = assets_and_runtime() else { return };
    let image = photo(&assets, "images/insightface/t1.jpg");
    let yunet = |file: &str, options: FaceAnalyzerOptions| {
        FaceDetector::load(&model(&assets, "yunet", file), &options).unwrap().detect(&image).unwrap().len()
    };
    for det_size in [None, Some(640), Some(1280)] {
        let options = FaceAnalyzerOptions { det_size, ..Default::default() };
        assert_eq!(yunet("face_detection_yunet_2023mar.onnx", options), 6, "{det_size:?}");
        assert_eq!(yunet("yunet_n_dynamic.onnx", options), 6, "{det_size:?}");
    }
    let mut named = model(&assets, "det_500m", "scrfd_500m_kps.onnx");
    named.manifest.inputs = vec!["images".to_owned()];
    for det_size in [None, Some(640)] {
        let options = FaceAnalyzerOptions { det_size, ..Default::default() };
        assert_eq!(FaceDetector::load(&named, &options).unwrap().detect(&image).unwrap().len(), 6);
    }
}

#[test]
fn what_does_not_fit_is_refused_when_it_is_loaded() {
    let Some(assets) = assets_and_runtime() else { return };
    let detector = model(&assets, "det_500m", "det_500m.onnx");
    let embedder = model(&assets, "w600k_mbf", "w600k_mbf_dequant_fp32.onnx");
    let kind = |error: sonic_core::Error| error.kind();
    let load = |options| FaceDetector::load(&detector, &options).map_err(kind).err();
    for options in [
        FaceAnalyzerOptions { det_size: Some(100), ..Default::default() },
        FaceAnalyzerOptions { det_size: Some(0), ..Default::default() },
        FaceAnalyzerOptions { threshold: Some(1.5), ..Default::default() },
        FaceAnalyzerOptions { threshold: Some(f32::NAN), ..Default::default() },
        FaceAnalyzerOptions { nms: Some(-0.1), ..Default::default() },
    ] {
        assert_eq!(load(options), Some(ErrorKind::InvalidArgument), "{options:?}");
    }
    let options = FaceAnalyzerOptions::default();
    let wrong = [
        FaceDetector::load(&embedder, &options).map(drop),
        FaceEmbedder::load(&detector, &options.session).map(drop),
        FaceDetector::load(&model(&assets, "det_500m", "no-such-file.onnx"), &options).map(drop),
        FaceDetector::load(&model(&assets, "yunet", "det_500m.onnx"), &options).map(drop),
        FaceDetector::load(&model(&assets, "det_500m", "w600k_mbf_dequant_fp32.onnx"), &options).map(drop),
        FaceEmbedder::load(&model(&assets, "w600k_mbf", "det_500m.onnx"), &options.session).map(drop),
        FaceEmbedder::load(&model(&assets, "mobilefacenet", "w600k_mbf_dequant_fp32.onnx"), &options.session)
            .map(drop),
    ];
    for (i, result) in wrong.into_iter().enumerate() {
        assert_eq!(result.map_err(kind), Err(ErrorKind::Model), "{i}");
    }
    let image = photo(&assets, "people/Tony_Blair/Tony_Blair_0001.jpg");
    let error = w600k(&assets).embed(&image, &[[[f32::NAN; 2]; 5]]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}
