//! What decoding a JPEG and making the input of a detector take, beside other crates.

use super::networks::Networks;
use super::planes::other_planes;
use super::{Effort, Outcome, model};
use sonic::faces::FaceAnalyzerOptions;
use sonic::model::SessionOptions;
use sonic::vision::{DecodeOptions, FaceDetector, Image, decode, decode_with, encode_jpeg};
use std::path::Path;
use zune_jpeg::zune_core::bytestream::ZCursor;

pub(crate) fn run(assets: &Path, effort: Effort) -> Outcome<()> {
    let mut pictures = Vec::new();
    for path in ["images/insightface/t1.jpg", "images/deepface/img3.jpg"] {
        pictures.push((path.to_owned(), std::fs::read(assets.join(path))?));
    }
    pictures
        .push(("24 million pixels".to_owned(), large(&decode(&assets.join("images/deepface/img3.jpg"))?)?));
    println!("pictures a second, one thread");
    println!(
        "{:>28} {:>8} {:>10} {:>10} {:>13}",
        "decoding", "sonic", "reduced", "zune-jpeg", "jpeg-decoder"
    );
    for (name, bytes) in &pictures {
        let reduced = DecodeOptions { reduce_to: Some(640), ..Default::default() };
        let rate = |ms: f64| 1e3 / ms;
        println!(
            "{name:>28} {:>8.1} {:>10.1} {:>10.1} {:>13.1}",
            rate(effort.time(|| decode(bytes))?),
            rate(effort.time(|| decode_with(bytes, &reduced))?),
            rate(effort.time(|| zune_jpeg::JpegDecoder::new(ZCursor::new(bytes)).decode())?),
            rate(effort.time(|| jpeg_decoder::Decoder::new(bytes.as_slice()).decode())?),
        );
    }
    resizing(assets, &pictures, effort)
}

/// The input of a detector: what detection takes beyond its network, so with the reading of the outputs, beside another
/// crate that makes the input only.
fn resizing(assets: &Path, pictures: &[(String, Vec<u8>)], effort: Effort) -> Outcome<()> {
    let file = model(assets, "det_500m", "det_500m.onnx")?;
    let session = SessionOptions { threads: 1, ..Default::default() };
    let options = FaceAnalyzerOptions { det_size: Some(640), session, ..Default::default() };
    let detector = FaceDetector::load(&file, &options)?;
    let networks = Networks::load(&file, &model(assets, "w600k_mbf", "w600k_mbf_dequant_fp32.onnx")?, 1)?;
    println!("{:>28} {:>8} {:>18}", "input of 640 x 640", "sonic", "fast_image_resize");
    for (name, bytes) in pictures {
        let image = decode(bytes)?;
        let input = networks.input(&image)?;
        let beyond = effort.time(|| detector.detect(&image))? - effort.time(|| networks.detect(&input))?;
        let other = effort.time(|| other_planes(&image))?;
        println!("{name:>28} {:>8.1} {:>18.1}", 1e3 / beyond, 1e3 / other);
    }
    Ok(())
}

/// The picture with each pixel repeated so often that it has 24 million, as a JPEG.
fn large(image: &Image) -> Outcome<Vec<u8>> {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let mut pixels = Vec::with_capacity(width * height * 27);
    for y in 0..3 * height {
        for pixel in image.pixels()[y / 3 * width * 3..][..width * 3].chunks(3) {
            (0..3).for_each(|_| pixels.extend_from_slice(pixel));
        }
    }
    Ok(encode_jpeg(&Image::new(3 * width as u32, 3 * height as u32, pixels)?, 90)?)
}
