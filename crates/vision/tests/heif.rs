//! Promise: HEIC and AVIF come out as libheif of the system decodes them, and hostile ones are typed errors.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use sonic_core::ErrorKind;
use sonic_vision::{DecodeOptions, Image, decode, decode_with};

/// 64 x 48 pixels; red, green, blue and yellow, from the top left. Its EXIF says that it lies on its side, the HEIC
/// does not.
const HEIC: &[u8] = include_bytes!("data/four-colours.heic");
const AVIF: &[u8] = include_bytes!("data/four-colours.avif");
const COLOURS: [[u8; 3]; 4] = [[200, 30, 40], [40, 180, 50], [30, 60, 220], [230, 220, 60]];

/// The picture, unless the system cannot decode such: then what it says must help.
fn decoded(bytes: &[u8]) -> Option<Image> {
    match decode(bytes) {
        Ok(image) => Some(image),
        Err(error) if error.kind() == ErrorKind::Unsupported => {
            assert!(error.message().contains("install lib"), "{error}");
            sonic_testing::skip(sonic_testing::Need::Libheif, error);
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Which of the four colours is in each quarter, from the top left.
fn quarters(image: &Image) -> Vec<usize> {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let at = |x: usize, y: usize| {
        let pixel = &image.pixels()[(y * width + x) * 3..][..3];
        let near = |colour: &[u8; 3]| colour.iter().zip(pixel).all(|(a, b)| a.abs_diff(*b) < 16);
        COLOURS.iter().position(near).unwrap_or_else(|| panic!("{pixel:?} at {x} {y}"))
    };
    let ends = |length: usize| [length / 4, length * 3 / 4];
    ends(height).into_iter().flat_map(|y| ends(width).map(|x| at(x, y))).collect()
}

/// The HEIC with one more property of its picture.
fn with_property(property: &[u8]) -> Vec<u8> {
    let find = |name: &[u8; 4]| HEIC.windows(4).position(|window| window == name).unwrap();
    let mut file = HEIC.to_vec();
    let more = property.len() as u32 + 1;
    let mut grow = |at: usize, by: u32| {
        let length = u32::from_be_bytes(file[at..at + 4].try_into().unwrap());
        file[at..at + 4].copy_from_slice(&(length + by).to_be_bytes());
    };
    grow(find(b"meta") - 4, more);
    grow(find(b"iprp") - 4, more);
    grow(find(b"ipco") - 4, property.len() as u32);
    grow(find(b"ipma") - 4, 1);
    // Where the pixels and the EXIF lie in the file: the first and the third of three items.
    let locations = find(b"iloc") + 12;
    grow(locations + 6, more);
    grow(locations + 46, more);
    // Item 2 is the picture; it has two properties, and the new one is number 5.
    let list = find(b"ipma") + 4 + 4 + 4 + 5;
    assert_eq!(file[list..list + 3], [0, 2, 2]);
    file[list + 2] = 3;
    file.insert(list + 5, 0x85);
    let end = find(b"ipma") - 4;
    file.splice(end..end, property.iter().copied());
    file
}

#[test]
fn heic_and_avif_are_pictures() {
    for (name, file) in [("HEIC", HEIC), ("AVIF", AVIF)] {
        let Some(image) = decoded(file) else { continue };
        assert_eq!((image.width(), image.height()), (64, 48), "{name}");
        assert_eq!(quarters(&image), [0, 1, 2, 3], "{name}");
        assert!(!image.truncated() && image.reduction() == 1);
    }
}

#[test]
fn a_picture_is_turned_once_as_its_file_says() {
    for (quarter_turns, expected) in
        [(0, [0, 1, 2, 3]), (1, [1, 3, 0, 2]), (2, [3, 2, 1, 0]), (3, [2, 0, 3, 1])]
    {
        let file = with_property(&[&9u32.to_be_bytes()[..], b"irot", &[quarter_turns]].concat());
        let Some(image) = decoded(&file) else { return };
        let size = if quarter_turns % 2 == 0 { (64, 48) } else { (48, 64) };
        assert_eq!((image.width(), image.height()), size);
        assert_eq!(quarters(&image), expected, "{quarter_turns} quarter turns");
    }
    let file = with_property(&[&9u32.to_be_bytes()[..], b"imir", &[1]].concat());
    assert_eq!(decoded(&file).map(|image| quarters(&image)), decoded(HEIC).map(|_| vec![1, 0, 3, 2]));
}

#[test]
fn limits_hold_before_pixels_are_decoded() {
    for file in [HEIC, AVIF] {
        if decoded(file).is_none() {
            continue;
        }
        let exact = DecodeOptions { max_pixels: 64 * 48, ..Default::default() };
        assert!(decode_with(file, &exact).is_ok());
        for options in [
            DecodeOptions { max_pixels: 64 * 48 - 1, ..exact },
            DecodeOptions { max_pixels: 10, ..exact },
            DecodeOptions { max_bytes: 10_000, ..exact },
        ] {
            assert_eq!(decode_with(file, &options).unwrap_err().kind(), ErrorKind::Limit, "{options:?}");
        }
    }
}

#[test]
fn damaged_files_are_pictures_or_typed_errors() {
    let mut state = 0x5eed_1234_abcd_0001u64;
    let mut below = |end: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % end
    };
    let rounds: usize = std::env::var("SONIC_FUZZ_ROUNDS").map_or(400, |rounds| rounds.parse().unwrap());
    let options = DecodeOptions { max_pixels: 1 << 16, max_bytes: 1 << 22, reduce_to: None };
    for file in [HEIC, AVIF] {
        if decoded(file).is_none() {
            continue;
        }
        let cut = (0..file.len()).map(|length| file[..length].to_vec());
        let changed = (0..rounds).map(|_| {
            let mut file = file.to_vec();
            for _ in 0..1 + below(4) {
                let at = below(file.len());
                file[at] = [file[at] ^ 1 << below(8), 0, 0xff, below(256) as u8][below(4)];
            }
            file
        });
        for file in cut.chain(changed.collect::<Vec<_>>()) {
            match decode_with(&file, &options) {
                Ok(image) => assert!(image.width() * image.height() <= 1 << 16),
                Err(error) => assert!(
                    matches!(error.kind(), ErrorKind::Malformed | ErrorKind::Unsupported | ErrorKind::Limit),
                    "{error:?}"
                ),
            }
        }
    }
}
