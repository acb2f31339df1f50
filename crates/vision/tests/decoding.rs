//! Promise: pictures of every kind come out upright, and what is no picture is a typed error.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use image::codecs::{png::PngEncoder, webp::WebPEncoder};
use image::{ExtendedColorType, ImageEncoder, ImageFormat};
use libjpeg_turbo_rs::{Encoder, PixelFormat, Subsampling, compress};
use sonic_core::{ErrorKind, Result};
use sonic_vision::{DecodeOptions, Image, decode, decode_with, encode_jpeg};
use std::io::Cursor;

const SIZE: (u32, u32) = (37, 23);

/// Four colours, one in each quarter.
fn picture() -> Image {
    let colours = [[200, 30, 40], [40, 180, 50], [30, 60, 220], [230, 220, 60]];
    let (width, height) = SIZE;
    let at = |i: u32| colours[usize::from(i % width >= 19) + 2 * usize::from(i / width >= 12)];
    Image::new(width, height, (0..width * height).flat_map(at).collect()).unwrap()
}

/// As [`picture`], with shades in it, for what has to survive.
fn shaded() -> Image {
    let pixels = (0..SIZE.0 * SIZE.1).flat_map(|i| [i % 37 * 6, i / 37 * 9, i % 29 * 8].map(|x| x as u8));
    Image::new(SIZE.0, SIZE.1, pixels.collect()).unwrap()
}

/// The file of a picture whose pixels are given as they are stored.
fn stored(format: ImageFormat, pixels: &[u8], colour: ExtendedColorType) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    image::write_buffer_with_format(&mut file, pixels, SIZE.0, SIZE.1, colour, format).unwrap();
    file.into_inner()
}

fn kind(result: Result<Image>) -> ErrorKind {
    result.unwrap_err().kind()
}

/// EXIF with nothing but an orientation, a number of this TIFF type, in the byte order of Motorola.
fn exif_of(kind: u8, orientation: u8) -> Vec<u8> {
    let mut exif = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0".to_vec();
    let mut value = [0; 4];
    value[match kind {
        1 | 6 => 0,
        3 | 8 => 1,
        _ => 3,
    }] = orientation;
    exif.extend([kind, 0, 0, 0, 1].into_iter().chain(value).chain([0; 4]));
    exif
}

/// EXIF as most cameras write it.
fn exif(orientation: u8) -> Vec<u8> {
    exif_of(3, orientation)
}

#[test]
fn every_kind_without_loss_gives_its_pixels() {
    let image = shaded();
    for format in [ImageFormat::Png, ImageFormat::Bmp, ImageFormat::Tiff, ImageFormat::WebP] {
        let file = stored(format, image.pixels(), ExtendedColorType::Rgb8);
        assert_eq!(decode(&file).unwrap(), image, "{format:?}");
    }
    let image = picture();
    let file = stored(ImageFormat::Gif, image.pixels(), ExtendedColorType::Rgb8);
    assert_eq!(decode(&file).unwrap(), image);
}

#[test]
fn a_jpeg_is_near_what_was_encoded() {
    let image = picture();
    let again = decode(&encode_jpeg(&image, 95).unwrap()).unwrap();
    assert_eq!((again.width(), again.height(), again.truncated(), again.reduction()), (37, 23, false, 1));
    let far = image.pixels().iter().zip(again.pixels()).filter(|(a, b)| a.abs_diff(**b) > 40).count();
    assert!(far * 10 < image.pixels().len(), "{far}");
    assert_eq!(encode_jpeg(&image, 0).unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!(encode_jpeg(&image, 101).unwrap_err().kind(), ErrorKind::InvalidArgument);
}

#[test]
fn grey_transparent_and_deep_pictures_become_eight_bits_of_three_colours() {
    let count = (SIZE.0 * SIZE.1) as usize;
    let grey: Vec<u8> = (0..count).map(|i| (i % 251) as u8).collect();
    let expected: Vec<u8> = grey.iter().flat_map(|&level| [level; 3]).collect();
    let with_alpha: Vec<u8> = grey.iter().flat_map(|&level| [level, 7]).collect();
    let deep: Vec<u8> = grey.iter().flat_map(|&level| [level, level]).collect();
    let deep_rgba: Vec<u8> =
        grey.iter().flat_map(|&level| [level, level, level, level, level, level, 9, 9]).collect();
    for (pixels, colour) in [
        (&grey, ExtendedColorType::L8),
        (&with_alpha, ExtendedColorType::La8),
        (&deep, ExtendedColorType::L16),
        (&deep_rgba, ExtendedColorType::Rgba16),
    ] {
        let file = stored(ImageFormat::Png, pixels, colour);
        assert_eq!(decode(&file).unwrap().pixels(), expected, "{colour:?}");
    }
    let jpeg = compress(&grey, 37, 23, PixelFormat::Grayscale, 100, Subsampling::S444).unwrap();
    let image = decode(&jpeg).unwrap();
    assert!(image.pixels().iter().zip(&expected).all(|(a, b)| a.abs_diff(*b) <= 4));
}

#[test]
fn cmyk_becomes_rgb() {
    // As Adobe stores it: 255 is no ink.
    let pixels: Vec<u8> = (0..37 * 23).flat_map(|_| [255, 128, 0, 255]).collect();
    let jpeg = compress(&pixels, 37, 23, PixelFormat::Cmyk, 100, Subsampling::S444).unwrap();
    let image = decode(&jpeg).unwrap();
    let near = |pixel: &[u8]| pixel.iter().zip([255, 128, 0]).all(|(a, b)| a.abs_diff(b) <= 4);
    assert!(image.pixels().chunks(3).all(near), "{:?}", &image.pixels()[..3]);
}

#[test]
fn the_smallest_picture_is_a_picture() {
    let dot = Image::new(1, 1, vec![9, 8, 7]).unwrap();
    let mut file = Vec::new();
    PngEncoder::new(&mut file).write_image(&[9, 8, 7], 1, 1, ExtendedColorType::Rgb8).unwrap();
    assert_eq!(decode(&file).unwrap(), dot);
    assert_eq!(decode(&encode_jpeg(&dot, 90).unwrap()).unwrap().width(), 1);
    for (width, height, bytes) in [(0, 5, 0), (2, 2, 11), (2, 2, 13), (u32::MAX, u32::MAX, 3)] {
        assert_eq!(kind(Image::new(width, height, vec![0; bytes])), ErrorKind::InvalidArgument);
    }
}

/// The corner of the upright picture that is red, as (right, bottom).
fn red_corner(image: &Image) -> (bool, bool) {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let red = |x: usize, y: usize| {
        let pixel = &image.pixels()[(y * width + x) * 3..][..3];
        pixel[0] > 150 && pixel[1] < 90 && pixel[2] < 90
    };
    let corners = [(false, false), (true, false), (false, true), (true, true)];
    let at = |end: bool, length: usize| if end { length - 3 } else { 2 };
    *corners.iter().find(|(right, bottom)| red(at(*right, width), at(*bottom, height))).unwrap()
}

/// A JPEG with more segments after its beginning.
fn with_exif(jpeg: &[u8], exif: &[u8]) -> Vec<u8> {
    let length = (2 + 6 + exif.len()) as u16;
    let segment = [&[0xff, 0xe1], &length.to_be_bytes()[..], b"Exif\0\0", exif].concat();
    [&jpeg[..2], &segment, &jpeg[2..]].concat()
}

/// A PNG with EXIF behind its pixels. Its checksum is not looked at.
fn with_late_exif(image: &Image, exif: &[u8]) -> Vec<u8> {
    let mut png = Vec::new();
    let encoder = PngEncoder::new(&mut png);
    encoder.write_image(image.pixels(), SIZE.0, SIZE.1, ExtendedColorType::Rgb8).unwrap();
    let (picture, end) = png.split_at(png.len() - 12);
    [picture, &(exif.len() as u32).to_be_bytes(), b"eXIf", exif, &[0; 4], end].concat()
}

/// A TIFF of plain pixels with an orientation.
fn tiff(image: &Image, orientation: u8) -> Vec<u8> {
    let entries: [(u16, u16, u32, u32); 9] = [
        (256, 4, 1, image.width()),
        (257, 4, 1, image.height()),
        (258, 3, 3, 8 + 2 + 9 * 12 + 4),
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (273, 4, 1, 8 + 2 + 9 * 12 + 4 + 6),
        (274, 3, 1, orientation.into()),
        (277, 3, 1, 3),
        (279, 4, 1, image.pixels().len() as u32),
    ];
    let mut file = b"II\x2a\0\x08\0\0\0\x09\0".to_vec();
    for (tag, kind, count, value) in entries {
        file.extend(tag.to_le_bytes().into_iter().chain(kind.to_le_bytes()));
        file.extend(count.to_le_bytes().into_iter().chain(value.to_le_bytes()));
    }
    file.extend([0; 4].into_iter().chain([8, 0, 8, 0, 8, 0]));
    file.extend(image.pixels());
    file
}

#[test]
fn pictures_are_turned_upright_in_every_kind_that_says_how() {
    let image = picture();
    let jpeg = encode_jpeg(&image, 95).unwrap();
    let places = [
        (false, false),
        (true, false),
        (true, true),
        (false, true),
        (false, false),
        (true, false),
        (true, true),
        (false, true),
    ];
    let kinds = [3, 4, 1, 9, 6, 8, 4, 3];
    for ((orientation, place), kind) in (1..).zip(places).zip(kinds) {
        let exif = |orientation| exif_of(kind, orientation);
        let mut png = Vec::new();
        let mut encoder = PngEncoder::new(&mut png);
        encoder.set_exif_metadata(exif(orientation)).unwrap();
        encoder.write_image(image.pixels(), SIZE.0, SIZE.1, ExtendedColorType::Rgb8).unwrap();
        let mut webp = Vec::new();
        let mut encoder = WebPEncoder::new_lossless(&mut webp);
        encoder.set_exif_metadata(exif(orientation)).unwrap();
        encoder.write_image(image.pixels(), SIZE.0, SIZE.1, ExtendedColorType::Rgb8).unwrap();
        for (name, file) in [
            ("jpeg", with_exif(&jpeg, &exif(orientation))),
            ("png", png),
            ("webp", webp),
            ("tiff", tiff(&image, orientation)),
            ("png, after its pixels", with_late_exif(&image, &exif(orientation))),
        ] {
            let upright = decode(&file).unwrap();
            let size = if orientation >= 5 { (SIZE.1, SIZE.0) } else { SIZE };
            assert_eq!((upright.width(), upright.height()), size, "{name} {orientation}");
            assert_eq!(red_corner(&upright), place, "{name} {orientation}");
        }
    }
}

#[test]
fn a_large_jpeg_can_be_decoded_smaller() {
    let pixels: Vec<u8> =
        (0..800 * 400).flat_map(|i| if i % 800 < 400 { [200, 30, 40] } else { [30, 60, 220] }).collect();
    let jpeg = encode_jpeg(&Image::new(800, 400, pixels).unwrap(), 90).unwrap();
    for (reduce_to, width) in
        [(None, 800), (Some(801), 800), (Some(400), 400), (Some(201), 400), (Some(150), 200), (Some(1), 100)]
    {
        let image = decode_with(&jpeg, &DecodeOptions { reduce_to, ..Default::default() }).unwrap();
        assert_eq!((image.width(), image.height()), (width, width / 2), "{reduce_to:?}");
        assert_eq!(image.width() * image.reduction(), 800);
        assert_eq!(red_corner(&image), (false, false));
    }
}

#[test]
fn a_truncated_jpeg_gives_what_it_holds_and_says_so() {
    let image = shaded();
    for progressive in [false, true] {
        let encoder =
            Encoder::new(image.pixels(), 37, 23, PixelFormat::Rgb).quality(95).progressive(progressive);
        let jpeg = encoder.encode().unwrap();
        let whole = decode(&jpeg).unwrap();
        assert!(!whole.truncated());
        let scan = jpeg.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap() + 16;
        for length in scan..jpeg.len() - 4 {
            let part = decode(&jpeg[..length]).unwrap();
            assert!(part.truncated(), "progressive: {progressive}, {length} of {} bytes", jpeg.len());
            assert_eq!((part.width(), part.height()), SIZE);
        }
        let part = decode(&jpeg[..jpeg.len() * 3 / 4]).unwrap();
        let first = |image: &Image| image.pixels()[..8 * 3].to_vec();
        assert!(progressive || first(&part) == first(&whole));
        for length in 3..60 {
            assert_eq!(kind(decode(&jpeg[..length])), ErrorKind::Malformed, "{length}");
        }
    }
}

#[test]
fn what_is_no_picture_is_malformed_or_unsupported() {
    let text = b"\xff\xd8\xffThis is a text that calls itself a JPEG, and it goes on for a while.".repeat(20);
    for bytes in
        [&b""[..], b"plain text", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"II\x2a\0", &text]
    {
        assert_eq!(kind(decode(bytes)), ErrorKind::Malformed, "{bytes:?}");
    }
    for bytes in [&b"\0\0\0\x18ftypmp42\0\0\0\0isommp42"[..], b"\xff\x0a\x00\x00", b"8BPS\0\x01"] {
        assert_eq!(kind(decode(bytes)), ErrorKind::Unsupported, "{bytes:?}");
    }
    let error = decode(&b"\xff\x0a\x00\x00"[..]).unwrap_err();
    assert!(error.message().contains("JPEG XL") && error.message().contains("convert"), "{error}");
}

#[test]
fn a_file_that_cannot_be_read_says_why() {
    let folder = std::env::temp_dir();
    assert_eq!(kind(decode(&folder)), ErrorKind::InvalidArgument);
    assert_eq!(kind(decode(&folder.join("no-such-picture.jpg"))), ErrorKind::NotFound);
    let error = decode("no-such-picture.jpg").unwrap_err();
    assert!(error.message().starts_with("no-such-picture.jpg: "), "{error}");
}

/// A PNG that is nothing but its header.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut chunk = b"IHDR".to_vec();
    chunk.extend(width.to_be_bytes().into_iter().chain(height.to_be_bytes()).chain([8, 2, 0, 0, 0]));
    let crc = chunk.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 })
    });
    let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    file.extend(chunk.into_iter().chain((!crc).to_be_bytes()));
    file.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
    file
}

#[test]
fn a_bomb_is_refused_by_its_header() {
    let mut jpeg = encode_jpeg(&picture(), 90).unwrap();
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0x75, 0x30, 0x75, 0x30]);
    let mut gif = stored(ImageFormat::Gif, picture().pixels(), ExtendedColorType::Rgb8);
    gif[6..10].copy_from_slice(&[0x30, 0x75, 0x30, 0x75]);
    let mut bmp = stored(ImageFormat::Bmp, picture().pixels(), ExtendedColorType::Rgb8);
    bmp[18..26].copy_from_slice(&[0x30, 0x75, 0, 0, 0x30, 0x75, 0, 0]);
    let mut wide = tiff(&picture(), 1);
    wide[18..22].copy_from_slice(&30_000u32.to_le_bytes());
    wide[30..34].copy_from_slice(&30_000u32.to_le_bytes());
    for (name, file) in
        [("png", png_header(30_000, 30_000)), ("jpeg", jpeg), ("gif", gif), ("bmp", bmp), ("tiff", wide)]
    {
        assert_eq!(kind(decode(&file)), ErrorKind::Limit, "{name}");
    }
}

#[test]
fn limits_are_the_callers() {
    let jpeg = encode_jpeg(&picture(), 90).unwrap();
    let with = |options: DecodeOptions| decode_with(&jpeg, &options);
    let exact = DecodeOptions { max_pixels: 37 * 23, ..Default::default() };
    assert!(with(exact).is_ok());
    assert_eq!(kind(with(DecodeOptions { max_pixels: 37 * 23 - 1, ..exact })), ErrorKind::Limit);
    assert_eq!(kind(with(DecodeOptions { max_bytes: jpeg.len() as u64 - 1, ..exact })), ErrorKind::Limit);
    let path = std::env::temp_dir().join(format!("sonic-limits-{}.jpg", std::process::id()));
    std::fs::write(&path, &jpeg).unwrap();
    let from_file = decode_with(&path, &DecodeOptions { max_bytes: 100, ..exact });
    assert!(decode(&path).is_ok());
    std::fs::remove_file(&path).unwrap();
    assert_eq!(kind(from_file), ErrorKind::Limit);
}

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }
}

/// `file` with some of its bytes changed, left out or repeated.
fn damaged(file: &[u8], random: &mut Random) -> Vec<u8> {
    let mut file = file.to_vec();
    for _ in 0..1 + random.below(8) {
        let at = random.below(file.len());
        match random.below(6) {
            0 => file.truncate(at.max(1)),
            1 => drop(file.drain(at..(at + random.below(16)).min(file.len()))),
            2 => {
                let piece = file[at..(at + random.below(64)).min(file.len())].to_vec();
                let to = random.below(file.len());
                file.splice(to..to, piece);
            }
            3 => file[at] ^= 1 << random.below(8),
            4 => file[at] = [0, 0xff, 0x7f, 0x80, 1][random.below(5)],
            _ => file[at] = random.below(256) as u8,
        }
        if file.is_empty() {
            file.push(0);
        }
    }
    file
}

#[test]
fn damaged_files_are_pictures_or_typed_errors_and_never_a_panic() {
    let image = shaded();
    let encoder = || Encoder::new(image.pixels(), 37, 23, PixelFormat::Rgb).quality(80);
    let mut files: Vec<Vec<u8>> =
        [ImageFormat::Png, ImageFormat::Bmp, ImageFormat::Tiff, ImageFormat::WebP, ImageFormat::Gif]
            .map(|format| stored(format, image.pixels(), ExtendedColorType::Rgb8))
            .to_vec();
    files.push(encoder().encode().unwrap());
    files.push(encoder().progressive(true).encode().unwrap());
    files.push(encoder().restart_blocks(2).subsampling(Subsampling::S420).encode().unwrap());
    files.push(encoder().subsampling(Subsampling::S422).arithmetic(true).encode().unwrap());
    files.push(with_exif(&encoder().encode().unwrap(), &exif(6)));
    let options = DecodeOptions { max_pixels: 1 << 20, max_bytes: 1 << 24, reduce_to: None };
    let rounds: usize = std::env::var("SONIC_FUZZ_ROUNDS").map_or(400, |rounds| rounds.parse().unwrap());
    let mut random = Random(0x5eed_1234_abcd_0001);
    for round in 0..rounds {
        for file in &files {
            let file = damaged(file, &mut random);
            let reduce_to = (round % 3 == 0).then(|| 1 + random.below(40) as u32);
            match decode_with(&file, &DecodeOptions { reduce_to, ..options }) {
                Ok(image) => assert!(u64::from(image.width()) * u64::from(image.height()) <= 1 << 20),
                Err(error) => assert!(
                    matches!(error.kind(), ErrorKind::Malformed | ErrorKind::Unsupported | ErrorKind::Limit),
                    "{error:?}"
                ),
            }
        }
    }
}
